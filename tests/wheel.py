"""What only an installed wheel shows: `python -m tests.wheel BIN DIST`, which `make wheel` does.

Without its extra the catalogue page says what to install. With it, the wheel makes the same site as this tree: it has
all templates, styles and scripts.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.registry import git
from tests.support.tree import contents

REGISTRY = Path(__file__).parents[1] / "registry"


def main(binaries: Path, dist: Path) -> None:
    """Make the same site twice, by the wheel and by this tree."""
    (wheel,) = dist.glob("*.whl")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(REGISTRY, folder / "registry")
        git(folder / "registry", "init", "-q", ".")
        git(folder / "registry", "add", "-A")
        git(folder / "registry", "commit", "-q", "-m", "all")

        def make(command: Path, out: str) -> subprocess.CompletedProcess[str]:
            words = [str(command.absolute()), "registry", "site", str(folder / "registry"), "--out", out]
            return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)

        bare = make(binaries / "agentpkg", "bare")
        assert (bare.returncode, "agentpkg-cli[site]" in bare.stderr) == (2, True), bare.stderr
        subprocess.run([binaries / "pip", "install", "--quiet", f"{wheel}[site]"], check=True)
        for command, out in ((binaries / "agentpkg", "wheel"), (Path(sys.executable).with_name("agentpkg"), "tree")):
            made = make(command, out)
            assert made.returncode == 0, made.stderr
        assert contents(folder / "wheel") == contents(folder / "tree")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
