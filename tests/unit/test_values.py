"""Classes of values do what those of the standard library do."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest

from agentpkg import values

LIBRARIES = pytest.mark.parametrize("made_by", [dataclasses, values])


def make(made_by: Any, **how: bool) -> Any:
    """Return a class as either makes it."""

    @made_by.dataclass(slots=True, **how)
    class Row:
        """A row."""

        name: str
        places: tuple[int, ...] = ()
        more: dict[str, str] = made_by.field(default_factory=dict)
        seen: int = made_by.field(default=0, compare=False)

        @property
        def first(self) -> int:
            return self.places[0]

        @classmethod
        def of(cls, name: str) -> Any:
            build: Any = cls
            return build(name=name)

    return Row


@values.dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A value that does not change, where it can be pickled."""

    name: str
    more: dict[str, list[str]]


@values.dataclass(slots=True, kw_only=True)
class Note:
    """A value that does."""

    name: str
    more: dict[str, list[str]]


@LIBRARIES
def test_a_value_holds_what_it_is_given_and_its_defaults(made_by: ModuleType) -> None:
    row = make(made_by, frozen=True, kw_only=True)(name="a", places=(3,))
    assert (row.name, row.places, row.more, row.seen, row.first) == ("a", (3,), {}, 0, 3)
    assert repr(row) == "make.<locals>.Row(name='a', places=(3,), more={}, seen=0)"
    assert (type(row).__doc__, type(row).__module__, type(row).of("b").name) == ("A row.", __name__, "b")


@LIBRARIES
def test_each_value_gets_a_default_of_its_own(made_by: ModuleType) -> None:
    row = make(made_by, frozen=True)
    assert row("a").more is not row("b").more


@LIBRARIES
def test_what_is_missing_or_unknown_or_has_no_name_is_refused(made_by: ModuleType) -> None:
    row = make(made_by, frozen=True, kw_only=True)
    for arguments, named in (((), {}), ((), {"name": "a", "other": 1}), (("a",), {})):
        with pytest.raises(TypeError):
            row(*arguments, **named)


@LIBRARIES
def test_a_frozen_value_does_not_change(made_by: ModuleType) -> None:
    row = make(made_by, frozen=True)("a")
    with pytest.raises(AttributeError):
        row.name = "b"
    with pytest.raises(AttributeError):
        del row.name
    with pytest.raises((AttributeError, TypeError)):  # the library's own message for it is broken
        row.other = 1
    assert row.name == "a"


@LIBRARIES
def test_one_that_is_not_frozen_does_but_has_no_more_than_its_slots(made_by: ModuleType) -> None:
    row = make(made_by)("a")
    row.name = "b"
    assert row == make_like(row, "b")
    with pytest.raises(AttributeError):
        row.other = 1
    with pytest.raises(TypeError, match="unhashable type: 'Row'"):
        hash(row)


def make_like(row: Any, name: str) -> Any:
    return type(row)(name)


@LIBRARIES
def test_values_are_the_same_by_the_fields_that_count(made_by: ModuleType) -> None:
    row = make(made_by, frozen=True)
    assert row("a", seen=1) == row("a", seen=2)
    assert row("a") != row("b")
    assert row("a") != ("a", (), {}, 0)
    assert row("a") != make(made_by, frozen=True)("a"), "of another class"
    plain = row("a", more=())
    assert hash(plain) == hash(row("a", more=(), seen=4))
    assert len({plain, row("a", more=()), row("b", more=())}) == 2


@LIBRARIES
def test_they_have_an_order_where_one_is_asked_for(made_by: ModuleType) -> None:
    ordered = make(made_by, frozen=True, order=True)
    first, second = ordered("a", (1,)), ordered("a", (2,))
    assert first < second
    assert second > first
    assert first <= second
    assert second >= first
    with pytest.raises(TypeError):
        sorted([make(made_by, frozen=True)(name) for name in "ba"])


@LIBRARIES
def test_one_is_made_of_another(made_by: Any) -> None:
    row = make(made_by, frozen=True, kw_only=True)(name="a", places=(1,), seen=5)
    changed = made_by.replace(row, name="b")
    assert (changed.name, changed.places, changed.seen, row.name) == ("b", (1,), 5, "a")
    with pytest.raises(TypeError):
        made_by.replace(row, other=1)


@LIBRARIES
def test_a_class_takes_over_the_fields_of_its_base(made_by: Any) -> None:
    base: Any = make(made_by, frozen=True, kw_only=True)

    @made_by.dataclass(frozen=True, slots=True, kw_only=True)
    class Longer(base):  # type: ignore[misc]
        length: int
        name: str = "unnamed"

    row = Longer(length=2)
    assert repr(row).endswith("Longer(name='unnamed', places=(), more={}, seen=0, length=2)")
    assert made_by.replace(row, length=3) != row
    assert "__dict__" not in dir(row)


@pytest.mark.parametrize("frozen", [True, False])
def test_a_value_can_be_copied_and_pickled(frozen: bool) -> None:
    row = Stop(name="a", more={"b": ["c"]}) if frozen else Note(name="a", more={"b": ["c"]})
    deep = copy.deepcopy(row)
    for other in (copy.copy(row), deep, pickle.loads(pickle.dumps(row))):
        assert (type(other), other) == (type(row), row)
        assert other is not row
    assert copy.copy(row).more is row.more
    assert deep.more["b"] is not row.more["b"]
    replace: Any = row
    assert replace.__replace__(name="d").name == "d", "what copy.replace calls, where there is one"


@LIBRARIES
def test_a_field_without_a_default_follows_none_that_has_one(made_by: Any) -> None:
    def make_one(**how: bool) -> Any:
        @made_by.dataclass(frozen=True, slots=True, **how)
        class Pair:
            one: int = 1
            two: int

        return Pair

    with pytest.raises(TypeError, match="two"):
        make_one()
    assert make_one(kw_only=True)(two=2).one == 1


@LIBRARIES
def test_patterns_find_fields_by_their_place(made_by: ModuleType) -> None:
    assert make(made_by, frozen=True).__match_args__ == ("name", "places", "more", "seen")
    assert make(made_by, frozen=True, kw_only=True).__match_args__ == ()


@LIBRARIES
def test_a_default_that_all_would_share_is_refused(made_by: Any) -> None:
    with pytest.raises(ValueError, match="default_factory"):

        @made_by.dataclass(frozen=True, slots=True)
        class Shared:
            names: list[str] = []  # noqa: RUF012 (that is what is refused)


def test_what_the_library_has_beside_takes_them_too() -> None:
    row = make(values, frozen=True, kw_only=True)(name="a")
    library: Any = dataclasses
    assert library.is_dataclass(row)
    assert library.asdict(row) == {"name": "a", "places": (), "more": {}, "seen": 0}
    assert library.replace(row, name="b").name == "b"
    assert [one.name for one in library.fields(type(row))] == ["name", "places", "more", "seen"]
    of_the_library = make(dataclasses, frozen=True, kw_only=True)(name="a")
    assert values.replace(of_the_library, name="b").name == "b"


@pytest.mark.parametrize("content", [{}, {"__post_init__": None}])
def test_what_is_not_made_here_is_refused(content: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="plain fields with slots"):
        values.dataclass(slots=bool(content))(type("Other", (), content))


def test_the_library_is_not_imported_for_them() -> None:
    script = "import sys; import agentpkg.values, agentpkg.grants; sys.exit('dataclasses' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
