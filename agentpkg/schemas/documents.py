"""The documents that commands print with `--json`, by command: their shapes are promised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.schemas import care, changes, looks, outlooks, registries
from agentpkg.schemas.words import document, maybe, number, printed, text, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agentpkg.schemas.words import Schema

ERROR = "error"


def error() -> Schema:
    """Return the schema of a failure."""
    return printed(
        "Why a command failed, in the place of its own document.",
        error=document(
            "The error.",
            message=text("What is wrong, and where."),
            details=texts("More of it, a line each."),
            hint=maybe(text("What to do next.")),
            exit_code=number("The exit code of the command."),
        ),
    )


# The order is that of the page. Commands that print the same document name the same function.
DOCUMENTS: Mapping[str, Callable[[], Schema]] = {
    ERROR: error,
    "install": changes.change,
    "update": changes.change,
    "remove": changes.change,
    "undo": changes.undo,
    "lock": changes.change,
    "pin": changes.change,
    "unpin": changes.change,
    "override": care.override,
    "sync": changes.sync,
    "status": changes.status,
    "adopt": changes.adopt,
    "keep": changes.keep,
    "init": changes.init,
    "list": looks.list_,
    "search": looks.search,
    "info": looks.info,
    "outdated": outlooks.outdated,
    "tree": outlooks.tree,
    "why": outlooks.why,
    "diff": outlooks.diff,
    "audit": looks.audit,
    "doctor": care.doctor,
    "check": looks.check,
    "explain": looks.explain,
    "render": looks.render,
    "convert": looks.convert,
    "import": changes.import_,
    "new": changes.new,
    "hosts": looks.hosts,
    "schema": looks.schema,
    "publish": registries.publish,
    "yank": registries.yank,
    "unyank": registries.yank,
    "registry init": registries.registry_init,
    "registry add": registries.registry_add,
    "registry list": registries.registry_list,
    "registry show": registries.registry_show,
    "registry remove": registries.registry_remove,
    "registry reset": registries.registry_reset,
    "registry verify": registries.registry_verify,
    "registry diff": registries.registry_diff,
    "registry site": care.registry_site,
    "cache info": registries.cache_info,
    "cache verify": registries.cache_verify,
    "cache clean": registries.cache_clean,
    "ci": care.ci,
    "completion": care.completion,
}
