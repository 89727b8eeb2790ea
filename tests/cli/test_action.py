"""The action for a registry's own CI: its shell steps, run as the runner would run them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from agentpkg.workflow import PROPOSE
from tests.support.cli import Cli
from tests.support.registry import BODY, Registry, git

ACTION = Path(__file__).parents[2] / "action.yml"


def steps() -> list[dict[str, Any]]:
    data = yaml.safe_load(ACTION.read_text())
    found: list[dict[str, Any]] = data["runs"]["steps"]
    return found


def run(name: str, folder: Path, temp: Path, inputs: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run one step with the values that its `env` takes from `inputs`."""
    step = next(step for step in steps() if step["name"] == name)
    given = {
        key: re.sub(r"\$\{\{ (?:inputs|github)\.([a-z_-]+) \}\}", lambda match: inputs.get(match[1], ""), text)
        for key, text in step["env"].items()
    }
    files = {"GITHUB_OUTPUT": str(temp / "output"), "GITHUB_STEP_SUMMARY": str(temp / "summary")}
    path = f"{temp}/agentpkg/bin:{os.environ['PATH']}"  # as the first step has it
    environment = {**os.environ, **given, **files, "RUNNER_TEMP": str(temp), "PATH": path}
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", step["run"]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def temp(tmp_path: Path) -> Path:
    """The runner's folder, with agentpkg where the first step puts it."""
    place = tmp_path / "runner/agentpkg/bin"
    place.mkdir(parents=True)
    script = place / "agentpkg"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m agentpkg "$@"\n')
    script.chmod(0o755)
    return tmp_path / "runner"


def test_a_pull_request_is_told_and_checked(registry: Registry, temp: Path) -> None:
    registry.publish("tool", tools="[read]")
    git(registry.path, "checkout", "-q", "-b", "proposal")
    registry.publish("tool", "2.0.0", tools="[read, shell]")
    inputs = {"registry-diff": "main..HEAD", "path": ".", "subfolder": ""}
    done = run("Tell what this adds", registry.path, temp, inputs)
    assert done.returncode == 0, done.stderr
    summary = (temp / "summary").read_text()
    assert "## tool 2.0.0, since 1.0.0 (a major change)" in summary
    assert "| tool | `read, shell` | `shell` |  |" in summary
    assert (temp / "output").read_text() == f"file={temp}/registry-diff.md\n"
    assert run("Check the registry", registry.path, temp, inputs).returncode == 0


@pytest.mark.tools
def test_a_rewritten_version_fails_both(registry: Registry, temp: Path) -> None:
    registry.publish("tool")
    git(registry.path, "checkout", "-q", "-b", "proposal")
    (registry.path / "bundles/tool/1.0.0/README.md").write_text("More.\n")
    registry.commit()
    inputs = {"registry-diff": "main..HEAD", "path": ".", "subfolder": ""}
    assert run("Tell what this adds", registry.path, temp, inputs).returncode == 3
    assert "It changes published versions" in (temp / "summary").read_text()
    done = run("Check the registry", registry.path, temp, inputs)
    assert done.returncode == 3
    assert "was changed after it was published" in done.stderr


def test_no_value_of_a_pull_request_becomes_part_of_a_script() -> None:
    for step in steps():
        assert "${{" not in step["run"]
        assert "uses" not in step


# A project


GH = """#!/bin/sh
# Stands where the code host's own command does: keeps what it is asked for, and knows one pull request.
printf '%s\\n' "$*" >> "$GH_ASKED"
case "$1 $2" in "pr view") test -f "$GH_OPEN" && echo OPEN ;; "pr create") touch "$GH_OPEN" ;; esac
"""


@pytest.fixture
def clone(cli: Cli, project: Path, manifest: Path, registry: Registry, temp: Path, monkeypatch: Any) -> Path:
    """A project with an agent in a repository that has a remote, and a newer version of its bundle."""
    registry.publish("tool", "1.0.0", tools="[read]")
    cli("install", "tool")
    git(temp, "init", "-q", "--bare", "remote.git")
    git(project, "init", "-q", "-b", "main", ".")
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "start")
    git(project, "remote", "add", "origin", str(temp / "remote.git"))
    git(project, "push", "-q", "origin", "main")
    script = temp / "agentpkg/bin/gh"
    script.write_text(GH)
    script.chmod(0o755)
    monkeypatch.setenv("GH_ASKED", str(temp / "asked"))
    monkeypatch.setenv("GH_OPEN", str(temp / "open"))
    return project


PROPOSAL = {"token": "t", "ref_name": "main", "update-branch": "agentpkg/update", "path": "."}


@pytest.mark.tools
def test_newer_agents_are_proposed_with_their_powers(clone: Path, registry: Registry, temp: Path) -> None:
    assert "nothing to update" in run("Propose newer agents", clone, temp, PROPOSAL).stdout
    registry.publish("tool", "1.1.0", tools="[read]", body="Better.\n")
    done = run("Propose newer agents", clone, temp, PROPOSAL)
    assert done.returncode == 0, done.stderr
    body = (temp / "agents.md").read_text()
    assert "## tool 1.1.0, since 1.0.0 (a patch change)" in body
    assert "+Better." in body
    assert "**Agents gain powers" not in body
    changed = git(temp / "remote.git", "diff", "--name-only", "main", "agentpkg/update").split()
    assert changed == [".claude/agents/tool.md", "agentpkg.lock"]
    asked = (temp / "asked").read_text()
    assert f"pr create --base main --head agentpkg/update --title Update agents --body-file {temp}/agents.md" in asked
    git(clone, "switch", "-q", "main")
    assert run("Propose newer agents", clone, temp, PROPOSAL).returncode == 0
    assert "pr edit agentpkg/update --body-file" in (temp / "asked").read_text()


