"""How an order file changes with each event: the fold. One function an event, found by its type."""

from collections.abc import Callable
from typing import Any, Final, get_args

from domain import cancellations, changes, exchanges, refunds, reshipments, returns
from domain import order_events as e
from domain.actors import Stamp
from domain.copying import replace
from domain.facts import Line, Order
from domain.ledger import after, heard, told
from domain.money import Amounts, Worth, nothing, share_out, tax_of_value
from domain.order_file import OrderFile, OrderLine
from domain.quantities import Bucket, Told, Units
from domain.vocabulary import EntityType, OrderEventKind, ProductType


def first_lines(lines: tuple[Line, ...], order_discount: int) -> dict[int, OrderLine]:
    """Freezes lines: the order's discount shared over all but SHIPPING by their totals, tax of the value per rate."""
    goods = [line for line in lines if line.product_type is not ProductType.SHIPPING]
    shares = dict(zip((line.line_number for line in goods), _shares(goods, order_discount), strict=True))
    return {line.line_number: _frozen(line, shares.get(line.line_number, 0)) for line in lines}


def _shares(goods: list[Line], discount: int) -> tuple[int, ...]:
    """Each share at most its line: the totals as weights already see to that while the discount fits them."""
    return share_out(discount, [line.total_minor for line in goods]) if discount else (0,) * len(goods)


def _frozen(line: Line, share: int) -> OrderLine:
    gross = line.total_minor - share
    value = Amounts(gross, tax_of_value(gross, line.total_minor, [tax.amount_minor for tax in line.taxes]))
    worth = Worth(base=value, units=line.quantity, given=nothing(len(line.taxes)))
    return OrderLine(sold=line, units=Units({Bucket.OPEN: line.quantity}), value=value, worth=worth)


def header(order: Order) -> Order:
    """What the file keeps of an order beside its lines."""
    return replace(order, lines=(), payments=())


def _order_seen(file: OrderFile, event: e.OrderSeen, stamp: Stamp) -> OrderFile:
    order = event.order
    if not file.known:
        lines = first_lines(order.lines, order.order_discount_minor)
        file = replace(file, created_at=stamp.at, created_by=stamp.actor, lines=lines)
    else:
        order = replace(order, order_type=file.facts.order_type, original_order_id=file.facts.original_order_id)
        lines = {**file.lines, **first_lines(tuple(ln for ln in order.lines if ln.line_number not in file.lines), 0)}
        for line in order.lines:
            known = lines[line.line_number]
            if known.sold.promised_date != line.promised_date:
                sold = replace(known.sold, promised_date=line.promised_date)
                lines[line.line_number] = replace(known, sold=sold)
    if event.kind is OrderEventKind.CANCELLED:
        said = Told(stamp.happened_at or stamp.at, stamp.cause_id, "SHOP_CANCELLED")
        lines = {number: replace(line, units=told(line.units, said)) for number, line in lines.items()}
    return replace(
        file,
        order=header(order),
        lines=lines,
        revision=event.revision,
        shop_confirmed=True,
        shop_cancelled=file.shop_cancelled or event.kind is OrderEventKind.CANCELLED,
    )


def _follow_order_made(file: OrderFile, event: e.FollowOrderMade, stamp: Stamp) -> OrderFile:
    return replace(
        file,
        order=header(event.order),
        lines=first_lines(event.order.lines, 0),
        revision=0,
        created_at=stamp.at,
        created_by=stamp.actor,
        root_id=event.root_id,
        made_by=event.exchange_id or event.reshipment_id,
        hold=event.hold,
    )


def _with_units(file: OrderFile, changed: dict[int, Units]) -> OrderFile:
    lines = {n: replace(line, units=changed[n]) if n in changed else line for n, line in file.lines.items()}
    return replace(file, lines=lines)


