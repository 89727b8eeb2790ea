"""Classes of values, made in a fraction of the time that the standard library takes for them.

`dataclass`, `field` and `replace` are those of `dataclasses`, as far as they are used here: classes of plain fields
with slots. The library writes and compiles up to eight methods for each class, on every start; here that is one of
them, and the others need none. What the library has beside, `asdict` and the like, takes these classes too, and values
can be copied and pickled. Methods that a class has of its own stay; one with its own `__eq__` has no hash but its own.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["dataclass", "field", "replace"]
_MISSING: Any = object()
_ORDER = ("lt", "le", "gt", "ge")


class _Field:
    """What is known of a field: its default or what makes one, and whether it counts when values are compared."""

    __slots__ = ("compare", "default", "factory", "hint")

    def __init__(self, default: Any, factory: Any = None, compare: bool = True) -> None:
        if type(default).__hash__ is None:
            raise ValueError(f"all values would share the default {default!r}; use default_factory")
        self.default, self.factory, self.compare = default, factory, compare
        self.hint: Any = None


class _Standard:
    """What the functions of the standard library ask a class for, made when they first do."""

    def __get__(self, _: object, cls: Any) -> Any:
        from dataclasses import make_dataclass

        made: Any = make_dataclass(cls.__name__, [(name, one.hint) for name, one in cls.__value_fields__.items()])
        cls.__dataclass_fields__ = made.__dataclass_fields__
        return cls.__dataclass_fields__


_STANDARD = _Standard()


def _field(*, default: Any = _MISSING, default_factory: Any = None, compare: bool = True) -> Any:
    return _Field(default, default_factory, compare)


def _replace(value: Any, /, **changes: Any) -> Any:
    cls = type(value)
    for name in getattr(cls, "__value_fields__", None) or cls.__dataclass_fields__:
        if name not in changes:
            changes[name] = getattr(value, name)
    return cls(**changes)


def _dataclass(*, slots: bool = False, frozen: bool = False, kw_only: bool = False, order: bool = False) -> Any:
    def make(cls: Any) -> Any:
        if not slots or hasattr(cls, "__post_init__"):
            raise TypeError(f"{cls.__name__} is no class of plain fields with slots, which are all that is made here")
        content = {key: value for key, value in cls.__dict__.items() if key not in ("__dict__", "__weakref__")}
        inherited: dict[str, _Field] = getattr(cls, "__value_fields__", {})
        own = {name: _as_field(content.pop(name, _MISSING), hint) for name, hint in _hints(content).items()}
        fields = {**inherited, **own}
        methods = {
            "__qualname__": cls.__qualname__,
            "__slots__": tuple(name for name in own if name not in inherited),
            "__match_args__": () if kw_only else tuple(fields),
            "__value_fields__": fields,
            "__dataclass_fields__": _STANDARD,
            "__repr__": _show,
            "__reduce__": _reduce,
            "__replace__": _replace,
            **_compared(fields, frozen=frozen, order=order),
            **({"__setattr__": _refuse, "__delattr__": _refuse} if frozen else {}),
        }
        made = type(cls)(cls.__name__, cls.__bases__, {**methods, **content})
        made.__init__ = _initial(made, fields, kw_only=kw_only)
        return made

    return make


def _hints(content: Mapping[str, Any]) -> dict[str, Any]:
    hints: dict[str, Any] = content.get("__annotations__", {})
    return hints


def _as_field(default: Any, hint: Any) -> _Field:
    one = default if isinstance(default, _Field) else _Field(default)
    one.hint = hint
    return one


def _compared(fields: Mapping[str, _Field], *, frozen: bool, order: bool) -> dict[str, Any]:
    """Return the methods that compare values, by the fields that count, and only with those of the same class."""
    names = [name for name, one in fields.items() if one.compare]
    key: Callable[[Any], Any] = operator.attrgetter(*names) if names else type

    def comparing(answer: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
        return lambda one, other: answer(key(one), key(other)) if other.__class__ is one.__class__ else NotImplemented

    methods = {f"__{name}__": comparing(getattr(operator, name)) for name in ("eq", *(_ORDER if order else ()))}
    return {**methods, "__hash__": (lambda one: hash(key(one))) if frozen else None}


def _initial(cls: Any, fields: Mapping[str, _Field], *, kw_only: bool) -> Any:
    """Return the `__init__` of a class, which puts what it is given into the slots past any `__setattr__`."""
    taken: dict[str, Any] = {"__name__": cls.__module__}
    asked: list[str] = []
    body = []
    for name, one in fields.items():
        taken[f"_set_{name}"] = getattr(cls, name).__set__
        default = one.factory or one.default
        if default is not _MISSING:
            taken[f"_or_{name}"] = default
        elif not kw_only and asked and "=" in asked[-1]:
            raise TypeError(f"{cls.__name__}.{name} has no default, and follows a field that has one")
        asked.append(name if default is _MISSING else f"{name}=_or_{name}")
        value = f"_or_{name}() if {name} is _or_{name} else {name}" if one.factory else name
        body.append(f" _set_{name}(self, {value})\n")
    arguments = ", ".join(["self", *(["*"] if kw_only and asked else []), *asked])
    exec(f"def __init__({arguments}):\n{''.join(body) or ' pass'}", taken)  # noqa: S102 (made of names of fields alone)
    initial: Any = taken["__init__"]
    initial.__qualname__ = f"{cls.__qualname__}.__init__"
    initial.__annotations__ = {name: one.hint for name, one in fields.items()}
    return initial


def _show(self: Any) -> str:
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__value_fields__)
    return f"{type(self).__qualname__}({shown})"


def _reduce(self: Any) -> Any:
    return _restore, (type(self), {name: getattr(self, name) for name in self.__value_fields__})


def _restore(cls: Any, fields: Mapping[str, Any]) -> Any:
    return cls(**fields)


def _refuse(self: Any, name: str, _: object = None) -> None:
    raise AttributeError(f"a {type(self).__name__} does not change: {name} cannot be set or deleted")


if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
else:
    dataclass, field, replace = _dataclass, _field, _replace
