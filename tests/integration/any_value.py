"""Any value of a dataclass of the domain, made from its types alone: what is added to a class is tried by itself."""

import types
from collections.abc import Hashable
from dataclasses import fields, is_dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

LONG = st.integers(-(2**62), 2**62)
TEXT = st.text(max_size=8)


@cache
def any_value(kind: Hashable) -> st.SearchStrategy[Any]:
    """Raises TypeError for a type that a document cannot hold, or that nobody has thought of here."""
    plain: dict[Any, st.SearchStrategy[Any]] = {
        int: LONG, str: TEXT, bool: st.booleans(), date: st.dates(), type(None): st.none(),
    }  # fmt: skip
    if kind in plain:
        return plain[kind]
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return st.sampled_from(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        parts = {field.name: st.deferred(lambda t=hints[field.name]: any_value(t)) for field in fields(kind)}  # type: ignore[misc]
        return st.builds(kind, **parts)
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return st.one_of([any_value(one) for one in args])
    if origin is tuple and args[-1] is Ellipsis:
        return st.lists(any_value(args[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*(any_value(one) for one in args))
    if origin is dict:
        return st.dictionaries(any_value(args[0]), any_value(args[1]), max_size=2)
    raise TypeError(f"{kind} cannot be kept in a document")