def _units_moved(file: OrderFile, event: e.UnitsMoved, stamp: Stamp) -> OrderFile:
    changed: dict[int, Units] = {}
    for number in event.lines:
        units = after(file.lines[number].units, number, event, stamp.happened_at or stamp.at)
        changed[number] = (
            units if event.fact else told(units, Told(stamp.at, stamp.cause_id, "MOVES", moves=event.of(number)))
        )
    return _with_units(file, changed)


def _warehouse_said(file: OrderFile, event: e.WarehouseSaid, _stamp: Stamp) -> OrderFile:
    return _with_units(
        file, {word.line_number: heard(file.lines[word.line_number].units, word, event) for word in event.words}
    )


def _units_spent(file: OrderFile, event: e.UnitsSpent, _stamp: Stamp) -> OrderFile:
    changed: dict[int, Units] = {}
    for number, name, change in event.spent:
        units = changed.get(number) or file.lines[number].units
        bucket = Bucket(name)
        spent = {**units.spent, bucket: units.spent.get(bucket, 0) + change}
        changed[number] = replace(units, spent={b: n for b, n in spent.items() if n})
    return _with_units(file, changed)


def _worth_spent(file: OrderFile, event: e.WorthSpent, _stamp: Stamp) -> OrderFile:
    lines = dict(file.lines)
    for number, quantity in event.units:
        line = lines[number]
        if event.cancelled:
            worth = line.worth.of(quantity).gross
            line = replace(
                line, cancelled_spent=line.cancelled_spent + quantity, cancelled_worth=line.cancelled_worth + worth
            )
        lines[number] = replace(line, worth=line.worth.spend(quantity))
    return replace(file, lines=lines)


def _worth_returned(file: OrderFile, event: e.WorthReturned, _stamp: Stamp) -> OrderFile:
    lines = dict(file.lines)
    gave = dict(event.gave)
    for number, quantity in event.units:
        lines[number] = replace(lines[number], worth=lines[number].worth.unspend(quantity, gave.get(number)))
    return replace(file, lines=lines)


def _worth_rebased(file: OrderFile, event: e.WorthRebased, _stamp: Stamp) -> OrderFile:
    lines = dict(file.lines)
    for number, appeased in event.appeased:
        line = lines[number]
        lines[number] = replace(line, worth=line.worth.rebase(line.value, appeased))
    return replace(file, lines=lines)


def _payment_heard(file: OrderFile, event: e.PaymentHeard, _stamp: Stamp) -> OrderFile:
    left_out = event.recorded_only == "other_currency"
    return file if left_out else replace(file, operations=(*file.operations, event.operation))


def _parcel_sent(file: OrderFile, event: e.ParcelSent, _stamp: Stamp) -> OrderFile:
    return file if event.repeated else replace(file, parcels=(*file.parcels, event.parcel))


def _concern_healed(file: OrderFile, event: e.ConcernHealed, stamp: Stamp) -> OrderFile:
    """A checkout has no concern that a timer raises: nobody asks when one of its was over."""
    rest = {name: case for name, case in file.concerns.items() if name != event.because}
    if not isinstance(file, OrderFile):
        return replace(file, concerns=rest)
    return replace(file, concerns=rest, healed={**file.healed, event.because: stamp.at})


def _attention_raised(file: OrderFile, event: e.AttentionRaised, _stamp: Stamp) -> OrderFile:
    file = replace(file, attention=tuple(sorted({*file.attention, event.code})))
    return replace(file, overdue=(*file.overdue, event.about)) if event.about else file


def _attention_cleared(file: OrderFile, event: e.AttentionCleared, _stamp: Stamp) -> OrderFile:
    return replace(file, attention=tuple(code for code in file.attention if code not in event.codes))


REMEDY_KEPT_IN: Final = {
    EntityType.CANCELLATION: "cancellations",
    EntityType.CHANGE: "changes",
    EntityType.RETURN: "returns",
    EntityType.REFUND: "refunds",
    EntityType.EXCHANGE: "exchanges",
    EntityType.RESHIPMENT: "reshipments",
}


