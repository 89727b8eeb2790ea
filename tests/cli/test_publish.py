"""`agentpkg publish`, `yank` and `unyank` against a bare repository, as authors and their users run them."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from agentpkg.hosts import HOSTS
from agentpkg.publishing import push_commit
from tests.support.cli import Cli
from tests.support.registry import Registry, agent_text, git, introduce, make_bare, write_bundle
from tests.support.tree import contents, stamps


@pytest.fixture
def bare(tmp_path: Path, registry: Registry) -> Path:
    """A bare registry, empty yet, and somebody who may publish to it."""
    introduce()
    return make_bare(registry, tmp_path / "shelf.git")


@pytest.fixture
def shelf(cli: Cli, bare: Path, project: Path) -> Path:
    """The same, being the project's default registry."""
    text = f'[project]\nhosts = ["claude"]\n\n[registries.default]\nurl = "{bare}"\n\n[bundles]\n'
    (project / "agentpkg.toml").write_text(text)
    return bare


@pytest.fixture
def tool(tmp_path: Path) -> Path:
    """An author's folder, with tool 1.0.0, which may read."""
    return write_bundle(tmp_path / "tool", "tool", tools="[read]")


def tip(bare: Path, branch: str = "main") -> str:
    return git(bare, "rev-parse", branch).strip()


def held(bare: Path, place: str, branch: str = "main") -> dict[str, str]:
    """Return the files below a place of the registry, as text without any conversion."""
    names = git(bare, "ls-tree", "-r", "--name-only", branch, place).splitlines()
    show = ["git", "cat-file", "blob"]
    return {
        name.removeprefix(f"{place}/"): subprocess.check_output([*show, f"{branch}:{name}"], cwd=bare).decode()
        for name in names
    }


def numbered(folder: Path) -> str:
    version: str = tomllib.loads((folder / "bundle.toml").read_text())["bundle"]["version"]
    return version


def renumber(folder: Path, version: str) -> None:
    file = folder / "bundle.toml"
    file.write_text(re.sub(r'version = "[^"]*"', f'version = "{version}"', file.read_text()))


def edit(folder: Path, **header: str) -> None:
    """Write the agent of a bundle of one anew."""
    (folder / f"agents/{folder.name}.md").write_text(agent_text(folder.name, **header))


def test_from_an_empty_registry_to_an_update(cli: Cli, project: Path, tmp_path: Path) -> None:
    introduce()
    bare = tmp_path / "agents.git"
    assert "began a registry" in cli("registry", "init", str(bare), "--name", "acme").out
    cli("init", "--host", "claude")
    assert "registry acme added: 0 bundles" in cli("registry", "add", "acme", str(bare)).out
    write_bundle(tmp_path / "base", "base", tools="[read]")
    write_bundle(tmp_path / "middle", "middle", requires={"base": "~=1.0"}, tools="[read]")
    write_bundle(tmp_path / "top", "top", requires={"middle": ">=1.0", "base": ""}, tools="[read, shell]")
    for name in ("base", "middle", "top"):
        out = cli("publish", str(tmp_path / name), "--registry", "acme").out
        assert f"published {name} 1.0.0 to acme" in out
    cli("install", "acme/top")
    assert [one["id"] for one in cli("list", "--json").json["bundles"]] == ["acme/base", "acme/middle", "acme/top"]
    write_bundle(tmp_path / "middle", "middle", "1.1.0", requires={"base": "~=1.0"}, tools="[read]", body="Better.")
    cli("publish", str(tmp_path / "middle"), "--registry", "acme")
    assert cli("info", "acme/middle", "--json").json["version"] == "1.1.0"
    assert "~ acme/middle 1.0.0 -> 1.1.0" in cli("update").out
    assert b"Better." in (project / ".claude/agents/middle.md").read_bytes()
    cli("registry", "verify", str(bare))
    assert git(bare, "fsck", "--strict") == ""
    assert git(bare, "log", "--format=%an <%ae> | %s", "main").splitlines() == [
        "Ada <ada@example.com> | middle 1.1.0",
        "Ada <ada@example.com> | top 1.0.0",
        "Ada <ada@example.com> | middle 1.0.0",
        "Ada <ada@example.com> | base 1.0.0",
        "Ada <ada@example.com> | Begin the registry acme",
    ]


