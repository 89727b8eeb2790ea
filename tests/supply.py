"""Are there advisories against what agentpkg needs to run, at the versions that stand in this environment?

`python -m tests.supply PIP_AUDIT` asks the package index by pip-audit. It exits 1 for an advisory, and 2 where
advisories could not be read, which pip-audit itself passes over; `SUPPLY_OFFLINE=1` makes that a remark.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

OURSELVES = "agentpkg-cli"
_SECONDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an index said: advisories, each with what it is against, and the packages on which it said nothing."""

    advisories: tuple[str, ...]
    unread: tuple[str, ...]


def needed() -> dict[str, str]:
    """Return the versions in this environment of all that agentpkg needs, directly or not."""
    found: dict[str, str] = {}
    waiting = [OURSELVES]
    while waiting:
        for text in distribution(waiting.pop()).requires or ():
            requirement = Requirement(text)
            name = canonicalize_name(requirement.name)
            if name not in found and (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
                found[name] = distribution(name).version
                waiting.append(name)
    return dict(sorted(found.items()))


def read_answer(report: str, asked: dict[str, str]) -> Answer:
    """Return what a report of pip-audit says about the packages `asked` for; one that cannot be read says nothing."""
    try:
        told: dict[str, Any] = {one["name"]: one for one in json.loads(report)["dependencies"]}
    except (ValueError, KeyError, TypeError):
        told = {}
    advisories = [
        f"{name} {asked[name]}: {one['id']}, mended in {', '.join(one['fix_versions']) or 'no version'}"
        for name in asked
        for one in told.get(name, {}).get("vulns", ())
    ]
    unread = [name for name in asked if "vulns" not in told.get(name, {})]
    return Answer(advisories=tuple(advisories), unread=tuple(unread))


def main(tool: str, *, offline: bool) -> int:
    """Ask for all that is needed, tell what was answered, and return the exit code."""
    asked = needed()
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "requirements.txt"
        listed.write_text("".join(f"{name}=={version}\n" for name, version in asked.items()))
        options = ["--vulnerability-service", "pypi", "--format", "json", "--progress-spinner", "off"]
        command = [tool, *options, "--no-deps", "--disable-pip", "--requirement", str(listed)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)
    answer = read_answer(done.stdout, asked)
    for advisory in answer.advisories:
        print(advisory)
    if answer.unread:
        print(f"advisories could not be read for {len(answer.unread)} of {len(asked)}: {', '.join(answer.unread)}")
        if offline:
            print("passed over, because SUPPLY_OFFLINE=1 says so")
        if not done.stdout:
            print(done.stderr.strip(), file=sys.stderr)
    else:
        print(f"advisories read for all {len(asked)}: {len(answer.advisories)} found")
    if answer.advisories:
        return 1
    return 2 if answer.unread and not offline else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], offline=os.environ.get("SUPPLY_OFFLINE") == "1"))
