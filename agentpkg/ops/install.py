"""`install`: add requirements to the manifest, and make the project match."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.alike import find_all_alike
from agentpkg.bundle import parse_bundle_file
from agentpkg.errors import IntegrityError, UsageError, nearest
from agentpkg.hosts import HOSTS
from agentpkg.manifest import Manifest, parse_manifest, parse_registries, with_requirement
from agentpkg.ops.change import Change, carry_out, choose, prepare, without_lost
from agentpkg.ops.known import user_sources
from agentpkg.registry_tables import RegistrySource, with_registry
from agentpkg.requirement import DEFAULT_REGISTRY, Requirement, bundle_id, check_path, is_commit, is_final, split_id
from agentpkg.sources import git_url, is_location, registry_name
from agentpkg.values import dataclass, replace
from agentpkg.workshop import read_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentpkg.ops.session import Options, Session
    from agentpkg.project import Project
    from agentpkg.registries import Registries


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an `install` asks for: requirements, and the registry (a name, a URL or a path) for those that name none.

    `agents` is a repository of plain agents, which takes the place of a registry.
    """

    requirements: tuple[Requirement, ...]
    registry: str | None = None
    agents: RegistrySource | None = None


def install(project: Project, wish: Wish, options: Options, manifest_text: str) -> Change:
    """Install what is wished for; `manifest_text` is what a project without a manifest starts from."""
    return carry_out(project, options, lambda session: _decide(session, wish), manifest_text)


def _decide(session: Session, wish: Wish) -> Change:
    text = session.manifest_text
    registry = DEFAULT_REGISTRY
    if wish.agents:
        registry, text = _agents(session, wish.agents)
    elif wish.registry:
        registry, text = _registry(session, wish.registry)
    text = _with_known(session, text, {one.registry for one in wish.requirements})
    manifest = parse_manifest(text, HOSTS)
    asked = [_merged(one, registry, manifest) for one in wish.requirements]
    _check_registries(asked, manifest)
    wanted = replace(manifest, requirements={**manifest.requirements, **{one.id: one for one in asked}})
    if session.options.frozen and any(one != manifest.requirements.get(one.id) for one in asked):
        raise IntegrityError(
            "--frozen forbids what this install asks for: it would change agentpkg.toml",
            hint="leave --frozen out, or run agentpkg sync --frozen",
        )
    registries = session.registries(fresh=not session.options.frozen, manifest=wanted)
    chosen = choose(session, wanted, registries, {one.id for one in asked if _released(one, session)})
    _warn_of_names(session, registries, asked)
    final = [
        one if one.specifier or one.path else replace(one, specifier=compatible_with(chosen[one.id])) for one in asked
    ]
    text = with_requirement(text, *(one for one in final if one != manifest.requirements.get(one.id)))
    text = without_lost(session, text, chosen)
    change = prepare(session, text, chosen, registries, [one.id for one in asked])
    _warn_of_hosts(session, manifest, asked)  # now that nothing stands against it
    return change


def find_local(project: Project, given: str, folder: str) -> Requirement:
    """Return the requirement for the bundle in a folder of the project, at `folder` below the project's own.

    `given` is what the user calls it. Raises `UsageError` for a folder that is none of the project's, and
    `ContentRefused` for one that holds no bundle.
    """
    path = project.root / folder
    if not path.exists():
        raise UsageError(
            f"there is no folder {given}", hint="name a bundle of a registry, or a folder that holds a bundle.toml"
        )
    if not (path / "bundle.toml").is_file():
        raise UsageError(f"there is no bundle in {given}", hint="name a bundle, or a folder that holds a bundle.toml")
    home = project.home.relative_to(project.root).as_posix()
    inside = folder.removeprefix(f"{home}/") if home != "." else folder
    about = parse_bundle_file(read_file(path / "bundle.toml"), f"{given}/bundle.toml")
    return Requirement(name=about.name, path=check_path(inside, given))


def compatible_with(version: str) -> str:
    """Return the specifier that a requirement gets if the user gives none: this version or a newer compatible one.

    What comes from a repository without versions is any.
    """
    if is_commit(version):
        return ""
    return f"~={version.rpartition('.')[0]}" if is_final(version) else f"~={version}"


def _released(asked: Requirement, session: Session) -> bool:
    """Say whether the lock's pin no longer counts: the user has asked for a version in other words than before."""
    locked = session.lock.bundles.get(asked.id)
    return locked is not None and (locked.wanted is None or locked.wanted.specifier != asked.specifier)


def _merged(asked: Requirement, registry: str, manifest: Manifest) -> Requirement:
    """Return what is asked for, with all that it leaves open taken from the manifest's requirement for that bundle."""
    if asked.registry == DEFAULT_REGISTRY and registry != DEFAULT_REGISTRY:
        asked = replace(asked, registry=registry)
    there = manifest.requirements.get(asked.id)
    hosts = there.hosts if there and asked.hosts is None else asked.hosts
    if asked.hosts is not None and set(asked.hosts) == set(manifest.hosts):
        hosts = None
    if there is None:
        return replace(asked, hosts=hosts)
    return replace(
        asked,
        specifier=asked.specifier or ("" if asked.path else there.specifier),
        hosts=hosts,
        agents=there.agents if asked.agents is None else asked.agents,
        renames={**there.renames, **asked.renames},
        path=asked.path or there.path,
    )