def _remedy_erased(file: OrderFile, event: e.RemedyErased, _stamp: Stamp) -> OrderFile:
    name = REMEDY_KEPT_IN[event.entity_type]
    remedies = getattr(file, name)
    remedy = remedies[event.entity_id]
    changes: dict[str, Any] = {name: {**remedies, event.entity_id: replace(remedy, version=remedy.version + 1)}}
    return replace(file, **changes)


def _unchanged(file: OrderFile, _event: Any, _stamp: Stamp) -> OrderFile:
    """History only."""
    return file


def _in(name: str, key: str, machine: Callable[[Any, Any, Stamp], Any]) -> Callable[[OrderFile, Any, Stamp], OrderFile]:
    """Folds an event of a remedy into that remedy, found by the id on the event."""

    def evolve_remedy(file: OrderFile, event: Any, stamp: Stamp) -> OrderFile:
        remedies = getattr(file, name)
        entity_id = getattr(event, key)
        changes: dict[str, Any] = {name: {**remedies, entity_id: machine(remedies.get(entity_id), event, stamp)}}
        return replace(file, **changes)

    return evolve_remedy


REMEDIES: Final[dict[str, tuple[str, Any, Callable[[Any, Any, Stamp], Any]]]] = {
    "cancellation_id": ("cancellations", cancellations.CancellationEvent, cancellations.evolve),
    "change_id": ("changes", changes.ChangeEvent, lambda now, event, _stamp: changes.evolve(now, event)),
    "return_id": ("returns", returns.ReturnEvent, returns.evolve),
    "refund_id": ("refunds", refunds.RefundEvent, refunds.evolve),
    "exchange_id": ("exchanges", exchanges.ExchangeEvent, lambda now, event, _stamp: exchanges.evolve(now, event)),
    "reshipment_id": (
        "reshipments",
        reshipments.ReshipmentEvent,
        reshipments.evolve,
    ),
}
"""Id field of a remedy's events → where it stands in the file, its events, its fold."""

EVOLVE: Final[dict[type[Any], Callable[[OrderFile, Any, Stamp], OrderFile]]] = {
    e.OrderSeen: _order_seen,
    e.FollowOrderMade: _follow_order_made,
    e.FollowOrderReleased: lambda file, _event, _stamp: replace(file, hold=False),
    e.FollowOrderWithdrawn: lambda file, _event, _stamp: replace(file, withdrawn=True),
    e.UnitsMoved: _units_moved,
    e.UnitsSpent: _units_spent,
    e.WarehouseSaid: _warehouse_said,
    e.WorthSpent: _worth_spent,
    e.WorthReturned: _worth_returned,
    e.WorthRebased: _worth_rebased,
    e.PaymentHeard: _payment_heard,
    e.ParcelSent: _parcel_sent,
    e.ReceiptSeen: lambda file, event, _stamp: replace(file, receipts=(*file.receipts, event.receipt_id)),
    e.AttentionRaised: _attention_raised,
    e.AttentionCleared: _attention_cleared,
    e.ConcernOpened: lambda file, event, _stamp: replace(
        file, concerns={**file.concerns, event.because: event.case_id}
    ),
    e.ConcernHealed: _concern_healed,
    e.PersonErased: lambda file, event, _stamp: replace(file, version=event.version),
    e.RemedyErased: _remedy_erased,
    e.OrderStateMoved: lambda file, _event, _stamp: replace(file, version=file.version + 1),
    **dict.fromkeys(
        (e.StaleRevision, e.ConcernRaised, e.OrderCommented, e.Noted, e.LegsSent, e.NoticeAsked, e.NoticeAnswered),
        _unchanged,
    ),
    **{
        event: _in(name, key, machine)
        for key, (name, events, machine) in REMEDIES.items()
        for event in get_args(events)
    },
}


def evolve(file: OrderFile, event: object, stamp: Stamp) -> OrderFile:
    """The order file after `event`. Raises KeyError for an event that is not an order's."""
    return EVOLVE[type(event)](file, event, stamp)
