"""A bundle: its files, its identity, and what does not belong in it."""

from __future__ import annotations

import pytest

from agentpkg.bundle import Bundle, McpServer, parse_bundle
from agentpkg.errors import ContentRefused
from agentpkg.files import content_digest
from tests.unit.builders import a_bundle, an_agent

ABOUT = """\
[bundle]
name = "data-engineer"
version = "1.2.0"
description = "Builds pipelines"
license = "MIT"
authors = ["Kim"]
keywords = ["etl", "sql"]

[requires]
sql-reviewer = "~=1.0"

[mcp.context7]
command = "npx"
args = ["-y", "@upstash/context7-mcp"]
env = ["TOKEN"]

[mcp.docs]
url = "https://mcp.acme.example"
headers = { Authorization = "DOCS_TOKEN" }
"""
SMALL = '[bundle]\nname = "aa"\nversion = "1.0.0"\ndescription = "d"\n'
AGENT = "---\nname: triage\ndescription: d\ntools: [read]\n---\nBody.\n"
SKILL = "---\nname: sql\ndescription: d\n---\nBody.\n"


def files(about: str = SMALL, **more: str | bytes) -> dict[str, bytes]:
    """Return the files of a small bundle and `more`, whose `__` and `_` stand for `/` and `.`."""
    named: dict[str, str | bytes] = {"bundle.toml": about, "agents/triage.md": AGENT}
    named |= {name.replace("__", "/").replace("_", "."): data for name, data in more.items()}
    return {path: data.encode() if isinstance(data, str) else data for path, data in named.items()}


def parse(found: dict[str, bytes]) -> Bundle:
    return parse_bundle(found, "aa 1.0.0")


def refusal(found: dict[str, bytes]) -> str:
    with pytest.raises(ContentRefused) as caught:
        parse(found)
    return caught.value.message


def test_a_bundle_is_read_whole() -> None:
    found = files(
        ABOUT,
        variants__inn__triage_md="Another.\n",
        skills__sql__SKILL_md=SKILL,
        skills__sql__notes__a_txt="x\r\n",
        README_md="#",
    )
    bundle = parse(found)
    assert (bundle.name, bundle.version, bundle.description) == ("data-engineer", "1.2.0", "Builds pipelines")
    assert (bundle.license, bundle.authors, bundle.keywords) == ("MIT", ("Kim",), ("etl", "sql"))
    assert bundle.requires == {"sql-reviewer": "~=1.0"}
    assert [agent.name for agent in bundle.agents] == ["triage"]
    assert bundle.agents[0].bodies == {"inn": "Another.\n"}
    assert bundle.skills[0].files == {"SKILL.md": SKILL.encode(), "notes/a.txt": b"x\n"}
    assert bundle.digest == content_digest(found)


def test_agents_come_sorted_by_name() -> None:
    found = files(agents__alpha_md=AGENT.replace("triage", "alpha"), agents__zulu_md=AGENT.replace("triage", "zulu"))
    assert [agent.name for agent in parse(found).agents] == ["alpha", "triage", "zulu"]


# Identity


def test_the_digest_does_not_depend_on_order() -> None:
    assert content_digest({"a": b"1", "b": b"2"}) == content_digest({"b": b"2", "a": b"1"})


@pytest.mark.parametrize("other", [{"a": b"2"}, {"b": b"1"}, {"a": b"1", "b": b""}, {}, {"a": b"1\r"}])
def test_another_file_is_another_digest(other: dict[str, bytes]) -> None:
    assert content_digest(other) != content_digest({"a": b"1"})


def test_the_digest_is_what_it_always_was() -> None:
    """It is written into every lock; a change here is a change of the lock's format."""
    assert content_digest({"bundle.toml": b"x", "agents/a.md": b""}) == (
        "sha256:569c1700652a2335a144440d333028096f71feb9e9cdf25c67ed018d25d75085"
    )


# Files that do not belong


