"""`agentpkg init`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agentpkg.commands import options
from agentpkg.console import count, insist, interactive, one_line, say_done, say_json, tell
from agentpkg.errors import SEE_HOSTS, ContentRefused

if TYPE_CHECKING:
    from agentpkg.ops.init import Outlook
    from agentpkg.ops.session import Options
    from agentpkg.project import Project


@click.command()
@options.with_hosts("A host that the project uses; may be repeated.")
@click.option("--yes", "no_questions", is_flag=True, help="Ask nothing; write the manifest and no more.")
@options.with_options("dry_run", "offline")
@options.as_json
@options.with_project
def command(project: Project, hosts: tuple[str, ...], no_questions: bool, work: Options, as_json: bool) -> None:
    """Write an agentpkg.toml with the hosts that the project uses, and propose what fits it.

    At a terminal, what is chosen of the proposals is done at once: bundles are installed, agents that are there already
    are looked after, and written for the other hosts.
    """
    from agentpkg.ops.init import check_no_manifest, init, look_ahead

    check_no_manifest(project)
    ask = interactive() and not (as_json or work.dry_run or no_questions)
    chosen = choose_hosts(project, hosts, ask=ask)
    ahead = look_ahead(project, options.registries_for(project, work), work) if ask or not hosts else None
    if ask and ahead and _take_up(project, ahead, chosen, work):
        return
    text = init(project, chosen, dry_run=work.dry_run)
    if as_json:
        say_json(
            {
                "manifest": str(project.root / project.manifest),
                "hosts": list(chosen),
                "dry_run": work.dry_run,
                "proposals": [
                    {"id": one.id, "version": one.version, "because": dict(one.because)}
                    for one in (ahead.proposals if ahead else ())
                ],
                "agents": list(ahead.agents if ahead else ()),
            }
        )
        return
    say_done(text.rstrip() if work.dry_run else f"wrote {project.root / project.manifest}", dry_run=work.dry_run)
    if ahead and not ask:
        _tell_proposals(ahead)
    if not work.dry_run:
        here = " --global" if project.user else ""
        tell(f"next: agentpkg install{here} NAME; agentpkg search lists what there is")


def choose_hosts(project: Project, given: tuple[str, ...], *, ask: bool | None = None) -> tuple[str, ...]:
    """Return the hosts for a new manifest: those given, else those seen, confirmed by the person at the terminal."""
    from agentpkg.hosts import HOSTS, get_host

    if given:
        return tuple(dict.fromkeys(get_host(name).name for name in given))
    from agentpkg.ops.init import propose_hosts

    hosts, seen = propose_hosts(project.root)
    if seen:
        tell(f"hosts found in {project.root}: {', '.join(hosts)}")
    else:
        tell(f"no host found in {project.root}; taking {', '.join(hosts)}; {SEE_HOSTS}")
    if interactive() if ask is None else ask:
        from agentpkg.picker import Choice, pick

        order = sorted(HOSTS, key=lambda name: name not in hosts)
        choices = [Choice(name=name, about=HOSTS[name].title, chosen=name in hosts) for name in order]
        hosts = pick("Hosts of this project", choices) or hosts
    return hosts


def _take_up(project: Project, ahead: Outlook, hosts: tuple[str, ...], work: Options) -> bool:
    """Do what the person at the terminal chooses of the proposals; return whether that wrote the manifest."""
    from agentpkg.ops.known import start_manifest

    text = start_manifest(project, hosts)
    adopts, names = _ask_for_agents(project, ahead), _ask_for_bundles(ahead)
    left: ContentRefused | None = None
    if adopts:
        from agentpkg.commands.adopt import show_adoption
        from agentpkg.ops.adopt import Wish, adopt

        try:
            show_adoption(adopt(project, Wish(all_hosts=True), work, text), as_json=False, all_hosts=True)
        except ContentRefused as error:  # those that were left alone are told; what else was asked for is done first
            left = error
    if names:
        from agentpkg.commands.install import install_named

        install_named(project, names, work, text)
    if left and not project.has_manifest:
        return False
    if left:
        raise left
    return project.has_manifest


def _ask_for_agents(project: Project, ahead: Outlook) -> bool:
    if not ahead.agents:
        return False
    shown = ", ".join(ahead.agents[:4]) + (" and more" if len(ahead.agents) > 4 else "")
    insist(f"{count(len(ahead.agents), 'agent')} in {project.root}: {one_line(shown)}")
    those = "it" if len(ahead.agents) == 1 else "them"
    return click.confirm(f"Look after {those}, and write {those} for all these hosts?", default=True, err=True)


def _ask_for_bundles(ahead: Outlook) -> tuple[str, ...]:
    if not ahead.proposals:
        return ()
    from agentpkg.picker import Choice, pick

    choices = [
        Choice(name=one.id, about=f"{one.version}  ({next(iter(one.because.values()))})  {one.description}")
        for one in ahead.proposals
    ]
    return pick("Bundles that fit this project", choices)


def _tell_proposals(ahead: Outlook) -> None:
    if ahead.agents:
        those = "it" if len(ahead.agents) == 1 else "them"
        tell(f"{count(len(ahead.agents), 'agent')} here already: agentpkg adopt looks after {those}")
    if ahead.proposals:
        tell("bundles that fit this project (agentpkg install NAME):")
    for one in ahead.proposals:
        because = ", ".join(dict.fromkeys(one.because.values()))
        tell(f"  {one.id} {one.version}: {one_line(f'{one.description} ({because})')}")
