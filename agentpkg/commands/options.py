"""Options that several commands share."""

from __future__ import annotations

from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from agentpkg import completing
from agentpkg.console import insist, interactive, one_line, status, warn
from agentpkg.errors import ApprovalNeeded, UsageError
from agentpkg.lockfile import LEVELS
from agentpkg.ops.session import Options
from agentpkg.programs import keep_out_of
from agentpkg.project import Project, find_project, user_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from agentpkg.compare import Powers
    from agentpkg.registries import Registries
    from agentpkg.registry_tables import RegistrySource
    from agentpkg.review import Gain

T = TypeVar("T")

_PROJECT = "Work on this project instead of the one around the current folder."
_SIGN = "Sign the commit, or do not: without either as git's commit.gpgSign says, and always where there are signers."
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
signing = click.option("--sign/--no-sign", default=None, help=_SIGN)
_WORK = {
    "dry_run": "Show what would happen; write nothing into the project, and push nothing.",
    "frozen": "Fail rather than change agentpkg.toml, or what the lockfile chose.",
    "offline": "Never use the network; what is missing is named.",
    "accept_grants": "Approve all powers that agents would gain; they are shown.",
    "yes": "Ask nothing; powers that agents would gain need --accept-grants all the same.",
    "keep_deleted": "Do not bring back files that you deleted, now or later; the same as keep for each.",
    "fail_on": "Fail if a host holds an agent no better than that.",
}


def with_options(*names: str) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Add options of `Options` to a command, and hand it the `Options` as `work`."""

    def decorate(command: Callable[..., T]) -> Callable[..., T]:
        @wraps(command)
        def wrapped(*args: Any, **kwargs: Any) -> T:
            given = {name: kwargs.pop(name) for name in names}
            return command(*args, work=Options(status=status, tell=warn, **given), **kwargs)

        for name in reversed(names):
            kind: dict[str, Any] = {"type": click.Choice(LEVELS)} if name == "fail_on" else {"is_flag": True}
            wrapped = click.option(f"--{name.replace('_', '-')}", help=_WORK[name], **kind)(wrapped)
        return wrapped

    return decorate


def with_hosts(what: str) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Return what adds `--host` to a command, which may be given several times; `what` says what it does."""
    return click.option("--host", "hosts", metavar="HOST", multiple=True, shell_complete=completing.hosts, help=what)


def with_project(command: Callable[..., T]) -> Callable[..., T]:
    """Add `--project` and `--global` to a command, and hand it the `Project` they name."""

    @click.option("-C", "--project", "folder", metavar="FOLDER", type=click.Path(path_type=Path), help=_PROJECT)
    @click.option("--global", "everywhere", is_flag=True, help="Work on your home folder instead of a project.")
    @wraps(command)
    def wrapped(*args: Any, folder: Path | None, everywhere: bool, **kwargs: Any) -> T:
        return command(*args, project=_project(folder, everywhere), **kwargs)

    return wrapped


def _project(folder: Path | None, everywhere: bool) -> Project:
    if everywhere and folder:
        raise UsageError("--global and --project exclude each other", hint="choose one of them")
    if folder and not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", hint="name the folder that agentpkg.toml is in, or will be in")
    project = user_project() if everywhere else find_project(folder or Path.cwd())
    keep_out_of(project.root)
    return project


def with_approval(work: Callable[[Options], T], options: Options) -> T:
    """Do the work; where powers would be gained, ask the person at the terminal, and do it again if they say yes.

    A yes holds for what was shown: where more has come by then, it is asked again.
    """
    while True:
        try:
            return work(options)
        except ApprovalNeeded as error:
            from agentpkg.review import PowersGained
            from agentpkg.values import replace

            if options.yes or not interactive() or not isinstance(error, PowersGained):
                raise
            _ask(error.message, error.gains)
            options = replace(options, approved=options.approved.union(error.gains))


def _ask(message: str, gains: Iterable[Gain]) -> None:
    """Ask about one bundle after the other; raise `ApprovalNeeded` at the first no."""
    insist(f"{message}:")
    for gain in gains:
        for line in gain.lines():
            insist(f"  {one_line(line)}")
        if not click.confirm(f"Approve {gain.bundle} {gain.after}?", default=False, err=True):
            raise ApprovalNeeded(
                f"{gain.bundle} {gain.after} was not approved; nothing was changed",
                hint="read what it may do with agentpkg info, or keep to the version that you have",
            ) from None


def below(project: Project, file: str) -> str:
    """Return a file that the user named, from where they stand, as a path below the project.

    One that is not there, and is there seen from the project's root, is that: so messages show paths.
    """
    import os

    path = Path(os.path.normpath(Path.cwd() / file))
    plain = file.partition("#")[0]
    if not os.path.lexists(Path.cwd() / plain) and os.path.lexists(project.root / plain):
        path = Path(os.path.normpath(project.root / file))
    root = project.root.resolve()
    for base in (root, project.root):
        if path.is_relative_to(base):
            return path.relative_to(base).as_posix()
    raise UsageError(f"{file} is not in {project.root}", hint="name a file below the project, or the project with -C")


def powers_data(powers: Powers) -> dict[str, object]:
    """Return what an agent gained and lost, for a JSON document."""
    return {
        "agent": powers.agent,
        "held": list(powers.held),
        "gained": list(powers.gained),
        "lost": list(powers.lost),
    }


def to_registry(command: Callable[..., T]) -> Callable[..., T]:
    """Add the options that say where a change of a registry goes: `--registry`, `--branch`, `--sign`."""
    where = "A registry's name, a git url or a path; the default registry without it."
    command = signing(command)
    command = click.option("--branch", metavar="NAME", help="Push to a new branch for review instead.")(command)
    complete = completing.registries
    return click.option("--registry", metavar="REGISTRY", shell_complete=complete, help=where)(command)


def registries_for(project: Project, work: Options) -> Registries:
    """Return all registries that a name can mean here: the project's, and the user's own."""
    from agentpkg.ops.known import known_local, known_sources
    from agentpkg.registries import Registries

    sources, local = known_sources(project), known_local(project)
    return Registries(sources, project.root, offline=work.offline, local=local, status=work.status)


def agents_source(given: str, project: Project) -> RegistrySource:
    """Return what `--from` means: a repository of plain agents."""
    from agentpkg.registry_tables import RegistrySource, check_subfolder
    from agentpkg.sources import parse_source

    url, ref, folder = parse_source(given)
    return RegistrySource(url=from_project(url, project), subfolder=check_subfolder(folder, "--from"), ref=ref)


def from_project(given: str, project: Project) -> str:
    """Return a registry's URL or path as the manifest has it; the user names a folder from where they stand."""
    import os

    path = Path(given)
    if path.is_absolute() or "://" in given or not path.is_dir():
        return given
    below = Path(os.path.relpath(path, project.root)).as_posix()
    return below if below.startswith("../") else f"./{below}"
