"""From the text of a policy file (TOML) to Policies: every mistake named at once, each with its line (contract.md 8)."""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Any, Final

from domain.copying import replace
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
    Policies,
    Policy,
    RefundPolicy,
    ReshipmentPolicy,
    ReturnPolicy,
    Service,
)
from domain.rights import ROLES
from domain.vocabulary import NoticeKind, OrderStateName


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """`line` counts from 1; 0 when the place could not be found."""

    line: int
    sentence: str


class PolicyMistakes(Exception):
    """Everything that is wrong with a policy file, in the order of its lines."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = sorted(mistakes)
        super().__init__("\n".join(f"line {m.line}: {m.sentence}" for m in self.mistakes))


class Wrong(Exception):
    """A value that does not fit its key: the message says what is expected."""


Reader = Callable[[Any], Any]

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong("expected true or false")
    return value


def _words(*allowed: str) -> Reader:
    def read(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise Wrong('expected a list of words, ["A", "B"]')
        wrong = [item for item in value if allowed and item not in allowed]
        if wrong:
            raise Wrong(f"{wrong[0]!r} is none of {', '.join(allowed)}")
        return tuple(value)

    return read


def _one_of(*allowed: str) -> Reader:
    def read(value: Any) -> str:
        if value not in allowed:
            raise Wrong(f"expected one of {', '.join(allowed)}")
        return str(value)

    return read


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong("expected a text")
    return value


def _duration(unit: int) -> Reader:
    def read(value: Any) -> int:
        if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
            return round(value * unit)
        match = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if not match or not any(match.groups()):
            raise Wrong('expected a number ≥ 0 of the unit in the name, or an ISO 8601 duration such as "PT2S"')
        days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
        return round(days * DAY + hours * HOUR + minutes * 60_000_000 + seconds * 1_000_000)

    return read


def _damaged(value: Any) -> str:
    part = re.fullmatch(r"part:(\d{1,2})", value) if isinstance(value, str) else None
    if value not in ("person", "accept", "reject") and not (part and 1 <= int(part[1]) <= 99):
        raise Wrong("expected person, accept, reject or part:<1–99>")
    return str(value)


def _per_currency(value: Any) -> dict[str, int]:
    ok = isinstance(value, dict) and all(
        re.fullmatch("[A-Z]{3}", key) and type(amount) is int and amount >= 0 for key, amount in value.items()
    )
    if not ok:
        raise Wrong("expected minor units per currency, { EUR = 500 }")
    return dict(value)


def _sla(value: Any) -> dict[int, int]:
    if not isinstance(value, dict) or not all(re.fullmatch(r"[1-9]\d*", key) for key in value):
        raise Wrong("expected a duration per priority, { 1 = 4, 2 = 8 }")
    return {int(key): _duration(HOUR)(item) for key, item in value.items()}


def _groups(value: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise Wrong('expected members per group, { returns = ["anna"] }')
    return {key: _words()(members) for key, members in value.items()}


def _services(value: Any) -> tuple[Service, ...]:
    good = isinstance(value, list) and all(
        isinstance(item, dict)
        and set(item) == {"code", "label"}
        and all(isinstance(v, str) and v for v in item.values())
        for item in value
    )
    if not good:
        raise Wrong('expected a list of { code = "RETURN", label = "Return" }')
    return tuple(Service(item["code"], item["label"]) for item in value)


_HOURS, _DAYS = _duration(HOUR), _duration(DAY)

# section → (class, {key in the file: (field, reader)})
SECTIONS: Final[dict[str, tuple[type[Any], dict[str, tuple[str, Reader]]]]] = {
    "cancel": (CancelPolicy, {
        "statuses": ("statuses", _words(*(str(s) for s in OrderStateName if s != "UNKNOWN"))),
        "direct_at_warehouse": ("direct_at_warehouse", _switch), "answer_hours": ("answer", _HOURS),
        "reasons": ("reasons", _words()), "refund_on_shop_cancel": ("refund_on_shop_cancel", _switch)}),
    "changes": (ChangePolicy, {"answer_hours": ("answer", _HOURS), "reasons": ("reasons", _words())}),
    "returns": (ReturnPolicy, {
        "auto_approve": ("auto_approve", _switch), "self_approval": ("self_approval", _switch),
        "window_days": ("window", _DAYS), "transit_days": ("transit", _DAYS), "choose_source": ("choose_source", _switch),
        "expire_days": ("expire", _DAYS), "manual_if_not_received": ("manual_if_not_received", _switch),
        "damaged": ("damaged", _damaged), "restocking_fee": ("restocking_fee", _per_currency),
        "reasons": ("reasons", _words())}),
    "refunds": (RefundPolicy, {
        "auto_release": ("auto_release", lambda value: value), "at": ("at", _one_of("APPROVED", "RECEIVED")),
        "shipping": ("shipping", _one_of("all_lines", "never")),
        "leg_order": ("leg_order", _words("same_method", "newest", "oldest", "largest")),
        "answer_hours": ("answer", _HOURS), "second_person_above": ("second_person_above", _per_currency)}),
    "appeasements": (AppeasementPolicy, {"agent_limit": ("agent_limit", _per_currency), "reasons": ("reasons", _words())}),
    "exchanges": (ExchangePolicy, {
        "mode": ("mode", _one_of("ADVANCE", "HOLD")), "overdue_days": ("overdue", _DAYS), "reasons": ("reasons", _words())}),
    "reshipments": (ReshipmentPolicy, {"complete_days": ("complete", _DAYS), "reasons": ("reasons", _words())}),
    "cases": (CasePolicy, {
        "services": ("services", _services), "reminder_days": ("reminder", _DAYS), "close_days": ("close", _DAYS),
        "sla_hours": ("sla", _sla), "auto_resolve_lines": ("auto_resolve_lines", _switch),
        "not_shipped_days": ("not_shipped", _DAYS), "declined_days": ("declined", _DAYS),
        "waiting_alarm_days": ("waiting_alarm", _DAYS), "groups": ("groups", _groups)}),
    "notices": (NoticePolicy, {
        "off": ("off", _words(*(str(k) for k in NoticeKind if k != "UNKNOWN"))),
        "internal_recipient": ("internal_recipient", _text)}),
    "console": (ConsolePolicy, {"image_hosts": ("image_hosts", _words())}),
}  # fmt: skip

RIGHTS: Final = frozenset(right for rights in ROLES.values() for right in rights)


class _Places:
    """Finds the line on which a key of a section stands, for mistakes. Sections are dotted names, keys bare."""

    def __init__(self, text: str) -> None:
        self._at: dict[tuple[str, str], int] = {}
        section = ""
        for number, line in enumerate(text.splitlines(), 1):
            stripped = line.strip()
            if stripped.startswith("[") and "=" not in stripped.split("]")[0]:
                section = re.sub(r"[\s\"']", "", stripped.strip("[]").split("]")[0])
                self._at.setdefault((section, ""), number)
            elif match := re.match(r"([\w\"'.-]+)\s*=", stripped):
                path = f"{section}.{match[1]}".replace('"', "").replace("'", "").strip(".")
                self._at.setdefault((path.rpartition(".")[0], path.rpartition(".")[2]), number)

    def of(self, section: str, key: str = "") -> int:
        parent, _, name = section.rpartition(".")
        found = self._at.get((section, key)) or self._at.get((section, "")) or self._at.get((parent, name))
        return found or next((n for (s, _), n in self._at.items() if s.startswith(section)), 0)


class _Reading:
    """One pass over a parsed file, collecting mistakes."""

    def __init__(self, text: str) -> None:
        self.mistakes: list[Mistake] = []
        self.places = _Places(text)

    def wrong(self, section: str, key: str, sentence: str) -> None:
        self.mistakes.append(Mistake(self.places.of(section, key), sentence))

    def policy(self, name: str, table: Any, onto: Policy) -> Policy:
        if not isinstance(table, Mapping):
            self.wrong("", name, f"{name}: expected a table of sections")
            return onto
        for section, values in table.items():
            if section not in SECTIONS:
                self.wrong(
                    f"{name}.{section}", "", f"{name}.{section}: no such section; there are {', '.join(SECTIONS)}"
                )
            elif not isinstance(values, Mapping):
                self.wrong(name, section, f"{name}.{section}: expected a table")
            else:
                part = self.section(f"{name}.{section}", values, section, getattr(onto, section))
                onto = replace(onto, **{section: part})
        return onto

    def section(self, path: str, values: Mapping[str, Any], section: str, onto: Any) -> Any:
        readers = SECTIONS[section][1]
        changes: dict[str, Any] = {}
        for key, value in values.items():
            if key not in readers:
                self.wrong(path, key, f"{path}.{key}: no such key; there are {', '.join(readers)}")
                continue
            name, read = readers[key]
            try:
                made = read(value)
                if key == "auto_release":
                    made = self.auto_release(path, value, onto.auto_release)
                elif isinstance(made, dict):  # inline tables lay over the default key by key
                    made = {**getattr(onto, name), **made}
                changes[name] = made
            except Wrong as mistake:
                self.wrong(path, key, f"{path}.{key} = {value!r}: {mistake}")
        return replace(onto, **changes)

    def auto_release(self, path: str, value: Any, onto: AutoRelease) -> AutoRelease:
        names = {f.name.rstrip("_"): f.name for f in fields(AutoRelease)}
        if not isinstance(value, dict) or not all(k in names and isinstance(v, bool) for k, v in value.items()):
            raise Wrong(f"expected true or false for {', '.join(names)}")
        del path
        return replace(onto, **{names[key]: switch for key, switch in value.items()})

    def roles(self, table: Any) -> dict[str, tuple[str, ...]]:
        roles = dict(ROLES)
        if not isinstance(table, Mapping):
            self.wrong("", "roles", "roles: expected a table, agent = ['cases.*']")
            return roles
        areas = {right.partition(".")[0] for right in RIGHTS}
        for role, rights in table.items():
            try:
                roles[role] = _words()(rights)
            except Wrong as mistake:
                self.wrong("roles", role, f"roles.{role}: {mistake}")
                continue
            for right in roles[role]:
                if right not in RIGHTS and right != "*" and not (right.endswith(".*") and right[:-2] in areas):
                    self.wrong(
                        "roles", role, f"roles.{role}: {right!r} is no right; there are {', '.join(sorted(RIGHTS))}"
                    )
        return roles


def read(text: str) -> Policies:
    """The policies that a file says. Raises PolicyMistakes with every mistake, each with its line."""
    try:
        parsed = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        number = int(line[1]) if line else text.count("\n") + 1
        raise PolicyMistakes([Mistake(number, f"this is not TOML: {error}")]) from None
    reading = _Reading(text)
    for name in parsed.keys() - {"default", "channel", "roles"}:
        reading.wrong(name, "", f"{name}: no such table; there are default, channel.<sales channel>, roles")
    default = reading.policy("default", parsed.get("default", {}), Policy())
    channels = parsed.get("channel", {})
    if not isinstance(channels, Mapping):
        reading.wrong("", "channel", "channel: expected [channel.<sales channel>.<section>]")
        channels = {}
    by_channel = {name: reading.policy(f"channel.{name}", table, default) for name, table in channels.items()}
    roles = reading.roles(parsed.get("roles", {}))
    if reading.mistakes:
        raise PolicyMistakes(reading.mistakes)
    return Policies(sha256(text.encode()).hexdigest()[:16], default, by_channel, roles)
