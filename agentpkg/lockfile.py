"""`agentpkg.lock`: what was chosen, and what was written.

JSON with sorted keys, one a line, and nothing in it that differs from machine to machine or from day to day, so that
the same choice is the same text. It is read on every run, so reading it imports nothing but the standard library.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, TypeAlias

from agentpkg import LOCK
from agentpkg.errors import ContentRefused, IntegrityError, UsageError
from agentpkg.fields import Fields
from agentpkg.files import is_inside
from agentpkg.requirement import FROM_PATH, Requirement, check_path, is_from_path, split_id
from agentpkg.values import dataclass, field, replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentpkg.overrides import Override

Losses: TypeAlias = "Mapping[str, Mapping[str, Mapping[str, str]]]"  # fidelities by agent, host and field
# What `--fail-on` takes: the fidelities of `agentpkg.losses`, from better to worse; here, so that it costs no import.
LEVELS = ("approximated", "narrowed", "widened")
FILE_NAME = LOCK
FORMAT = 1
NO_COMMIT = "none"  # of what comes from no repository
NO_RENDERING = "none"  # in place of a digest: there is no file, nor should there be one
_REPAIR = f"restore {FILE_NAME} from version control, or delete it and run agentpkg sync"
ITEM = re.compile(r"agents/[^/]+\Z|skills/[^/]+/.")
# Not compiled here, nor are others that a sync with nothing to do never needs: each costs part of a millisecond.
_CONFLICT = r"(?ms)^<{7} .*?\n(.*?)(?:^\|{7} .*?\n.*?)?^={7}\n(.*?)^>{7} .*?$\n?"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedBundle:
    """One chosen version.

    `registry` says where it comes from: a registry's URL, or a folder of the project (see `is_from_path`). `wanted` is
    the requirement that the manifest holds for it, None if only another bundle requires it. `requires` maps the ids
    that it requires to their specifiers. `grants` are the approved powers of each of its agents. `losses` tell, by
    agent and host, the fields that were not carried exactly, and how they fare; None where the lock is silent.
    `overrides` are those of the manifest that were rendered. `limits` are, by agent, what its fields for any host hold
    it back by. `other` is what the other side of a merge has, where the lock is torn.
    """

    version: str
    registry: str
    commit: str
    digest: str
    wanted: Requirement | None
    requires: Mapping[str, str]
    grants: Mapping[str, tuple[str, ...]]
    losses: Losses | None = None
    overrides: tuple[Override, ...] = ()
    limits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    other: LockedBundle | None = None

    @property
    def sides(self) -> tuple[LockedBundle, ...]:
        """What somebody had approved: this, and what the other side of a merge has."""
        return (self, self.other) if self.other else (self,)


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedFile:
    """One written file. Digests are SHA-256 in hexadecimal, over bytes with LF line endings.

    `sha256` is of the bytes as rendered. `kept` is of the bytes that stand there instead because the user's edit was
    accepted, or `NO_RENDERING` where its deletion was. `base` is of the rendering that the live file still rests on,
    where the newest one is not in it yet.
    """

    bundle: str
    item: str
    hosts: tuple[str, ...]
    sha256: str
    kept: str | None = None
    base: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedHost:
    """What decided the renderings for one host: the revision of its host file and the project's settings."""

    revision: int
    models: Mapping[str, str] = field(default_factory=dict)
    widening: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lockfile:
    """The values of a lockfile: bundles by id, files by path below the project, hosts by name.

    `torn` says that the text held merge-conflict markers: both sides are in here, and choosing must run again.
    """

    bundles: Mapping[str, LockedBundle] = field(default_factory=dict)
    files: Mapping[str, LockedFile] = field(default_factory=dict)
    hosts: Mapping[str, LockedHost] = field(default_factory=dict)
    project_hosts: tuple[str, ...] = ()
    torn: bool = False


