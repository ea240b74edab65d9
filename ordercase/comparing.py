"""Where two values that should be one differ: by the names of their parts, and without showing a person's data. Pure."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from domain.persons import differs_by_person

SHOWN: Final = 80
HIDDEN: Final = "(a person's)"
ABSENT: Final = "nothing"

Difference = tuple[str, str, str]
"""(which field, one value, the other)."""


def differences(one: object, other: object) -> Iterator[Difference]:
    """Every part that differs, by its path: `lines.1.units.buckets.open`. Dataclasses, maps, lists, plain values."""
    yield from _differ("", msgspec.to_builtins(one), msgspec.to_builtins(other), hidden=False)


def _differ(path: str, one: Any, other: Any, *, hidden: bool) -> Iterator[Difference]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in {**one, **other}:
            below = f"{path}.{name}" if path else str(name)
            within = hidden or differs_by_person(str(name))
            yield from _differ(below, one.get(name, _GONE), other.get(name, _GONE), hidden=within)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, (a, b) in enumerate(zip(one, other, strict=True)):
            yield from _differ(f"{path}.{place}", a, b, hidden=hidden)
    elif one != other:
        yield path, _shown(one, hidden=hidden), _shown(other, hidden=hidden)


class _Gone:
    """What a part is where there is none."""


_GONE: Final = _Gone()


def _shown(value: Any, *, hidden: bool) -> str:
    if value is _GONE:
        return ABSENT
    if hidden and value is not None:
        return HIDDEN
    if isinstance(value, dict):
        return f"{len(value)} fields"
    if isinstance(value, list):
        return f"{len(value)} entries"
    text = str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
