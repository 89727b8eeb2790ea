"""`audit`: whether a project is what manifest and lock say, and those what somebody approved. Nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg import audit as rules
from agentpkg.errors import AgentpkgError, Busy, DiskError, IntegrityError, NetworkError
from agentpkg.findings import Finding, Rule, in_order
from agentpkg.git import NoGit
from agentpkg.hosts import REVISIONS
from agentpkg.lockfile import FILE_NAME
from agentpkg.ops.planning import render_locked
from agentpkg.ops.session import open_session, why_unsettled
from agentpkg.ops.sync import look
from agentpkg.project import read_files
from agentpkg.requirement import split_id
from agentpkg.survey import find_texts
from agentpkg.trail import counted
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agentpkg.bundle import Bundle
    from agentpkg.files import DiskFile
    from agentpkg.ops.session import Options, Session
    from agentpkg.project import Project
    from agentpkg.registries import Registries

_OURS = (NoGit, DiskError, Busy)  # what is so of this machine, and says nothing of a registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What an audit found, and how much it looked at."""

    findings: tuple[Finding, ...]
    files: int
    bundles: int

    @property
    def exit_code(self) -> int:
        """The exit code that the findings stand for."""
        return rules.exit_code(self.findings)


def audit(project: Project, options: Options) -> Audit:
    """Check a project: lock, files, approvals, registries, and every text that a host may read, ours or not.

    One thing that is wrong does not keep the others from being looked at. Raises `UsageError` for a project without a
    manifest, and what keeps this machine from looking at any registry: no git, no room, or somebody else at work.
    """
    project.read_manifest()
    findings: list[Finding] = []
    session = None
    try:
        session = open_session(project, options)
    except AgentpkgError as error:
        findings.append(_of_error(rules.LOCK, error))
    disk = read_files(project.root, session.lock.files) if session else {}
    texts = _read_texts(project, disk)
    for path, data in texts.items():
        findings += rules.check_name(path)
        if data is None:
            findings.append(Finding(rule=rules.UNCHECKED, path=path, message="cannot be read, or is too large to be"))
        else:
            findings += rules.check_text(path, data)
    if project.interrupted:
        findings.append(Finding(rule=rules.JOURNAL, message=f"{project.state}/journal.json waits to be finished"))
    if session:
        findings += _of_project(session, disk)
        findings += _of_registries(session)
    return Audit(findings=in_order(findings), files=len(texts), bundles=len(session.lock.bundles) if session else 0)


def _read_texts(project: Project, disk: Mapping[str, DiskFile]) -> dict[str, bytes | None]:
    """Return every text that a host may read, and manifest and lock, which people read."""
    texts = dict(find_texts(project.root, disk, user=project.user))
    for path in (project.manifest, project.lock):
        if (project.root / path).is_file():
            texts[path] = (project.root / path).read_bytes()
    return texts


def _of_error(rule: Rule, error: AgentpkgError, subject: str = "") -> Finding:
    if isinstance(error, NetworkError):
        rule = rules.UNREACHABLE
    return Finding(rule=rule, message=": ".join([*([subject] if subject else []), error.message, *error.details]))


def _of_project(session: Session, disk: Mapping[str, DiskFile]) -> Iterator[Finding]:
    """Find what is wrong between manifest, lock and files, without a look at any registry."""
    lock, project = session.lock, session.project
    yield from rules.check_places(lock, user=project.user)
    if session.lock_text is None and session.manifest.requirements:
        yield Finding(rule=rules.UNSETTLED, path=project.manifest, message=f"there is no {FILE_NAME}")
        return
    try:
        unsettled = why_unsettled(session)
    except IntegrityError as error:
        yield _of_error(rules.LOCK, error)
        return
    if unsettled:
        yield Finding(rule=rules.UNSETTLED, path=project.lock, message=unsettled)
    yield from rules.check_drift(look(session, trust=False, disk=disk).files)


def _of_registries(session: Session) -> Iterator[Finding]:
    """Find what is wrong between the lock and the registries that it names."""
    registries = session.registries(fresh=True)
    loaded: dict[str, Bundle] = {}
    bad = set()
    names = sorted({split_id(bundle)[0] for bundle in session.lock.bundles if bundle not in registries.local})
    registries.fetch(names)
    for name in names:
        try:
            registries.check_seen(name)
        except _OURS:
            raise
        except AgentpkgError as error:
            yield _of_error(rules.REGISTRY, error)
            bad.add(name)
    for bundle in counted(session.lock.bundles, "reading locked bundles"):
        if bundle in registries.local or split_id(bundle)[0] not in bad:
            yield from _of_bundle(session, registries, bundle, loaded)
    yield from _of_content(session, loaded)


def _of_bundle(session: Session, registries: Registries, bundle: str, loaded: dict[str, Bundle]) -> Iterator[Finding]:
    """Find what is wrong with one locked version; add its content to `loaded` if it is what the lock says."""
    locked = session.lock.bundles[bundle]
    step = f"{bundle} {locked.version}"
    try:
        if bundle in registries.local and registries.local[bundle].digest != locked.digest:
            return  # told already, as unsettled
        reason = registries.of(bundle).yanked(split_id(bundle)[1]).get(locked.version)
        content = registries.load(bundle, locked.version)
    except _OURS:
        raise
    except AgentpkgError as error:
        yield _of_error(rules.CONTENT, error, step)
        return
    if reason is not None:
        yield Finding(rule=rules.YANKED, path=session.project.lock, message=f"{step} was yanked: {reason}")
    if content.digest == locked.digest:
        loaded[bundle] = content
    else:
        told = f"{step} is {content.digest} in its registry, and {locked.digest} in {FILE_NAME}"
        yield Finding(rule=rules.CONTENT, path=session.project.lock, message=told)


def _of_content(session: Session, loaded: Mapping[str, Bundle]) -> Iterator[Finding]:
    """Find what the lock says of powers and files, and the locked versions do not bear out."""
    lock = session.lock
    if lock.torn or any(REVISIONS.get(name) != host.revision for name, host in lock.hosts.items()):
        return  # told already, as unsettled: what this agentpkg renders is not what was written
    if loaded.keys() != lock.bundles.keys():
        told = "files and approvals were not compared with the locked versions, of which some cannot be read"
        yield Finding(rule=rules.UNCHECKED, message=told)
        return
    try:
        rendered = render_locked(session, dict(sorted(loaded.items())))
    except AgentpkgError as error:
        yield _of_error(rules.CONTENT, error)
        return
    for bundle, locked in lock.bundles.items():
        yield from rules.check_approval(bundle, locked, rendered.grants[bundle])
    yield from rules.check_renderings(lock, rendered)
    yield from rules.check_losses(lock, rendered.losses())
    yield from rules.check_hosts(lock, rendered)
