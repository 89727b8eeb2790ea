"""Whether a registry is what a registry must be, and what a proposal adds to it, decided from what it holds. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentpkg.alike import alike_keys, find_alike
from agentpkg.errors import AgentpkgError
from agentpkg.grants import name_powers
from agentpkg.resolve import resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from agentpkg.bundle import Bundle
    from agentpkg.compare import Comparison
    from agentpkg.resolve import Offer

_MOST_DIFF = 20_000  # characters; a comment of a code host takes no more than some 65,000 in all


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong in a registry, and where: a path in the repository, or a bundle and version."""

    where: str
    what: str


def check_requirements(offers: Mapping[str, Sequence[Offer]]) -> list[Problem]:
    """Return a problem for every version that requires what the registry does not have.

    Of every bundle the newest version is resolved as an install would, circles included.
    """
    problems = []
    index = _Held(offers)
    for name, versions in sorted(offers.items()):
        for offer in versions:
            missing = [other for other in sorted(offer.requires) if other not in offers]
            problems += [
                Problem(where=f"{name} {offer.version}", what=f"requires {other}, of which there is no version")
                for other in missing
            ]
        newest = next((offer for offer in versions if not (offer.yanked or offer.unfit)), None)
        if newest and newest.requires and all(other in offers for other in newest.requires):
            try:
                resolve({name: f"=={newest.version}"}, index, {})
            except AgentpkgError as error:
                what = "; ".join([error.message, *error.details])
                problems.append(Problem(where=f"{name} {newest.version}", what=what))
    return problems


class _Held:
    """An index of what is held in memory."""

    def __init__(self, offers: Mapping[str, Sequence[Offer]]) -> None:
        self._offers = offers

    def offers(self, bundle: str) -> Sequence[Offer]:
        if bundle not in self._offers:
            raise AgentpkgError(f"there is no bundle {bundle!r}")
        return self._offers[bundle]


def look_alikes(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return the pairs of names that a reader takes for each other."""
    by_key: dict[str, list[str]] = {}
    pairs = []
    for name in sorted(names):
        keys = alike_keys(name)
        pairs += [(one, name) for one in find_alike(name, {one for key in keys for one in by_key.get(key, ())})]
        for key in keys:
            by_key.setdefault(key, []).append(name)
    return sorted(pairs)


def as_markdown(added: Sequence[tuple[Bundle, Comparison]], rewrites: Sequence[str], yanks: Sequence[str]) -> str:
    """Return what a proposal adds to a registry, for a comment in a review: text and powers against the version before.

    Everything that an author wrote stands in code, so that it is shown and not rendered.
    """
    lines = ["# What this changes in the registry", ""]
    if not (added or rewrites or yanks):
        lines.append("No version of any bundle.")
    if rewrites:
        lines += ["**It changes published versions, which must never change:**", ""]
        lines += [f"- {_code(path)}" for path in rewrites] + [""]
    lines += [f"- {_code(yank)}" for yank in yanks] + ([""] if yanks else [])
    for bundle, comparison in added:
        lines += _section(bundle, comparison)
    return "\n".join(lines).rstrip() + "\n"


def _section(bundle: Bundle, comparison: Comparison) -> list[str]:
    since = f"since {comparison.before} (a {comparison.level.word} change)" if comparison.before else "new"
    lines = [f"## {bundle.name} {bundle.version}, {since}", "", _code(bundle.description), ""]
    lines += ["| agent | may use | gained | lost |", "|---|---|---|---|"]
    for one in comparison.powers:
        gained = name_powers(one.gained) if comparison.before and one.gained else ""
        lost = name_powers(one.lost) if one.lost else ""
        lines.append(f"| {one.agent} | {_cell(name_powers(one.held))} | {_cell(gained)} | {_cell(lost)} |")
    lines.append("")
    lines += [f"- {level.word}: {_code(reason)}" for level, reason in comparison.reasons]
    text = comparison.text
    if len(text) > _MOST_DIFF:
        text = text[:_MOST_DIFF].rpartition("\n")[0] + "\n… and more\n"
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
