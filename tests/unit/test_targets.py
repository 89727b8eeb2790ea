"""Targets: every file that a project should hold, and what stands against it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from agentpkg.bundle import Skill
from agentpkg.errors import ContentRefused, UsageError
from agentpkg.files import file_digest
from agentpkg.hosts.base import AlsoRead, HostField, McpNames, NoControl, ToolList, ToolRow
from agentpkg.losses import Fidelity, Note
from agentpkg.manifest import HostSettings
from agentpkg.requirement import Requirement
from agentpkg.targets import Destination, Rendered, Selection, assign_hosts, render_selections
from tests.unit.builders import a_bundle, a_host, an_agent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentpkg.bundle import Bundle

LIST = ToolList(key="tools", rows=(ToolRow(gives=("read",), names=("Read",)),), mcp=McpNames(one="{tool}", every=None))
POWER = HostField(name="mode", choices=("safe", "wild"), power=True, harmless=("safe",))
HOSTS = {
    "inn": a_host(LIST, name="inn", fields=(POWER,)),
    "open": a_host(NoControl(), name="open"),
    "bare": replace(a_host(LIST, name="bare"), skills=None),
    "guest": replace(a_host(LIST, name="guest"), also_reads=(AlsoRead(agents=".inn/agents/{name}.md"),)),
    "board": replace(a_host(LIST, name="board"), agents=".board#{name}", form="modes", body_key="prompt"),
}


def select(
    bundle: Bundle,
    *hosts: str,
    agents: tuple[str, ...] | None = None,
    renames: Mapping[str, str] | None = None,
    bundle_id: str | None = None,
) -> Selection:
    return Selection(
        id=bundle_id or bundle.name, bundle=bundle, hosts=hosts or ("inn",), agents=agents, renames=renames or {}
    )


def render(
    *selections: Selection, user: bool = False, widening: tuple[str, ...] = (), used: tuple[str, ...] = ()
) -> Rendered:
    settings = {name: HostSettings(widening=name in widening) for name in HOSTS}
    return render_selections(selections, Destination(hosts=HOSTS, settings=settings, user=user, used=used))


def refusal(*selections: Selection) -> ContentRefused:
    with pytest.raises(ContentRefused) as caught:
        render(*selections)
    return caught.value


SKILL = Skill(name="sql", description="d", files={"SKILL.md": b"x\n", "notes/a.txt": b"y\n"})
TEAM = a_bundle(an_agent("read"), an_agent("read", name="writer"), skills=(SKILL,))


def test_every_agent_and_skill_is_a_target_at_the_hosts_path() -> None:
    rendered = render(select(TEAM))
    assert {path: target.item for path, target in rendered.targets.items()} == {
        ".inn/agents/triage.md": "agents/triage.md",
        ".inn/agents/writer.md": "agents/writer.md",
        ".inn/skills/sql/SKILL.md": "skills/sql/SKILL.md",
        ".inn/skills/sql/notes/a.txt": "skills/sql/notes/a.txt",
    }
    target = rendered.targets[".inn/agents/triage.md"]
    assert (target.bundle, target.hosts, target.sha256) == ("reviewers", ("inn",), file_digest(target.content))
    assert [(one.bundle, one.rendering.agent) for one in rendered.placed] == [
        ("reviewers", "triage"),
        ("reviewers", "writer"),
    ]


def test_a_selection_takes_the_agents_that_it_names() -> None:
    assert ".inn/agents/triage.md" not in render(select(TEAM, agents=("writer",))).targets


def test_a_renamed_agent_has_its_new_name_everywhere_and_its_old_source() -> None:
    rendered = render(select(TEAM, renames={"triage": "acme-triage"}))
    target = rendered.targets[".inn/agents/acme-triage.md"]
    assert target.item == "agents/triage.md"
    assert b'name: "acme-triage"' in target.content
    assert "acme-triage" in rendered.grants["reviewers"]


@pytest.mark.parametrize("limits", [{"agents": ("pilot",)}, {"renames": {"pilot": "other"}}])
def test_an_agent_that_the_bundle_does_not_have_is_told_with_those_that_it_has(limits: dict[str, object]) -> None:
    with pytest.raises(UsageError) as caught:
        render(select(TEAM, **limits))  # type: ignore[arg-type]
    assert caught.value.message == "reviewers 1.2.0 has no agent 'pilot'"
    assert caught.value.hint == "it has: triage, writer"


def test_nothing_selected_is_nothing_rendered() -> None:
    assert render() == Rendered(targets={}, placed=(), grants={}, overlaps=())


# Two that want one path


def test_two_agents_of_one_name_are_refused_with_the_way_out() -> None:
    other = a_bundle(an_agent("read", body="Another.\n"), name="others")
    error = refusal(select(TEAM), select(other, bundle_id="acme/others"))
    assert error.message == (
        "two files want .inn/agents/triage.md: agents/triage.md of reviewers and agents/triage.md of acme/others"
    )
    assert error.hint == "give one of them another name: agentpkg install acme/others --as triage=NEW-NAME"


def test_two_agents_of_one_bundle_cannot_take_one_name() -> None:
    both = a_bundle(an_agent("read"), an_agent("read", name="writer", body="Another.\n"))
    assert (
        "two files want .inn/agents/one.md" in refusal(select(both, renames={"triage": "one", "writer": "one"})).message
    )


def test_two_skills_of_one_name_are_refused_with_the_way_out() -> None:
    skill = Skill(name="sql", description="d", files={"SKILL.md": b"other\n"})
    other = a_bundle(an_agent("read", name="other"), name="others", skills=(skill,))
    error = refusal(select(TEAM), select(other))
    assert "two files want .inn/skills/sql/SKILL.md" in error.message
    assert error.hint == "skills keep their names; leave one of the two bundles out for inn"


def test_two_that_want_the_same_bytes_share_them() -> None:
    other = a_bundle(an_agent("read", name="other"), name="others", skills=(SKILL,))
    target = render(select(TEAM), select(other)).targets[".inn/skills/sql/SKILL.md"]
    assert (target.bundle, target.hosts) == ("reviewers", ("inn",))


# Entries of a file that is shared with others


def test_an_entry_of_a_shared_file_is_a_target_of_its_own() -> None:
    rendered = render(select(TEAM, "board"))
    assert [path for path in rendered.targets if "skills" not in path] == [".board#triage", ".board#writer"]
    assert rendered.targets[".board#triage"].content.startswith(b'  - name: "triage"\n')
    assert [one.path for one in rendered.placed] == [".board#triage", ".board#writer"]


def test_two_agents_of_one_name_cannot_be_one_entry() -> None:
    other = a_bundle(an_agent("read", body="Another.\n"), name="others")
    assert "two files want .board#triage" in refusal(select(TEAM, "board"), select(other, "board")).message


# What hosts do not carry

SKILLS_LOST = Note("skills", Fidelity.NARROWED, "the host reads no skills: sql")


def test_skills_that_a_host_does_not_read_are_dropped_and_every_agent_says_so() -> None:
    rendered = render(select(TEAM, "bare", "inn"))
    assert [path for path in rendered.targets if path.startswith(".bare/")] == [
        ".bare/agents/triage.md",
        ".bare/agents/writer.md",
    ]
    notes = {(one.rendering.agent, one.rendering.host): one.rendering.notes for one in rendered.placed}
    assert notes["triage", "bare"] == notes["writer", "bare"] == (SKILLS_LOST,)
    assert notes["triage", "inn"] == ()


def test_a_home_folder_can_have_skills_where_a_project_has_none() -> None:
    rendered = render(select(TEAM, "bare"), user=True)
    assert ".bare/skills/sql/SKILL.md" in rendered.targets
    assert [one.rendering.notes for one in rendered.placed] == [(), ()]


def test_losses_are_the_worst_of_every_field_by_agent_and_host() -> None:
    team = a_bundle(an_agent("read", "delegate", model="balanced"), an_agent("read", name="writer"), skills=(SKILL,))
    rendered = render(select(team, "inn", "bare"), select(a_bundle(an_agent("read", name="x"), name="y")))
    assert rendered.losses()["reviewers"] == {
        "triage": {
            "bare": {"model": "approximated", "skills": "narrowed", "tools": "narrowed"},
            "inn": {"model": "approximated", "tools": "narrowed"},
        },
        "writer": {"bare": {"skills": "narrowed"}},
    }
    assert rendered.losses()["y"] == {}


def test_what_another_host_of_the_project_makes_of_a_file_counts_as_a_loss_there() -> None:
    rendered = render(select(TEAM), used=("inn", "guest"))
    assert {(one.agent, one.host, one.note.field) for one in rendered.overlaps} == {
        ("triage", "guest", "overlap"),
        ("writer", "guest", "overlap"),
    }
    assert rendered.losses()["reviewers"]["triage"] == {"guest": {"overlap": "approximated"}}


def test_a_host_that_the_project_does_not_use_is_no_overlap() -> None:
    assert render(select(TEAM), used=("inn",)).overlaps == ()
    assert render(select(TEAM)).overlaps == ()


# Powers


def test_powers_are_those_of_tools_and_of_host_fields_that_add_some() -> None:
    agent = an_agent("read", host_fields={"inn": {"mode": "wild"}, "barn": {"mode": "wild"}})
    assert tuple(render(select(a_bundle(agent))).grants["reviewers"]["triage"]) == ("inn.mode=wild", "read")


def test_fields_of_a_host_that_is_not_used_add_nothing() -> None:
    agent = an_agent("shell", host_fields={"inn": {"mode": "wild"}})
    assert tuple(render(select(a_bundle(agent), "open")).grants["reviewers"]["triage"]) == ("shell",)


def test_renderings_that_widen_powers_are_refused_all_at_once_with_the_two_ways_out() -> None:
    error = refusal(
        select(TEAM, "inn", "open"), select(a_bundle(an_agent("shell", name="runner"), name="others"), "open")
    )
    assert error.message == "a host cannot hold back what an agent must not do"
    assert error.details == (
        "reviewers: triage on open would gain every tool",
        "reviewers: writer on open would gain every tool",
    )
    assert error.hint == (
        "leave the host out: install reviewers with --host, or set its hosts in agentpkg.toml\n"
        'or accept it: [hosts.open] widening = "allow" in agentpkg.toml'
    )


def test_widening_that_the_project_allows_is_not_refused() -> None:
    rendered = render(select(TEAM, "open"), widening=("open",))
    assert [one.rendering.gained for one in rendered.placed] == [("*",), ("*",)]


def test_allowing_one_host_to_widen_allows_no_other() -> None:
    with pytest.raises(ContentRefused):
        render(select(TEAM, "open"), widening=("inn",))


# Hosts of bundles


def hosts(
    requirements: Mapping[str, tuple[str, ...] | None], requires: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    wanted = {name: Requirement(name=name, hosts=own) for name, own in requirements.items()}
    return assign_hosts(wanted, requires, ("inn", "barn"))


def test_a_bundle_goes_to_the_hosts_of_the_project_or_to_its_own() -> None:
    assert hosts({"aa": None, "bb": ("mill",), "cc": ()}, {"aa": (), "bb": (), "cc": ()}) == {
        "aa": ("barn", "inn"),
        "bb": ("mill",),
        "cc": (),
    }


def test_what_is_required_goes_wherever_those_go_that_require_it() -> None:
    requires = {"aa": ("dd",), "bb": ("cc",), "cc": ("dd",), "dd": ()}
    assert hosts({"aa": ("inn",), "bb": ("mill",)}, requires)["dd"] == ("inn", "mill")


def test_a_requirements_own_hosts_hold_for_it_whoever_requires_it() -> None:
    assert hosts({"aa": None, "bb": ("mill",)}, {"aa": ("bb",), "bb": ("cc",), "cc": ()}) == {
        "aa": ("barn", "inn"),
        "bb": ("mill",),
        "cc": ("mill",),
    }


def test_bundles_that_require_each_other_come_to_an_end() -> None:
    assert hosts({"aa": ("inn",)}, {"aa": ("bb",), "bb": ("cc",), "cc": ("bb",)}) == {
        "aa": ("inn",),
        "bb": ("inn",),
        "cc": ("inn",),
    }
