"""Reading a file that was written for some host, for the checks: as far as it can be read."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from agentpkg.checks import form
from agentpkg.checks.description import MISSING
from agentpkg.checks.reading import STAND_IN, of_error, of_repairs
from agentpkg.checks.subject import Subject, line_of
from agentpkg.errors import ContentRefused
from agentpkg.fields import load_toml
from agentpkg.findings import Finding
from agentpkg.foreign import translate
from agentpkg.foreign_forms import read_agents
from agentpkg.header import read_yaml
from agentpkg.hosts import HOSTS
from agentpkg.places import form_of, forms_of, guess_host, is_page, stem_of
from agentpkg.tolerant import is_nothing, read_tolerant
from agentpkg.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentpkg.findings import Rule
    from agentpkg.hosts.base import Host
    from agentpkg.tolerant import Tolerant

    Read = tuple[list[Subject], list[Finding]]

_TABLES = (".toml", ".json", ".jsonc", ".yaml", ".yml")
_UNTOLD = "nothing in it tells which host it is for"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What is known of a file besides its bytes.

    `place` is its whole path, by which hosts are told apart. `beside` returns the bytes of another file by its path
    from this one's folder, which a prompt may stand in. `named`: somebody has named the file itself. `written_for` is
    the name of its host, if somebody has said so.
    """

    place: str
    beside: Callable[[str], bytes | None]
    named: bool = False
    written_for: str | None = None


def read_plain(path: str, text: str, origin: Origin) -> Read:
    """Return the agents in a file of some host. A page that is no agent gives nothing, unless somebody has named it."""
    there = _form(text, origin)
    if there.form != "markdown" if there else not origin.place.endswith(".md"):
        return _read_form(path, text, origin, there)
    try:
        tolerant = read_tolerant(text.encode(), path)
    except ContentRefused as error:
        return [], [of_error(form.UNREADABLE, path, error)]
    fence = [*form.check_fence(path, text)] if not tolerant.header and (there or origin.named) else []
    if fence or is_page(tolerant, placed=there is not None):
        return [], fence or _of_page(path, origin)
    return _read_markdown(path, text, tolerant, there, origin)


def _form(text: str, origin: Origin) -> Host | None:
    """Return the form that a file is in by its place, or by what somebody has said; None if neither tells."""
    there = form_of(origin.place)
    if origin.written_for is None:
        return there
    forms = forms_of(HOSTS[origin.written_for])
    if there in forms:
        return there
    table = origin.place.endswith(_TABLES) and not text.lstrip().startswith("---")
    return next((one for one in forms if (one.form != "markdown") == table), forms[0])


def _of_page(path: str, origin: Origin) -> list[Finding]:
    known = origin.written_for or form_of(origin.place)
    told = ", by its header" if origin.place.endswith(".md") else "" if known else f": {_UNTOLD}"
    message = f"there is no agent in it{told}"
    return [Finding(rule=form.PAGE, path=path, message=message)] if origin.named else []


def _read_markdown(path: str, text: str, tolerant: Tolerant, there: Host | None, origin: Origin) -> Read:
    host = there or HOSTS[guess_host(tolerant.header)]
    key = next((key for key in (*host.description_keys, "description") if key in tolerant.header), "description")
    described = not is_nothing(tolerant.header.get(key, ""))
    if not described and not (origin.named or tolerant.header.keys() & {*host.name_keys, "name"}):
        return [], []
    subject = Subject(
        path=path, text=text, header=tolerant.header, body=tolerant.body, agent=None, host=host, placed=bool(there)
    )
    findings = [*of_repairs(path, tolerant)] if there is None or there.dialect == "yaml" else []
    if not described:
        findings.append(subject.at_key(MISSING, key, "there is no description"))
        tolerant = replace(tolerant, header={**tolerant.header, key: STAND_IN})
    try:
        foreign = translate(tolerant, host, stem_of(origin.place), path)
    except ContentRefused as error:
        return [subject], [*findings, of_error(form.NOT_CARRIED, path, error)]
    agent = foreign.agent if described else replace(foreign.agent, description="")
    if there:
        findings += [*form.check_stem(subject, stem_of(origin.place)), *_of_fields(path, text, foreign.notes)]
    return [replace(subject, agent=agent)], findings


def _read_form(path: str, text: str, origin: Origin, there: Host | None) -> Read:
    """Return the agents in a file that is no markdown."""
    place = origin.place
    try:
        read = read_agents(place, text.encode(), path, written_for=origin.written_for, beside=origin.beside)
    except ContentRefused as error:
        if error.message.endswith(_UNTOLD):
            return [], _of_page(path, origin)
        rule = form.UNREADABLE if _is_broken(place, text) else form.NOT_CARRIED
        return [], [_of_refusal(path, error, rule)]
    if read.page:
        return [], _of_page(path, origin)
    host = there or HOSTS.get(read.host)
    subjects = [
        Subject(path=path, text=text, header={}, body=one.agent.body, agent=one.agent, host=host, placed=bool(host))
        for one in read.agents
    ]
    return subjects, [_of_refusal(path, ContentRefused(told), form.NOT_CARRIED) for told in read.refused]


def _is_broken(place: str, text: str) -> bool:
    """Say whether nobody can read a file, whatever it is for."""
    try:
        if place.endswith(".toml"):
            load_toml(text)
        elif place.endswith(".json") or text.lstrip().startswith("{"):
            json.loads(text)
        else:
            read_yaml(text, place)
    except (ValueError, RecursionError, ContentRefused):
        return True
    return False


def _of_refusal(path: str, error: ContentRefused, rule: Rule) -> Finding:
    """Return a finding for an agent that was not taken, by `rule` unless it is a description that it lacks."""
    missing = re.search(r"description is (?:missing|empty)", error.message)
    return of_error(MISSING if missing else rule, path, error)


def _of_fields(path: str, text: str, notes: tuple[str, ...]) -> list[Finding]:
    """Return a finding for each field of which the host would not take the value."""
    findings = []
    for note in notes:
        told = note.removeprefix(f"{path}: ")
        key, dropped, why = told.partition(" is dropped: ")
        if dropped and "would not take" in why:
            findings.append(Finding(rule=form.FIELD, path=path, line=line_of(text, key), message=f"{key}: {why}"))
    return findings
