"""A canonical agent file, and the variants that it may have."""

from __future__ import annotations

import pytest

from agentpkg.agent import Agent, parse_agent, with_variant
from agentpkg.errors import ContentRefused
from agentpkg.grants import Tool
from tests.unit.builders import an_agent

HEAD = 'name: triage\ndescription: "Use when an incident comes in"'


def parse(header: str = HEAD, body: str = "You are …\n", stem: str = "triage") -> Agent:
    return parse_agent(f"---\n{header}\n---\n{body}", f"agents/{stem}.md", stem)


def refusal(header: str = HEAD, body: str = "You are …\n", stem: str = "triage") -> ContentRefused:
    with pytest.raises(ContentRefused) as caught:
        parse(header, body, stem)
    return caught.value


def test_an_agent_is_read_whole() -> None:
    header = f"""{HEAD}
tools: [read, "shell(git *)", "mcp:context7/*"]
model: balanced
hosts:
  inn: {{color: cyan, turns: 3}}
  barn: {{}}"""
    assert parse(header) == Agent(
        name="triage",
        description="Use when an incident comes in",
        body="You are …\n",
        tools=(Tool("read"), Tool("shell", "git *"), Tool("mcp:context7/*")),
        model="balanced",
        host_fields={"inn": {"color": "cyan", "turns": "3"}, "barn": {}},
        bodies={},
    )


def test_an_absent_tool_list_and_an_empty_one_are_two_things() -> None:
    assert parse().tools is None
    assert parse(f"{HEAD}\ntools: []").tools == ()


@pytest.mark.parametrize("value", ["", "null", "~", "read", "read, write", "{read: true}"])
def test_a_tool_list_that_is_no_list_is_refused_and_never_absent(value: str) -> None:
    assert "tools is " in refusal(f"{HEAD}\ntools: {value}").message


@pytest.mark.parametrize(
    ("tools", "message"),
    [
        ("[Read]", "agents/triage.md: tools[0]: 'Read' is not a tool; its name here is 'read'"),
        ("[read, fly]", "agents/triage.md: tools[1]: 'fly' is not a tool"),
        ("[read, [edit]]", "agents/triage.md: tools[1] is a list, expected text"),
        ("[read, edit, read]", "agents/triage.md: tools names one tool twice"),
        ("['*']", "agents/triage.md: tools[0]: '*' is not a tool"),
    ],
)
def test_a_wrong_tool_is_told_with_its_place(tools: str, message: str) -> None:
    assert refusal(f"{HEAD}\ntools: {tools}").message == message


@pytest.mark.parametrize(
    ("model", "value"), [("inherit", None), ("strong", "strong"), ("gpt-5.4", "gpt-5.4"), ("1.10", "1.10")]
)
def test_a_model_is_a_tier_or_an_id_and_inherit_is_none(model: str, value: str | None) -> None:
    assert parse(f"{HEAD}\nmodel: {model}").model == value


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("description: d", "agents/triage.md: name is missing"),
        ("name: triage", "agents/triage.md: description is missing"),
        ('name: triage\ndescription: " "', "agents/triage.md: description is empty"),
        ("name: triage\ndescription: [d]", "agents/triage.md: description is a list, expected text"),
        ("name: other\ndescription: d", "agents/triage.md: name is 'other', but the file is triage.md"),
        ("name: Triage\ndescription: d", "agents/triage.md: 'Triage' is not a valid name"),
        (f"{HEAD}\ntool: [read]", "agents/triage.md: unknown key 'tool'"),
        (f"{HEAD}\nTools: [read]", "agents/triage.md: unknown key 'Tools'"),
        (f"{HEAD}\n<<: {{tools: [read]}}", "agents/triage.md: unknown key '<<'"),
        (f"{HEAD}\nmodel: ''", "agents/triage.md: model is empty"),
        (f"{HEAD}\nhosts: [inn]", "agents/triage.md: [hosts] is a list, expected a table"),
        (f"{HEAD}\nhosts: {{inn: red}}", "agents/triage.md: [hosts]: inn is not a table of fields"),
        (f"{HEAD}\nhosts: {{INN: {{}}}}", "agents/triage.md: hosts: 'INN' is not a valid name"),
    ],
)
def test_a_wrong_header_is_told(header: str, message: str) -> None:
    assert refusal(header).message == message


@pytest.mark.parametrize("body", ["", "\n", "  \n\t\n"])
def test_an_agent_without_a_prompt_is_refused(body: str) -> None:
    error = refusal(body=body)
    assert (error.message, error.hint) == ("agents/triage.md: the prompt is empty", "write it below the second ---")


# Variants


def variant(text: str, agent: Agent | None = None) -> Agent:
    return with_variant(agent or an_agent("read"), "inn", text, "variants/inn/triage.md")


def test_a_variant_gives_one_host_another_body() -> None:
    found = variant("Another prompt.\n")
    assert found.bodies == {"inn": "Another prompt.\n"}
    assert found.body == an_agent("read").body
    assert found.tools == an_agent("read").tools


def test_a_variant_may_have_fields_that_go_before_those_of_the_agent() -> None:
    agent = an_agent("read", host_fields={"inn": {"color": "red", "turns": "3"}, "barn": {"x": "y"}})
    found = variant("---\ncolor: blue\ndescription: Other\n---\nAnother.\n", agent)
    assert found.host_fields == {
        "inn": {"color": "blue", "turns": "3", "description": "Other"},
        "barn": {"x": "y"},
    }
    assert found.bodies == {"inn": "Another.\n"}


def test_variants_of_two_hosts_stand_beside_each_other() -> None:
    one = with_variant(an_agent(), "inn", "One.\n", "a.md")
    assert with_variant(one, "barn", "Two.\n", "b.md").bodies == {"inn": "One.\n", "barn": "Two.\n"}


@pytest.mark.parametrize("key", ["name: other", "tools: [shell]", "tools: []"])
def test_a_variant_cannot_be_another_agent_or_hold_other_powers(key: str) -> None:
    with pytest.raises(ContentRefused) as caught:
        variant(f"---\n{key}\n---\nAnother.\n")
    assert (
        caught.value.message
        == f"variants/inn/triage.md: {key.split(':', maxsplit=1)[0]} cannot differ from host to host"
    )
    assert caught.value.hint == "set it in agents/triage.md"


@pytest.mark.parametrize("text", ["", "\n\n", " \n", "---\ncolor: blue\n---\n"])
def test_a_variant_without_a_prompt_is_refused(text: str) -> None:
    with pytest.raises(ContentRefused, match=r"variants/inn/triage\.md: the prompt is empty"):
        variant(text)


@pytest.mark.parametrize("text", ["---\ncolor: blue\nBody.\n", "---\na: 1\na: 2\n---\nBody.\n"])
def test_a_variant_that_begins_with_a_fence_is_read_as_strictly(text: str) -> None:
    with pytest.raises(ContentRefused):
        variant(text)


@pytest.mark.parametrize("text", ["---js\ncolor: blue\n---\nBody.\n", "--- \na: b\n---\nBody.\n"])
def test_a_header_that_is_meant_as_one_never_ends_up_in_the_prompt(text: str) -> None:
    with pytest.raises(ContentRefused):
        variant(text)


@pytest.mark.parametrize("description", ["''", "' '", "[a]"])
def test_a_variants_description_says_something(description: str) -> None:
    with pytest.raises(ContentRefused):
        variant(f"---\ndescription: {description}\n---\nAnother.\n")
