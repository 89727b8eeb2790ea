"""Whether a command printed what a page shows, and what the page should show in its place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from tests.docs.pages import ELIDED


def same_line(shown: str, real: str) -> bool:
    """Say whether a line is as shown; `…` within it stands for any text."""
    if ELIDED not in shown:
        return shown == real
    return re.fullmatch(".+".join(re.escape(part) for part in shown.split(ELIDED)), real) is not None


def same(shown: Sequence[str], real: Sequence[str]) -> bool:
    """Say whether lines are as shown; a line `…` stands for one or more of any."""
    chunks = _chunks(shown)
    if len(chunks) == 1:
        return len(shown) == len(real) and _fits(chunks[0], real, 0)
    first, *middle, last = chunks
    if len(first) + len(last) > len(real) or not _fits(first, real, 0):
        return False
    at, end = len(first), len(real) - len(last)
    for chunk in middle:
        found = next((start for start in range(at + 1, end - len(chunk)) if _fits(chunk, real, start)), None)
        if found is None:
            return False
        at = found + len(chunk)
    return end > at and _fits(last, real, end)


def _chunks(shown: Sequence[str]) -> list[list[str]]:
    chunks: list[list[str]] = [[]]
    for line in shown:
        if line == ELIDED:
            chunks.append([])
        else:
            chunks[-1].append(line)
    return chunks


def _fits(chunk: Sequence[str], real: Sequence[str], start: int) -> bool:
    if start + len(chunk) > len(real):
        return False
    return all(same_line(one, other) for one, other in zip(chunk, real[start:], strict=False))


def show(shown: Sequence[str], real: Sequence[str]) -> list[str]:
    """Return what a page should show of these lines: what it elided stays elided, as far as that can be told."""
    if same(shown, real):
        return list(shown)
    known = [next((line for line in real if same_line(one, line)), one) if one != ELIDED else one for one in shown]
    result: list[str] = []
    for kind, start, end, begin, stop in SequenceMatcher(None, known, list(real), autojunk=False).get_opcodes():
        if kind == "equal":
            result += shown[start:end]
        elif ELIDED not in shown[start:end]:
            result += real[begin:stop]
        else:
            gap = list(shown[start:end])
            before = min(gap.index(ELIDED), stop - begin)
            after = min(gap[::-1].index(ELIDED), stop - begin - before)
            result += real[begin : begin + before]
            result += [ELIDED] if stop - begin > before + after else []
            result += real[stop - after : stop]
    return result
