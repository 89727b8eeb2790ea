"""`agentpkg registry`: to begin one, to know it, to check it and to see what a proposal adds."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.support.cli import Cli
from tests.support.registry import Registry, agent_text, git, introduce, make_bare
from tests.support.tree import contents


@pytest.fixture(autouse=True)
def somebody() -> None:
    introduce()


def test_one_is_begun_where_nothing_is_yet(cli: Cli, project: Path, tmp_path: Path) -> None:
    place = tmp_path / "deep/er/agents.git"
    data = cli("registry", "init", str(place), "--description", 'Ours, "quoted"', "--json").json
    assert data == {"format": 1, "url": place.as_uri(), "commit": git(place, "rev-parse", "main").strip()}
    assert tomllib.loads(git(place, "show", "main:registry.toml")) == {
        "format": 1, "name": "agents", "description": 'Ours, "quoted"',
    }  # fmt: skip
    assert git(place, "rev-list", "--count", "main").strip() == "1"
    before = contents(place)
    assert "is a registry already" in cli("registry", "init", str(place), code=2).err
    assert contents(place) == before
    assert contents(project) == {}


def test_one_is_begun_in_a_folder_of_a_repository_with_a_history(cli: Cli, tmp_path: Path) -> None:
    mono = tmp_path / "mono"
    mono.mkdir()
    git(mono, "init", "-q")
    (mono / "README.md").write_text("Ours.\n")
    git(mono, "add", "-A")
    git(mono, "commit", "-q", "-m", "ours")
    git(tmp_path, "clone", "-q", "--bare", str(mono), "mono.git")
    bare = tmp_path / "mono.git"
    for subfolder, branch in (("teams/agents", "main"), ("teams/other", "main"), ("teams/agents", "next")):
        words = ("--branch", branch) if branch != "main" else ()
        cli("registry", "init", str(bare), "--subfolder", subfolder, *words)
        assert "format = 1" in git(bare, "show", f"{branch}:{subfolder}/registry.toml")
    assert "is a registry already" in cli("registry", "init", str(bare), "--subfolder", "teams/agents", code=2).err
    assert git(bare, "show", "main:README.md") == "Ours.\n"
    assert git(bare, "log", "--format=%s", "main").splitlines()[-1] == "ours"
    assert git(bare, "log", "--format=%s", "next").splitlines() == ["Begin the registry mono"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["{tmp}/x.git", "--name", "No Name"], 2),
        (["{tmp}/x.git", "--subfolder", "../x"], 2),
        (["{tmp}/x.git", "--branch=-x"], 2),
        (["{tmp}/x.git", "--description", "two\nlines"], 3),
        (["ext::sh -c touch"], 2),
        (["https://user:secret@git.acme.example/r.git"], 2),
        (["https://127.0.0.1:1/r.git"], 8),
        (["{tmp}/full"], 2),
    ],
)
def test_one_that_cannot_be_begun(cli: Cli, tmp_path: Path, words: list[str], code: int) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/x").write_text("x\n")
    result = cli("registry", "init", *(word.format(tmp=tmp_path) for word in words), code=code)
    assert "secret" not in result.err
    assert contents(tmp_path / "full") == {"x": b"x\n"}


def test_a_repository_with_a_work_tree_is_told_what_it_needs(cli: Cli, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    git(tree, "init", "-q")
    git(tree, "commit", "-q", "--allow-empty", "-m", "ours")
    before = git(tree, "rev-parse", "HEAD")
    assert "make it a bare repository" in cli("registry", "init", str(tree), code=1).err
    assert git(tree, "rev-parse", "HEAD") == before
    assert git(tree, "status", "--porcelain") == ""


def test_add_list_show_and_remove(cli: Cli, project: Path, registry: Registry) -> None:
    registry.publish("tool").publish("tool", "1.1.0").publish("other", "2.0.0rc1")
    cli("init", "--host", "claude")
    before = contents(project)
    assert "would be added" in cli("registry", "add", "acme", registry.url, "--dry-run").out
    assert contents(project) == before
    head = git(registry.path, "rev-parse", "HEAD").strip()
    assert cli("registry", "add", "acme", registry.url, "--json").json == {
        "format": 1, "name": "acme", "url": registry.url, "commit": head, "bundles": 2,
    }  # fmt: skip
    rows = cli("registry", "list", "--json").json["registries"]
    assert [(row["name"], row["commit"], row["global"]) for row in rows] == [
        ("default", None, False), ("acme", head, False),
    ]  # fmt: skip
    assert f"acme     {head[:12]}" in cli("registry", "list").out
    shown = cli("registry", "show", "acme", "--json").json
    assert {**shown, "bundles": [one["version"] for one in shown["bundles"]]} == {
        "format": 1, "name": "acme", "url": registry.url, "commit": head, "title": "test",
        "description": "For tests.", "bundles": ["2.0.0rc1", "1.1.0"],
    }  # fmt: skip
    assert "bundles  2" in cli("registry", "show", "acme").out
    assert "would be removed" in cli("registry", "remove", "acme", "--dry-run").out
    cli("registry", "remove", "acme")
    assert "acme" not in (project / "agentpkg.toml").read_text()


def test_offline_adds_without_a_look(cli: Cli, project: Path, tmp_path: Path) -> None:
    cli("init", "--host", "claude")
    cli("registry", "add", "acme", str(tmp_path / "nowhere"), "--offline")
    assert "nowhere" in (project / "agentpkg.toml").read_text()
    cli("registry", "show", "acme", "--offline", code=8)


def test_every_option_of_add_stands_in_the_manifest(cli: Cli, project: Path) -> None:
    cli("init", "--host", "claude")
    words = {"subfolder": "a/b", "branch": "next", "signers": "keys", "revoked": "gone", "signed-after": "c" * 40}
    given = [word for key, value in words.items() for word in (f"--{key}", value)]
    cli("registry", "add", "acme", "https://git.acme.example/r.git", *given, "--filter", "--offline")
    assert tomllib.loads((project / "agentpkg.toml").read_text())["registries"]["acme"] == {
        "url": "https://git.acme.example/r.git", "subfolder": "a/b", "branch": "next", "signers": "keys",
        "revoked": "gone", "signed_after": "c" * 40, "filter": True,
    }  # fmt: skip


# --- registry verify

Damage = Callable[[Registry], object]


def put(registry: Registry, path: str, text: str) -> None:
    file = registry.folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    registry.commit(f"put {path}")


def publish_a_link(registry: Registry) -> None:
    registry.publish("new")
    (registry.folder / "bundles/new/1.0.0/LICENSE").symlink_to("/etc/passwd")
    registry.commit("link")


def make_executable(registry: Registry) -> None:
    (registry.folder / "bundles/tool/1.0.0/bundle.toml").chmod(0o755)
    registry.commit("mode")


def rename_a_bundle(registry: Registry) -> None:
    (registry.folder / "bundles/tool").rename(registry.folder / "bundles/loot")
    registry.commit("rename")


PROBLEMS: dict[str, tuple[Damage, str]] = {
    "a file changed": (
        lambda r: put(r, "bundles/tool/1.0.0/agents/tool.md", agent_text("tool", body="evil")),
        "bundles/tool/1.0.0/agents/tool.md: was changed after it was published, in commit ",
    ),
    "a file added": (lambda r: put(r, "bundles/tool/1.0.0/README.md", "x\n"), "bundles/tool/1.0.0/README.md: was "),
    "a file deleted": (lambda r: r.delete("bundles/tool/1.0.0/bundle.toml"), "bundles/tool/1.0.0/bundle.toml: was "),
    "a version deleted": (lambda r: r.delete("bundles/tool/1.0.0"), "bundles/tool/1.0.0/agents/tool.md: was "),
    "deleted and published again": (
        lambda r: r.delete("bundles/tool/1.0.0").publish("tool"), "bundles/tool/1.0.0/bundle.toml: was ",
    ),
    "a mode changed": (
        make_executable,
        "bundles/tool/1.0.0/bundle.toml: was ",
    ),
    "a stray version": (lambda r: put(r, "bundles/tool/1.0/x", "x\n"), "bundles/tool/1.0: is no version's folder"),
    "a stray number": (lambda r: put(r, "bundles/tool/v2.0.0/x", "x\n"), "bundles/tool/v2.0.0: is no version's folder"),
    "a stray file": (lambda r: put(r, "bundles/tool/README.md", "x\n"), "bundles/tool/README.md: is no version's"),
    "a stray bundle": (lambda r: put(r, "bundles/My Tool/1.0.0/x", "x\n"), "bundles/My Tool: is no bundle's folder"),
    "a stray among bundles": (lambda r: put(r, "bundles/README.md", "x\n"), "bundles/README.md: is no bundle's folder"),
    "a yank of nothing": (lambda r: r.yank("tool", "9.0.0"), "bundles/tool/yanked.toml: 9.0.0 is no version"),
    "an unreadable yank": (lambda r: put(r, "bundles/tool/yanked.toml", "= x"), "bundles/tool/yanked.toml: "),
    "a yank that is no text": (lambda r: put(r, "bundles/tool/yanked.toml", '"1.0.0" = 1\n'), "yanked.toml: "),
    "an invalid bundle": (lambda r: r.publish("bad", toml="[unheard-of]\n"), "bad 1.0.0: "),
    "another name inside": (
        rename_a_bundle,
        "loot 1.0.0: registry default: bundles/loot/1.0.0 holds tool 1.0.0",
    ),
    "a link": (publish_a_link, "is a link or a submodule"),
    "a missing requirement": (
        lambda r: r.publish("new", requires={"nowhere": ""}),
        "new 1.0.0: requires nowhere, of which there is no version",
    ),
    "no version that fits": (
        lambda r: r.publish("new", requires={"tool": ">=2"}), "new 1.0.0: no version of tool is what is asked for",
    ),
    "a circle": (
        lambda r: r.publish("aa", requires={"bb": ""}).publish("bb", requires={"aa": ""}),
        "aa 1.0.0: bundles require each other in a circle; aa → bb → aa",
    ),
    "a hidden character": (
        lambda r: r.publish("new", files={"agents/new.md": agent_text("new", body="a\u202eb")}),
        "holds U+202E (RIGHT-TO-LEFT OVERRIDE)",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("case", "subfolder"),
    [*((case, "") for case in PROBLEMS), *((case, "teams/agents") for case in sorted(PROBLEMS)[::5])],
)
def test_every_kind_of_problem_is_found(cli: Cli, tmp_path: Path, case: str, subfolder: str) -> None:
    damage, told = PROBLEMS[case]
    registry = Registry(tmp_path / "mono", subfolder=subfolder).start().publish("tool").publish("fine", "1.0.0")
    words = ("registry", "verify", str(registry.path), *(("--subfolder", subfolder) if subfolder else ()))
    assert "read 2 versions of 2 bundles" in cli(*words).out
    damage(registry)
    error = cli(*words, code=3).err
    assert told in error
    assert "the registry has " in error
    data = cli(*words, "--json", code=3).json
    assert any(told.rpartition(": ")[2].strip() in one["what"] or told in one["where"] for one in data["problems"])


def test_what_is_no_problem(cli: Cli, registry: Registry) -> None:
    registry.publish("tool").publish("tool", "1.1.0").yank("tool", "1.1.0").yank("tool", "1.1.0", "why")
    put(registry, "README.md", "x\n")
    put(registry, "docs/bundles/tool/1.0.0/x", "x\n")
    put(registry, "docs/bundles/tool/1.0.0/x", "y\n")
    git(registry.path, "checkout", "-q", "-b", "side")
    registry.publish("new", requires={"tool": "~=1.0"})
    git(registry.path, "checkout", "-q", "main")
    registry.publish("other")
    git(registry.path, "merge", "-q", "--no-ff", "-m", "merge", "side")
    registry.delete("bundles/tool/yanked.toml")
    data = cli.at(registry.path)("registry", "verify", "--json").json
    assert {**data, "commit": ""} == {
        "format": 1, "commit": "", "bundles": 3, "versions": 4, "problems": [], "alike": [],
    }  # fmt: skip


@pytest.mark.parametrize("evil", [True, False])
def test_a_change_that_a_merge_brings_is_found(cli: Cli, registry: Registry, *, evil: bool) -> None:
    """Whether it was made on the branch that was merged, or by the merge itself."""
    registry.publish("tool")
    git(registry.path, "checkout", "-q", "-b", "side")
    put(registry, "docs/x.md" if evil else "bundles/tool/1.0.0/README.md", "x\n")
    git(registry.path, "checkout", "-q", "main")
    registry.publish("other")
    git(registry.path, "merge", "-q", "--no-ff", "--no-commit", "side")
    (registry.folder / "bundles/tool/1.0.0/README.md").write_text("x\n")
    registry.commit("merge")
    assert "bundles/tool/1.0.0/README.md: was changed" in cli("registry", "verify", str(registry.path), code=3).err


def test_a_change_that_was_taken_back_is_told_too(cli: Cli, registry: Registry) -> None:
    registry.publish("tool")
    file = registry.folder / "bundles/tool/1.0.0/agents/tool.md"
    before = file.read_text()
    put(registry, "bundles/tool/1.0.0/agents/tool.md", agent_text("tool", body="evil"))
    put(registry, "bundles/tool/1.0.0/agents/tool.md", before)
    error = cli("registry", "verify", str(registry.path), code=3).err
    assert error.count("was changed after it was published") == 2
    first, then, last = git(registry.path, "rev-list", "-3", "HEAD").split()[::-1]
    cli("registry", "verify", str(registry.path), "--since", first, code=3)
    assert cli("registry", "verify", str(registry.path), "--since", then, code=3).err.count("was changed") == 1
    cli("registry", "verify", str(registry.path), "--since", last)
    cli("registry", "verify", str(registry.path), "--since", "HEAD")
    cli("registry", "verify", str(registry.path), "--since", "main~1", code=3)
    for bad in ("nope", "0" * 40, "--all", "main..HEAD"):
        cli("registry", "verify", str(registry.path), f"--since={bad}", code=2)


@pytest.mark.parametrize("setting", ["[log]\n\tshowSignature = true\n\tdiffMerges = off\n", ""])
def test_the_users_configuration_of_git_hides_nothing(cli: Cli, registry: Registry, setting: str) -> None:
    registry.publish("tool")
    git(registry.path, "checkout", "-q", "-b", "side")
    put(registry, "bundles/tool/1.0.0/README.md", "x\n")
    git(registry.path, "checkout", "-q", "main")
    git(registry.path, "merge", "-q", "--no-ff", "-m", "merge", "side")
    with (Path.home() / ".gitconfig").open("a") as file:
        file.write(setting)
    assert "README.md: was changed" in cli("registry", "verify", str(registry.path), code=3).err


def test_a_shallow_clone_is_told_what_it_lacks(cli: Cli, registry: Registry, tmp_path: Path) -> None:
    registry.publish("tool").publish("tool", "1.1.0")
    git(tmp_path, "clone", "-q", "--depth", "1", registry.path.as_uri(), "shallow")
    error = cli("registry", "verify", str(tmp_path / "shallow"), code=8).err
    assert "git fetch --unshallow" in error
    git(tmp_path / "shallow", "fetch", "-q", "--unshallow")
    cli("registry", "verify", str(tmp_path / "shallow"))


def test_what_is_committed_is_checked_and_the_work_tree_is_left_alone(cli: Cli, registry: Registry) -> None:
    registry.publish("tool")
    (registry.folder / "bundles/tool/1.0.0/README.md").write_text("x\n")
    before = (contents(registry.path), git(registry.path, "status", "--porcelain"))
    cli("registry", "verify", str(registry.path))
    assert (contents(registry.path), git(registry.path, "status", "--porcelain")) == before


def test_what_is_no_registry(cli: Cli, registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    cli("registry", "verify", str(tmp_path / "plain"), code=8)
    registry.delete("registry.toml")
    assert "is not a registry" in cli("registry", "verify", str(registry.path), code=3).err


def test_the_name_of_a_registry_is_told_with_its_place(
    cli: Cli, manifest: Path, registry: Registry, tmp_path: Path
) -> None:
    outside, words = cli.at(tmp_path), ("verify", "acme")
    outside("registry", *words, code=8)
    cli("registry", "add", "acme", registry.url, "--subfolder", "teams", "--offline", "--global")
    for command in (words, ("diff", "--at", "acme", "main~1..main")):
        told = outside("registry", *command, code=2).err
        assert "there is no folder acme; it is the name of a registry" in told
        assert f"hint: registry acme is at {registry.path.as_uri()}, with --subfolder teams\n" in told
    cli("registry", "add", "acme", "../registry", "--offline")
    (cli.folder / "deep").mkdir()
    told = cli.at(cli.folder / "deep")("registry", *words, code=2).err
    assert f"hint: registry acme is at {registry.path.as_uri()}\n" in told
    git(cli.folder, "clone", "-q", registry.url, "acme")
    cli("registry", *words)
    manifest.write_text("[project\n")
    cli.at(cli.folder / "deep")("registry", *words, code=8)


def test_names_that_look_alike_are_warned_of_and_no_problem(cli: Cli, registry: Registry) -> None:
    registry.publish("data-engineer").publish("data-enginer")
    told = cli("registry", "verify", str(registry.path)).err
    assert told == "warning: the names data-engineer and data-enginer look alike\n"
    assert cli("registry", "verify", str(registry.path), "--json").json["alike"] == [["data-engineer", "data-enginer"]]


def test_many_problems_are_counted(cli: Cli, registry: Registry) -> None:
    for number in range(60):
        (registry.folder / f"bundles/Stray {number}").mkdir(parents=True)
        (registry.folder / f"bundles/Stray {number}/x").write_text("x\n")
    registry.commit()
    error = cli("registry", "verify", str(registry.path), code=3).err
    assert "the registry has 60 problems" in error
    assert "  and 10 more\n" in error


# --- registry diff


def proposal(registry: Registry) -> None:
    git(registry.path, "checkout", "-q", "-b", "proposal")


def test_a_proposal_is_told_version_by_version(cli: Cli, registry: Registry) -> None:
    registry.publish("tool", tools="[read, shell]").publish("tool", "1.1.0", tools="[read, shell]")
    proposal(registry)
    registry.publish("tool", "2.0.0", tools="[read, edit, web-fetch]").publish("fresh", tools="[read]")
    registry.yank("tool", "1.0.0", "old")
    git(registry.path, "checkout", "-q", "main")
    registry.publish("meanwhile")
    told = cli("registry", "diff", "main..proposal", "--at", str(registry.path)).out
    assert told.splitlines()[:12] == [
        "# What this changes in the registry", "", "- `yanks tool 1.0.0: old`", "", "## fresh 1.0.0, new", "",
        "`The fresh bundle.`", "", "| agent | may use | gained | lost |", "|---|---|---|---|",
        "| fresh | `read` |  |  |", "",
    ]  # fmt: skip
    assert "## tool 2.0.0, since 1.1.0 (a patch change)" in told
    assert "| tool | `edit, read, web-fetch` |  | `shell` |" in told
    assert "meanwhile" not in told
    data = cli("registry", "diff", "main..proposal", "--at", str(registry.path), "--json").json
    assert [(one["name"], one["version"], one["before"], one["level"]) for one in data["added"]] == [
        ("fresh", "1.0.0", None, "patch"), ("tool", "2.0.0", "1.1.0", "patch"),
    ]  # fmt: skip
    assert data["yanks"] == ["yanks tool 1.0.0: old"]
    assert "No version of any bundle." in cli("registry", "diff", "HEAD..HEAD", "--at", str(registry.path)).out


def test_a_proposal_that_changes_what_is_published_fails(cli: Cli, registry: Registry) -> None:
    registry.publish("tool")
    proposal(registry)
    put(registry, "bundles/tool/1.0.0/README.md", "x\n")
    registry.publish("bad", toml="[unheard-of]\n")
    result = cli.at(registry.path)("registry", "diff", "main..HEAD", code=3)
    assert "- `bundles/tool/1.0.0/README.md`" in result.out
    assert "**It changes published versions, which must never change:**" in result.out
    assert "  bundles/tool/1.0.0/README.md is published already\n" in result.err
    assert "  bad 1.0.0: " in result.err
    data = cli.at(registry.path)("registry", "diff", "main..HEAD", "--json", code=3).json
    assert data["rewrites"] == ["bundles/tool/1.0.0/README.md"]
    assert data["problems"][0]["where"] == "bad 1.0.0"


def test_yanks_are_told_in_words(cli: Cli, registry: Registry) -> None:
    registry.publish("tool").publish("tool", "1.1.0").yank("tool", "1.0.0", "old")
    proposal(registry)
    registry.yank("tool", "1.1.0", "new")
    told = cli.at(registry.path)("registry", "diff", "main..HEAD").out
    assert "- `no longer yanks tool 1.0.0`\n- `yanks tool 1.1.0: new`" in told
    git(registry.path, "checkout", "-q", "main")
    git(registry.path, "checkout", "-q", "-b", "other")
    registry.yank("tool", "1.0.0", "older")
    assert "gives another reason for tool 1.0.0: older" in cli.at(registry.path)("registry", "diff", "main..HEAD").out


@pytest.mark.parametrize("span", ["main", "main...HEAD", "..HEAD", "nope..HEAD", "main..nope", "--all..HEAD", ""])
def test_a_span_that_is_none(cli: Cli, registry: Registry, span: str) -> None:
    registry.publish("tool")
    cli("registry", "diff", "--at", str(registry.path), "--", span, code=2)


HOSTILE = "x | y `z` ``` <img src=q onerror=alert(1)> **bold** [a](https://evil.example) @everyone #1"


def test_nothing_that_an_author_wrote_is_rendered(cli: Cli, registry: Registry) -> None:
    """The markdown goes into a comment: what stands in it is shown as it is, and has no effect."""
    registry.publish("tool", tools="[read]")
    proposal(registry)
    scope = "shell(grep \\| <b>x</b> `id` | tee)"
    body = f"```\n~~~\n````````\n</details>\n<script>alert(1)</script>\n{HOSTILE}\n"
    agent = agent_text("tool", tools=f"[read, '{scope}']", body=body, description=f"'{HOSTILE}'")
    registry.publish("tool", "2.0.0", files={"agents/tool.md": agent, "README.md": f"{HOSTILE}\n</details>\n"})
    folder = registry.folder / "bundles/tool/2.0.0"
    toml = (folder / "bundle.toml").read_text().replace("The tool bundle.", HOSTILE)
    (folder / "bundle.toml").write_text(toml)
    registry.commit()
    registry.yank("tool", "1.0.0", HOSTILE)
    told = cli.at(registry.path)("registry", "diff", "main..HEAD").out
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(told)
    tags = set(re.findall(r"</?([a-z0-9]+)", html))
    assert tags == {
        "h1", "h2", "ul", "li", "p", "code", "table", "thead", "tbody", "tr", "th", "td", "details", "pre",
        "summary",
    }  # fmt: skip
    assert html.count("<details>") == html.count("</details>") == 1
    assert html.count("<td>") == 4
    assert "evil.example" in html  # shown it is
    assert "<b>x</b>".replace("<", "&lt;").replace(">", "&gt;") in html


def test_a_long_proposal_is_cut_and_stays_whole(cli: Cli, registry: Registry) -> None:
    proposal(registry)
    registry.publish("tool", body="`````` a line of the prompt\n" * 4000)
    told = cli.at(registry.path)("registry", "diff", "main..HEAD").out
    assert len(told) < 25_000
    assert "… and more\n```````\n" in told
    assert told.rstrip().endswith("</details>")


def test_in_a_subfolder_and_from_a_bare_repository(cli: Cli, tmp_path: Path) -> None:
    mono = Registry(tmp_path / "mono", subfolder="agents").start().publish("tool")
    proposal(mono)
    mono.publish("new")
    put(mono, "bundles/elsewhere/1.0.0/x", "x\n")
    (mono.path / "bundles/tool/1.0.0").mkdir(parents=True)
    (mono.path / "bundles/tool/1.0.0/x").write_text("x\n")
    mono.commit()
    bare = make_bare(mono, tmp_path / "mono.git")
    told = cli("registry", "diff", "main..proposal", "--at", str(bare), "--subfolder", "agents", code=3)
    assert "## new 1.0.0, new" in told.out
    assert "## tool" not in told.out
    assert "published" not in told.out
    assert "elsewhere 1.0.0: " in told.err
