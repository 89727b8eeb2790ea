"""What a stream can show, and the few roles that colour has. Each stream decides for itself.

Colour is never all that tells something: what is shown reads the same without it. `NO_COLOR` is that of no-color.org,
`FORCE_COLOR` and `CLICOLOR_FORCE` are those of force-color.org and bixense.com/clicolors.
"""

from __future__ import annotations

import os
import sys
from enum import Enum
from typing import TYPE_CHECKING, TextIO, TypeAlias

from agentpkg.hidden import escape
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

_USUAL = 80  # columns, where a terminal does not say


class Role(Enum):
    """What a piece of text is; the value is how a terminal is told (ECMA-48, SGR)."""

    ADDED = "32"
    REMOVED = "31"
    CHANGED = "33"
    WARNING = "1;33"
    ERROR = "1;31"
    HINT = "36"
    NAME = "1"
    DIM = "2"


@dataclass(frozen=True, slots=True)
class Styled:
    """A piece of text in a role."""

    text: str
    role: Role


Piece: TypeAlias = "str | Styled"


def is_terminal(stream: TextIO) -> bool:
    """Say whether a person reads the stream as it comes."""
    try:
        return stream.isatty()
    except ValueError:  # it is closed
        return False


def can_move(stream: TextIO) -> bool:
    """Say whether a line that was written on the stream can be taken back."""
    return is_terminal(stream) and os.environ.get("TERM") != "dumb" and _understands(stream)


def has_colour(stream: TextIO, environment: Mapping[str, str] | None = None) -> bool:
    """Say whether colour goes to the stream: where it is a terminal that knows it, unless the environment decides."""
    given = os.environ if environment is None else environment
    if given.get("NO_COLOR"):
        return False
    if any(given.get(name, "") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return is_terminal(stream) and given.get("TERM") != "dumb" and _understands(stream)


def width(stream: TextIO) -> int | None:
    """Return how many columns the stream has, None where it is no terminal."""
    if not is_terminal(stream):
        return None
    given = os.environ.get("COLUMNS", "")
    if given.isascii() and given.isdigit() and int(given):
        return int(given)
    try:
        return os.get_terminal_size(stream.fileno()).columns or _USUAL
    except (OSError, ValueError):
        return _USUAL


def show(stream: TextIO, *pieces: Piece, colour: bool | None = None) -> str:
    """Return a line of these pieces as the stream can show it; `colour` is what somebody has found out already.

    What a piece holds is escaped before colour is put around it, so that no text brings any of its own.
    """
    if colour is None:
        colour = any(isinstance(piece, Styled) for piece in pieces) and has_colour(stream)
    return "".join(_painted(piece, colour) if isinstance(piece, Styled) else escape(piece) for piece in pieces)


def plain(*pieces: Piece) -> str:
    """Return what the pieces say."""
    return "".join(piece.text if isinstance(piece, Styled) else piece for piece in pieces)


def _painted(piece: Styled, colour: bool) -> str:
    text = escape(piece.text)
    return f"\x1b[{piece.role.value}m{text}\x1b[0m" if colour and text else text


def _understands(stream: TextIO) -> bool:
    """Say whether the terminal takes sequences of escapes. Those of Windows have to be asked to, since Windows 10."""
    if sys.platform == "win32":
        import ctypes
        import msvcrt

        kernel, mode = ctypes.windll.kernel32, ctypes.c_uint32()
        handle = msvcrt.get_osfhandle(stream.fileno())
        if not kernel.GetConsoleMode(handle, ctypes.byref(mode)):
            return False
        return bool(kernel.SetConsoleMode(handle, mode.value | 4))  # ENABLE_VIRTUAL_TERMINAL_PROCESSING
    return True
