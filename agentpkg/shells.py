"""The shells that complete agentpkg: how each asks, which for bash is another way than Click's."""

from __future__ import annotations

import os
import sys
from io import StringIO
from typing import TYPE_CHECKING, Any

from click.shell_completion import BashComplete, add_completion_class, get_completion_class, split_arg_string

from agentpkg.errors import UsageError

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

SHELLS = ("bash", "zsh", "fish")
_BREAKS = "=@:"  # where bash, as it is set up, may take a word apart, and then only replaces what comes after
_BASH = """\
%(complete_func)s() {
    local IFS=$'\\n' line kind value
    COMPREPLY=()
    for line in $(COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_CUR="${COMP_WORDS[COMP_CWORD]}" \
            %(complete_var)s=bash_complete "$1" 2> /dev/null); do
        kind=${line%%%%,*} value=${line#*,}
        case $kind in
            dir) compopt -o dirnames 2> /dev/null ;;
            file) compopt -o default 2> /dev/null ;;
            *) COMPREPLY+=("$value") ;;
        esac
    done
}
complete -o nosort -F %(complete_func)s %(prog_name)s 2> /dev/null || complete -F %(complete_func)s %(prog_name)s
"""


class _Bash(BashComplete):
    """Completion for bash that sees whole words: by itself bash takes `tool==1.2` for three."""

    source_template = _BASH

    @staticmethod
    def _check_version() -> None:
        """Ask no bash for its version, as the script is made for all."""

    def get_completion_args(self) -> tuple[list[str], str]:
        line = os.environ["COMP_LINE"]
        words = split_arg_string(line)
        return (words[1:], "") if line[-1:].isspace() else (words[1:-1], words[-1])

    def format_completion(self, item: CompletionItem[Any]) -> str:
        word = self.get_completion_args()[1]
        last = os.environ.get("COMP_CUR", word)  # the part of the word that bash will replace, or the break before it
        there = len(word) - len(last.lstrip(_BREAKS))
        there -= word[:there].endswith("@")  # which bash takes for a break when it asks, and not when it replaces
        return f"{item.type},{item.value[there:] if item.value.startswith(word[:there]) else item.value}"


def answer() -> None:
    """Get ready to tell a shell what could be typed next: nothing but that may reach the screen."""
    add_completion_class(_Bash)
    sys.stderr = StringIO()


def script_for(shell: str, command: click.Command, mark: str) -> str:
    """Return the text that makes a shell complete `command`, with the line `mark` near its beginning."""
    add_completion_class(_Bash)
    found = get_completion_class(shell)
    if found is None:
        raise UsageError(f"there is no completion for the shell {shell}", hint=f"one of: {', '.join(SHELLS)}")
    first, rest = found(command, {}, "agentpkg", "_AGENTPKG_COMPLETE").source().lstrip("\n").split("\n", 1)
    kept = [first, mark] if first.startswith("#compdef") else [mark, first]  # which zsh wants in the first line
    return "\n".join([*kept, rest])
