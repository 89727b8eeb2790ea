"""Rows 58 to 70: what a command line and its surroundings may do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from agentpkg import apply
from agentpkg.journal import Step, write_journal
from tests.hostile.case import Build, Case
from tests.hostile.room import Act, Room
from tests.support.registry import Registry

TOUCH = "{outside}/ran"  # what an attack that works leaves behind


def command(*words: str) -> Build:
    """Run a command line, in which `{url}` is the registry's and `{outside}` the folder that nobody may write to."""

    def build(room: Room) -> Act:
        room.registry.publish("tool")
        room.fetch()
        return room.command(*(word.format(url=room.registry.url, outside=room.outside) for word in words))

    return build


def source(line: str) -> Build:
    """Install from a registry that stands in the manifest with this line."""

    def build(room: Room) -> Act:
        room.registry.publish("tool")
        room.fetch()
        words = line.format(url=room.registry.url, path=room.registry.path, outside=room.outside)
        room.monkeypatch.setenv("GIT_SSH_COMMAND", str(_ssh(room)))
        room.write("agentpkg.toml", f'[project]\nhosts = ["claude"]\n[registries.other]\n{words}\n[bundles]\n')
        return room.command("install", "other/tool")

    return build


def _script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def _ssh(room: Room) -> Path:
    """Return a stand-in for ssh, which runs the remote command here instead of there."""
    return _script(room.root / "bin/ssh", 'shift $(($# - 1))\nexec sh -c "$1"')


OWN = source('url = "{url}"')
OVER_SSH = source('url = "ssh://git@host.example{path}"')


def url(number: int, line: str, benign: Build, *says: str, never: tuple[str, ...] = ()) -> Case:
    """Return a case of a registry's URL that git is never given."""
    return Case(
        number=number, name=line, hostile=source(f'url = "{line}"'), benign=benign, exit=2, says=says, never=never
    )


def local(*, inside: bool) -> Build:
    """Write a bundle of a registry at a path of this machine into the manifest by hand, and sync."""

    def build(room: Room) -> Act:
        place = room.project / "agents" if inside else room.root / "near"
        registry = Registry(place).start().publish("helper")
        room.edit(
            "agentpkg.toml",
            "[bundles]",
            f'[registries.near]\nurl = "{registry.url}"\n[bundles]\n"near/helper" = "~=1.0"',
        )
        room.fetch(registry.url)
        return room.command("sync")

    return build


def widened(*more: str) -> Build:
    """Update to a version with more power, in a process with nobody to ask."""

    def build(room: Room) -> Act:
        room.registry.publish("tool", tools="[read]")
        assert room.command("install", "tool")().code == 0
        room.registry.publish("tool", "1.1.0", tools="[read, shell]")
        room.fetch()
        return room.process("update", *more)

    return build


def surrounded(variables: Callable[[Room], dict[str, str]]) -> Build:
    """Install in a process with these variables set."""

    def build(room: Room) -> Act:
        room.registry.publish("tool")
        return room.process("install", "tool", env=variables(room))

    return build


def around(variables: Callable[[Room], dict[str, str]]) -> Build:
    """Install in this process, with these variables set."""

    def build(room: Room) -> Act:
        room.registry.publish("tool")
        for name, value in variables(room).items():
            room.monkeypatch.setenv(name, value)
        return room.command("install", "tool")

    return build


