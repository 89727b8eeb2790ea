"""What must hold of every agent that a client was given.

Each check returns complaints, one an agent and finding, and none if all is well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agentpkg.grants import EVERYTHING, Grants, Tool
from agentpkg.hosts import HOSTS
from agentpkg.hosts.base import NoControl
from tests.conformance.client import Seen
from tests.conformance.known import KNOWN, Known
from tests.conformance.suite import Entry
from tests.conformance.trial import Trial

_WRITTEN = re.compile(r"(\S+) is written (.+?)(?:, and \d+ like it)?: ")


@dataclass(frozen=True, slots=True, order=True)
class Complaint:
    """What is wrong with one agent."""

    agent: str
    what: str

    def __str__(self) -> str:
        return f"{self.agent}: {self.what}"


def check_accepted(trial: Trial) -> list[Complaint]:
    """Every agent is taken, and starts."""
    found = []
    for name in trial.suite.entries:
        seen = trial.observed.agents.get(name, Seen(rejected="the client says nothing of it"))
        if seen.rejected is not None:
            found.append(Complaint(name, f"rejected: {seen.rejected}"))
        elif seen.stuck is not None:
            found.append(Complaint(name, f"does not start: {seen.stuck}"))
    return found


def check_descriptions(trial: Trial) -> list[Complaint]:
    """The client has the description that stands in the file, to the character."""
    return [
        Complaint(name, f"the client has the description {seen.description!r:.400}")
        for name, entry, seen in trial.taken()
        if seen.description != entry.header["description"]
    ]


def check_powers(trial: Trial) -> list[Complaint]:
    """No tool that the client resolved gives more than the agent's grants, and none is unknown."""
    powers = trial.powers()
    found = []
    for name, entry, seen in trial.started():
        held = entry.grants.with_powers(entry.rendering.gained)
        for tool in seen.tools or ():
            word, bracket, scope = tool.partition("(")
            if word not in powers:
                found.append(Complaint(name, f"no table says what the tool {tool!r} gives"))
            given = [f"{power}{bracket}{scope}" for power in powers.get(word, ())]
            beyond = [power for power in given if not held.covers(power)]
            found += [Complaint(name, f"{tool} gives {power}, which the agent does not hold") for power in beyond]
    return found


def check_tools(trial: Trial) -> list[Complaint]:
    """An agent has each tool that its list names, unless the rendering's notes say that it could not be carried."""
    return [
        Complaint(name, f"{tool} is in its list, and {wanted} is not among its tools")
        for name, entry, seen in trial.started()
        for tool in entry.agent.tools or ()
        if seen.tools is not None and not tool.scope and not _is_dropped(tool, entry)
        for wanted in _names_of(tool, trial)
        if wanted not in seen.tools
    ]


def _names_of(tool: Tool, trial: Trial) -> tuple[str, ...]:
    """Return the client's names for a tool of an agent's list."""
    if not tool.server:
        return tuple(trial.client.expects.get(tool.name, ()))
    tools = next((one.tools for one in trial.servers if one.name == tool.server), ())
    spell = trial.client.spell
    return tuple(spell(tool.server, one) for one in tools if tool.server_tool in ("*", one)) if spell else ()


def _is_dropped(tool: Tool, entry: Entry) -> bool:
    word = re.compile(rf"(?<![\w-]){re.escape(str(tool))}(?![\w-])")
    return any(note.fidelity.name == "NARROWED" and word.search(note.detail) for note in entry.rendering.notes)


def check_models(trial: Trial) -> list[Complaint]:
    """What is sent is the model that stands in the file, or the session's own where none does."""
    models = trial.client.models
    if models is None:
        return []
    found = []
    for name, entry, seen in trial.started():
        model = entry.header.get(models.key)
        wanted = models.sends(model) if isinstance(model, str) else models.session
        if not re.fullmatch(wanted, seen.model or ""):
            found.append(Complaint(name, f"the file says {model!r}, and {seen.model!r} is sent"))
    return found


def check_bodies(trial: Trial) -> list[Complaint]:
    """The prompt that stands in the file reaches the model to the character, white space at both ends aside."""
    return [
        Complaint(name, f"the prompt is not in what is sent: {_first_missing(entry.body, seen.system or '')}")
        for name, entry, seen in trial.started()
        if entry.body.strip() not in (seen.system or "")
    ]


