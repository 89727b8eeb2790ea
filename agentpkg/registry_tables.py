"""The registries of a manifest: where each is, and what is asked of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agentpkg.errors import UsageError
from agentpkg.files import like
from agentpkg.limits import LIMITS, MOST_BUNDLE_BYTES, MOST_FILE_BYTES, Limits
from agentpkg.requirement import check_name
from agentpkg.values import dataclass

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

    from agentpkg.fields import Fields


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


def read_registries(fields: Fields) -> dict[str, RegistrySource]:
    """Return the registries in the tables `[registries.NAME]` of a manifest; raise `UsageError` for a wrong one."""
    return {name: _registry(name, table) for name, table in fields.table("registries").tables()}


REGISTRY_KEYS = (
    "url", "subfolder", "branch", "signers", "revoked", "signed_after", "filter", "agents", "ref",
    "max_file_bytes", "max_bundle_bytes",
)  # fmt: skip
REGISTRY_ONLY = ("branch", "signers", "revoked", "signed_after", "max_file_bytes", "max_bundle_bytes")
FOLDER = r"[A-Za-z0-9_.][A-Za-z0-9._-]*\Z"  # one part of the path of a folder in a repository
COMMIT = r"[0-9a-f]{40}\Z"


def _registry(name: str, fields: Fields) -> RegistrySource:
    check_name(name, fields.where)
    fields.reject_unknown(*REGISTRY_KEYS)
    agents = fields.flag("agents")
    if not agents and "ref" in fields:
        raise UsageError(f"{fields.where}: ref is for repositories of plain agents (agents = true)", hint="use branch")
    if agents and any(key in fields for key in REGISTRY_ONLY):
        raise UsageError(
            f"{fields.where}: a repository of plain agents takes url, subfolder, ref and filter only",
            hint="take the others out, or agents = true",
        )
    if "signers" not in fields and ("revoked" in fields or "signed_after" in fields):
        raise UsageError(
            f"{fields.where}: revoked and signed_after go with signers", hint="name the file of the keys with signers"
        )
    return RegistrySource(
        url=_url(fields),
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


def _url(fields: Fields) -> str:
    """Return the URL as it is written; raise for one that no registry could have, or that holds a password."""
    from pathlib import Path

    from agentpkg.sources import git_url

    url = fields.text("url")
    try:
        git_url(url, Path("/"))
    except UsageError as error:
        raise UsageError(f"{fields.where}: {error.message}", hint=error.hint) from None
    return url


def _most(fields: Fields, key: str, otherwise: int, most: int) -> int:
    number = fields.number(key) if key in fields else otherwise
    if not 0 < number <= most:
        raise UsageError(f"{fields.where}: {key} is {number}", hint=f"1 to {most}")
    return number


def check_subfolder(text: str, where: str) -> str:
    """Return the path of a folder in a repository without slashes at its ends, or raise `UsageError`."""
    folder = text.strip("/")
    if folder and not all(re.match(FOLDER, part) and part != ".." for part in folder.split("/")):
        raise UsageError(f"{where}: {text!r} is not a folder in a repository", hint="write it as tools/agents")
    return folder


def _commit(fields: Fields, key: str) -> str | None:
    text = fields.text_or_none(key)
    if text is not None and not re.match(COMMIT, text):
        raise UsageError(
            f"{fields.where}: {key} is {text!r}, expected the 40 digits of a commit",
            hint="git rev-parse NAME prints them",
        )
    return text


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
    return dump_edited(document, text)


def without_registry(text: str, name: str) -> str:
    """Return the manifest's text without the registry called `name`."""
    import tomlkit

    document = tomlkit.parse(text)
    del document["registries"][name]
    return dump_edited(document, text)


def dump_edited(document: TOMLDocument, before: str) -> str:
    """Return the text of an edited manifest, with the line endings that it had before."""
    import tomlkit

    text = tomlkit.dumps(document).replace("\r\n", "\n")
    return like(before.encode(), text.encode()).decode()
