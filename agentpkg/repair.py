r"""Repairing a header that is not valid YAML, entry by entry.

| what stands there                                     | how it is read                                           |
|-------------------------------------------------------|----------------------------------------------------------|
| `key:` at column 0: a known key, or a lower-case word | begins an entry                                          |
| a word of dialogue, anything inside an open example   | continues the entry before (known keys begin one even    |
|                                                       | in an example that nobody closes)                        |
| a known key, indented by one to three blanks          | begins an entry if the one before is one finished line   |
| an entry that is valid YAML by itself                 | as YAML                                                  |
| any other                                             | raw: `: `, ` #`, `*`, `@` and backticks are literal, one |
|                                                       | pair of outer quotes goes, `\n`, `\t`, `\"` are real     |
| a raw list of tools                                   | names; anything but names is an error                    |
| a raw table of rules, a key twice, a line in a raw    | an error                                                 |
| value that might be a list of tools                   |                                                          |
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentpkg.errors import ContentRefused
from agentpkg.header import read_header
from agentpkg.restrictions import POWER_LISTS, POWER_TABLES, holds_limit
from agentpkg.text import cut
from agentpkg.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentpkg.header import Header

# Keys that some host knows. A lower-case word begins an entry anyhow; these do so in more places.
_KNOWN = """
    name description tools model color mode temperature top_p steps variant hidden permission permissions prompt
    category version tags skills hooks memory background isolation effort resources capabilities readonly
    allowedTools allowed-tools allowed_tools enabled_tools disallowedTools disallowed-tools disallowed_tools
    disabled_tools disabledTools permissionMode mcpServers
    mcp-servers mcp_servers maxTurns max_turns timeout_mins display_name displayName initialPrompt argument-hint
    user-invocable disable-model-invocation model-policy reasoning-effort reasoningEffort reasoningLevel
    model_reasoning_effort sandbox_mode is_background modelId providerId maxIterations whenToUse subagents subagent
    mainAgent inheritMcp inheritCustomizations mcpInheritance commandExecutionPolicy includeMcpJson includePowers
    welcomeMessage keyboardShortcut max-nesting allowPromptArgument promptMode capabilityMode approvalMode
    permission_mode replace_system_prompt disable_rules disable_skills disable_workspace_guidelines load_memory
    max_iteration_per_run max_budget_per_run