def _first_missing(body: str, system: str) -> str:
    missing = next((line for line in body.splitlines() if line not in system), "its lines are, but not together")
    return repr(missing)


def check_shown(trial: Trial) -> list[Complaint]:
    """The client shows of every agent what its module promises: no check passes for want of something to see."""
    found = []
    for name, _, seen in trial.taken():
        shown = {"description": seen.description, "tools": seen.tools, "model": seen.model, "body": seen.system}
        due = trial.client.sees if seen.stuck is None else trial.client.sees & {"description"}
        found += [Complaint(name, f"its {aspect} cannot be seen") for aspect in sorted(due) if shown[aspect] is None]
    return found


def check_rendered(trial: Trial) -> list[Complaint]:
    """What stands in the file is what the author wrote, but for what the rendering's notes tell of."""
    found = []
    host = trial.client.host
    for name, entry in trial.suite.entries.items():
        own = entry.agent.host_fields.get(host, {}).get("description", entry.agent.description)
        noted = {note.field for note in entry.rendering.notes}
        if entry.header["description"] != own and "description" not in noted:
            found.append(Complaint(name, "its description is another, and no note tells of it"))
        rewritten = _rewritten(entry)
        author = entry.agent.bodies.get(host, entry.agent.body)
        if _without(author, [was for was, _ in rewritten]) != _without(entry.body, [now for _, now in rewritten]):
            found.append(Complaint(name, "its prompt is another, and no note tells of it"))
    return found


def _rewritten(entry: Entry) -> list[tuple[str, str]]:
    """Return what notes say of the prompt: one text as the author wrote it, and as it stands in the file."""
    details = [note.detail for note in entry.rendering.notes if note.field == "body"]
    return [(match[1], match[2]) for detail in details for match in _WRITTEN.finditer(detail)]


def _without(body: str, texts: list[str]) -> str:
    """Return a prompt without these texts and any that differ from them in a word only."""
    for text in texts:
        body = re.sub(re.sub(r"\w+", r"\\w+", re.escape(text)), "", body)
    return body


def check_refused(trial: Trial) -> list[Complaint]:
    """agentpkg writes every agent; only where the host does not hold all back, it wants to be allowed to for some."""
    control = HOSTS[trial.client.host].tools
    loose = (EVERYTHING,) if isinstance(control, NoControl) else getattr(control, "always", ())
    found = [Complaint(name, f"agentpkg does not write it: {why}") for name, why in trial.suite.lost.items()]
    for name, entry in trial.suite.entries.items():
        due = Grants(frozenset(loose), entry.grants.limits).beyond(entry.grants)
        if due and entry.refusal is None:
            found.append(Complaint(name, f"agentpkg writes it, and the host does not hold back {', '.join(due)}"))
        if entry.refusal is not None and not due:
            found.append(Complaint(name, f"agentpkg refuses it: {entry.refusal}"))
    return found


CHECKS: Mapping[str, Callable[[Trial], list[Complaint]]] = {
    "refused": check_refused,
    "rendered": check_rendered,
    "accepted": check_accepted,
    "shown": check_shown,
    "description": check_descriptions,
    "powers": check_powers,
    "tools": check_tools,
    "model": check_models,
    "body": check_bodies,
}


def complaints(trial: Trial, check: str) -> list[Complaint]:
    """Return what a check finds that is not known, and what is known and no longer so."""
    known = {one.agent: one for one in known_of(trial, check)}
    found = CHECKS[check](trial)
    gone = known.keys() - {one.agent for one in found}
    return [
        *(one for one in found if one.agent not in known),
        *(Complaint(name, f"no longer so, take it out of known.py: {known[name].why}") for name in sorted(gone)),
    ]


def known_of(trial: Trial, check: str | None = None) -> list[Known]:
    """Return what is known of the agents that the trial holds, of one check or of all."""
    return [
        one
        for one in KNOWN
        if one.host == trial.client.host and check in (None, one.check) and one.agent in trial.suite.entries
    ]
