"""What is asked for: names, versions, and requirements as they stand in a manifest or on the command line.

A bundle's *id* is its name for the default registry and `registry/name` for any other. Nothing here imports
`packaging`: a sync with nothing to do reads requirements but never has to solve them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentpkg.errors import AgentpkgError, UsageError
from agentpkg.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_REGISTRY = "default"
FROM_PATH = "path::"  # in front of the folder that a bundle comes from, where a registry's URL stands; no URL has `::`
TIERS = ("strong", "balanced", "fast")  # the model tiers that an agent may ask for and a project may map
NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*\Z")
SHORTEST_NAME, LONGEST_NAME = 2, 50
LONGEST_SPECIFIER = 200
# Not compiled until one is needed: a sync with nothing to do needs neither.
VERSION = r"(?a)(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})(?:(?:a|b|rc)(0|[1-9]\d{0,8}))?\Z"
# A part of a path that means the same on every system, and leads no way but down.
PORTABLE = r"[A-Za-z0-9_.][A-Za-z0-9_.-]*(?<!\.)\Z"
_ASKED = r"(?s)\s*(?:(?P<registry>[^/\s]+)/)?(?P<name>[^\s<>=!~@,/]+)\s*(?P<rest>.*?)\s*\Z"
# Names that Windows keeps for devices: a file called so cannot be checked out there.
DEVICES = frozenset(["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))])


def check_name(name: str, where: str, error: type[AgentpkgError] = UsageError) -> str:
    """Return `name` if it is a valid name of a bundle, agent, skill or registry, else raise `error`."""
    if not NAME.match(name) or not SHORTEST_NAME <= len(name) <= LONGEST_NAME:
        raise error(
            f"{where}: {name!r} is not a valid name",
            hint=f"use {SHORTEST_NAME} to {LONGEST_NAME} lower-case letters and digits in words joined by '-', "
            "starting with a letter",
        )
    if is_device(name):
        raise error(f"{where}: {name!r} is a device name on Windows", hint="choose another name")
    return name


def is_device(name: str) -> bool:
    """Say whether Windows keeps `name`, whatever its case and ending, for a device."""
    return name.partition(".")[0].lower() in DEVICES


def is_version(text: str) -> bool:
    """Say whether `text` is a bundle version: three numbers and an optional pre-release, as `1.2.0` or `2.0.0rc1`."""
    return bool(re.match(VERSION, text))


def is_final(version: str) -> bool:
    """Say whether a bundle version is no pre-release."""
    match = re.match(VERSION, version)
    return match is not None and match[4] is None


def is_pinned(specifier: str) -> bool:
    """Say whether a specifier lets in one version alone."""
    return bool(re.match(r"\s*==(?!=)[^,*]+\Z", specifier))


def is_commit(version: str) -> bool:
    """Say whether a version stands for a commit of a repository of plain agents, which knows no versions."""
    return version.startswith("0.0.0+g")


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One bundle that a project asks for.

    `specifier` is PEP 440 text, empty for any version. `hosts` and `agents` limit what is installed, None being all;
    `renames` gives agents another name in this project. `path` is the folder of the project that holds the bundle,
    None for one that comes from its registry.
    """

    name: str
    specifier: str = ""
    registry: str = DEFAULT_REGISTRY
    hosts: tuple[str, ...] | None = None
    agents: tuple[str, ...] | None = None
    renames: Mapping[str, str] = field(default_factory=dict)
    path: str | None = None

    @property
    def id(self) -> str:
        """The name of the bundle, with its registry unless that is the default one."""
        return bundle_id(self.registry, self.name)


def bundle_id(registry: str, name: str) -> str:
    """Return the id of a bundle: `name`, or `registry/name` outside the default registry."""
    return name if registry == DEFAULT_REGISTRY else f"{registry}/{name}"


def is_from_path(source: str) -> bool:
    """Say whether a lock's word on where a bundle comes from means a folder of the project."""
    return source.startswith(FROM_PATH)


def check_path(path: str, where: str, error: type[AgentpkgError] = UsageError) -> str:
    """Return `path` if it names a folder below the project, in the same words on every system, else raise `error`."""
    parts = path.split("/")
    if not all(re.match(PORTABLE, part) and not is_device(part) for part in parts):
        raise error(
            f"{where}: {path!r} is not a folder below the project",
            hint="write it as bundles/data-engineer; what lies elsewhere comes from a registry: [registries.NAME] "
            "with its url",
        )
    return path


def split_id(bundle: str) -> tuple[str, str]:
    """Return registry and name of a bundle's id."""
    registry, slash, name = bundle.rpartition("/")
    return (registry, name) if slash else (DEFAULT_REGISTRY, name)


def parse_requirement(text: str) -> Requirement:
    """Return the requirement that a person typed: `name`, `name~=1.2`, `registry/name>=2,<3`, `name@1.2.0`."""
    match = re.match(_ASKED, text)
    if not match or ":" in text:
        raise UsageError(
            f"{text!r} is not a requirement",
            hint="write it as data-engineer or data-engineer~=1.2; where it comes from stands in --registry or --from",
        )
    rest = match["rest"]
    if rest.startswith("@"):
        rest = f"=={rest[1:].strip()}"
    return Requirement(
        name=check_name(match["name"], f"requirement {text!r}"),
        registry=check_name(match["registry"], f"requirement {text!r}") if match["registry"] else DEFAULT_REGISTRY,
        specifier=check_specifier(rest, f"requirement {text!r}"),
    )


def check_specifier(text: str, where: str, error: type[AgentpkgError] = UsageError) -> str:
    """Return `text` if it is a PEP 440 specifier, or raise `error`."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        SpecifierSet(text)
        if len(text) > LONGEST_SPECIFIER:
            raise InvalidSpecifier
    except InvalidSpecifier:
        raise error(
            f"{where}: {text!r} is not a version specifier", hint="write it as ~=1.2, >=1.2,<3 or ==1.2.0"
        ) from None
    return text
