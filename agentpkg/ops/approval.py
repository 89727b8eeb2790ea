"""Which powers of a change somebody has approved: by naming a bundle, by saying yes, or before, as the lock tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.errors import ContentRefused, NetworkError, UsageError
from agentpkg.grants import Grants
from agentpkg.hostfields import grants_everywhere
from agentpkg.ops.planning import required_by
from agentpkg.requirement import split_id
from agentpkg.review import Gain, PowersGained, find_gains
from agentpkg.sources import is_folder_outside

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Set

    from agentpkg.bundle import Bundle
    from agentpkg.lockfile import LockedBundle
    from agentpkg.manifest import Manifest
    from agentpkg.ops.session import Session
    from agentpkg.registries import Registries


def check_approved(
    session: Session,
    manifest: Manifest,
    bundles: Mapping[str, Bundle],
    wanted: Mapping[str, LockedBundle],
    registries: Registries,
    named: Iterable[str],
) -> tuple[Gain, ...]:
    """Raise `PowersGained` unless all that `wanted` gains over the lock is approved; return what `--accept-grants` was.

    `named` are ids that somebody asked for on the command line just now: their powers and those of all that they
    require are approved. A bundle that the manifest names and the lock does not know yet counts as named too, but lifts
    nothing that was approved before. One of which the lock has files, or a namesake, is no new one.
    """
    held = session.lock.bundles
    known = {*held, *(file.bundle for file in session.lock.files.values())}
    names = {split_id(bundle)[1] for bundle in known}
    new = [bundle for bundle in manifest.requirements.keys() - known if split_id(bundle)[1] not in names]
    reached = _that_name_themselves(session, manifest, _with_requirements(new, bundles))
    approved = (reached - known) | _with_requirements(named, bundles)
    for one in sorted(approved & held.keys() & wanted.keys()):
        if held[one].registry != wanted[one].registry:
            session.options.tell(f"{one} comes from {wanted[one].registry}, and no longer from {held[one].registry}")
    proof = _proof(session, bundles, registries, wanted.keys() - approved)
    gains = find_gains(held, wanted, proof, approved, manifest.hosts)
    if session.options.accept_grants:
        return gains
    waiting = tuple(gain for gain in gains if gain not in session.options.approved)
    if waiting:
        raise PowersGained(waiting)
    return ()


def _that_name_themselves(session: Session, manifest: Manifest, bundles: Set[str]) -> set[str]:
    """Return the bundles of which a line in the manifest is enough to name them.

    A manifest that came with a repository says nothing about the folders of this machine, so for a registry in one
    that is outside of the project, somebody here must say so. A bundle that lies in the project came along with it.
    """
    local = {one for one in bundles if (wanted := manifest.requirements.get(one)) and wanted.path is not None}
    used = {split_id(one)[0] for one in bundles - local} & manifest.registries.keys()
    outside = {name for name in used if is_folder_outside(manifest.registries[name].url, session.project.root)}
    return {one for one in bundles if session.project.user or one in local or split_id(one)[0] not in outside}


def _with_requirements(named: Iterable[str], bundles: Mapping[str, Bundle]) -> set[str]:
    reached: set[str] = set()
    waiting = list(named)
    while waiting:
        bundle = waiting.pop()
        if bundle not in reached and bundle in bundles:
            reached.add(bundle)
            waiting += required_by(bundle, bundles[bundle])
    return reached


def _proof(
    session: Session, bundles: Mapping[str, Bundle], registries: Registries, ids: Iterable[str]
) -> dict[str, Mapping[str, Grants]]:
    """Return the powers that the locked content of these bundles really holds, of those whose content can be read.

    What a local bundle held before it was changed nobody can read again. Its folder and the lockfile stand in one
    repository, where both are reviewed, so there the lockfile's word counts, as long as the bundle lies where it lay.
    """
    proof: dict[str, Mapping[str, Grants]] = {}
    for bundle in ids:
        locked = session.lock.bundles.get(bundle)
        if locked is None:
            continue
        same = bundles[bundle].digest == locked.digest
        content = bundles[bundle] if same else _read(registries, bundle, locked.version)
        if content and content.digest == locked.digest:
            proof[bundle] = grants_everywhere(content)
        elif bundle in registries.local and registries.local[bundle].url == locked.registry:
            proof[bundle] = own_word(locked)
    return proof


def own_word(locked: LockedBundle) -> dict[str, Grants]:
    """Return the powers that a lock has as approved, by the agents' own names."""
    names = {new: old for old, new in locked.wanted.renames.items()} if locked.wanted else {}
    return {names.get(agent, agent): Grants(frozenset(powers)) for agent, powers in locked.grants.items()}


def _read(registries: Registries, bundle: str, version: str) -> Bundle | None:
    try:
        return registries.load(bundle, version)
    except (ContentRefused, NetworkError, UsageError):
        return None
