"""Every test runs in a world of its own: home, cache and git settings redirected, the network refused."""

from __future__ import annotations

import gc
import os
import socket
from collections import Counter
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from agentpkg import publishing, settled
from agentpkg.mirror import Mirror
from tests.support.cli import Cli
from tests.support.examples import examples
from tests.support.registry import Registry, make_repository
from tests.support.schemas import check_draft

# The same examples on every run, however long the machine takes for one.
settings.register_profile("suite", examples(60, deadline=None, derandomize=True, database=None))
settings.load_profile("suite")

WORLDS = count()


def pytest_collection_finish() -> None:
    """Look for garbage less often, and never among thousands of collected tests, which all stay to the end."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)


@pytest.fixture(autouse=True)
def own_world(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    world = tmp_path_factory.getbasetemp() / "worlds" / str(next(WORLDS))  # mktemp looks through all there are
    home, cache = world / "home", world / "cache"
    home.mkdir(parents=True)
    cache.mkdir()
    for name in list(os.environ):
        if name.startswith(("GIT_", "AGENTPKG_", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("AGENTPKG_CACHE_DIR", str(cache))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setattr(settled, "_GRAIN", 10**18)  # a sync that finds nothing to do notes nothing, however slow it is
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1"):
            raise AssertionError(f"a test reached for the network: {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture(autouse=True)
def published_as_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold every file that goes into a registry against its schema."""
    build = publishing.build_commit

    def build_checked(mirror: Mirror, parent: str | None, draft: publishing.Draft, sign: bool | None) -> str:
        check_draft(draft.files)
        return build(mirror, parent, draft, sign)

    monkeypatch.setattr(publishing, "build_commit", build_checked)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """An empty registry in a git repository."""
    return Registry(tmp_path / "registry").start()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty git repository, in which no host can be recognised."""
    return make_repository(tmp_path / "project")


@pytest.fixture
def cli(project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line, run in `project`."""
    return Cli(project, capsys, monkeypatch)


@pytest.fixture
def manifest(project: Path, registry: Registry) -> Path:
    """A manifest in `project` whose default registry is `registry`, for Claude Code alone."""
    path = project / "agentpkg.toml"
    path.write_text(f'[project]\nhosts = ["claude"]\n\n[registries.default]\nurl = "{registry.url}"\n\n[bundles]\n')
    return path


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Callable[[str, int], None]:
    """Count cases of a kind that one test tried; the sums stand at the end of the run, however it was divided."""
    return lambda kind, number: record_property("tally", [kind, number])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    sums: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "tally" and report.when == "call" and isinstance(value, (list, tuple)):
                sums[str(value[0])] += int(value[1])
    for kind, number in sorted(sums.items()):
        terminalreporter.write_line(f"{number} {kind}")
