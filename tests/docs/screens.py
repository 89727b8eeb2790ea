"""A terminal that a test can look at: tmux, with a socket of its own and a fixed size."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.docs.world import World

_SECONDS = 30.0
_POLL = 0.02
_PROMPT = "$"


class Screen:
    """What stands on a terminal, and the keys that change it."""

    def __init__(self, socket: Path) -> None:
        self._tmux = ["tmux", "-u", "-S", str(socket), "-f", "/dev/null"]

    def call(self, *arguments: str, environment: dict[str, str] | None = None) -> str:
        """Give tmux a command, and return what it prints."""
        done = subprocess.run([*self._tmux, *arguments], env=environment, check=True, capture_output=True, timeout=30)
        return done.stdout.decode()

    def show(self) -> str:
        """Return the lines on the screen as they were written: a line that is too long for it is one line all the same.

        Blanks at the ends of lines, and empty lines below the last, are left out.
        """
        lines = [line.rstrip() for line in self.call("capture-pane", "-p", "-J").splitlines()]
        return "\n".join(lines).rstrip("\n")

    def type(self, text: str) -> None:
        """Type text, and see it on the screen."""
        before = self.show()
        self.call("send-keys", "-l", "--", text)
        self.until(lambda screen: screen != before, f"something that comes of typing {text!r}")

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names for them: `Enter`, `Space`, `Down`, `C-c`."""
        self.call("send-keys", *keys)

    def wait(self, text: str) -> str:
        """Wait until this text stands on the screen, and return all that stands there."""
        return self.until(lambda screen: text in screen, repr(text))

    def until(self, right: Callable[[str], bool], what: str) -> str:
        """Wait until the screen is right, and return it; fail with the screen if that does not happen."""
        done, screen = self.become(right)
        assert done, f"waited in vain for {what}; the screen shows:\n{screen}"
        return screen

    def become(self, right: Callable[[str], bool]) -> tuple[bool, str]:
        """Wait until the screen is right; return whether it came to be so, and the screen."""
        end = time.monotonic() + _SECONDS
        while not right(screen := self.show()):
            if time.monotonic() > end:
                return False, screen
            time.sleep(_POLL)
        return True, screen

    def begin(self, command: str) -> None:
        """Start a command on an empty screen."""
        self.press("C-l")
        self.until(lambda screen: screen == _PROMPT, "an empty screen")
        self.call("clear-history")
        self.call("send-keys", "-l", "--", command)
        self.wait(f"{_PROMPT} {command}")
        self.press("Enter")

    def end(self) -> str:
        """Wait for the end of the command, and return what stands on the screen then, without the prompt."""
        screen = self.until(lambda screen: screen.endswith(f"\n{_PROMPT}"), "the end of the command")
        return without_prompt(screen)

    def run(self, command: str) -> str:
        """Run a command that asks nothing, and return what stands on the screen after it."""
        self.begin(command)
        return self.end()


def without_prompt(screen: str) -> str:
    """Return what stands on a screen above the prompt of the shell, if that waits there."""
    return screen.removesuffix(f"\n{_PROMPT}")


@contextmanager
def terminal(world: World, *, columns: int = 100, lines: int = 40) -> Iterator[Screen]:
    """Give a shell on a terminal of this size, in the folder in which the world stands."""
    socket = Path(tempfile.mkdtemp(prefix="tmux")) / "socket"  # a socket's path may not be long
    screen = Screen(socket)
    environment = {**world.environment(), "PS1": f"{_PROMPT} ", "TERM": "xterm-256color"}
    size = ("-x", str(columns), "-y", str(lines))
    shell = ("bash", "--noprofile", "--norc", "-o", "emacs")
    screen.call(
        "new-session", "-d", *size, "-c", str(world.folder), *shell, ";", "set", "status", "off",
        environment=environment,
    )  # fmt: skip
    try:
        screen.until(lambda text: text == _PROMPT, "the prompt of a shell")
        yield screen
    finally:
        screen.call("kill-server")
        shutil.rmtree(socket.parent, ignore_errors=True)
