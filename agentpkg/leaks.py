"""Secrets that a bundle must not hold: what is published once can be fetched for ever."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

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


def find_leaks(files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return file, line and kind of everything in `files` that looks like a secret; never the secret itself."""
    found = []
    for path, data in sorted(files.items()):
        text = data.decode("utf-8", "replace")
        for kind, pattern in _KINDS.items():
            places = [match.start() for match in re.finditer(pattern, text) if not _STAND_IN.search(match[0])]
            found += [f"{path}: line {text.count(chr(10), 0, place) + 1} holds {kind}" for place in places]
    return tuple(found)
