"""Somebody's registry repository, read for its owner: fetched into a scratch mirror, so that it is not touched."""

from __future__ import annotations

import re
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg.acceptance import list_versions, version_of
from agentpkg.errors import NetworkError, UsageError
from agentpkg.git import GitFailed, check_ref, run
from agentpkg.mirror import HEAD, Mirror
from agentpkg.requirement import is_version
from agentpkg.site.values import Added
from agentpkg.unreachable import network_error, refuse_disk
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPACE = "refs/agentpkg/theirs"
_LAST = 253402300799  # the last second that has a year of four digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """A path in a published version that a later commit changed, added or deleted."""

    path: str
    commit: str


@contextmanager
def fetched(url: str) -> Iterator[Mirror]:
    """Give a scratch mirror of all branches of a repository, with its HEAD as the head."""
    with tempfile.TemporaryDirectory() as scratch:
        mirror = Mirror(Path(scratch) / "theirs.git")
        mirror.create()
        specs = [
            f"+{space}/*:{_SPACE}/{space.removeprefix('refs/')}/*"
            for space in ("refs/heads", "refs/remotes", "refs/pull")
        ]
        try:
            run(mirror.path, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--", url, *specs, bare=True)
        except GitFailed as error:
            refuse_disk(error, mirror.path)
            raise network_error("read", url, error.details) from None
        mirror.accept(mirror.fetch(url, "HEAD"))
        yield mirror


def find_commit(mirror: Mirror, url: str, name: str) -> str:
    """Return the commit that a name from the command line means: a branch, `origin/main~2`, or a commit's id."""
    match = re.match(r"(.*?)((?:[~^]\d*)*)\Z", name)
    base, steps = (match[1], match[2]) if match else (name, "")
    check_ref(base)
    places = (HEAD,) if base == "HEAD" else (f"{_SPACE}/heads/{base}", f"{_SPACE}/remotes/{base}", base)
    for place in places:
        found = mirror.commit_of(f"{place}{steps}")
        if found:
            return found
    if re.fullmatch("[0-9a-f]{40}", name):
        with suppress(NetworkError):
            return mirror.fetch(url, name)
    raise UsageError(f"{name!r} is no branch or commit of {url}", hint="name one as git does: origin/main, or its id")


def list_rewrites(mirror: Mirror, folder: str, since: str | None) -> list[Rewrite]:
    """Return everything that happened to a version after the commit that published it, oldest first.

    The history is that of the branch itself: of a merge, what it brought to the branch. Commits up to `since` are taken
    as they are.
    """
    span = f"{since}..{mirror.head}" if since else str(mirror.head)
    seen = {f"{name}/{version}" for name, version in list_versions(mirror, since, folder)} if since else set()
    options = ("--reverse", "--first-parent", "-m", "--no-renames", "--name-only", "-z", "--format=%x01%H")
    _, output = run(mirror.path, "log", *options, span, "--", folder, bare=True)
    rewrites = []
    for part in output.decode("utf-8", "backslashreplace").split("\x01")[1:]:
        commit, _, names = part.partition("\0") if "\0" in part[:42] else part.partition("\n")
        here = set()
        for path in names.strip("\n\0").split("\0"):
            version = version_of(path.strip("\n"), folder) if path.strip("\n") else None
            if version and is_version(version[1]):
                place = "/".join(version)
                if place in seen:
                    rewrites.append(Rewrite(path=path.strip("\n"), commit=commit[:40]))
                here.add(place)
        seen |= here
    return rewrites


def list_added(mirror: Mirror, folder: str) -> dict[tuple[str, str], Added]:
    """Return when each version below `folder` came to the branch, and by which commit, by bundle and version."""
    options = ("--reverse", "--first-parent", "-m", "--no-renames", "--diff-filter=A", "--name-only", "-z")
    _, output = run(mirror.path, "log", *options, "--format=%x01%H %ct", str(mirror.head), "--", folder, bare=True)
    added: dict[tuple[str, str], Added] = {}
    for part in output.decode("utf-8", "backslashreplace").split("\x01")[1:]:
        about, *paths = re.split(r"[\0\n]+", part)
        commit, _, time = about.partition(" ")
        for path in paths:
            version = version_of(path, folder) if path else None
            if version and is_version(version[1]):
                added.setdefault(version, Added(time=min(int(time), _LAST), commit=commit))
    return added
