"""Overlaps: what the hosts of a project make of files that were written for another of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from agentpkg import overlap
from agentpkg.grants import Grants
from agentpkg.hosts.base import AlsoRead, Host, NoControl
from agentpkg.losses import Fidelity, Note
from agentpkg.overlap import Overlap, Placed, find_overlaps
from agentpkg.render import Rendering
from tests.unit.builders import a_host

FARM = ".farm/agents/{name}.md"
READS = AlsoRead(agents=FARM)
PATH = ".farm/agents/triage.md"
LOADS = "was not chosen, and loads .farm/agents/NAME.md all the same"


def placed(path: str = PATH, *, host: str = "farm", agent: str = "triage", bundle: str = "reviewers") -> Placed:
    rendering = Rendering(agent=agent, host=host, content=b"", notes=(), gained=())
    return Placed(bundle=bundle, path=path, held=Grants(frozenset(["read"])), rendering=rendering)


def inn(*also: AlsoRead) -> Host:
    return replace(a_host(NoControl(), name="inn"), also_reads=also)


def notes(*files: Placed, host: Host, powers: str = "read", user: bool = False) -> list[Note]:
    held = Grants(frozenset([powers]))
    overlaps = find_overlaps([replace(one, held=held) for one in files], [host], user)
    assert {(one.bundle, one.agent, one.host) for one in overlaps} <= {("reviewers", "triage", host.name)}
    return [one.note for one in overlaps]


def note(fidelity: Fidelity, detail: str) -> list[Note]:
    return [Note("overlap", fidelity, detail)]


def test_a_host_that_reads_its_own_files_alone_has_no_overlap() -> None:
    assert notes(placed(), host=inn()) == []


def test_a_host_that_was_not_chosen_and_loads_the_agent_is_told() -> None:
    assert notes(placed(), host=inn(READS)) == note(Fidelity.APPROXIMATED, LOADS)


@pytest.mark.parametrize(
    ("powers", "expected"),
    [
        ("read", note(Fidelity.WIDENED, f"{LOADS}, with every tool")),
        ("edit", note(Fidelity.WIDENED, f"{LOADS}, with every tool")),
        ("shell", note(Fidelity.APPROXIMATED, LOADS)),
        ("*", note(Fidelity.APPROXIMATED, LOADS)),
    ],
)
def test_where_tool_lists_do_not_hold_an_agent_that_must_not_have_every_tool_is_widened(
    powers: str, expected: list[Note]
) -> None:
    assert notes(placed(), host=inn(replace(READS, restricts=False)), powers=powers) == expected


@pytest.mark.parametrize("restricts", [True, False])
def test_a_host_that_takes_its_own_copy_first_has_no_overlap(restricts: bool) -> None:
    own = placed(".inn/agents/triage.md", host="inn")
    assert notes(placed(), own, host=inn(replace(READS, restricts=restricts))) == []


def test_a_copy_of_another_agent_is_no_copy_of_this_one_and_one_of_another_bundle_is() -> None:
    other = placed(".inn/agents/writer.md", host="inn", agent="writer")
    alike = placed(".inn/agents/triage.md", host="inn", bundle="others")
    found = find_overlaps([placed(), other], [inn(READS)], user=False)
    assert [(one.bundle, one.agent) for one in found] == [("reviewers", "triage")]
    assert find_overlaps([placed(), other, alike], [inn(READS)], user=False) == ()


@pytest.mark.parametrize("path", [".farm/agents/writer.md", ".barn/agents/triage.md", ".farm/agents/deep/triage.md"])
def test_a_file_at_another_place_is_not_read(path: str) -> None:
    assert notes(placed(path), host=inn(READS)) == []


def test_a_home_folder_is_read_only_by_hosts_that_look_there() -> None:
    assert notes(placed(), host=inn(replace(READS, user=False)), user=True) == []
    assert notes(placed(), host=inn(replace(READS, user=False)), user=False) != []
    assert notes(placed(), host=inn(READS), user=True) != []


def test_an_agent_in_a_folder_of_skills_is_found_as_a_skill_by_hosts_with_agents_of_their_own() -> None:
    host = inn()
    skill = placed(".inn/skills/triage/SKILL.md")
    assert notes(skill, host=host) == note(Fidelity.APPROXIMATED, "finds it as a skill, too")
    assert notes(skill, host=replace(host, native=False)) == []
    assert notes(skill, host=replace(host, skills=None)) == []
    assert notes(skill, host=replace(host, skills=None), user=True) != []
    assert notes(skill, host=replace(host, user_skills=None), user=True) == []
    assert notes(placed(".inn/skills/other/SKILL.md"), host=host) == []


def test_several_places_and_hosts_are_told_once_each_and_in_their_order() -> None:
    both = inn(READS, READS, replace(READS, agents=".barn/{name}.md"))
    files = [placed(), placed(".barn/triage.md", host="barn")]
    found = find_overlaps(files, [both, replace(both, name="hut")], user=False)
    assert found == tuple(
        Overlap(bundle="reviewers", agent="triage", host=host, note=Note("overlap", Fidelity.APPROXIMATED, detail))
        for host in ("inn", "hut")
        for detail in (LOADS, LOADS.replace(".farm/agents/NAME.md", ".barn/NAME.md"))
    )


def test_a_host_looks_at_its_own_few_places_and_not_at_all_that_is_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    real = overlap._notes

    def watch(one: Placed, host: Host, **more: bool) -> Iterator[Note]:
        looked.append(one.path)
        return real(one, host, **more)

    monkeypatch.setattr(overlap, "_notes", watch)
    files = [placed(f".host-{number}/agents/triage.md", host=f"host-{number}") for number in range(50)]
    found = find_overlaps([*files, placed()], [inn(READS), inn()], user=False)
    assert [one.host for one in found] == ["inn"]
    assert looked == [PATH]


def test_files_are_told_in_the_order_in_which_they_were_placed() -> None:
    host = inn(replace(READS, agents=".barn/{name}.md"), READS)
    files = [placed(), placed(".barn/triage.md", host="barn"), placed(".farm/agents/writer.md", agent="writer")]
    found = find_overlaps(files, [host], user=False)
    assert [(one.agent, one.note.detail) for one in found] == [
        ("triage", LOADS),
        ("triage", LOADS.replace(".farm/agents/NAME.md", ".barn/NAME.md")),
        ("writer", LOADS),
    ]
