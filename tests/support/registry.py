"""A registry for tests: a real git repository, filled in one line a bundle."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

# Nothing is tidied up behind a commit, and no hooks are laid in a new repository: both cost more than the rest.
OPTIONS = [
    word
    for setting in (
        "init.defaultBranch=main", "init.templateDir=", "commit.gpgsign=false", "gc.auto=0", "maintenance.auto=false",
    )
    for word in ("-c", setting)
]  # fmt: skip
BODY = "\n".join(f"Line {number} of the prompt." for number in range(1, 21))


def git(folder: Path, *arguments: str, date: str = "2026-01-01T00:00:00Z") -> str:
    """Run git in `folder` with a fixed identity and clock, and return what it prints."""
    identity = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Test"), ("EMAIL", "test@example.com"), ("DATE", date))
    }
    done = subprocess.run(
        ["git", *OPTIONS, *arguments],
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


@cache
def _new_repository() -> dict[str, bytes | None]:
    """Return what `git init` makes, each file with its bytes and each folder with None."""
    with TemporaryDirectory() as folder:
        git(Path(folder), "init", "-q", ".")
        return _all_of(Path(folder)) | {".git/hooks": None, ".git/info": None}


@cache
def _started_registry(subfolder: str) -> dict[str, bytes | None]:
    """Return what a registry without bundles is made of, its first commit included."""
    with TemporaryDirectory() as folder:
        registry = Registry(make_repository(Path(folder) / "registry"), subfolder)
        registry.folder.mkdir(parents=True, exist_ok=True)
        (registry.folder / "registry.toml").write_text('format = 1\nname = "test"\ndescription = "For tests."\n')
        registry.commit("start")
        return _all_of(registry.path)


def _all_of(folder: Path) -> dict[str, bytes | None]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def _lay(folder: Path, entries: dict[str, bytes | None]) -> None:
    for name, content in entries.items():
        if content is None:
            (folder / name).mkdir(exist_ok=True)
        else:
            (folder / name).write_bytes(content)


def make_repository(path: Path) -> Path:
    """Make a folder that is a git repository with nothing in it, as `git init` would, and return it."""
    path.mkdir(parents=True)
    _lay(path, _new_repository())
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
        self.path.mkdir(parents=True)
        _lay(self.path, _started_registry(self.subfolder))
        return self

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
