"""What git says where a remote, or the disk here, does not do as asked, and what its user can do about it."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from agentpkg.errors import ContentRefused, NetworkError
from agentpkg.git import GitFailed
from agentpkg.journal import disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_REFUSED = re.compile(  # what git says if the disk refuses here; a server's permissions, and ssh's, are another matter
    "git: (?!remote:).*?(?:(No space left on device|Out of diskspace|Disk quota exceeded|Read-only file system)"
    "|(?:create|mkdir|write) .*: (Permission denied)$|(insufficient permission for adding an object)"
    "|(failed to write new configuration file))"
)
_URL = re.compile(r"'(?:[a-z]+://|/)\S*'|\b[a-z]+://\S+")  # a name in it must not choose the hint
_HINTS = (
    (
        "shallow (repository|update|roots)|is shallow",
        "the repository is a shallow clone; fetch all of its history first: git fetch --unshallow",
    ),
    ("dubious ownership", "the repository belongs to somebody else: git config --global --add safe.directory PATH"),
    (
        "CONNECT tunnel|after CONNECT|resolve proxy|proxy syntax|error: 407",
        "check your proxy: https_proxy, or http.proxy in git's configuration",
    ),
    ("Could not resolve host", "there is no such host, or no network; check the url"),
    (
        "[Hh]ost key for .* has changed|HOST IDENTIFICATION HAS CHANGED",
        "the host has another key than it had: ask whoever runs it, then take the old one away with ssh-keygen -R HOST",
    ),
    ("Host key verification failed|host key is known", "connect to the host once with ssh, to accept its key"),
    (
        "could not read (Username|Password)|terminal prompts disabled",
        "the server wants to know who you are: set up a credential helper in git's configuration",
    ),
    ("Authentication failed", "the password or token is not accepted: renew it in git's credential helper"),
    (
        r"Permission denied \(|Too many authentication failures",
        "the server does not know your ssh key: add it to your account there, or name it in ~/.ssh/config",
    ),
    (
        "error: 403|[Pp]ermission denied|denied to|access denied|not allowed",
        "your account has no permission there; ask whoever owns the repository",
    ),
    ("(error: |HTTP )(429|5[0-9][0-9])", "the server has trouble of its own; try again later"),
    (
        "not found|not appear to be a git repository|does not exist|not a git repository|invalid gitfile|error: 404",
        "there is no such repository, or you may not see it; check the url",
    ),
    (
        "url base from redirection|redirects followed|Protocol .* (not supported|disabled)",
        "the server redirects git to somewhere else, perhaps to log in; check the url",
    ),
    (
        "RPC failed|early EOF|disconnect|bad pack header|'packfile'|hung up|index-pack|expected flush|too slow",
        "the connection broke off, and nothing has changed here: try again",
    ),
    (
        "[Cc]onnection (reset|closed)|Empty reply|properly terminated|unexpected eof|SSL_read|did not end in",
        "the connection broke off, and nothing has changed here: try again",
    ),
    (
        "Failed to connect|Couldn't connect|Connection refused|timed out|No route|unreachable",
        "nobody answers there: check the url, the network and your proxy (https_proxy, http.proxy), or try again later",
    ),
    ("SSL|TLS|gnutls|certificate", "check the server's certificate; http.sslCAInfo names one of your own"),
    ("remote ref HEAD", "the repository is empty, or has no branch of its own: push to it, or set branch"),
    ("couldn't find remote ref|not our ref", "check the branch, tag or commit"),
    ("bad/illegal format|URL rejected", "check the url, and url.….insteadOf in git's configuration"),
    ("cannot run|unable to fork", "is ssh installed? check GIT_SSH_COMMAND and core.sshCommand"),
)


def network_error(doing: str, url: str, said: tuple[str, ...]) -> NetworkError | ContentRefused:
    """Return the error for a remote that did not do as asked (`doing`: fetch, push to), with what to do about it.

    It is none of the network where git itself refuses what the remote has, such as a path with `..` or `.git` in it.
    """
    if any(re.match("git: fatal: fsck error", line) for line in said):
        return ContentRefused(
            f"{url} holds what no repository may hold, and git refuses it",
            details=said,
            hint="ask whoever owns the repository; nothing was changed here",
        )
    text = _URL.sub("", "\n".join(said))
    hint = next((hint for pattern, hint in _HINTS if re.search(pattern, text)), "try git ls-remote with the same url")
    return NetworkError(f"could not {doing} {url}", details=said, hint=hint)


def refuse_disk(error: GitFailed, path: Path) -> None:
    """Raise `DiskError` if git failed because the file system did not let it write the repository at `path`."""
    for line in error.details:
        refused = _REFUSED.match(line)
        if refused:
            with disk_errors(str(path)):
                raise OSError(None, refused[refused.lastindex or 0])


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Have git write a repository at `path`, and fail as `refuse_disk` does."""
    try:
        yield
    except GitFailed as error:
        refuse_disk(error, path)
        raise
