"""Putting a commit on a registry's branch: built without a work tree, pushed by compare-and-swap.

The commit is made in the mirror, on top of the newest one, and pushed only if the branch still stands where it stood.
Where somebody else was faster, all is decided anew on what they pushed. So no push is ever lost, and none half done.
"""

from __future__ import annotations

import os
import random
import re
import time
from typing import TYPE_CHECKING

from agentpkg.acceptance import refresh
from agentpkg.errors import AgentpkgError, Busy, DiskError, EditConflict, IntegrityError, NetworkError, UsageError
from agentpkg.git import GitFailed, check_ref, run
from agentpkg.journal import write_synced
from agentpkg.mirror import branch_of, list_remote
from agentpkg.unreachable import network_error
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from agentpkg.mirror import Mirror
    from agentpkg.remote import Remote

_DRAFT = "refs/agentpkg/draft"
_TRIES = 40
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0  # seconds
_OUTPACED = re.compile(
    "stale info|fetch first|non-fast-forward|cannot lock ref|failed to update ref|incorrect old value|reference already"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a commit is to change: the new bytes of files by their path in the repository (None: gone), and why."""

    files: Mapping[str, bytes | None]
    message: str


class _Outpaced(Exception):
    """Somebody else has moved the branch meanwhile."""


def push_change(
    remote: Remote,
    decide: Callable[[Mirror, str | None], Draft | None],
    *,
    sign: bool | None,
    branch: str | None = None,
) -> str | None:
    """Put on the registry's branch what `decide` says, given the newest commit; return the new commit.

    None is returned, and nothing done, if `decide` returns None. `sign` None signs where the
    registry asks for signatures, and else leaves it to git's configuration.
    `branch` is a new branch to push to instead, for review. Raises `Busy` if others keep being faster.
    """
    if sign is None and remote.source.signers:
        sign = True
    pause = _FIRST_PAUSE
    for _ in range(_TRIES):
        try:
            with remote.locked() as mirror:
                return _push_once(remote, mirror, decide, sign, branch)
        except _Outpaced:
            time.sleep(random.uniform(0, pause))  # noqa: S311 (so that all who wait do not try at the same moment)
            pause = min(pause * 2, _LONGEST_PAUSE)
    raise Busy(f"others keep publishing to registry {remote.name} in between", hint="run the command again")


def _push_once(
    remote: Remote,
    mirror: Mirror,
    decide: Callable[[Mirror, str | None], Draft | None],
    sign: bool | None,
    branch: str | None,
) -> str | None:
    mirror.create()
    head = remote.fetch(mirror)
    draft = decide(mirror, head)
    if draft is None:
        return None
    commit = build_commit(mirror, head, draft, sign)
    _check_own_signature(remote, mirror, commit)
    if branch:
        push_commit(mirror, remote.url, commit, f"refs/heads/{check_ref(branch)}", None)
        return commit
    target = branch_of(remote.url, remote.source.branch, folder=mirror.path)
    try:
        push_commit(mirror, remote.url, commit, target, head)
    except NetworkError:
        # The connection may have broken after the server took the commit: what it holds now tells.
        if not mirror.follows(remote.fetch(mirror), commit):
            raise
    else:
        refresh(mirror, remote.ledger, remote.name, commit, remote.folder)
    return commit


def _check_own_signature(remote: Remote, mirror: Mirror, commit: str) -> None:
    """Raise for a commit that nobody who asks for signatures would accept: pushed, it would stop them all."""
    try:
        remote.check_commit(mirror, commit)
    except IntegrityError as error:
        error.hint = "sign with a key that is listed: user.signingKey in git's configuration; nothing was pushed"
        raise


def push_start(url: str, branch: str | None, draft: Draft, sign: bool | None, scratch: Mirror) -> str:
    """Put the first commit of a registry on a branch, which need not be there yet; return the commit.

    Files of the draft that are there already are left as they are, and `UsageError` is raised if all are.
    """
    scratch.create()
    refs = list_remote(url, folder=scratch.path)
    chosen = refs.get("HEAD", "").removeprefix("ref: ")
    target = (
        f"refs/heads/{check_ref(branch)}" if branch else chosen if chosen.startswith("refs/") else "refs/heads/main"
    )
    head = scratch.fetch(url, target) if target in refs else None
    there = {path for path in draft.files if head and scratch.has(f"{head}:{path}")}
    if there == draft.files.keys():
        raise UsageError(
            f"{url} is a registry already", hint="agentpkg registry add NAME URL makes it known to a project"
        )
    files = {path: data for path, data in draft.files.items() if path not in there}
    commit = build_commit(scratch, head, Draft(files=files, message=draft.message), sign)
    try:
        push_commit(scratch, url, commit, target, head)
    except _Outpaced:
        raise Busy(f"somebody else pushed to {url} meanwhile", hint="run the command again") from None
    return commit


def make_repository(place: Path) -> None:
    """Make a bare repository at a path where there is none yet."""
    try:
        empty = not place.exists() or (place.is_dir() and not any(place.iterdir()))
        if empty:
            place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DiskError(f"cannot make {place}: {error.strerror}", hint="name a folder that you may write to") from None
    if empty:
        run(place, "init", "--quiet", "--bare", "--initial-branch=main", "--template=", ".")
    elif not ((place / ".git").exists() or (place / "HEAD").exists()):
        raise UsageError(
            f"{place} is neither an empty folder nor a git repository", hint="name a folder that is not there yet"
        )


def build_commit(mirror: Mirror, parent: str | None, draft: Draft, sign: bool | None) -> str:
    """Return a commit on top of `parent` with the author and committer of git's configuration; no work tree is used."""
    files = {path: data for path, data in draft.files.items() if data is not None}
    stream = [b"blob\nmark :%d\ndata %d\n%s\n" % (mark, len(data), data) for mark, data in enumerate(files.values(), 1)]
    stream.append(b"commit %s\ncommitter agentpkg <agentpkg@localhost> 0 +0000\ndata 0\n" % _DRAFT.encode())
    if parent:
        stream.append(b"from %s\n" % parent.encode())
    stream += [b"D %s\n" % path.encode() for path, data in draft.files.items() if data is None]
    stream += [b"M 100644 :%d %s\n" % (mark, path.encode()) for mark, path in enumerate(files, 1)]
    run(mirror.path, "fast-import", "--quiet", "--force", bare=True, stdin=b"".join(stream))
    _, tree = run(mirror.path, "rev-parse", "--verify", f"{_DRAFT}^{{tree}}", bare=True)
    signing = _wants_signing(mirror) if sign is None else sign
    words = [*(["-S"] if signing else []), *(["-p", parent] if parent else []), tree.decode().strip()]
    try:
        _, commit = run(
            mirror.path, "commit-tree", *words,
            bare=True, stdin=draft.message.encode(), settings={"user.useConfigOnly": "true"},
        )  # fmt: skip
    except GitFailed as error:
        raise _commit_error(error) from None
    return commit.decode().strip()


def _wants_signing(mirror: Mirror) -> bool:
    _, output = run(mirror.path, "config", "--type=bool", "--get", "commit.gpgSign", bare=True, allowed=(0, 1))
    return output.strip() == b"true"


def _commit_error(error: GitFailed) -> AgentpkgError:
    said = "\n".join(error.details)
    if re.search("tell me who you are|user.useConfigOnly|no (email|name) was given|ident name", said):
        return UsageError(
            "git does not know who you are, and a version has an author",
            hint="git config --global user.name NAME; git config --global user.email ADDRESS",
        )
    return AgentpkgError(
        "git could not sign the commit",
        details=error.details,
        hint="check user.signingKey and gpg.format in git's configuration, or publish with --no-sign",
    )


def push_commit(mirror: Mirror, url: str, commit: str, ref: str, expected: str | None) -> None:
    """Push, if the remote's `ref` is still `expected` (None: not there); raise if it is not, or the remote refuses."""
    try:
        run(
            mirror.path, "push", "--porcelain", "--no-verify", f"--force-with-lease={ref}:{expected or ''}",
            "--", url, f"{commit}:{ref}", bare=True,
        )  # fmt: skip
    except GitFailed as error:
        line = next((line for line in error.output.splitlines() if line.startswith("!")), "")
        if not line:
            raise network_error("push to", url, error.details) from None
        if _OUTPACED.search(line):
            if expected is None:
                name = ref.removeprefix("refs/heads/")
                raise EditConflict(f"{url} has a branch {name} already", hint="choose another --branch") from None
            raise _Outpaced from None
        raise _refused(url, line, error.details) from None


def _refused(url: str, line: str, said: tuple[str, ...]) -> AgentpkgError:
    hint = "push a branch for review instead: --branch NAME"
    if "checked out" in line or "checked out" in "\n".join(said):
        hint = "make it a bare repository, or set receive.denyCurrentBranch to updateInstead there"
    return AgentpkgError(
        f"{url} does not take the commit", details=[f"git: {line.rpartition(chr(9))[2]}", *said], hint=hint
    )


def who_added(mirror: Mirror, commit: str, path: str) -> str:
    """Return who put `path` into the repository, when, and in which commit, in words."""
    form = "--format=%an <%ae> in %h, %cs"
    _, output = run(mirror.path, "log", "-1", "--diff-filter=A", form, commit, "--", path, bare=True)
    return output.decode("utf-8", "backslashreplace").strip() or "somebody"


def write_author_file(path: Path, before: bytes, after: bytes) -> None:
    """Write a file of an author's own, at once, if it still holds `before`."""
    part = path.with_name(f".{path.name}.part")
    try:
        if path.read_bytes() != before:
            raise EditConflict(f"{path} changed meanwhile, and was left as it is", hint="set its version by hand")
        write_synced(part, after)
        os.replace(part, path)
    except OSError as error:
        raise DiskError(f"cannot write {path}: {error.strerror}", hint="set its version by hand") from None
