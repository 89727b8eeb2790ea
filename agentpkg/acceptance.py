"""What is fetched counts only after a check: that every version which was there is still there, unchanged."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from agentpkg.errors import AgentpkgError, IntegrityError, NetworkError, UsageError
from agentpkg.git import check_ref
from agentpkg.mirror import list_remote
from agentpkg.requirement import NAME, is_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from agentpkg.ledger import Ledger, Record
    from agentpkg.mirror import Mirror

Seen = dict[tuple[str, str], str]
_MOST_TOLD = 10


def list_versions(mirror: Mirror, commit: str, folder: str) -> Seen:
    """Return the id of the tree of every version below `folder`, by bundle and version."""
    bundles = [one for one in mirror.tree(f"{commit}:{folder}") or () if one.is_folder and NAME.match(one.name)]
    trees = mirror.trees(one.id for one in bundles)
    return {
        (bundle.name, entry.name): entry.id
        for bundle in bundles
        for entry in trees.get(bundle.id, ())
        if entry.is_folder and is_version(entry.name)
    }


def refresh(mirror: Mirror, ledger: Ledger, name: str, new: str, folder: str) -> tuple[str, ...]:
    """Make the fetched commit `new` the mirror's head, and note what it holds in the ledger; return what changed.

    What is returned are the paths below `folder` that differ from what was there before, none on first contact.

    Raises `IntegrityError`, with mirror and ledger as they were, if a version below `folder` that was seen before
    changed or vanished, or the history does not go on from what was seen.
    """
    old = ledger.tip or mirror.head
    changed: tuple[str, ...] = ()
    if old is None or ledger.tip is None:
        if old:
            _check(mirror, ledger, name, old, new, folder)
        ledger.begin(mirror.root(new), list_versions(mirror, new, folder), new)
    elif old != new:
        changed = _check(mirror, ledger, name, old, new, folder)
        ledger.add(_versions_of(mirror, new, folder, changed), new)
    if mirror.head != new:
        mirror.accept(new)
    return changed


def check_goes_on(mirror: Mirror, ledger: Ledger, name: str, new: str, folder: str) -> None:
    """Raise `IntegrityError` unless the history of the fetched commit `new` goes on from what was seen."""
    old = ledger.tip or mirror.head
    if old and not mirror.follows(new, old):
        record = ledger.read()
        raise IntegrityError(
            f"registry {name}: its history was rewritten ({old[:12]} is no longer part of {new[:12]})",
            details=[*_differences(mirror, record, new, folder), *_doubts(mirror, record, old, new)] if record else [],
            hint=f"ask whoever owns the registry; nothing was changed here\n"
            f"if the new history is right: agentpkg registry reset {name} --to {new}",
        )


def _check(mirror: Mirror, ledger: Ledger, name: str, old: str, new: str, folder: str) -> tuple[str, ...]:
    """Return the paths that changed since `old`, or raise."""
    check_goes_on(mirror, ledger, name, new, folder)
    changed = mirror.changed(old, new, folder)
    rewritten = _rewritten(mirror, old, changed, folder)
    if rewritten:
        raise IntegrityError(
            f"registry {name}: a published version changed or vanished",
            details=rewritten[:_MOST_TOLD],
            hint=f"ask whoever owns the registry; nothing was changed here\n"
            f"if the change is right: agentpkg registry reset {name} --to {new}",
        )
    return changed


def check_seen(mirror: Mirror, ledger: Ledger, name: str, folder: str) -> None:
    """Raise `IntegrityError` unless the mirror's head holds every version that was ever seen, as it was."""
    record, head = ledger.read(), mirror.head
    if record and head:
        now = list_versions(mirror, head, folder)
        if any(now.get(version) != tree for version, tree in record.seen.items()):
            raise IntegrityError(
                f"registry {name}: the mirror is not what this machine has seen of it",
                details=_differences(mirror, record, head, folder),
                hint="agentpkg cache clean, and run the command again",
            )


def _differences(mirror: Mirror, record: Record, new: str, folder: str) -> list[str]:
    """Return what a new history makes of the versions that were seen, in words."""
    root = mirror.root(new)
    if root and record.root and root != record.root:
        return [f"it is another repository: its first commit is {root[:12]}, and was {record.root[:12]}"]
    now = list_versions(mirror, new, folder)
    bad = [
        f"{bundle} {version} {'changed' if (bundle, version) in now else 'vanished'}"
        for (bundle, version), tree in sorted(record.seen.items())
        if now.get((bundle, version)) != tree
    ]
    return bad[:_MOST_TOLD] or ["no version that was seen has changed"]


