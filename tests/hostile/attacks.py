"""Attacks by git itself, each known to work: plain git falls for it before agentpkg is tried."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agentpkg.errors import NetworkError
from agentpkg.mirror import list_remote
from tests.hostile.room import Act, Room
from tests.support.cli import Result
from tests.support.forge import LINK, SUBMODULE, graft
from tests.support.gitserver import Answer, HttpsServer, redirect
from tests.support.registry import git

INSTALL = ("install", "tool")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What plain git does with an attack, which leaves a `mark`, and what agentpkg does, which exits with `code`."""

    plain: Callable[[], object]
    ours: Act
    code: int = 0


def mark(room: Room) -> Path:
    """Return what an attack that works leaves behind."""
    return room.outside / "ran"


def _plain(room: Room, *words: str, **env: str) -> Callable[[], object]:
    """Return a command of plain git, which may fail once the attack has worked."""

    def act() -> object:
        world = {**os.environ, **env}
        return subprocess.run(["git", *words], cwd=room.root, env=world, capture_output=True, check=False, timeout=60)

    return act


def _script(room: Room, name: str, then: str = "cat") -> Path:
    path = room.root / "evil" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\ntouch {mark(room)}\n{then}\n")
    path.chmod(0o755)
    return path


def _configure(room: Room, text: str) -> None:
    """Write the user's configuration of git."""
    (room.root / "home/.gitconfig").write_text(text)


def _ext(room: Room) -> str:
    """Return a URL that runs a command wherever git knows that transport."""
    return f"ext::sh -c touch% {mark(room)}"


def _below(room: Room, url: str) -> Act:
    """Ask a URL below the place where URLs are checked, as if it had passed there; a repository follows it."""

    def act() -> Result:
        try:
            list_remote(url, room.registry.url, folder=room.root)
        except NetworkError as error:
            return Result(error.exit_code, "", error.message)
        return Result(0, "", "")

    return act


def option_for_url(room: Room) -> Trial:
    url = f"--upload-pack=touch {mark(room)};"
    return Trial(plain=_plain(room, "ls-remote", url, room.registry.url), ours=_below(room, url), code=8)


def short_option_for_url(room: Room) -> Trial:
    url = f"--upl=touch {mark(room)};"
    return Trial(plain=_plain(room, "ls-remote", url, room.registry.url), ours=_below(room, url), code=8)


def ext_for_url(room: Room) -> Trial:
    _configure(room, "[protocol]\n\tallow = always\n")
    return Trial(plain=_plain(room, "ls-remote", _ext(room)), ours=_below(room, _ext(room)), code=8)


def ext_by_the_users_configuration(room: Room) -> Trial:
    old = room.registry.path.as_uri()
    _configure(room, f'[protocol]\n\tallow = always\n[url "{_ext(room)}% "]\n\tinsteadOf = {old}\n')
    return Trial(plain=_plain(room, "ls-remote", old), ours=room.command(*INSTALL), code=8)


def redirect_to_another_transport(room: Room) -> Trial:
    """The other server leaves the mark when it is asked."""
    near = room.stack.enter_context(HttpsServer(room.root / "https"))
    far = room.stack.enter_context(HttpsServer(room.root / "http", plain=True))

    def asked(path: str, answer: Answer) -> Answer:
        mark(room).touch()
        return answer

    far.trouble, near.trouble = asked, redirect(far.url)
    room.monkeypatch.setenv("GIT_SSL_CAINFO", str(near.certificate))
    _configure(room, "[http]\n\tfollowRedirects = true\n")
    room.write("agentpkg.toml", room.manifest(f"{near.url}/tool.git"))
    return Trial(plain=_plain(room, "ls-remote", f"{near.url}/tool.git"), ours=room.command(*INSTALL), code=8)


def _surrounded(room: Room, **env: str) -> Trial:
    for name, value in env.items():
        room.monkeypatch.setenv(name, value)
    return Trial(plain=_plain(room, "ls-remote", room.registry.path.as_uri()), ours=room.command(*INSTALL))


def _rewriting(room: Room) -> Path:
    """Return a file of settings by which the registry's URL becomes a command."""
    path = room.root / "evil.config"
    path.write_text(
        f'[protocol]\n\tallow = always\n[url "{_ext(room)}% "]\n\tinsteadOf = {room.registry.path.as_uri()}\n'
    )
    return path


def settings_in_the_environment(room: Room) -> Trial:
    return _surrounded(
        room, GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="include.path", GIT_CONFIG_VALUE_0=str(_rewriting(room))
    )


def parameters_in_the_environment(room: Room) -> Trial:
    return _surrounded(room, GIT_CONFIG_PARAMETERS=f"'include.path'='{_rewriting(room)}'")


