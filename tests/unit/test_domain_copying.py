"""Records are made, and copied, as dataclasses does it, for every class of the domain."""

import dataclasses
import importlib
import inspect
import pkgutil
from typing import Any
from uuid import UUID
from uuid import uuid5 as standard_uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

import domain
from domain.copying import replace
from domain.identity import octets, uuid5
from domain.making import quickly_made
from domain.memo import KEPT, once
from domain.quantities import Bucket, Units


def records() -> list[type[Any]]:
    found = set()
    for module in pkgutil.iter_modules(domain.__path__):
        for value in vars(importlib.import_module(f"domain.{module.name}")).values():
            if isinstance(value, type) and dataclasses.is_dataclass(value):
                found.add(value)
    return sorted(found, key=lambda cls: (cls.__module__, cls.__qualname__))


@pytest.mark.parametrize("cls", records())
def test_every_record_is_frozen_slotted_and_has_nothing_that_runs_when_it_is_made(cls: type[Any]) -> None:
    assert cls.__dataclass_params__.frozen
    assert "__slots__" in vars(cls)
    assert not hasattr(cls, "__post_init__")
    assert "__dict__" not in dir(cls)


@pytest.mark.parametrize("cls", records())
def test_a_copy_of_any_record_is_of_its_class_with_its_fields_and_frozen(cls: type[Any]) -> None:
    record, names = object.__new__(cls), [field.name for field in dataclasses.fields(cls)]
    for name in names:
        object.__setattr__(record, name, name)
    made = replace(record)
    assert type(made) is cls
    assert [getattr(made, name) for name in names] == names
    for name in names[:1]:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(made, name, "another")


@pytest.mark.parametrize("cls", records())
def test_any_record_is_made_of_its_fields_and_its_defaults(cls: type[Any]) -> None:
    given_fields = {field.name: field.name for field in dataclasses.fields(cls) if not has_default(field)}
    made = cls(**given_fields)
    for field in dataclasses.fields(cls):
        assert getattr(made, field.name) == (field.name if field.name in given_fields else default(field))
    every = {field.name: f"another {field.name}" for field in dataclasses.fields(cls)}
    assert {name: getattr(cls(**every), name) for name in every} == every
    for name in given_fields:
        with pytest.raises(TypeError, match=name):
            cls(**{other: value for other, value in given_fields.items() if other != name})
    for name in [*every][:1]:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(made, name, "another")


def has_default(field: dataclasses.Field[Any]) -> bool:
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


def default(field: dataclasses.Field[Any]) -> Any:
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()


def test_a_quickly_made_record_takes_what_it_took_before() -> None:
    @dataclasses.dataclass(frozen=True, slots=True)
    class Slow:
        first: int
        second: list[int] = dataclasses.field(default_factory=list)
        third: int = 3
        fourth: int = dataclasses.field(default=4, kw_only=True)

    before = inspect.signature(Slow)
    quick = quickly_made(Slow)
    after = inspect.signature(quick)
    assert [(one.name, one.kind, one.annotation) for one in after.parameters.values()] == [
        (one.name, one.kind, one.annotation) for one in before.parameters.values()
    ]
    made = quick(1, [2], fourth=5)
    assert (made.first, made.second, made.third, made.fourth, type(made)) == (1, [2], 3, 5, Slow)
    assert quick(1).second is not quick(1).second
    with pytest.raises(TypeError, match="positional"):
        quick(1, [2], 3, 4)  # type: ignore[call-arg]


def test_a_copy_has_the_changes_and_all_the_rest() -> None:
    units = Units({Bucket.OPEN: 2}, left=1, warehouse_word="PICKED")
    assert replace(units, left=2, implied=1) == dataclasses.replace(units, left=2, implied=1)
    assert replace(units) == units
    assert replace(units) is not units


@given(st.uuids(), st.text(max_size=40))
def test_ids_are_those_of_the_standard(namespace: UUID, name: str) -> None:
    assert uuid5(namespace.bytes, name) == str(standard_uuid5(namespace, name))


@given(st.uuids())
def test_the_octets_of_a_uuid(uuid: UUID) -> None:
    assert octets(str(uuid)) == uuid.bytes


@pytest.mark.parametrize(
    "text", ["", "x" * 32, "00" * 15, "00" * 17, "00" * 15 + "  ", "00 " * 16, "{" + "00" * 16 + "}"]
)
def test_what_is_no_uuid_has_no_octets(text: str) -> None:
    with pytest.raises(ValueError, match=r"uuid|hexadecimal"):
        octets(text)


def test_a_field_that_does_not_exist_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="'lift'"):
        replace(Units({}), lift=1)  # type: ignore[call-arg]


def test_an_answer_is_remembered_for_the_very_parts_that_it_depends_on() -> None:
    asked = []

    @once("buckets")
    def size(units: Units) -> int:
        asked.append(units)
        return units.quantity

    first, equal = Units({Bucket.OPEN: 2}), Units({Bucket.OPEN: 2})
    assert (size(first), size(replace(first, left=1)), size(equal)) == (2, 2, 2)
    assert asked == [first, equal]
    for n in range(KEPT):
        size(Units({Bucket.OPEN: n + 1}))
    assert size(first) == 2
    assert asked[-1] is first