@pytest.mark.parametrize(
    "path",
    [
        "setup.py",
        "agents/.md",
        "agents/a.txt",
        "agents/sub/a.md",
        "variants/a.md",
        "variants/inn/sub/a.md",
        "skills/a.md",
        "hooks/x",
        "settings.json",
        "/agents/a.md",
        "bundle.toml/x",
        "Agents/a.md",
        "agents/a.md\n",
    ],
)
def test_a_file_without_a_place_in_a_bundle_is_refused(path: str) -> None:
    assert refusal({**files(), path: b""}) == f"aa 1.0.0: {path!r} has no place in a bundle"


@pytest.mark.parametrize(
    "path",
    [
        "agents/..md",
        "skills/sql/../x",
        "skills/sql/./x",
        "skills/sql/.git",
        "skills/../x",
        "skills/sql/a\\b",
        "skills/sql/a:b",
        "skills/sql/a b",
        "skills/sql/a.",
        "skills/sql//x",
        "skills/sql/\u00e9",
        "skills/sql/-x",
        "variants/../a.md",
    ],
)
def test_a_path_that_is_not_portable_is_refused(path: str) -> None:
    assert refusal({**files(), path: b""}) == f"aa 1.0.0: {path!r} is not a portable path"


def test_paths_that_differ_in_case_only_are_refused() -> None:
    found = files(skills__sql__SKILL_md=SKILL, skills__sql__a_md="", skills__sql__A_md="")
    assert refusal(found) == "aa 1.0.0: 'skills/sql/A.md' and 'skills/sql/a.md' are one where case does not count"
    found = files(skills__sql__SKILL_md=SKILL, skills__sql__Docs__a_md="", skills__sql__docs__b_md="")
    assert "'skills/sql/Docs/a.md' and 'skills/sql/docs/b.md' are one" in refusal(found)


def test_a_bundle_is_small() -> None:
    assert refusal(files(README_md=b"x" * (256 * 1024 + 1))) == "aa 1.0.0/README.md: larger than 262,144 bytes"
    many = {f"skills/sql/{number}.txt": b"x" * 200_000 for number in range(6)}
    assert refusal({**files(), **many}) == "aa 1.0.0: larger than 1,048,576 bytes"


def test_a_bundle_without_its_file_or_without_an_agent_is_refused() -> None:
    assert refusal({"agents/triage.md": AGENT.encode()}) == "aa 1.0.0: bundle.toml is missing"
    assert refusal({"bundle.toml": SMALL.encode()}) == "aa 1.0.0: there is no agent"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xff", r'line 1, column 1: byte 0xFF is not UTF-8: "\xff"'),
        (AGENT.encode().replace(b"Body", b"\x1b[2J"), r'line 6, column 1 holds U+001B (ESCAPE): "\x1b[2J."'),
        (AGENT.encode().replace(b"Body", b"\xc2\x85"), r'line 6, column 1 holds U+0085 (NEXT LINE): "\x85."'),
    ],
    ids=["not utf-8", "escape", "nel"],
)
def test_texts_of_a_bundle_are_plain(data: bytes, message: str) -> None:
    assert refusal(files(agents__triage_md=data)) == f"aa 1.0.0/agents/triage.md: {message}"


def test_an_agent_with_crlf_is_an_agent_with_lf() -> None:
    assert parse(files(agents__triage_md=AGENT.replace("\n", "\r\n"))).agents == parse(files()).agents


def test_a_variant_needs_its_agent() -> None:
    assert refusal(files(variants__inn__other_md="x\n")) == (
        "aa 1.0.0/variants/inn/other.md: there is no agent 'other' in this bundle"
    )