def _doubts(mirror: Mirror, record: Record, old: str, new: str) -> list[str]:
    """Say so where a new history may be another repository's, as nobody saw how the one before began."""
    if record.root:
        return []
    try:
        mirror.fork_of(old, new)
    except AgentpkgError:  # they have nothing in common, or the old one is gone
        return ["it may be another repository: the first commit of what was seen was never fetched"]
    return []


def _rewritten(mirror: Mirror, old: str, changed: Iterable[str], folder: str) -> list[str]:
    """Return the changed paths that lie in a version that was there before."""
    published: dict[str, bool] = {}
    rewritten = []
    for path in changed:
        version = version_of(path, folder)
        if version and NAME.match(version[0]) and is_version(version[1]):
            place = f"{folder}/{'/'.join(version)}"
            if place not in published:
                published[place] = mirror.tree(f"{old}:{place}") is not None
            if published[place]:
                rewritten.append(path)
    return rewritten


def version_of(path: str, folder: str) -> tuple[str, str] | None:
    """Return bundle and version that a path below `folder` lies in, None if it lies in none."""
    name, _, inner = path.removeprefix(f"{folder}/").partition("/")
    version, slash, _ = inner.partition("/")
    return (name, version) if slash else None


def _versions_of(mirror: Mirror, commit: str, folder: str, changed: Iterable[str]) -> Seen:
    """Return the versions that the changed paths lie in, with the ids of their trees."""
    names = {version[0] for version in (version_of(path, folder) for path in changed) if version}
    seen: Seen = {}
    wanted = {version for version in (version_of(path, folder) for path in changed) if version}
    for name in sorted(names):
        for entry in mirror.tree(f"{commit}:{folder}/{name}") or () if NAME.match(name) else ():
            if entry.is_folder and is_version(entry.name) and (name, entry.name) in wanted:
                seen[name, entry.name] = entry.id
    return seen


def accept_agents(
    mirror: Mirror, ledger: Ledger, name: str, new: str, *, fixed: str | None, tell: Callable[[str], None]
) -> None:
    """Make the fetched commit `new` of a repository of agents the mirror's head.

    A tag (`fixed`) that moved is refused with `IntegrityError`; a branch that was rewritten is told, as is its right.
    """
    old = ledger.tip
    if old and old != new and fixed:
        raise IntegrityError(
            f"registry {name}: the tag {fixed} was moved from {old[:12]} to {new[:12]}",
            hint=f"ask whoever owns {mirror.origin}; nothing was changed here\n"
            f"if the new one is right: agentpkg registry reset {name} --to {new}",
        )
    if old and not mirror.follows(new, old):
        tell(f"the history of {mirror.origin} was rewritten: {old[:12]} is no longer part of {new[:12]}")
    if old is None:
        ledger.begin(mirror.root(new), {}, new)
    elif old != new:
        ledger.add({}, new)
    if mirror.head != new:
        mirror.accept(new)


def full_ref(mirror: Mirror, url: str, ref: str) -> tuple[str, bool]:
    """Return the full name of what `ref` means at a remote, and whether it must never move."""
    if not ref:
        return "HEAD", False
    mirror.create()
    branch, tag = f"refs/heads/{check_ref(ref)}", f"refs/tags/{ref}"
    there = list_remote(url, branch, tag, folder=mirror.path)
    if branch in there and tag in there:
        raise UsageError(f"{url} has both a branch and a tag called {ref!r}", hint="name a commit instead")
    if branch in there or tag in there:
        return (branch, False) if branch in there else (tag, True)
    if len(ref) == 40 and not set(ref) - set("0123456789abcdef"):
        return ref, False
    raise UsageError(
        f"{url} has no branch or tag {ref!r}", hint="a commit is named by all of its 40 digits; URL@REF names a branch"
    )


def fetch_commit(mirror: Mirror, url: str, commit: str, *, offline: bool) -> None:
    """Fetch one commit that no branch leads to any more; raise `NetworkError` if it cannot be had, or if offline."""
    if offline:
        raise NetworkError(
            f"the commit {commit[:12]} of {url} has not been fetched yet", hint="run again without --offline"
        )
    with suppress(NetworkError):
        mirror.fetch(url, commit)
    if not mirror.has(commit):
        raise NetworkError(
            f"{url} no longer has the commit {commit[:12]} that agentpkg.lock names",
            hint="agentpkg update takes a newer one",
        )
