"""Where the browser is, and what is tested with it: `python -m tests.browser.place` installs what comes from npm."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

AXE = "4.14.1"
FOLDER = Path(__file__).parents[2] / ".venv" / "browser"
AXE_FILE = FOLDER / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = Path(__file__).parents[2] / "docs" / "images"
_NAMES = ("chromium", "chromium-browser", "google-chrome")
# A browser that asks nobody for anything by itself.
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


def find_browser() -> str:
    """Return the path of the browser; fail where there is none."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    assert found, f"none of {', '.join(_NAMES)} is on PATH"
    return found


def read_axe() -> str:
    """Return the script that finds what keeps people from using a page."""
    assert AXE_FILE.is_file(), "axe-core is missing: make browser installs it"
    text = AXE_FILE.read_text(encoding="utf-8")
    assert re.match(rf"/\*! axe v{re.escape(AXE)}\b", text), "axe-core is another one: make browser installs it"
    return text


def main() -> None:
    """Install axe-core, unless it is there."""
    done = FOLDER / f"axe-{AXE}"
    if done.exists():
        return
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("make browser needs npm: install npm")
    FOLDER.mkdir(parents=True, exist_ok=True)
    options = ["--ignore-scripts", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", "."]
    subprocess.run([npm, "install", *options, f"axe-core@{AXE}"], cwd=FOLDER, check=True, stdout=sys.stderr)
    done.touch()


if __name__ == "__main__":
    main()
