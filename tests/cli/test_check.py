"""`check` and `explain`: what an author is told, in which form and with which exit code, and what `--fix` writes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from agentpkg import audit, checks
from agentpkg.ops import check as operation
from tests.support.cli import Cli
from tests.support.registry import Registry
from tests.support.tree import contents, stamps

ROOT = Path(__file__).parent.parent.parent
ABOUT = '[bundle]\nname = "triage"\nversion = "1.0.0"\ndescription = "Sorts incidents."\n'
AGENT = """---
name: triage
description: "Sorts incidents by weight. Use when an alert fires."
tools: [read, edit, shell]
---

Read the log, run the tests, fix what broke, and tell what it was.
"""
PLAIN = AGENT.replace("[read, edit, shell]", "Read, Edit, Bash")


@pytest.fixture
def bundle(project: Path) -> Path:
    """A bundle in `project` that says too little of itself, and is otherwise well."""
    folder = project / "bundles/triage"
    (folder / "agents").mkdir(parents=True)
    (folder / "bundle.toml").write_text(ABOUT)
    (folder / "agents/triage.md").write_text(AGENT)
    return folder


def write(project: Path, path: str, text: str | bytes) -> Path:
    file = project / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def found(cli: Cli, *arguments: str, code: int = 0) -> list[tuple[str, str | None, int | None]]:
    """Return code, path and line of all findings, having seen that nothing was written."""
    before = stamps(cli.folder)
    data = cli("check", "--json", *arguments, code=code).json
    assert stamps(cli.folder) == before
    return [(one["code"], one["path"], one["line"]) for one in data["findings"]]


def test_what_is_found_is_told_line_by_line_and_then_what_agents_cost(cli: Cli, project: Path, bundle: Path) -> None:
    write(project, "bundles/triage/agents/triage.md", AGENT.replace("Read the", "Use the Bash tool. Read the"))
    write(project, ".claude/agents/a-b.md", PLAIN.replace("name: triage", "name: a-b").replace("Bash", "Bahs"))
    result = cli("check")
    assert result.out == (
        "warning[AP304] .claude/agents/a-b.md:4: "
        "Bahs is no tool of the host; did you mean Bash?; such a name is dropped\n"
        "warning[AP401] bundles/triage/agents/triage.md:7:9: "
        "only claude, junie, grok and some others call a tool Bash\n"
        "note[AP701] bundles/triage/bundle.toml: leaves out license, authors, keywords\n"
        "\n"
        "file                             agent   description  prompt (tokens, estimated)\n"
        "bundles/triage/agents/triage.md  triage  11           24\n"
        ".claude/agents/a-b.md            a-b     11           19\n"
        "\n"
        "2 warnings and 1 note in 1 bundle, 1 file and 2 agents\n"
    )
    assert result.err == (
        "AP304: a tool is named that the file's host does not know; "
        "write it as the host does; agentpkg hosts HOST lists its names\n"
        "AP401: the prompt of a bundle names a tool as one host calls it; "
        "say what is to be done, and not by which tool\n"
        "AP701: bundle.toml leaves out what people look for; add license, authors and keywords\n"
    )


def test_an_error_exits_with_3_a_warning_only_if_asked(cli: Cli, project: Path) -> None:
    file = write(project, ".claude/agents/triage.md", PLAIN.replace("Bash", "Bahs"))
    assert found(cli) == [("AP304", ".claude/agents/triage.md", 4)]
    assert "error: the check found 1 warning\n" in cli("check", "--strict", code=3).err
    file.write_text(PLAIN.replace("Read the", "Read\u200b the"))
    result = cli("check", code=3)
    assert "error: the check found 1 error\nhint: agentpkg explain CODE tells why" in result.err
    file.write_text(PLAIN)
    assert cli("check", "--strict").out.endswith("\nall is well in 1 file and 1 agent\n")


def test_codes_that_are_ignored_are_not_told_and_do_not_count(cli: Cli, project: Path) -> None:
    write(
        project, ".claude/agents/triage.md", PLAIN.replace("tools: Read, Edit, Bash\n", "").replace("log", "log\u200b")
    )
    assert found(cli, code=3) == [("AP301", ".claude/agents/triage.md", 1), ("AP602", ".claude/agents/triage.md", 6)]
    assert found(cli, "--ignore", "AP602") == [("AP301", ".claude/agents/triage.md", 1)]
    assert found(cli, "--ignore", "AP602, ap301") == found(cli, "--ignore", "AP602", "--ignore", "AP301") == []
    result = cli("check", "--ignore", "AP302,AP30", code=2)
    assert "unknown code 'AP30'" in result.err
    assert "did you mean" in result.err


def test_json_tells_it_all(cli: Cli, project: Path) -> None:
    write(project, ".claude/agents/triage.md", PLAIN.replace("Read the", "Read\u200b the"))
    assert cli("check", "--json", code=3).json == {
        "format": 1,
        "findings": [
            {
                "code": "AP602",
                "level": "error",
                "path": ".claude/agents/triage.md",
                "line": 7,
                "column": 5,
                "message": "holds U+200B (ZERO WIDTH SPACE)",
                "remedy": "take them out; a model reads what you do not see",
            }
        ],
        "mended": [],
        "agents": [
            {"path": ".claude/agents/triage.md", "agent": "triage", "tokens": {"description": 11, "prompt": 19}}
        ],
        "bundles": 0,
        "files": 1,
    }


def test_sarif_is_one_document_with_all_rules(cli: Cli, project: Path) -> None:
    write(project, ".claude/agents/triage.md", PLAIN.replace("Read the", "Read\u200b the"))
    (run,) = cli("check", "--sarif", code=3).json["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [rule.code for rule in checks.RULES]
    (result,) = run["results"]
    assert (result["ruleId"], result["level"]) == ("AP602", "error")
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 7, "startColumn": 5}


def test_annotations_are_escaped_so_that_no_name_can_start_another(cli: Cli, project: Path) -> None:
    write(
        project,
        ".claude/agents/a,b:c%\n::error::x.md",
        PLAIN.replace("name: triage", "name: a-b-c-error-x").replace("Bash", "Bahs"),
    )
    write(project, ".claude/agents/d.md", PLAIN.replace("Read the", "Read\u200b the"))
    result = cli("check", "--github", code=3)
    assert result.out == (
        "::warning file=.claude/agents/a%2Cb%3Ac%25%0A%3A%3Aerror%3A%3Ax.md,line=4,title=AP304"
        "::Bahs is no tool of the host; did you mean Bash?; such a name is dropped\n"
        "::notice file=.claude/agents/d.md,line=2,title=AP103::name is 'triage', and the file is called d\n"
        "::error file=.claude/agents/d.md,line=7,col=5,title=AP602::holds U+200B (ZERO WIDTH SPACE)\n"
    )


@pytest.mark.parametrize("two", [("--json", "--sarif"), ("--github", "--sarif"), ("--json", "--github")])
def test_forms_of_output_exclude_each_other(cli: Cli, bundle: Path, two: tuple[str, str]) -> None:
    assert "exclude each other" in cli("check", *two, code=2).err


@pytest.mark.parametrize("name", ["Makefile", "LICENSE", "a.txt", "x.json", "notes.md", "settings.yaml"])
def test_a_named_file_that_holds_no_agent_is_told_as_one(cli: Cli, project: Path, name: str) -> None:
    write(project, name, "{}\n")
    assert found(cli, name) == [("AP110", name, None)]
    assert "say --from-host HOST" in cli("check", name).err
    assert found(cli) == []


def test_the_host_of_a_file_can_be_said(cli: Cli, project: Path) -> None:
    write(project, "triage.txt", PLAIN.replace("Bash", "Bahs"))
    assert found(cli, "--from-host", "claude", "triage.txt") == [("AP304", "triage.txt", 4)]
    assert cli("check", "--fix", "--from-host", "claude", "triage.txt").out.startswith("warning[AP304]")
    write(project, "odd.txt", PLAIN.replace("Read the", "Read\u200b the"))
    assert cli("check", "--fix", "--from-host", "claude", "odd.txt").out.startswith("mended odd.txt: took")
    write(project, "x.json", '{"name": "x1", "description": "Reads logs. Use when asked.", "prompt": "Read the log."}')
    assert cli("check", "--from-host", "kiro", "x.json", "--json").json["agents"][0]["agent"] == "x1"
    result = cli("check", "--from-host", "kiroo", "x.json", code=2)
    assert "unknown host 'kiroo'" in result.err


def test_two_agents_of_one_name_are_told(cli: Cli, project: Path) -> None:
    write(project, ".claude/agents/triage.md", PLAIN)
    write(project, ".claude/agents/old/triage.md", PLAIN)
    write(project, "other/.claude/agents/triage.md", PLAIN)
    assert cli("check").out.startswith(
        "warning[AP114] .claude/agents/triage.md:2: "
        "Claude Code has another agent triage, in .claude/agents/old/triage.md\n\n"
    )


def test_what_all_bundles_lack_is_told_once(cli: Cli, project: Path, bundle: Path) -> None:
    write(project, "bundles/other/bundle.toml", ABOUT.replace("triage", "other"))
    write(project, "bundles/other/agents/other.md", AGENT.replace("name: triage", "name: other"))
    assert cli("check").out.startswith(
        "note[AP701] bundles/other/bundle.toml: leaves out license, authors, keywords, and so does 1 other bundle\n\n"
    )


def test_hosts_that_the_project_does_not_name_are_not_spoken_of(cli: Cli, project: Path, bundle: Path) -> None:
    (bundle / "agents/triage.md").write_text(AGENT.replace("[read, edit, shell]", "[read, grep]"))

    def told(hosts: str) -> list[str]:
        write(project, "agentpkg.toml", f"[project]\nhosts = [{hosts}]\n")
        findings = cli("check", "--json", "--ignore", "AP302,AP701", "bundles").json["findings"]
        return [one["message"] for one in findings]

    assert told('"claude"') == []
    assert told('"claude", "cursor"') == ["1 of 2 hosts of the project hold all of it; not held back by: cursor"]
    assert "hosts hold all of it; refused by: " in told("")[0] or "not held back by" in told("")[0]
    write(project, "agentpkg.toml", "[project\n")
    assert found(cli, "--ignore", "AP302,AP701", "bundles") == [("AP305", "bundles/triage/agents/triage.md", None)]


def test_fix_leaves_adopted_files_alone(cli: Cli, project: Path) -> None:
    text = PLAIN.replace('"Sorts incidents by weight. Use', "Sorts incidents: use").replace('fires."', "fires.")
    file = write(project, ".claude/agents/triage.md", text)
    cli("init", "--host", "claude")
    cli("adopt")
    before = file.read_bytes()
    result = cli("check", "--fix", ".claude")
    assert file.read_bytes() == before
    assert result.err == "1 file of agentpkg's own writing passed over\n"


def test_a_path_may_be_a_bundle_a_folder_or_a_file(cli: Cli, project: Path, bundle: Path) -> None:
    write(
        project,
        ".cursor/agents/tool.md",
        AGENT.replace("name: triage", "name: tool").replace("[read, edit, shell]", ""),
    )
    about = ("AP701", "bundles/triage/bundle.toml", None)
    assert found(cli, "bundles/triage") == found(cli, "bundles", "bundles/triage/") == [about]
    assert found(cli, "bundles/triage/agents/triage.md") == []
    assert found(cli, "bundles/triage/agents/triage.md", "bundles/triage") == [about]
    assert found(cli, "bundles/triage", "bundles/triage/agents/triage.md") == [about]
    assert found(cli, "bundles/triage/bundle.toml") == [about]
    assert [one[1] for one in found(cli.at(bundle))] == ["bundle.toml"]
    assert [one[1] for one in found(cli.at(bundle / "agents"), "triage.md", "../bundle.toml")] == ["../bundle.toml"]
    assert {one[1] for one in found(cli, ".cursor", code=0)} == {".cursor/agents/tool.md"}
    assert {one[1] for one in found(cli)} == {".cursor/agents/tool.md", "bundles/triage/bundle.toml"}


def test_what_a_bundle_requires_is_looked_for_beside_it(cli: Cli, project: Path, bundle: Path) -> None:
    (bundle / "bundle.toml").write_text(f'{ABOUT}\n[requires]\ntest-writing = "~=1.0"\n')
    write(project, "bundles/triage/agents/triage.md", f"{AGENT}Delegate tests to `test-writer`.\n")
    assert [one[0] for one in found(cli, "bundles/triage")] == ["AP701"]
    other = ABOUT.replace("triage", "test-writing")
    write(project, "bundles/test-writing/bundle.toml", other)
    assert [one[0] for one in found(cli, "bundles/triage")] == ["AP501", "AP701"]
    write(project, "bundles/test-writing/agents/test-writer.md", AGENT.replace("name: triage", "name: test-writer"))
    assert [one[0] for one in found(cli, "bundles/triage")] == ["AP701"]


def test_files_that_agentpkg_has_written_are_passed_over(
    cli: Cli, project: Path, manifest: Path, registry: Registry
) -> None:
    registry.publish("tool", tools="[read]")
    cli("install", "tool")
    result = cli("check")
    assert result.out == "there is nothing to check here\n"
    assert result.err == "1 file of agentpkg's own writing passed over\n"
    assert cli("check", ".claude/agents/tool.md").out.endswith("in 1 file and 1 agent\n")


def test_pages_beside_agents_and_documents_with_a_header_are_no_agents(cli: Cli, project: Path) -> None:
    write(project, "docs/a.md", "---\ntitle: A\ndescription: A page\n---\nx\u200b\n")
    write(project, "docs/large.md", "x" * 300_000)
    assert found(cli) == []
    write(project, "docs/b.md", PLAIN)
    assert cli("check").out.endswith("all is well in 1 file and 1 agent\n")
    write(project, "agents/guide.md", "# How to write agents\u200b\n")
    write(project, "agents/tool.md", PLAIN.replace("name: triage\n", ""))
    assert cli("check").out.endswith("all is well in 1 file and 1 agent\n")


@pytest.mark.parametrize("given", [("nowhere",), ("empty",), ("empty", ".")])
def test_a_path_in_which_there_is_nothing_is_a_usage_error(cli: Cli, project: Path, given: tuple[str, ...]) -> None:
    (project / "empty").mkdir()
    assert given[0] in cli("check", *given, code=2).err
    assert cli("check").out == "there is nothing to check here\n"


@pytest.mark.parametrize(
    ("path", "data", "line", "told"),
    [
        (".claude/agents/binary.md", b"\x7fELF\0\0", None, "is no text"),
        (".claude/agents/large.md", b"x" * 5_000_000, None, "is larger than 262,144 bytes"),
        (".claude/agents/latin.md", b"---\nname: x\n---\ncaf\xe9\n", 4, "byte 0xE9 is not UTF-8"),
        (".claude/agents/open.md", b"---\nname: x\n", 1, "opens a header that is never closed; close it with ---"),
        ("bundles/a/bundle.toml", b"[bundle\n", None, "not valid TOML"),
        ("bundles/a/bundle.toml", b"[bundle]\nname = 1\n", None, "version is missing"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_and_the_others_are_checked(
    cli: Cli, project: Path, path: str, data: bytes, line: int | None, told: str
) -> None:
    write(project, ".claude/agents/triage.md", PLAIN.replace("Read, Edit, Bash", "Read, Edit, Bahs"))
    write(project, path, data)
    result = cli("check", "--json", code=3).json
    assert [(one["code"], one["path"]) for one in result["findings"]] == sorted(
        [("AP101", path), ("AP304", ".claude/agents/triage.md")], key=lambda one: one[1]
    )
    (unreadable,) = (one for one in result["findings"] if one["code"] == "AP101")
    assert unreadable["line"] == line
    assert told in unreadable["message"]


def test_a_file_that_may_not_be_read_and_one_that_is_none_are_told(
    cli: Cli, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project, ".claude/agents/secret.md", PLAIN)
    os.mkfifo(project / ".claude/agents/pipe.md")

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    assert cli("check", ".claude/agents/pipe.md", code=3).out.startswith(
        "error[AP101] .claude/agents/pipe.md: is no plain file\n"
    )
    monkeypatch.setattr(operation, "read_file", refuse)
    assert cli("check", ".claude/agents/secret.md", code=3).out.startswith(
        "error[AP101] .claude/agents/secret.md: cannot be read: Permission denied\n"
    )


def test_a_bundle_with_a_link_in_it_is_told_and_links_in_circles_end(cli: Cli, project: Path, bundle: Path) -> None:
    (project / "around").symlink_to(project)
    (project / ".claude").mkdir()
    (project / ".claude/agents").symlink_to(project)
    assert found(cli) == [("AP701", "bundles/triage/bundle.toml", None)]
    (bundle / "agents/other.md").symlink_to(bundle / "agents/triage.md")
    assert found(cli, code=3) == [("AP101", "bundles/triage/bundle.toml", None)]


def test_the_bundles_that_ship_are_well(cli: Cli) -> None:
    data = cli("check", "--strict", "--json", str(ROOT / "registry")).json
    assert data["bundles"] > 10
    assert {one["level"] for one in data["findings"]} == {"note"}


def test_fix_mends_what_is_safe_and_tells_what_is_left(cli: Cli, project: Path, bundle: Path) -> None:
    file = bundle / "agents/triage.md"
    broken = AGENT.replace("[read, edit, shell]", "[Read, edit, Bash]").replace("Read the", "Read\u200b the \u202e")
    file.write_text(
        "\ufeff" + broken.replace('"Sorts incidents by weight. Use', "Sorts incidents: use").replace('s."', "s.")
    )
    file.chmod(0o640)
    about = (bundle / "bundle.toml").read_bytes()
    result = cli("check", "--fix", code=3)
    assert result.out.splitlines()[:6] == [
        "mended bundles/triage/agents/triage.md: took out the byte order mark",
        "mended bundles/triage/agents/triage.md: took characters that cannot be seen out of the prompt",
        "mended bundles/triage/agents/triage.md: put values of the header into quotes",
        "mended bundles/triage/agents/triage.md: named tools as they are called here: read, edit, shell",
        "error[AP602] bundles/triage/agents/triage.md:7:10: holds U+202E (RIGHT-TO-LEFT OVERRIDE)",
        "note[AP701] bundles/triage/bundle.toml: leaves out license, authors, keywords",
    ]
    assert file.read_text() == AGENT.replace("incidents by weight. Use", "incidents: use").replace(
        "the log", "the \u202e log"
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert (bundle / "bundle.toml").read_bytes() == about
    assert [path for path in contents(project) if "agentpkg-part" in path] == []
    before = stamps(project)
    cli("check", "--fix", code=3)
    assert stamps(project) == before


def test_fix_touches_nothing_but_agents_that_were_named(cli: Cli, project: Path, bundle: Path) -> None:
    agent = write(project, ".claude/agents/triage.md", PLAIN.replace("Read the", "Read\u200b the"))
    page = write(project, "agents/page.md", "# Read\u200b this\n")
    link = project / ".claude/agents/link.md"
    link.symlink_to(page)
    (bundle / "agents/other.md").write_text(AGENT.replace("name: triage", "name: other").replace("[read,", "[Read,"))
    table = write(
        project, ".kiro/agents/a1.json", '{"name": "a1", "description": "Use it when asked", "prompt": "x\u200b"}'
    )
    others = contents(bundle)
    result = cli("check", "--fix", ".claude", "bundles/triage/agents/triage.md", "--json").json
    assert result["mended"] == [
        {"path": ".claude/agents/triage.md", "what": "took characters that cannot be seen out of the prompt"}
    ]
    assert agent.read_text() == PLAIN
    assert contents(bundle) == others
    cli("check", "--fix", ".kiro/agents/a1.json", code=3)
    assert "x\u200b" in table.read_text()
    cli("check", "--fix", "agents/page.md", code=3)
    assert page.read_text() == "# Read\u200b this\n"
    cli("check", "--fix", ".claude/agents/link.md", code=3)
    assert link.is_symlink()
    assert page.read_text() == "# Read\u200b this\n"
    cli("check", "--fix", "agents", "bundles")
    assert page.read_text() == "# Read\u200b this\n"
    assert contents(bundle) != others


def test_fix_leaves_published_versions_alone(cli: Cli, project: Path) -> None:
    write(project, "registry.toml", 'format = 1\nname = "ours"\n')
    write(project, "bundles/triage/1.0.0/bundle.toml", ABOUT)
    file = write(project, "bundles/triage/1.0.0/agents/triage.md", AGENT.replace("[read,", "[Read,"))
    before = file.read_bytes()
    result = cli("check", "--fix", code=3)
    assert file.read_bytes() == before
    assert (
        "warning: bundles/triage/1.0.0 lies in a registry, where a version never changes, and was not mended"
        in result.err
    )


def test_many_agents_are_told_by_what_they_cost(cli: Cli, project: Path) -> None:
    for number in range(30):
        write(project, f".claude/agents/a-{number:02}.md", PLAIN.replace("triage", f"a-{number:02}") + "word " * number)
    lines = cli("check").out.splitlines()
    assert [line.split()[1] for line in lines[1:25]] == [f"a-{number:02}" for number in range(6, 30)]
    assert lines[25:] == ["and 6 that cost less", "", "all is well in 30 files and 30 agents"]


def test_explain_tells_why_and_shows_wrong_and_right(cli: Cli) -> None:
    assert cli("explain", "ap303").out == (
        "AP303 (warning): the prompt tells the agent to do what its tools do not allow\n"
        "\n"
        "why: The agent tries, fails, and spends its turns on it, or tells that it has done what it could not do.\n"
        "\n"
        "what to do: add the tool, or take the order out\n"
        "\n"
        "wrong:\n"
        "    tools: [read, grep]\n"
        "    ---\n"
        "    Run `git diff` to see what changed.\n"
        "\n"
        "right:\n"
        '    tools: [read, grep, "shell(git diff *)"]\n'
        "    ---\n"
        "    Run `git diff` to see what changed.\n"
    )
    assert "check --fix" in cli("explain", "AP104").out
    assert cli("explain", "drift", "--json").json["exit_code"] == 1


def test_explain_lists_the_codes_of_check_and_audit(cli: Cli) -> None:
    codes = [rule.code for rule in (*checks.RULES, *audit.RULES)]
    assert [line.split()[0] for line in cli("explain").out.splitlines()] == codes
    assert [rule["code"] for rule in cli("explain", "--json").json["rules"]] == codes
    assert len(set(codes)) == len(codes)
    result = cli("explain", "AP30", code=2)
    assert "unknown code 'AP30'" in result.err
    assert "did you mean AP30" in result.err


def test_fix_writes_through_no_link(cli: Cli, project: Path) -> None:
    cli("new", "x1")
    outside = project / "outside"
    (project / "bundles" / "x1" / "agents").rename(outside)
    (project / "bundles" / "x1" / "agents").symlink_to(outside)
    text = (outside / "x1.md").read_text().replace("[read,", "[Read,")
    (outside / "x1.md").write_text(text)
    cli("check", "--fix", "bundles/x1", code=3)
    assert (outside / "x1.md").read_text() == text


def test_an_edit_of_a_file_that_agentpkg_wrote_is_looked_at(cli: Cli, manifest: Path, registry: Registry) -> None:
    registry.publish("tool")
    cli("install", "tool")
    file = manifest.parent / ".claude" / "agents" / "tool.md"
    assert "passed over" in (told := cli("check", ".")).out + told.err
    file.write_text(file.read_text() + "Log in with ghp_" + "a1B2" * 9 + ".\n")
    assert "AP601" in cli("check", ".", code=3).out
