"""Runs what the pages show: `python -m tests.docs.run [PAGE]...` tells what is not so, and exits 1.

With `--write` the output that a page shows is replaced by what came out, and what it elides stays elided: read the
difference before you commit it.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.docs.compare import same, show
from tests.docs.pages import (
    ROOT,
    File,
    Left,
    Misread,
    Ready,
    Scratch,
    Section,
    Seen,
    Shown,
    Step,
    pages,
    read_page,
)
from tests.docs.screens import Screen, terminal, without_prompt
from tests.docs.world import Ran, World

_BUG = "this is a bug in agentpkg"  # what no page is made to show


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A command, or keys at a terminal, that did something else than the page shows."""

    shown: Shown | Seen
    ran: Ran

    def lines(self) -> list[str]:
        """Return what the page should show."""
        code = [f"[exit {self.ran.code}]"] if self.ran.code else []
        return show(self.shown.output, self.ran.output) + code

    def tell(self, page: str) -> str:
        keys = self.shown.keys if isinstance(self.shown, Seen) else ()
        whole = [*self.ran.output, f"[exit {self.ran.code}]"]
        return "\n    ".join([f"{page}:{self.shown.line}: $ {self.shown.command}{' '.join(keys)}", *whole])


def run_section(section: Section, base: Path) -> list[Wrong]:
    """Run a section below the folder `base`, whose path is best short; return what was otherwise than shown."""
    with ExitStack() as stack:
        run = _Run(section.page, World(base), stack)
        wrong = [run.do(step) for step in section.steps]
        run.leave()
    return [one for one in wrong if one]


class _Run:
    """Does one step after the other; between a command at a terminal and its last screen, the terminal stays."""

    def __init__(self, page: str, world: World, stack: ExitStack) -> None:
        self._page = page
        self._world = world
        self._stack = stack
        self._screen: Screen | None = None

    def do(self, step: Step) -> Wrong | None:
        """Do a step; return what was otherwise than shown."""
        if not (isinstance(step, Seen) and step.keys):
            self.leave()
        match step:
            case Scratch():
                self._world.begin(step.name)
            case Ready():
                self._make_ready(step)
            case File():
                self._world.write(step.path, step.text)
            case Shown():
                ran = self._world.run(step.command)
                return None if ran.code == step.code and same(step.output, ran.output) else Wrong(shown=step, ran=ran)
            case Seen():
                return self._look(step)
            case Left():
                pass
        return None

    def leave(self) -> None:
        """Wait for the end of the command at the terminal, if there is one, and leave the terminal."""
        if self._screen:
            self._screen.end()
            self._stack.close()
            self._screen = None

    def _make_ready(self, step: Ready) -> None:
        ready = self._world.run(f"set -e\n{step.script}")
        if ready.code:
            said = "\n".join(ready.output)
            raise AssertionError(f"{self._page}:{step.line} cannot be made ready:\n{said}")

    def _look(self, step: Seen) -> Wrong | None:
        if step.command:
            self._screen = self._stack.enter_context(terminal(self._world))
            self._screen.begin(step.command)
        elif self._screen:
            self._screen.press(*step.keys)
        else:
            raise Misread(f"line {step.line}: keys are pressed where no command runs at a terminal")
        right, text = self._screen.become(lambda text: same(step.output, self._lines(text)))
        return None if right else Wrong(shown=step, ran=Ran(output=self._lines(text), code=0))

    def _lines(self, text: str) -> tuple[str, ...]:
        return tuple(self._world.shown(without_prompt(text)).splitlines())


def rewrite(text: str, wrong: Iterable[Wrong]) -> str:
    """Return a page's text with what these commands did."""
    lines = text.split("\n")
    for one in sorted(wrong, key=lambda one: one.shown.line, reverse=True):
        lines[one.shown.first - 1 : one.shown.last - 1] = one.lines()
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Run pages, all without a name; return the exit code."""
    named = [ROOT / name for name in arguments if not name.startswith("-")]
    failed = False
    for page in named or pages():
        wrong = []
        for section in read_page(page):
            with tempfile.TemporaryDirectory() as base:
                wrong += run_section(section, Path(base).resolve())
        for one in wrong:
            print(one.tell(page.name))
        if "--write" in arguments:
            meant = [one for one in wrong if not any(_BUG in line for line in one.ran.output)]
            page.write_text(rewrite(page.read_text(encoding="utf-8"), meant), encoding="utf-8")
        failed = failed or bool(wrong)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
