"""The documents of commands that work on registries and on the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.schemas import shared
from agentpkg.schemas.words import by_key, document, flag, maybe, number, printed, rows, text, texts

if TYPE_CHECKING:
    from agentpkg.schemas.words import Schema


def publish() -> Schema:
    """Return the schema of a version that is published."""
    return printed(
        "A version that is published, or would be.",
        registry=text("The registry's url."),
        branch=maybe(text("The branch, where one was given.")),
        dry_run=shared.dry_run(),
        name=text("The bundle's name."),
        version=text("Its version."),
        before=maybe(text("The version that it is compared with; null where there is none.")),
        digest=text("The digest of its content."),
        published=flag("Whether anything was pushed."),
        same=flag("Whether this very content was there already."),
        commit=maybe(text("The commit; null where nothing was pushed.")),
        level=shared.level(),
        reasons=rows("Why.", level=shared.level(), reason=text("In words.")),
        powers=shared.powers(),
        refused_by=by_key("Why a host cannot hold the bundle, by host."),
        warnings=texts("In words."),
    )


def yank() -> Schema:
    """Return the schema of a version that is taken back, or given again."""
    return printed(
        "A version that is taken back, or given again.",
        name=text("The bundle's name."),
        version=text("The version."),
        reason=maybe(text("Why; null for unyank.")),
        commit=maybe(text("The commit; null if nothing was to do.")),
        dry_run=shared.dry_run(),
    )


def registry_init() -> Schema:
    """Return the schema of a registry that begins."""
    return printed("A registry that begins.", url=text("Its url."), commit=text("Its first commit."))


def registry_add() -> Schema:
    """Return the schema of a registry that is made known."""
    return printed(
        "A registry that is made known.",
        name=text("Its name."),
        url=text("Its url."),
        commit=maybe(text("Its newest commit; null with --offline.")),
        bundles=maybe(number("How many bundles it holds; null with --offline.")),
    )


def registry_list() -> Schema:
    """Return the schema of the registries that a name can mean."""
    return printed(
        "The registries that a name can mean here.",
        registries=rows(
            "By name.",
            name=text("The name."),
            url=text("The url, as in the manifest."),
            subfolder=text("The folder in the repository; empty for its top."),
            branch=maybe(text("The branch; null for the remote's own choice.")),
            agents=flag("Whether it is a repository of plain agents."),
            ref=maybe(text("What is read of a repository of plain agents.")),
            commit=maybe(text("The newest commit that was accepted; null before the first fetch.")),
            **{"global": flag("Whether it is known to you and not to the project.")},
        ),
    )


def registry_show() -> Schema:
    """Return the schema of one registry."""
    return printed(
        "One registry.",
        name=text("Its name here."),
        url=text("Its url."),
        commit=text("Where it stands."),
        title=text("The name that it gives itself; may be empty."),
        description=text("What it says that it is for; may be empty."),
        bundles=rows(
            "Its bundles.",
            name=text("The bundle."),
            version=text("Its newest version."),
            description=text("What it is for."),
        ),
    )


def registry_remove() -> Schema:
    """Return the schema of a registry that is taken out."""
    return printed("A registry that is taken out of the manifest.", name=text("Its name."), dry_run=shared.dry_run())


def registry_reset() -> Schema:
    """Return the schema of a registry whose history is accepted anew."""
    return printed(
        "A registry whose history is accepted anew.",
        name=text("Its name."),
        before=maybe(text("The commit that was known; null where none was.")),
        after=text("The commit that is known now."),
        dry_run=shared.dry_run(),
    )


def registry_verify() -> Schema:
    """Return the schema of a registry that was read whole."""
    return printed(
        "A registry that was read whole. With problems, this is printed in the place of the error.",
        commit=text("The commit that was read."),
        bundles=number("How many bundles."),
        versions=number("How many versions."),
        problems=shared.problems(),
        alike={"type": "array", "items": texts(), "description": "Pairs of names that look alike."},
    )


def registry_diff() -> Schema:
    """Return the schema of what a pull request adds to a registry."""
    return printed(
        "What a pull request adds to a registry. With problems, this is printed in the place of the error.",
        added=rows(
            "New versions.",
            name=text("The bundle."),
            version=text("The version."),
            before=maybe(text("The version that it is compared with; null where there is none.")),
            level=shared.level(),
            powers=shared.powers(),
            text=text("A unified diff of all texts."),
        ),
        rewrites=texts("Paths of what is published already, and would change."),
        yanks=texts("In words."),
        problems=shared.problems(),
    )


def cache_info() -> Schema:
    """Return the schema of what the cache holds."""
    renderings = document("Renderings, for merging.", number=number("How many."), bytes=number("How many bytes."))
    return printed(
        "What the cache holds.",
        folder=text("The cache's folder."),
        state=text("The folder of what must not be lost."),
        mirrors=by_key("Bytes of each registry's mirror, by name.", number()),
        renderings=renderings,
    )


def cache_verify() -> Schema:
    """Return the schema of a cache that was read whole."""
    return printed(
        "A cache that was read whole.",
        mirrors=number("How many mirrors."),
        renderings=number("How many renderings."),
        damaged=texts("What was damaged, and is gone."),
    )


def cache_clean() -> Schema:
    """Return the schema of a cache that was thrown away."""
    return printed(
        "A cache that was thrown away.",
        folder=text("The cache's folder."),
        mirrors=number("How many mirrors."),
        renderings=number("How many renderings."),
        bytes=number("How many bytes."),
    )
