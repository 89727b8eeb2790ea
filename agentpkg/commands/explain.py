"""`agentpkg explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from agentpkg import completing
from agentpkg.commands import options
from agentpkg.console import say, say_json, say_table
from agentpkg.errors import UsageError, nearest

if TYPE_CHECKING:
    from agentpkg.findings import Rule


@click.command()
@click.argument("code", shell_complete=completing.codes, metavar="[CODE]", required=False)
@options.as_json
def command(code: str | None, as_json: bool) -> None:
    """Tell what a finding of check or audit means, why it matters, and how to mend it; list all without a CODE."""
    rules = _rules()
    if code is None:
        if as_json:
            say_json({"rules": [_data(rule) for rule in rules.values()]})
        else:
            say_table([(rule.code, rule.level, rule.about) for rule in rules.values()])
        return
    rule = rules.get(code) or rules.get(code.upper())
    if rule is None:
        raise UsageError(f"unknown code {code!r}", hint=nearest(code.upper(), rules, "agentpkg explain lists them"))
    if as_json:
        say_json(_data(rule))
    else:
        _show(rule)


def _rules() -> dict[str, Rule]:
    """Return the rules of both commands by code, in the order in which they are listed."""
    from agentpkg import audit, checks

    return {rule.code: rule for rule in (*checks.RULES, *audit.RULES)}


def _show(rule: Rule) -> None:
    say(f"{rule.code} ({rule.level}): {rule.about}")
    for what, text in (("why", rule.why), ("what to do", rule.remedy)):
        if text:
            say()
            say(f"{what}: {text}")
    if rule.mendable:
        say("            agentpkg check --fix mends what of it needs no person")
    for what, text in (("wrong", rule.wrong), ("right", rule.right)):
        if text:
            say()
            say(f"{what}:")
            for line in text.split("\n"):
                say(f"    {line}")


def _data(rule: Rule) -> dict[str, Any]:
    return {
        "code": rule.code,
        "level": rule.level,
        "exit_code": rule.exit_code,
        "about": rule.about,
        "why": rule.why,
        "remedy": rule.remedy,
        "wrong": rule.wrong,
        "right": rule.right,
        "mendable": rule.mendable,
    }
