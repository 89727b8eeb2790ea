"""Files that hold agents of some host, in whatever form: markdown with a header, TOML, JSON, or a list of modes.

Each form becomes the same thing, a header of texts, lists and tables with a prompt, which `agentpkg.foreign` reads.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentpkg.agent import parse_agent
from agentpkg.errors import ContentRefused, with_hint
from agentpkg.foreign import Foreign, translate
from agentpkg.foreign_tables import read_table
from agentpkg.header import trim
from agentpkg.hosts import HOSTS
from agentpkg.places import form_of, forms_of, guess_form, guess_host, is_page, stem_of
from agentpkg.requirement import NAME, TIERS
from agentpkg.restrictions import is_limit
from agentpkg.text import cut, decode
from agentpkg.tolerant import Tolerant, check_powers, read_tolerant
from agentpkg.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentpkg.agent import Agent
    from agentpkg.header import Header
    from agentpkg.hosts.base import Host

CANONICAL = "agentpkg"  # in the place of a host's name: a file in our own format
_MODES = "customModes"
_AGENTS = "agent"  # the key of settings that holds a table of agents, by name
_TABLES = {".toml": "toml", ".json": "json", ".jsonc": "json", ".yaml": "modes", ".yml": "modes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a file holds: agents, why others in it could not be read, and the name of the host that it is written for.

    `page` says that it is a page and no agent.
    """

    host: str
    agents: tuple[Foreign, ...]
    refused: tuple[str, ...] = ()
    page: bool = False


def read_agents(
    path: str,
    data: bytes,
    where: str,
    *,
    written_for: str | None = None,
    beside: Callable[[str], bytes | None] | None = None,
) -> Reading:
    """Return the agents in the file at `path`, which messages call `where`.

    `written_for` names its host, if somebody knows; else the path tells, then the content. `beside`
    returns the bytes of another file by its path from this one's folder, which a prompt may stand in. Raises
    `ContentRefused` for a file of which nothing can be read.
    """
    form = _form(path, data, written_for)
    if form is None or form.form == "markdown":
        return _read_markdown(path, data, where, form)
    table = read_table(form.form, data, where)
    if form.form == "modes":
        return _read_modes(table, form, where)
    if form.form == "settings":
        return _read_settings(table, form, where, beside)
    document = _document(table, form, where, beside)
    return Reading(host=form.name, agents=(translate(document, form, stem_of(path), where),))


def _form(path: str, data: bytes, written_for: str | None) -> Host | None:
    """Return the form that a file is in; None for markdown of which the header must tell whose it is."""
    there = form_of(path)
    if there and not written_for:
        return there
    kind = _TABLES.get(path[path.rfind(".") :]) if "." in path else None
    if there and there.form != "markdown":
        kind = there.form
    elif kind and data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"---"):
        kind = None  # markdown with a header, whatever it is called
    elif kind == "json" and _MODES.encode() in data:
        kind = "modes"
    if not written_for:
        return guess_form(kind, _keys(kind, data)) if kind else None
    forms = forms_of(HOSTS[written_for])
    fitting = [form for form in forms if form.form == (kind or "markdown")]
    return there if there in forms else fitting[0] if fitting else forms[0]


def _keys(kind: str, data: bytes) -> set[str]:
    """Return the keys by which a form is told from others of its kind."""
    try:
        table = read_table(kind, data, "")
    except ContentRefused:
        return set()
    modes = table.get(_MODES)
    tables = [table, *(modes if isinstance(modes, list) else [])]
    return {key for one in tables if isinstance(one, dict) for key in one}


def _read_markdown(path: str, data: bytes, where: str, form: Host | None) -> Reading:
    if path.endswith(tuple(_TABLES)) and form is None and not data.lstrip().startswith(b"---"):
        raise ContentRefused(
            f"{where}: nothing in it tells which host it is for",
            hint="move it to where its host looks for agents; import takes --from-host, and convert --from",
        )
    tolerant = read_tolerant(data, where)
    if is_page(tolerant, placed=form is not None):
        return Reading(host=form.name if form else "", agents=(), page=True)
    own = None if form else _read_own(tolerant, data, where)
    if own:
        return Reading(host=CANONICAL, agents=(Foreign(agent=own, notes=(), servers=()),))
    form = form or HOSTS[guess_host(tolerant.header)]
    return Reading(host=form.name, agents=(translate(tolerant, form, stem_of(path), where),))


def _read_own(tolerant: Tolerant, data: bytes, where: str) -> Agent | None:
    """Return the agent in a file that is strictly in our own format, None for any other."""
    name, header = tolerant.header.get("name"), tolerant.header
    ours = "hosts" in header or "tools" in header or header.get("model") in TIERS
    if not (ours and isinstance(name, str) and NAME.match(name)) or tolerant.repairs:
        return None
    try:
        return parse_agent(decode(data, where), where, name)
    except ContentRefused:
        return None