def test_a_yanked_version_stays_where_it_is_locked_and_goes_nowhere_else(
    cli: Cli, project: Path, shelf: Path, tool: Path
) -> None:
    cli("publish", str(tool))
    renumber(tool, "1.0.1")
    cli("publish", str(tool))
    cli("install", "tool")
    assert "yanked tool 1.0.1 (commit " in cli("yank", "tool", "1.0.1", "--reason", "names the wrong team").out
    assert cli("yank", "tool", "1.0.1", "--reason", "names the wrong team").out == "nothing to do\n"
    assert held(shelf, "bundles/tool")["yanked.toml"] == '"1.0.1" = "names the wrong team"\n'
    cli("sync")
    assert cli("list", "--json").json["bundles"][0]["version"] == "1.0.1"
    assert "1.0.0" in cli("install", "tool", "--dry-run", "--project", str(new_project(project, shelf))).out
    cli("yank", "tool", "1.0.0", "--reason", "so does this")
    assert len(held(shelf, "bundles/tool")["yanked.toml"].splitlines()) == 2
    cli("unyank", "tool", "1.0.1")
    assert held(shelf, "bundles/tool")["yanked.toml"] == '"1.0.0" = "so does this"\n'
    cli("unyank", "tool", "1.0.0")
    assert "yanked.toml" not in held(shelf, "bundles/tool")
    assert cli("unyank", "tool", "1.0.0").out == "nothing to do\n"
    assert "1.0.1" in cli("install", "tool", "--dry-run", "--project", str(new_project(project, shelf))).out
    cli("registry", "verify", str(shelf))


def new_project(project: Path, shelf: Path) -> Path:
    folder = project.with_name("new-project")
    folder.mkdir(exist_ok=True)
    (folder / "agentpkg.toml").write_text((project / "agentpkg.toml").read_text().partition("[bundles]")[0])
    return folder


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["tool", "9.0.0", "--reason", "x"], "tool has no version 9.0.0"),
        (["tol", "1.0.0", "--reason", "x"], "did you mean tool?"),
        (["tool", "1.0.0", "--reason", "  "], "the reason is empty"),
        (["tool", "1.0.0"], "Missing option '--reason'"),
        (["../x", "1.0.0", "--reason", "x"], "is not a valid name"),
    ],
)
def test_a_yank_that_cannot_be(cli: Cli, shelf: Path, tool: Path, arguments: list[str], told: str) -> None:
    cli("publish", str(tool))
    before = tip(shelf)
    assert told in cli("yank", *arguments, code=2).err
    assert tip(shelf) == before


def test_a_reason_may_hold_what_toml_must_escape_but_no_control_character(cli: Cli, shelf: Path, tool: Path) -> None:
    cli("publish", str(tool))
    reason = 'says "rm -rf \\" # in line 3 = bad'
    cli("yank", "tool", "1.0.0", "--reason", reason)
    assert tomllib.loads(held(shelf, "bundles/tool")["yanked.toml"]) == {"1.0.0": reason}
    before = tip(shelf)
    for bad in ("two\nlines", "a\ttab", "\x1b[31mred", "\u202eturned"):
        cli("yank", "tool", "1.0.0", "--reason", bad, code=3)
    assert tip(shelf) == before
    data = cli("yank", "tool", "1.0.0", "--reason", "new", "--json").json
    assert data == {
        "format": 1, "name": "tool", "version": "1.0.0", "reason": "new", "commit": tip(shelf), "dry_run": False,
    }  # fmt: skip


