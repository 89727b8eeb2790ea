"""Line endings and byte order marks: git and editors change them, and that is never taken for more than it is.

Every case is a real checkout on a machine of its own: a project is committed, cloned with one `core.autocrlf` and one
`.gitattributes`, changed as an editor would, and then looked at, synced, or updated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest

from agentpkg.hosts import HOSTS
from tests.support.checkout import checked_out, commit, unix, windows
from tests.support.cli import Cli
from tests.support.registry import BODY, Registry, agent_text, git
from tests.support.toys import SHARED, make_known
from tests.support.tree import contents, stamps

BOM = b"\xef\xbb\xbf"
# One file of each form that is written: markdown, TOML, two of a skill, and an entry of a list that others share.
ENTRY = ".toymodes#tool"
CODEX = ".codex/agents/tool.toml"
SKILL = ".claude/skills/count"
FILES = (".claude/agents/tool.md", CODEX, f"{SKILL}/SKILL.md", f"{SKILL}/count.sh", ENTRY)

AUTOCRLF = ("false", "input", "true")
PATTERNS = ("*.md", "*.toml", "*.sh", ".toymodes", "agentpkg.lock")
ATTRIBUTES = {
    "none": "",
    "auto": "* text=auto\n",
    "lf": "".join(f"{pattern} text eol=lf\n" for pattern in PATTERNS),
    "crlf": "".join(f"{pattern} text eol=crlf\n" for pattern in PATTERNS),
    "binary": "* -text\n",
}


def line_two(ending: bytes) -> Callable[[bytes], bytes]:
    """Return the edit that writes the second line of the prompt anew, with this line ending."""

    def edit(content: bytes) -> bytes:
        lines = content.splitlines(keepends=True)
        changed = (line.rstrip(b"\r\n").replace(b"Line 2 of", b"My line two of") + ending for line in lines)
        return b"".join(new if b"Line 2 of" in old else old for old, new in zip(lines, changed, strict=True))

    return edit


EDITS: dict[str, Callable[[bytes], bytes]] = {
    "untouched": lambda content: content,
    "all CRLF": windows,
    "mixed": lambda content: windows(content).replace(b"\r\n", b"\n", 1),
    "edited with LF": line_two(b"\n"),
    "edited with CRLF": line_two(b"\r\n"),
    "marked": lambda content: BOM + content,
    "no last line feed": lambda content: content.removesuffix(b"\n").removesuffix(b"\r"),
}
REAL_EDITS = ("edited with LF", "edited with CRLF", "no last line feed")
ELSEWHERE = {b"Line 10 of": b"LINE TEN of"}
SAME_LINES = {b"Line 2 of": b"LINE TWO of", b"Line 20 of": b"LINE TWENTY of"}
NEXT = {"look": ELSEWHERE, "sync": ELSEWHERE, "update": ELSEWHERE, "update of the same lines": SAME_LINES}

ALL = list(product(AUTOCRLF, ATTRIBUTES))
SOME = [
    ("true", "none", "untouched", "look"),
    ("true", "none", "edited with LF", "update"),
    ("true", "none", "edited with CRLF", "update of the same lines"),
    ("true", "none", "marked", "update"),
    ("true", "auto", "edited with LF", "update of the same lines"),
    ("true", "binary", "all CRLF", "update"),
    ("false", "none", "mixed", "update"),
    ("false", "crlf", "untouched", "sync"),
    ("false", "crlf", "edited with CRLF", "update"),
    ("input", "lf", "marked", "look"),
    ("input", "auto", "no last line feed", "update"),
    ("input", "crlf", "mixed", "update of the same lines"),
]


def rewritten(content: bytes, changes: dict[bytes, bytes]) -> bytes:
    for old, new in changes.items():
        content = content.replace(old, new)
    return content


def bundle(changes: dict[bytes, bytes]) -> dict[str, str]:
    body = rewritten(BODY.encode(), changes).decode()
    return {
        "agents/tool.md": agent_text("tool", body=body),
        "skills/count/SKILL.md": agent_text("count", body=body),
        "skills/count/count.sh": f"# Counts.\n{body}\n",
    }


Origin = Callable[[dict[bytes, bytes], str], Path]


@pytest.fixture
def origin(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Origin]:
    """Make a project that has tool 1.0.0, of which 1.1.0 has these changes, and is committed with these attributes."""

    def make(changes: dict[bytes, bytes], attributes: str) -> Path:
        folder = tmp_path / f"origin-{len(list(tmp_path.iterdir()))}"
        registry = Registry(folder / "registry").start().publish("tool", files=bundle({}))
        project = folder / "project"
        project.mkdir()
        git(project, "init", "-q", ".")
        at = cli.at(project)
        at("init", "--host", "claude", "--host", "codex", "--host", "shared")
        with (project / "agentpkg.toml").open("a") as manifest:
            manifest.write(f'[registries.default]\nurl = "{registry.url}"\n')
        at("install", "tool")
        registry.publish("tool", "1.1.0", files=bundle(changes))
        commit(project, attributes)
        return project

    for _ in make_known(monkeypatch, SHARED):
        yield make


def read(at: Cli, file: str) -> bytes:
    return (at.folder / file.partition("#")[0]).read_bytes()


def is_edited(file: str, edit: str) -> bool:
    return edit in REAL_EDITS or (edit == "marked" and file != ENTRY)  # what stands before a list is no part of it


def try_case(origin: Path, cli: Cli, autocrlf: str, edit: str, following: str) -> int:
    """Clone, edit and go on; return the number of files of which everything held."""
    with checked_out(origin, autocrlf, cli) as at:
        for file in FILES:
            (at.folder / file.partition("#")[0]).write_bytes(EDITS[edit](read(at, file)))
        mine, before = {file: read(at, file) for file in FILES}, stamps(at.folder)
        states = {one["path"]: one["state"] for one in at("status", "--json").json["files"]}
        for file in FILES:
            assert states.get(file, "clean") == ("edited" if is_edited(file, edit) else "clean"), file
        clean = not any(is_edited(file, edit) for file in FILES)
        if following == "look":
            at("sync", "--check", code=0 if clean else 1)
            assert stamps(at.folder) == before
        elif following == "sync":
            assert (at("sync").out == "nothing to do\n") is clean
            assert stamps(at.folder) == before
        else:
            conflicts = following != "update" and edit in REAL_EDITS
            at("update", code=6 if conflicts else 0)
            for file in FILES:
                see_outcome(at, origin, file, mine[file], NEXT[following], conflict=conflicts)
            at("sync", "--check", code=1 if conflicts else 0)
            commit(at.folder)
            for other in AUTOCRLF:
                with checked_out(at.folder, other, cli) as there:
                    there("sync", "--check", code=1 if conflicts else 0)
    return len(FILES)


def see_outcome(at: Cli, origin: Path, file: str, mine: bytes, changes: dict[bytes, bytes], *, conflict: bool) -> None:
    """See that a file holds edit and new version, every line with its ending; or is as it was, the new one beside."""
    beside = at.folder / f"{file}.agentpkg-new"
    assert beside.exists() is conflict, file
    assert read(at, file) == (mine if conflict else rewritten(mine, changes)), file
    if conflict:
        new = beside.read_bytes()
        assert unix(new) in unix(rewritten((origin / file.partition("#")[0]).read_bytes(), changes)), file
        assert len(new) > len(BODY), file
        assert mostly_crlf(new) is mostly_crlf(mine), file


def mostly_crlf(content: bytes) -> bool:
    return 2 * content.count(b"\r\n") > content.count(b"\n")


@pytest.mark.parametrize(("autocrlf", "attributes", "edit", "following"), SOME)
def test_line_endings_are_no_drift_and_edits_are_merged_line_by_line(
    cli: Cli, origin: Origin, autocrlf: str, attributes: str, edit: str, following: str
) -> None:
    try_case(origin(NEXT[following], ATTRIBUTES[attributes]), cli, autocrlf, edit, following)


@pytest.mark.soak
@pytest.mark.parametrize(("autocrlf", "attributes"), ALL)
def test_every_way_with_line_endings(
    cli: Cli, origin: Origin, autocrlf: str, attributes: str, tally: Callable[[str, int], None]
) -> None:
    origins = {name: origin(changes, ATTRIBUTES[attributes]) for name, changes in NEXT.items()}
    for edit, following in product(EDITS, NEXT):
        tally("line endings", try_case(origins[following], cli, autocrlf, edit, following))


@pytest.fixture
def windows_project(cli: Cli, origin: Origin) -> Iterator[Cli]:
    """A checkout in which git has written every file with CRLF, of a project whose registry has a newer tool."""
    with checked_out(origin(ELSEWHERE, "* text=auto\n"), "true", cli) as at:
        for name in ("agentpkg.toml", "agentpkg.lock", *FILES):
            assert read(at, name).count(b"\r\n") == read(at, name).count(b"\n") > 0, name
        yield at


def test_what_is_known_of_no_file_but_the_lockfile_is_enough(windows_project: Cli) -> None:
    before = stamps(windows_project.folder)
    windows_project("sync", "--check", "--frozen")
    assert windows_project("sync", "--frozen", "--offline").out == "nothing to do\n"
    assert stamps(windows_project.folder) == before


COMMANDS = ["install other", "remove tool", "registry add more {url}", "update --latest"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_manifest_with_crlf_keeps_it_whatever_edits_it(windows_project: Cli, command: str) -> None:
    at = windows_project
    registry = Registry(at.folder.parents[1] / "registry")
    registry.publish("other").publish("tool", "2.0.0", files=bundle({}))
    before = read(at, "agentpkg.toml")
    at(*command.format(url=registry.url).split())
    after = read(at, "agentpkg.toml")
    assert after != before
    assert after.count(b"\r\n") == after.count(b"\n")
    at("sync", "--check")


def test_the_two_sides_of_a_merge_are_joined_also_where_git_wrote_them_with_crlf(windows_project: Cli) -> None:
    at = windows_project
    both = b'<<<<<<< ours\n   "version": "1.0.0",\n=======\n   "version": "1.1.0",\n>>>>>>> theirs\n'
    torn = unix(read(at, "agentpkg.lock")).replace(b'   "version": "1.0.0",\n', both)
    assert both in torn
    (at.folder / "agentpkg.lock").write_bytes(windows(torn))
    assert "two sides of a merge" in at("sync", "--check", code=1).err
    at("sync")
    at("sync", "--check")


def test_an_accepted_edit_is_accepted_with_every_line_ending(windows_project: Cli) -> None:
    at = windows_project
    file = at.folder / FILES[0]
    file.write_bytes(EDITS["edited with LF"](file.read_bytes()))
    at("keep", FILES[0])
    for way in (unix, windows):
        file.write_bytes(way(file.read_bytes()))
        at("sync", "--check")


def test_a_difference_is_told_by_the_lines_that_differ(windows_project: Cli) -> None:
    at = windows_project
    file = at.folder / FILES[0]
    file.write_bytes(EDITS["edited with LF"](file.read_bytes()))
    lines = [line for line in at("diff").out.splitlines() if line[:1] in ("+", "-")]
    assert lines[2:] == ["-Line 2 of the prompt.", "+My line two of the prompt."]


def test_a_mark_is_no_change_of_the_first_line(windows_project: Cli) -> None:
    at = windows_project
    files = {path: text.replace("when testing", "when trying") for path, text in bundle({}).items()}
    Registry(at.folder.parents[1] / "registry").publish("tool", "1.2.0", files=files)
    file = at.folder / CODEX
    mine = BOM + file.read_bytes()
    assert mine.index(b"when testing") < mine.index(b"\n", mine.index(b"\n") + 1)  # in line two
    file.write_bytes(mine)
    at("update")
    assert file.read_bytes() == mine.replace(b"when testing", b"when trying")


def test_a_list_that_others_share_may_have_a_mark_before_it_and_keeps_it(windows_project: Cli) -> None:
    at = windows_project
    file = at.folder / ".toymodes"
    theirs = BOM + b"customModes:\r\n  - slug: theirs\r\n"
    ours = file.read_bytes().removeprefix(b"customModes:\r\n")
    file.write_bytes(theirs + ours)
    at("sync", "--check")
    at("update")
    assert file.read_bytes() == rewritten(theirs + ours, ELSEWHERE)
    at("remove", "tool")
    assert file.read_bytes() == theirs


def test_a_manifest_with_a_mark_before_it_is_refused_in_words(cli: Cli, manifest: Path) -> None:
    manifest.write_bytes(BOM + manifest.read_bytes())
    result = cli("sync", code=2)
    assert "agentpkg.toml begins with a byte order mark" in result.err


def test_a_file_saved_as_utf_16_is_an_edit_and_stays(windows_project: Cli) -> None:
    at = windows_project
    file = at.folder / FILES[0]
    mine = file.read_bytes().decode().encode("utf-16")
    file.write_bytes(mine)
    at("sync", "--check", code=1)
    at("diff")
    at("update", code=6)
    assert file.read_bytes() == mine


@pytest.mark.parametrize("file", ["agents/tool.md", "skills/count/SKILL.md", "skills/count/count.sh"])
def test_a_carriage_return_alone_is_refused_in_a_bundle(
    cli: Cli, project: Path, manifest: Path, registry: Registry, file: str
) -> None:
    files = bundle({})
    path = registry.publish("tool", files=files).path / "bundles/tool/1.0.0" / file
    path.write_bytes(path.read_bytes().replace(b"\nLine 3", b"\rLine 3"))
    git(registry.path, "commit", "-q", "-a", "--amend", "-m", "with a carriage return")
    before = stamps(project)
    assert "U+000D" in cli("install", "tool", code=3).err
    assert stamps(project) == before
    path = registry.publish("tool", "1.1.0", files=files).path / "bundles/tool/1.1.0" / file
    path.write_bytes(windows(path.read_bytes()))
    git(registry.path, "commit", "-q", "-a", "--amend", "-m", "with CRLF")
    cli("install", "tool")
    assert not any(b"\r" in content for content in contents(project).values())


def test_every_host_keeps_what_git_made_of_its_files(cli: Cli, project: Path, registry: Registry) -> None:
    cli("init", *(word for name in HOSTS for word in ("--host", name)))
    with (project / "agentpkg.toml").open("a") as manifest:
        manifest.write(f'[registries.default]\nurl = "{registry.url}"\n')
    registry.publish("toolbox")
    cli("install", "toolbox")
    commit(project)
    registry.publish("toolbox", "1.1.0", body=rewritten(BODY.encode(), ELSEWHERE).decode())
    with checked_out(project, "true", cli) as at:
        at("sync", "--check")
        edited = {
            path: EDITS["edited with LF"](content)
            for path, content in contents(at.folder).items()
            if b"Line 2 of" in content
        }
        for path, content in edited.items():
            (at.folder / path).write_bytes(content)
        at("update")
        for path, content in edited.items():
            assert (at.folder / path).read_bytes() == rewritten(content, ELSEWHERE), path
        at("sync", "--check")
