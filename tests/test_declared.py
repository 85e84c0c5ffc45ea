"""The quickly made dataclass behaves as the standard one does."""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from piwikcli import declared
from piwikcli.archive.periods import Period


def make(dataclass: Callable[..., Any]) -> tuple[Any, Any]:
    @dataclass(frozen=True, slots=True)
    class Base:
        """A base."""

        name: str
        words: list[str] = dataclasses.field(default_factory=list)

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Derived(Base):
        """With more fields."""

        size: int
        limit: int | None = None

    return Base, Derived


BOTH = pytest.mark.parametrize("dataclass", [dataclasses.dataclass, declared.dataclass])


@BOTH
def test_fields_defaults_and_inheritance(dataclass: Callable[..., Any]) -> None:
    base, derived = make(dataclass)
    one = derived("a", size=3)
    assert (one.name, one.words, one.size, one.limit) == ("a", [], 3, None)
    assert derived("a", size=3) == one
    assert derived("a", size=4) != one
    assert base("a") != one
    assert one.words is not derived("b", size=1).words
    assert repr(one).endswith("Derived(name='a', words=[], size=3, limit=None)")
    assert dataclasses.replace(one, limit=5).limit == 5
    assert hash(base("a", ())) == hash(base("a", ()))  # type: ignore[arg-type]
    assert not hasattr(one, "__dict__")


@BOTH
@pytest.mark.parametrize(
    "wrong",
    [
        lambda base, derived: derived("a"),
        lambda base, derived: base(),
        lambda base, derived: base("a", [], 3),
        lambda base, derived: base("a", name="b"),
        lambda base, derived: base("a", colour="red"),
    ],
)
def test_wrong_calls_are_type_errors(dataclass: Callable[..., Any], wrong: Callable[..., Any]) -> None:
    with pytest.raises(TypeError):
        wrong(*make(dataclass))


@BOTH
def test_frozen_ones_do_not_change(dataclass: Callable[..., Any]) -> None:
    one = make(dataclass)[0]("a")
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.name = "b"
    with pytest.raises(dataclasses.FrozenInstanceError):
        del one.name


@declared.dataclass(slots=True)
class Open:
    """A changeable one."""

    count: int = 0


def test_others_change_and_have_no_hash() -> None:
    one = Open()
    one.count += 1
    assert one == Open(1)
    with pytest.raises(TypeError):
        hash(one)


def test_they_can_be_pickled() -> None:
    week = Period.of("week", date(2026, 3, 5))
    assert pickle.loads(pickle.dumps(week)) == week
    assert pickle.loads(pickle.dumps(Open(3))) == Open(3)
