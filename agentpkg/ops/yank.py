"""`yank` and `unyank`: take a version back, so that nobody chooses it anew, and give it free again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.errors import UsageError, nearest
from agentpkg.publishing import Draft, push_change
from agentpkg.registry import YANKED, Registry
from agentpkg.requirement import check_name
from agentpkg.text import check_line

if TYPE_CHECKING:
    from agentpkg.mirror import Mirror
    from agentpkg.ops.publish import Wish
    from agentpkg.ops.session import Options
    from agentpkg.remote import Remote


def yank(remote: Remote, name: str, version: str, reason: str | None, wish: Wish, options: Options) -> str | None:
    """Mark a version as yanked for `reason`, or (None) as yanked no more; return the commit.

    None is returned if it is so already. A yanked version stays installable where a lock names it.
    """
    check_name(name, "bundle")
    if reason is not None:
        check_line(reason, "the reason")
        if not reason.strip():
            raise UsageError("the reason is empty", hint="say in a few words what is wrong with the version")
    path = f"{remote.folder}/{name}/{YANKED}"

    def decide(mirror: Mirror, head: str | None) -> Draft | None:
        registry = Registry(remote.name, remote.source.url, mirror, remote.prefix, head, remote.source.limits)
        versions = registry.versions(name)
        if version not in versions:
            raise UsageError(f"{name} has no version {version}", hint=nearest(version, versions, _some(versions)))
        yanked = dict(registry.yanked(name))
        if yanked.get(version) == reason or options.dry_run:
            return None
        yanked.pop(version, None)
        if reason is not None:
            yanked[version] = reason
        verb = "unyank" if reason is None else "yank"
        message = f"{verb} {name} {version}\n" + (f"\n{reason}\n" if reason else "")
        return Draft(files={path: _text(yanked)}, message=message)

    with options.status(f"publishing to {remote.name}"):
        return push_change(remote, decide, sign=wish.sign, branch=wish.branch)


def _some(versions: tuple[str, ...]) -> str:
    return f"it has {', '.join(versions[:8])}"


def _text(yanked: dict[str, str]) -> bytes | None:
    import tomlkit

    return tomlkit.dumps(dict(sorted(yanked.items()))).encode() if yanked else None
