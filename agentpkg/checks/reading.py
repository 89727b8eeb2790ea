"""Reading a file for the checks: as far as it can be read, with findings for everything that stood in the way."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from agentpkg import emit
from agentpkg.agent import Agent, parse_agent, with_variant
from agentpkg.checks import form, safety
from agentpkg.checks.description import MISSING
from agentpkg.checks.form import NOT_CARRIED, UNREADABLE
from agentpkg.checks.subject import Subject, line_of
from agentpkg.errors import ContentRefused
from agentpkg.findings import Finding
from agentpkg.foreign import translate
from agentpkg.foreign_forms import read_agents
from agentpkg.header import read_yaml
from agentpkg.hidden import find_hidden
from agentpkg.hosts import HOSTS
from agentpkg.places import form_of, guess_host, stem_of
from agentpkg.repair import split_names
from agentpkg.text import place_of
from agentpkg.tolerant import Tolerant, is_nothing, read_tolerant

if TYPE_CHECKING:
    from agentpkg.findings import Rule
    from agentpkg.header import Header
    from agentpkg.hosts.base import Value

_PLACE = re.compile(r"(?:(?:line (?P<line>\d+)(?:, column (?P<column>\d+))?)[: ]*)?(?P<told>.*)", re.DOTALL)
_STAND_IN = "Stands in for what is missing"
Read = tuple[Subject | None, list[Finding]]
Beside = Callable[[str], bytes | None]


def read_text(path: str, data: bytes, *, canonical: bool) -> tuple[str | None, list[Finding]]:
    """Return the text of a file with LF line endings and without what cannot be seen, None if it is none.

    With it come findings about its bytes: secrets, hidden characters, marks and line endings.
    """
    if b"\0" in data:
        return None, [Finding(rule=UNREADABLE, path=path, message="is no text")]
    try:
        text = data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line, column = place_of(data.decode("utf-8", "surrogateescape"), len(data[: error.start].decode()))
        message = f"byte 0x{data[error.start]:02X} is not UTF-8"
        return None, [Finding(rule=UNREADABLE, path=path, line=line, column=column, message=message)]
    findings = [*form.check_bytes(path, data, canonical=canonical)]
    hidden = [*find_hidden(text)]
    findings += [*safety.check_secrets(path, text), *safety.check_hidden(path, text, hidden)]
    return safety.without(text, {*hidden}), findings


def read_canonical(path: str, text: str, stem: str) -> Read:
    """Return a bundle's agent, read as it was meant, and findings for all that a strict reader would not take."""
    try:
        tolerant = read_tolerant(text.encode(), path)
    except ContentRefused as error:
        return None, [of_error(UNREADABLE, path, error)]
    findings = [*_of_repairs(path, tolerant, as_error=True)]
    agent = None
    try:
        agent = parse_agent(text, path, stem)
    except ContentRefused as strict:
        mended = _mended(path, text, tolerant, stem, findings)
        try:
            agent = parse_agent(emit.markdown(cast("dict[str, Value]", mended), tolerant.body).decode(), path, stem)
        except ContentRefused as error:
            if not any(one.rule is form.REFUSED for one in findings):
                findings.append(of_error(form.REFUSED, path, error))
        else:
            if not findings:
                findings.append(of_error(form.REFUSED, path, strict))
            if any(one.rule is MISSING for one in findings):
                agent = replace(agent, description="")
    subject = Subject(path=path, text=text, header=tolerant.header, body=tolerant.body, agent=agent)
    return subject, findings


def _mended(path: str, text: str, tolerant: Tolerant, stem: str, findings: list[Finding]) -> dict[str, Header]:
    """Return a header with what is known to be wrong put right, and add a finding for each."""
    header: dict[str, Header] = {**tolerant.header}
    name = header.get("name")
    if name != stem:
        told = f"name is {name!r}, and the file is {stem}.md" if name is not None else "the header gives no name"
        findings.append(Finding(rule=form.NAME, path=path, line=line_of(text, "name"), message=told, as_error=True))
        header["name"] = stem
    description = header.get("description", "")
    if is_nothing(description):
        findings.append(
            Finding(rule=MISSING, path=path, line=line_of(text, "description"), message="there is no description")
        )
        header["description"] = _STAND_IN
    tools = header.get("tools")
    if isinstance(tools, str) and not is_nothing(tools):
        try:
            tools = [*split_names(tools)]
        except ValueError:
            pass
        else:
            told = "tools is a text, and must be a list of names: [read, grep]"
            findings.append(Finding(rule=form.REFUSED, path=path, line=line_of(text, "tools"), message=told))
    if isinstance(tools, list):
        names = [one for one in tools if isinstance(one, str)]
        findings += form.check_vocabulary(path, line_of(text, "tools"), names)
        header["tools"] = [*dict.fromkeys(one for name in names for one in form.canonical_names(name) or (name,))]
    return header


