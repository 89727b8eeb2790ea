"""Installs the pinned clients: `python -m tests.conformance.install`, which `make conformance` does.

Each goes into a folder of its own below `.venv/clients`, through the package registry that npm or pip is set up for,
and without running install scripts, but those of Python packages that come as source only. A client that is there is
left as it is. One that cannot be installed is told of, and is missing later: its tests fail.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conformance.pins import Pin, chosen


def install(pin: Pin) -> str | None:
    """Install one client; return why that failed, None if it is there."""
    if pin.installed:
        return None
    shutil.rmtree(pin.folder, ignore_errors=True)
    pin.folder.mkdir(parents=True)
    try:
        commands = _npm(pin) if pin.source == "npm" else _pypi(pin)
        for command in commands:
            subprocess.run(command, cwd=pin.folder, check=True, capture_output=True, text=True, timeout=900)
    except LookupError as error:
        return str(error)
    except subprocess.CalledProcessError as error:
        return f"{error.cmd[0]}: {(error.stderr or error.stdout).strip()[-600:]}"
    except subprocess.TimeoutExpired as error:
        return f"{error.cmd[0]}: nothing after {error.timeout:.0f} seconds"
    pin.done.write_text(pin.asked, encoding="utf-8")
    return None


def _npm(pin: Pin) -> list[list[str]]:
    npm = shutil.which("npm")
    if npm is None:
        raise LookupError("there is no npm on PATH")
    options = ["--ignore-scripts", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", "."]
    return [[npm, "install", *options, f"{pin.package}@{pin.version}", *pin.also]]


def _pypi(pin: Pin) -> list[list[str]]:
    python = _find_python(pin.python or "3.11")
    pip = str(pin.folder / "venv" / "bin" / "pip")
    return [
        [python, "-m", "venv", str(pin.folder / "venv")],
        [pip, "install", "--quiet", "--only-binary", ":all:", f"{pin.package}=={pin.version}", *pin.also],
    ]


def _find_python(oldest: str) -> str:
    """Return a Python of at least that version: this one, or the first found on PATH or among pyenv's."""
    wanted = _numbers(oldest)
    if sys.version_info[:2] >= wanted:
        return sys.executable
    found = [shutil.which(f"python3.{minor}") for minor in range(20, 10, -1)]
    pyenv = sorted(Path("~/.pyenv/versions").expanduser().glob("3.*/bin/python"), key=_version_of, reverse=True)
    for python in [*filter(None, found), *map(str, pyenv)]:
        asked = [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        answer = subprocess.run(asked, capture_output=True, text=True, check=False)
        if answer.returncode == 0 and _numbers(answer.stdout) >= wanted:
            return python
    raise LookupError(f"it needs Python {oldest} or newer, and there is none on PATH or in ~/.pyenv")


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(one) for one in re.findall(r"\d+", text)[:2])


def _version_of(python: Path) -> tuple[int, ...]:
    return tuple(int(one) for one in re.findall(r"\d+", python.parent.parent.name))


def main() -> None:
    """Install every client of this run, and say what happens."""
    for pin in chosen():
        if not pin.installed:
            print(f"{pin.title} {pin.version}: installing", flush=True)
        problem = install(pin)
        if problem:
            print(f"{pin.title} {pin.version}: could not be installed: {problem}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
