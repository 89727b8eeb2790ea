"""Registry URLs: which ones agentpkg hands to git, and how a path on this machine becomes one."""

from __future__ import annotations

import re
from pathlib import Path

from agentpkg.errors import UsageError

_SCHEME = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?:(?P<user>[^/@]*)@)?(?P<host>[^/:@]*)(?::\d+)?(?P<path>/.*)?\Z"
)
_SCP = re.compile(r"(?:(?P<user>[\w.-]+)@)?(?P<host>[\w][\w.-]+):(?P<path>[\w~./][\w./~-]*)\Z")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*\Z")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\Z")


def git_url(text: str, root: Path) -> str:
    """Return the URL that git is given for `text`: https, ssh (also `user@host:path`), or a path below `root`.

    Raises `UsageError` for any other transport, for a URL that could be taken for an option, and for one that holds a
    password or token: those belong in a credential store, not in a file that is committed.
    """
    if "\n" in text or "\0" in text or "::" in text or re.match(r"([^/]*@)?-", text):
        raise UsageError(f"{text!r} is not a registry url", hint="use https://…, ssh://…, user@host:path or a path")
    match = _SCHEME.match(text)
    if not match:
        return text if _SCP.match(text) else _path_url(text, root)
    scheme, user, host = match["scheme"].lower(), match["user"], match["host"]
    if scheme not in ("https", "ssh", "file"):
        raise UsageError(
            f"registry url with {scheme}://: only https, ssh and file are allowed",
            hint="use https://…, ssh://…, user@host:path or a path",
        )
    if user is not None and (":" in user or scheme == "https"):
        raise UsageError(
            f"the registry url for {host} holds a user name or password",
            hint="take it out of the url; git asks your credential helper for it",
        )
    if (user is not None and not _USER.match(user)) or (scheme != "file" and not _HOST.match(host)):
        raise UsageError(f"{text!r} is not a registry url", hint="the host or user name is not a plain one")
    return text


def is_folder_outside(url: str, root: Path) -> bool:
    """Say whether a registry's URL or path is a folder of this machine that does not lie below `root`."""
    given = git_url(url, root)
    if not given.lower().startswith("file:"):
        return False
    from urllib.parse import unquote, urlsplit

    return not Path(unquote(urlsplit(given).path)).resolve().is_relative_to(root.resolve())


def _path_url(text: str, root: Path) -> str:
    if "://" in text:
        raise UsageError(f"{text!r} is not a registry url", hint="the user, host or port is not a plain one")
    try:
        path = root / Path(text).expanduser()
    except RuntimeError:
        raise UsageError(f"{text!r} is not a path: there is no such user", hint="write the path out") from None
    return path.resolve().as_uri()


def registry_name(url: str) -> str:
    """Return the name that a registry gets if the user gives none: the last word of its URL."""
    stem = re.split(r"[/:]", url.rstrip("/"))[-1].removesuffix(".git").lower()
    name = re.sub(r"[^a-z0-9]+", "-", stem).strip("-")
    usable = re.match(r"[a-z]", name) and len(name) > 1 and name != "default"
    return name if usable else f"registry-{name}".rstrip("-")


def site_url(text: str) -> str:
    """Return the URL of a folder that a site will stand in, with a slash at its end; raise `UsageError` for another."""
    match = re.fullmatch(r"https?://[A-Za-z0-9][A-Za-z0-9.-]*(:\d+)?(/[A-Za-z0-9._~/-]*)?", text)
    if not match:
        raise UsageError(f"{text!r} is not the url of a folder", hint="write it as https://HOST/FOLDER/")
    return text if text.endswith("/") else f"{text}/"


def is_location(text: str) -> bool:
    """Say whether `text` is a URL or a path, and not the name of a registry."""
    return any(sign in text for sign in "/:\\.")


def parse_source(text: str) -> tuple[str, str, str]:
    """Return URL, ref and folder of a repository of agents that a person typed as `URL[@REF][#FOLDER]`.

    `owner/repo` is a repository on GitHub, unless it is a path that exists. What is not said is empty.
    """
    place, _, folder = text.partition("#")
    url, ref = place, ""
    match = re.match(r"(.*[/:].*)@([^@:]+)\Z", place)
    if match and not _exists(place) and not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://[^/]*\Z", match[1]):
        url, ref = match[1], match[2]
    if re.match(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+\Z", url) and not _exists(url):
        url = f"https://github.com/{url}"
    if not url:
        raise UsageError(f"{text!r} names no repository", hint="write it as URL, owner/repo, URL@REF or URL#FOLDER")
    return url, ref, folder


def _exists(path: str) -> bool:
    try:
        return Path(path).expanduser().exists()
    except (OSError, RuntimeError, ValueError):
        return False
