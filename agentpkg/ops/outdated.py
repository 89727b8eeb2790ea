"""`outdated`: which bundles are behind, and what powers newer versions would bring. Nothing is written."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from agentpkg.errors import AgentpkgError, ContentRefused, NetworkError, UsageError, nearest
from agentpkg.freshness import Outlook, look_ahead
from agentpkg.hostfields import grants_everywhere
from agentpkg.hosts import HOSTS
from agentpkg.ops.change import choose
from agentpkg.ops.planning import required_by
from agentpkg.ops.preview import render_for
from agentpkg.ops.session import check_not_interrupted, open_session
from agentpkg.review import Gain, find_gains
from agentpkg.targets import Selection
from agentpkg.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from agentpkg.bundle import Bundle
    from agentpkg.grants import Grants
    from agentpkg.lockfile import LockedBundle
    from agentpkg.ops.session import Options, Session
    from agentpkg.project import Project
    from agentpkg.registries import Registries

_UNREADABLE = (ContentRefused, NetworkError, UsageError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What moving to `version` would bring: powers that nobody has approved, and bundles that are not installed.

    `unfit` says why the version cannot be taken, so that nobody knows; None if it can.
    """

    version: str
    gain: Gain | None = None
    brings: tuple[str, ...] = ()
    unfit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a project's bundles stand, with the steps that each could take, and bundles of the project by their folder.

    `unsolved` says why nobody knows what an update would take: no version fits what everybody wants, say.
    """

    bundles: tuple[tuple[Outlook, tuple[Step, ...]], ...]
    local: Mapping[str, str]
    unsolved: AgentpkgError | None = None


def find_outdated(project: Project, names: Sequence[str], options: Options) -> Standing:
    """Return how bundles stand to what their registries hold now: those with these ids, or all.

    `wanted` is what an update of these names would take. Raises `UsageError` for a name that is not installed.
    """
    check_not_interrupted(project)
    session = open_session(project, options)
    known = session.lock.bundles.keys() | session.manifest.requirements.keys()
    for name in names:
        if name not in known:
            raise UsageError(f"{name} is not installed", hint=nearest(name, known, "agentpkg list shows what is"))
    registries = session.registries(fresh=True)
    asked = [*names] or sorted(known)
    chosen: Mapping[str, str] = {}
    unsolved = None
    try:
        chosen = choose(session, session.manifest, registries, set(asked))
    except AgentpkgError as error:  # where a registry fails of which bundles are shown, looking at these fails again
        unsolved = error
    bundles = []
    required = _required(session)
    for bundle in asked:
        if bundle not in registries.local:
            outlook = _outlook(session, registries, bundle, chosen.get(bundle), required.get(bundle, []))
            bundles.append((outlook, tuple(_steps(session, registries, outlook))))
    local = {bundle: one.path for bundle, one in registries.local.items() if bundle in asked}
    return Standing(bundles=tuple(bundles), local=local, unsolved=unsolved)


def _outlook(
    session: Session, registries: Registries, bundle: str, wanted: str | None, required: Sequence[tuple[str, str]]
) -> Outlook:
    locked = session.lock.bundles.get(bundle)
    requirement = session.manifest.requirements.get(bundle)
    asked = [(None, requirement.specifier)] if requirement else []
    offers = registries.offers(bundle)
    return look_ahead(bundle, locked.version if locked else None, wanted, offers, [*asked, *required])


def _required(session: Session) -> dict[str, list[tuple[str, str]]]:
    """Return by bundle the installed ones that require it, each with its specifier."""
    required: dict[str, list[tuple[str, str]]] = {}
    for by, one in session.lock.bundles.items():
        for bundle, specifier in one.requires.items():
            required.setdefault(bundle, []).append((by, specifier))
    return required


def _steps(session: Session, registries: Registries, outlook: Outlook) -> Iterator[Step]:
    """Return what each version would bring that an update takes, or that is the latest."""
    bundle, locked = outlook.bundle, session.lock.bundles.get(outlook.bundle)
    ahead = dict.fromkeys(one for one in (outlook.wanted, outlook.latest) if one is not None)
    ahead.pop(outlook.current or "", None)
    if not (locked and ahead):
        return
    proof: dict[str, Mapping[str, Grants]] = {}
    with suppress(*_UNREADABLE):
        before = registries.load(bundle, locked.version)
        proof |= {bundle: grants_everywhere(before)} if before.digest == locked.digest else {}
    for version in ahead:
        try:
            content = registries.load(bundle, version)
            after = _as_locked(session, locked, bundle, content)
        except _UNREADABLE as error:
            yield Step(version=version, unfit=error.message)
            continue
        gains = find_gains({bundle: locked}, {bundle: after}, proof)
        brings = tuple(one for one in required_by(bundle, content) if one not in session.lock.bundles)
        yield Step(version=version, gain=gains[0] if gains else None, brings=brings)


def _as_locked(session: Session, locked: LockedBundle, bundle: str, content: Bundle) -> LockedBundle:
    """Return the lock's entry as it would be with other content: for the hosts that have the bundle now."""
    manifest, wanted = session.manifest, session.manifest.requirements.get(bundle)
    selection = Selection(
        id=bundle,
        bundle=content,
        hosts=(),
        agents=wanted.agents if wanted else None,
        renames=wanted.renames if wanted else {},
        overrides=manifest.overrides.get(bundle, ()),
    )
    hosts = {host for file in session.lock.files.values() if file.bundle == bundle for host in file.hosts}
    rendered = render_for(session, [selection], tuple(sorted(hosts & HOSTS.keys())))
    return replace(
        locked,
        version=content.version,
        registry=manifest.source_of(bundle),
        digest=content.digest,
        wanted=wanted,
        grants={agent: tuple(held) for agent, held in rendered.grants[bundle].items()},
        limits={agent: tuple(sorted(held.limits)) for agent, held in rendered.grants[bundle].items()},
    )
