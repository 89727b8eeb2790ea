"""An edited file, spelled like the one before where it says the same: no word of its author's is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentpkg.emit import markdown
from agentpkg.header import read_header
from agentpkg.respell import respell
from tests.unit.builders import TRICKY

BASE = '---\nname: "triage"\ndescription: "Sorts: incidents"\ntools: ["Read", "Grep"]\n---\n\nBody.\n'


@pytest.mark.parametrize(
    ("mine", "wanted"),
    [
        (BASE, BASE),
        ("---\nname: triage\ndescription: 'Sorts: incidents'\ntools: Read, Grep\n---\nBody.\n", BASE),
        ("---\ntools:\n  - Read\n  - Grep\nname: triage\ndescription: 'Sorts: incidents'\n---\nBody.\n", BASE),
        (
            "---\nname: triage\ndescription: Mine\ntools: Read\ncolor: red\n---\nMore.\n",
            '---\nname: "triage"\ndescription: Mine\ntools: Read\ncolor: red\n---\n\nMore.\n',
        ),
        ("---\nname: triage\n---\nBody.\n", '---\nname: "triage"\n---\n\nBody.\n'),
    ],
)
def test_what_says_the_same_is_spelled_as_before(mine: str, wanted: str) -> None:
    assert respell(mine.encode(), BASE.encode()).decode() == wanted


@pytest.mark.parametrize(
    "mine",
    [
        "---\n# mine\nname: triage\n---\nBody.\n",
        "---\nname: triage # mine\n---\nBody.\n",
        "---\ntools: [Read,\n# mine\n Grep]\n---\nBody.\n",
        "---\nname: triage\nname: triage\n---\nBody.\n",
        "---\nname: [\n---\nBody.\n",
        "No header.\n",
        "",
    ],
)
def test_what_cannot_be_taken_apart_stays_or_loses_nothing(mine: str) -> None:
    again = respell(mine.encode(), BASE.encode()).decode()
    assert again == mine or again.count("# mine") == mine.count("# mine")


@given(values=st.dictionaries(st.sampled_from(["name", "description", "tools", "x"]), TRICKY, min_size=1), body=TRICKY)
def test_a_file_says_what_it_said(values: dict[str, str], body: str) -> None:
    mine = markdown(values, f"Head.\n{body}\n")
    again = respell(mine, BASE.encode())
    assert read_header(again.decode(), "x") == read_header(mine.decode(), "x")
