"""The folder that a site is written into: what is ours in it, what of it can stay, and how the new takes its place.

The new site is made whole beside the old one, and then given its name. Nothing is ever written over or taken away but
what an earlier run made, to the byte.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentpkg.errors import EditConflict
from agentpkg.files import content_digest
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

STATE = "site.json"
_KIND, _FORMAT = "agentpkg registry site", 1
_BUNDLES = "bundles"
_MOST_TOLD = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A bundle's folder as it was made: a mark of what it is made of, its digest, and what other pages show of it."""

    mark: str
    digest: str
    about: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What an earlier run made: the digests of its files by path, and its bundles by name."""

    files: Mapping[str, str]
    bundles: Mapping[str, Kept]


_NOTHING = Before(files={}, bundles={})


def read_before(out: Path) -> Before:
    """Return what an earlier run made in `out`, nothing if it is not there or empty.

    Raises `EditConflict` if anything in it is not just as agentpkg made it.
    """
    _finish(out)
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise EditConflict(f"{out} is no folder", hint="name another one with --out")
    if not out.exists() or not any(out.iterdir()):
        return _NOTHING
    before = _parse(out / STATE)
    if before is None:
        raise EditConflict(
            f"{out} is not empty, and no site that agentpkg made; nothing was written",
            hint="name a folder that is not there yet, or an empty one",
        )
    strange = sorted(_strangers(out, before))
    if strange:
        more = [f"and {len(strange) - _MOST_TOLD} more"] if len(strange) > _MOST_TOLD else []
        raise EditConflict(
            f"{out} holds what agentpkg did not make, or not so; nothing was written",
            details=[*strange[:_MOST_TOLD], *more],
            hint="move it away, or name another folder",
        )
    return before


def _parse(path: Path) -> Before | None:
    """Return what a site says it is made of, None where that is no word of ours."""
    try:
        data = json.loads(path.read_bytes())
        if (data["kind"], data["format"]) != (_KIND, _FORMAT):
            return None
        return Before(
            files={str(name): str(digest) for name, digest in data["files"].items()},
            bundles={name: Kept(**one) for name, one in data["bundles"].items()},
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def _strangers(out: Path, before: Before) -> Iterator[str]:
    """Yield the paths of all that is not as an earlier run made it."""
    for path in _walk(out):
        name = path.relative_to(out).as_posix()
        odd = path.is_symlink() or not path.is_file()
        if name != STATE and (odd or before.files.get(name) != _digest(path.read_bytes())):
            yield name
    for folder in sorted((out / _BUNDLES).iterdir()) if (out / _BUNDLES).is_dir() else ():
        kept = before.bundles.get(folder.name)
        files = read_all(folder)
        if kept is None or files is None or content_digest(files) != kept.digest:
            yield f"{_BUNDLES}/{folder.name}"


def _walk(folder: Path) -> Iterator[Path]:
    """Yield every file and link below a folder, and none of the folder of bundles at its top."""
    for place, inner, names in os.walk(folder):
        here = Path(place)
        if here == folder:
            inner[:] = [name for name in inner if name != _BUNDLES or (folder / name).is_symlink()]
        yield from (here / name for name in (*names, *(one for one in inner if (here / one).is_symlink())))


def read_all(folder: Path) -> dict[str, bytes] | None:
    """Return the files right in a folder by name, None if it is no folder or holds anything else."""
    if folder.is_symlink() or not folder.is_dir():
        return None
    files = {}
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or not path.is_file():
            return None
        files[path.name] = path.read_bytes()
    return files


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()


class Stage:
    """A site that is being made. It takes files by their paths, and bundles' folders, new or as they were."""

    def __init__(self, folder: Path, before: Path) -> None:
        self._folder = folder
        self._before = before
        self._files: dict[str, str] = {}
        self._bundles: dict[str, Kept] = {}

    def add(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Write files that belong to no bundle."""
        for path, data in files:
            self._files[path] = _digest(data)
            _write(self._folder / path, data)

    def add_bundle(self, name: str, mark: str, about: Mapping[str, Any], files: Mapping[str, bytes]) -> Kept:
        """Write the folder of a bundle, which is made of what `mark` stands for."""
        for path, data in files.items():
            _write(self._folder / _BUNDLES / name / path, data)
        self._bundles[name] = Kept(mark=mark, digest=content_digest(files), about=about)
        return self._bundles[name]

    def keep_bundle(self, name: str, kept: Kept) -> None:
        """Take a bundle's folder over as it was."""
        place = self._folder / _BUNDLES / name
        place.mkdir(parents=True)
        for path in (self._before / _BUNDLES / name).iterdir():
            try:
                os.link(path, place / path.name)
            except OSError:  # a file system without links
                shutil.copyfile(path, place / path.name)
        self._bundles[name] = kept

    def finish(self) -> None:
        """Write down what the site is made of."""
        bundles = {
            name: {"mark": one.mark, "digest": one.digest, "about": one.about} for name, one in self._bundles.items()
        }
        state = {"kind": _KIND, "format": _FORMAT, "files": self._files, "bundles": bundles}
        text = json.dumps(state, indent=0, sort_keys=True, separators=(",", ":"))
        _write(self._folder / STATE, text.encode() + b"\n")


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


@contextmanager
def staged(out: Path) -> Iterator[Stage]:
    """Give a stage, and put it in the place of `out` in the end, if all went well. `read_before` must allow that."""
    part, gone = _beside(out, "part"), _beside(out, "old")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        stage = Stage(part, out)
        yield stage
        stage.finish()
        if out.exists():
            out.rename(gone)
        part.rename(out)
        shutil.rmtree(gone, ignore_errors=True)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _finish(out: Path) -> None:
    """Take the old site back, or away, where a run was cut short between two names."""
    gone = _beside(out, "old")
    if not (gone.is_symlink() or gone.exists()):
        return
    if gone.is_symlink() or _parse(gone / STATE) is None:
        raise EditConflict(f"{gone} stands where the old site would go for a moment", hint="move it away")
    if out.exists():
        shutil.rmtree(gone)
    else:
        gone.rename(out)


def _beside(out: Path, what: str) -> Path:
    return out.parent / f".{out.name}.agentpkg-{what}"
