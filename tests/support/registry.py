"""A registry for tests: a real git repository, filled in one line a bundle."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

BODY = "\n".join(f"Line {number} of the prompt." for number in range(1, 21))


def git(folder: Path, *arguments: str, date: str = "2026-01-01T00:00:00Z") -> str:
    """Run git in `folder` with a fixed identity and clock, and return what it prints."""
    identity = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Test"), ("EMAIL", "test@example.com"), ("DATE", date))
    }
    done = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false", *arguments],
        cwd=folder,
        env={**os.environ, **identity},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def agent_text(name: str, *, body: str = BODY, **header: str) -> str:
    """Return a canonical agent file; header values are YAML as they stand."""
    keys = {"name": name, "description": f'"Use {name} when testing."', **header}
    return "---\n" + "".join(f"{key}: {value}\n" for key, value in keys.items()) + f"---\n\n{body}\n"


def write_bundle(
    folder: Path,
    name: str,
    version: str = "1.0.0",
    *,
    requires: dict[str, str] | None = None,
    files: dict[str, str] | None = None,
    toml: str = "",
    **header: str,
) -> Path:
    """Write a bundle into `folder`: one agent of the bundle's name unless `files` holds others. Return the folder."""
    lines = [
        f'[bundle]\nname = "{name}"\nversion = "{version}"\ndescription = "The {name} bundle."\n',
        "[requires]\n",
    ]
    lines += [f'{other} = "{specifier}"\n' for other, specifier in (requires or {}).items()]
    body = header.pop("body", BODY)
    agents = files or {f"agents/{name}.md": agent_text(name, body=body, **header)}
    for path, text in {"bundle.toml": "".join(lines) + toml, **agents}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def introduce(name: str = "Ada", email: str = "ada@example.com") -> None:
    """Tell git, in the configuration of the test's user, who publishes."""
    with (Path.home() / ".gitconfig").open("a") as file:
        file.write(f"[user]\n\tname = {name}\n\temail = {email}\n")


def make_bare(registry: Registry, path: Path) -> Path:
    """Return a bare repository at `path` that holds what `registry` holds, as a server would."""
    git(registry.path, "clone", "-q", "--bare", "--", str(registry.path), str(path))
    return path


@dataclass
class Registry:
    """A registry in a git repository at `path`."""

    path: Path
    subfolder: str = ""
    _started: bool = field(default=False, init=False)

    @property
    def url(self) -> str:
        return str(self.path)

    @property
    def folder(self) -> Path:
        return self.path / self.subfolder if self.subfolder else self.path

    def start(self) -> Registry:
        self.folder.mkdir(parents=True)
        git(self.path, "init", "-q", ".")
        (self.folder / "registry.toml").write_text('format = 1\nname = "test"\ndescription = "For tests."\n')
        return self.commit("start")

    def commit(self, message: str = "change") -> Registry:
        git(self.path, "add", "-A")
        git(self.path, "commit", "-q", "--allow-empty", "-m", message)
        return self

    def publish(
        self,
        name: str,
        version: str = "1.0.0",
        *,
        requires: dict[str, str] | None = None,
        files: dict[str, str] | None = None,
        toml: str = "",
        **header: str,
    ) -> Registry:
        """Put one version on the branch: one agent of the bundle's name unless `files` holds others."""
        folder = self.folder / "bundles" / name / version
        folder.mkdir(parents=True)
        write_bundle(folder, name, version, requires=requires, files=files, toml=toml, **header)
        return self.commit(f"{name} {version}")

    def yank(self, name: str, version: str, reason: str = "broken") -> Registry:
        (self.folder / "bundles" / name / "yanked.toml").write_text(f'"{version}" = "{reason}"\n')
        return self.commit(f"yank {name} {version}")

    def delete(self, path: str) -> Registry:
        target = self.folder / path
        shutil.rmtree(target) if target.is_dir() else target.unlink()
        return self.commit(f"delete {path}")
