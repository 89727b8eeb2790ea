"""Two versions of a bundle, compared: what became of the text and of the powers, and how much the number must grow.

So that `~=1.2` never brings new powers: a power more, a limit or an agent less, a server that runs something else, a
new skill and another bundle required are a new major version; an agent more, and another description or model, a minor
one; all else a patch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.grants import Grants, name_powers
from agentpkg.hostfields import grants_everywhere
from agentpkg.semver import Level, lets_in_more
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentpkg.agent import Agent
    from agentpkg.bundle import Bundle


@dataclass(frozen=True, slots=True, kw_only=True)
class Powers:
    """What one agent gained and lost between two versions, and what it now holds."""

    agent: str
    held: tuple[str, ...]
    gained: tuple[str, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How a version differs from the one before (None: there is none).

    `reasons` say in words what asks for which level. `powers` has a row for every agent of the new version, `text` is a
    unified diff of all files.
    """

    before: str | None
    reasons: tuple[tuple[Level, str], ...]
    powers: tuple[Powers, ...]
    text: str

    @property
    def level(self) -> Level:
        """The level that the differences ask for."""
        return max((level for level, _ in self.reasons), default=Level.PATCH)

    def asking_for(self, level: Level) -> tuple[str, ...]:
        """Return the reasons of one level."""
        return tuple(reason for of, reason in self.reasons if of is level)


def compare_bundles(
    before: tuple[Bundle, Mapping[str, bytes]] | None, after: Bundle, files: Mapping[str, bytes]
) -> Comparison:
    """Return how `after`, which `files` make up, differs from `before`."""
    old = before[0] if before else None
    return Comparison(
        before=old.version if old else None,
        reasons=tuple(sorted(_reasons(old, after), key=lambda one: (-one[0], one[1]))) if old else (),
        powers=tuple(_powers(old, after)),
        text="".join(_text_diff(before[1] if before else {}, files)),
    )


def _powers(before: Bundle | None, after: Bundle) -> Iterator[Powers]:
    had = grants_everywhere(before) if before else {}
    together = Grants.together(had.values())
    for name, held in grants_everywhere(after).items():
        base = had.get(name, together)
        yield Powers(
            agent=name,
            held=tuple(held),
            gained=held.beyond(base),
            lost=base.beyond(held) if name in had else (),
        )


def _reasons(before: Bundle, after: Bundle) -> Iterator[tuple[Level, str]]:
    for powers in _powers(before, after):
        if powers.gained:
            yield Level.MAJOR, f"{powers.agent} gains {name_powers(powers.gained)}"
    old, new = ({agent.name: agent for agent in bundle.agents} for bundle in (before, after))
    yield from ((Level.MAJOR, f"the agent {name} is gone") for name in sorted(old.keys() - new.keys()))
    yield from ((Level.MINOR, f"the agent {name} is new") for name in sorted(new.keys() - old.keys()))
    for name in sorted(old.keys() & new.keys()):
        yield from _agent_reasons(old[name], new[name])
    skills, skills_now = ({skill.name: skill.description for skill in bundle.skills} for bundle in (before, after))
    yield from ((Level.MAJOR, f"the skill {name} is gone") for name in sorted(skills.keys() - skills_now.keys()))
    for name in sorted(skills.keys() & skills_now.keys()):
        if skills[name] != skills_now[name]:
            yield Level.MINOR, f"the skill {name} has another description"
    yield from _requirement_reasons(before.requires, after.requires)


def _agent_reasons(before: Agent, after: Agent) -> Iterator[tuple[Level, str]]:
    def told(agent: Agent, key: str) -> dict[str, object]:
        return {host: fields[key] for host, fields in agent.host_fields.items() if key in fields}

    for key, word in (("description", "description"), ("model", "model")):
        if getattr(before, key) != getattr(after, key) or told(before, key) != told(after, key):
            yield Level.MINOR, f"{after.name} has another {word}"


def _requirement_reasons(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[Level, str]]:
    yield from ((Level.MAJOR, f"{name} is required now") for name in sorted(after.keys() - before.keys()))
    yield from ((Level.MAJOR, f"{name} is no longer required") for name in sorted(before.keys() - after.keys()))
    for name in sorted(before.keys() & after.keys()):
        if before[name] != after[name]:
            level = Level.MAJOR if lets_in_more(before[name], after[name]) else Level.MINOR
            yield level, f"{name} {after[name] or '(any version)'} is required, not {before[name] or '(any version)'}"


def _text_diff(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Iterator[str]:
    for path in sorted(before.keys() | after.keys()):
        old, new = (f"a/{path}" if path in before else "/dev/null"), (f"b/{path}" if path in after else "/dev/null")
        yield unified(before.get(path, b""), after.get(path, b""), old, new)


def unified(before: bytes, after: bytes, old: str, new: str) -> str:
    """Return the unified diff of two texts, whatever their line endings; empty where they are the same."""
    from difflib import unified_diff

    lines = unified_diff(_lines(before), _lines(after), fromfile=old, tofile=new)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ no newline at the end\n" for line in lines)


def _lines(content: bytes) -> list[str]:
    return content.decode("utf-8", "backslashreplace").replace("\r\n", "\n").splitlines(keepends=True)