# bundle.toml


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ("[bundle", ": not valid TOML: "),
        ("", ": [bundle]: version is missing"),
        ('[bundle]\nname = "aa"\nversion = "1.0.0"', ": [bundle]: description is missing"),
        (SMALL.replace("1.0.0", "1.0"), ": [bundle]: version '1.0' is not three numbers and an optional pre-release"),
        (SMALL.replace('"1.0.0"', "1.0"), ": [bundle]: version is a number, expected text"),
        (SMALL.replace('"aa"', '"A"'), ": [bundle]: 'A' is not a valid name"),
        (SMALL + "colour = 1", ": [bundle]: unknown key 'colour'"),
        (SMALL + "[hooks]", ": unknown key 'hooks'"),
        (SMALL + '[requires]\nSQL = ""', ": [requires]: 'SQL' is not a valid name"),
        (SMALL + '[requires]\nsql = "^1.2"', ": [requires] sql: '^1.2' is not a version specifier"),
        (SMALL + "[requires]\nsql = 1", ": [requires]: sql is a number, expected text"),
        (SMALL.replace('"d"', '"\\u001b[2J"'), r': [bundle] holds U+001B (ESCAPE): "\x1b[2J"'),
        (SMALL + 'authors = ["\\u0085"]', r': [bundle] holds U+0085 (NEXT LINE): "\x85"'),
        (SMALL + 'license = "\\u001b"', r': [bundle] holds U+001B (ESCAPE): "\x1b"'),
        (SMALL + "[mcp.own]", ": [mcp]: [own] needs a command or a url, and not both"),
        (
            SMALL + '[mcp.own]\ncommand = "x"\nurl = "y"',
            ": [mcp]: [own] needs a command or a url, and not both",
        ),
        (
            SMALL + '[mcp.own]\ncommand = "x"\nenv = ["A=secret"]',
            ": [mcp]: [own]: 'A=secret' is not the name of an environment variable",
        ),
        (
            SMALL + '[mcp.own]\nurl = "https://y.example"\nheaders = {Authorization = "Bearer x"}',
            ": [mcp]: [own]: 'Bearer x' is not the name of an environment variable",
        ),
        (
            SMALL + '[mcp.own]\ncommand = "x"\nenv = {A = "b"}',
            ": [mcp]: [own]: env is a table, expected a list of texts",
        ),
        (
            SMALL + '[mcp."own server"]\ncommand = "x"',
            ": [mcp]: [own server]: 'own server' is not a name that a tool could be written with",
        ),
        (SMALL + '[mcp.own]\ncommand = "\\u001b"', r': [mcp]: [own] holds U+001B (ESCAPE): "\x1b"'),
        (
            SMALL + '[mcp.own]\nurl = "https://y.example"\nheaders = {"\\u001b" = "A"}',
            r': [mcp]: [own] holds U+001B (ESCAPE): "\x1b"',
        ),
    ],
)
def test_a_wrong_bundle_file_is_told_with_its_key(about: str, message: str) -> None:
    told = refusal(files(about))
    if message.endswith(": "):
        assert told.startswith(f"aa 1.0.0/bundle.toml{message}")
    else:
        assert told == f"aa 1.0.0/bundle.toml{message}"


# Skills


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"skills/sql/a.txt": b""}, "/skills/sql: SKILL.md is missing"),
        ({"skills/SQL/SKILL.md": SKILL.encode()}, "/skills/SQL: 'SQL' is not a valid name"),
        ({"skills/other/SKILL.md": SKILL.encode()}, "/skills/other/SKILL.md: name is 'sql', but the folder is other"),
        (
            {"skills/sql/SKILL.md": SKILL.replace(": d", ": d\nhooks: {}").encode()},
            "/skills/sql/SKILL.md: 'hooks' is not a key that a skill may have here",
        ),
        (
            {"skills/sql/SKILL.md": SKILL.replace(": d", ": d\nallowed-tools: Bash").encode()},
            "/skills/sql/SKILL.md: 'allowed-tools' is not a key that a skill may have here",
        ),
        ({"skills/sql/SKILL.md": b"Body.\n"}, "/skills/sql/SKILL.md: no frontmatter between two lines of '---'"),
        (
            {"skills/sql/SKILL.md": SKILL.replace(": d", ": " + "d" * 1025).encode()},
            "/skills/sql/SKILL.md: the description has 1025 characters, 1024 are allowed",
        ),
    ],
)
def test_a_wrong_skill_is_told(more: dict[str, bytes], message: str) -> None:
    assert refusal({**files(), **more}) == f"aa 1.0.0{message}"


