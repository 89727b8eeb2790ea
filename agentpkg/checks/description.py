"""AP2xx: whether a description tells a host, and a person, when to use the agent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentpkg.checks.subject import is_english
from agentpkg.checks.words import stands_in
from agentpkg.findings import Finding, Rule
from agentpkg.hosts import HOSTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentpkg.checks.subject import Subject

MISSING = Rule(
    code="AP201", level="error", exit_code=3,
    about="there is no description",
    remedy="say in one or two sentences what the agent does, and when to use it",
    why="A host chooses an agent by its description. Without one it is never chosen, and many hosts do not load it.",
    wrong="---\nname: triage\n---",
    right='---\nname: triage\ndescription: "Sorts incoming incidents. Use when an alert fires."\n---',
)  # fmt: skip
VAGUE = Rule(
    code="AP202", level="warning",
    about="the description says next to nothing",
    remedy="name the work, the things that it is about, and when the agent is wanted",
    why="A host that has ten agents cannot tell from it whether this is the one.",
    wrong='description: "A helpful assistant"',
    right='description: "Reviews database migrations for locks and lost data. Use before a migration is merged."',
)  # fmt: skip
LONG = Rule(
    code="AP203", level="note",
    about="the description is longer than some hosts take",
    remedy="keep to what decides whether the agent is wanted, and move the rest into the prompt",
    why="The descriptions of all agents stand in the context of every session. Hosts that read an agent as a skill cut "
    "it, and so do clients that keep to the same limit.",
    wrong='description: "Use when … (and 2,000 characters of dialogue)"',
    right='description: "Use when … (up to 1,024 characters)"',
)  # fmt: skip
NO_TRIGGER = Rule(
    code="AP204", level="note",
    about="the description does not say when to use the agent",
    remedy="add a sentence that begins with: Use when",
    why="What an agent is good at does not tell a host when to call it. Agents that say when are called; others wait "
    "to be named.",
    wrong='description: "Specialist in data pipelines and warehouses"',
    right='description: "Builds data pipelines. Use when a load or a schedule is added, or fails."',
)  # fmt: skip
CHANGED = Rule(
    code="AP205", level="warning",
    about="a host changes text of the description, however it is written",
    remedy="say it in another way",
    why="The host reads part of the description as a sign of its own, so that a reader there sees another text.",
    wrong=r'description: "Use when a file holds C:\\new in a path"',
    right='description: "Use when a file holds a path with backslashes"',
)  # fmt: skip
RULES = (MISSING, VAGUE, LONG, NO_TRIGGER, CHANGED)
USUAL_LIMIT = 1024
_SHORTEST = 20
_FILLER = re.compile(
    r"(?:(?:an?|the|your|my|this|is|very|really|helpful|useful|general|generic|general-purpose|smart|great|powerful|"
    r"friendly|ai|coding|expert|new|custom|sub-?agent|assistant|agent|helper|bot|for|everything|anything|that|helps|"
    r"you|with|all|any|kinds?|of|tasks?|description|here|todo|tbd|test)\b[\s.,!:-]*)+\Z",
    re.IGNORECASE,
)
_TRIGGER = re.compile(
    r"\b(?:when|whenever|proactive(?:ly)?|if|once|before|after|while|during|until|upon|on request|must be used|"
    r"as needed|asked|asks?|requests?|requested|needs?|needed|wants?)\b"
    r"|\b(?:us(?:e|ed|eful|ing)|invoked?|call(?:ed)?|run|runs|choose|pick|consult|select|engage|trigger(?:s|ed)?|"
    r"activated?|launch(?:ed)?|spawn(?:ed)?|delegate|deploy|suited|suitable|ideal|best|perfect|good|great|designed|"
    r"recommended|reserved|responsible|dispatch(?:ed)?|handles?|only)\b[^.\n]{0,80}?"
    r"\b(?:for|to|on|in|by|as|at|from|this|it|agent|task|tasks)\b",
    re.IGNORECASE,
)
# Fields that say that people choose the agent, and no host does.
_BY_HAND = {"mode": "primary", "disable-model-invocation": "true"}


def check_description(subject: Subject) -> Iterator[Finding]:
    """Find a description that is too short or too long, or that does not say when to use the agent."""
    if subject.agent is None or subject.variant or not subject.agent.description:
        return
    text = subject.agent.description
    if (len(text) < _SHORTEST and text.isascii()) or _FILLER.match(text) or stands_in(text):
        yield subject.at_key(VAGUE, "description", f"the description says next to nothing: {text[:80]!r}")
    elif not _TRIGGER.search(text) and is_english(text) and not _is_chosen_by_hand(subject):
        yield subject.at_key(NO_TRIGGER, "description", "the description does not say when to use the agent")
    if len(text) > USUAL_LIMIT:
        yield subject.at_key(LONG, "description", _told_length(len(text)))


def _is_chosen_by_hand(subject: Subject) -> bool:
    held = [subject.header, *(subject.agent.host_fields.values() if subject.agent else ())]
    return any(fields.get(key) == value for fields in held for key, value in _BY_HAND.items())


def _told_length(length: int) -> str:
    cut = [name for name, host in HOSTS.items() if host.longest_description and length > host.longest_description]
    return f"the description has {length:,} characters: {', '.join(cut)} and clients that take {USUAL_LIMIT:,} cut it"


def check_changed(subject: Subject) -> Iterator[Finding]:
    """Find text of a canonical description that a host changes."""
    if subject.agent is None or subject.host is not None:
        return
    text = subject.agent.description
    for host in subject.hosts:
        found = re.search(host.description_hazard.pattern, text) if host.description_hazard else None
        if found and host.description_hazard:
            yield subject.at_key(CHANGED, "description", f"{found[0]}: {host.description_hazard.why}")


CHECKS = (check_description, check_changed)
