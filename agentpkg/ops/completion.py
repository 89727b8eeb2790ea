"""`completion --install`: put a shell's script where that shell looks for it."""

from __future__ import annotations

import os
from pathlib import Path

from agentpkg.errors import EditConflict
from agentpkg.values import dataclass
from agentpkg.workshop import add_files, replace_file

MARK = "# Completion for agentpkg; made by agentpkg completion, which may replace it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a shell reads a script from: the file, and what the user has to do beside putting it there, if anything."""

    path: Path
    then: str


def place_for(shell: str) -> Place:
    """Return the file of the user's own that `shell` (bash, zsh or fish) reads when agentpkg is completed."""
    home = Path.home()
    if shell == "fish":
        config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
        return Place(path=config / "fish" / "completions" / "agentpkg.fish", then="")
    if shell == "zsh":
        folder = Path(os.environ.get("ZDOTDIR") or home) / ".zfunc"
        lines = f'fpath=("{folder}" $fpath)\nautoload -Uz compinit && compinit'
        return Place(path=folder / "_agentpkg", then=f"put into .zshrc, if it is not there:\n{lines}")
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    folder = Path(os.environ.get("BASH_COMPLETION_USER_DIR") or data / "bash-completion")
    path = folder / "completions" / "agentpkg"
    return Place(path=path, then=f"without the bash-completion package, put into .bashrc:\n. '{path}'")


def install(shell: str, script: str) -> tuple[Place, bool]:
    """Write the script for a shell; return where it is, and whether that changed anything.

    Raises `EditConflict` where there is a file that agentpkg did not write.
    """
    place = place_for(shell)
    data = script.encode()
    if not place.path.exists():
        add_files(place.path.parent, {place.path.name: data})
        return place, True
    there = place.path.read_bytes()
    if MARK.encode() not in there:
        raise EditConflict(
            f"{place.path} is there already, and agentpkg did not write it",
            hint=f"move it away, or put the output of agentpkg completion {shell} where you want it",
        )
    if there != data:
        replace_file(place.path, data)
    return place, there != data
