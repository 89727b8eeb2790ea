"""The pinned clients: which version of each the suite runs, and where it is installed."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
INSTALLED = ROOT / ".venv" / "clients"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One client of `clients.toml`: the host that it is, its title, the package it comes in, and the version."""

    host: str
    title: str
    source: str
    package: str
    version: str
    always: bool
    also: tuple[str, ...] = ()
    python: str | None = None

    @property
    def folder(self) -> Path:
        """Where this version is installed; another version gets another folder."""
        return INSTALLED / f"{self.host}-{self.version}"

    @property
    def done(self) -> Path:
        """The file that stands there once the installation is whole; it holds what was asked for."""
        return self.folder / ".installed"

    @property
    def asked(self) -> str:
        """What is installed, in words: another text is another installation."""
        return " ".join([f"{self.package} {self.version}", *self.also])

    @property
    def installed(self) -> bool:
        """Whether the installation is whole and of what is pinned now."""
        return self.done.exists() and self.done.read_text(encoding="utf-8") == self.asked


def read_pins() -> dict[str, Pin]:
    """Return every pin by its host, in the order of the file."""
    tables = tomllib.loads((HERE / "clients.toml").read_text(encoding="utf-8"))
    return {
        host: Pin(
            host=host,
            title=table["title"],
            source=table["from"],
            package=table["package"],
            version=table["version"],
            always=table.get("always", False),
            also=tuple(table.get("also", ())),
            python=table.get("python"),
        )
        for host, table in tables.items()
    }


def chosen() -> tuple[Pin, ...]:
    """Return the clients of this run: what make was told by ALL and WITHOUT comes in the environment.

    Raises `SystemExit` for a name left out that is no client: it would be a typing error that hides nothing.
    """
    pins = read_pins()
    without = os.environ.get("CONFORMANCE_WITHOUT", "").split()
    unknown = sorted(set(without) - pins.keys())
    if unknown:
        raise SystemExit(f"WITHOUT names no client of clients.toml: {', '.join(unknown)}")
    every = bool(os.environ.get("CONFORMANCE_ALL"))
    return tuple(pin for pin in pins.values() if (every or pin.always) and pin.host not in without)


def left_out() -> tuple[str, ...]:
    """Return the names that make was told to leave out."""
    return tuple(sorted(os.environ.get("CONFORMANCE_WITHOUT", "").split()))
