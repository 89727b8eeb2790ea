"""What stands on a page of the documentation that can be run, in the order in which it stands there.

A reader sees fences: ```` ```console ```` with commands and what they print, and files with a `title="PATH"`, which are
written. Comments, which a reader does not see, say the rest:

- `<!-- new scratch: NAME -->` begins anew, in an empty git repository `/tmp/NAME`, with an empty home;
- `<!-- run: SHELL -->` makes ready what a page takes for granted; nothing of it may fail;
- `<!-- terminal: COMMAND -->` begins a command at a terminal; the `text` that follows is the screen that comes of it;
- `<!-- keys: KEYS -->` presses keys there, by tmux's names for them, and the next screen follows;
- `<!-- not run: WHY -->` leaves out the console that follows, and every run tells so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
ELIDED = "…"
_PART = re.compile(
    r"^(?P<fence>`{3,})(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=fence)$"
    r"|^<!-- (?P<kind>[\w ]+):\s(?P<said>.*?)-->$",
    re.DOTALL | re.MULTILINE,
)
_TITLE = re.compile(r'title="([^"]+)"')
_EXIT = re.compile(r"\[exit (\d+)\]")
_AT_A_TERMINAL = ("terminal", "keys")
_OTHERS = ("command", "options")  # comments that the reference is made by


@dataclass(frozen=True, slots=True, kw_only=True)
class Scratch:
    """From here on in an empty folder of this name."""

    line: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A script that the reader does not see."""

    line: int
    script: str


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that the reader is shown, and has then."""

    line: int
    path: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A command, and what the page says that it prints. `line` is the command's, `first` to `last` those of output."""

    line: int
    command: str
    output: tuple[str, ...]
    code: int
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Commands that are not run, and why."""

    line: int
    why: str
    commands: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A screen, as it is after a command began at a terminal or keys were pressed there."""

    line: int
    command: str
    keys: tuple[str, ...]
    output: tuple[str, ...]
    first: int
    last: int


Step = Scratch | Ready | File | Shown | Seen | Left


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What a page does in one scratch. `page` is its path below the repository."""

    page: str
    steps: tuple[Step, ...]

    @property
    def place(self) -> str:
        return f"{self.page}:{self.steps[0].line}"


class Misread(Exception):
    """A page says something that cannot be run."""


def pages() -> tuple[Path, ...]:
    """Return all pages of the documentation."""
    return (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))


def read_page(path: Path) -> tuple[Section, ...]:
    """Return the sections of a page; none if nothing on it can be run."""
    name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
    return tuple(_divide(name, list(read_steps(path.read_text(encoding="utf-8")))))


def _divide(page: str, steps: list[Step]) -> Iterator[Section]:
    if not steps:
        return
    if not isinstance(steps[0], Scratch):
        steps = [Scratch(line=1, name="project"), *steps]
    starts = [number for number, step in enumerate(steps) if isinstance(step, Scratch)]
    for start, end in zip(starts, [*starts[1:], len(steps)], strict=True):
        yield Section(page=page, steps=tuple(steps[start:end]))


def read_steps(text: str) -> Iterator[Step]:
    """Yield what a page's text holds; raise `Misread` where it cannot be meant so."""
    why, seen = "", ("", "")
    for part in _PART.finditer(text):
        line = text.count("\n", 0, part.start()) + 1
        if part["kind"] == "not run":
            why = part["said"].strip()
        elif part["kind"] in _AT_A_TERMINAL:
            seen = part["kind"], part["said"].strip()
        elif seen[0] and (part["info"] or "").startswith("text"):
            yield _screen(line, *seen, part["body"].splitlines())
            seen = "", ""
        elif part["fence"] is None:
            yield from _comment(line, part["kind"], part["said"].strip())
        elif part["info"].startswith("console"):
            shown = list(_commands(part["body"].splitlines(), line + 1))
            if why:
                yield Left(line=line, why=why, commands=len(shown))
            else:
                yield from shown
            why = ""
        elif title := _TITLE.search(part["info"]):
            yield File(line=line, path=title[1], text=part["body"])
    if indented := re.search(r"^[ \t]+`{3,}console", text, re.MULTILINE):
        raise Misread(f"line {text.count(chr(10), 0, indented.start()) + 1}: a console that is indented is not seen")


def _screen(line: int, kind: str, said: str, lines: list[str]) -> Seen:
    return Seen(
        line=line,
        command=said if kind == "terminal" else "",
        keys=tuple(said.split()) if kind == "keys" else (),
        output=tuple(lines),
        first=line + 1,
        last=line + 1 + len(lines),
    )


def _comment(line: int, kind: str, said: str) -> Iterator[Step]:
    if kind == "new scratch":
        yield Scratch(line=line, name=said)
    elif kind == "run":
        yield Ready(line=line, script=said)
    elif kind not in _OTHERS:
        raise Misread(f"line {line}: no comment is called {kind!r}")


def _commands(lines: list[str], start: int) -> Iterator[Shown]:
    """Yield the commands of a console, whose first line is line `start` of the page."""
    if not lines or not lines[0].startswith("$ "):
        raise Misread(f"line {start}: a console begins with `$ ` and a command")
    begins = [number for number, line in enumerate(lines) if line.startswith("$ ")]
    for begin, end in zip(begins, [*begins[1:], len(lines)], strict=True):
        first = begin + 1
        while first < end and lines[first].startswith("> "):
            first += 1
        last = end
        while last > first and not lines[last - 1]:
            last -= 1
        output, code = lines[first:last], 0
        if output and (told := _EXIT.fullmatch(output[-1])):
            output, code = output[:-1], int(told[1])
        yield Shown(
            line=start + begin,
            command="\n".join(line[2:] for line in lines[begin:first]),
            output=tuple(output),
            code=code,
            first=start + first,
            last=start + last,
        )
