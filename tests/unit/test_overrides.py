"""Overrides: every key that they may hold, every error, and edits that leave the rest of the manifest alone."""

from __future__ import annotations

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentpkg.errors import IntegrityError, UsageError
from agentpkg.fields import Fields
from agentpkg.grants import Tool, parse_tool
from agentpkg.manifest import parse_manifest
from agentpkg.overrides import Edit, Override, overrides_data, place_name, read_overrides, with_edit
from tests.unit.builders import TOOL_LISTS

KNOWN = ("inn", "barn", "mill")
ACME = '[registries.acme]\nurl = "https://git.acme.example/agents.git"\n'
FULL = """\
[overrides.tool]
model = "fast"
description = "Use when asked"
tools = ["read", "shell(git *)"]
[overrides.tool.hosts.inn]
model = "inn-1"
tools = []
color = "cyan"
steps = 5
heat = 0.1
hidden = true
names = ["one", 2]
[overrides.tool.agents.triage]
model = "inherit"
[overrides.tool.agents.triage.hosts.barn]
tools = ["mcp:db/*"]
"""


def read(text: str) -> tuple[Override, ...]:
    return parse_manifest(text, KNOWN).overrides["tool"]


def tools(*names: str) -> tuple[Tool, ...]:
    return tuple(parse_tool(name) for name in names)


def test_every_key_of_every_place_is_read() -> None:
    assert read(FULL) == (
        Override(tools=tools("read", "shell(git *)"), values={"model": "fast", "description": "Use when asked"}),
        Override(
            host="inn",
            tools=(),
            values={
                "model": "inn-1",
                "color": "cyan",
                "steps": "5",
                "heat": "0.1",
                "hidden": "true",
                "names": ["one", "2"],
            },
        ),
        Override(agent="triage", values={"model": "inherit"}),
        Override(agent="triage", host="barn", tools=tools("mcp:db/*")),
    )


def test_a_list_that_is_empty_is_not_absent() -> None:
    assert read("[overrides.tool]\ntools = []\n") == (Override(tools=()),)
    assert read("[overrides.tool]\n[overrides.tool.hosts.inn]\n") == ()


def test_a_bundle_of_another_registry_is_named_as_among_the_bundles() -> None:
    overrides = parse_manifest(f'{ACME}[overrides."acme/tool"]\nmodel = "fast"\n', KNOWN).overrides
    assert overrides == {"acme/tool": (Override(values={"model": "fast"}),)}


