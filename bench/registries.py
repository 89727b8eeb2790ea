"""Registries to measure with, made by `git fast-import`, so that large ones with a long history take seconds."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.texts import WORDS, Agent, names_of

VERSIONS = ("1.0.0", "1.1.0", "1.1.1", "1.2.0", "2.0.0", "2.0.1", "2.1.0", "2.2.0", "2.2.1", "2.3.0")
LEAD, FOLLOWERS = "data-platform-lead", ("data-platform-writer", "data-platform-tester", "data-platform-reader")
ABOUT = {"registry.toml": b'format = 1\nname = "bench"\ndescription = "Generated."\n'}


def family_names(bundles: int) -> list[str]:
    """Return the names of so many bundles: a lead that requires three followers, and others."""
    return [*FOLLOWERS, LEAD, *names_of(bundles)][:bundles]


def family_files(names: Sequence[str], place: int, version: str) -> dict[str, bytes]:
    """Return the files of one version: a `bundle.toml`, every third with requirements, and an agent of some 2 KB."""
    name = names[place]
    required = (
        FOLLOWERS if name == LEAD else {names[place // 2], names[place // 3]} if place > 8 and not place % 3 else ()
    )
    requires = "".join(f'{other} = ">=1.{min(int(version[0]), 2)}"\n' for other in sorted(required))
    dice = random.Random(place)
    lines = [" ".join(dice.choices(WORDS, k=12)).capitalize() + "." for _ in range(28)]
    lines[VERSIONS.index(version) if version in VERSIONS else 20] = f"This is version {version}."
    return {
        "bundle.toml": (
            f'[bundle]\nname = "{name}"\nversion = "{version}"\ndescription = "The {name.replace("-", " ")}."\n'
            f'license = "MIT"\nkeywords = ["{name.split("-")[1]}", "bench"]\n\n[requires]\n{requires}'
        ).encode(),
        f"agents/{name}.md": (
            f'---\nname: {name}\ndescription: "Use as {name.replace("-", " ")}."\ntools: [read, edit, grep]\n---\n\n'
            f"# {name}\n\n" + "\n".join(lines) + "\n"
        ).encode(),
    }


def make_family(repository: Path, bundles: int, per_commit: int) -> list[str]:
    """Make a registry of so many bundles of ten versions, all first ones, then all second ones; return the names."""
    names = family_names(bundles)
    work = [(place, version) for version in VERSIONS for place in range(len(names))]
    commits = (
        {
            f"bundles/{names[place]}/{version}/{path}": data
            for place, version in work[start : start + per_commit]
            for path, data in family_files(names, place, version).items()
        }
        for start in range(0, len(work), per_commit)
    )
    make_repository(repository, commits)
    return names


def push_family(repository: Path, names: Sequence[str], number: int) -> None:
    """Add one version of one bundle, as a push would."""
    version, place = f"3.{number}.0", len(names) - 1 - number % min(50, len(names))
    files = family_files(names, place, version)
    push(repository, {f"bundles/{names[place]}/{version}/{path}": data for path, data in files.items()}, number)


def agent_files(agent: Agent, version: str) -> dict[str, bytes]:
    """Return the files of a bundle that holds one agent and has its name."""
    root = f"bundles/{agent.name}/{version}"
    about = f'[bundle]\nname = "{agent.name}"\nversion = "{version}"\ndescription = "{agent.description}"\n'
    tools = ", ".join(agent.tools)
    text = f'---\nname: {agent.name}\ndescription: "{agent.description}"\ntools: [{tools}]\n---\n\n{agent.body}'
    return {f"{root}/bundle.toml": about.encode(), f"{root}/agents/{agent.name}.md": text.encode()}


def make_repository(repository: Path, commits: Iterator[Mapping[str, bytes]]) -> None:
    """Make a bare repository of these commits, packed as a server would."""
    git(repository.parent, "init", "-q", "--bare", "--initial-branch=main", str(repository))
    for setting in ("allowFilter", "allowAnySHA1InWant"):
        git(repository, "config", f"uploadpack.{setting}", "true")
    importing = subprocess.Popen(["git", "fast-import", "--quiet"], cwd=repository, stdin=subprocess.PIPE)
    assert importing.stdin
    importing.stdin.writelines(_commit(0, ABOUT))
    for number, files in enumerate(commits, 1):
        importing.stdin.writelines(_commit(number, files))
    importing.stdin.close()
    if importing.wait():
        raise SystemExit("git fast-import failed")
    git(repository, "-c", "pack.threads=2", "repack", "-adq")


def push(repository: Path, files: Mapping[str, bytes], number: int) -> None:
    """Add one commit."""
    stream = b"".join(_commit(100_000_000 + number, files, b"from refs/heads/main^0\n"))
    subprocess.run(["git", "fast-import", "--quiet"], cwd=repository, input=stream, check=True)


def git(folder: Path, *arguments: str) -> None:
    """Run git."""
    subprocess.run(["git", *arguments], cwd=folder, check=True)


def _commit(number: int, files: Mapping[str, bytes], start: bytes = b"") -> Iterator[bytes]:
    """Yield what `git fast-import` takes for one commit on top of the branch; `start` says where the first one goes."""
    who = b"Bench <bench@example.com> %d +0000" % (1_700_000_000 + number)
    message = b"Publish %d" % number
    yield b"commit refs/heads/main\ncommitter %s\ndata %d\n%s\n" % (who, len(message), message)
    yield start
    for path, data in files.items():
        yield b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data)
