"""Hundreds of thousands of bent files: nothing but a refusal is raised, and nothing is read as more than it says."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.checks import Counts, try_file
from tests.fuzz.large import LARGE
from tests.fuzz.seeds import PROMPT, SEEDS
from tests.fuzz.sweep import Start, sweep

pytestmark = pytest.mark.fuzz
ROUNDS = int(os.environ.get("FUZZ_ROUNDS", "300"))
PARTS = 16
# A folder with a folder of agent files for each place that they are from; read before tests lose their variables.
CORPUS = os.environ.get("AGENTPKG_FUZZ_CORPUS", "")
MANY = settings(max_examples=3 * ROUNDS, suppress_health_check=list(HealthCheck))
Tally = Callable[[str, int], None]


def starts(part: int) -> list[tuple[str, Start]]:
    """Return the files of one part of a run."""
    found = [(f"seed {place}", Start(path=seed.path, text=seed.text)) for place, seed in enumerate(SEEDS)]
    root = Path(CORPUS)
    for path in sorted(root.rglob("*")) if CORPUS else ():
        inner = path.relative_to(root).as_posix()
        if path.is_file():
            text = path.read_bytes().decode(errors="replace")
            found.append((inner, Start(path=inner.partition("/")[2] or inner, text=text)))
    return found[part::PARTS]


@pytest.mark.parametrize("part", range(PARTS))
def test_no_bent_file_breaks_a_promise(part: int, tally: Tally) -> None:
    counts = Counts()
    sweep(starts(part), ROUNDS, counts)
    for kind, number in counts.of.items():
        tally(kind, number)


KEYS = st.sampled_from(
    ["name", "description", "tools", "Tools", "disallowedTools", "permission", "readonly", "model", "mcpServers", "x"]
)
VALUES = st.sampled_from(
    [
        "Read",
        "[Read, Bash]",
        "",
        "null",
        "'Read",
        '"a',
        "a: b",
        "|",
        ">-",
        "&a b",
        "*a",
        "{a: deny}",
        "[",
        "- x",
        "true",
    ]
)
LINES = st.one_of(
    st.builds(
        "{}{}{}{}".format, st.sampled_from(["", " ", "  ", "\t", "- "]), KEYS, st.sampled_from([": ", ":"]), VALUES
    ),
    st.sampled_from(
        ["  - Read", "- Bash", "  edit: deny", "---", "...", "<example>", "</example>", "user: hello", "", "#"]
    ),
)


@given(st.lists(LINES, max_size=9), st.sampled_from([seed.path for seed in SEEDS]))
@MANY
def test_no_header_of_such_lines_breaks_a_promise(lines: list[str], path: str) -> None:
    text = "\n".join(["---", "description: Use it", *lines, "---", PROMPT, ""])
    try_file(path, text.encode(), None, Counts())


@pytest.mark.parametrize(("path", "text"), LARGE, ids=range(len(LARGE)))
def test_a_megabyte_takes_no_time(path: str, text: str, tally: Tally) -> None:
    try_file(path, text.encode(), None, Counts())
    tally("large files", 1)


@given(st.binary(max_size=200), st.text(max_size=40) | st.sampled_from([seed.path for seed in SEEDS]))
@MANY
def test_any_bytes_at_any_path_are_read_or_refused(data: bytes, path: str) -> None:
    try_file(path, data, None, Counts())
    try_file(path, b"---\ndescription: d\n" + data, None, Counts())
