"""What the worker published about one story, and whether it kept the promises that hold for every record.

Checked of each record without being asked: an event id comes once; versions of an entity run 1, 2, 3 … without a hole;
`previous_state` is the state of the version before; the CloudEvents headers say what the value says; amounts add up;
the buckets of a line sum to its quantity; a repeated command gets the same answer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from ordercase.simulate.basket import Value

ENTITY_ID: Final = {
    "cases.CaseChanged": "case_id",
    "cases.TaskChanged": "task_id",
    "postsales.CancellationChanged": "cancellation_id",
    "postsales.OrderChangeChanged": "change_id",
    "postsales.ReturnChanged": "return_id",
    "postsales.RefundChanged": "refund_id",
    "postsales.ExchangeChanged": "exchange_id",
    "postsales.ReshipmentChanged": "reshipment_id",
}
ORDER: Final = "postsales.OrderStateChanged"
REPLY: Final = "replies.CommandResult"
NOTICE: Final = "notifications.NoticeRequested"
REQUEST: Final = "payments.PaymentRequest"


@dataclass(frozen=True, slots=True)
class Record:
    """One outbound record as it came. `name` is the contract's short name, like `postsales.RefundChanged`."""

    topic: str
    key: str
    name: str
    value: Value
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Entity:
    """The latest state of one entity, and every state that it went through, in order, without repeats."""

    name: str
    id: str
    latest: Value
    states: list[str] = field(default_factory=list)

    @property
    def version(self) -> int:
        return int(self.latest["version"])

    @property
    def state(self) -> str:
        return str(self.latest["state"])


class Seen:
    """Everything that came out for one story. What breaks a promise is kept in `wrongs`, as a sentence each."""

    def __init__(self) -> None:
        self.entities: dict[tuple[str, str], Entity] = {}
        self.replies: dict[str, Value] = {}
        self.previews: dict[str, Value] = {}
        self.requests: list[Value] = []
        self.notices: list[Value] = []
        self.made: list[Record] = []
        self.wrongs: list[str] = []
        self.repeated = 0
        self.last = "nothing"
        self._event_ids: set[str] = set()

    def take(self, record: Record) -> bool:
        """Keeps one record. False: it came before (the same event id), and nothing was done."""
        value, name = record.value, record.name
        self.last = f"{name} {value.get('state') or value.get('kind') or value.get('code') or value.get('status', '')}"
        if name == REPLY:
            return self._reply(value)
        if value["event_id"] in self._event_ids:
            self.repeated += 1
            return False
        self._event_ids.add(value["event_id"])
        self._headers(record)
        if name == REQUEST:
            self.requests.append(value)
        elif name == NOTICE:
            self.notices.append(value)
        elif name == ORDER or name in ENTITY_ID:
            self._version(name, value)
        else:
            self.made.append(record)
        return True

    def order(self, channel: str, order_id: str) -> Entity | None:
        return self.entities.get((ORDER, f"{channel}:{order_id}"))

    def entity(self, name: str, entity_id: str) -> Entity | None:
        return self.entities.get((name, entity_id))

    def all(self, name: str) -> list[Entity]:
        """The entities of one record name, the oldest first."""
        return [entity for (kind, _), entity in self.entities.items() if kind == name]

    def summary(self) -> str:
        """Where everything stands, for whoever has to find out why a story did not end."""
        parts = [f"{entity.name.partition('.')[2]} {'→'.join(entity.states)}" for entity in self.entities.values()]
        parts += [f"{len(self.requests)} payment requests", "notices " + ", ".join(n["kind"] for n in self.notices)]
        return f"last {self.last}; " + "; ".join(parts)

    def _reply(self, value: Value) -> bool:
        if value["dry_run"]:
            self.previews[value["command_id"]] = value
            return True
        before = self.replies.get(value["command_id"])
        if before is not None and before != value:
            self.wrongs.append(f"the command {value['command_id']} was answered again with something else: {value}")
        self.replies[value["command_id"]] = value
        return True

    def _headers(self, record: Record) -> None:
        said = record.headers
        if said and (said.get("ce_id"), said.get("ce_type")) != (record.value["event_id"], f"ordercase.{record.name}"):
            self.wrongs.append(f"{record.name}: the headers {dict(said)} do not name this event")

    def _version(self, name: str, value: Value) -> None:
        identity = f"{value['sales_channel']}:{value['order_id']}" if name == ORDER else value[ENTITY_ID[name]]
        before = self.entities.get((name, identity))
        version, state = before.version if before else 0, before.state if before else None
        what = f"{name} {identity} version {value['version']}"
        if value["version"] != version + 1:
            self.wrongs.append(f"{what} came after version {version}")
        if value.get("previous_state") != state:
            self.wrongs.append(f"{what} says it came from {value.get('previous_state')}, but it was {state}")
        self.wrongs += [f"{what}: {problem}" for problem in _sums(name, value)]
        entity = before or Entity(name, identity, value)
        entity.latest = value
        if not entity.states or entity.states[-1] != value["state"]:
            entity.states.append(value["state"])
        self.entities[name, identity] = entity


def _sums(name: str, value: Value) -> Iterable[str]:
    """What does not add up inside one record."""
    if name == ORDER:
        for line in value["lines"]:
            if sum(line["buckets"].values()) != line["quantity"] or min(line["buckets"].values(), default=0) < 0:
                yield f"the buckets {line['buckets']} of line {line['line_number']} are not its {line['quantity']} units"
        if value["state"] != value["status"]:
            yield f"state {value['state']} is not the status {value['status']}"
    if name == "postsales.RefundChanged":
        yield from _refund_sums(value)


def _refund_sums(value: Value) -> Iterable[str]:
    lines = value["lines"]
    for line in lines:
        if line["net_minor"] + line["tax_minor"] != line["gross_minor"]:
            yield f"net and tax of line {line['line_number']} are not its gross"
        if sum(tax["amount_minor"] for tax in line["taxes"]) != line["tax_minor"]:
            yield f"the taxes of line {line['line_number']} do not sum to {line['tax_minor']}"
    given = sum(line["gross_minor"] for line in lines)
    less = value["fee_minor"] + value["shortfall_minor"] + value["voided_minor"]
    if lines and value["amount_minor"] != given - less:
        yield f"the amount {value['amount_minor']} is not the lines' {given} less {less}"
    sent = sum(leg["amount_minor"] for leg in value["legs"] if leg["state"] != "REPLACED")
    if value["state"] != "RELEASED_OFFLINE" and sent != value["amount_minor"]:
        yield f"the legs sum to {sent}, not to {value['amount_minor']}"


def differences(have: object, want: object, where: str = "") -> list[str]:
    """What of `want` does not stand in `have`, a short sentence each.

    Dictionaries are compared for the names in `want` only (a name missing in `have` counts as 0 where 0 is wanted). A
    dictionary with line numbers as keys is laid over a list of lines; a list over a list, one by one.
    """
    if isinstance(want, Mapping):
        if isinstance(have, list):
            have = {entry.get("line_number", entry.get("case_line_id")): entry for entry in have}
        if not isinstance(have, Mapping):
            return [f"{where} is {have}"]
        return [d for key, part in want.items() for d in differences(have.get(key), part, f"{where}.{key}".strip("."))]
    if isinstance(want, list) and isinstance(have, list):
        if len(have) != len(want):
            return [f"{where} has {len(have)} entries, not {len(want)}"]
        pairs = enumerate(zip(have, want, strict=True))
        return [d for i, (h, w) in pairs for d in differences(h, w, f"{where}[{i}]")]
    return [] if have == want or (want == 0 and have is None) else [f"{where} is {have}, not {want}"]
