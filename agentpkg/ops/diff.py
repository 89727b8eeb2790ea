"""`diff`: local edits against what was written, and two versions of a bundle against each other. Nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.compare import Comparison, compare_bundles, unified
from agentpkg.errors import UsageError
from agentpkg.files import CONFLICT_SUFFIX
from agentpkg.freshness import choose_pair, look_ahead, newest
from agentpkg.hosts import get_host
from agentpkg.ops.known import known_registries
from agentpkg.ops.preview import files_of, render_for
from agentpkg.project import read_files
from agentpkg.requirement import NAME, is_commit, is_version, parse_requirement, split_id
from agentpkg.targets import Selection
from agentpkg.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agentpkg.bundle import Bundle
    from agentpkg.ops.session import Session
    from agentpkg.registries import Registries

_MOST_VERSIONS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How one file differs: from what agentpkg wrote (`mine`), and from what waits beside it (`theirs`, or None).

    Both are unified diffs. `mine` is None where the written bytes are known no more.
    """

    path: str
    mine: str | None
    theirs: str | None


def find_differences(session: Session, paths: Sequence[str]) -> list[Difference]:
    """Return the local edits of these files, or of all, as diffs."""
    from agentpkg.ops.planning import written_before

    lock = session.lock
    for path in paths:
        if path not in lock.files:
            raise UsageError(f"{path} is not a file that agentpkg wrote", hint="agentpkg status lists those that are")
    disk = read_files(session.project.root, [name for path in lock.files for name in (path, path + CONFLICT_SUFFIX)])
    edited = [
        path
        for path, locked in lock.files.items()
        if (not paths or path in paths)
        and (path not in disk or disk[path].sha256 != (locked.base or locked.sha256) or locked.base)
    ]
    written = written_before(session, edited, session.registries(fresh=False))
    differences = []
    for path in edited:
        now = disk[path].content if path in disk else b""
        beside = disk.get(path + CONFLICT_SUFFIX)
        differences.append(
            Difference(
                path=path,
                mine=_unified(written[path], now, path, "as written", "as it is") if path in written else None,
                theirs=_unified(now, beside.content, path, "as it is", "newer rendering") if beside else None,
            )
        )
    return differences


def _unified(before: bytes, after: bytes, path: str, old: str, new: str) -> str:
    return unified(before, after, f"{path} ({old})", f"{path} ({new})")


def is_about_a_bundle(session: Session, words: Sequence[str], path: str | None) -> bool:
    """Say whether the words after `diff` name a bundle and its versions, and not files; `path` is the first as a path.

    Words after the first that are versions leave no doubt. Raises `UsageError` where both could be meant.
    """
    if not words:
        return False
    if words[1:] and all(is_version(word) or is_commit(word) for word in words[1:]):
        return True
    registry, name = split_id(words[0])
    is_id = bool(NAME.match(name) and NAME.match(registry))
    is_file = path is not None and (path in session.lock.files or (session.project.root / path).is_file())
    if is_id and is_file and words[0] in session.lock.bundles:
        raise UsageError(
            f"{words[0]} is a bundle and a file",
            hint=f"./{words[0]} is the file; with a version, agentpkg diff {words[0]} VERSION, it is the bundle",
        )
    return is_id and not is_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """Two versions of a bundle: what changed in text and powers, and in what each of some hosts gets.

    `installed` is the version that the project has, None if it has none. `comparison` is None if there is no other
    version to compare with; then `after` is the newest.
    """

    bundle: str
    installed: str | None
    after: str
    comparison: Comparison | None
    hosts: Mapping[str, str] = field(default_factory=dict)


def compare_versions(session: Session, name: str, given: Sequence[str], hosts: Sequence[str]) -> Versions:
    """Return how two versions of a bundle differ, for each of the hosts too; `choose_pair` says which two.

    Raises `UsageError` for a version that there is not, and where it takes two versions to compare any.
    """
    asked = parse_requirement(name)
    names = tuple(dict.fromkeys(get_host(one).name for one in hosts))
    registries = known_registries(session)
    if asked.id in registries.local:
        raise UsageError(
            f"{asked.id} lies in the project itself ({registries.local[asked.id].path}): it has no versions to compare",
            hint="agentpkg diff FILE shows how a written file differs from it",
        )
    offers = registries.offers(asked.id)
    known = [offer.version for offer in offers]
    for version in given:
        if version not in known:
            more = f" and {len(known) - _MOST_VERSIONS} older" if len(known) > _MOST_VERSIONS else ""
            told = f"it has {', '.join(known[:_MOST_VERSIONS])}{more}" if known else None
            raise UsageError(f"there is no {asked.id} {version}", hint=told)
    locked, wanted = session.lock.bundles.get(asked.id), session.manifest.requirements.get(asked.id)
    specifiers = [wanted.specifier] if wanted else []
    specifiers += [one.requires[asked.id] for one in session.lock.bundles.values() if asked.id in one.requires]
    current = locked.version if locked else None
    if current is None and not given:
        raise UsageError(f"{asked.id} is not installed", hint=f"name two versions: agentpkg diff {asked.id} V1 V2")
    wanted_now = newest(offers, specifiers, f"agentpkg.toml: {asked.id}")
    outlook = look_ahead(asked.id, current, wanted_now, offers, [(None, specifier) for specifier in specifiers])
    pair = choose_pair(outlook, offers, given)
    if pair is None:
        return Versions(bundle=asked.id, installed=current, after=outlook.current or given[0], comparison=None)
    return _compared(session, registries, asked.id, pair, names)


def _compared(
    session: Session, registries: Registries, bundle: str, pair: tuple[str, str], hosts: tuple[str, ...]
) -> Versions:
    before, after = (registries.load(bundle, version) for version in pair)
    old, new = (registries.files(bundle, version) for version in pair)
    locked = session.lock.bundles.get(bundle)
    rendered = {}
    for host in hosts:
        was, now = (_files_at(session, bundle, one, host) for one in (before, after))
        rendered[host] = "".join(
            unified(was.get(path, b""), now.get(path, b""), _side("a", path, was), _side("b", path, now))
            for path in sorted(was.keys() | now.keys())
        )
    return Versions(
        bundle=bundle,
        installed=locked.version if locked else None,
        after=after.version,
        comparison=compare_bundles((before, old), after, new),
        hosts=rendered,
    )


def _side(letter: str, path: str, files: Mapping[str, bytes]) -> str:
    return f"{letter}/{path}" if path in files else "/dev/null"


def _files_at(session: Session, bundle: str, content: Bundle, host: str) -> Mapping[str, bytes]:
    """Return the files that a host would get of a version, as the project asks for the bundle."""
    wanted = session.manifest.requirements.get(bundle)
    overrides = session.manifest.overrides.get(bundle, ())
    names = {agent.name for agent in content.agents}
    rendered = render_for(
        session,
        [
            Selection(
                id=bundle,
                bundle=content,
                hosts=(),
                agents=tuple(one for one in wanted.agents if one in names) if wanted and wanted.agents else None,
                renames={old: new for old, new in wanted.renames.items() if old in names} if wanted else {},
                overrides=tuple(one for one in overrides if one.agent is None or one.agent in names),
            )
        ],
        (host,),
    )
    return files_of(rendered)