def test_the_same_bytes_again_are_a_success_and_do_nothing(cli: Cli, shelf: Path, tool: Path) -> None:
    cli("publish", str(tool))
    before, written = tip(shelf), stamps(tool)
    again = cli("publish", str(tool)).out
    assert again == "tool 1.0.0 is published already, with this very content; nothing to do\n"
    assert cli("publish", str(tool), "--json").json["same"] is True
    assert (tip(shelf), stamps(tool)) == (before, written)


def test_other_bytes_under_a_taken_number_are_refused_with_who_and_when(cli: Cli, shelf: Path, tool: Path) -> None:
    cli("publish", str(tool))
    before = tip(shelf)
    introduce("Eve", "eve@example.com")
    edit(tool, tools="[read]", body="Other.")
    error = cli("publish", str(tool), code=5).err
    assert "tool 1.0.0 is published already, with other content" in error
    assert re.search(r"by Ada <ada@example\.com> in [0-9a-f]{7,}, \d{4}-\d\d-\d\d\n", error)
    assert "--bump auto" in error
    cli("yank", "tool", "1.0.0", "--reason", "oops")
    assert "it was yanked: oops" in cli("publish", str(tool), code=5).err
    assert git(shelf, "rev-list", "--count", f"{before}..main").strip() == "1"  # the yank alone


def test_dry_run_changes_nothing(cli: Cli, project: Path, shelf: Path, tool: Path) -> None:
    before = (contents(shelf), stamps(tool), stamps(project))
    assert "tool 1.0.0 would be published to default" in cli("publish", str(tool), "--dry-run").out
    data = cli("publish", str(tool), "--dry-run", "--bump", "major", "--json").json
    assert (data["published"], data["commit"], data["dry_run"]) == (False, None, True)
    assert (contents(shelf), stamps(tool), stamps(project)) == before
    cli("publish", str(tool))
    before = (contents(shelf), stamps(tool), stamps(project))
    assert "would be yanked" in cli("yank", "tool", "1.0.0", "--reason", "x", "--dry-run").out
    edit(tool, tools="[read, shell]")
    stamped = stamps(tool)
    assert "would be published" in cli("publish", str(tool), "--dry-run", "--bump", "auto").out
    assert (contents(shelf), stamps(tool), stamps(project)) == (before[0], stamped, before[2])
    renumber(tool, "1.0.1")
    cli("publish", str(tool), "--dry-run", code=3)  # what would be refused is refused


def test_json_tells_everything(cli: Cli, shelf: Path, tool: Path) -> None:
    data = cli("publish", str(tool), "--json").json
    assert data["format"] == 1
    assert {**data, "refused_by": {}, "digest": ""} == {
        "format": 1, "registry": str(shelf), "branch": None, "dry_run": False, "name": "tool", "version": "1.0.0",
        "before": None, "digest": "", "published": True, "same": False, "commit": tip(shelf), "level": "patch",
        "reasons": [], "powers": [{"agent": "tool", "held": ["read"], "gained": ["read"], "lost": []}],
        "refused_by": {}, "warnings": [],
    }  # fmt: skip
    assert data["digest"].startswith("sha256:")
    assert all(isinstance(why, str) and why for why in data["refused_by"].values())
    edit(tool, tools="[grep, shell]")
    renumber(tool, "2.0.0")
    data = cli("publish", str(tool), "--json").json
    assert (data["before"], data["level"]) == ("1.0.0", "major")
    assert data["reasons"] == [{"level": "major", "reason": "tool gains shell"}]
    assert data["powers"] == [{"agent": "tool", "held": ["grep", "shell"], "gained": ["shell"], "lost": []}]
    edit(tool, tools="[read]", body="x")
    error = cli("publish", str(tool), "--json", code=5).json["error"]
    assert (error["exit_code"], error["details"][0].startswith("by Ada")) == (5, True)


