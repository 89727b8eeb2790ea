"""Names that a reader takes for each other: one letter apart, or alike to the eye."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LOOKS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("0", "o"), ("1", "l"), ("i", "l"), ("5", "s"), ("-", ""))


def find_alike(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return the names among `known` that differ from `name` by one edit, or only to a careful eye, sorted.

    An edit is a letter more, less or another, or two neighbours swapped. Numbers at the end do not make names alike:
    `agent-1` and `agent-2` are meant to be told apart.
    """
    looks, stem = _look(name), _stem(name)
    return tuple(
        sorted(
            one
            for one in set(known) - {name}
            if _stem(one) != stem
            and abs(len(one) - len(name)) <= min(len(one), len(name)) // 2
            and (_one_edit(name, one) or _look(one) == looks)
        )
    )


def find_all_alike(names: Iterable[str], known: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return what `find_alike` says of each of these names, with one look at each name that is known."""
    near: dict[str, set[str]] = {name: set() for name in names}
    by_key: dict[str, list[str]] = {}
    for name in near:
        for key in alike_keys(name):
            by_key.setdefault(key, []).append(name)
    lengths = {len(name) + more for name in near for more in (-1, 0, 1)}
    for one in known:
        keys = alike_keys(one) if len(one) in lengths else {_look_key(one)}
        for key in keys & by_key.keys():
            for name in by_key[key]:
                near[name].add(one)
    return {name: find_alike(name, ones) for name, ones in near.items()}


def alike_keys(name: str) -> set[str]:
    """Return keys of which two names that are alike have one in common, so that not every pair has to be looked at."""
    shorter = {name[:place] + name[place + 1 :] for place in range(len(name))}
    return {name, _look_key(name), *shorter}


def _look_key(name: str) -> str:
    return f"={_look(name)}"


def _look(name: str) -> str:
    for written, seen in _LOOKS:
        name = name.replace(written, seen)
    return name


def _stem(name: str) -> str:
    bare = name.rstrip("0123456789")
    return name if bare == name else bare.removesuffix("-")


def _one_edit(one: str, other: str) -> bool:
    if abs(len(one) - len(other)) > 1 or min(len(one), len(other)) < 4:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    a, b = one[start:], other[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
