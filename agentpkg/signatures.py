"""Signatures: that every commit which changes a registry's bundles was signed by a key that the project lists.

git's own answer is not enough on its own: an unknown key still makes a "Good signature", and a revocation file that
does not exist revokes nothing. So a commit counts only if git says that its key is listed, names the principal, and
exits with 0, the files that say so are there, and a signature of another kind (GPG) never counts.
"""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg.errors import IntegrityError, UsageError
from agentpkg.git import GitFailed, run
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentpkg.mirror import Mirror

_TOGETHER = 200
_MOST_TREE = 64 * 1024 * 1024
_KRL = b"SSHKRL\n\0"  # how a revocation list that is no text begins
_WHY = {
    "N": "is not signed",
    "B": "has a bad signature, or one by a key that was revoked",
    "U": "is signed by a key that is not listed, or was not valid then",
    "X": "is signed by a key that was no longer valid",
    "Y": "is signed by a key that was no longer valid",
    "R": "is signed by a key that was revoked",
    "E": "has a signature that cannot be checked",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Who may sign: the bytes of an allowed-signers file and of a revocation file, as ssh-keygen reads them.

    `after` is a commit whose history needs no signature, for a registry that began to sign later.
    """

    signers: bytes
    revoked: bytes | None = None
    after: str | None = None

    @property
    def digest(self) -> str:
        """What identifies the policy: a change of it means that everything is checked again."""
        parts = [self.signers, b"-" if self.revoked is None else self.revoked, (self.after or "").encode()]
        return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def read_policy(root: Path, where: str, signers: str, revoked: str | None, after: str | None) -> Policy:
    """Return the policy that files below the project's folder `root` make up; raise if one of them is not there."""

    def read(name: str) -> bytes:
        try:
            return (root / name).read_bytes()
        except OSError as error:
            raise IntegrityError(
                f"{where}: {name} cannot be read: {error.strerror}", hint="without it no signature can be trusted"
            ) from None

    listed = read(signers)
    if not any(line.strip() and not line.lstrip().startswith(b"#") for line in listed.splitlines()):
        raise UsageError(f"{where}: {signers} lists no key", hint="one line a key: PRINCIPAL ssh-ed25519 AAAA…")
    withdrawn = None if revoked is None else read(revoked)
    if withdrawn and b"\0" in withdrawn and not withdrawn.startswith(_KRL):
        raise IntegrityError(f"{where}: {revoked} is damaged", hint="without it no signature can be trusted")
    return Policy(signers=listed, revoked=withdrawn, after=after)


def check_signed(
    mirror: Mirror, done: tuple[str, str] | None, policy: Policy, commit: str, folder: str, name: str
) -> None:
    """Raise `IntegrityError` unless every commit up to `commit` that changes `folder` is signed as the policy asks.

    A state of the folder that a merge takes over from one of its parents needs no signature of its own, unless another
    parent had gone on from there. `done` says up to which commit, and by the policy with which digest, this was checked
    before.
    """
    known = [done[0]] if done and done[1] == policy.digest and mirror.follows(commit, done[0]) else []
    known += [_start_of(mirror, policy.after, name)] if policy.after else []
    _, output = run(mirror.path, "rev-list", commit, *(f"^{one}" for one in known), "--", folder, bare=True)
    commits = [*output.decode().split(), *_undoing(mirror, commit, known, folder)]
    with _settings(policy) as settings:
        parts = [commits[start : start + _TOGETHER] for start in range(0, len(commits), _TOGETHER)]
        bad = [line for part in parts for line in _bad(mirror, part, settings)]
    if bad:
        more = len(bad) - 10
        raise IntegrityError(
            f"registry {name}: a commit that changes bundles is not signed by a listed key",
            details=[*bad[:10], *([f"and {more} more"] if more > 0 else [])],
            hint="ask whoever owns the registry; nothing was changed here",
        )


def _undoing(mirror: Mirror, commit: str, known: list[str], folder: str) -> list[str]:
    """Return the merges that take over an older state of the folder, in the place of what another parent made of it.

    git counts them as no change of the folder, but they undo what was signed: a yank, for one.
    """
    _, output = run(mirror.path, "rev-list", "--merges", "--parents", commit, *(f"^{one}" for one in known), bare=True)
    states: dict[str | None, bytes | None] = {None: None}

    def state(one: str | None) -> bytes | None:
        if one not in states:
            found = mirror.read(f"{one}:{folder}", most=_MOST_TREE)
            states[one] = hashlib.sha256(found[1]).digest() if found else None
        return states[one]

    undoing = []
    for line in output.decode().splitlines():
        merge, *parents = line.split()
        taken = [one for one in parents if state(one) == state(merge)]
        others = [one for one in parents if state(one) != state(merge)]
        if taken and any(state(_base(mirror, one, taken[0])) != state(one) for one in others):
            undoing.append(merge)
    return undoing


def _base(mirror: Mirror, one: str, other: str) -> str | None:
    try:
        return mirror.fork_of(one, other)
    except UsageError:
        return None


def _start_of(mirror: Mirror, after: str, name: str) -> str:
    if not mirror.has(after):
        raise IntegrityError(
            f"registry {name}: signed_after names the commit {after}, which is not there", hint="check agentpkg.toml"
        )
    return after


@contextmanager
def _settings(policy: Policy) -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory() as name:
        signers, revoked = Path(name) / "signers", Path(name) / "revoked"
        signers.write_bytes(policy.signers)
        settings = {
            "gpg.format": "ssh",
            "gpg.ssh.allowedSignersFile": str(signers),
            "gpg.ssh.program": "ssh-keygen",
            "gpg.program": "false",
            "gpg.x509.program": "false",
            "gpg.minTrustLevel": "fully",
        }
        if policy.revoked is not None:
            revoked.write_bytes(policy.revoked)
            settings["gpg.ssh.revocationFile"] = str(revoked)
        yield settings


def _bad(mirror: Mirror, commits: list[str], settings: dict[str, str]) -> list[str]:
    """Return a line for every commit that is not signed as it should be."""
    form = "--format=%H%x00%G?%x00%GS%x00%an <%ae>%x00%s"
    span = f"{commits[-1][:12]} to {commits[0][:12]}" if commits else ""
    try:
        _, output = run(mirror.path, "log", "--no-walk=unsorted", form, *commits, bare=True, settings=settings)
    except GitFailed as error:  # a signature that git takes for none at all
        return [f"git cannot check the signatures of {span}", *error.details]
    bad = []
    for line in output.decode("utf-8", "backslashreplace").rstrip("\n").split("\n"):
        commit, grade, principal, author, subject = line.split("\0", 4)
        if grade != "G" or not principal:
            bad.append(f"{commit[:12]} {_WHY.get(grade, 'names no principal')}: {subject} ({author})")
    status, _ = run(mirror.path, "verify-commit", *commits, bare=True, allowed=(0, 1), settings=settings)
    if status != 0 and not bad:
        bad.append(f"git does not verify all of {span}")
    return bad