def test_too_small_a_step_tells_why_and_what_would_do(cli: Cli, shelf: Path, tool: Path) -> None:
    cli("publish", str(tool))
    before = tip(shelf)
    edit(tool, tools="[read, shell]", model="strong")
    for version in ("1.0.1", "1.1.0", "1.9.9", "1.1.0rc1"):
        renumber(tool, version)
        error = cli("publish", str(tool), code=3).err
        assert f"tool: {version} is too small a step from 1.0.0; this is a major change" in error
        assert "  tool gains shell\n" in error
        assert "publish it as 2.0.0, or with --bump auto" in error
    assert tip(shelf) == before
    renumber(tool, "2.0.0")
    out = cli("publish", str(tool)).out
    assert "major: tool gains shell\nminor: tool has another model\n" in out
    assert "tool may use: read, shell\n  gained since 1.0.0: shell\n" in out
    assert "+tools: [read, shell]\n" in out


@pytest.mark.parametrize(
    ("bump", "version"), [("auto", "1.1.0"), ("minor", "1.1.0"), ("major", "2.0.0"), ("patch", None)]
)
def test_bump_chooses_the_number_and_writes_it(
    cli: Cli, shelf: Path, tool: Path, bump: str, version: str | None
) -> None:
    file = tool / "bundle.toml"
    file.write_text("# Ours.\n" + file.read_text().replace('"1.0.0"', '"1.0.0"  # by --bump') + "\n# The end.\n")
    cli("publish", str(tool))
    edit(tool, tools="[read]", model="strong")
    before = file.read_text()
    result = cli("publish", str(tool), "--bump", bump, code=0 if version else 3)
    assert file.read_text() == (before.replace('"1.0.0"', f'"{version}"') if version else before)
    if version:
        assert held(shelf, f"bundles/tool/{version}")["bundle.toml"] == file.read_text()
    else:
        assert "tool: --bump patch is too small a step from 1.0.0; this is a minor change" in result.err


def test_a_number_is_written_only_if_the_version_is_out(cli: Cli, shelf: Path, tool: Path) -> None:
    cli("publish", str(tool))
    edit(tool, tools="[read, shell]")
    hook(shelf, "echo 'no' >&2; exit 1")
    before = stamps(tool)
    cli("publish", str(tool), "--bump", "auto", code=1)
    assert stamps(tool) == before


def test_bump_keeps_a_number_that_is_far_enough_and_the_published_one_where_nothing_changed(
    cli: Cli, shelf: Path, tool: Path
) -> None:
    cli("publish", str(tool), "--bump", "auto")
    assert numbered(tool) == "1.0.0"
    renumber(tool, "3.5.0")
    assert "nothing to do" in cli("publish", str(tool), "--bump", "auto").out
    assert numbered(tool) == "1.0.0"
    renumber(tool, "3.5.0")
    edit(tool, tools="[read, shell]")
    cli("publish", str(tool), "--bump", "auto")
    assert numbered(tool) == "3.5.0"
    edit(tool, tools="[read]", body="Fewer.")
    cli("publish", str(tool), "--bump", "auto")
    assert numbered(tool) == "3.5.1"


def test_bump_passes_over_numbers_that_are_taken(cli: Cli, shelf: Path, tool: Path) -> None:
    """Also over those of versions that were yanked: they can never be used again."""
    cli("publish", str(tool))
    edit(tool, tools="[read]", model="fast")
    cli("publish", str(tool), "--bump", "auto")
    cli("yank", "tool", "1.1.0", "--reason", "too fast")
    edit(tool, tools="[read]", model="strong")
    cli("publish", str(tool), "--bump", "auto")
    assert numbered(tool) == "1.2.0"
    for version in ("1.0.0", "1.2.0"):
        cli("yank", "tool", version, "--reason", "all of it")
    edit(tool, tools="[read]", model="balanced")
    cli("publish", str(tool), "--bump", "auto")
    assert numbered(tool) == "1.3.0"


