"""The whole life of a registry on a real https server, from its first commit to a yanked version."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.gitserver import HttpsServer
from tests.support.registry import git, introduce, write_bundle


@pytest.mark.servers
def test_from_nothing_to_a_yanked_version(
    cli: Cli, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    introduce()
    (tmp_path / "served").mkdir()
    git(tmp_path / "served", "init", "-q", "--bare", "acme.git")
    git(tmp_path / "served/acme.git", "config", "http.receivepack", "true")
    with HttpsServer(tmp_path / "served") as server:
        monkeypatch.setenv("GIT_SSL_CAINFO", str(server.certificate))
        url = f"{server.url}/acme.git"
        cli("registry", "init", url, "--name", "acme")
        cli("init", "--host", "claude")
        cli("registry", "add", "acme", url)
        for name, requires in (("base", {}), ("middle", {"base": "~=1.0"}), ("lead", {"middle": "", "base": ""})):
            folder = write_bundle(tmp_path / name, name, requires=requires)
            cli("publish", str(folder), "--registry", "acme")
        cli("install", "acme/lead")
        assert (project / ".claude/agents/base.md").exists()
        (tmp_path / "base/README.md").write_text("More.\n")
        assert "published base 1.0.1" in cli("publish", str(tmp_path / "base"), "--registry", "acme", "--bump=auto").out
        assert "1.0.0 (1.0.1 is newer)" in cli("info", "acme/base").out
        assert "acme/base 1.0.0 -> 1.0.1" in cli("update").out
        cli("yank", "base", "1.0.1", "--registry", "acme", "--reason", "broken")
        assert "1.0.1 (yanked: broken)" in cli("info", "acme/base").out
        assert "read 4 versions of 3 bundles" in cli("registry", "verify", url).out
