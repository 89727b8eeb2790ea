"""A file that agentpkg shares with others: only its own entries are ever written, whatever else stands there."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from agentpkg import apply
from agentpkg.files import file_digest
from tests.support.cli import Cli
from tests.support.registry import BODY, Registry
from tests.support.toys import SHARED, make_known
from tests.support.tree import contents, stamps

FILE = ".toymodes"
ENTRY = f"{FILE}#tool"
THEIRS = (
    "# our modes\n"
    "customModes:\n"
    "- slug: theirs   # by hand\n"
    "  name: Theirs\n"
    "  roleDefinition: >-\n"
    "    Folded\n"
    "      text.\n"
    "\n"
    "  groups: [read]\n"
    "\n"
    "# the end\n"
    "other: {a: 1}\n"
)
NEW_BODY = BODY.replace("Line 10 of", "LINE TEN of")


@pytest.fixture
def published(cli: Cli, project: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """A project for a host with a shared file, and a registry with tool 1.0.0."""
    for _ in make_known(monkeypatch, SHARED):
        cli("init", "--host", "shared")
        with (project / "agentpkg.toml").open("a") as manifest:
            manifest.write(f'[registries.default]\nurl = "{registry.url}"\n')
        yield registry.publish("tool", "1.0.0", tools="[read]")


@pytest.fixture
def file(project: Path) -> Path:
    """The shared file, in which somebody has a mode already."""
    path = project / FILE
    path.write_bytes(THEIRS.encode())
    return path


def modes(path: Path) -> dict[str, dict[str, object]]:
    return {mode["slug"]: mode for mode in yaml.safe_load(path.read_text(encoding="utf-8"))["customModes"]}


def ours_of(path: Path) -> str:
    """Return the part of the file that is ours."""
    text = path.read_bytes().decode()
    return text[text.index('- slug: "tool"') : text.index("\n\n# the end") + 1]


def test_an_entry_is_put_beside_those_of_others_and_taken_out_again(
    cli: Cli, project: Path, published: Registry, file: Path
) -> None:
    theirs = modes(file)["theirs"]
    assert f"create {ENTRY}" in cli("install", "tool").out
    text = file.read_bytes().decode()
    assert text.replace(ours_of(file), "") == THEIRS
    assert modes(file)["theirs"] == theirs
    assert modes(file)["tool"]["roleDefinition"] == f"{BODY}\n"
    assert modes(file)["tool"]["groups"] == ["look"]
    assert cli("sync", "--check").out == "in sync\n"
    before = stamps(project)
    assert cli("sync").out == "nothing to do\n"
    assert stamps(project) == before
    assert f"delete {ENTRY}" in cli("remove", "tool").out
    assert file.read_bytes() == THEIRS.encode()


def test_a_file_that_was_not_there_is_made_and_goes_again(cli: Cli, project: Path, published: Registry) -> None:
    cli("install", "tool")
    assert list(modes(project / FILE)) == ["tool"]
    cli("remove", "tool")
    assert not (project / FILE).exists()


def test_two_agents_are_two_entries_of_one_file(cli: Cli, project: Path, published: Registry, file: Path) -> None:
    published.publish("other", tools="[]")
    cli("install", "tool", "other")
    assert list(modes(file)) == ["theirs", "other", "tool"]
    assert cli("status").out.startswith("2 of 2 files")
    cli("remove", "other")
    assert list(modes(file)) == ["theirs", "tool"]
    cli("remove", "tool")
    assert file.read_bytes() == THEIRS.encode()


def test_dry_run_leaves_the_file_alone(cli: Cli, project: Path, published: Registry, file: Path) -> None:
    before = stamps(project)
    assert f"create {ENTRY}" in cli("install", "tool", "--dry-run").out
    assert stamps(project) == before


def test_an_update_changes_our_entry_in_place(cli: Cli, published: Registry, file: Path) -> None:
    cli("install", "tool")
    before = file.read_text()
    published.publish("tool", "1.1.0", tools="[read]", body=NEW_BODY)
    assert f"update {ENTRY}" in cli("update").out
    assert file.read_text() == before.replace("Line 10 of", "LINE TEN of")
    cli("sync", "--check")


def test_an_edit_of_our_entry_stays_and_is_merged_with_the_new_version(
    cli: Cli, published: Registry, file: Path
) -> None:
    cli("install", "tool")
    mine = file.read_text().replace("Line 2 of", "My line two of")
    file.write_text(mine)
    assert f"edited {ENTRY}" in cli("sync", "--check", code=1).err
    assert f"edited {ENTRY}: your edit stays" in cli("sync").out
    assert file.read_text() == mine
    assert "+      My line two of" in cli("diff").out
    cli("keep", ENTRY)
    cli("sync", "--check")
    published.publish("tool", "1.1.0", tools="[read]", body=NEW_BODY)
    assert f"merge {ENTRY}" in cli("update").out
    assert file.read_text() == mine.replace("Line 10 of", "LINE TEN of")
    cli("sync", "--check")


def test_a_conflict_leaves_the_file_and_puts_the_new_entry_beside(
    cli: Cli, project: Path, published: Registry, file: Path
) -> None:
    cli("install", "tool")
    mine = file.read_text().replace("Line 10 of", "My line ten of")
    file.write_text(mine)
    published.publish("tool", "1.1.0", tools="[read]", body=NEW_BODY)
    cli("update", code=6)
    assert file.read_text() == mine
    assert "LINE TEN of" in (project / f"{ENTRY}.agentpkg-new").read_text()
    cli("keep", ENTRY)
    assert file.read_text() == mine
    assert contents(project).keys() == {FILE, "agentpkg.toml", "agentpkg.lock"}
    cli("sync", "--check")


def test_what_others_do_to_the_rest_of_the_file_is_no_drift_and_stays(
    cli: Cli, published: Registry, file: Path
) -> None:
    cli("install", "tool")
    edited = file.read_text().replace("Folded", "Edited").replace("# the end", "- slug: more\n\n# the very end")
    file.write_text(f"{edited}# mine\n")
    cli("sync", "--check")
    published.publish("tool", "1.1.0", tools="[read]", body=NEW_BODY)
    cli("update")
    assert file.read_text() == f"{edited}# mine\n".replace("Line 10 of", "LINE TEN of")
    cli("remove", "tool")
    theirs = THEIRS.replace("Folded", "Edited").replace("\n# the end", "\n- slug: more\n\n# the very end")
    assert file.read_text() == f"{theirs}# mine\n"


def test_an_entry_that_somebody_took_out_comes_back_unless_that_is_kept(
    cli: Cli, published: Registry, file: Path
) -> None:
    cli("install", "tool")
    with_ours = file.read_bytes()
    file.write_bytes(THEIRS.encode())
    assert f"missing {ENTRY}" in cli("sync", "--check", code=1).err
    cli("sync")
    assert file.read_bytes() == with_ours
    file.unlink()
    cli("sync")
    assert list(modes(file)) == ["tool"]
    file.write_bytes(THEIRS.encode())
    cli("keep", ENTRY)
    cli("sync", "--check")
    cli("sync")
    assert file.read_bytes() == THEIRS.encode()


def test_an_entry_of_somebody_elses_under_our_name_is_never_touched(
    cli: Cli, project: Path, published: Registry, file: Path
) -> None:
    file.write_text(THEIRS.replace("slug: theirs", "slug: tool"))
    before = stamps(project)
    result = cli("install", "tool", code=6)
    assert ENTRY in result.err
    assert "--as OLD=NEW" in result.err
    assert stamps(project) == before
    cli("install", "tool", "--as", "tool=our-tool")
    assert list(modes(file)) == ["tool", "our-tool"]


def test_an_entry_that_is_as_it_should_be_already_is_adopted(cli: Cli, project: Path, published: Registry) -> None:
    cli("install", "tool")
    (project / "agentpkg.lock").unlink()
    assert f"adopt {ENTRY}" in cli("sync", "--accept-grants").out


def test_an_edited_entry_is_left_when_its_bundle_goes(cli: Cli, published: Registry, file: Path) -> None:
    cli("install", "tool")
    mine = file.read_text().replace("Line 2 of", "My line two of")
    file.write_text(mine)
    assert f"release {ENTRY}" in cli("remove", "tool").out
    assert file.read_text() == mine


BROKEN = {
    "json": '{"customModes": [{"slug": "theirs"}]}\n',
    "flow": "customModes: [{slug: theirs}]\n",
    "twice": "customModes:\n  - slug: theirs\n  - slug: theirs\n",
    "in-a-merge": "customModes:\n<<<<<<< ours\n  - slug: theirs\n=======\n>>>>>>> theirs\n",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_file_that_cannot_be_shared_is_refused_and_nothing_is_written(
    cli: Cli, project: Path, published: Registry, file: Path, text: str
) -> None:
    file.write_text(text, encoding="utf-8")
    before = stamps(project)
    result = cli("install", "tool", code=3)
    assert f"{FILE} cannot be shared with others: " in result.err
    assert stamps(project) == before


def test_a_file_that_can_be_shared_no_more_is_told_and_left_alone(
    cli: Cli, project: Path, published: Registry, file: Path
) -> None:
    cli("install", "tool")
    file.write_text(BROKEN["json"])
    assert f"blocked {ENTRY}" in cli("sync", "--check", code=1).err
    cli("sync", code=3)
    assert file.read_text() == BROKEN["json"]
    assert f"{FILE} cannot be shared" in cli("remove", "tool", code=3).err  # else the agent would stay, unseen
    assert file.read_text() == BROKEN["json"]


def test_a_link_in_place_of_the_file_is_never_followed(
    cli: Cli, project: Path, published: Registry, tmp_path: Path
) -> None:
    (tmp_path / "outside").write_text(THEIRS)
    (project / FILE).symlink_to(tmp_path / "outside")
    assert f"{FILE} is a symbolic link" in cli("install", "tool", code=3).err
    assert (tmp_path / "outside").read_text() == THEIRS


def test_a_file_with_crlf_keeps_it(cli: Cli, published: Registry, file: Path) -> None:
    theirs = THEIRS.replace("\n", "\r\n").encode()
    file.write_bytes(theirs)
    cli("install", "tool")
    cli("sync", "--check")
    assert file.read_bytes().count(b"\n") == file.read_bytes().count(b"\r\n") > 20
    published.publish("tool", "1.1.0", tools="[read]", body=NEW_BODY)
    cli("update")
    assert b"LINE TEN of" in file.read_bytes()
    assert file.read_bytes().count(b"\n") == file.read_bytes().count(b"\r\n")
    cli("remove", "tool")
    assert file.read_bytes() == theirs


def test_the_home_folders_file_is_shared_too(cli: Cli, project: Path, published: Registry) -> None:
    file = Path.home() / ".config/toymodes"
    file.parent.mkdir()
    file.write_bytes(THEIRS.encode())
    cli("install", "tool", "--global", "--host", "shared", "--registry", published.url)
    assert list(modes(file)) == ["theirs", "tool"]
    cli("sync", "--check", "--global")
    cli("remove", "registry/tool", "--global")
    assert file.read_bytes() == THEIRS.encode()


def test_a_file_that_somebody_saves_meanwhile_is_not_overwritten(
    cli: Cli, project: Path, published: Registry, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agentpkg import apply

    check = apply._check_path

    def save_meanwhile(*arguments: object) -> None:
        file.write_text(f"{THEIRS}# saved\n")
        check(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(apply, "_check_path", save_meanwhile)
    cli("install", "tool", code=6)
    assert file.read_text() == f"{THEIRS}# saved\n"


def test_an_edit_after_a_crash_is_merged_when_the_change_goes_on(
    cli: Cli, project: Path, published: Registry, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("install", "tool")
    published.publish("tool", "1.1.0", tools="[read]", body=NEW_BODY)
    with monkeypatch.context() as patch:
        patch.setattr(apply, "_roll_forward", lambda *_: sys.exit(9))  # the journal is in place, and nothing else
        with pytest.raises(SystemExit):
            cli("update")
    text = file.read_text()
    file.write_text(text.replace("Line 20 of the prompt.", "Line 20 of mine."))
    assert FILE in cli("sync", code=6).err
    assert f"merge {ENTRY}" in cli("sync").out
    assert "LINE TEN of" in file.read_text()
    assert "Line 20 of mine." in file.read_text()


def test_a_lock_that_names_the_whole_file_cannot_make_agentpkg_delete_it(
    cli: Cli, project: Path, published: Registry, file: Path
) -> None:
    cli("install", "tool")
    lock = json.loads((project / "agentpkg.lock").read_text())
    lock["files"][FILE] = {**lock["files"][ENTRY], "sha256": file_digest(file.read_bytes())}
    (project / "agentpkg.lock").write_text(json.dumps(lock))
    before = file.read_bytes()
    assert "names a file as a whole" in cli("remove", "tool", code=3).err
    assert file.read_bytes() == before
