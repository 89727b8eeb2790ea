"""`agentpkg hosts`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from agentpkg import completing
from agentpkg.commands import options
from agentpkg.console import say, say_json, say_table

if TYPE_CHECKING:
    from agentpkg.hosts.base import Host
    from agentpkg.project import Project


@click.command()
@click.argument("name", shell_complete=completing.hosts, metavar="[HOST]", required=False)
@options.as_json
@options.with_project
def command(project: Project, name: str | None, as_json: bool) -> None:
    """List the hosts that agentpkg writes for, or show what one of them can hold."""
    from agentpkg.hosts import get_host

    if name is None:
        _list(project, as_json=as_json)
    elif as_json:
        say_json(_data(get_host(name)))
    else:
        _show(get_host(name))


def _list(project: Project, *, as_json: bool) -> None:
    from agentpkg.ops.inspect import list_hosts

    hosts = list_hosts(project)
    if as_json:
        rows = [
            {"name": one.host.name, "title": one.host.title, "configured": one.configured, "detected": one.detected}
            | {"agents": one.place, "native": one.host.native, "checked": one.host.checked}
            for one in hosts
        ]
        say_json({"hosts": rows})
        return
    say_table(
        [
            one.host.name,
            "configured" if one.configured else "detected" if one.detected else "",
            one.place,
            one.host.checked,
        ]
        for one in hosts
    )


def _data(host: Host) -> dict[str, Any]:
    from agentpkg.features import describe, paths, tool_names

    return {
        "name": host.name,
        "title": host.title,
        "checked": host.checked,
        "sources": list(host.sources),
        "paths": dict(paths(host)),
        "features": describe(host),
        "tools": {tool: list(names) for tool, names in tool_names(host).items()},
        "fields": [
            {"name": field.name, "kind": field.kind, "choices": list(field.choices), "power": field.power}
            for field in host.fields
        ],
    }


def _show(host: Host) -> None:
    from agentpkg.features import NONE, describe, paths, tool_names

    say(f"{host.name}: {host.title}")
    say(f"checked {host.checked}")
    say()
    say_table([*paths(host).items(), *describe(host).items()])
    names = tool_names(host)
    if names:
        say()
        say_table((tool, ", or ".join(written) or NONE) for tool, written in names.items())
