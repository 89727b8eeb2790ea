"""Rows 51 to 57: a lockfile, a manifest, a journal or a record of what can be undone that somebody has been at."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from agentpkg.journal import Step, write_journal
from agentpkg.lockfile import dump_lockfile, parse_lockfile
from tests.hostile.case import Build, Case
from tests.hostile.room import Act, Room
from tests.support.registry import Registry

BASE = ".claude/agents/base.md"
LOCK = "agentpkg.lock"


def locked(path: str, *command: str) -> Build:
    """Let the lock say that the one file which was written is another, that does exist; it is no longer wanted."""

    def build(room: Room) -> Act:
        victim = room.project / path
        victim.parent.mkdir(parents=True, exist_ok=True)
        victim.write_bytes((room.project / BASE).read_bytes())
        room.edit(LOCK, f'"{BASE}"', json.dumps(path))
        return room.command(*command)

    return build


def spoilt(spoil: Callable[[bytes], bytes]) -> Build:
    """Spoil the lock as a whole, and install something else."""

    def build(room: Room) -> Act:
        room.registry.publish("tool")
        room.fetch()
        room.write(LOCK, spoil((room.project / LOCK).read_bytes()))
        return room.command("install", "tool")

    return build


def merged(*, whole: bool = True) -> Build:
    """Let two branches install a bundle each, with the lock as git leaves it where they meet; and sync."""

    def build(room: Room) -> Act:
        room.registry.publish("left").publish("right")
        start = {name: (room.project / name).read_bytes() for name in (LOCK, "agentpkg.toml")}
        locks = {}
        for name in ("left", "right"):
            assert room.command("install", name)().code == 0
            locks[name] = (room.project / LOCK).read_text()
            for path, content in start.items():
                room.write(path, content)
        end = ">>>>>>> right\n" if whole else ""
        room.write(LOCK, f"<<<<<<< left\n{locks['left']}=======\n{locks['right']}{end}")
        room.write(
            "agentpkg.toml", room.manifest(room.registry.url, 'base = "~=1.0"\nleft = "~=1.0"\nright = "~=1.0"\n')
        )
        return room.command("sync")

    return build


def unmerged(room: Room) -> Act:
    """Do the same without a merge."""
    room.registry.publish("left").publish("right")
    return room.command("install", "left", "right")


def elsewhere(*, manifest: bool, lock: bool) -> Build:
    """Put another registry's URL in, which has the same and a newer version; and update."""

    def build(room: Room) -> Act:
        other = Registry(room.root / "other").start().publish("base").publish("base", "1.1.0", body="Other.")
        old, new = f'"{room.registry.url}"', f'"{other.url}"'
        room.fetch(other.url)
        if manifest:
            room.edit("agentpkg.toml", old, new)
        if lock:
            room.edit(LOCK, old, new)
        if not (manifest or lock):
            room.registry.publish("base", "1.1.0", body="Other.")
            room.fetch()
        return room.command("update")

    return build


def approved(*, by_hand: bool) -> Build:
    """Publish a version with more power than was approved, or than the lock says was approved; and update."""

    def build(room: Room) -> Act:
        room.registry.publish("tool", tools="[read]")
        assert room.command("install", "tool")().code == 0
        room.registry.publish("tool", "1.1.0", tools="[read, shell]" if by_hand else "[read]")
        if by_hand:
            data: dict[str, Any] = json.loads((room.project / LOCK).read_text())
            data["bundles"]["tool"]["grants"]["tool"] += ["shell"]
            text = json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
            assert dump_lockfile(parse_lockfile(text)) == text
            room.write(LOCK, text)
        room.fetch()
        return room.command("update")

    return build