def inside_git(room: Room) -> dict[str, str]:
    """Return what git sets for its hooks, and whatever else could lead it elsewhere."""
    elsewhere = Registry(room.root / "elsewhere").start().publish("tool", body="Evil.")
    evil = _script(room.root / "evil/git-upload-pack", f"touch {room.outside}/ran")
    shutil.copy(evil, room.root / "evil/git-remote-https")
    return {
        "GIT_DIR": str(elsewhere.path / ".git"),
        "GIT_WORK_TREE": str(room.outside),
        "GIT_INDEX_FILE": str(room.outside / "index"),
        "GIT_OBJECT_DIRECTORY": str(room.outside),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{elsewhere.path.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": room.registry.path.as_uri(),
        "GIT_CONFIG_PARAMETERS": f"'core.fsmonitor=touch {room.outside}/ran'",
        "GIT_EXEC_PATH": str(room.root / "evil"),
        "GIT_TRACE": str(room.outside / "trace"),
        "GIT_ALLOW_PROTOCOL": "ext",
        "GIT_EXTERNAL_DIFF": str(evil),
        "GIT_PROXY_COMMAND": str(evil),
        "GIT_NAMESPACE": "evil",
        "GIT_PYTHON_GIT_EXECUTABLE": str(evil),
    }


def linked(room: Room) -> Act:
    """Have the folder of a host lead elsewhere."""
    room.registry.publish("tool")
    room.fetch()
    shutil.move(room.project / ".claude", room.outside / "claude")
    (room.project / ".claude").symlink_to(room.outside / "claude")
    return room.command("install", "tool")


def swapped(*, link: bool) -> Build:
    """Have a folder swapped for a link, or for another folder, in the moment in which the change is decided."""

    def build(room: Room) -> Act:
        room.registry.publish("tool")
        room.fetch()
        agents = room.project / ".claude/agents"

        def swap(state: Path, steps: list[Step]) -> None:
            write_journal(state, steps)
            shutil.move(agents, room.root / "moved")
            agents.symlink_to(room.outside) if link else shutil.copytree(room.root / "moved", agents)

        room.monkeypatch.setattr(apply, "write_journal", swap)
        return room.command("install", "tool")

    return build


def with_git(script: str) -> Build:
    """Install where `git` is this script, in which `$GIT` is the real one, or (empty) where there is none."""

    def build(room: Room) -> Act:
        room.registry.publish("tool")
        room.fetch()
        real = shutil.which("git")
        folder = room.root / "path"
        folder.mkdir()
        if script:
            _script(folder / "git", f"GIT={real}\n{script}")
        return room.process("install", "tool", env={"PATH": f"{folder}:/bin" if script else str(folder)})

    return build


OLD_GIT = """\
case "$*" in
*" --no-write-fetch-head "* | *" --end-of-options "*)
    echo "error: unknown option" >&2
    exit 129 ;;
"version" | "--version") echo "git version 2.20.1" ;;
*) exec "$GIT" "$@" ;;
esac"""


def owned(*, by_us: bool) -> Build:
    """Install from a repository that belongs to somebody else: really so, or (only root gives away) as git is told."""

    def build(room: Room) -> Act:
        room.registry.publish("tool")
        room.fetch()
        if os.geteuid() == 0:
            for path in (room.registry.path, *room.registry.path.rglob("*")):
                os.chown(path, 0 if by_us else 65534, -1, follow_symlinks=False)
        elif not by_us:
            _script(room.root / "bin/git", f'GIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec {shutil.which("git")} "$@"')
            room.monkeypatch.setenv("PATH", f"{room.root}/bin:{os.environ['PATH']}")
        return room.command("install", "tool")

    return build


def unwritable(variable: str, mode: int) -> Build:
    """Install where a folder of the user's, with all that is in it, has this mode, which root obeys as well."""

    def build(room: Room) -> Act:
        room.registry.publish("tool")
        for name in ("AGENTPKG_CACHE_DIR", "AGENTPKG_STATE_DIR"):
            if variable == "HOME":
                room.monkeypatch.delenv(name)
        folder = Path(os.environ[variable])
        for place in (folder, *folder.rglob("*")):
            place.chmod(mode)
        obeying = "setpriv --bounding-set=-dac_override,-dac_read_search " if os.geteuid() == 0 else ""
        return room.process("install", "tool", shell=f'{obeying}"$@"')

    return build


def heard(shell: str, *words: str, **env: str) -> Build:
    """Run a command that says what cannot all be said in ASCII, with its output where `shell` sends it."""

    def build(room: Room) -> Act:
        room.registry.publish("tool", description='"Liest \u00fcber \U0001f468 nach."')
        room.fetch()
        env.update({"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"})
        return room.process(*(words or ("install", "tool")), env=env, shell=shell)

    return build


HEARD = heard('"$@"', LC_ALL="C.UTF-8")
SILENT = {  # what nobody hears: a shell's line, and what it says instead
    "C locale": '"$@"',
    "no output": '"$@" >&-',
    "no output, no errors": '"$@" >&- 2>&-',
    "no input": '"$@" <&-',
    "nobody reads": '{ "$@"; echo $? >code; } | true; exit $(cat code; rm code)',
}

CASES = (
    Case(
        number=58,
        name="name",
        hostile=command("install", "--", "--upload-pack=touch " + TOUCH),
        benign=command("install", "--", "tool"),
        exit=2,
        says=("--upload-pack",),
    ),
    Case(
        number=58,
        name="url",
        hostile=command("registry", "add", "other", "--", "--upload-pack=touch " + TOUCH),
        benign=command("registry", "add", "other", "--", "{url}"),
        exit=2,
        says=("--upload-pack",),
    ),
    Case(
        number=58,
        name="branch",
        hostile=source('url = "{url}"\nbranch = "--upload-pack=touch {outside}/ran"'),
        benign=source('url = "{url}"\nbranch = "main"'),
        exit=2,
        says=("--upload-pack",),
    ),
    Case(
        number=58,
        name="ref",
        hostile=command("install", "tool", "--from", "{url}@--upload-pack=touch"),
        benign=command("install", "tool", "--from", "{url}@main"),
        exit=2,
        says=("--upload-pack",),
    ),
    *(
        url(59, line, OWN, "registry url")
        for line in (
            "ext::sh -c touch% {outside}/ran",
            "EXT::sh -c touch% {outside}/ran",
            "fd::7",
            "git://host.example/r",
            "http://host.example/r",
        )
    ),
    *(
        url(60, line, OVER_SSH, "registry url")
        for line in (
            "ssh://-oProxyCommand=touch%20ran/r",
            "ssh://git@-oProxyCommand=touch/r",
            "-oProxyCommand=touch:r",
            "git@-oProxyCommand=touch:r",
        )
    ),
    Case(
        number=61, name="local registry", hostile=local(inside=False), benign=local(inside=True), exit=4, says=("near",)
    ),
    url(62, "https://ada:CANARY@host.example/r.git", OWN, "password", never=("CANARY",)),
    url(62, "https://CANARY@host.example/r.git", OWN, "password", never=("CANARY",)),
    url(62, "ssh://ada:CANARY@host.example/r.git", OWN, "password", never=("CANARY",)),
    Case(
        number=63,
        name="nobody to ask",
        hostile=widened(),
        benign=widened("--accept-grants"),
        exit=4,
        says=("would gain shell", "--accept-grants"),
    ),
    Case(number=64, name="GIT_*", hostile=surrounded(inside_git), benign=surrounded(lambda room: {}), exit=0),
    Case(number=64, name="GIT_*, late", hostile=around(inside_git), benign=around(lambda room: {}), exit=0),
    Case(
        number=65,
        name="linked folder",
        hostile=linked,
        benign=command("install", "tool"),
        exit=3,
        says=("symbolic link",),
    ),
    Case(
        number=66,
        name="swapped folder",
        hostile=swapped(link=True),
        benign=swapped(link=False),
        exit=9,
        says=("symbolic link",),
        keeps=("outside",),
    ),
    Case(
        number=67,
        name="no git",
        hostile=with_git(""),
        benign=with_git('exec "$GIT" "$@"'),
        exit=2,
        says=("git is not installed", "git 2.30 or newer"),
    ),
    Case(
        number=67,
        name="old git",
        hostile=with_git(OLD_GIT),
        benign=with_git('exec "$GIT" "$@"'),
        exit=2,
        says=("2.20.1", "git 2.30 or newer"),
    ),
    Case(
        number=68,
        name="dubious ownership",
        hostile=owned(by_us=False),
        benign=owned(by_us=True),
        exit=8,
        says=("safe.directory",),
    ),
    *(
        Case(
            number=69,
            name=name,
            hostile=unwritable(name, 0o555),
            benign=unwritable(name, 0o755),
            exit=9,
            says=("ermission denied", "hint: "),
        )
        for name in ("HOME", "AGENTPKG_CACHE_DIR", "AGENTPKG_STATE_DIR")
    ),
    *(
        Case(number=70, name=name, hostile=heard(shell, LC_ALL="C"), benign=HEARD, exit=0)
        for name, shell in SILENT.items()
    ),
    Case(
        number=70,
        name="a full disk",
        hostile=heard('"$@" >/dev/full', "list"),
        benign=HEARD,
        exit=9,
        says=("No space left", "hint: "),
    ),
)
