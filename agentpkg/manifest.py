"""`agentpkg.toml`: what the user asks for.

Reading takes the standard library's parser, so that a sync with nothing to do stays fast. Edits go through tomlkit on
the text itself, so that comments, order and spacing survive.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from agentpkg import MANIFEST
from agentpkg.errors import SEE_HOSTS, UsageError, nearest
from agentpkg.fields import Fields, kind_of, parse_toml
from agentpkg.registry_tables import RegistrySource, dump_edited, read_registries
from agentpkg.requirement import (
    DEFAULT_REGISTRY,
    FROM_PATH,
    TIERS,
    Requirement,
    bundle_id,
    check_name,
    check_path,
    split_id,
)
from agentpkg.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentpkg.overrides import Override

FILE_NAME = MANIFEST
KEYS = ("project", "registries", "bundles", "overrides", "models", "hosts")
PROJECT_KEYS = ("hosts",)
REQUIREMENT_KEYS = ("path", "version", "hosts", "agents", "as")
HOST_KEYS = ("widening",)
WIDENING = ("refuse", "allow")  # the first is what holds where nothing is said
MODEL_ID = r"[-/\d]"  # what a model id holds, and no tier
BUILTIN_URL = "builtin:"  # where the default registry is, unless the manifest says otherwise: in agentpkg itself


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSettings:
    """What a project says about one host: model ids for tiers or for other ids, and whether powers may widen there.

    The id `inherit` stands for the session's own model.
    """

    models: Mapping[str, str] = field(default_factory=dict)
    widening: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The values of a manifest. `requirements` and `overrides` are keyed by bundle id, `settings` by host."""

    hosts: tuple[str, ...]
    requirements: Mapping[str, Requirement]
    registries: Mapping[str, RegistrySource]
    settings: Mapping[str, HostSettings]
    overrides: Mapping[str, tuple[Override, ...]] = field(default_factory=dict)

    def settings_of(self, host: str) -> HostSettings:
        """Return the project's settings for a host, the defaults where it says nothing."""
        return self.settings.get(host, HostSettings())

    @property
    def paths(self) -> dict[str, str]:
        """The folders of bundles that lie in the project itself, by bundle id."""
        return {bundle: one.path for bundle, one in self.requirements.items() if one.path is not None}

    def source_of(self, bundle: str) -> str:
        """Return where the bundle with this id comes from, as a lock has it: a folder of the project, or a registry."""
        wanted = self.requirements.get(bundle)
        return f"{FROM_PATH}{wanted.path}" if wanted and wanted.path else self.url_of(split_id(bundle)[0])

    def url_of(self, registry: str) -> str:
        """Return the URL of a registry, as the manifest has it, with its branch and folder where it names them."""
        if registry not in self.registries:
            return BUILTIN_URL
        source = self.registries[registry]
        more = (("branch", source.branch), ("folder", source.subfolder))
        told = ", ".join(f"{word} {value}" for word, value in more if value)
        return f"{source.url} ({told})" if told else source.url


def parse_manifest(text: str, known_hosts: Iterable[str]) -> Manifest:
    """Return the manifest that `text` holds, or raise `UsageError` naming the key that is wrong."""
    fields = parse_toml(text, FILE_NAME, UsageError)
    fields.reject_unknown(*KEYS)
    project = fields.table("project")
    project.reject_unknown(*PROJECT_KEYS)
    known = tuple(known_hosts)
    registries = read_registries(fields)
    requirements = {
        key: _requirement(fields.table("bundles"), key, known, registries) for key in fields.table("bundles")
    }
    return Manifest(
        hosts=check_hosts(project.texts("hosts"), f"{FILE_NAME}: [project] hosts", known),
        requirements=requirements,
        registries=registries,
        settings=_settings(fields, known),
        overrides=_overrides(fields, known, registries) if "overrides" in fields else {},
    )


def check_hosts(hosts: tuple[str, ...], where: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return `hosts` without repeats, or raise `UsageError` for a name that is no host."""
    for host in hosts:
        if host not in known:
            raise UsageError(f"{where}: unknown host {host!r}", hint=nearest(host, known, SEE_HOSTS))
    return tuple(dict.fromkeys(hosts))


def parse_registries(text: str) -> dict[str, RegistrySource]:
    """Return the registries that a manifest's text names, whatever else is in it."""
    return read_registries(parse_toml(text, FILE_NAME, UsageError))


def _requirement(
    fields: Fields, key: str, known: tuple[str, ...], registries: Mapping[str, RegistrySource]
) -> Requirement:
    where = f"{FILE_NAME}: [bundles] {key}"
    registry, name = _check_id(key, where, registries)
    value = fields.raw(key)
    if isinstance(value, str):
        return Requirement(name=name, registry=registry, specifier=value.strip())
    if not isinstance(value, Mapping):
        raise UsageError(
            f"{where} is {kind_of(value)}, expected text or a table", hint='write versions in quotes, as "~=1.2"'
        )
    table = fields.table(key)
    table.reject_unknown(*REQUIREMENT_KEYS)
    hosts, path = table.texts_or_none("hosts"), table.text_or_none("path")
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
        path=None if path is None else check_path(path, f"{where}: path"),
    )


def _check_id(key: str, where: str, registries: Mapping[str, RegistrySource]) -> tuple[str, str]:
    """Return registry and name of a bundle that a key names."""
    registry, name = split_id(key)
    check_name(name, where)
    if key != bundle_id(registry, name):
        raise UsageError(f"{where}: the default registry is not named", hint=f"write it as {name}")
    if registry != DEFAULT_REGISTRY and registry not in registries:
        raise UsageError(
            f"{where}: there is no registry {registry!r}", hint=f"add [registries.{registry}] with its url"
        )
    return registry, name


def _overrides(
    fields: Fields, known: tuple[str, ...], registries: Mapping[str, RegistrySource]
) -> dict[str, tuple[Override, ...]]:
    from agentpkg.overrides import read_overrides

    overrides = {}
    for key, table in fields.table("overrides").tables():
        _check_id(key, f"{FILE_NAME}: [overrides] {key}", registries)
        overrides[key] = read_overrides(table, known)
    return overrides


def _settings(fields: Fields, known: tuple[str, ...]) -> dict[str, HostSettings]:
    models, hosts = fields.table("models"), fields.table("hosts")
    names = check_hosts((*models, *hosts), f"{FILE_NAME}: [models] and [hosts]", known)
    settings = {}
    for name in names:
        tiers, own = models.table(name), hosts.table(name)
        for asked in tiers:
            if asked not in TIERS and not re.search(MODEL_ID, asked):
                raise UsageError(
                    f"{tiers.where}: {asked!r} is no tier and no model id", hint=f"tiers: {', '.join(TIERS)}"
                )
        own.reject_unknown(*HOST_KEYS)
        widening = own.text_or_none("widening") if "widening" in own else WIDENING[0]
        if widening not in WIDENING:
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
    return dump_edited(document, text)


def _requirement_value(requirement: Requirement) -> Any:
    import tomlkit

    limits = {"hosts": requirement.hosts, "agents": requirement.agents, "as": requirement.renames or None}
    if requirement.path is None and not any(value is not None for value in limits.values()):
        return requirement.specifier
    table = tomlkit.inline_table()
    if requirement.path is not None:
        table["path"] = requirement.path
    if requirement.specifier or requirement.path is None:
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
    return dump_edited(document, text)
