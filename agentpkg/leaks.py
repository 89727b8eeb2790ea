"""Secrets that a bundle must not hold: what is published once can be fetched for ever."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KINDS = {
    "a private key": r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----",
    "an AWS access key": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})\b",
    "a GitLab token": r"\bglpat-[A-Za-z0-9_-]{20,}",
    "a Slack token": r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
    "an Anthropic key": r"\bsk-ant-[A-Za-z0-9_-]{20,}",
    "an OpenAI key": r"\bsk-(?!ant-)(?:proj-)?[A-Za-z0-9_-]{40,}",
    "a Google API key": r"\bAIza[A-Za-z0-9_-]{35}",
    "a Stripe key": r"\b[rs]k_live_[A-Za-z0-9]{20,}",
    "an npm token": r"\bnpm_[A-Za-z0-9]{36}\b",
    "a PyPI token": r"\bpypi-[A-Za-z0-9_-]{50,}",
    "a password in a url": r"\b[a-z][a-z0-9+.-]{0,20}://[^\s/:@<>{}$\"']+:[^\s/:@<>{}$\"']{6,}@[\w.-]*",
}
_STAND_IN = re.compile(r"example|your|placeholder|xxxx|@localhost|@127\.|\*{3}|(.)\1{7}", re.IGNORECASE)
# A password that is put together of such words alone stands in for one.
_NO_PASSWORD = re.compile(
    r":(?:(?:test|demo|dev|local|my|the|db|user|admin|root|guest|postgres|mysql|redis|rabbit|pass(?:word|wd)?|pwd|secret|"
    r"super|change|me|here|foo|bar)[-_]?)+\d{0,4}@",
    re.IGNORECASE,
)


def find_leaks(files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return file, line and kind of everything in `files` that looks like a secret; never the secret itself."""
    found = []
    for path, data in sorted(files.items()):
        text = data.decode("utf-8", "replace")
        found += [f"{path}: line {text.count(chr(10), 0, place) + 1} holds {kind}" for place, kind in leaks_in(text)]
    return tuple(found)


def leaks_in(text: str) -> Iterator[tuple[int, str]]:
    """Return place and kind of everything in a text that looks like a secret."""
    for kind, pattern in _KINDS.items():
        for match in re.finditer(pattern, text):
            if not (_STAND_IN.search(match[0]) or _NO_PASSWORD.search(match[0])):
                yield match.start(), kind
