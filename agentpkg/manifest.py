"""`agentpkg.toml`: what the user asks for.

Reading takes the standard library's parser, so that a sync with nothing to do stays fast. Edits go through tomlkit on
the text itself, so that comments, order and spacing survive.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agentpkg.errors import SEE_HOSTS, UsageError, nearest
from agentpkg.fields import Fields, parse_toml
from agentpkg.files import like
from agentpkg.limits import LIMITS, MOST_BUNDLE_BYTES, MOST_FILE_BYTES, Limits
from agentpkg.requirement import DEFAULT_REGISTRY, TIERS, Requirement, bundle_id, check_name, split_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tomlkit import TOMLDocument

FILE_NAME = "agentpkg.toml"
BUILTIN_URL = "builtin:"  # where the default registry is, unless the manifest says otherwise: in agentpkg itself


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrySource:
    """Where a registry is: a git URL or path, the folder in it, and the branch (None: the remote's own choice).

    `signers` and `revoked` are files below the project that list the keys which may sign, and those which no longer
    may; `signed_after` is the commit after which they must. With `filtered`, files are fetched when they are needed.
    Bundles beyond `limits` are refused.
    `ref` is set for a repository of plain agents, which holds no bundles: the branch, tag or commit to read, "" for
    the remote's own choice.
    """

    url: str
    subfolder: str = ""
    branch: str | None = None
    signers: str | None = None
    revoked: str | None = None
    signed_after: str | None = None
    filtered: bool = False
    ref: str | None = None
    limits: Limits = LIMITS


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSettings:
    """What a project says about one host: model ids for tiers or for other ids, and whether powers may widen there.

    The id `inherit` stands for the session's own model.
    """

    models: Mapping[str, str] = field(default_factory=dict)
    widening: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The values of a manifest. `requirements` are keyed by bundle id, `settings` by host."""

    hosts: tuple[str, ...]
    requirements: Mapping[str, Requirement]
    registries: Mapping[str, RegistrySource]
    settings: Mapping[str, HostSettings]

    def settings_of(self, host: str) -> HostSettings:
        """Return the project's settings for a host, the defaults where it says nothing."""
        return self.settings.get(host, HostSettings())

    def url_of(self, registry: str) -> str:
        """Return the URL of a registry, as the manifest has it."""
        return self.registries[registry].url if registry in self.registries else BUILTIN_URL


def parse_manifest(text: str, known_hosts: Iterable[str]) -> Manifest:
    """Return the manifest that `text` holds, or raise `UsageError` naming the key that is wrong."""
    fields = parse_toml(text, FILE_NAME, UsageError)
    fields.reject_unknown("project", "registries", "bundles", "models", "hosts")
    project = fields.table("project")
    project.reject_unknown("hosts")
    known = tuple(known_hosts)
    registries = _registries(fields)
    requirements = {
        key: _requirement(fields.table("bundles"), key, known, registries) for key in fields.table("bundles")
    }
    return Manifest(
        hosts=check_hosts(project.texts("hosts"), f"{FILE_NAME}: [project] hosts", known),
        requirements=requirements,
        registries=registries,
        settings=_settings(fields, known),
    )


def check_hosts(hosts: tuple[str, ...], where: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return `hosts` without repeats, or raise `UsageError` for a name that is no host."""
    for host in hosts:
        if host not in known:
            raise UsageError(f"{where}: unknown host {host!r}", hint=nearest(host, known, SEE_HOSTS))
    return tuple(dict.fromkeys(hosts))


def parse_registries(text: str) -> dict[str, RegistrySource]:
    """Return the registries that a manifest's text names, whatever else is in it."""
    return _registries(parse_toml(text, FILE_NAME, UsageError))


def _registries(fields: Fields) -> dict[str, RegistrySource]:
    return {name: _registry(name, table) for name, table in fields.table("registries").tables()}


_REGISTRY_KEYS = (
    "url", "subfolder", "branch", "signers", "revoked", "signed_after", "filter", "agents", "ref",
    "max_file_bytes", "max_bundle_bytes",
)  # fmt: skip
_REGISTRY_ONLY = ("branch", "signers", "revoked", "signed_after", "max_file_bytes", "max_bundle_bytes")


def _registry(name: str, fields: Fields) -> RegistrySource:
    check_name(name, fields.where)
    fields.reject_unknown(*_REGISTRY_KEYS)
    agents = fields.flag("agents")
    if not agents and "ref" in fields:
        raise UsageError(f"{fields.where}: ref is for repositories of plain agents (agents = true)", hint="use branch")
    if agents and any(key in fields for key in _REGISTRY_ONLY):
        raise UsageError(f"{fields.where}: a repository of plain agents takes url, subfolder, ref and filter only")
    if "signers" not in fields and ("revoked" in fields or "signed_after" in fields):
        raise UsageError(f"{fields.where}: revoked and signed_after go with signers")
    return RegistrySource(
        url=fields.text("url"),
        subfolder=check_subfolder(fields.text_or_none("subfolder") or "", fields.where),
        branch=fields.text_or_none("branch"),
        signers=fields.text_or_none("signers"),
        revoked=fields.text_or_none("revoked"),
        signed_after=_commit(fields, "signed_after"),
        filtered=fields.flag("filter"),
        ref=(fields.text_or_none("ref") or "") if agents else None,
        limits=Limits(
            file_bytes=_most(fields, "max_file_bytes", LIMITS.file_bytes, MOST_FILE_BYTES),
            bundle_bytes=_most(fields, "max_bundle_bytes", LIMITS.bundle_bytes, MOST_BUNDLE_BYTES),
        ),
    )


def _most(fields: Fields, key: str, otherwise: int, most: int) -> int:
    number = fields.number(key) if key in fields else otherwise
    if not 0 < number <= most:
        raise UsageError(f"{fields.where}: {key} is {number}", hint=f"1 to {most}")
    return number


def check_subfolder(text: str, where: str) -> str:
    """Return the path of a folder in a repository without slashes at its ends, or raise `UsageError`."""
    folder = text.strip("/")
    if folder and not all(
        re.match(r"[A-Za-z0-9_.][A-Za-z0-9._-]*\Z", part) and part != ".." for part in folder.split("/")
    ):
        raise UsageError(f"{where}: {text!r} is not a folder in a repository", hint="write it as tools/agents")
    return folder


def _commit(fields: Fields, key: str) -> str | None:
    text = fields.text_or_none(key)
    if text is not None and not re.match(r"[0-9a-f]{40}\Z", text):
        raise UsageError(f"{fields.where}: {key} is {text!r}, expected the 40 digits of a commit")
    return text


def _requirement(
    fields: Fields, key: str, known: tuple[str, ...], registries: Mapping[str, RegistrySource]
) -> Requirement:
    where = f"{FILE_NAME}: [bundles] {key}"
    registry, name = split_id(key)
    check_name(name, where)
    if key != bundle_id(registry, name):
        raise UsageError(f"{where}: the default registry is not named", hint=f"write it as {name}")
    if registry != DEFAULT_REGISTRY and registry not in registries:
        raise UsageError(
            f"{where}: there is no registry {registry!r}", hint=f"add [registries.{registry}] with its url"
        )
    value = fields.raw(key)
    if isinstance(value, str):
        return Requirement(name=name, registry=registry, specifier=value.strip())
    table = fields.table(key)
    table.reject_unknown("version", "hosts", "agents", "as")
    hosts = table.texts_or_none("hosts")
    renames = table.table("as").text_table()
    for new in renames.values():
        check_name(new, f"{where}: as")
    return Requirement(
        name=name,
        registry=registry,
        specifier=(table.text_or_none("version") or "").strip(),
        hosts=None if hosts is None else check_hosts(hosts, where, known),
        agents=table.texts_or_none("agents"),
        renames=renames,
    )


def _settings(fields: Fields, known: tuple[str, ...]) -> dict[str, HostSettings]:
    models, hosts = fields.table("models"), fields.table("hosts")
    names = check_hosts((*models, *hosts), f"{FILE_NAME}: [models] and [hosts]", known)
    settings = {}
    for name in names:
        tiers, own = models.table(name), hosts.table(name)
        for asked in tiers:
            if asked not in TIERS and not re.search(r"[-/\d]", asked):
                raise UsageError(
                    f"{tiers.where}: {asked!r} is no tier and no model id", hint=f"tiers: {', '.join(TIERS)}"
                )
        own.reject_unknown("widening")
        widening = own.text_or_none("widening") or "refuse"
        if widening not in ("allow", "refuse"):
            raise UsageError(f"{own.where}: widening is {widening!r}", hint='use "refuse" (the default) or "allow"')
        settings[name] = HostSettings(models=tiers.text_table(), widening=widening == "allow")
    return settings


def new_manifest(hosts: tuple[str, ...]) -> str:
    """Return the text of a manifest that names `hosts` and no bundle yet."""
    names = ", ".join(f'"{host}"' for host in hosts)
    return f"[project]\nhosts = [{names}]\n\n[bundles]\n"


def with_requirement(text: str, *requirements: Requirement) -> str:
    """Return the manifest's text with `requirements` added, each in the place of one that it had for that bundle."""
    if not requirements:
        return text
    import tomlkit

    document = tomlkit.parse(text)
    bundles = document.setdefault("bundles", tomlkit.table())
    for requirement in requirements:
        bundles[requirement.id] = _requirement_value(requirement)
    return _dump(document, text)


def _dump(document: TOMLDocument, before: str) -> str:
    """Return the text of an edited manifest, with the line endings that it had before."""
    import tomlkit

    text = tomlkit.dumps(document).replace("\r\n", "\n")
    return like(before.encode(), text.encode()).decode()


def _requirement_value(requirement: Requirement) -> Any:
    import tomlkit

    limits = {"hosts": requirement.hosts, "agents": requirement.agents, "as": requirement.renames or None}
    if not any(value is not None for value in limits.values()):
        return requirement.specifier
    table = tomlkit.inline_table()
    table["version"] = requirement.specifier
    for key, value in limits.items():
        if value is not None:
            table[key] = dict(value) if isinstance(value, Mapping) else list(value)
    return table


def without_requirement(text: str, bundle: str) -> str:
    """Return the manifest's text without its requirement for the bundle with id `bundle`."""
    import tomlkit

    document = tomlkit.parse(text)
    del document["bundles"][bundle]
    return _dump(document, text)


def with_registry(text: str, name: str, source: RegistrySource) -> str:
    """Return the manifest's text with a registry added under `name`, or in the place of the one of that name."""
    import tomlkit

    document = tomlkit.parse(text)
    registries = document.setdefault("registries", tomlkit.table(is_super_table=True))
    table = tomlkit.table()
    values = {
        "url": source.url,
        "subfolder": source.subfolder,
        "branch": source.branch,
        "agents": source.ref is not None,
        "ref": source.ref,
        "signers": source.signers,
        "revoked": source.revoked,
        "signed_after": source.signed_after,
        "filter": source.filtered,
        "max_file_bytes": source.limits.file_bytes if source.limits.file_bytes != LIMITS.file_bytes else None,
        "max_bundle_bytes": source.limits.bundle_bytes if source.limits.bundle_bytes != LIMITS.bundle_bytes else None,
    }
    for key, value in values.items():
        if value:
            table[key] = value
    registries[name] = table
    return _dump(document, text)


def without_registry(text: str, name: str) -> str:
    """Return the manifest's text without the registry called `name`."""
    import tomlkit

    document = tomlkit.parse(text)
    del document["registries"][name]
    return _dump(document, text)
