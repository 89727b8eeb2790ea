"""What URLs hold for nobody else is left out of all that is shown."""

from __future__ import annotations

import pytest

from agentpkg.credentials import hide_but_host, hide_login, hide_secrets
from agentpkg.errors import UsageError


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("git fetch https://ada:SECRET@git.example.com/a.git", "git fetch https://***@git.example.com/a.git"),
        ("https://SECRET@host/a", "https://***@host/a"),
        ("ssh://git@host/a.git", "ssh://***@host/a.git"),
        ("https_proxy=http://me:SECRET@proxy:80", "https_proxy=http://***@proxy:80"),
        ("https_proxy=me:SECRET@proxy:80", "https_proxy=***@proxy:80"),
        ("http://me:SEC/RET@proxy:1", "http://***@proxy:1"),
        ("http://me:p@SECRET@proxy:1", "http://***@proxy:1"),
        ("http://SEC/RET@proxy:1", "http://***@proxy:1"),
        ("--from me:SECRET@host:path --yes", "--from ***@host:path --yes"),
        ("--from 'me:SECRET@host:path'", "--from '***@host:path'"),
        ("--from=:SECRET@host:path", "--from=***@host:path"),
        ("git@host:team/a.git", "git@host:team/a.git"),
        ("https://host/a?token=SECRET&user=SECRET#SECRET", "https://host/a?***"),
        ("https://host/a#SECRET in /home", "https://host/a#*** in /home"),
        ("https://host/a;tok=SECRET", "https://host/a;***"),
        ("https://ada:SECRET@host/a?b=SECRET", "https://***@host/a?***"),
        ("ada@example.com in /home/ada", "ada@example.com in /home/ada"),
        ("D:\\work\\ada@home, C:/a@b", "D:\\work\\ada@home, C:/a@b"),
        ("tool@1.2.0 from acme/tool: x", "tool@1.2.0 from acme/tool: x"),
    ],
)
def test_what_urls_hold_for_nobody_else_is_left_out(text: str, left: str) -> None:
    assert hide_secrets(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "https://github.com/team/agents@v1#folder",
        "https://host:8443/a@main",
        "https://[::1]:8443/a@main",
        "file:///srv/a@main",
        "ssh://git@host/a@main",
        "ssh://git@host:22/a",
    ],
)
def test_a_branch_behind_a_url_stays_where_it_is_asked_for(text: str) -> None:
    assert hide_login(text, refs=True) == text


@pytest.mark.parametrize("text", ["https://u:SECRET@h/x", "u:SECRET@h:x", "https://u:SEC/RET@h/x", "https://SECRET@h"])
def test_no_error_repeats_a_password(text: str) -> None:
    error = UsageError(f"{text!r} is wrong", hint=f"agentpkg install {text}", details=[text])
    assert "SEC" not in f"{error}{error.message}{error.hint}{error.details}"
    assert "***@h" in error.message


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ("http://me:SECRET@proxy:80/path", "http://***@proxy:80"),
        ("me:SEC://RET@proxy:80", "***@proxy:80"),
        ("me:SEC RET@proxy:80", "***@proxy:80"),
        ("http://proxy:80?SECRET", "http://proxy:80"),
        ("proxy", "proxy"),
        ("", ""),
    ],
)
def test_of_a_proxy_the_host_alone_is_told(value: str, left: str) -> None:
    assert hide_but_host(value) == left
