"""Private registries on a real git server over https: who is let in, what goes wrong, and what is told of it."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentpkg.errors import NetworkError
from agentpkg.registries import Registries
from agentpkg.registry_tables import RegistrySource
from agentpkg.store import cache_folder, state_folder
from tests.support.cli import Cli
from tests.support.gitserver import Answer, HttpsServer, Trouble, cut, log_in, redirect, say, serve, status
from tests.support.registry import Registry, git
from tests.support.tree import contents

LOGIN = ("ada", "s3cret-of-ada")
ELSEWHERE = "https://git.acme.example"
NO_HOST = f"{'n' * 64}.invalid"  # a label too long for the name service, so that nothing is even asked of it


@pytest.fixture(autouse=True)
def nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """No terminal, no proxy and no credential helper but those that a test sets."""
    monkeypatch.setattr("sys.stdin", io.StringIO())
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("SSH_ASKPASS", raising=False)
    configure("")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpsServer]:
    """A server that serves nothing yet, and that everybody trusts."""
    with HttpsServer(tmp_path / "served") as running:
        monkeypatch.setenv("GIT_SSL_CAINFO", str(running.certificate))
        yield running


@pytest.fixture
def url(server: HttpsServer, registry: Registry) -> str:
    """The URL of a registry with one bundle, tool 1.0.0."""
    return server.serve(registry.publish("tool"))


def configure(text: str) -> None:
    """Write the user's git configuration, with no credential helper of the machine's left."""
    (Path.home() / ".gitconfig").write_text(f"[credential]\n\thelper =\n{text}")


def keep_login(server: HttpsServer, user: str, password: str) -> Path:
    """Set a credential helper up that holds this login for the server, as a user would, and return its file."""
    store = Path.home() / "store"
    store.write_text(f"https://{user}:{password}@{server.address}\n")
    configure(f'\thelper = store --file "{store}"\n')
    return store


def rewrite(server: HttpsServer, login: str) -> str:
    """Let the user's git configuration put a login into every URL, and return the URL as the project has it."""
    configure(f'[url "https://{login}@{server.address}/"]\n\tinsteadOf = {ELSEWHERE}/\n')
    return f"{ELSEWHERE}/tool.git"


def fetch(url: str, root: Path, *, branch: str | None = None, filtered: bool = False) -> Registries:
    registries = Registries({"default": RegistrySource(url=url, branch=branch, filtered=filtered)}, root)
    registries.get("default")
    return registries


def failure(url: str, root: Path, *, branch: str | None = None) -> NetworkError:
    """Fetch what cannot be fetched, and return what is told of it, without the frames: those hold running processes."""
    try:
        fetch(url, root, branch=branch)
    except NetworkError as error:
        failed, cause = error.with_traceback(None), error.__context__
        if cause:
            cause.with_traceback(None)
    else:
        pytest.fail(f"{url} was fetched")
    assert failed.exit_code == 8
    assert failed.hint
    return failed


def told(error: NetworkError) -> str:
    return "\n".join([error.message, *error.details, error.hint or ""])


@pytest.mark.parametrize("filtered", [False, True])
def test_a_registry_over_https(
    server: HttpsServer, url: str, registry: Registry, tmp_path: Path, *, filtered: bool
) -> None:
    assert fetch(url, tmp_path, filtered=filtered).load("tool", "1.0.0").name == "tool"
    server.serve(registry.publish("tool", "1.1.0"))
    assert fetch(url, tmp_path, filtered=filtered).get("default").versions("tool") == ("1.1.0", "1.0.0")


def test_the_server_takes_pushes_and_ends_with_the_test(registry: Registry, tmp_path: Path) -> None:
    """What the other tests stand on."""
    before = threading.active_count()
    with HttpsServer(tmp_path / "served") as server:
        url = server.serve(registry)
        registry.publish("tool")
        git(registry.path, "-c", f"http.sslCAInfo={server.certificate}", "push", "-q", url, "main")
        assert git(tmp_path / "served/tool.git", "rev-parse", "main") == git(registry.path, "rev-parse", "main")
        assert "POST /tool.git/git-receive-pack HTTP/1.1" in server.asked
    assert threading.active_count() == before


def test_a_server_without_openssl_is_no_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="openssl, which is not on the PATH"), HttpsServer(tmp_path / "served"):
        pass


def test_a_credential_helper_opens_a_private_registry(server: HttpsServer, url: str, tmp_path: Path) -> None:
    server.login = LOGIN
    keep_login(server, *LOGIN)
    assert fetch(url, tmp_path).load("tool", "1.0.0").name == "tool"


