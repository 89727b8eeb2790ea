"""`agentpkg override`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentpkg import completing
from agentpkg.commands import options
from agentpkg.console import one_line, say, say_done, say_json
from agentpkg.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentpkg.header import Header
    from agentpkg.ops.override import Overridden
    from agentpkg.ops.session import Options
    from agentpkg.overrides import Edit
    from agentpkg.project import Project


@click.command()
@click.argument("bundle", shell_complete=completing.installed)
@click.option(
    "--agent", metavar="AGENT", help="Only for this agent of the bundle, by the name that its author gave it."
)
@click.option("--host", metavar="HOST", shell_complete=completing.hosts, help="Only on this host.")
@click.option("--model", metavar="MODEL", help="strong, balanced, fast, inherit, or a model id.")
@click.option("--tools", "listed", metavar="LIST", help="The only tools, separated by commas; none for no tool.")
@click.option("--tool", "tools", metavar="TOOL", multiple=True, help="The same, one by one.")
@click.option(
    "--set",
    "pairs",
    metavar="KEY=VALUE",
    multiple=True,
    help="Set description, or a field of the host; may be repeated.",
)
@click.option("--unset", metavar="KEY", multiple=True, help="Take a key out; may be repeated.")
@click.option("--clear", is_flag=True, help="Take out all that is set for the bundle, or for that agent or host.")
@options.with_options("dry_run", "offline", "accept_grants", "yes")
@options.as_json
@options.with_project
def command(
    project: Project,
    bundle: str,
    agent: str | None,
    host: str | None,
    model: str | None,
    listed: str | None,
    tools: tuple[str, ...],
    pairs: tuple[str, ...],
    unset: tuple[str, ...],
    clear: bool,
    work: Options,
    as_json: bool,
) -> None:
    """Set what this project wants different of a bundle's agents; without an option, show it.

    It is written into agentpkg.toml, survives updates, and can only take powers away.
    """
    from agentpkg.ops.override import find_overridden, override
    from agentpkg.overrides import Edit

    for option, name in (("--agent", agent), ("--host", host)):
        if name == "":
            raise UsageError(f"{option} names nothing", hint="name one, or leave the option out for all")
    values = _values(model, listed, tools, pairs)
    if not (values or unset or clear):
        if agent or host:
            raise UsageError(
                "--agent and --host say where something is set, and nothing is", hint="give --model or --tools"
            )
        _show(find_overridden(project, bundle, work), as_json=as_json)
        return
    from agentpkg.commands.report import show_change

    path = (*(("agents", agent) if agent else ()), *(("hosts", host) if host else ()))
    edit = Edit(bundle=bundle, path=path, values=values, unset=unset, clear=clear)
    change = options.with_approval(lambda work: override(project, edit, work), work)
    if not as_json and any(write.path == project.manifest for write in change.writes):
        for line in _done(edit, agent, host, dry_run=work.dry_run):
            say_done(one_line(line), dry_run=work.dry_run)
    show_change(change, as_json=as_json)


def _done(edit: Edit, agent: str | None, host: str | None, *, dry_run: bool) -> Iterator[str]:
    """Return what an edit of overrides does, a line for each key."""
    where = (f"{agent} of {edit.bundle}" if agent else edit.bundle) + (f" on {host}" if host else "")
    verb = "would be" if dry_run else "is"
    if edit.clear:
        yield f"{where}: {'nothing would be' if dry_run else 'nothing is'} overridden any more"
    for key in edit.unset:
        yield f"{where}: {key} {verb} overridden no more"
    for key, value in edit.values.items():
        shown = (", ".join(map(str, value)) or "none") if isinstance(value, list) else _scalar(value)
        yield f"{where}: {key} {verb} overridden with {shown}"


def _scalar(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _values(model: str | None, listed: str | None, tools: tuple[str, ...], pairs: tuple[str, ...]) -> dict[str, object]:
    """Return what the options set, as the manifest is to hold it."""
    values: dict[str, object] = {}
    if listed is not None and tools:
        raise UsageError("--tools and --tool exclude each other", hint="choose one of them")
    if listed is not None:
        import re

        names = [name.strip() for name in re.split(r",(?![^()]*\))", listed)]
        values["tools"] = [] if names in ([""], ["none"]) else names
    if tools:
        values["tools"] = list(tools)
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or not key:
            raise UsageError(f"--set {pair!r} is not KEY=VALUE", hint="write it as --set color=cyan")
        values[key] = _value(key, text)
    if model is not None:
        values["model"] = model
    return values


def _value(key: str, text: str) -> object:
    """Return a value as TOML reads it (5, true, a list), or as text where it does not."""
    import tomllib

    from agentpkg.overrides import TEXTS

    if key not in TEXTS:
        try:
            read = tomllib.loads(f"value = {text}")
        except ValueError:
            return text
        if read.keys() == {"value"} and isinstance(read["value"], bool | int | float | str | list):
            return read["value"]
    return text


def _show(done: Overridden, *, as_json: bool) -> None:
    if as_json:
        effects = [
            {"agent": one.agent, "host": one.host, "key": one.key, "before": one.before, "after": one.after}
            for one in done.effects
        ]
        say_json({"bundle": done.bundle, "overrides": done.data, "effects": effects})
        return
    if not done.overrides:
        say(f"there are no overrides for {done.bundle}")
    elif not done.effects:
        say(f"the overrides for {done.bundle} change nothing")
    for one in done.effects:
        before, after = _shown(one.key, one.before), _shown(one.key, one.after)
        say(one_line(f"{one.agent} on {one.host}: {one.key}: {before} -> {after}"))


def _shown(key: str, value: Header | None) -> str:
    if value is None:
        return "every tool" if key == "tools" else "not set"
    return (", ".join(map(str, value)) or "none") if isinstance(value, list) else str(value)
