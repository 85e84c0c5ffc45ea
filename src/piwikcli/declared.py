"""`dataclass` for the declarations that every start of the program makes.

The standard one writes and compiles the source of each method, about a millisecond a class: for all classes on
the way to a report a fifth of its time. This one has the same fields, defaults, inheritance, slots and `replace`,
with methods that are functions over the fields. Making an instance is slower (microseconds); for rows of data,
which are made in thousands, use the standard one.
"""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls=None, /, *, frozen=False, slots=False, kw_only=False):
        """As `dataclasses.dataclass` with these options."""

        def make(cls):
            cls.__doc__ = cls.__doc__ or cls.__name__  # or its signature would be worked out
            made = dataclasses.dataclass(cls, init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)
            made.__init__ = _init
            made.__repr__ = _repr
            made.__eq__ = _eq
            made.__hash__ = _hash if frozen else None
            made.__reduce__ = _reduce
            if frozen:
                made.__setattr__ = _refuse
                made.__delattr__ = _refuse
            return made

        return make if cls is None else make(cls)


def _init(self: Any, /, *given: Any, **named: Any) -> None:
    cls: Any = type(self)
    positional, fields = _layout(cls)
    if len(given) > len(positional):
        raise TypeError(f"{cls.__name__} takes {len(positional)} values, not {len(given)}")
    for name, value in zip(positional, given, strict=False):
        if name in named:
            raise TypeError(f"{cls.__name__} got {name} twice")
        named[name] = value
    for name, default, factory in fields:
        if name in named:
            value = named.pop(name)
        elif default is not dataclasses.MISSING:
            value = default
        elif factory is not dataclasses.MISSING:
            value = factory()
        else:
            raise TypeError(f"{cls.__name__} needs {name}")
        object.__setattr__(self, name, value)
    if named:
        raise TypeError(f"{cls.__name__} has no {', '.join(named)}")


@cache
def _layout(cls: Any) -> tuple[tuple[str, ...], tuple[tuple[str, Any, Any], ...]]:
    """The names that may be given by place, and each field's name, default and factory."""
    fields = dataclasses.fields(cls)
    positional = tuple(field.name for field in fields if not field.kw_only)
    return positional, tuple((field.name, field.default, field.default_factory) for field in fields)


def _names(cls: Any) -> tuple[str, ...]:
    return tuple(name for name, *_ in _layout(cls)[1])


def _values(instance: Any) -> tuple[Any, ...]:
    return tuple(getattr(instance, name) for name in _names(type(instance)))


def _repr(self: Any) -> str:
    names = _names(type(self))
    inside = ", ".join(f"{name}={value!r}" for name, value in zip(names, _values(self), strict=True))
    return f"{type(self).__qualname__}({inside})"


def _eq(self: Any, other: object) -> Any:
    if type(other) is not type(self):
        return NotImplemented
    return _values(self) == _values(other)


def _hash(self: Any) -> int:
    return hash(_values(self))


def _reduce(self: Any) -> Any:
    names = _names(type(self))
    return _made_again, (type(self), dict(zip(names, _values(self), strict=True)))


def _made_again(cls: Any, values: dict[str, Any]) -> Any:
    return cls(**values)


def _refuse(self: Any, name: str, *_: Any) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot change {type(self).__name__}.{name}")
