"""The edge models: every inbound record as a strict pydantic TypeAdapter over a TypedDict, and on to the domain.

The TypedDicts are made from the domain's dataclasses once at import, so that the two cannot drift apart; what a value
may be stands in edge_constraints.py, what values may be together in edge_checks.py. A checked dictionary becomes the
frozen dataclass by msgspec, which is strict as well and knows the dataclasses' types already.
"""

import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from domain import commands, facts
from schemas.edge_constraints import ATTRIBUTES, MAX_ITEMS, SHOWN, SYMBOLS, constraint

_BUILTINS: Final = (date,)

FACT_TYPES: Final[dict[str, type[Any]]] = {
    "commerce.OrderEvent": facts.OrderEvent,
    "commerce.ChangeAnswer": facts.ChangeAnswer,
    "commerce.CheckoutEvent": facts.CheckoutEvent,
    "commerce.Product": facts.Product,
    "commerce.StockLevel": facts.StockLevel,
    "warehouse.LineStatus": facts.LineStatus,
    "warehouse.Shipment": facts.Shipment,
    "warehouse.CancellationAnswer": facts.CancellationAnswer,
    "warehouse.ReturnReceipt": facts.ReturnReceipt,
    "warehouse.ChangeAnswer": facts.WarehouseChangeAnswer,
    "warehouse.Source": facts.Source,
    "payments.PaymentEvent": facts.PaymentEvent,
    "notifications.NoticeReceipt": facts.NoticeReceipt,
}
"""Inbound record → the dataclass that it becomes."""

_BASES: Final = (commands.Command, commands.CaseCommand, commands.OrderCommand, commands.RefundCommand)

COMMAND_TYPES: Final[dict[str, type[commands.Command]]] = {
    f"commands.{name}": kind
    for name, kind in vars(commands).items()
    if isinstance(kind, type) and issubclass(kind, commands.Command) and kind not in _BASES
}


def _model_of(kind: Any) -> Any:
    """The TypedDict of a dataclass, every key required: the codec has filled the defaults in."""
    made: Any = TypedDict  # the functional form takes a computed dictionary only past the type checker
    hints = get_type_hints(kind)
    model = made(kind.__name__, {field.name: _edge_type(kind, field.name, hints[field.name]) for field in fields(kind)})
    model.__pydantic_config__ = ConfigDict(strict=True, hide_input_in_errors=True)
    return model


_model: Final[Callable[[Any], Any]] = cache(_model_of)


def _edge_type(owner: type[Any], name: str, hint: Any) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        (inner,) = (argument for argument in arguments if argument is not type(None))
        return _edge_type(owner, name, inner) | None
    if origin is tuple:
        return Annotated[list[_edge_type(owner, name, arguments[0])], Field(max_length=MAX_ITEMS)]  # type: ignore[misc]
    if origin is dict:
        return Annotated[ATTRIBUTES, Field(max_length=1_000)]
    if is_dataclass(hint):
        return _model(hint)
    if issubclass(hint, StrEnum):
        every = tuple(symbol.value for symbol in hint if symbol.value != "UNKNOWN")
        return Literal[SYMBOLS.get((owner.__name__, name), every)]
    return constraint(owner.__name__, name, hint)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One value that cannot be meant: where (`order.lines[0].quantity`), of which kind, and a sentence about it."""

    field: str
    kind: str
    sentence: str


class Invalid(Exception):
    """A record whose values cannot be meant; `mistakes` holds at least one."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__(mistakes[0].sentence)
        self.mistakes = mistakes


class EdgeModel:
    """Checks the dictionaries of one record and makes the domain's dataclass of them."""

    def __init__(self, record: str, kind: type[Any]) -> None:
        self.record = record
        self.kind = kind
        self._check = TypeAdapter(_model(kind)).validator.validate_python

    def check(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """The same values, ids in lower case and card numbers masked. Raises Invalid."""
        try:
            checked: dict[str, Any] = self._check(value)
        except ValidationError as error:
            raise Invalid(_mistakes(error, value)) from None
        return checked

    def to_domain(self, checked: Mapping[str, Any]) -> Any:
        """The frozen dataclass of a checked dictionary."""
        return msgspec.convert(checked, type=self.kind, builtin_types=_BUILTINS)


@cache
def edge_of(record: str) -> EdgeModel:
    """The edge model of an inbound record, by the contract's name. Raises KeyError for a record that only goes out."""
    return EdgeModel(record, FACT_TYPES[record] if record in FACT_TYPES else COMMAND_TYPES[record])


def _mistakes(error: ValidationError, value: Mapping[str, Any]) -> tuple[Mistake, ...]:
    found = []
    for detail in error.errors(include_url=False, include_input=False, include_context=True):
        path, message = detail["loc"], detail["msg"]
        where = _where(path)
        sentence = f"{where}{_shown(path, value)}: {message[:1].lower()}{message[1:]}"
        found.append(Mistake(where, detail["type"], sentence))
    return tuple(found)


def _where(path: tuple[int | str, ...]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.lstrip(".")


def _shown(path: tuple[int | str, ...], value: Any) -> str:
    """` is 0` where the value is a number, a symbol or an id; how long it is where it may be a person's."""
    names = [part for part in path if isinstance(part, str)]
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return ""
    if isinstance(value, (bool, int)) or value is None:
        return f" is {value}"
    if isinstance(value, str):
        symbol = value.isupper() and value.replace("_", "").isalpha()
        return f" is {value[:50]!r}" if symbol or (names[-1:] and names[-1] in SHOWN) else f" ({len(value)} characters)"
    return f" ({len(value)} entries)" if isinstance(value, (list, dict)) else ""