"""
KNOWN_KEYS = frozenset(_KNOWN.split())
# Words before a colon that are talk. In brackets, so that no word here holds the name of a host.
_TALK = re.compile(
    r"user|users|assistant|context|exa[m]ples?|sa[m]ple|commentary|system|human|agent|model_response|response|input|"
    r"output|result|results|question|answer|note|notes|important|usage|when|scenario|situation|reasoning|thought|"
    r"step|tip|warning|reason|rationale|action|task|goal|request|reply|caller|http|https"
)
_WORD = re.compile(r"[a-z][a-z0-9_-]*")
_KEY = re.compile(
    r"(?P<indent> {0,3})(?P<quote>[\"']?)(?P<key>[A-Za-z_][\w-]{0,63})(?P=quote)[ \t]*:(?![^ \t])(?P<value>.*)\Z",
    re.ASCII,
)
_OPENS = re.compile(r"<exa[m]ple>", re.IGNORECASE)
_CLOSES = re.compile(r"</exa[m]ple>", re.IGNORECASE)
_BLOCK = re.compile(r"[|>][+-]?\d?[+-]?\Z")
_ITEM = re.compile(r"[ \t]*-[ \t]+(?P<item>\S.*)\Z")
MOST_KEYS = 200
_REAL = {"n": "\n", "t": "\t", '"': '"'}


@dataclass(slots=True)
class _Entry:
    """One key, the number of its line in the file, and its value as it stands, line by line."""

    key: str
    number: int
    lines: list[str] = field(default_factory=list)

    @property
    def is_finished(self) -> bool:
        """Whether the value is one line that nothing can continue: no block, and no open quote or bracket."""
        value = self.lines[0].strip()
        if len(self.lines) > 1 or not value or value[0] in "|>":
            return False
        closing = {'"': '"', "'": "'", "[": "]", "{": "}"}.get(value[0])
        return closing is None or (len(value) > 1 and value[-1] == closing)


def read_strictly(lines: list[str], where: str) -> dict[str, Header] | None:
    """Return the table that header lines hold, None if they are not strictly readable."""
    try:
        return read_header("\n".join(["---", *lines, "---", ""]), where)[0]
    except (ContentRefused, ValueError, OverflowError, RecursionError):
        return None


def repair_header(lines: list[str], where: str, first: int, repairs: list[str]) -> dict[str, Header]:
    """Return the table that header lines are meant to hold, and add to `repairs` what was read in another way.

    `first` is the number of the first line in the file at `where`. Raises `ContentRefused` where that is unclear.
    """
    header: dict[str, Header] = {}
    for entry in _split(lines, where, first, repairs):
        if entry.key in header:
            raise ContentRefused(
                f"{where}: line {entry.number}: the header has the key {entry.key!r} twice", hint="keep one of them"
            )
        header[entry.key] = _read_entry(entry, where, repairs)
    return header


def find_raw(lines: list[str]) -> Iterator[tuple[int, int, str, str]]:
    """Return first line, number of lines, key and text of every entry that is read as the text that stands there.

    Raises `ContentRefused` for header lines that cannot be read at all.
    """
    for entry in _split(lines, "", 0, []):
        more = len(entry.lines)
        while more > 1 and not entry.lines[more - 1].strip(" \t"):
            more -= 1
        if entry.key not in POWER_LISTS + POWER_TABLES and _read_alone(entry, "") is None:
            yield entry.number, more, entry.key, _raw_text(entry)


def split_names(text: str) -> list[str]:
    """Return the names in a text: between `[` and `]` or bare, split at commas, without any comma at blanks.

    What stands in parentheses stays together. Raises `ValueError` if the text holds anything but names.
    """
    inner = text.strip()
    if inner.startswith("[") and inner.endswith("]"):
        inner = inner[1:-1]
    bare, depth = [], 0  # the text with what stands in parentheses blotted out
    for character in inner:
        depth += character == "("
        bare.append("(" if depth else character)
        depth -= character == ")"
        if depth not in (0, 1):
            break
    outside = "".join(bare)
    if depth or re.search(r"[{}\[\])]|:(?:\s|\Z)|\A\s*[&!|>%?]", outside):
        raise ValueError(f"{text[:60]!r} is not a list of names")
    cut = re.compile("," if "," in outside else r"\s")
    places = [match.start() for match in cut.finditer(outside)]
    parts = [inner[begin:end] for begin, end in zip([0, *(one + 1 for one in places)], [*places, None], strict=True)]
    return [name for name in (_unquoted(part.strip()) for part in parts) if name]


def _split(lines: list[str], where: str, first: int, repairs: list[str]) -> list[_Entry]:
    """Return the entries of a header, in their order."""
    entries: list[_Entry] = []
    last_close = max((place for place, line in enumerate(lines) if _CLOSES.search(line)), default=-1)
    inside = 0
    for place, line in enumerate(lines):
        match = _KEY.match(line)
        entry = entries[-1] if entries else None
        if match and _begins(match, entry, inside > 0, place <= last_close):
            if match["indent"]:
                repairs.append(f"{where}: line {first + place}: {match['key']} is indented, and read as a key")
            entries.append(_Entry(match["key"], first + place, [match["value"]]))
            inside = 0
        elif entry:
            entry.lines.append(line)
        elif line.strip(" \t") and not line.startswith("#"):
            raise ContentRefused(
                f"{where}: line {first + place} of the header belongs to no key", hint="start it with name: or another"
            )
        inside = max(0, inside + len(_OPENS.findall(line)) - len(_CLOSES.findall(line)))
    if len(entries) > MOST_KEYS:
        raise ContentRefused(
            f"{where}: the header has more than {MOST_KEYS} keys",
            hint="leave only what the agent needs above the second ---",
        )
    return entries


def _begins(match: re.Match[str], entry: _Entry | None, inside: bool, closes: bool) -> bool:
    """Say whether a line begins an entry; it may stand `inside` an open example, of which one `closes` later."""
    known = match["key"] in KNOWN_KEYS
    if match["indent"]:
        return known and not inside and (entry is None or entry.is_finished)
    if inside:
        return known and not closes
    return known or bool(_WORD.fullmatch(match["key"]) and not _TALK.fullmatch(match["key"]))


def _read_alone(entry: _Entry, where: str) -> Header | None:
    """Return the value of an entry that is valid YAML by itself, None of any other."""
    alone = read_strictly([f"{entry.key}:{entry.lines[0]}", *entry.lines[1:]], where)
    return alone[entry.key] if alone is not None and alone.keys() == {entry.key} else None


def _read_entry(entry: _Entry, where: str, repairs: list[str]) -> Header:
    alone = _read_alone(entry, where)
    if alone is not None:
        return alone
    place = f"{where}: line {entry.number}: {entry.key}"
    if entry.key in POWER_TABLES or any(map(holds_limit, entry.lines[1:])):
        raise ContentRefused(
            f"{place} is not valid YAML, and might hold what the agent may do",
            hint="write it as valid YAML; what an agent may do is never guessed",
        )
    if entry.key in POWER_LISTS:
        names = _raw_names(entry, place)
        repairs.append(f"{place} is not valid YAML, and read as {cut(', '.join(names)) or 'no name'}")
        return [*names]
    repairs.append(f"{place} is not valid YAML, and read as the text that stands there")
    return _raw_text(entry)


def _raw_names(entry: _Entry, place: str) -> list[str]:
    """Return the names of a list of tools that is not valid YAML."""
    more = [line for line in entry.lines[1:] if line.strip(" \t")]
    items = [match["item"] for match in map(_ITEM.match, more) if match]
    try:
        if not more:
            return split_names(entry.lines[0])
        if len(items) < len(more) or entry.lines[0].strip():
            raise ValueError("its lines are not all items of a list")
        return [name for item in items for name in _one_name(item)]
    except ValueError as error:
        raise ContentRefused(
            f"{place}: {error}", hint="write a list of names; what an agent may do is never guessed"
        ) from None


def _one_name(item: str) -> list[str]:
    if "," in item.partition("(")[0] or item.startswith(("[", "{", "-")):
        raise ValueError(f"{item!r} is not one name")
    return split_names(item)


def _raw_text(entry: _Entry) -> str:
    """Return a value as the text that stands there."""
    value, more = entry.lines[0].strip(), entry.lines[1:]
    indent = min((len(line) - len(line.lstrip(" \t")) for line in more if line.strip(" \t")), default=0)
    lines = [*([] if _BLOCK.match(value) else [value]), *(line[indent:].rstrip(" \t") for line in more)]
    return re.sub(r"\\([nt\"])", lambda match: _REAL[match[1]], _unquoted("\n".join(lines).strip()))


def _unquoted(text: str) -> str:
    """Return `text` without the one pair of quotes around it."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
