"""One voice: every error says what is wrong and where, and what to do next; `docs/errors.md` tells of all kinds.

To write the page again after a change that is meant: python -m tests.unit.test_messages
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from agentpkg import INTERRUPTED, cli, errors
from agentpkg.errors import AgentpkgError
from tests.unit.test_house import MODULES, tree_of

PAGE = Path(__file__).parent.parent.parent / "docs" / "errors.md"
AGAIN = "python -m tests.unit.test_messages"
KINDS = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, AgentpkgError) and kind.__module__ == errors.__name__
}
# Calls that make an error of the class that their file stands for; the hint is their second argument.
MAKERS = ("error", "_error", "_missing")
# Errors without a hint of their own, by module and what they say, and why.
WITHOUT_HINT = {
    ("agentpkg.checks.reading", "one"): "becomes a finding, which has a remedy",
    ("agentpkg.checks.hostfile", "told"): "becomes a finding, which has a remedy",
    (
        "agentpkg.commands.doctor",
        "f\"{count(problems, 'problem')} to solve\"",
    ): "each problem told above has its remedy",
    ("agentpkg.ops.unowned", "'; '.join(reading.refused)"): "each reason in it brings its own",
}


@dataclass(frozen=True)
class Made:
    """One place where an error is made: its message as source and as text, `…` for what is put in, and its hint."""

    module: str
    line: int
    source: str
    message: str
    hint: str | None

    @property
    def place(self) -> str:
        return f"{self.module}:{self.line}: {self.source}"


def said(node: ast.expr | None) -> str:
    """Return what stands in a text of the source, `…` for what is put in."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return "…"


def called(call: ast.Call) -> str:
    function = call.func
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def error_of(module: str, call: ast.Call) -> Made | None:
    """Return the error that a call makes, None for any other call."""
    name = called(call)
    if (name not in KINDS and name not in MAKERS) or not call.args or name == "_missing":
        return None
    hint = next((word.value for word in call.keywords if word.arg == "hint"), None)
    if hint is None and name in MAKERS:
        hint = call.args[1] if len(call.args) > 1 else None
    source = ast.unparse(call.args[0])
    if name == "_error" and source == "message":
        return None  # the one door of `Fields`, through which its own calls go
    return Made(module, call.lineno, source, said(call.args[0]), None if hint is None else said(hint))


@cache
def made() -> tuple[Made, ...]:
    calls = ((module, node) for module in MODULES for node in ast.walk(tree_of(module)) if isinstance(node, ast.Call))
    return tuple(one for module, call in calls if (one := error_of(module, call)))


def test_there_are_errors_to_look_at() -> None:
    assert len(made()) > 300
    assert {one.module for one in made()} > {"agentpkg.fields", "agentpkg.bundle", "agentpkg.commands.options"}


def test_every_error_says_what_to_do_next() -> None:
    bare = {(one.module, one.source): one.place for one in made() if one.hint is None}
    assert sorted(place for key, place in bare.items() if key not in WITHOUT_HINT) == []
    assert WITHOUT_HINT.keys() <= bare.keys(), "these have a hint now, or are gone"


def test_an_error_without_a_hint_would_be_seen() -> None:
    call = ast.parse('UsageError(f"{name} is odd")').body[0]
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    found = error_of("x", call.value)
    assert found is not None
    assert (found.message, found.hint) == ("… is odd", None)


NOT_OUR_VOICE = re.compile(
    r"\b(?:please|sorry|oops|invalid|illegal|bad|failed to|unable to|you must|you should|you have to|user error)\b",
    re.IGNORECASE,
)
NAMES = ("SKILL.md", "PEP", "MCP", "OLD=NEW", "URL")


def faults(text: str) -> Iterator[str]:
    """Find what is not said in our voice."""
    if text[:1].isupper() and not text.startswith(NAMES):
        yield "begins with a capital"
    if re.search(r"[^.…]\.\Z", text):
        yield "ends with a full stop"
    if NOT_OUR_VOICE.search(text):
        yield "blames, begs or grumbles"
    if "  " in text:
        yield "holds two blanks"


def test_messages_and_hints_are_said_in_one_voice() -> None:
    found = [
        f"{one.module}:{one.line}: {fault}: {text}"
        for one in made()
        for text in (one.message, one.hint or "")
        for fault in faults(text)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("The file is odd", "begins with a capital"),
        ("the file is odd.", "ends with a full stop"),
        ("invalid file", "blames, begs or grumbles"),
        ("please look", "blames, begs or grumbles"),
    ],
)
def test_another_voice_would_be_heard(text: str, fault: str) -> None:
    assert fault in [*faults(text)]