def parse_lockfile(text: str) -> Lockfile:
    """Return the lock that `text` holds.

    Text with merge-conflict markers is read on both sides and joined. Raises `UsageError` for a newer format,
    `IntegrityError` for text that is no lock, `ContentRefused` for a path that leaves the project.
    """
    if "\n<<<<<<< " in text or text.startswith("<<<<<<< "):
        text = text.replace("\r\n", "\n")  # git writes its markers as it writes the file
        return _join(_parse(re.sub(_CONFLICT, r"\1", text)), _parse(re.sub(_CONFLICT, r"\2", text)))
    return _parse(text)


def _parse(text: str) -> Lockfile:
    try:
        data = json.loads(text)
        if "\\u" in text:
            json.dumps(data, ensure_ascii=False).encode()  # half of a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise IntegrityError(f"{FILE_NAME} cannot be read: {error}", hint=_REPAIR) from None
    fields = Fields(data, FILE_NAME, IntegrityError, _REPAIR)
    version = fields.number("format")
    if version > FORMAT:
        raise UsageError(
            f"{FILE_NAME} has format {version}; this agentpkg reads formats up to {FORMAT}",
            hint="upgrade agentpkg: pip install --upgrade agentpkg-cli",
        )
    return Lockfile(
        bundles={key: _bundle(key, table) for key, table in fields.table("bundles").tables()},
        files=_files(fields.table("files")),
        hosts={name: _host(table) for name, table in fields.table("hosts").tables()},
        project_hosts=fields.texts("project_hosts"),
    )


def _commit(fields: Fields) -> str:
    """Return the id of a commit, or what stands for none; git is asked for it, so that it must be nothing else."""
    commit = fields.text("commit")
    if commit != NO_COMMIT and commit.strip("0123456789abcdef"):
        raise fields.error(f"{fields.where}: {commit!r} is not the id of a commit", _REPAIR)
    return commit


def _bundle(bundle: str, fields: Fields) -> LockedBundle:
    registry, name = split_id(bundle)
    source, wanted = fields.text("registry"), None
    if is_from_path(source):
        check_path(source.removeprefix(FROM_PATH), f"{FILE_NAME}: {bundle}", ContentRefused)
    if "wanted" in fields:
        table = fields.table("wanted")
        wanted = Requirement(
            name=name,
            registry=registry,
            specifier=table.text_or_none("version") or "",
            hosts=table.texts_or_none("hosts"),
            agents=table.texts_or_none("agents"),
            renames=table.table("as").text_table(),
            path=table.text_or_none("path"),
        )
    grants, limits = fields.table("grants"), fields.table("limits")
    return LockedBundle(
        version=fields.text("version"),
        registry=source,
        commit=_commit(fields),
        digest=fields.text("digest"),
        wanted=wanted,
        requires={key: fields.table("requires").text_or_none(key) or "" for key in fields.table("requires")},
        grants={agent: grants.texts(agent) for agent in grants},
        losses={
            agent: {host: lost.text_table() for host, lost in hosts.tables()}
            for agent, hosts in fields.table("losses").tables()
        }
        if "losses" in fields
        else None,
        overrides=_overrides(fields.table("overrides")) if "overrides" in fields else (),
        limits={agent: limits.texts(agent) for agent in limits},
    )


def _overrides(fields: Fields) -> tuple[Override, ...]:
    from agentpkg.overrides import read_overrides

    return read_overrides(fields)


def _files(fields: Fields) -> dict[str, LockedFile]:
    """Return the file entries. There may be thousands, so those that are as they should be take the short way."""
    files = {}
    for path in fields:
        if not is_inside(path):
            raise ContentRefused(f"{FILE_NAME}: {path!r} is not a path inside the project", hint=_REPAIR)
        match fields.raw(path):
            case {"bundle": str(bundle), "item": str(item), "hosts": [*hosts], "sha256": str(sha), **more} if (
                not more and {*map(type, hosts)} <= {str} and ITEM.match(item)
            ):
                files[path] = LockedFile(bundle=bundle, item=item, hosts=tuple(hosts), sha256=sha)
            case _:
                files[path] = _file(fields.table(path))
    return files


