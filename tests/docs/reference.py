"""`docs/reference.md` tells the usage and the options of every command, made from the commands themselves.

`python -m tests.docs.reference` makes them again, between `<!-- command: NAME -->` and `<!-- end -->`; the prose around
them is written by hand. Tables at the top, between `<!-- options: everywhere -->` (or `shared`) and `<!-- end -->`,
tell the options that many commands take; a command tells one of them itself where it means something else there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from textwrap import fill

import click

from agentpkg.cli import agentpkg
from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "reference.md"
AGAIN = "python -m tests.docs.reference"
EVERYWHERE = ("--quiet", "--verbose", "--help")  # every command has them
PLACES = ("--json", "--project", "--global")
SHARED = ("--dry-run", "--offline", "--frozen", "--accept-grants", "--yes", "--fail-on")
_MADE = re.compile(
    r"(?P<begin><!-- (?P<kind>command|options): (?P<name>[\w -]+) -->\n)(?P<body>.*?)(?P<end><!-- end -->)", re.DOTALL
)
_SECTION = re.compile(r"^### .*?(?=^##)", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An option as a page tells it. `name` is the last of its long names that say yes."""

    name: str
    spelled: str
    text: str

    def row(self) -> str:
        return f"| {self.spelled} | {self.text} |\n"


def _code(text: str) -> str:
    """Return code for the cell of a table, in which renderers do not agree how a pipe is written."""
    return f"<code>{text.replace('|', '&#124;')}</code>" if "|" in text else f"`{text}`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command by its path (`registry init`), with what its usage line says and its options."""

    path: str
    usage: str
    options: tuple[Option, ...]


@cache
def commands() -> dict[str, Command]:
    """Return all commands and subcommands by their paths, without the groups that hold them."""
    return {
        one.path: one
        for one in _walk(agentpkg, click.Context(agentpkg, info_name="agentpkg", **agentpkg.context_settings))
    }


def _walk(command: click.Command, context: click.Context) -> Iterator[Command]:
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None, name
            yield from _walk(below, click.Context(below, info_name=name, parent=context))
        return
    pieces = " ".join(command.collect_usage_pieces(context))
    yield Command(
        path=context.command_path.removeprefix("agentpkg "),
        usage=f"{context.command_path} {pieces}",
        options=tuple(
            _option(one, context)
            for one in command.get_params(context)
            if isinstance(one, click.Option) and not one.hidden
        ),
    )


def _option(option: click.Option, context: click.Context) -> Option:
    value = "" if option.is_flag or option.count else f" {option.make_metavar(context)}"
    spelled = ", ".join(_code(f"{name}{value}") for name in (*option.opts, *option.secondary_opts))
    long = [name for name in option.opts if name.startswith("--")]
    text = " ".join((option.help or "").split())
    return Option(name=long[-1], spelled=spelled, text=f"{text} Required." if option.required else text)


def common(known: Iterable[Command]) -> dict[str, Option]:
    """Return the options that many commands take, as most of them tell it."""
    wanted = (*PLACES, *EVERYWHERE, *SHARED)
    counted = Counter(option for command in known for option in command.options if option.name in wanted)
    most: dict[str, Option] = {}
    for option, _ in counted.most_common():
        most.setdefault(option.name, option)
    return most


def table(options: Iterable[Option]) -> str:
    """Return a table of options, empty if there is none."""
    rows = "".join(option.row() for option in options)
    return f"| option | means |\n|---|---|\n{rows}" if rows else ""


def block(command: Command, shared: dict[str, Option]) -> str:
    """Return what is made of a command."""
    own = [option for option in command.options if shared.get(option.name) != option]
    taken = {option.name for option in command.options if shared.get(option.name) == option}
    also = ", ".join(f"`{name}`" for name in (*SHARED, *PLACES) if name in taken)
    shared_too = fill(f"Shared options: {also}.", 120, break_on_hyphens=False) + "\n" if also else ""
    parts = [f"```text\n{command.usage}\n```\n", table(own), shared_too]
    return "\n".join(part for part in parts if part)


def remake(text: str) -> str:
    """Return the page's text with everything that is made from the commands made again."""
    known = commands()
    shared = common(known.values())
    tables = {
        "everywhere": table(map(shared.__getitem__, (*PLACES, *EVERYWHERE))),
        "shared": table(map(shared.__getitem__, SHARED)),
    }

    def make(found: re.Match[str]) -> str:
        body = tables[found["name"]] if found["kind"] == "options" else block(known[found["name"]], shared)
        return f"{found['begin']}\n{body}\n{found['end']}"

    return _MADE.sub(make, text)


def prose(text: str) -> dict[str, str]:
    """Return for each command of the page what is written about it by hand, in the section in which it stands."""
    told = {}
    for section in _SECTION.findall(text):
        _, _, body = section.partition("\n")
        for found in _MADE.finditer(body):
            told[found["name"]] = _MADE.sub("", body).strip()
    return told


if __name__ == "__main__":
    PAGE.write_text(remake(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