# By kind: what is often said, as it stands in the code (… for what is put in), and what to do about it.
TYPICAL: dict[str, tuple[tuple[str, str], ...]] = {
    "AgentpkgError": (
        ("the project is not in sync", "`agentpkg status` says what differs, `agentpkg sync` puts it right"),
        ("an earlier run was cut short", "`agentpkg sync` finishes it; nothing is lost"),
    ),
    "UsageError": (
        ("there is no bundle … in registry …", "the hint names what is like it; `agentpkg search` lists all"),
        ("…: unknown key …", "a key of `agentpkg.toml` is misspelt; the hint lists those that are known"),
        ("…: … is not a valid name", "2 to 50 lower-case letters and digits, in words joined by `-`"),
    ),
    "ContentRefused": (
        ("…: no frontmatter between two lines of '---'", "the agent's author mends it; `agentpkg check` tells more"),
        ("hosts do not hold every agent well enough for --fail-on …", "`agentpkg render` tells what a host loses"),
        ("… is not a registry: there is no …registry.toml", "a registry in a folder needs `subfolder`"),
    ),
    "ApprovalNeeded": (
        (
            "agents would gain powers that nobody has approved",
            "read what they gain; at a terminal you are asked, elsewhere `--accept-grants` says yes",
        ),
    ),
    "IntegrityError": (
        ("… cannot be read: …", "restore `agentpkg.lock` from version control, or delete it and run `agentpkg sync`"),
        ("the lock was written by a newer agentpkg (… renderings, revision …)", "upgrade agentpkg"),
    ),
    "EditConflict": (
        (
            "edits could not be merged, and were left as they are",
            "take what you want from the file beside yours, then `agentpkg keep FILE`",
        ),
    ),
    "Busy": (("others keep publishing to registry … in between", "run the command again"),),
    "NetworkError": (("registry … (…) has not been fetched yet", "run the command once without `--offline`"),),
    "DiskError": (("cannot read …: …", "make the file readable, then run the command again"),),
}
INTRO = f"""# Errors

Every error is told on standard error: what is wrong and where, and below it a hint, what to do next. The exit code
tells the kind, so that a script need not read the words; with `--json` the same stands in a [document](json.md#error).
This page is made from the code and tested against it. To make it again: `{AGAIN}`.

| exit code | kind | means |
|---|---|---|
| 0 | | done, or nothing was to do |
"""


def about(kind: type[AgentpkgError]) -> str:
    return (inspect.getdoc(kind) or "").split("\n")[0].partition(". ")[0].removesuffix(".") + "."


def page() -> str:
    rows = [(kind.exit_code, f"[`{name}`](#{name.lower()})", about(kind)) for name, kind in KINDS.items()]
    rows += [
        (2, "", "Likewise for options and command names that there are not."),
        (cli._BUG, "", "A bug in agentpkg; what happened is in a log whose path is told."),
        (INTERRUPTED, "", "Interrupted, at a question or by Ctrl-C."),
    ]
    parts = [INTRO + "".join(f"| {code} | {name} | {what} |\n" for code, name, what in sorted(rows))]
    for name, kind in sorted(KINDS.items(), key=lambda item: item[1].exit_code):
        parts.append(f"## {name}\n\nExit code {kind.exit_code}. {about(kind)}\n")
        lines = [f"| `{message}` | {what} |\n" for message, what in TYPICAL[name]]
        parts.append("| says, for one | what to do |\n|---|---|\n" + "".join(lines))
    return "\n".join(parts)


def test_the_page_says_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), f"if this is meant: {AGAIN}"


def test_every_message_on_the_page_is_one_that_is_said() -> None:
    messages = {one.message for one in made()} | {
        said(node) for module in MODULES for node in ast.walk(tree_of(module)) if isinstance(node, ast.Constant)
    }
    shown = {message for lines in TYPICAL.values() for message, _ in lines}
    assert sorted(shown - messages) == []
    assert TYPICAL.keys() == KINDS.keys()


def test_exit_codes_are_told_apart() -> None:
    codes = [kind.exit_code for kind in KINDS.values()]
    assert sorted(codes) == sorted(set(codes))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