@pytest.mark.parametrize(
    ("text", "told", "hint"),
    [
        ('modle = "fast"', "[tool]: unknown key 'modle'", "did you mean model?"),
        (
            'widening = "allow"',
            "[tool]: unknown key 'widening'",
            "known here: tools, model, description, hosts, agents",
        ),
        ("model = 5", "[tool]: model is a number, expected text", None),
        ('model = " "', "[tool]: model is empty", None),
        ('description = ""', "[tool]: description is empty", None),
        ('tools = "read"', "[tool]: tools is text, expected a list of texts", None),
        ('tools = ["raed"]', "[tool]: tools: 'raed' is not a tool", "did you mean read?"),
        ('tools = ["Bash"]', "[tool]: tools: 'Bash' is not a tool; its name here is 'shell'", None),
        ('tools = ["read", "read"]', "[tool]: tools names one tool twice", None),
        ('hosts.in.model = "x"', "[hosts]: [in]: unknown host 'in'", "did you mean inn?"),
        ("hosts.inn = 5", "[inn] is a number, expected a table", None),
        ('hosts.inn.agents = "x"', "[inn]: agents cannot stand in the table of a host", None),
        ("hosts.inn.hosts.inn = {}", "[inn]: hosts cannot stand in the table of a host", None),
        ("hosts.inn.color = {a = 1}", "[inn]: color is no text, number", None),
        ("hosts.inn.color = [[1]]", "[inn]: color[0] is no text, number", None),
        ("hosts.inn.since = 2026-01-01", "[inn]: since is no text, number", None),
        ("agents.triage.agents.triage = {}", "[triage]: unknown key 'agents'", None),
        ('agents.triage.color = "cyan"', "[triage]: unknown key 'color'", None),
        ('agents.triage.hosts.nil.model = "x"', "[hosts]: [nil]: unknown host 'nil'", None),
        ("agents = []", "[agents] is a list, expected a table", None),
    ],
)
def test_what_is_wrong_is_told_by_its_key(text: str, told: str, hint: str | None) -> None:
    with pytest.raises(UsageError) as caught:
        read(f"[overrides.tool]\n{text}\n")
    assert told in caught.value.message
    assert caught.value.message.startswith("agentpkg.toml: [overrides]: [tool]")
    assert hint is None or caught.value.hint == hint


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("No", "'No' is not a valid name"),
        ('"default/tool"', "the default registry is not named"),
        ('"acme/tool"', "there is no registry 'acme'"),
    ],
)
def test_a_key_that_is_no_bundle_is_told(key: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        parse_manifest(f'[overrides.{key}]\nmodel = "fast"\n', KNOWN)


def test_a_lock_may_name_hosts_of_later_and_its_errors_are_its_own() -> None:
    data = {"hosts": {"later": {"model": "x"}}}
    assert read_overrides(Fields(data, "lock", IntegrityError)) == (Override(host="later", values={"model": "x"}),)
    with pytest.raises(IntegrityError):
        read_overrides(Fields({"tools": ["nothing"]}, "lock", IntegrityError))


WORDS = st.from_regex(r"[a-z]{2,5}", fullmatch=True)
VALUES = st.dictionaries(st.sampled_from(["model", "description"]), WORDS, max_size=2)
FIELDS = st.dictionaries(st.sampled_from(["model", "color", "steps"]), WORDS | st.lists(WORDS, max_size=2), max_size=2)
TOOLS = st.none() | TOOL_LISTS.map(lambda names: tools(*names))
OVERRIDES = st.lists(
    st.one_of(
        st.builds(Override, agent=st.none() | WORDS, tools=TOOLS, values=VALUES),
        st.builds(
            Override,
            agent=st.none() | WORDS,
            host=st.sampled_from(KNOWN),
            tools=TOOLS,
            values=FIELDS.filter(lambda fields: isinstance(fields.get("model", ""), str)),
        ),
    ),
    unique_by=lambda one: one.path,
    max_size=4,
).map(lambda many: [one for one in many if one.values or one.tools is not None])


@given(OVERRIDES)
def test_what_is_written_as_tables_is_read_back_equal(overrides: list[Override]) -> None:
    data = json.loads(json.dumps(overrides_data(overrides)))
    back = read_overrides(Fields(data, "lock"), KNOWN)
    assert sorted(back, key=lambda one: one.path) == sorted(overrides, key=lambda one: one.path)
    assert overrides_data(back) == overrides_data(overrides)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ((), "[overrides.tool]"),
        (("hosts", "inn"), "[overrides.tool.hosts.inn]"),
        (("agents", "triage", "hosts", "inn"), "[overrides.tool.agents.triage.hosts.inn]"),
    ],
)
def test_a_place_is_named_as_its_header_stands(path: tuple[str, ...], name: str) -> None:
    assert place_name("tool", path) == name
    assert tomllib.loads(f'{place_name("acme/tool", path)}\nmodel = "x"\n')


START = '# ours\n[project]\nhosts = ["inn"] # one\n\n[bundles]\ntool = "~=1.0"\n'
SET = '\n# quick\n[overrides.tool.hosts.inn]\nmodel = "inn-1" # small\n\n[models.inn]\nstrong = "inn-9"\n'


def test_an_edit_adds_a_table_and_leaves_the_rest() -> None:
    edited = with_edit(START, Edit(bundle="tool", values={"model": "fast", "tools": ["read"]}))
    assert edited == START + '\n[overrides.tool]\nmodel = "fast"\ntools = ["read"]\n'


def test_an_edit_changes_a_value_and_comments_survive() -> None:
    edited = with_edit(START + SET, Edit(bundle="tool", path=("hosts", "inn"), values={"model": "inn-2"}))
    assert edited == START + SET.replace("inn-1", "inn-2")


