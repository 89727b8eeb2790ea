"""AP7xx: what a bundle says about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentpkg.findings import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentpkg.bundle import BundleFile

LACKS = Rule(
    code="AP701", level="note",
    about="bundle.toml leaves out what people look for",
    remedy="add license, authors and keywords",
    why="Without a licence nobody may pass the bundle on, and search finds a bundle by its keywords.",
    wrong='[bundle]\nname = "triage"\nversion = "1.0.0"\ndescription = "Sorts incidents."',
    right='license = "MIT"\nauthors = ["The operations team"]\nkeywords = ["incidents", "on-call"]',
)  # fmt: skip
UNBOUND = Rule(
    code="AP702", level="note",
    about="a requirement takes any later version",
    remedy="bound it to one major version: ~=1.2",
    why="A new major version may hold other agents, or more powers. What was made for the old one then stops at an "
    "approval that nobody here can give.",
    wrong='[requires]\nsql-reviewer = ">=1.0"',
    right='[requires]\nsql-reviewer = "~=1.0"',
)  # fmt: skip
RULES = (LACKS, UNBOUND)


def check_about(path: str, about: BundleFile) -> Iterator[Finding]:
    """Find what a bundle does not say of itself, and requirements without an end."""
    said = {"license": about.license, "authors": about.authors, "keywords": about.keywords}
    missing = [key for key, value in said.items() if not value]
    if missing:
        yield Finding(rule=LACKS, path=path, message=f"leaves out {', '.join(missing)}")
    for name, specifier in sorted(about.requires.items()):
        if not any(sign in specifier for sign in ("~=", "==", "<")):
            told = f"{name} is required in {specifier or 'any version'}"
            yield Finding(rule=UNBOUND, path=path, message=told)
