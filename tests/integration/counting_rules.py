"""A tiny set of rules of its own for tests of the loop: an order file writes down, in `parcels`, what was applied to it.

Messages are JSON: {"what": …, "id": uuid, "order": "shop:1", "mark": text, …}. `what`:
    order     makes the order known                   status    is applied, or waits while the order is not known
    stock     has no id                               comment   a command; {"dry": true} for a dry run
    invalid   a command that cannot be meant          garbage   cannot be decoded (reason in "reason")
and a status with a `mark` that begins with
    broken    breaks the rule      nul   leads to text that PostgreSQL refuses
    also:X    marks order X too, which nobody named before      line  waits until an order event marks "line" itself
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

from consumers.rules import Rules
from domain.actors import SYSTEM, Stamp
from domain.commands import Actor, AddComment, Command
from domain.facts import Customer, LineStatus, Order, OrderEvent, StockLevel
from domain.history import Entry
from domain.order_file import OrderFile
from domain.policy import DEFAULT, Policies
from domain.reference_data import StockFile
from domain.vocabulary import OrderEventKind, OrderStatus, OrderType
from domain.world import Aggregate, Effect, Kind, Outcome, Ref, Reply, Step, World
from schemas.outbound import Outbound
from schemas.refusal import InvalidCommand, RegistryUnavailable, Undecodable
from schemas.topics import COMMANDS, ORDER_STATES, ORDERS, REPLIES, STOCK, WAREHOUSE_STATUS

TOPIC_OF = {"order": ORDERS, "status": WAREHOUSE_STATUS, "stock": STOCK, "comment": COMMANDS, "invalid": COMMANDS,
            "garbage": WAREHOUSE_STATUS}  # fmt: skip
NOW = 1_790_000_000_000_000


@dataclass(frozen=True, slots=True)
class Marked:
    text: str


def body(what: str, order: str = "shop:1", mark: str = "", *, name: str | None = None, **more: Any) -> bytes:
    """The value of a message. The framing is ten bytes that nobody looks at. `name`: its id."""
    value = {"what": what, "id": name or str(uuid4()), "order": order, "mark": mark, **more}
    return b"\xc3\x01" + bytes(8) + json.dumps(value).encode()


def decode(topic: str, key: bytes | None, value: bytes | None) -> Any:
    said = json.loads((value or b"")[10:])
    channel, _, order_id = said["order"].partition(":")
    match said["what"]:
        case "order":
            return OrderEvent(event_id=said["id"], occurred_at=NOW, kind=OrderEventKind.PLACED, revision=said.get("revision", 1),
                              order=_order(channel, order_id, said["mark"]))  # fmt: skip
        case "status":
            return LineStatus(event_id=said["id"], occurred_at=NOW, sales_channel=channel, order_id=order_id,
                              source_id=said["mark"])  # fmt: skip
        case "stock":
            return StockLevel(sales_channel=channel, sku=order_id, available=said["available"], updated_at=NOW)
        case "comment":
            return AddComment(command_id=said["id"], issued_at=NOW, actor=Actor(id="anna"), sales_channel=channel,
                              order_id=order_id, text=said["mark"] or "hello", dry_run=said.get("dry", False))  # fmt: skip
        case "invalid":
            raise InvalidCommand(said["id"], "A quantity of 0.")
    raise Undecodable(said.get("reason", "undecodable"), f"Garbage on {topic} under {key!r}.")


def _order(channel: str, order_id: str, mark: str) -> Order:
    return Order(sales_channel=channel, order_id=order_id, order_type=OrderType.NORMAL, status=OrderStatus.NEW,
                 placed_at=NOW, currency="EUR", tax_included=True, store=mark, customer=Customer(customer_id="c"))  # fmt: skip


def order_ref(key: str) -> Ref:
    return Ref(Kind.ORDER, key)


def refs(message: Any) -> tuple[Ref, ...]:
    if isinstance(message, OrderEvent):
        return (order_ref(f"{message.order.sales_channel}:{message.order.order_id}"),)
    if isinstance(message, StockLevel):
        return (Ref(Kind.STOCK, f"{message.sales_channel}:{message.sku}"),)
    return (order_ref(f"{message.sales_channel}:{message.order_id}"),)


def related(_thing: Aggregate) -> tuple[Ref, ...]:
    return ()


def marked(world: World, ref: Ref, mark: str) -> OrderFile:
    """The order with one more mark; raises NotLoaded."""
    channel, _, order_id = ref.key.partition(":")
    found = world.get(ref)
    file = found if isinstance(found, OrderFile) else OrderFile(sales_channel=channel, order_id=order_id)
    return replace(file, version=file.version + 1, parcels=(*file.parcels, mark))


def _order_event(message: OrderEvent, world: World, at: int) -> Outcome:
    (ref,) = refs(message)
    file = replace(marked(world, ref, message.order.store or "order"), order=message.order, revision=message.revision)
    return _applied({ref: file}, message.event_id, at, awakens=(ref,))


def _status(message: LineStatus, world: World, at: int) -> Outcome:
    (ref,) = refs(message)
    mark = message.source_id or ""
    before = world.get(ref)
    known = isinstance(before, OrderFile) and before.known
    if not known or (mark == "line" and isinstance(before, OrderFile) and "line!" not in before.parcels):
        return Outcome(effect=Effect.WAITS, changed={}, waits_for=ref)
    if mark.startswith("broken"):
        raise LookupError(mark)
    changed = {ref: marked(world, ref, mark)}
    if mark.startswith("nul"):
        changed[ref] = replace(changed[ref], root_id="\0")
    if mark.startswith("also:"):
        other = order_ref(mark.removeprefix("also:"))
        changed[other] = marked(world, other, f"from {ref.key}")
    return _applied(changed, message.event_id, at)


def _applied(changed: dict[Ref, OrderFile], cause: str, at: int, awakens: tuple[Ref, ...] = ()) -> Outcome:
    steps = tuple(
        Step(ref, Marked(file.parcels[-1]), None, file, Stamp(at, SYSTEM, cause, at), cause)
        for ref, file in changed.items()
    )
    return Outcome(effect=Effect.APPLIED, changed=changed, steps=steps, awakens=awakens)


def _comment(message: AddComment, world: World, at: int) -> Outcome:
    (ref,) = refs(message)
    found = world.get(ref)
    known = isinstance(found, OrderFile) and found.known
    reply = Reply(command_id=message.command_id, accepted=known, message="Kept." if known else "Unknown.",
                  code=None if known else "unknown_order", dry_run=message.dry_run, occurred_at=at)  # fmt: skip
    if not known or message.dry_run:
        effect = Effect.DRY_RUN if message.dry_run else Effect.REFUSED
        return Outcome(effect=effect, changed={}, reply=reply)
    applied = _applied({ref: marked(world, ref, message.text)}, message.command_id, at)
    return replace(applied, reply=reply)


def handle(message: Any, world: World, _policies: Policies, at: int) -> Outcome:
    if isinstance(message, OrderEvent):
        return _order_event(message, world, at)
    if isinstance(message, Command):
        assert isinstance(message, AddComment)
        return _comment(message, world, at)
    if isinstance(message, StockLevel):
        (ref,) = refs(message)
        level = StockFile(
            sales_channel=message.sales_channel, sku=message.sku, available=message.available, updated_at=NOW
        )
        return Outcome(effect=Effect.APPLIED, changed={ref: level})
    return _status(message, world, at)


def project(outcome: Outcome, group_id: str) -> Sequence[Outbound]:
    made = [
        Outbound(
            ORDER_STATES, step.ref.key, "mark", {"mark": step.event.text}, (("ce_source", group_id),), step.event_id
        )
        for step in outcome.steps
        if isinstance(step.event, Marked)
    ]
    if outcome.reply is not None:
        reply = outcome.reply
        value = {"accepted": reply.accepted, "message": reply.message, "code": reply.code, "at": reply.occurred_at}
        made.append(
            Outbound(REPLIES, reply.command_id, "reply", value, (), str(uuid5(NAMESPACE_OID, reply.command_id)))
        )
    return made


def encode(_topic: str, _record: str, value: Any) -> bytes:
    return json.dumps(value).encode()


def entries(step: Step) -> Iterable[Entry]:
    yield Entry(entity=step.ref, happened_at=step.stamp.at, recorded_at=step.stamp.at, actor=step.stamp.actor,
                kind="comment", words="marked", data=step.event, cause_id=step.stamp.cause_id)  # fmt: skip


@dataclass
class Registry:
    """Whether the registry answers."""

    away: bool = False
    asked: list[UUID] = field(default_factory=list)


def counting_rules(registry: Registry | None = None, handle: Callable[..., Outcome] = handle) -> Rules:
    def through_registry(topic: str, key: bytes | None, value: bytes | None) -> Any:
        if registry is not None and registry.away:
            raise RegistryUnavailable("away")
        return decode(topic, key, value)

    return Rules(decode=through_registry, encode=encode, refs=refs, related=related, handle=handle, project=project,
                 entries=entries, timers=lambda _thing, _policies: (), policies=DEFAULT)  # fmt: skip