def another_configuration_in_the_environment(room: Room) -> Trial:
    return _surrounded(room, GIT_CONFIG_GLOBAL=str(_rewriting(room)))


def another_repository_in_the_environment(room: Room) -> Trial:
    git(room.root, "init", "-q", "elsewhere")
    shutil.copy(_rewriting(room), room.root / "elsewhere/.git/config")
    return _surrounded(room, GIT_DIR=str(room.root / "elsewhere/.git"))


def other_programs_in_the_environment(room: Room) -> Trial:
    _script(room, "git-upload-pack", "exit 1")
    return _surrounded(room, GIT_EXEC_PATH=str(room.root / "evil"))


def smudge_filter(room: Room) -> Trial:
    """As a filter that the user has set up for files of other repositories."""
    _configure(room, f'[filter "evil"]\n\tsmudge = {_script(room, "smudge")}\n')
    graft(room.registry.path, (".gitattributes",), data=b"*.md filter=evil\n")
    return _cloned(room)


def hook_of_the_user(room: Room) -> Trial:
    _script(room, "reference-transaction")
    _configure(room, f"[core]\n\thooksPath = {room.root}/evil\n")
    return _cloned(room)


def hook_of_a_template(room: Room) -> Trial:
    hooks = room.root / "template/hooks"
    hooks.mkdir(parents=True)
    shutil.copy(_script(room, "reference-transaction"), hooks)
    _configure(room, f"[init]\n\ttemplateDir = {hooks.parent}\n")
    return _cloned(room)


def submodule(room: Room) -> Trial:
    _configure(
        room, "[protocol]\n\tallow = always\n[submodule]\n\trecurse = true\n[fetch]\n\trecurseSubmodules = true\n"
    )
    graft(room.registry.path, (".gitmodules",), data=f'[submodule "m"]\n\tpath = m\n\turl = {_ext(room)}\n'.encode())
    graft(room.registry.path, ("m",), SUBMODULE, one=git(room.registry.path, "rev-parse", "HEAD").strip())
    return _cloned(room, "--recurse-submodules")


def link(room: Room) -> Trial:
    """It leads to a file outside, of which a checkout makes a way there."""
    graft(room.registry.path, ("way",), LINK, data=str(room.outside).encode())
    graft(room.registry.path, ("run",), data=b"")

    def plain() -> None:
        _plain(room, "clone", "-q", "--", str(room.registry.path), str(room.root / "clone"))()
        (room.root / "clone/run").rename(room.root / "clone/way/ran")

    return Trial(plain=plain, ours=_anew(room))


def _cloned(room: Room, *options: str) -> Trial:
    words = ("clone", "-q", *options, "--", str(room.registry.path), str(room.root / "clone"))
    return Trial(plain=_plain(room, *words), ours=_anew(room))


def _anew(room: Room) -> Act:
    shutil.rmtree(room.root / "cache")
    return room.command(*INSTALL)


def monitor_of_a_local_registry(room: Room) -> Trial:
    git(room.registry.path, "config", "core.fsmonitor", str(_script(room, "monitor")))
    return Trial(plain=_plain(room, "-C", str(room.registry.path), "status"), ours=_anew(room))


def pack_hook_of_a_local_registry(room: Room) -> Trial:
    """git takes this setting from the user alone, so plain git is made to trust the registry's."""
    hook = _script(room, "hook", 'exec "$@"')
    git(room.registry.path, "config", "uploadpack.packObjectsHook", str(hook))
    trusting = f"git -c include.path={room.registry.path}/.git/config upload-pack"
    words = ("clone", "-q", "--no-local", "--upload-pack", trusting, "--", str(room.registry.path), "clone")
    return Trial(plain=_plain(room, *words), ours=_anew(room))


def text_converter(room: Room) -> Trial:
    """As one that the user has set up to look at changes of other files."""
    _configure(
        room, f'[diff "evil"]\n\ttextconv = {_script(room, "convert")}\n[core]\n\tattributesFile = ~/attributes\n'
    )
    (room.root / "home/attributes").write_text("*.md diff=evil\n")
    words = ("-C", str(room.registry.path), "log", "-p")
    return Trial(plain=_plain(room, *words), ours=room.command("registry", "verify", str(room.registry.path)))


ATTACKS: tuple[Callable[[Room], Trial], ...] = (
    option_for_url, short_option_for_url, ext_for_url, ext_by_the_users_configuration, redirect_to_another_transport,
    settings_in_the_environment, parameters_in_the_environment, another_configuration_in_the_environment,
    another_repository_in_the_environment, other_programs_in_the_environment, smudge_filter, hook_of_the_user,
    hook_of_a_template, submodule, link, monitor_of_a_local_registry, pack_hook_of_a_local_registry, text_converter,
)  # fmt: skip