def _check_registries(asked: Iterable[Requirement], manifest: Manifest) -> None:
    """Raise `UsageError` for a registry that there is not, which may be meant as a folder."""
    for one in asked:
        if one.registry not in (DEFAULT_REGISTRY, *manifest.registries):
            otherwise = f"agentpkg registry add {one.registry} URL, or name the folder of a bundle in the project"
            hint = nearest(one.registry, manifest.registries, otherwise)
            raise UsageError(f"there is no registry {one.registry!r}, and no folder {one.id}", hint=hint)


def _registry(session: Session, given: str) -> tuple[str, str]:
    """Return the name of the registry that `--registry` gives, and the manifest's text with it in."""
    text, known = session.manifest_text, session.manifest.registries
    if given in known or given == DEFAULT_REGISTRY:
        return given, text
    if not is_location(given):
        if given in user_sources():
            return given, _with_known(session, text, {given})
        names = sorted({*known, *user_sources()})
        raise UsageError(f"there is no registry {given!r}", hint=f"known: {', '.join(names) or 'none'}")
    git_url(given, session.project.root)
    for name, source in known.items():
        if source.url == given:
            return name, text
    name = registry_name(given)
    if name in known:
        raise UsageError(
            f"the manifest has another registry called {name!r}", hint=f"agentpkg registry add NAME {given}"
        )
    return name, with_registry(text, name, RegistrySource(url=given))


def _agents(session: Session, source: RegistrySource) -> tuple[str, str]:
    """Return the name that a repository of agents has or gets in the manifest, and the text with it in."""
    text, known = session.manifest_text, session.manifest.registries
    git_url(source.url, session.project.root)
    for name, there in known.items():
        if there.ref is not None and (there.url, there.subfolder) == (source.url, source.subfolder):
            return name, text if there == source else with_registry(text, name, source)
    name = registry_name(source.url)
    if name in known:
        name = registry_name(f"{name}-{source.subfolder.rpartition('/')[2] or 'agents'}")
    if name in known:
        raise UsageError(
            f"the manifest has another registry called {name!r}",
            hint="add this one by hand: [registries.NAME] with its url and agents = true",
        )
    return name, with_registry(text, name, source)


def _with_known(session: Session, text: str, names: Iterable[str]) -> str:
    """Return the manifest's text with those registries in that only the user's own manifest has so far.

    What a project uses stands in the project, so that it means the same to everybody who works on it.
    """
    there = parse_registries(text)
    missing = [name for name in sorted(set(names) - {DEFAULT_REGISTRY}) if name not in there]
    mine = user_sources() if missing and not session.project.user else {}
    for name in missing:
        if name in mine:
            if mine[name].signers:
                raise UsageError(
                    f"registry {name} is held to signatures by files of yours, which the project does not have",
                    hint=f"copy the files into the project, and add it there: agentpkg registry add {name} --signers …",
                )
            text = with_registry(text, name, mine[name])
    return text


def _warn_of_hosts(session: Session, manifest: Manifest, asked: Iterable[Requirement]) -> None:
    """Warn of bundles that some hosts have, and no longer get."""
    verb = "would be" if session.options.dry_run else "is"
    here = " --global" if session.project.user else ""
    for one in asked:
        there = manifest.requirements.get(one.id)
        if there is None:
            continue
        before, now = (manifest.hosts if side.hosts is None else side.hosts for side in (there, one))
        if not {*before} <= {*now}:
            both = "".join(f" --host {host}" for host in sorted({*before, *now}))
            session.options.tell(
                f"{one.id} {verb} from now on for {_listed(now)} alone; it was for {_listed(before)} "
                f"(for all of them: agentpkg install{here} {one.id}{both})"
            )


def _listed(hosts: Iterable[str]) -> str:
    return ", ".join(sorted(hosts)) or "no host"


def _warn_of_names(session: Session, registries: Registries, asked: Iterable[Requirement]) -> None:
    """Warn of names that are asked for the first time, and that a reader may have taken for others."""
    held = session.lock.bundles
    new = [one for one in asked if one.id not in held]
    others = {split_id(bundle)[1]: bundle for bundle in held}
    near = find_all_alike([one.name for one in new], others)
    published = _near_published(registries, new)
    for one in new:
        meant = {name: others[name] for name in near[one.name]}
        meant |= {name: bundle_id(one.registry, name) for name in published[one.id]}
        alike = [meant[name] for name in sorted(meant)]
        if one.name in others:
            alike.append(others[one.name])
        if alike:
            session.options.tell(f"{one.id} is not {' or '.join(alike)}, which looks like it; is it the one you mean?")


def _near_published(registries: Registries, asked: Iterable[Requirement]) -> dict[str, tuple[str, ...]]:
    """Return for each id that is asked for the names like it where it comes from."""
    sources: dict[object, list[Requirement]] = {}
    for one in asked:
        sources.setdefault(registries.of(one.id), []).append(one)
    near: dict[str, tuple[str, ...]] = {}
    for ones in sources.values():
        found = find_all_alike([one.name for one in ones], registries.of(ones[0].id).names())
        near |= {one.id: found[one.name] for one in ones}
    return near
