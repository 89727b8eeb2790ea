"""`bundle.toml`, as a schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg import bundle as bundles
from agentpkg.requirement import VERSION
from agentpkg.schemas import names
from agentpkg.schemas.words import (
    NOT_BLANK,
    ONE_LINE,
    ONE_LINE_NOT_BLANK,
    table,
    tables,
    text,
    texts,
    whole,
)

if TYPE_CHECKING:
    from agentpkg.schemas.words import Schema

_VARIABLE: Schema = {"type": "string", "pattern": whole(bundles.VARIABLE)}
_PLAIN: Schema = {"pattern": ONE_LINE, "not": {"pattern": bundles.REFERENCE.pattern}}


def bundle() -> Schema:
    """Return the schema of a `bundle.toml`."""
    return table(
        "bundle.toml: what a bundle says about itself.",
        bundles.KEYS,
        {
            "bundle": table(
                "The bundle itself.",
                bundles.ABOUT_KEYS,
                {
                    "name": names.name("The bundle's name."),
                    "version": text(
                        "Three numbers and an optional pre-release: 1.2.0, 2.0.0rc1.", pattern=whole(VERSION)
                    ),
                    "description": text("What the bundle is for, on one line.", pattern=ONE_LINE_NOT_BLANK),
                    "license": text("The licence, as SPDX spells it.", pattern=ONE_LINE),
                    "authors": texts("Who wrote it.", text(pattern=ONE_LINE)),
                    "keywords": texts("Words that it is found by.", text(pattern=ONE_LINE)),
                },
                needs=("name", "version", "description"),
            ),
            "requires": tables(
                "Other bundles of the same registry that come along, by name, each with a specifier.",
                names.name(),
                names.specifier("Which versions, as ~=1.2; any where it is empty."),
            ),
            "mcp": tables(
                "The MCP servers that the agents' tools name.",
                {"pattern": whole(bundles.SERVER_NAME)},
                _server(),
            ),
        },
        needs=("bundle",),
    )


def _server() -> Schema:
    schema = table(
        "An MCP server: a command that a host starts, or the url of one that runs elsewhere.",
        bundles.SERVER_KEYS,
        {
            "command": text(
                "What a host starts.",
                allOf=[{"pattern": NOT_BLANK}, {"pattern": whole(bundles.SERVER_COMMAND)}, _PLAIN],
            ),
            "args": texts("What the command is given.", text(**_PLAIN)),
            "env": texts("The environment variables that it needs, by name; never a value.", _VARIABLE),
            "url": text(
                "Where the server runs: https:// or http://.", allOf=[{"pattern": whole(bundles.SERVER_URL)}, _PLAIN]
            ),
            "headers": tables(
                "The headers that it is asked with, each with the name of an environment variable.", _PLAIN, _VARIABLE
            ),
        },
    )
    return {**schema, "oneOf": [{"required": ["command"]}, {"required": ["url"]}]}
