"""`agentpkg audit`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from agentpkg import __version__
from agentpkg.commands import options
from agentpkg.console import count, one_line, say, say_document, say_json, tell
from agentpkg.errors import (
    AgentpkgError,
    ApprovalNeeded,
    ContentRefused,
    IntegrityError,
    NetworkError,
    UsageError,
)

if TYPE_CHECKING:
    from agentpkg.findings import Finding
    from agentpkg.ops.audit import Audit
    from agentpkg.ops.session import Options
    from agentpkg.project import Project

_ERRORS = {one.exit_code: one for one in (AgentpkgError, ContentRefused, ApprovalNeeded, IntegrityError, NetworkError)}


@click.command()
@click.option("--sarif", "as_sarif", is_flag=True, help="Print SARIF 2.1.0, for tools that show findings in the code.")
@options.with_options("offline")
@options.as_json
@options.with_project
def command(project: Project, work: Options, as_json: bool, as_sarif: bool) -> None:
    """Check lock, files, approved powers, registries and hidden text; look at what others put there too."""
    from agentpkg.audit import RULES
    from agentpkg.findings import to_sarif
    from agentpkg.ops.audit import audit

    if as_json and as_sarif:
        raise UsageError("--json and --sarif exclude each other", hint="choose one of them")
    done = audit(project, work)
    if as_json:
        say_json({"findings": [_data(one) for one in done.findings], "files": done.files, "bundles": done.bundles})
    elif as_sarif:
        say_document(to_sarif(done.findings, RULES, __version__))
    else:
        _show(done)
    errors = sum(one.rule.level == "error" for one in done.findings)
    if done.exit_code:
        raise _ERRORS[done.exit_code](
            f"the audit found {errors} thing{'s' if errors > 1 else ''} wrong", told=as_json or as_sarif
        )


def _show(done: Audit) -> None:
    for one in done.findings:
        say(one_line(f"{one.rule.level}[{one.rule.code}] {one.place + ': ' if one.place else ''}{one.message}"))
    for rule in dict.fromkeys(one.rule for one in done.findings):
        tell(f"{rule.code}: {rule.about}; {rule.remedy}")
    if not done.findings:
        say(f"all is well: {count(done.bundles, 'bundle')} and {count(done.files, 'text')} were looked at")


def _data(one: Finding) -> dict[str, Any]:
    return {
        "code": one.rule.code,
        "level": one.rule.level,
        "path": one.path,
        "line": one.line,
        "column": one.column,
        "message": one.message,
        "remedy": one.rule.remedy,
    }
