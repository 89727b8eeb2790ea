"""What nobody but its owner may read in a text that is shown: names and passwords in URLs, and what asks for a page."""

from __future__ import annotations

import re

MASK = "***"
_HOST = r"(?:[\w.-]*|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:[/?#]|(?!\S))"
# From `//` to the last `@`, whatever stands in between: git and others take it for a login, or it was meant as one.
_LOGIN = r"(?<=//)\S*@"
# The same without what is surely no login: HOST/PATH@REF, and ssh's name of a user.
_SURE_LOGIN = rf"(?<=//)(?!(?:(?<=ssh://)[\w.-]+@)?{_HOST})\S*@"
# USER:PASSWORD@HOST, as a word of its own; a drive of Windows is no user.
_BARE = r"""(?<![^\s'"=(])(?![A-Za-z]:[\\/])[^\s:/@'"=(]*:(?!//)\S*@"""
_ASKED = r"(://[^\s?#;]*)([?#;])[^\s'\"]+"


def hide_login(text: str, *, refs: bool = False) -> str:
    """Return the text without names and passwords in URLs.

    With `refs` what follows the last `@` of a URL may be a branch, as in `URL@REF`; then it stays as it is where it is
    surely that.
    """
    if "@" not in text:
        return text
    return re.sub(_BARE, f"{MASK}@", re.sub(_SURE_LOGIN if refs else _LOGIN, f"{MASK}@", text))


def hide_secrets(text: str) -> str:
    """Return the text without all that URLs in it may hold for nobody else: logins, parameters, queries, fragments."""
    return re.sub(_ASKED, rf"\1\2{MASK}", hide_login(text)) if "@" in text or "://" in text else text


def hide_but_host(url: str) -> str:
    """Return a proxy's address without all that is not its scheme, host and port, however it is written."""
    scheme = re.match(r"\w+://", url)
    login, at, host = url[scheme.end() if scheme else 0 :].rpartition("@")
    return f"{scheme[0] if scheme else ''}{MASK if login else ''}{at}{re.split('[/?#;]', host)[0]}"
