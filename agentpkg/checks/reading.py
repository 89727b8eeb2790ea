"""Reading a file for the checks: as far as it can be read, with findings for everything that stood in the way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from agentpkg import emit
from agentpkg.agent import Agent, parse_agent, with_variant
from agentpkg.checks import form, safety
from agentpkg.checks.description import MISSING
from agentpkg.checks.form import UNREADABLE
from agentpkg.checks.subject import Subject, line_of
from agentpkg.errors import ContentRefused
from agentpkg.findings import Finding
from agentpkg.hidden import find_hidden
from agentpkg.hosts import HOSTS
from agentpkg.repair import split_names
from agentpkg.text import place_of
from agentpkg.tolerant import is_nothing, read_tolerant
from agentpkg.values import replace

if TYPE_CHECKING:
    from agentpkg.findings import Rule
    from agentpkg.header import Header
    from agentpkg.hosts.base import Value
    from agentpkg.tolerant import Tolerant

_PLACE = re.compile(r"(?:(?:line (?P<line>\d+)(?:, column (?P<column>\d+))?)[: ]*)?(?P<told>.*)", re.DOTALL)
STAND_IN = "Stands in for what is missing"
Read = tuple[Subject | None, list[Finding]]


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
    findings = [*of_repairs(path, tolerant, as_error=True)]
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
        header["description"] = STAND_IN
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


def of_repairs(path: str, tolerant: Tolerant, *, as_error: bool = False) -> list[Finding]:
    """Return a finding for each repair, but for line breaks in a description, which hosts read so themselves."""
    told = [repair for repair in tolerant.repairs if not repair.endswith("is read as a line break")]
    return [replace(of_error(form.HEADER, path, ContentRefused(one)), as_error=as_error) for one in told]


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
