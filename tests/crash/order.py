"""What must be on the disk before what, so that a power cut finds all old or all new: read off the calls of one run."""

from __future__ import annotations

from collections.abc import Iterable

from tests.crash.calls import Call

_MOVES = ("rename", "renameat", "renameat2", "link", "linkat")
_REMOVALS = ("unlink", "unlinkat", "rmdir")
_MAKES = ("mkdir", "mkdirat")


def find_disorder(calls: list[Call], project: str, lock: str = "agentpkg.lock") -> list[str]:
    """Return what of a change to `project` a power cut could tear, sentence by sentence; nothing if nothing.

    The run may be one that only finishes a change: then its journal was in place before.
    """
    done = [call for call in calls if not call.failed]
    state = f"{project}/.agentpkg"
    committed = next((one for one in done if one.name in _MOVES and one.targets[-1] == f"{state}/journal.json"), None)
    dropped = next((one for one in done if one.name in _REMOVALS and one.targets[-1] == f"{state}/journal.json"), None)
    if dropped is None:
        return ["no journal was ever dropped"]
    begin = committed.ended if committed else 0
    places = [one for one in done if _is_place(one, project, state)]
    wrong = _before_the_journal(done, committed, places, state) if committed else []
    wrong += [f"{one.targets[-1]} changes outside of the journal's life" for one in places
              if not begin < one.began <= one.ended < dropped.began]  # fmt: skip
    moved = [one.targets[-1] for one in places if one.name in _MOVES]
    if not moved or moved[-1] != f"{project}/{lock}":
        wrong.append("the lock is not the last")
    return wrong + _before_the_drop(done, places, dropped)


def _is_place(call: Call, project: str, state: str) -> bool:
    target = call.targets[-1] if call.targets else ""
    inside = target.startswith(f"{project}/") and target != state and not target.startswith(f"{state}/")
    return inside and call.name in (*_MOVES, *_REMOVALS, *_MAKES)


def _before_the_journal(done: list[Call], committed: Call, places: Iterable[Call], state: str) -> list[str]:
    """Check that all that the journal names is on the disk before it has its name, and the name before it is used."""
    paths = [one.targets[0] for one in places if one.name in _MOVES]
    paths += [f"{state}/staged", state, f"{state}/journal.part"]
    paths += [_folder(state) for one in done if one.name in _MAKES and one.targets[-1] == state]
    wrong = [
        f"{path} is not on the disk when the journal gets its name"
        for path in paths
        if not _synced(done, path, 0, committed.began)
    ]
    if not _synced(done, state, committed.ended, min(one.began for one in places)):
        wrong.append("the journal's name is not on the disk when the first file moves")
    return wrong


def _before_the_drop(done: list[Call], places: Iterable[Call], dropped: Call) -> list[str]:
    """Check that every folder with a change in it, unless it is gone, is on the disk before the journal goes."""
    removed = {one.targets[-1] for one in places if one.name in _REMOVALS}
    waiting = {
        folder
        for one in places
        if (folder := _folder(one.targets[-1])) not in removed and not _synced(done, folder, one.ended, dropped.began)
    }
    return [f"{folder} is not on the disk when the journal goes" for folder in sorted(waiting)]


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _synced(done: Iterable[Call], path: str, after: int, before: int) -> bool:
    return any(
        one.name in ("fsync", "fdatasync") and one.targets[-1:] == (path,) and after <= one.began <= one.ended < before
        for one in done
    )
