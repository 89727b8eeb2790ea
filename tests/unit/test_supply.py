"""What agentpkg is made of and built with: known weaknesses are asked for, and no silence is taken for an answer."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.supply import Answer, main, needed, read_answer

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
ASKED = {"one": "1.0", "two": "2.0"}
WEAK = {"id": "ADV-1", "fix_versions": ["1.1", "1.2"], "aliases": [], "description": ""}


def report(**vulns: list[dict[str, Any]] | None) -> str:
    """Return a report of pip-audit; None for a package that it passed over."""
    return json.dumps(
        {
            "dependencies": [
                {"name": name, "skip_reason": "not found"}
                if found is None
                else {"name": name, "version": ASKED[name], "vulns": found}
                for name, found in vulns.items()
            ],
            "fixes": [],
        }
    )


REPORTS = [
    ("all read", report(one=[], two=[]), (), ()),
    ("an advisory", report(one=[WEAK], two=[]), ("one 1.0: ADV-1, mended in 1.1, 1.2",), ()),
    ("no mend", report(one=[{**WEAK, "fix_versions": []}], two=[]), ("one 1.0: ADV-1, mended in no version",), ()),
    ("one passed over", report(one=[], two=None), (), ("two",)),
    ("one left out", report(one=[]), (), ("two",)),
    ("passed over beside an advisory", report(one=[WEAK], two=None), ("one 1.0: ADV-1, mended in 1.1, 1.2",), ("two",)),
    ("nothing", "", (), ("one", "two")),
    ("no report", '{"error": 1}', (), ("one", "two")),
    ("a list", "[]", (), ("one", "two")),
]


@pytest.mark.parametrize(
    ("text", "advisories", "unread"), [row[1:] for row in REPORTS], ids=[row[0] for row in REPORTS]
)
def test_what_was_not_answered_is_never_taken_as_nothing_known(
    text: str, advisories: tuple[str, ...], unread: tuple[str, ...]
) -> None:
    assert read_answer(text, ASKED) == Answer(advisories=advisories, unread=unread)


EXITS = [
    ("nothing known", {"vulns": []}, 0, 0),
    ("an advisory", {"vulns": [WEAK]}, 1, 1),
    ("not read", {"skip_reason": "no"}, 2, 0),
]


@pytest.mark.parametrize(("told", "code", "offline_code"), [row[1:] for row in EXITS], ids=[row[0] for row in EXITS])
def test_the_exit_code_tells_them_apart(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    told: dict[str, Any],
    code: int,
    offline_code: int,
) -> None:
    answer = json.dumps({"dependencies": [{"name": name, "version": "", **told} for name in needed()]})
    done = subprocess.CompletedProcess([], 0, stdout=answer, stderr="No known vulnerabilities found")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)  # it passes over what it cannot read, and exits 0
    assert main("pip-audit", offline=False) == code
    assert main("pip-audit", offline=True) == offline_code
    said = capsys.readouterr().out
    assert (f"could not be read for {len(needed())} of" in said) is (code == 2)


def test_all_that_the_project_needs_is_asked_about_and_nothing_of_its_tools() -> None:
    direct = {canonicalize_name(Requirement(text).name) for text in PROJECT["project"]["dependencies"]}
    assert direct < needed().keys()
    assert {"gitdb", "smmap"} <= needed().keys()
    assert not {"pytest", "ruff", "mypy"} & needed().keys()


def test_the_tools_that_look_are_pinned() -> None:
    assert all(re.fullmatch(r"[a-z-]+==[\d.]+", text) for text in PROJECT["dependency-groups"]["supply"])


@pytest.mark.parametrize("path", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda path: path.name)
def test_every_action_is_one_commit_and_says_its_version(path: Path) -> None:
    used = re.findall(r"(?m)^\s*-?\s*uses: (.*)$", path.read_text())
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line) for line in used)
    assert used or path.name == "action.yml"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_read_the_code_and_nothing_else(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["permissions"] == {"contents": "read"}
        checkout = next(step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@"))
        assert checkout["with"]["persist-credentials"] is False
        assert not any("${{" in step.get("run", "") for step in job["steps"])


def test_every_check_of_the_makefile_runs_in_a_workflow() -> None:
    run = "".join(path.read_text() for path in WORKFLOWS)
    targets = re.findall(r"(?m)^check: (.*)$", (ROOT / "Makefile").read_text())[0].split()
    assert [target for target in [*targets, "supply"] if f"run: make {target} PYTHON=python" not in run] == []


def test_the_page_that_says_how_promises_are_tested_names_targets_that_there_are() -> None:
    rows = [line for line in (ROOT / "SECURITY.md").read_text().splitlines() if line.startswith("| ")][1:]
    named = {target for row in rows for target in re.findall(r"`([a-z]+)`", row.rsplit("|", 2)[1])}
    there = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))
    assert named <= there
    assert {"test", "crash", "fuzz", "hostile", "soak", "servers", "conformance", "supply"} <= named
    assert all("`" in row.rsplit("|", 2)[1] for row in rows)
