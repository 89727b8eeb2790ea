"""What a check found, as values: for people, as JSON, and as SARIF for whatever shows findings beside the code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from agentpkg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

Level = Literal["error", "warning", "note"]
LEVELS: tuple[Level, ...] = ("error", "warning", "note")
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One kind of finding: a stable code, how grave it is, the exit code it stands for, and what to do about it.

    A note or a warning stands for exit code 0. `why` tells what comes of it, `wrong` and `right` show it; `mendable`
    says that some of what it finds can be mended without a person.
    """

    code: str
    level: Level
    about: str
    remedy: str
    exit_code: int = 0
    why: str = ""
    wrong: str = ""
    right: str = ""
    mendable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding: the rule that it breaks, the file (None: of no file), line and column from 1, and what was found.

    `as_error`: here it is an error, whatever the rule says of other places.
    """

    rule: Rule
    message: str
    path: str | None = None
    line: int | None = None
    column: int | None = None
    as_error: bool = False

    @property
    def level(self) -> Level:
        """How grave it is."""
        return "error" if self.as_error else self.rule.level

    @property
    def place(self) -> str:
        """The place as compilers write it: `FILE:LINE:COLUMN`, as far as it is known."""
        return ":".join(str(part) for part in (self.path, self.line, self.column) if part is not None)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings in the order in which they are shown: by file and place, those of no file first."""
    return tuple(
        sorted(findings, key=lambda one: (one.path or "", one.line or 0, one.column or 0, one.rule.code, one.message))
    )


def to_sarif(findings: Iterable[Finding], rules: Iterable[Rule], version: str) -> dict[str, Any]:
    """Return findings as a SARIF 2.1.0 log with one run; `version` is agentpkg's own."""
    driver = {
        "name": "agentpkg",
        "semanticVersion": version,
        "rules": [
            {
                "id": rule.code,
                "shortDescription": {"text": rule.about},
                **({"fullDescription": {"text": rule.why}} if rule.why else {}),
                "help": {"text": rule.remedy},
                "defaultConfiguration": {"level": rule.level},
            }
            for rule in rules
        ],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"PROJECT": {"description": {"text": "The project's folder."}}},
        "results": [_result(finding) for finding in findings],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(finding: Finding) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule.code,
        "level": finding.level,
        "message": {"text": finding.message},
    }
    if finding.path is not None:
        physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(finding.path), "uriBaseId": "PROJECT"}}
        if finding.line is not None:
            region = {"startLine": finding.line, "startColumn": finding.column}
            physical["region"] = {key: number for key, number in region.items() if number is not None}
        result["locations"] = [{"physicalLocation": physical}]
    return result


def _uri(path: str) -> str:
    from urllib.parse import quote

    return quote(path.partition("#")[0], errors="surrogateescape")
