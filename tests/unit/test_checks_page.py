"""`docs/checks.md` is made from the rules, and says what they say. To write it again after a change that is meant:

python -m tests.unit.test_checks_page
"""

from __future__ import annotations

from pathlib import Path

from agentpkg.checks import GROUPS, RULES
from agentpkg.findings import Rule

PAGE = Path(__file__).parent.parent.parent / "docs" / "checks.md"
AGAIN = "python -m tests.unit.test_checks_page"
INTRO = f"""# Checks

What `agentpkg check` looks for in bundles, and in agents of any host. This page is made from the rules in
`agentpkg/checks/` and tested against them. To make it again: `{AGAIN}`. The same is told by
`agentpkg explain` and `agentpkg explain CODE`; how to run it is in the [Reference](reference.md#agentpkg-check).

Codes are stable: one never comes to mean something else, and one that goes is not used again. An `error` exits with 3,
a `warning` only with `--strict`, and a `note` never. A check that would often be wrong is left out, so that most word
lists know English only and look at the plain cases; a file without findings is not proved to be good.

`--fix` mends what needs no person: canonical names in a bundle's tool lists, values of the header that are no valid
YAML, characters without a width in the prompt, byte order marks, and line endings of two kinds. A tolerant reader must
find the same header and the same prompt before and after, else the change is dropped. So what an agent may do never
changes, and every other byte stays as it was.
"""


def section(rule: Rule) -> str:
    mended = "; `--fix` mends what of it needs no person" if rule.mendable else ""
    return "\n".join(
        [
            f"### {rule.code}\n",
            f"**{rule.level}**: {rule.about}{mended}.\n",
            f"{rule.why}\n",
            f"What to do: {rule.remedy}.\n",
            f"```text\n{rule.wrong}\n```\n",
            f"better:\n\n```text\n{rule.right}\n```\n",
        ]
    )


def page() -> str:
    head = "| code | level | what | `--fix` |\n|---|---|---|---|\n"
    rows = (
        f"| [{rule.code}](#{rule.code.lower()}) | {rule.level} | {rule.about} | {'yes' if rule.mendable else ''} |\n"
        for rule in RULES
    )
    parts = [INTRO, "## All codes\n", head + "".join(rows)]
    for title, rules in GROUPS.items():
        parts += [f"## {title}\n", *map(section, rules)]
    return "\n".join(parts)


def test_the_page_says_what_the_rules_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), f"if this is meant: {AGAIN}"


def test_every_code_stands_in_its_group() -> None:
    assert tuple(rule for rules in GROUPS.values() for rule in rules) == RULES
    for number, rules in enumerate(GROUPS.values(), 1):
        assert [rule.code for rule in rules] == sorted(rule.code for rule in rules)
        assert {rule.code[:3] for rule in rules} == {f"AP{number}"}


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
