"""A folder on a real file system that takes no notice of case, as those of macOS and Windows do."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_TOOLS = ("mkfs.exfat", "mount.exfat-fuse", "losetup", "umount")
_BYTES = 64 * 1024 * 1024


@contextmanager
def caseless(folder: Path) -> Iterator[Path]:
    """Return `folder` where its file system is such a one already, else one below it that is mounted for the test.

    The test is skipped, and says so, on a system that can do neither.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case").touch()
    if (folder / "CASE").exists():
        yield folder
        return
    missing = [tool for tool in _TOOLS if not shutil.which(tool)]
    if missing or os.geteuid() or not Path("/dev/fuse").exists():
        pytest.skip("needs a file system without case: macOS, Windows, or root with exfat-fuse and exfatprogs")
    image, place = folder / "image", folder / "mounted"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(_BYTES)
    _run("mkfs.exfat", str(image))
    device = _run("losetup", "--find", "--show", str(image)).strip()
    try:
        _run("mount.exfat-fuse", device, str(place))
        try:
            yield place
        finally:
            _run("umount", str(place))
    finally:
        _run("losetup", "--detach", device)


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