def read_variant(path: str, text: str, agent: Agent, host: str) -> Read:
    """Return another body for an agent of a bundle, and findings for what a strict reader would not take."""
    try:
        own = with_variant(agent, host, text, path)
    except ContentRefused as error:
        return None, [of_error(form.REFUSED, path, error)]
    if host not in HOSTS:
        message = f"{host} is no host that agentpkg knows"
        return None, [Finding(rule=form.NO_HOST, path=path, message=message)]
    body = own.bodies[host]
    return Subject(path=path, text=text, header={}, body=body, agent=own, host=HOSTS[host], variant=True), []


def read_plain(path: str, text: str, place: str, beside: Beside, *, named: bool) -> tuple[list[Subject], list[Finding]]:
    """Return the agents in a file of some host; `place` is its whole path, by which hosts are told apart.

    `beside` returns the bytes of another file by its path from this one's folder, which a prompt may stand in. A page
    that is no agent gives nothing, unless somebody has `named` it.
    """
    there = form_of(place)
    if not place.endswith(".md") and (there is None or there.form != "markdown"):
        return _read_form(path, text, place, beside)
    try:
        tolerant = read_tolerant(text.encode(), path)
    except ContentRefused as error:
        return [], [of_error(UNREADABLE, path, error)]
    host = there or HOSTS[guess_host(tolerant.header)]
    key = next((key for key in (*host.description_keys, "description") if key in tolerant.header), "description")
    described = not is_nothing(tolerant.header.get(key, ""))
    if not described and not (named or tolerant.header.keys() & {*host.name_keys, "name"}):
        return [], []
    subject = Subject(
        path=path, text=text, header=tolerant.header, body=tolerant.body, agent=None, host=host, placed=bool(there)
    )
    findings = [*_of_repairs(path, tolerant)] if there is None or there.dialect == "yaml" else []
    if not described:
        findings.append(subject.at_key(MISSING, key, "there is no description"))
        tolerant = replace(tolerant, header={**tolerant.header, key: _STAND_IN})
    try:
        foreign = translate(tolerant, host, stem_of(place), path)
    except ContentRefused as error:
        return [subject], [*findings, of_error(NOT_CARRIED, path, error)]
    agent = foreign.agent if described else replace(foreign.agent, description="")
    if there:
        findings += [*form.check_stem(subject, stem_of(place)), *_of_fields(path, text, foreign.notes)]
    return [replace(subject, agent=agent)], findings


def _read_form(path: str, text: str, place: str, beside: Beside) -> tuple[list[Subject], list[Finding]]:
    """Return the agents in a file that is no markdown."""
    try:
        read = read_agents(place, text.encode(), path, beside=beside)
    except ContentRefused as error:
        return [], [_of_refusal(path, error, UNREADABLE if _is_broken(place, text) else NOT_CARRIED)]
    host = form_of(place) or HOSTS[read.host]
    subjects = [
        Subject(path=path, text=text, header={}, body=one.agent.body, agent=one.agent, host=host, placed=True)
        for one in read.agents
    ]
    return subjects, [_of_refusal(path, ContentRefused(told), NOT_CARRIED) for told in read.refused]


def _is_broken(place: str, text: str) -> bool:
    """Say whether nobody can read a file, whatever it is for."""
    try:
        if place.endswith(".toml"):
            tomllib.loads(text)
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


def _of_repairs(path: str, tolerant: Tolerant, *, as_error: bool = False) -> list[Finding]:
    """Return a finding for each repair, but for line breaks in a description, which hosts read so themselves."""
    told = [repair for repair in tolerant.repairs if not repair.endswith("is read as a line break")]
    return [replace(of_error(form.HEADER, path, ContentRefused(one)), as_error=as_error) for one in told]


def _of_fields(path: str, text: str, notes: tuple[str, ...]) -> list[Finding]:
    """Return a finding for each field of which the host would not take the value."""
    findings = []
    for note in notes:
        told = note.removeprefix(f"{path}: ")
        key, dropped, why = told.partition(" is dropped: ")
        if dropped and "would not take" in why:
            findings.append(Finding(rule=form.FIELD, path=path, line=line_of(text, key), message=f"{key}: {why}"))
    return findings


def of_error(rule: Rule, path: str, error: ContentRefused) -> Finding:
    """Return a finding for what a reader says of the file that it calls `path`, at the line that it names."""
    match = _PLACE.match(error.message.removeprefix(path).lstrip(": "))
    line, column, told = (match["line"], match["column"], match["told"]) if match else (None, None, error.message)
    return Finding(
        rule=rule,
        path=path,
        line=int(line) if line else None,
        column=int(column) if column else None,
        message=told + (f"; {error.hint}" if error.hint and rule is not form.HEADER else ""),
    )
