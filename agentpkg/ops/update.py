"""`update`: newer versions, within what the manifest allows or, with `latest`, whatever is newest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from agentpkg.compare import Comparison, compare_bundles
from agentpkg.errors import UsageError, nearest
from agentpkg.manifest import with_requirement
from agentpkg.ops.change import Change, carry_out, choose, prepare, without_lost
from agentpkg.ops.install import compatible_with
from agentpkg.requirement import is_final
from agentpkg.values import dataclass, replace

if TYPE_CHECKING:
    from agentpkg.bundle import Bundle
    from agentpkg.ops.session import Options, Session
    from agentpkg.project import Project
    from agentpkg.registries import Registries


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A bundle that stays behind because the manifest says so: its version, the newest there is, and the specifier."""

    bundle: str
    version: str
    newest: str
    specifier: str

    def __str__(self) -> str:
        return (
            f"{self.bundle} stays at {self.version}: agentpkg.toml asks for {self.specifier}; newest is {self.newest}"
            f" (agentpkg update --latest {self.bundle})"
        )


def update(project: Project, names: tuple[str, ...], options: Options, *, latest: bool) -> tuple[Change, list[Held]]:
    """Update the bundles with these ids, or all; return the change, and what the manifest holds back."""
    held: list[Held] = []

    def decide_on(session: Session) -> Change:
        for name in names:
            if name not in session.lock.bundles and name not in session.manifest.requirements:
                known = [*session.lock.bundles, *session.manifest.requirements]
                raise UsageError(f"{name} is not installed", hint=nearest(name, known, "agentpkg list shows what is"))
        registries = session.registries(fresh=True)
        change = _decide(
            session, registries, set(names) or {*session.lock.bundles, *session.manifest.requirements}, latest=latest
        )
        held[:] = _held(change, registries)
        return change

    return carry_out(project, options, decide_on), held


def compare_updated(change: Change) -> list[tuple[str, Bundle, Comparison]]:
    """Return the bundles that a change moves or adds, by id, but for those of the project, with how they differ.

    One that came from another place before is compared with nothing: that place need not have the version any more.
    """
    before, registries = change.session.lock.bundles, change.session.registries(fresh=False)
    compared = []
    for bundle, locked in change.lock.bundles.items():
        there = before.get(bundle)
        was = there if there and there.registry == locked.registry else None
        if bundle not in registries.local and not (was and was.version == locked.version):
            old = (registries.load(bundle, was.version), registries.files(bundle, was.version)) if was else None
            new = registries.load(bundle, locked.version)
            compared.append((bundle, new, compare_bundles(old, new, registries.files(bundle, locked.version))))
    return compared


def _decide(session: Session, registries: Registries, unlocked: set[str], *, latest: bool) -> Change:
    manifest, text = session.manifest, session.manifest_text
    if not latest:
        chosen = choose(session, manifest, registries, unlocked)
        return prepare(session, without_lost(session, text, chosen), chosen, registries)
    free = {
        bundle: replace(one, specifier="") if bundle in unlocked else one
        for bundle, one in manifest.requirements.items()
    }
    chosen = choose(session, replace(manifest, requirements=free), registries, unlocked)
    moved = [
        replace(manifest.requirements[bundle], specifier=compatible_with(chosen[bundle]))
        for bundle in sorted(unlocked & manifest.requirements.keys())
        if (manifest.requirements[bundle].specifier or bundle not in registries.local)
        and (bundle not in session.lock.bundles or chosen[bundle] != session.lock.bundles[bundle].version)
    ]
    text = without_lost(session, with_requirement(text, *moved), chosen)
    return prepare(session, text, chosen, registries)


def _held(change: Change, registries: Registries) -> list[Held]:
    held = []
    for bundle, locked in change.lock.bundles.items():
        if not locked.wanted:
            continue
        fit = [one.version for one in registries.offers(bundle) if not (one.yanked or one.unfit)]
        finals = [version for version in fit if is_final(version)]
        newest = finals[0] if finals else locked.version
        if newest != locked.version and not SpecifierSet(locked.wanted.specifier).contains(newest):
            held.append(Held(bundle=bundle, version=locked.version, newest=newest, specifier=locked.wanted.specifier))
    return held
