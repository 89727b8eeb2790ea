"""A bundle that lies in a folder of the project itself, read as if a registry held it in its one version.

Its folder may change at any time, and nobody publishes it: what a lock has of it is its content as it was rendered.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from agentpkg.errors import ContentRefused, UsageError
from agentpkg.files import content_digest, with_lf
from agentpkg.limits import LIMITS, MOST_FILES
from agentpkg.lockfile import NO_COMMIT
from agentpkg.project import find_alike, read_folder, why_no_folder
from agentpkg.requirement import FROM_PATH

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from agentpkg.bundle import Bundle
    from agentpkg.resolve import Offer


class Local:
    """The bundle in the folder `path` below `root`, as `Registry` offers bundles; with `files` one that will be there.

    Nothing is imported before a bundle is asked for that a sync with nothing to do could go without.
    """

    commit = NO_COMMIT

    def __init__(self, name: str, root: Path, path: str, files: Mapping[str, bytes] | None = None) -> None:
        self.name = name
        self.path = path
        self.url = f"{FROM_PATH}{path}"
        self._root = root
        if files is not None:
            self._files = files

    @property
    def digest(self) -> str:
        """The content digest of the folder as it is, over LF: git may check its files out with CRLF."""
        return content_digest(self._files)

    @cached_property
    def _files(self) -> Mapping[str, bytes]:
        why = why_no_folder(self._root, self.path)
        alike = find_alike(self._root, [self.path]) if why is None else {}
        if alike:  # it would be found here and on no machine where case counts
            why = f"it is called {alike[self.path]}"
        if why:
            raise UsageError(
                f"bundle {self.name} has the path {self.path}: {why}",
                hint="put a plain folder there, or take the bundle from a registry: write a version in the place of "
                "the path",
            )
        files = read_folder(self._root / self.path, most_files=MOST_FILES, most_bytes=2 * LIMITS.bundle_bytes)
        return with_lf(files)

    @cached_property
    def _bundle(self) -> Bundle:
        from agentpkg.bundle import parse_bundle

        bundle = parse_bundle(self._files, self.path)
        if bundle.name != self.name:
            raise ContentRefused(
                f"{self.path} holds the bundle {bundle.name}, and agentpkg.toml calls it {self.name}",
                hint="give both one name; agents get other names by `as`",
            )
        return bundle

    def names(self) -> tuple[str, ...]:
        """Return the name of the one bundle."""
        return (self.name,)

    def versions(self, name: str) -> tuple[str, ...]:  # noqa: ARG002 (as a registry has it)
        """Return the one version that there is."""
        return (self._bundle.version,)

    def yanked(self, name: str) -> Mapping[str, str]:  # noqa: ARG002 (as a registry has it)
        """Return no reasons: nothing is ever yanked here."""
        return {}

    def offers(self, name: str) -> tuple[Offer, ...]:  # noqa: ARG002 (as a registry has it)
        """Return the one version, with what it requires."""
        from agentpkg.resolve import Offer

        return (Offer(version=self._bundle.version, requires=self._bundle.requires),)

    def load(self, name: str, version: str) -> Bundle:
        """Return the bundle; raise `ContentRefused` if it is no longer of this version."""
        if version != self._bundle.version:
            raise ContentRefused(
                f"{name} {version} is not in {self.path}, which holds {self._bundle.version} now",
                hint="agentpkg sync takes what is there",
            )
        return self._bundle
