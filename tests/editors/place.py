"""Where the services behind editors are: `python -m tests.editors.place` puts them there, which `make editors` does."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent.parent.parent / ".venv" / "editors"
TAPLO = FOLDER / "node_modules" / ".bin" / "taplo"
SERVICES = ("@taplo/cli@0.7.0", "vscode-json-languageservice@5.7.2", "yaml-language-server@2.0.0")


def install() -> None:
    """Install the services below `.venv`, without running scripts of theirs; leave them if they are there."""
    done, asked = FOLDER / ".installed", "\n".join(SERVICES)
    if done.is_file() and done.read_text(encoding="utf-8") == asked:
        return
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("make editors needs npm: install Node.js")
    FOLDER.mkdir(parents=True, exist_ok=True)
    options = ["--ignore-scripts", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", "."]
    subprocess.run([npm, "install", *options, *SERVICES], cwd=FOLDER, check=True)
    done.write_text(asked, encoding="utf-8")


if __name__ == "__main__":
    install()
