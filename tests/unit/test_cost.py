"""What agents cost: counted is what a host's file has of them, and no more than that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agentpkg.bundle import Skill
from agentpkg.cost import cost_of, cost_of_skills
from agentpkg.grants import Grants
from agentpkg.hosts import HOSTS
from agentpkg.hosts.base import Host, NoControl, TextHazard
from agentpkg.manifest import HostSettings
from agentpkg.render import Rendering, render_agent
from tests.unit.builders import PLAIN_HOST, a_host, an_agent, held_by


def rendered(host: Host, body: str = "word " * 100, description: str = "dear " * 10) -> Rendering:
    agent = replace(an_agent("read", body=body), description=description)
    return render_agent(agent, held_by(agent), host, HostSettings())


def test_name_and_description_are_always_there_and_the_prompt_in_a_run() -> None:
    cost = cost_of(rendered(PLAIN_HOST))
    assert (cost.always, cost.started) == (12, 100)  # "triage" and ":" are two


def test_letters_that_take_more_tokens_count_more() -> None:
    assert cost_of(rendered(PLAIN_HOST, body="猫" * 100)).started == 100


def test_a_description_that_is_cut_moves_into_the_prompt() -> None:
    whole, cut = (
        cost_of(rendered(replace(PLAIN_HOST, longest_description=longest), description="dear " * 100))
        for longest in (None, 40)
    )
    assert cut.always < whole.always
    assert cut.started > whole.started


def test_text_that_is_rewritten_counts_as_it_is_written() -> None:
    hazard = TextHazard(
        pattern=r"\$\{(\w+)\}", why="it is filled in", replacement=r"the variable \1 of the environment"
    )
    plain, changed = (
        rendered(replace(a_host(NoControl()), hazards=of), body="${HOME} " * 50) for of in ((), (hazard,))
    )
    assert cost_of(changed).started > cost_of(plain).started


def test_a_variant_counts_where_it_stands_in() -> None:
    agent = an_agent("read", body="word " * 400, bodies={PLAIN_HOST.name: "word " * 10})
    assert cost_of(render_agent(agent, held_by(agent), PLAIN_HOST, HostSettings())).started == 10


def test_skills_cost_their_names_and_descriptions() -> None:
    skills = [Skill(name="sql", description="dear " * 8, files={"SKILL.md": b"x" * 4000})] * 2
    assert cost_of_skills(skills) == 20


@pytest.mark.parametrize("host", [pytest.param(host, id=name) for name, host in HOSTS.items()])
def test_what_is_counted_is_what_every_host_gets(host: Host) -> None:
    """Both texts are in the file, but for how the form spells them."""
    agent = an_agent(every_tool=True, body="You sort incidents by weight.\n")
    rendering = render_agent(agent, Grants(frozenset("*")), host, HostSettings())
    text = rendering.content.decode()
    assert rendering.description in text
    assert rendering.prompt.strip() in text
