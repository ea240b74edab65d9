"""What each value of a policy file may be: how it is read, and how an editor is told (JSON Schema)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from domain.policy import (
    DAY,
    HOUR,
    AppeasementPolicy,
    AutoRelease,
    CancelPolicy,
    CasePolicy,
    ChangePolicy,
    ConsolePolicy,
    ExchangePolicy,
    NoticePolicy,
    RefundPolicy,
    ReshipmentPolicy,
    ReturnPolicy,
    Service,
)
from domain.vocabulary import NoticeKind, OrderStateName


class Wrong(Exception):
    """A value that does not fit its key: each sentence says what is expected."""

    def __init__(self, *sentences: str) -> None:
        super().__init__("; ".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True, slots=True)
class Value:
    """`read` makes the policy's value of the file's, or raises Wrong; `schema` says the same to an editor."""

    read: Callable[[Any], Any]
    schema: Mapping[str, Any]


_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
_ISO: Final = r"^P(?=.)(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$"
_LONGEST: Final = 1_000_000
"""Hours or days: beyond it no time is meant that a clock could show."""
_CURRENCY: Final = "^[A-Z]{3}$"


def _read_switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong("expected true or false")
    return value


_SWITCH: Final = Value(_read_switch, {"type": "boolean"})


def words(*allowed: str) -> Value:
    """A list of words; of `allowed` ones where there are some."""

    def read(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise Wrong('expected a list of words, ["A", "B"]')
        if wrong := [item for item in value if allowed and item not in allowed]:
            raise Wrong(*(f"{item!r} is none of {', '.join(allowed)}" for item in wrong))
        return tuple(value)

    items: dict[str, Any] = {"enum": list(allowed)} if allowed else {"type": "string", "minLength": 1}
    return Value(read, {"type": "array", "items": items})


def _one_of(*allowed: str) -> Value:
    def read(value: Any) -> str:
        if value not in allowed:
            raise Wrong(f"expected one of {', '.join(allowed)}")
        return str(value)

    return Value(read, {"enum": list(allowed)})


def _read_text(value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong("expected a text")
    return value


_TEXT: Final = Value(_read_text, {"type": "string"})


def _duration(unit: int) -> Value:
    def read(value: Any) -> int:
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LONGEST:
            return round(value * unit)
        match = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if not match or not any(match.groups()):
            raise Wrong('expected a number ≥ 0 of the unit in the name, or an ISO 8601 duration such as "PT2S"')
        days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
        micros = days * DAY + hours * HOUR + minutes * 60_000_000 + seconds * 1_000_000
        if micros > _LONGEST * DAY:
            raise Wrong("expected a time that a clock could show")
        return round(micros)

    return Value(
        read, {"anyOf": [{"type": "number", "minimum": 0, "maximum": _LONGEST}, {"type": "string", "pattern": _ISO}]}
    )


def _read_damaged(value: Any) -> str:
    part = re.fullmatch(r"part:(\d{1,2})", value) if isinstance(value, str) else None
    if value not in ("person", "accept", "reject") and not (part and 1 <= int(part[1]) <= 99):
        raise Wrong("expected person, accept, reject or part:<1–99>")
    return str(value)


_DAMAGED: Final = Value(
    _read_damaged, {"type": "string", "pattern": r"^(person|accept|reject|part:(0?[1-9]|[1-9][0-9]))$"}
)


def _read_per_currency(value: Any) -> dict[str, int]:
    if not isinstance(value, dict):
        raise Wrong("expected minor units per currency, { EUR = 500 }")
    wrong = [f"{key!r} is no currency, expected {{ EUR = 500 }}" for key in value if not re.fullmatch(_CURRENCY, key)]
    wrong += [
        f"{key}: expected minor units ≥ 0" for key, amount in value.items() if type(amount) is not int or amount < 0
    ]
    if wrong:
        raise Wrong(*wrong)
    return dict(value)


_PER_CURRENCY: Final = Value(
    _read_per_currency,
    {
        "type": "object",
        "propertyNames": {"pattern": _CURRENCY},
        "additionalProperties": {"type": "integer", "minimum": 0},
    },
)


def _read_sla(value: Any) -> dict[int, int]:
    if not isinstance(value, dict):
        raise Wrong("expected a duration per priority, { 1 = 4, 2 = 8 }")
    wrong = [f"{key!r} is no priority, 1 is the highest" for key in value if not re.fullmatch(r"[1-9]\d*", key)]
    read: dict[int, int] = {}
    for key, item in value.items():
        try:
            read[int(key) if key.isdecimal() else 0] = _HOURS.read(item)
        except Wrong as mistake:
            wrong += [f"{key}: {sentence}" for sentence in mistake.sentences]
    if wrong:
        raise Wrong(*wrong)
    return read


def _read_groups(value: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise Wrong('expected members per group, { returns = ["anna"] }')
    return {key: words().read(members) for key, members in value.items()}


_GROUPS: Final = Value(_read_groups, {"type": "object", "additionalProperties": words().schema})


def _read_services(value: Any) -> tuple[Service, ...]:
    good = isinstance(value, list) and all(
        isinstance(item, dict)
        and set(item) == {"code", "label"}
        and all(isinstance(v, str) and v for v in item.values())
        for item in value
    )
    if not good:
        raise Wrong('expected a list of { code = "RETURN", label = "Return" }')
    return tuple(Service(item["code"], item["label"]) for item in value)


_NAMED: Final = {"type": "string", "minLength": 1}
_SERVICES: Final = Value(
    _read_services,
    {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"code": _NAMED, "label": _NAMED},
            "required": ["code", "label"],
            "additionalProperties": False,
        },
    },
)

RELEASED: Final = {f.name.rstrip("_"): f.name for f in fields(AutoRelease)}
"""The switches of auto_release: name in the file → name in AutoRelease."""


def _read_auto_release(value: Any) -> dict[str, bool]:
    """What is said of it, by the names of AutoRelease; the rest is as it was."""
    if not isinstance(value, dict):
        raise Wrong(f"expected true or false for {', '.join(RELEASED)}")
    wrong = [f"{key!r} is none of {', '.join(RELEASED)}" for key in value if key not in RELEASED]
    wrong += [f"{key}: expected true or false" for key, switch in value.items() if not isinstance(switch, bool)]
    if wrong:
        raise Wrong(*wrong)
    return {RELEASED[key]: switch for key, switch in value.items()}


_AUTO_RELEASE: Final = Value(
    _read_auto_release,
    {"type": "object", "properties": dict.fromkeys(RELEASED, _SWITCH.schema), "additionalProperties": False},
)

_HOURS, _DAYS, _WORDS = _duration(HOUR), _duration(DAY), words()
_SLA: Final = Value(
    _read_sla,
    {"type": "object", "propertyNames": {"pattern": r"^[1-9]\d*$"}, "additionalProperties": _HOURS.schema},
)

# section → (class, {key in the file: (field, value)})
SECTIONS: Final[dict[str, tuple[type[Any], dict[str, tuple[str, Value]]]]] = {
    "cancel": (CancelPolicy, {
        "statuses": ("statuses", words(*(str(s) for s in OrderStateName if s != "UNKNOWN"))),
        "direct_at_warehouse": ("direct_at_warehouse", _SWITCH), "answer_hours": ("answer", _HOURS),
        "reasons": ("reasons", _WORDS), "refund_on_shop_cancel": ("refund_on_shop_cancel", _SWITCH)}),
    "changes": (ChangePolicy, {"answer_hours": ("answer", _HOURS), "reasons": ("reasons", _WORDS)}),
    "returns": (ReturnPolicy, {
        "auto_approve": ("auto_approve", _SWITCH), "self_approval": ("self_approval", _SWITCH),
        "window_days": ("window", _DAYS), "transit_days": ("transit", _DAYS), "choose_source": ("choose_source", _SWITCH),
        "expire_days": ("expire", _DAYS), "manual_if_not_received": ("manual_if_not_received", _SWITCH),
        "damaged": ("damaged", _DAMAGED), "restocking_fee": ("restocking_fee", _PER_CURRENCY),
        "reasons": ("reasons", _WORDS)}),
    "refunds": (RefundPolicy, {
        "auto_release": ("auto_release", _AUTO_RELEASE), "at": ("at", _one_of("APPROVED", "RECEIVED")),
        "shipping": ("shipping", _one_of("all_lines", "never")),
        "leg_order": ("leg_order", words("same_method", "newest", "oldest", "largest")),
        "answer_hours": ("answer", _HOURS), "second_person_above": ("second_person_above", _PER_CURRENCY)}),
    "appeasements": (AppeasementPolicy, {"agent_limit": ("agent_limit", _PER_CURRENCY), "reasons": ("reasons", _WORDS)}),
    "exchanges": (ExchangePolicy, {
        "mode": ("mode", _one_of("ADVANCE", "HOLD")), "overdue_days": ("overdue", _DAYS), "reasons": ("reasons", _WORDS)}),
    "reshipments": (ReshipmentPolicy, {"complete_days": ("complete", _DAYS), "reasons": ("reasons", _WORDS)}),
    "cases": (CasePolicy, {
        "services": ("services", _SERVICES), "reminder_days": ("reminder", _DAYS), "close_days": ("close", _DAYS),
        "sla_hours": ("sla", _SLA), "auto_resolve_lines": ("auto_resolve_lines", _SWITCH),
        "not_shipped_days": ("not_shipped", _DAYS), "declined_days": ("declined", _DAYS),
        "waiting_alarm_days": ("waiting_alarm", _DAYS), "groups": ("groups", _GROUPS)}),
    "notices": (NoticePolicy, {
        "off": ("off", words(*(str(k) for k in NoticeKind if k != "UNKNOWN"))),
        "internal_recipient": ("internal_recipient", _TEXT)}),
    "console": (ConsolePolicy, {"image_hosts": ("image_hosts", _WORDS)}),
}  # fmt: skip
