"""`agentpkg check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentpkg import __version__, completing
from agentpkg.commands import options
from agentpkg.console import one_line, say, say_document, say_json, say_table, tell, warn
from agentpkg.errors import ContentRefused, UsageError, nearest

if TYPE_CHECKING:
    from agentpkg.findings import Finding
    from agentpkg.ops.check import Checked, Cost

_MOST_AGENTS = 24
# The characters that end a property, or a message, of an annotation, and what stands for them.
_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_MESSAGE, ":": "%3A", ",": "%2C"}
_KINDS = {"error": "error", "warning": "warning", "note": "notice"}


@click.command()
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--fix", is_flag=True, help="Mend first what needs no person; never in a published version.")
@click.option("--strict", is_flag=True, help="Exit with 3 on warnings too.")
@click.option(
    "--ignore",
    "ignored",
    shell_complete=completing.codes,
    metavar="CODE,...",
    multiple=True,
    help="Leave these codes out; may be repeated.",
)
@click.option(
    "--from-host",
    "host",
    shell_complete=completing.hosts,
    metavar="HOST",
    help="The host that files were written for; detected without.",
)
@click.option("--sarif", "as_sarif", is_flag=True, help="Print SARIF 2.1.0, for tools that show findings in the code.")
@click.option("--github", "as_lines", is_flag=True, help="Print annotations, as GitHub's workflows read them.")
@options.as_json
def command(
    paths: tuple[Path, ...],
    fix: bool,
    strict: bool,
    ignored: tuple[str, ...],
    host: str | None,
    as_json: bool,
    as_sarif: bool,
    as_lines: bool,
) -> None:
    """Look over bundles, and agents of any host, before others get them.

    A PATH is the folder of a bundle, a folder that holds bundles or agents, or one file; the current folder without it.
    """
    from agentpkg.checks import RULES
    from agentpkg.findings import to_sarif
    from agentpkg.ops.check import check

    if as_json + as_sarif + as_lines > 1:
        raise UsageError("--json, --sarif and --github exclude each other", hint="choose one of them")
    done = check(paths or (Path(),), ignore=_codes(ignored), fix=fix, written_for=host)
    if as_json:
        say_json(_data(done))
    elif as_sarif:
        say_document(to_sarif(done.findings, RULES, __version__))
    elif as_lines:
        for one in done.findings:
            say(_annotation(one))
    else:
        _show(done)
    for bundle in done.published:
        warn(f"{bundle} lies in a registry, where a version never changes, and was not mended")
    _fail(done, strict=strict, told=as_json or as_sarif)


def _codes(given: tuple[str, ...]) -> frozenset[str]:
    from agentpkg.checks import RULES

    known = [rule.code for rule in RULES]
    codes = frozenset(code.strip().upper() for text in given for code in text.split(",") if code.strip())
    for code in sorted(codes):
        if code not in known:
            raise UsageError(
                f"--ignore: unknown code {code!r}", hint=nearest(code, known, "agentpkg explain lists them")
            )
    return codes


def _counts(done: Checked) -> dict[str, int]:
    return {level: sum(one.level == level for one in done.findings) for level in _KINDS}


def _in_words(counts: dict[str, int]) -> str:
    parts = [f"{number} {level}{'s' if number > 1 else ''}" for level, number in counts.items() if number]
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def _fail(done: Checked, *, strict: bool, told: bool) -> None:
    counts = _counts(done)
    grave = {level: counts[level] for level in (("error", "warning") if strict else ("error",))}
    if any(grave.values()):
        raise ContentRefused(
            f"the check found {_in_words(grave)}", hint="agentpkg explain CODE tells why, and how to mend it", told=told
        )


def _show(done: Checked) -> None:
    for path, what in done.mended:
        say(one_line(f"mended {path}: {what}"))
    for one in done.findings:
        say(one_line(f"{one.level}[{one.rule.code}] {one.place}: {one.message}"))
    for rule in dict.fromkeys(one.rule for one in done.findings):
        tell(f"{rule.code}: {rule.about}; {rule.remedy}")
    if done.findings and done.agents:
        say()
    _show_agents(done.agents)
    if done.passed_over:
        tell(f"{_in_words({'file': done.passed_over})} of agentpkg's own writing passed over")
    if done.bundles or done.files:
        looked = {"bundle": done.bundles, "file": done.files, "agent": len(done.agents)}
        say(f"{_in_words(_counts(done)) or 'all is well'} in {_in_words(looked)}")
    else:
        say("there is nothing to check here")


def _show_agents(agents: tuple[Cost, ...]) -> None:
    """Print what agents cost, the dearest if there are many."""
    if not agents:
        return
    dear = sorted(agents, key=lambda one: (-one.description - one.prompt, one.path))[:_MOST_AGENTS]
    shown = [one for one in agents if one in dear]
    rows = [(one_line(one.path), one.agent, str(one.description), str(one.prompt)) for one in shown]
    say_table([("file", "agent", "description", "prompt (tokens, estimated)"), *rows])
    if len(agents) > len(shown):
        say(f"and {len(agents) - len(shown)} that cost less")
    say()


def _annotation(one: Finding) -> str:
    known = {"file": one.path, "line": one.line, "col": one.column, "title": one.rule.code}
    properties = ",".join(
        f"{key}={_escaped(str(value), _PROPERTY)}" for key, value in known.items() if value is not None
    )
    return f"::{_KINDS[one.level]} {properties}::{_escaped(one.message, _MESSAGE)}"


def _escaped(text: str, signs: dict[str, str]) -> str:
    return "".join(signs.get(one, one) for one in text)


def _data(done: Checked) -> dict[str, Any]:
    return {
        "findings": [
            {
                "code": one.rule.code,
                "level": one.level,
                "path": one.path,
                "line": one.line,
                "column": one.column,
                "message": one.message,
                "remedy": one.rule.remedy,
            }
            for one in done.findings
        ],
        "mended": [{"path": path, "what": what} for path, what in done.mended],
        "agents": [
            {"path": one.path, "agent": one.agent, "tokens": {"description": one.description, "prompt": one.prompt}}
            for one in done.agents
        ],
        "bundles": done.bundles,
        "files": done.files,
    }