def test_windows_line_endings_are_published_as_unix_ones_and_stay_with_the_author(
    cli: Cli, shelf: Path, tool: Path
) -> None:
    for path in (tool / "bundle.toml", tool / "agents/tool.md"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    cli("publish", str(tool))
    assert all("\r" not in text for text in held(shelf, "bundles/tool/1.0.0").values())
    assert "nothing to do" in cli("publish", str(tool)).out
    (tool / "agents/tool.md").write_bytes((tool / "agents/tool.md").read_bytes() + b"More.\r\n")
    assert "+More." in cli("publish", str(tool), "--bump", "auto").out
    assert numbered(tool) == "1.0.1"
    assert (tool / "bundle.toml").read_bytes().count(b"\r\n") == (tool / "bundle.toml").read_bytes().count(b"\n")


def test_without_an_identity_nothing_is_committed(cli: Cli, shelf: Path, tool: Path) -> None:
    (Path.home() / ".gitconfig").unlink()
    before = contents(shelf)
    for words in (["publish", str(tool)], ["registry", "init", str(tool.parent / "new.git")]):
        error = cli(*words, code=2).err
        assert "git does not know who you are" in error
        assert "git config --global user.name NAME" in error
    assert contents(shelf) == before


def test_a_branch_for_review_leaves_the_registry_as_it_is(cli: Cli, shelf: Path, tool: Path) -> None:
    before = tip(shelf)
    out = cli("publish", str(tool), "--branch", "ada/tool-1").out
    assert "pushed tool 1.0.0 to the branch ada/tool-1 of default for review" in out
    assert tip(shelf) == before
    assert "bundle.toml" in held(shelf, "bundles/tool/1.0.0", "ada/tool-1")
    edit(tool, tools="[read]", body="Other.")
    assert "has a branch ada/tool-1 already" in cli("publish", str(tool), "--branch", "ada/tool-1", code=6).err
    for bad in ("--upload-pack=x", "-x", "a..b", "a b", "x.lock", "main:main", "+main"):
        cli("publish", str(tool), f"--branch={bad}", code=2)
    assert git(shelf, "branch", "--format=%(refname:short)").split() == ["ada/tool-1", "main"]
    git(shelf, "update-ref", "refs/heads/main", "refs/heads/ada/tool-1")
    cli("install", "tool")
    cli("yank", "tool", "1.0.0", "--reason", "x", "--branch", "ada/yank")
    assert "yanked.toml" not in held(shelf, "bundles/tool")
    assert "yanked.toml" in held(shelf, "bundles/tool", "ada/yank")


def hook(bare: Path, text: str) -> None:
    path = bare / "hooks/pre-receive"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_what_a_server_says_when_it_refuses_is_told(cli: Cli, shelf: Path, tool: Path) -> None:
    hook(shelf, "printf 'only \\033[31mreviewed\\033[0m changes\\n' >&2; exit 1")
    before = tip(shelf)
    error = cli("publish", str(tool), code=1).err
    assert "does not take the commit" in error
    assert "only \\x1b[31mreviewed\\x1b[0m changes" in error
    assert "pre-receive hook declined" in error
    assert "--branch NAME" in error
    assert "\x1b" not in error
    assert tip(shelf) == before


def test_a_repository_with_a_work_tree_is_told_what_it_needs(
    cli: Cli, project: Path, registry: Registry, tool: Path
) -> None:
    introduce()
    before = tip(registry.path)
    error = cli("publish", str(tool), "--registry", str(registry.path), code=1).err
    assert "make it a bare repository, or set receive.denyCurrentBranch to updateInstead there" in error
    assert tip(registry.path) == before
    assert contents(project) == {}
    git(registry.path, "config", "receive.denyCurrentBranch", "updateInstead")
    cli("publish", str(tool), "--registry", str(registry.path))
    assert (registry.path / "bundles/tool/1.0.0/bundle.toml").is_file()


SECRETS = {
    "agents/tool.md": "-----BEGIN OPENSSH PRIVATE KEY-----",
    "README.md": "AKIA" + "Z3Q9W7E1R5T8Y2U6",
    "skills/sk/deploy.sh": "postgres://svc:" + "hunter2hunter2@db.acme.io/x",
    "CHANGELOG.md": "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
}


@pytest.mark.parametrize("path", SECRETS)
def test_a_secret_is_refused_and_not_shown(cli: Cli, shelf: Path, tool: Path, path: str) -> None:
    before = contents(shelf)
    (tool / "skills/sk").mkdir(parents=True)
    (tool / "skills/sk/SKILL.md").write_text("---\nname: sk\ndescription: d\n---\n\nDo.\n")
    old = (tool / path).read_text() if (tool / path).exists() else "One.\n"
    (tool / path).write_text(f"{old}{SECRETS[path]}\n")
    for words in ((), ("--json",), ("--dry-run",)):
        result = cli("publish", str(tool), *words, code=3)
        assert f"{path}: line {old.count(chr(10)) + 1} holds a" in result.out + result.err
        assert SECRETS[path] not in result.out + result.err
    assert contents(shelf) == before
    (tool / path).write_text(old)
    cli("publish", str(tool))


@pytest.mark.parametrize(
    ("requires", "told"),
    [
        ({"nowhere": ""}, "there is no bundle 'nowhere'"),
        ({"base": ">=2"}, "no version of base is what is asked for"),
        ({"tool": ""}, "tool requires itself"),
        ({"circle": ""}, "bundles require each other in a circle"),
        ({"taken-back": ""}, "no version of taken-back is what is asked for"),
    ],
)
def test_requirements_that_the_registry_cannot_give(
    cli: Cli, registry: Registry, bare: Path, tmp_path: Path, project: Path, requires: dict[str, str], told: str
) -> None:
    registry.publish("base").publish("circle", requires={"tool": ""}).publish("taken-back").yank("taken-back", "1.0.0")
    git(registry.path, "push", "-q", str(bare), "main")
    tool = write_bundle(tmp_path / "tool", "tool", requires=requires)
    before = tip(bare)
    assert told in cli("publish", str(tool), "--registry", str(bare), code=3).err
    assert tip(bare) == before
    write_bundle(tmp_path / "tool", "tool", requires={"base": "~=1.0"})
    cli("publish", str(tool), "--registry", str(bare))


def test_a_bundle_that_no_host_can_hold(cli: Cli, shelf: Path, tmp_path: Path) -> None:
    before = tip(shelf)
    for hosts in (list(HOSTS), list(HOSTS)[1:]):
        fields = ", ".join(f"{host}: {{nonsense: x}}" for host in hosts)
        write_bundle(tmp_path / "bad", "tool", files={"agents/tool.md": agent_text("tool", hosts=f"{{{fields}}}")})
        result = cli("publish", str(tmp_path / "bad"), code=3 if len(hosts) == len(HOSTS) else 0)
        if result.code:
            assert "no host can hold tool" in result.err
            assert f"{hosts[0]}: agent tool: hosts.{hosts[0]}.nonsense is not a field" in result.err
            assert tip(shelf) == before
    assert f"1 of {len(HOSTS)} hosts hold it" in result.out


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        (".env", "x\n", "has no place in a bundle"),
        (".git/config", "x\n", "has no place in a bundle"),
        ("agents/.tool.md.swp", "x\n", "has no place in a bundle"),
        ("agents/other.md", "---\nname: other\n---\n\nNo description.\n", "description is missing"),
        ("agents/other.md", "\ufeff---\nname: other\n---\n", "holds U+FEFF (BYTE ORDER MARK)"),
        ("README.md", "x" * 300_000, "larger than 262,144 bytes"),
    ],
)
def test_what_is_not_fit_to_be_published(cli: Cli, shelf: Path, tool: Path, path: str, text: str, told: str) -> None:
    before = contents(shelf)
    (tool / path).parent.mkdir(exist_ok=True)
    (tool / path).write_text(text)
    assert told in cli("publish", str(tool), code=3).err
    assert contents(shelf) == before