def test_without_credentials_nobody_is_asked(server: HttpsServer, url: str, project: Path) -> None:
    """In a process of its own, without a terminal: it ends by itself."""
    server.login = LOGIN
    (project / "agentpkg.toml").write_text(f'[project]\nhosts = ["claude"]\n[registries.default]\nurl = "{url}"\n')
    before = contents(project)
    done = subprocess.run(
        [sys.executable, "-m", "agentpkg", "install", "tool"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 8, done.stderr
    assert f"could not fetch {url}" in done.stderr
    assert "credential helper" in done.stderr
    assert contents(project) == before


def test_a_wrong_password_is_told(server: HttpsServer, url: str, tmp_path: Path) -> None:
    server.login = LOGIN
    keep_login(server, "ada", "wrong-one")
    error = failure(url, tmp_path)
    assert re.search("credential|password", error.hint or "")
    assert "wrong-one" not in told(error)


CUT = "again"
FAILURES: dict[str, tuple[Trouble, str, str]] = {  # what is wrong: how, a word of the details, a word of the hint
    "no repository": (status(404), "not found", "no such repository"),
    "no permission": (status(403), "403", "permission|access"),
    "its own trouble": (status(500), "500", "later|again"),
    "busy": (status(503), "503", "later|again"),
    "another transport": (redirect("http://127.0.0.1:1"), "http", "redirect|url"),
    "a file": (redirect("file:///"), "file", "redirect|url"),
    "log in": (log_in, "redirect", "redirect|url|log in"),
    "no git server": (status(200, "<html>Welcome</html>", "text/html"), "remote ref", "repository|branch"),
    "cut at once": (cut(0), "RPC failed", CUT),
    "cut in the header": (cut(5), "RPC failed", CUT),
    "cut in the pack": (cut(100), "RPC failed", CUT),
}


@pytest.mark.parametrize("case", FAILURES)
def test_every_failure_says_what_to_do_next(server: HttpsServer, url: str, tmp_path: Path, case: str) -> None:
    server.trouble, detail, hint = FAILURES[case]
    error = failure(url, tmp_path)
    assert error.message == f"could not fetch {url}"
    assert detail in "\n".join(error.details)
    assert re.search(hint, error.hint or ""), error.hint


def test_a_repository_that_is_not_there_is_told(server: HttpsServer, tmp_path: Path) -> None:
    assert "no such repository" in (failure(f"{server.url}/other.git", tmp_path).hint or "")


@pytest.mark.parametrize("name", ["proxy-403-certificate-ssl", "TLS-shallow-early-EOF"])
def test_the_name_of_a_repository_does_not_choose_the_hint(server: HttpsServer, tmp_path: Path, name: str) -> None:
    assert "no such repository" in (failure(f"{server.url}/{name}.git", tmp_path).hint or "")


def test_a_branch_that_is_not_there_is_told(url: str, tmp_path: Path) -> None:
    assert "branch" in (failure(url, tmp_path, branch="nope").hint or "")


def test_an_empty_repository_is_told(server: HttpsServer, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", str(server.root / "empty.git"))
    assert re.search("empty|branch", failure(f"{server.url}/empty.git", tmp_path).hint or "")


def test_a_certificate_that_nobody_trusts_is_told(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GIT_SSL_CAINFO")
    assert "certificate" in (failure(url, tmp_path).hint or "")


def test_a_certificate_for_another_name_is_told(url: str, tmp_path: Path) -> None:
    assert "certificate" in (failure(url.replace("127.0.0.1", "localhost"), tmp_path).hint or "")


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:1", f"http://{NO_HOST}:3128"])
def test_a_proxy_that_refuses_is_told(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    assert "proxy" in (failure(url, tmp_path).hint or "")


def test_a_proxy_that_lets_nobody_through_is_told(
    server: HttpsServer, url: str, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its 403 is not the server's."""
    with HttpsServer(tmp_path / "proxy", plain=True) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        error = failure(url, tmp_path)
    assert proxy.asked == [f"CONNECT {server.address} HTTP/1.1"]
    assert "proxy" in (error.hint or "")
    assert "403" in "\n".join(error.details)


def test_a_host_that_does_not_exist_is_told(tmp_path: Path) -> None:
    assert "no such host" in (failure(f"https://{NO_HOST}/tool.git", tmp_path).hint or "")


def test_a_port_that_nobody_listens_at_is_told(tmp_path: Path) -> None:
    assert re.search("again|url|network", failure("https://127.0.0.1:1/tool.git", tmp_path).hint or "")


def test_a_redirect_on_the_same_server_is_followed(server: HttpsServer, url: str, tmp_path: Path) -> None:
    """As after a repository has been renamed."""

    def renamed(path: str, answer: Answer) -> Answer:
        return redirect("/tool.git")(path.removeprefix("/old.git"), answer) if path.startswith("/old.git") else answer

    server.trouble = renamed
    assert fetch(f"{server.url}/old.git", tmp_path).load("tool", "1.0.0").name == "tool"


@pytest.mark.parametrize("after", [5, 300])
def test_a_pack_that_is_cut_leaves_the_mirror_as_it_was(
    server: HttpsServer, url: str, registry: Registry, tmp_path: Path, after: int
) -> None:
    before = fetch(url, tmp_path).get("default").commit
    server.serve(registry.publish("tool", "1.1.0"))
    server.trouble = cut(after)
    failure(url, tmp_path)
    offline = Registries({"default": RegistrySource(url=url)}, tmp_path, offline=True)
    assert offline.get("default").commit == before
    assert offline.load("tool", "1.0.0").name == "tool"
    server.trouble = None
    assert fetch(url, tmp_path).get("default").versions("tool") == ("1.1.0", "1.0.0")


def test_a_pack_that_stalls_is_given_up(server: HttpsServer, url: str, tmp_path: Path) -> None:
    """After a time that the user's configuration sets, here the shortest that git knows."""
    configure("[http]\n\tlowSpeedLimit = 1\n\tlowSpeedTime = 1\n")
    server.trouble = cut(100, stalls=True)
    assert re.search(CUT, failure(url, tmp_path).hint or "")


TOKENS = {  # what the user's configuration puts into the URL, the secret being in capitals
    "password": "ada:CANARY-0123",
    "user": "CANARY-0123",
    "quote": "ada:CANARY'CANARY-0123",
    "at": "ada:CANARY@CANARY-0123",
    "slash": "ada:CANARY/CANARY-0123",
    "escaped": "ada:CANARY%2FCANARY-0123",
}
TROUBLES: dict[str, Trouble | None] = {
    "nobody is let in": None,
    "no permission": status(403, "no"),
    "log in": log_in,
    "another transport": redirect("http://127.0.0.1:1"),
    "a remark": say("no", 3),
}


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_in_the_users_configuration_is_never_told(
    server: HttpsServer, url: str, tmp_path: Path, token: str
) -> None:
    acme = rewrite(server, TOKENS[token])
    for name, server.trouble in TROUBLES.items():
        server.login = None if server.trouble else LOGIN
        error = failure(acme, tmp_path)
        assert "CANARY" not in told(error), name


def test_git_itself_would_tell_the_token(server: HttpsServer, url: str) -> None:
    """So the test before this one can fail."""
    server.trouble = log_in
    words = ["git", "ls-remote", rewrite(server, TOKENS["quote"])]
    assert "CANARY" in subprocess.run(words, capture_output=True, text=True, check=False).stderr


def test_a_token_in_the_users_configuration_lets_in_and_is_kept_nowhere(
    server: HttpsServer, url: str, cli: Cli, project: Path
) -> None:
    server.login = ("ada", "CANARY-0123")
    acme = rewrite(server, "ada:CANARY-0123")
    (project / "agentpkg.toml").write_text(f'[project]\nhosts = ["claude"]\n[registries.default]\nurl = "{acme}"\n')
    result = cli("install", "tool")
    assert "CANARY" not in result.out + result.err
    server.trouble = status(404, "no")
    result = cli("update", code=8)
    assert "CANARY" not in result.out + result.err
    kept = [path for root in (project, cache_folder(), state_folder()) for path in root.rglob("*") if path.is_file()]
    assert any(path.name == "agentpkg.lock" for path in kept)
    assert not [path for path in kept if b"CANARY" in path.read_bytes()]


EVIL = "\x1b[31mEVIL\x1b[0m\r\n\x1b]0;title\x07\x9b2J\u202e"


@pytest.mark.parametrize(
    "trouble",
    [status(403, EVIL), say(EVIL, 0), say(EVIL, 2), say(EVIL, 3)],
    ids=["page", "refusal", "remark", "fatal"],
)
def test_control_characters_of_a_server_reach_no_terminal(
    server: HttpsServer, url: str, cli: Cli, project: Path, trouble: Trouble
) -> None:
    server.trouble = trouble
    (project / "agentpkg.toml").write_text(f'[project]\nhosts = ["claude"]\n[registries.default]\nurl = "{url}"\n')
    result = cli("install", "tool", code=8)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", result.out + result.err), ascii(result.err)
    assert "EVIL" in result.err


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give a repository away")
def test_a_folder_of_somebody_else_is_told(registry: Registry, tmp_path: Path) -> None:
    serve(registry.publish("tool"), tmp_path / "theirs.git")
    for path in (tmp_path / "theirs.git", *(tmp_path / "theirs.git").rglob("*")):
        shutil.chown(path, 65534)
    assert "safe.directory" in (failure(str(tmp_path / "theirs.git"), tmp_path).hint or "")


@pytest.mark.parametrize("kind", ["absent", "plain", "file"])
def test_a_path_without_a_repository_is_told(tmp_path: Path, kind: str) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "file").write_text("x\n")
    assert "no such repository" in (failure(str(tmp_path / kind), tmp_path).hint or "")