def test_gained_powers_and_edits_in_the_way_stand_at_the_top(clone: Path, registry: Registry, temp: Path) -> None:
    file = clone / ".claude/agents/tool.md"
    file.write_text(file.read_text().replace("Line 1 of", "My line 1 of"))
    git(clone, "commit", "-q", "-a", "-m", "edit")
    manifest = clone / "agentpkg.toml"
    manifest.write_text(manifest.read_text().replace("~=1.0", ">=1"))
    registry.publish("tool", "2.0.0", tools="[read, shell]", body=BODY.replace("Line 1 of", "Their line 1 of"))
    done = run("Propose newer agents", clone, temp, PROPOSAL)
    assert done.returncode == 0, done.stderr
    body = (temp / "agents.md").read_text()
    assert (
        "**Agents gain powers; merging this approves them:**\n\n- `tool 1.0.0 → 2.0.0: tool would gain shell`" in body
    )
    assert "- `.claude/agents/tool.md`" in body
    changed = git(temp / "remote.git", "diff", "--name-only", "main", "agentpkg/update").split()
    assert not any(path.endswith(".agentpkg-new") for path in changed)


@pytest.mark.tools
def test_what_fails_proposes_nothing(clone: Path, registry: Registry, temp: Path) -> None:
    (clone / "agentpkg.toml").write_text("[nonsense]\n")
    done = run("Propose newer agents", clone, temp, PROPOSAL)
    assert done.returncode == 2
    assert "unknown key 'nonsense'" in done.stderr
    assert not (temp / "asked").exists()


@pytest.mark.tools
def test_agents_that_are_not_as_locked_fail(clone: Path, temp: Path) -> None:
    assert run("Check the agents", clone, temp, PROPOSAL).returncode == 0
    (clone / ".claude/agents/tool.md").unlink()
    done = run("Check the agents", clone, temp, PROPOSAL)
    assert done.returncode == 1
    assert "missing .claude/agents/tool.md" in done.stderr


def test_the_workflow_runs_what_the_action_runs(cli: Cli, clone: Path) -> None:
    step = next(step for step in steps() if step["name"] == "Propose newer agents")
    assert step["run"] == PROPOSE
    assert cli("ci").out == "wrote .github/workflows/agents.yml\n"
    jobs = yaml.safe_load((clone / ".github/workflows/agents.yml").read_text())["jobs"]
    assert jobs["update"]["steps"][-1]["run"] == PROPOSE
    assert jobs["check"]["permissions"] == {"contents": "read"}
    assert [step["run"] for step in jobs["check"]["steps"] if "agentpkg " in step.get("run", "")] == [
        "agentpkg sync --check",
        "agentpkg audit",
    ]
    for step in (step for job in jobs.values() for step in job["steps"]):
        assert "${{" not in step.get("run", "")
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step.get("uses", f"x@{'0' * 40}"))


def test_a_file_in_the_way_fails_and_does_not_pass_for_nothing_new(clone: Path, registry: Registry, temp: Path) -> None:
    (clone / ".claude/agents/extra.md").write_text("Mine.\n")
    text = "---\nname: {}\ndescription: Use it.\ntools: [read]\n---\n\nDo it.\n"
    agents = {f"agents/{name}.md": text.format(name) for name in ("tool", "extra")}
    registry.publish("tool", "1.1.0", files=agents)
    done = run("Propose newer agents", clone, temp, PROPOSAL)
    assert done.returncode == 6, done.stdout
    assert "nothing to update" not in done.stdout
    assert not (temp / "asked").exists()


def test_what_somebody_did_on_the_branch_is_not_pushed_over(clone: Path, registry: Registry, temp: Path) -> None:
    registry.publish("tool", "1.1.0", tools="[read]", body="Better.\n")
    assert run("Propose newer agents", clone, temp, PROPOSAL).returncode == 0
    git(clone, "commit", "-q", "--allow-empty", "-m", "by hand")
    git(clone, "push", "-q", "origin", "HEAD:refs/heads/agentpkg/update")
    by_hand = git(temp / "remote.git", "rev-parse", "agentpkg/update")
    git(clone, "switch", "-q", "main")
    registry.publish("tool", "1.2.0", tools="[read]", body="Best.\n")
    done = run("Propose newer agents", clone, temp, PROPOSAL)
    assert done.returncode == 0, done.stderr
    assert "somebody has worked on agentpkg/update" in done.stdout
    assert git(temp / "remote.git", "rev-parse", "agentpkg/update") == by_hand


def test_a_branch_of_its_own_is_renewed(clone: Path, registry: Registry, temp: Path) -> None:
    for version, body in (("1.1.0", "Better.\n"), ("1.2.0", "Best.\n")):
        registry.publish("tool", version, tools="[read]", body=body)
        assert run("Propose newer agents", clone, temp, PROPOSAL).returncode == 0
        git(clone, "switch", "-q", "main")
    assert "Best." in git(temp / "remote.git", "show", "agentpkg/update:.claude/agents/tool.md")