# Servers and powers

LOCAL = McpServer(name="own", command="npx", args=("-y", "own"), env=("B", "A"), headers={})
REMOTE = McpServer(name="far", url="https://mcp.acme.example", headers={"Authorization": "TOKEN"})


def test_a_server_is_a_power_by_what_it_runs_or_reaches_and_which_secrets_it_gets() -> None:
    assert LOCAL.power == "mcp-server:own npx -y own (env A, B)"
    assert REMOTE.power == "mcp-server:far https://mcp.acme.example (env TOKEN)"
    assert McpServer(name="own", command="npx", headers={}).power == "mcp-server:own npx"


def test_another_command_is_another_power() -> None:
    one = McpServer(name="own", command="npx", args=("a b",), headers={})
    other = McpServer(name="own", command="npx", args=("a", "b"), headers={})
    assert one.power != other.power


def test_a_power_stands_on_one_line() -> None:
    """It is shown to a person who decides about it, so it must not be able to look like two."""
    about = SMALL + '[mcp.own]\ncommand = "npx"\nargs = ["x\\naa 1.0.0: triage would gain nothing"]'
    with pytest.raises(ContentRefused):
        parse(files(about))


def test_an_agent_holds_its_tools_and_the_servers_that_they_name() -> None:
    agent = an_agent("read", "mcp:own/*", "mcp:elsewhere/x")
    bundle = a_bundle(agent, mcp=(LOCAL, REMOTE))
    assert bundle.servers_of(agent) == (LOCAL,)
    assert tuple(bundle.grants_of(agent)) == (LOCAL.power, "mcp:elsewhere/x", "mcp:own/*", "read")


def test_an_agent_that_names_no_server_holds_none() -> None:
    agent = an_agent("read")
    assert tuple(a_bundle(agent, mcp=(LOCAL,)).grants_of(agent)) == ("read",)


@pytest.mark.parametrize(
    "text", ["${AWS_SECRET}", "$HOME/x", "a$(id)", "{env:TOKEN}", "{file:/etc/x}", "%PATH%", "`id`"]
)
@pytest.mark.parametrize("key", ['command = "{}"', 'command = "x"\nargs = ["{}"]', 'url = "https://x/{}"'])
def test_a_server_refers_to_variables_by_its_env_alone(key: str, text: str) -> None:
    about = SMALL + "[mcp.own]\n" + key.replace("{}", text)
    with pytest.raises(ContentRefused, match="refers to a variable or a file"):
        parse(files(about))


@pytest.mark.parametrize("text", ["--price=5$", "100%", "a{b}c", "@scope/name"])
def test_what_only_looks_like_a_reference_is_none(text: str) -> None:
    about = SMALL + f'[mcp.own]\ncommand = "x"\nargs = ["{text}"]'
    assert parse(files(about)).mcp["own"].args == (text,)


@pytest.mark.parametrize(
    ("server", "message"),
    [
        ('command = "https://x.example/mcp"', "'https://x.example/mcp' is no command"),
        ('url = "npx"', "'npx' is no url"),
        ('url = "https://x.example/mcp (env TOKEN)"', "'https://x.example/mcp (env TOKEN)' is no url"),
        ('url = "file:///tmp/x"', "'file:///tmp/x' is no url"),
    ],
)
def test_a_command_is_no_url_and_a_url_no_command(server: str, message: str) -> None:
    assert message in refusal(files(SMALL + f"[mcp.own]\n{server}\n"))


@pytest.mark.parametrize("url", ["https://x.example/mcp", "http://localhost:3000/mcp?x=1"])
def test_a_url_is_one(url: str) -> None:
    assert parse(files(SMALL + f'[mcp.own]\nurl = "{url}"\n')).mcp["own"].url == url
