"""`registry.toml`, what a registry says about itself, and `yanked.toml`, which versions of a bundle are taken back."""

from __future__ import annotations

from agentpkg.errors import ContentRefused
from agentpkg.fields import parse_toml
from agentpkg.text import check_line, decode
from agentpkg.values import dataclass

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryFile:
    """What a `registry.toml` says about a registry."""

    name: str
    description: str


def parse_registry_file(data: bytes, where: str) -> RegistryFile:
    """Return what a `registry.toml` says, or raise `ContentRefused` for one that this agentpkg cannot read."""
    fields = parse_toml(decode(data, where), where)
    if fields.number("format") > FORMAT:
        raise ContentRefused(
            f"{where} has format {fields.number('format')}; this agentpkg reads formats up to {FORMAT}",
            hint="upgrade agentpkg",
        )
    name, description = fields.text_or_none("name") or "", fields.text_or_none("description") or ""
    for text in (name, description):
        check_line(text, where)
    return RegistryFile(name=name, description=description)


def parse_yanked(data: bytes, where: str) -> dict[str, str]:
    """Return the reasons of yanked versions that a `yanked.toml` holds, or raise `ContentRefused`."""
    reasons = parse_toml(decode(data, where), where).text_table()
    for reason in reasons.values():
        check_line(reason, where)
    return reasons
