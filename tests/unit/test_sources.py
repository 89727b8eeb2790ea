"""Which registry URLs reach git."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentpkg.errors import UsageError
from agentpkg.sources import git_url, registry_name

ROOT = Path("/work-tree")


@pytest.mark.parametrize(
    "url",
    [
        "https://git.acme.example/agents.git",
        "https://git.acme.example:8443/team/agents",
        "https://192.0.2.1/agents",
        "ssh://git.acme.example/agents.git",
        "ssh://git@git.acme.example:2222/agents.git",
        "ssh://deploy-bot@git.acme.example/~team/agents.git",
        "git@git.acme.example:team/agents.git",
        "git.acme.example:agents.git",
        "file:///srv/agents.git",
    ],
)
def test_a_plain_url_is_given_to_git_as_it_stands(url: str) -> None:
    assert git_url(url, ROOT) == url


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("agents", "file:///work-tree/agents"),
        ("./agents", "file:///work-tree/agents"),
        ("../agents", "file:///agents"),
        ("/srv/agents.git", "file:///srv/agents.git"),
        ("my agents", "file:///work-tree/my%20agents"),
    ],
)
def test_a_path_becomes_a_url_below_the_project(text: str, url: str) -> None:
    assert git_url(text, ROOT) == url


def test_a_path_in_the_home_folder_is_found_there() -> None:
    assert git_url("~/agents", ROOT) == (Path.home() / "agents").as_uri()


@pytest.mark.parametrize(
    "text",
    [
        "ext::sh -c evil",
        "ext::https://git.acme.example/a",
        "fd::17/a",
        "-oProxyCommand=evil",
        "--upload-pack=evil",
        "-u",
        "ssh://-oProxyCommand=evil/a",
        "ssh://git@-oProxyCommand=evil/a",
        "ssh://-oProxyCommand@git.acme.example/a",
        "https://git.acme.example/a\nb",
        "https://git.acme.example/a\0b",
        "https:///a",
        "https://git acme/a",
        "https://{evil}/a",
    ],
)
def test_what_could_run_something_or_be_taken_for_an_option_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a registry url"):
        git_url(text, ROOT)


@pytest.mark.parametrize("scheme", ["http", "git", "ftp", "git+ssh", "javascript", "HTTP"])
def test_other_transports_are_refused(scheme: str) -> None:
    with pytest.raises(UsageError) as caught:
        git_url(f"{scheme}://git.acme.example/a", ROOT)
    assert caught.value.message == f"registry url with {scheme.lower()}://: only https, ssh and file are allowed"


@pytest.mark.parametrize(
    "url",
    [
        "https://ghp_secret@git.acme.example/a",
        "https://me:secret@git.acme.example/a",
        "https://@git.acme.example/a",
        "ssh://git:secret@git.acme.example/a",
        "HTTPS://me:secret@git.acme.example/a",
    ],
)
def test_a_url_with_a_password_or_token_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        git_url(url, ROOT)
    assert caught.value.message == "the registry url for git.acme.example holds a user name or password"
    assert "secret" not in str(caught.value.hint)


@pytest.mark.parametrize(
    "url",
    [
        "https://me:p@ss@git.acme.example/a",
        "https://me:p/ss@git.acme.example/a",
        "https://git.acme.example:port/a",
        "https://git.acme.example:/a",
        "https://git.acme.example?x/a",
        "https://[::1]/a",
        "ssh://git@git.acme.example:team/agents",
    ],
)
def test_a_url_that_is_not_well_formed_is_never_taken_for_a_path(url: str) -> None:
    with pytest.raises(UsageError):
        git_url(url, ROOT)


def test_the_home_of_somebody_who_does_not_exist_is_the_users_error() -> None:
    with pytest.raises(UsageError):
        git_url("~nobody-of-this-name/agents", ROOT)


@pytest.mark.parametrize("text", ["git@host:-option", "host:--upload-pack=x"])
def test_the_short_ssh_form_takes_no_options(text: str) -> None:
    """What does not look like `user@host:path` is a path below the project, which runs nothing."""
    assert git_url(text, ROOT).startswith("file:///work-tree/")


def test_a_host_that_could_be_an_option_is_refused() -> None:
    with pytest.raises(UsageError, match="is not a registry url"):
        git_url("git@-oProxyCommand=evil:a", ROOT)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://git.acme.example/agents.git", "agents"),
        ("https://git.acme.example/team/My_Agents/", "my-agents"),
        ("git@git.acme.example:agents.git", "agents"),
        ("../registry", "registry"),
        ("/srv/2024", "registry-2024"),
        ("a", "registry-a"),
        ("", "registry"),
    ],
)
def test_a_registry_is_named_after_the_last_word_of_its_url(url: str, name: str) -> None:
    assert registry_name(url) == name
