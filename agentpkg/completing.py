"""What a shell proposes where the user presses the tab key: names, versions, hosts, as far as they are known here.

Nothing is fetched, and nothing that goes wrong is told: a shell that completes has no place for it.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from agentpkg.console import one_line
from agentpkg.errors import AgentpkgError
from agentpkg.hidden import escape
from agentpkg.layout import cut_to

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import click
    from click.shell_completion import CompletionItem

    from agentpkg.lockfile import Lockfile
    from agentpkg.project import Project
    from agentpkg.registries import Registries

_WIDTH = 60
_PLAIN = r"[A-Za-z0-9./@_][A-Za-z0-9./@=_+~-]*"


def installed(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Complete the bundles that the project has."""
    bundles = _lock(ctx).bundles
    return _items(incomplete, ((name, locked.version) for name, locked in bundles.items()))


def files(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Complete the files that agentpkg wrote, seen from where the user stands."""
    project = _project(ctx)
    paths = (os.path.relpath(project.root / path) for path in _lock(ctx).files)
    return _items(incomplete, ((Path(path).as_posix(), "") for path in paths))


def available(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Complete the bundles that registries have, and after a name with `@` or `==` its versions."""
    for sign in ("==", "@"):
        name, found, _after = incomplete.partition(sign)
        if found:
            return _items(incomplete, ((f"{name}{sign}{version}", told) for version, told in _versions(ctx, name)))
    if incomplete.startswith((".", "/")):
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type="dir")]
    return _items(incomplete, _offered(ctx))


def hosts(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:  # noqa: ARG001
    """Complete the names of hosts."""
    from agentpkg.hosts import HOSTS

    return _items(incomplete, ((name, host.title) for name, host in HOSTS.items()))


def registries(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Complete the names of registries."""
    opened = _registries(ctx)
    return _items(incomplete, ((name, "") for name in (opened.names if opened else ())))


def codes(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:  # noqa: ARG001
    """Complete the codes of `check`."""
    from agentpkg.checks import RULES

    return _items(incomplete, ((rule.code, rule.about) for rule in RULES))


def _items(incomplete: str, pairs: Iterable[tuple[str, str]]) -> list[CompletionItem[str]]:
    """Return what begins as the user has begun, each with what is said of it in a line.

    What holds a sign that a shell could take for more than a letter is left out: somebody else wrote it, and a shell
    puts it into a command line as it is.
    """
    from click.shell_completion import CompletionItem

    return [
        CompletionItem(name, help=cut_to(escape(one_line(told)), _WIDTH) or None)
        for name, told in pairs
        if name.startswith(incomplete) and re.fullmatch(_PLAIN, name)
    ]


def _project(ctx: click.Context) -> Project:
    from agentpkg.project import find_project, user_project

    return user_project() if ctx.params.get("everywhere") else find_project(ctx.params.get("folder") or Path.cwd())


def _lock(ctx: click.Context) -> Lockfile:
    from agentpkg.lockfile import Lockfile, parse_lockfile

    with suppress(AgentpkgError, OSError):
        text = _project(ctx).read_lock_text()
        if text is not None:
            return parse_lockfile(text)
    return Lockfile()


def _registries(ctx: click.Context) -> Registries | None:
    from agentpkg.commands.options import registries_for
    from agentpkg.ops.session import Options

    with suppress(AgentpkgError, OSError):
        return registries_for(_project(ctx), Options(offline=True))
    return None


def _offered(ctx: click.Context) -> Iterator[tuple[str, str]]:
    from agentpkg.requirement import bundle_id

    opened = _registries(ctx)
    for registry in opened.names if opened else ():
        with suppress(AgentpkgError, OSError):
            names = opened.get(registry).names() if opened else ()
            yield from ((bundle_id(registry, name), "") for name in names)


def _versions(ctx: click.Context, name: str) -> Iterator[tuple[str, str]]:
    opened = _registries(ctx)
    with suppress(AgentpkgError, OSError):
        for offer in opened.offers(name) if opened else ():
            yield offer.version, f"yanked: {offer.yanked}" if offer.yanked else ""