def journal(path: str) -> Build:
    """Leave a journal of a run that was cut short, in which one file, that does exist, is to be replaced."""

    def build(room: Room) -> Act:
        state = room.project / ".agentpkg"
        (state / "staged").mkdir(parents=True, exist_ok=True)
        (state / "staged/0").write_bytes(b"evil\n")
        victim = room.project / path
        victim.parent.mkdir(parents=True, exist_ok=True)
        if not victim.exists():
            victim.write_bytes(b"mine\n")
        before, after = (hashlib.sha256(one).hexdigest() for one in (victim.read_bytes(), b"evil\n"))
        write_journal(state, [Step(path=path, before=before, after=after, bases={}, staged="0")])
        return room.command("sync")

    return build


def recorded(*, elsewhere: bool) -> Build:
    """Install a bundle, here or on another machine that the folder then came from; and undo."""

    def build(room: Room) -> Act:
        room.registry.publish("tool")
        room.fetch()
        folder = "elsewhere" if elsewhere else "state"
        room.monkeypatch.setenv("AGENTPKG_STATE_DIR", str(room.root / folder))
        assert room.command("install", "tool")().code == 0
        room.monkeypatch.setenv("AGENTPKG_STATE_DIR", str(room.root / "state"))
        return room.command("undo")

    return build


def path(number: int, where: str, build: Callable[[str], Build], benign: Build) -> Case:
    """Return a case of a path that is none for an agent; what stands there stays."""
    return Case(
        number=number, name=f"{build.__name__} {where}", hostile=build(where), benign=benign, exit=3, says=(where,)
    )


def lock(where: str) -> Build:
    """Remove what the lock says to be at `where`."""
    return locked(where, "remove", "base")


NOWHERE = ("../outside/victim.md", ".claude/settings.json", ".git/hooks/post-checkout", "src/main.py")
CASES = (
    *(path(51, where, lock, lock(BASE)) for where in NOWHERE),
    Case(number=52, name="a merge", hostile=merged(), benign=unmerged, exit=0),
    Case(number=52, name="half a merge", hostile=merged(whole=False), benign=merged(), exit=5, says=(LOCK,)),
    Case(
        number=53,
        name="truncated",
        hostile=spoilt(lambda data: data[: len(data) // 2]),
        benign=spoilt(lambda data: data),
        exit=5,
        says=(f"{LOCK} cannot be read", "hint: restore"),
    ),
    Case(
        number=53,
        name="NUL",
        hostile=spoilt(lambda data: bytes(len(data))),
        benign=spoilt(lambda data: data),
        exit=5,
        says=(f"{LOCK} cannot be read", "hint: restore"),
    ),
    Case(
        number=53,
        name="empty",
        hostile=spoilt(lambda data: b""),
        benign=spoilt(lambda data: data),
        exit=5,
        says=(f"{LOCK} cannot be read", "hint: restore"),
    ),
    Case(
        number=54,
        name="newer",
        hostile=spoilt(lambda data: data.replace(b'"format": 1', b'"format": 2')),
        benign=spoilt(lambda data: data),
        exit=2,
        says=(f"{LOCK} has format 2", "hint: upgrade agentpkg"),
    ),
    Case(
        number=55,
        name="in the manifest",
        hostile=elsewhere(manifest=True, lock=False),
        benign=elsewhere(manifest=False, lock=False),
        exit=4,
        says=("other",),
    ),
    Case(
        number=55,
        name="in the lock",
        hostile=elsewhere(manifest=False, lock=True),
        benign=elsewhere(manifest=False, lock=False),
        exit=4,
        says=("other",),
    ),
    Case(
        number=56,
        name="approval by hand",
        hostile=approved(by_hand=True),
        benign=approved(by_hand=False),
        exit=4,
        says=("shell",),
    ),
    *(path(57, where, journal, journal(BASE)) for where in NOWHERE),
    Case(
        number=57,
        name="record of another machine",
        hostile=recorded(elsewhere=True),
        benign=recorded(elsewhere=False),
        exit=1,
        says=("was not made by you", "hint: version control"),
    ),
)
