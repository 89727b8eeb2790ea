"""What a search puts first, and which names somebody may have meant."""

from __future__ import annotations

import pytest

from agentpkg.ranking import meant, near, rank

# Bundles from best to worst for the words before them; those in brackets are not found.
ORDERS = [
    ("sql", ["sql", "sql-reviewer", "big-sql", "keyed", "mysql-tool", "near-key", "said", "part"]),
    ("SQL", ["sql", "sql-reviewer", "big-sql", "keyed", "mysql-tool", "near-key", "said", "part"]),
]
ABOUT = {
    "sql": ("", ()),
    "sql-reviewer": ("", ()),
    "big-sql": ("", ()),
    "keyed": ("", ("SQL",)),
    "mysql-tool": ("", ()),
    "near-key": ("", ("sqlite",)),
    "said": ("Writes SQL.", ()),
    "part": ("Knows PostgreSQL.", ()),
    "nothing": ("Cooks.", ("food",)),
}


def found(*words: str, about: dict[str, tuple[str, tuple[str, ...]]] = ABOUT) -> list[str]:
    ranked = [(rank(words, name, *told), name) for name, told in about.items()]
    return [name for place, name in sorted((place, name) for place, name in ranked if place is not None)]


@pytest.mark.parametrize(("word", "order"), ORDERS)
def test_the_name_comes_before_keywords_and_these_before_descriptions(word: str, order: list[str]) -> None:
    assert found(word) == order


def test_every_word_must_stand_somewhere() -> None:
    assert rank(["sql", "cooks"], "sql", "Writes.", ()) is None
    assert rank(["sql", "writes"], "sql", "Writes.", ()) is not None


def test_without_a_word_all_are_found_alike() -> None:
    assert {rank([], name, *told) for name, told in ABOUT.items()} == {(0, 0)}


def test_words_that_make_the_name_come_first() -> None:
    about: dict[str, tuple[str, tuple[str, ...]]] = {
        "data-engineer": ("", ()),
        "data": ("For an engineer.", ("engineer",)),
        "senior-data-engineer": ("", ()),
        "engineer-data": ("", ()),
    }
    assert found("data", "engineer", about=about)[0] == "data-engineer"
    assert found("engineer", "data", about=about)[0] == "engineer-data"


def test_the_word_that_fits_worst_decides() -> None:
    about: dict[str, tuple[str, tuple[str, ...]]] = {
        "sql": ("It reads.", ()),  # the name, and a word of the description
        "mysql-preads": ("", ()),  # two parts of the name
    }
    assert found("sql", "reads", about=about) == ["mysql-preads", "sql"]


def test_a_bundle_of_another_registry_is_found_by_its_name_and_by_its_id() -> None:
    assert (
        rank(["tool"], "acme/tool", "", ())
        == rank(["acme/tool"], "acme/tool", "", ())
        == rank(["tool"], "tool", "", ())
    )
    assert rank(["acme"], "acme/tool", "", ()) is not None


@pytest.mark.parametrize(
    ("name", "likely"),
    [
        ("data-enginer", "data-engineer"),
        ("daat-engineer", "data-engineer"),
        ("Data-Engineer", "data-engineer"),
        ("enginer", "data-engineer"),
        ("reviewer", "sql-reviewer"),
        ("sql", "sql-reviewer"),
        ("wh", None),
        ("kitchen", None),
    ],
)
def test_a_near_name_is_the_first_that_is_told(name: str, likely: str | None) -> None:
    told = near(name, ["data-engineer", "sql-reviewer", "warehouse-librarian"])
    assert (told[0] if told else None) == likely


def test_no_more_than_three_are_told_and_always_in_one_order() -> None:
    known = [f"tool-{letter}" for letter in "dbacfe"]
    assert near("tool", known) == near("tool", sorted(known)) == ("tool-a", "tool-b", "tool-c")


def test_the_hint_names_them_or_says_what_else_to_do() -> None:
    assert meant("tol", ["tool", "pool"], "look") == "did you mean tool?"
    assert meant("xyz", ["tool"], "look") == "look"
