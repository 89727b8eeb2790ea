"""What an agent costs in a model's context on a host, by an estimate: nobody's tokenizer is asked.

A host shows the name and the description of each of its agents to the model in every session, and the same of skills;
the prompt is read when the agent starts. Counted is the text that the host's file has, so a description that is cut
there, a prompt that a variant replaces, and text that is rewritten count as they are. What a host adds of its own, the
definitions of tools and what MCP servers send are not counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentpkg.checks.prompt import estimate_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentpkg.bundle import Skill
    from agentpkg.render import Rendering


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Estimated tokens of an agent on a host: `always` in every session there, `started` in each run of the agent."""

    always: int
    started: int


def cost_of(rendering: Rendering) -> Cost:
    """Return what an agent costs where this is its rendering."""
    return Cost(
        always=_listed(rendering.agent, rendering.description),
        started=estimate_tokens(rendering.prompt),
    )


def cost_of_skills(skills: Iterable[Skill]) -> int:
    """Return the estimated tokens that skills take in every session of a host that reads them."""
    return sum(_listed(skill.name, skill.description) for skill in skills)


def _listed(name: str, description: str) -> int:
    return estimate_tokens(f"{name}: {description}")
