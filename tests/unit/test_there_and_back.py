"""What a host gets and what is read of it again: the same agent, but for what the rendering says it could not carry."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import strategies as st

from agentpkg.agent import Agent
from agentpkg.errors import ContentRefused
from agentpkg.files import is_entry
from agentpkg.foreign_forms import read_agents
from agentpkg.grants import Grants, parse_tool
from agentpkg.hosts import HOSTS
from agentpkg.manifest import HostSettings
from agentpkg.render import render_agent
from agentpkg.restrictions import TAKEN
from agentpkg.shared import write_entries
from agentpkg.tolerant import is_nothing
from tests.support.examples import examples
from tests.unit.builders import TOOL_LISTS, TRICKY, held_by

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentpkg.foreign import Foreign
    from agentpkg.header import Header
    from agentpkg.hosts.base import Host, HostField
    from agentpkg.render import Rendering

NATIVE = [host for host in HOSTS.values() if host.native]
EVERY_HOST = pytest.mark.parametrize("host", NATIVE, ids=lambda host: host.name)
MODELS = ["strong", "balanced", "fast", "claude-opus-4-8", "gpt-5.4", "anthropic/claude-sonnet-4-6", "a b: c #"]


def plain(value: Header) -> object:
    """Return a value as a number if it is one: `1` is written `1.0` where a host wants such."""
    return float(value) if isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?", value) else value


def values_of(spec: HostField) -> st.SearchStrategy[Header]:
    """Return texts that a field takes."""
    if spec.choices:
        texts = st.sampled_from(spec.choices)
    elif spec.kind == "integer":
        texts = st.integers(1, int(spec.most or 900)).map(str)
    elif spec.kind == "number":
        texts = st.sampled_from(["1", "0.5", "0.25"]) if (spec.most or 1) >= 1 else st.just("0.5")
    elif spec.kind == "boolean":
        texts = st.sampled_from(["true", "false"])
    else:
        texts = st.from_regex(spec.pattern, fullmatch=True) if spec.pattern else st.sampled_from(["x", "a: b # c", '"'])
    texts = texts.filter(lambda text: text.isprintable() and text == text.strip())
    return st.lists(texts, min_size=1, max_size=3, unique=True) if spec.kind == "texts" else texts


def fields_of(host: Host) -> st.SearchStrategy[dict[str, Header]]:
    return st.fixed_dictionaries({}, optional={spec.name: values_of(spec) for spec in host.fields})


def rendered(agent: Agent, host: Host) -> Rendering | None:
    """Return the rendering, None for an agent that the host does not take, or that would be wider there."""
    try:
        rendering = render_agent(agent, held_by(agent), host, HostSettings())
    except ContentRefused:
        return None
    return None if rendering.gained else rendering


def read_again(rendering: Rendering, host: Host, name: str) -> Foreign:
    path = host.agents.format(name=name)
    file, _, entry = path.partition("#")
    data = write_entries(None, {entry: rendering.content}) if is_entry(path) else rendering.content
    reading = read_agents(file, data or b"", "x")
    assert (reading.host, reading.refused, reading.page) == (host.name, (), False)
    [found] = reading.agents
    return found


def an_agent(tools: tuple[str, ...] | None, fields: Mapping[str, Mapping[str, Header]], **more: str | None) -> Agent:
    return Agent(
        name="triage",
        description=more.get("description") or "Use when an incident comes in",
        body=more.get("body") or "You are a triage agent, and find out what is wrong.\n",
        tools=None if tools is None else tuple(parse_tool(tool) for tool in tools),
        model=more.get("model"),
        host_fields=fields,
        bodies={},
    )


@EVERY_HOST
@given(data=st.data(), tools=st.none() | TOOL_LISTS, model=st.none() | st.sampled_from(MODELS))
@examples(25, suppress_health_check=[HealthCheck.filter_too_much])
def test_tools_model_and_fields_come_back(
    host: Host, data: st.DataObject, tools: tuple[str, ...] | None, model: str | None
) -> None:
    fields = data.draw(fields_of(host))
    agent = an_agent(tools, {host.name: fields} if fields else {}, model=model)
    rendering = rendered(agent, host)
    assume(rendering)
    assert rendering
    lost = {note.field for note in rendering.notes}
    found = read_again(rendering, host, agent.name).agent
    assert found.name == agent.name
    held, again = held_by(agent), Grants.of(found.tools)
    assert again.beyond(held) == ()
    limits = {said for said in host.meant if fields.get(said.partition("=")[0]) == said.partition("=")[2]}
    if "tools" not in lost and not limits:
        assert held.beyond(again.with_powers(getattr(host.tools, "always", ()))) == ()
    if "model" not in lost:
        assert (found.model is None) == (agent.model in (None, "inherit"))
    again_fields = found.host_fields.get(host.name, {})
    moved = {key for key in fields if key in host.more_body_keys or key in TAKEN}
    usual = {*host.fixed, *getattr(host.tools, "beside", {})}
    for key in fields.keys() - moved - usual:
        assert plain(again_fields[key]) == plain(fields[key])
    second = rendered(found, host)
    if not lost and not moved and not limits and tools is None:
        assert second is not None
        assert second.content == rendering.content


@EVERY_HOST
@given(description=TRICKY.filter(lambda text: not is_nothing(text)), body=TRICKY)
@examples(25)
def test_texts_come_back_whole(host: Host, description: str, body: str) -> None:
    agent = an_agent(
        None, {}, description=description, body=f"The head of a prompt that is long enough.\n{body}\nEnd.\n"
    )
    rendering = rendered(agent, host)
    assume(rendering)
    assert rendering
    lost = {note.field for note in rendering.notes}
    found = read_again(rendering, host, agent.name).agent
    if "description" not in lost:
        assert found.description == description.replace("\\n", "\n").strip() or found.description == description.strip()
    if not lost & {"body", "description"}:
        assert found.body == agent.body


@EVERY_HOST
def test_every_host_has_something_to_lose(host: Host) -> None:
    """The checks above are about agents that are rendered: each host takes a plain one, and gives it back."""
    rendering = rendered(an_agent(None, {}), host)
    assert rendering
    found = read_again(rendering, host, "triage")
    assert re.match("Use when an incident comes in", found.agent.description)
    assert rendering.notes or not [note for note in found.notes if "dropped" in note or "drops" in note]
