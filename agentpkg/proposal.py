"""What somebody proposes, as markdown for whoever reviews it: text and powers against what was there before.

Everything that an author wrote stands in code, so that it is shown and not rendered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.grants import name_powers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from agentpkg.bundle import Bundle
    from agentpkg.compare import Comparison

_MOST_DIFF = 20_000  # characters; a comment of a code host takes no more than some 65,000 in all
_MOST = 60_000


def as_markdown(added: Sequence[tuple[Bundle, Comparison]], rewrites: Sequence[str], yanks: Sequence[str]) -> str:
    """Return what a proposal adds to a registry, for a review: text and powers against the version before."""
    lines = ["# What this changes in the registry", ""]
    if not (added or rewrites or yanks):
        lines.append("No version of any bundle.")
    if rewrites:
        lines += ["**It changes published versions, which must never change:**", ""]
        lines += [f"- {_code(path)}" for path in rewrites] + [""]
    lines += [f"- {_code(yank)}" for yank in yanks] + ([""] if yanks else [])
    lines += _sections([(bundle.name, bundle, comparison) for bundle, comparison in added], lines)
    return "\n".join(lines).rstrip() + "\n"


def update_as_markdown(
    moved: Sequence[tuple[str, Bundle, Comparison]],
    gone: Iterable[str],
    gains: Iterable[str],
    waiting: Iterable[str],
    held: Iterable[str],
) -> str:
    """Return what an update brings a project, for the text of a pull request.

    `moved` are bundles by id with their new content, `gone` those that are no longer needed, `gains` lines that tell
    what agents may do more, `waiting` files with edits that could not be merged, `held` what stays behind, and why.
    """
    lists = {
        "**Agents gain powers; merging this approves them:**": gains,
        "**Edits that could not be merged, and were left as they are:**": waiting,
        "No longer needed:": gone,
        "Not updated:": held,
    }
    told = {title: [f"- {_code(one)}" for one in items] for title, items in lists.items()}
    lines = ["# Newer agents", ""]
    for title, items in told.items():
        lines += [title, "", *items, ""] if items else []
    lines += _sections(moved, lines)
    if not moved and not any(told.values()):
        lines.append("Nothing to update.")
    return "\n".join(lines).rstrip() + "\n"


def _sections(moved: Sequence[tuple[str, Bundle, Comparison]], before: Sequence[str]) -> list[str]:
    """Return the section of each bundle, as far as there is room; of the others their names."""
    room = _MOST - len("\n".join(before))
    most = min(_MOST_DIFF, room // max(2 * len(moved), 1))
    lines: list[str] = []
    for number, (name, bundle, comparison) in enumerate(moved):
        section = _section(name, bundle, comparison, most)
        room -= len("\n".join(section))
        if room < 0:
            rest = ", ".join(f"{other} {content.version}" for other, content, _ in moved[number:])
            told = rest if len(rest) < _MOST_DIFF // 10 else f"{rest[: _MOST_DIFF // 10].rpartition(',')[0]}, and more"
            return [*lines, f"There is no room here for more: {_code(told)}", ""]
        lines += section
    return lines


def _section(name: str, bundle: Bundle, comparison: Comparison, most: int) -> list[str]:
    since = f"since {comparison.before} (a {comparison.level.word} change)" if comparison.before else "new"
    lines = [f"## {name} {bundle.version}, {since}", "", _code(bundle.description), ""]
    lines += ["| agent | may use | gained | lost |", "|---|---|---|---|"]
    for one in comparison.powers:
        gained = name_powers(one.gained) if comparison.before and one.gained else ""
        lost = name_powers(one.lost) if one.lost else ""
        lines.append(f"| {one.agent} | {_cell(name_powers(one.held))} | {_cell(gained)} | {_cell(lost)} |")
    lines.append("")
    lines += [f"- {level.word}: {_code(reason)}" for level, reason in comparison.reasons]
    text = comparison.text
    if len(text) > most:
        text = text[:most].rpartition("\n")[0] + "\n… and more\n"
    fence = "`" * max(3, _longest_run(text) + 1)
    return [
        *lines,
        "",
        "<details><summary>Text</summary>",
        "",
        f"{fence}diff",
        text.rstrip("\n"),
        fence,
        "",
        "</details>",
        "",
    ]


def _code(text: str) -> str:
    line = " ".join(text.split())
    fence = "`" * (_longest_run(line) + 1)
    return f"{fence} {line} {fence}" if "`" in line else f"`{line}`"


def _cell(text: str) -> str:
    return _code(text).replace("|", "\\|") if text else ""


def _longest_run(text: str) -> int:
    """Return how many backticks stand together at the most."""
    return max((len(run) for run in "".join(one if one == "`" else " " for one in text).split()), default=0)