def _document(
    table: dict[str, Header], form: Host, where: str, beside: Callable[[str], bytes | None] | None
) -> Tolerant:
    """Return a table with its prompt taken out, which may stand in another file."""
    check_powers(table, where)
    header = dict(table)
    body = header.pop(form.body_key or "", "")
    if not isinstance(body, str):
        raise ContentRefused(f"{where}: {form.body_key} is no text", hint="write the prompt as one text")
    repairs: list[str] = []
    reference = re.fullmatch(form.prompt_file, body) if form.prompt_file else None
    if reference:
        path = reference[1]
        data = beside(path) if beside else None
        if data is None:
            raise ContentRefused(
                f"{where}: the prompt stands in {cut(path)}, which cannot be read from here",
                hint="put it beside the file, or name the folder above that holds both",
            )
        repairs.append(f"{where}: the prompt is that of {cut(path)}")
        body = decode(data, f"{where}: {path}")
    return Tolerant(header=header, body=trim(_joined(header, body, form, where, repairs)), repairs=tuple(repairs))


def _joined(header: dict[str, Header], body: str, form: Host, where: str, repairs: list[str]) -> str:
    """Return the prompt with the further texts that the host puts after it, which leave the header."""
    for key in form.more_body_keys:
        more = header.pop(key, "")
        if isinstance(more, str) and more.strip():
            repairs.append(f"{where}: {key} is read as the end of the prompt, where the host puts it")
            body = f"{body.rstrip()}\n\n{more}"
    return body


def _read_modes(table: dict[str, Header], form: Host, where: str) -> Reading:
    modes = table.get(_MODES)
    if not isinstance(modes, list):
        raise ContentRefused(f"{where}: there is no list of {_MODES}", hint="write it as its host does")
    agents, refused = [], []
    for number, mode in enumerate(modes):
        slug = mode.get("slug", "") if isinstance(mode, dict) else ""
        place = f"{where}: {_MODES}[{number}]" + (
            f" ({cut(slug)})" if isinstance(slug, str) and NAME.match(slug) else ""
        )
        try:
            if not isinstance(mode, dict):
                raise ContentRefused(f"{place} is no table", hint="write it as its host does")
            document, notes = _whole_groups(_document(mode, form, place, None), form, place)
            found = translate(document, form, str(mode.get("slug", "")), place)
        except ContentRefused as error:
            refused.append(with_hint(error))
        else:
            agents.append(replace(found, notes=(*notes, *found.notes)))
    return Reading(host=form.name, agents=tuple(agents), refused=tuple(refused))


def _read_settings(
    table: dict[str, Header], form: Host, where: str, beside: Callable[[str], bytes | None] | None
) -> Reading:
    """Return the agents in a host's own settings; what has no prompt there only sets up an agent of the host's own."""
    entries = table.get(_AGENTS)
    agents, refused = [], []
    for name, entry in entries.items() if isinstance(entries, dict) else ():
        if not isinstance(entry, dict) or not entry.get(form.body_key or ""):
            continue
        place = f"{where}: {_AGENTS}.{cut(name)}"
        try:
            document = _document(_with_rules(entry, table, form, place), form, place, beside)
            agents.append(translate(document, form, name, place))
        except ContentRefused as error:
            refused.append(with_hint(error))
    return Reading(host=form.name, agents=tuple(agents), refused=tuple(refused), page=not (agents or refused))


def _with_rules(entry: dict[str, Header], table: dict[str, Header], form: Host, place: str) -> dict[str, Header]:
    """Return an agent's entry with the rules that the settings have for all agents before its own."""
    merged = dict(entry)
    keys = (getattr(form.tools, "key", None), getattr(form.tools, "switches", None))
    stray = next((key for key in table if key not in keys and is_limit(key)), None)
    if stray is not None:
        raise ContentRefused(
            f"{place}: {cut(stray)!r} beside it is no key that {form.title} reads",
            hint="take it out, or spell it as the host does",
        )
    for key in keys:
        if not (key and table.get(key)):
            continue
        rules: dict[str, Header] = {}
        for one in (table[key], entry.get(key, {})):
            own = {"*": one} if isinstance(one, str) else one
            if not isinstance(own, dict):
                raise ContentRefused(
                    f"{place}: {key} is neither one word nor a table of rules",
                    hint="write it as its host does",
                )
            last = {rule: _after(rules.get(rule), action) for rule, action in own.items()}
            rules = {rule: action for rule, action in rules.items() if rule not in own} | last
        merged[key] = rules
    return merged


def _after(before: Header | None, action: Header) -> Header:
    """Return the rules for one tool, with what others before them did not allow and they say nothing of."""
    if before is None or not isinstance(action, dict):
        return action
    inner = before if isinstance(before, dict) else {"*": before}
    return {scope: one for scope, one in inner.items() if one != "allow" and scope not in action} | action


def _whole_groups(document: Tolerant, form: Host, place: str) -> tuple[Tolerant, list[str]]:
    """Return a mode without groups that hold for some files only, of which there is no word here, and notes on them."""
    key = getattr(form.tools, "key", "")
    groups = document.header.get(key)
    if not isinstance(groups, list):
        return document, []
    whole: list[Header] = []
    notes = []
    for group in groups:
        name, limits = (group[0], group[1:]) if isinstance(group, list) and group else (group, [])
        if any(isinstance(limit, dict) and limit.get("fileRegex") for limit in limits):
            notes.append(f"{place}: {key}: {cut(str(name))} is dropped: it holds for some files only")
        elif isinstance(name, str):
            whole.append(name)
        else:
            raise ContentRefused(f"{place}: {key} mixes names with tables", hint="write a list of names")
    return replace(document, header={**document.header, key: whole}), notes