def test_links_are_never_followed(cli: Cli, shelf: Path, tool: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    (tool / "README.md").symlink_to(tmp_path / "secret")
    assert "is a symbolic link" in cli("publish", str(tool), code=3).err
    (tool / "README.md").unlink()
    (tool / "skills").symlink_to(tmp_path)
    assert "is a symbolic link" in cli("publish", str(tool), code=3).err


def test_a_folder_without_a_bundle_and_a_registry_that_nobody_can_change(
    cli: Cli, project: Path, shelf: Path, tool: Path
) -> None:
    assert "there is no bundle.toml in" in cli("publish", str(project), code=2).err
    assert "there is no registry 'nowhere'" in cli("publish", str(tool), "--registry", "nowhere", code=2).err
    (project / "agentpkg.toml").unlink()
    assert "the one that ships with agentpkg" in cli("publish", str(tool), code=2).err


def test_names_that_look_alike_and_backports_are_warned_of(cli: Cli, shelf: Path, tool: Path, tmp_path: Path) -> None:
    cli("publish", str(tool))
    toool = write_bundle(tmp_path / "toool", "toool")
    assert "warning: toool looks like tool" in cli("publish", str(toool)).err
    renumber(toool, "1.0.1")
    assert "looks like" not in cli("publish", str(toool)).err
    renumber(tool, "2.0.0")
    edit(tool, tools="[read, shell]")
    cli("publish", str(tool))
    edit(tool, tools="[read]", body="Mended.")
    renumber(tool, "1.0.1")
    told = cli("publish", str(tool))
    assert "warning: 2.0.0 is newer and published already; 1.0.1 will not be the newest version" in told.err
    assert "@@" in told.out
    assert "+Mended." in told.out
    edit(tool, tools="[read, shell]")
    renumber(tool, "1.0.2")
    assert "too small a step from 1.0.1" in cli("publish", str(tool), code=3).err


def test_a_yanked_version_still_counts_as_what_came_before(cli: Cli, shelf: Path, tool: Path) -> None:
    """Who has it locked would get the powers by a patch otherwise."""
    cli("publish", str(tool))
    edit(tool, tools="[read, shell]")
    renumber(tool, "2.0.0")
    cli("publish", str(tool))
    cli("yank", "tool", "1.0.0", "--reason", "x")
    renumber(tool, "1.0.1")
    assert "tool gains shell" in cli("publish", str(tool), code=3).err


def test_an_answer_that_got_lost_is_no_failure(
    cli: Cli, shelf: Path, tool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server took the commit, and the connection broke before it could say so."""
    from agentpkg.errors import NetworkError

    def lose(*given: object) -> None:
        push_commit(*given)  # type: ignore[arg-type]
        raise NetworkError("the connection broke")

    monkeypatch.setattr("agentpkg.publishing.push_commit", lose)
    assert "published tool 1.0.0" in cli("publish", str(tool)).out
    assert git(shelf, "rev-list", "--count", "main").strip() == "2"
    monkeypatch.undo()


def test_a_push_that_never_arrived_is_one(cli: Cli, shelf: Path, tool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from agentpkg.errors import NetworkError

    def fail(*given: object) -> None:
        raise NetworkError("the connection broke")

    monkeypatch.setattr("agentpkg.publishing.push_commit", fail)
    before = contents(shelf)
    assert "the connection broke" in cli("publish", str(tool), code=8).err
    assert contents(shelf) == before


def test_to_a_registry_in_a_subfolder_and_on_a_branch(cli: Cli, project: Path, tmp_path: Path, tool: Path) -> None:
    introduce()
    mono = Registry(tmp_path / "mono", subfolder="teams/agents").start()
    bare = make_bare(mono, tmp_path / "mono.git")
    git(bare, "branch", "next", "main")
    cli("init", "--host", "claude")
    cli("registry", "add", "mono", str(bare), "--subfolder", "teams/agents", "--branch", "next")
    cli("publish", str(tool), "--registry", "mono")
    assert "bundle.toml" in held(bare, "teams/agents/bundles/tool/1.0.0", "next")
    assert tip(bare) != tip(bare, "next")
    cli("install", "mono/tool")
    cli("yank", "tool", "1.0.0", "--reason", "x", "--registry", "mono")
    assert "yanked.toml" in held(bare, "teams/agents/bundles/tool", "next")
