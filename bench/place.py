"""Puts the tools where `make bench` looks for them, each into a place of its own below `.venv/bench`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.tools import AGENTPKG, PLACE, RIVALS, Tool

ROOT = Path(__file__).parent.parent
PICTURES = PLACE / "pictures"
_SECONDS = 900


def place_tools() -> None:
    """Install what is not there yet, and agentpkg as its wheel in any case, since its code may be another."""
    _place_ours()
    for tool in RIVALS:
        _place_once(tool.name, f"{tool.source} {tool.version}", _commands(tool))


def place_pictures() -> None:
    """Install what draws the pictures."""
    asked = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("\nbench = ")[2].partition("]")[0]
    commands = [_venv(PICTURES), [*_pip(PICTURES), "--group", f"{ROOT / 'pyproject.toml'}:bench"]]
    _place_once(PICTURES.name, asked, commands)


def _place_ours() -> None:
    place, wheels = PLACE / AGENTPKG.name, PLACE / "wheel"
    shutil.rmtree(wheels, ignore_errors=True)
    _run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(wheels), str(ROOT)], ROOT)
    wheel = str(next(wheels.glob("*.whl")))
    asked = sys.version + (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    _place_once(place.name, asked, [_venv(place), [*_pip(place), f"{wheel}[site]"]])
    _run([*_pip(place), "--no-deps", "--force-reinstall", wheel], ROOT)


def _commands(tool: Tool) -> list[list[str]]:
    place = PLACE / tool.name
    kind, _, name = tool.source.partition(":")
    if kind == "pypi":
        return [_venv(place), [*_pip(place), "--only-binary", ":all:", f"{tool.title}=={tool.version}"]]
    npm = shutil.which("npm")
    if npm is None:
        sys.exit(f"{tool.title} comes by npm, and there is no npm on PATH: install Node.js")
    options = ["--ignore-scripts", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", "."]
    return [[npm, "install", *options, f"{name}@{tool.version}"]]


def _place_once(name: str, asked: str, commands: Sequence[list[str]]) -> None:
    """Run the commands in a new folder, unless that was done with the same wish before."""
    place, done = PLACE / name, PLACE / name / ".installed"
    if done.is_file() and done.read_text(encoding="utf-8") == asked:
        return
    print(f"installing {name}", flush=True)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for command in commands:
        _run(command, place)
    done.write_text(asked, encoding="utf-8")


def _venv(place: Path) -> list[str]:
    return [sys.executable, "-m", "venv", str(place)]


def _pip(place: Path) -> list[str]:
    return [sys.executable, "-m", "pip", "--python", str(place / "bin" / "python"), "install", "--quiet"]


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=_SECONDS)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{(done.stderr or done.stdout).strip()[-2000:]}")