def _file(fields: Fields) -> LockedFile:
    if not ITEM.match(fields.text("item")):
        raise fields.error(f"{fields.where}: item is not a file of a bundle", hint=_REPAIR)
    return LockedFile(
        bundle=fields.text("bundle"),
        item=fields.text("item"),
        hosts=fields.texts("hosts"),
        sha256=fields.text("sha256"),
        kept=fields.text_or_none("kept"),
        base=fields.text_or_none("base"),
    )


def _host(fields: Fields) -> LockedHost:
    return LockedHost(
        revision=fields.number("revision"),
        models=fields.table("models").text_table(),
        widening=fields.text_or_none("widening") == "allow",
    )


def _join(ours: Lockfile, theirs: Lockfile) -> Lockfile:
    """Join two sides of a merge: of each bundle the older version, with the powers only that both sides approved.

    What either side held back is held back: each bundle keeps the other side's word, for the review.
    """
    bundles = {**theirs.bundles, **ours.bundles}
    for key in ours.bundles.keys() & theirs.bundles.keys():
        bundles[key] = _join_bundle(ours.bundles[key], theirs.bundles[key])
    return Lockfile(
        bundles=bundles,
        files={**theirs.files, **ours.files},
        hosts={**theirs.hosts, **ours.hosts},
        project_hosts=ours.project_hosts,
        torn=True,
    )


def _join_bundle(ours: LockedBundle, theirs: LockedBundle) -> LockedBundle:
    from packaging.version import Version

    grants = {
        agent: tuple(power for power in powers if power in theirs.grants[agent])
        for agent, powers in ours.grants.items()
        if agent in theirs.grants
    }
    try:
        older = min(ours, theirs, key=lambda locked: Version(locked.version))
    except ValueError as error:
        raise IntegrityError(f"{FILE_NAME} cannot be read: {error}", hint=_REPAIR) from None
    return replace(older, grants=grants, other=theirs if older is ours else ours)


def dump_lockfile(lock: Lockfile) -> str:
    """Return the text of a lock. Equal locks give equal text, and `parse_lockfile` gives the lock back."""
    data = {
        "bundles": {key: _bundle_data(bundle) for key, bundle in lock.bundles.items()},
        "files": {path: _file_data(file) for path, file in lock.files.items()},
        "format": FORMAT,
        "hosts": {name: _host_data(host) for name, host in lock.hosts.items()},
        "project_hosts": list(lock.project_hosts),
    }
    return json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _bundle_data(bundle: LockedBundle) -> dict[str, Any]:
    data: dict[str, Any] = {
        "commit": bundle.commit,
        "digest": bundle.digest,
        "grants": {agent: list(powers) for agent, powers in bundle.grants.items()},
        "registry": bundle.registry,
        "requires": dict(bundle.requires),
        "version": bundle.version,
    }
    if bundle.losses is not None:
        data["losses"] = {agent: {host: dict(lost) for host, lost in of.items()} for agent, of in bundle.losses.items()}
    limits = {agent: list(of) for agent, of in bundle.limits.items() if of}
    if limits:
        data["limits"] = limits
    if bundle.overrides:
        from agentpkg.overrides import overrides_data

        data["overrides"] = overrides_data(bundle.overrides)
    if bundle.wanted:
        wanted = {
            "version": bundle.wanted.specifier,
            "hosts": bundle.wanted.hosts,
            "agents": bundle.wanted.agents,
            "as": dict(bundle.wanted.renames) or None,
            "path": bundle.wanted.path,
        }
        data["wanted"] = {key: value for key, value in wanted.items() if value is not None}
    return data


def _file_data(file: LockedFile) -> dict[str, Any]:
    data = {
        "bundle": file.bundle,
        "item": file.item,
        "hosts": list(file.hosts),
        "sha256": file.sha256,
        "kept": file.kept,
        "base": file.base,
    }
    return {key: value for key, value in data.items() if value is not None}


def _host_data(host: LockedHost) -> dict[str, Any]:
    data: dict[str, Any] = {"revision": host.revision}
    if host.models:
        data["models"] = dict(host.models)
    if host.widening:
        data["widening"] = "allow"
    return data
