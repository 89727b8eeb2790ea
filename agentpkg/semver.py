"""What a version's number says about a change: which part of it must grow, and what comes next."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from packaging.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterable


class Level(IntEnum):
    """The part of a version that a change makes grow. `~=1.2` takes everything up to `MINOR`."""

    PATCH = 1
    MINOR = 2
    MAJOR = 3

    @property
    def word(self) -> str:
        """The level in the words of the command line."""
        return self.name.lower()


def level_between(old: str, new: str) -> Level:
    """Return the part in which the newer of two versions has grown, whatever pre-release it is."""
    before, after = Version(old).release, Version(new).release
    if before[0] != after[0]:
        return Level.MAJOR
    return Level.MINOR if before[1] != after[1] else Level.PATCH


def next_version(version: str, level: Level) -> str:
    """Return the version that comes after a final one."""
    major, minor, patch = Version(version).release
    return {
        Level.MAJOR: f"{major + 1}.0.0",
        Level.MINOR: f"{major}.{minor + 1}.0",
        Level.PATCH: f"{major}.{minor}.{patch + 1}",
    }[level]


def version_before(version: str, published: Iterable[str]) -> str | None:
    """Return the newest of the published versions that is older than `version`: a final one if there is any."""
    older = sorted((one for one in published if Version(one) < Version(version)), key=Version)
    finals = [one for one in older if not Version(one).is_prerelease]
    return next(reversed(finals or older), None)


def lets_in_more(old: str, new: str) -> bool:
    """Say whether the specifier `new` lets in any final version that `old` does not.

    Exact: between the versions that either of them names, what a specifier lets in does not change.
    """
    from packaging.specifiers import SpecifierSet

    before, after = SpecifierSet(old), SpecifierSet(new)
    probes = {"0.0.0", "999999999.0.0"}
    for specifier in (*before, *after):
        release = [*Version(specifier.version.removesuffix(".*")).release, 0, 0][:3]
        major, minor, patch = release
        probes |= {
            f"{major}.{minor}.{patch}",
            f"{major}.{minor}.{patch + 1}",
            f"{major}.{minor + 1}.0",
            f"{major + 1}.0.0",
        }
        probes |= {f"{major}.0.0", f"{major}.{minor}.0"}
        probes |= {f"{major}.{minor}.{patch - 1}"} if patch else set()
    return any(after.contains(one) and not before.contains(one) for one in probes)
