"""The picture of what a bundle requires: which box stands where, and which lines lie between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.site.values import Around, Node, Picture

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MOST_BOXES = 40
_MOST_PARENTS = 200
_LETTER, _PADDING = 8, 24
_BOX, _ROW, _GAP, _EDGE = 30, 44, 56, 4


def look_around(name: str, requires: Mapping[str, Mapping[str, str]], parents: Mapping[str, Sequence[str]]) -> Around:
    """Return what stands around a bundle.

    `requires` has, for every bundle that can be installed, the specifiers of what its newest version requires, and
    `parents` which bundles name it.
    """
    wanted = requires.get(name, {})
    return Around(
        requires=tuple((other, text, other in requires) for other, text in sorted(wanted.items())),
        required_by=tuple(sorted(parents.get(name, ())))[:_MOST_PARENTS],
        picture=draw(name, requires) if wanted else None,
    )


def draw(name: str, requires: Mapping[str, Mapping[str, str]]) -> Picture:
    """Return the picture of all that a bundle requires, and what that requires: a column for each step from it."""
    columns, left_out = _columns(name, requires)
    nodes: dict[str, Node] = {}
    x, height = _EDGE, max(map(len, columns)) * _ROW
    for column in columns:
        width = max(len(one) for one in column) * _LETTER + _PADDING
        start = _EDGE + (height - len(column) * _ROW) // 2
        for place, one in enumerate(column):
            nodes[one] = Node(name=one, x=x, y=start + place * _ROW, width=width, known=one in requires)
        x += width + _GAP
    pairs = [(one, other) for one in nodes for other in sorted(requires.get(one, ())) if other in nodes]
    return Picture(
        nodes=tuple(nodes.values()),
        lines=tuple(_line(nodes[one], nodes[other]) for one, other in pairs),
        width=x - _GAP + _EDGE,
        height=height + _EDGE,
        words="; ".join(f"{one} requires {other}" for one, other in pairs),
        left_out=left_out,
    )


def _columns(name: str, requires: Mapping[str, Mapping[str, str]]) -> tuple[list[list[str]], int]:
    """Return the bundles by their distance, no more than there is room for, and how many had none."""
    columns, seen, left_out = [[name]], {name}, 0
    while True:
        found = sorted({other for one in columns[-1] for other in requires.get(one, ())} - seen)
        room = _MOST_BOXES - len(seen)
        left_out += len(found[room:])
        if not found[:room]:
            return columns, left_out
        columns.append(found[:room])
        seen.update(found[:room])


def _line(one: Node, other: Node) -> str:
    """Return the path of a curve from one box to another, in the words of SVG."""
    start, end = one.x + one.width, other.x
    if end <= one.x:  # back, or within a column: around below
        start, end = one.x + one.width // 2, other.x + other.width // 2
        low = max(one.y, other.y) + _BOX + 10
        return f"M{start} {one.y + _BOX} C{start} {low} {end} {low} {end} {other.y + _BOX}"
    middle, y1, y2 = (start + end) // 2, one.y + _BOX // 2, other.y + _BOX // 2
    return f"M{start} {y1} C{middle} {y1} {middle} {y2} {end} {y2}"