def test_an_edit_keeps_the_line_endings() -> None:
    edited = with_edit(START.replace("\n", "\r\n"), Edit(bundle="tool", values={"model": "fast"}))
    assert edited.count("\r\n") == edited.count("\n")


@pytest.mark.parametrize(
    "edit",
    [
        Edit(bundle="tool", path=("hosts", "inn"), unset=("model",)),
        Edit(bundle="tool", path=("hosts", "inn"), clear=True),
        Edit(bundle="tool", clear=True),
    ],
)
def test_tables_that_become_empty_go(edit: Edit) -> None:
    edited = with_edit(START + SET, edit)
    assert "overrides" not in edited
    assert tomllib.loads(edited)["models"] == {"inn": {"strong": "inn-9"}}


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_comment_above_the_next_table_stays(ending: str) -> None:
    after = '# about models\n# of ours\n[models.inn] # one\nstrong = "inn-9"\n'
    text = f'# quick\n[overrides.tool]\nmodel = "fast"\n\n{after}'.replace("\n", ending)
    for edit in (Edit(bundle="tool", unset=("model",)), Edit(bundle="tool", clear=True)):
        assert with_edit(text, edit).endswith(after.replace("\n", ending))
        assert with_edit(text, edit).count("# of ours") == 1


def test_what_is_not_there_is_taken_out_without_a_change() -> None:
    for edit in (Edit(bundle="tool", clear=True), Edit(bundle="tool", path=("agents", "triage"), unset=("model",))):
        assert with_edit(START, edit) == START


def test_one_key_goes_and_the_others_stay() -> None:
    edited = with_edit(FULL, Edit(bundle="tool", unset=("tools", "heat")))
    assert read(edited)[0] == Override(values={"model": "fast", "description": "Use when asked"})
    assert read(edited)[1:] == read(FULL)[1:]


def test_clearing_one_agent_takes_its_hosts_along() -> None:
    assert read(with_edit(FULL, Edit(bundle="tool", path=("agents", "triage"), clear=True))) == read(FULL)[:2]


FORMS = {
    "tables": '[overrides.tool]\nmodel = "fast"\n[bundles]\ntool = ""\n[overrides.tool.hosts.inn]\nmodel = "inn-1"\n',
    "inline": '[overrides]\ntool = {model = "fast", hosts = {inn = {model = "inn-1"}}}\n[bundles]\ntool = ""\n',
    "dotted": '[overrides]\ntool.model = "fast"\ntool.hosts.inn.model = "inn-1"\n[bundles]\ntool = ""\n',
    "below": '[bundles]\ntool = ""\n[overrides.tool.hosts.inn]\nmodel = "inn-1"\n[hosts.inn]\nwidening = "allow"\n',
}
PATHS = [(), ("hosts", "inn"), ("hosts", "barn"), ("agents", "triage"), ("agents", "triage", "hosts", "inn")]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("how", [{"values": {"model": "new"}}, {"unset": ("model",)}, {"clear": True}])
def test_an_edit_means_the_same_in_every_form_or_is_refused(
    form: str, path: tuple[str, ...], how: dict[str, object]
) -> None:
    text, edit = FORMS[form], Edit(bundle="tool", path=path, **how)  # type: ignore[arg-type]
    try:
        edited = tomllib.loads(with_edit(text, edit))
    except UsageError:
        assert form == "dotted"
        return
    before = tomllib.loads(text)
    table = edited.get("overrides", {}).get("tool", {})
    for step in path:
        table = table.get(step, {})
    assert table.get("model") == ("new" if edit.values else None)
    assert {key: edited[key] for key in edited if key != "overrides"} == {
        key: before[key] for key in before if key != "overrides"
    }


def test_a_form_that_would_come_out_as_something_else_is_refused() -> None:
    with pytest.raises(UsageError, match=r"\[overrides.tool.agents.triage\] cannot be edited as it is written"):
        with_edit(FORMS["dotted"], Edit(bundle="tool", path=("agents", "triage"), values={"model": "x"}))
