"""Deciding changes of an order in flight, and what answers, the shop's own order and shipments mean for them (domain.md 5a)."""

from collections.abc import Iterator

from domain.beginnings import beginning
from domain.changes import (
    OPEN,
    ChangeAnswered,
    ChangeAsked,
    ChangeRequested,
    ChangeWithdrawn,
    FieldChange,
    OrderChange,
)
from domain.commands import ChangeOrder, WithdrawOrderChange
from domain.copying import replace
from domain.facts import ChangeAnswer, ChangeAnswerField
from domain.order_events import AttentionRaised, Noted
from domain.order_file import OrderFile
from domain.orders import judged_lines
from domain.quantities import LEFT_THE_HOUSE, STAGES, Bucket, Move
from domain.refusals import Findings, Refused
from domain.run import Run
from domain.vocabulary import AskedOf, ChangeField, EntityType, OrderChangeState
from domain.wishes import check_address, check_reason, duplicate_lines

B = Bucket
F = ChangeField


def _in_house(file: OrderFile, line_number: int | None, *also: Bucket) -> bool:
    """Whether a unit of the line (or of the order) is open or at the warehouse, or in `also`."""
    lines = [file.lines[line_number]] if line_number is not None else judged_lines(file)
    return any(line.units.at(B.OPEN, *STAGES, *also) for line in lines)


def _asked_of(file: OrderFile, line_number: int | None) -> AskedOf:
    """The warehouse where it has units, else the shop."""
    lines = [file.lines[line_number]] if line_number is not None else judged_lines(file)
    return AskedOf.WAREHOUSE if any(line.units.at(*STAGES) for line in lines) else AskedOf.SHOP


def _line_fields(findings: Findings, command: ChangeOrder, file: OrderFile, run: Run) -> Iterator[FieldChange]:
    for wish in command.lines:
        number = wish.line_number
        line = file.lines.get(number)
        if line is None:
            findings.add("unknown_line", f"Order {file.order_id} has no line {number}; name one that it has.")
            continue
        if not _in_house(file, number):
            findings.add("not_changeable", f"No unit of line {number} is still in the house; return or cancel instead.")
        if wish.new_quantity is not None:
            now = line.units.quantity - line.units.at(B.CANCELLED) + _added(file, number)
            if wish.new_quantity < now:
                findings.add("invalid_command", f"Line {number} has {now} units; use CancelOrder to have fewer.")
            elif wish.new_quantity > now:
                stock = run.stock(file.sales_channel, line.sold.sku)
                free = (stock.available or 0) - sum(stock.promised.values())
                if stock.available is None or free < wish.new_quantity - now:
                    findings.add(
                        "out_of_stock",
                        f"{max(0, free)} of {line.sold.sku!r} are free in {file.sales_channel}; ask for no more than that.",
                    )
                yield FieldChange(
                    field=F.QUANTITY,
                    asked_of=AskedOf.SHOP,
                    line_number=number,
                    current_quantity=now,
                    requested_quantity=wish.new_quantity,
                )
        if wish.delivery_date is not None and wish.delivery_date != line.sold.promised_date:
            yield FieldChange(
                field=F.DELIVERY_DATE,
                asked_of=_asked_of(file, number),
                line_number=number,
                current_date=line.sold.promised_date,
                requested_date=wish.delivery_date,
            )


def _added(file: OrderFile, number: int) -> int:
    """Units that lines which the shop added for this one still bring."""
    return sum(
        line.units.quantity - line.units.at(B.CANCELLED)
        for line in file.lines.values()
        if line.sold.original_line_number == number and not file.root_id
    )


def _order_fields(findings: Findings, command: ChangeOrder, file: OrderFile) -> Iterator[FieldChange]:
    if command.shipping_address is None and command.shipping_method is None:
        return
    order = file.facts
    shipping = next((part for part in order.shippings if part.shipping_id == command.shipping_id), None)
    if len(order.shippings) > 1 and command.shipping_id is None:
        findings.add("invalid_command", "The order has several shippings; name one with shipping_id.")
    if command.shipping_id is not None and shipping is None:
        findings.add("invalid_command", f"The order has no shipping {command.shipping_id!r}; name one that it has.")
    check_address(findings, command.shipping_address)
    if not _in_house(file, None):
        findings.add(
            "not_changeable", f"No unit of order {file.order_id} is still in the house; return or reship instead."
        )
    address = (shipping.address if shipping else None) or order.shipping_address
    method = (shipping.method if shipping else None) or order.shipping_method
    asked_of = _asked_of(file, None)
    if command.shipping_address is not None and command.shipping_address != address:
        yield FieldChange(
            field=F.ADDRESS,
            asked_of=asked_of,
            current_address=address,
            requested_address=command.shipping_address,
            shipping_id=command.shipping_id,
        )
    if command.shipping_method is not None and command.shipping_method != method:
        yield FieldChange(
            field=F.SHIPPING_METHOD,
            asked_of=asked_of,
            current_method=method,
            requested_method=command.shipping_method,
            shipping_id=command.shipping_id,
        )


def decide(command: ChangeOrder, file: OrderFile, run: Run) -> list[object]:
    """Everything asked for that differs from what is, field by field."""
    findings = Findings()
    duplicate_lines(findings, [line.line_number for line in command.lines])
    check_reason(findings, command.reason, run.policy(file.sales_channel).changes.reasons, "changes.reasons")
    fields = (*_line_fields(findings, command, file, run), *_order_fields(findings, command, file))
    if not fields:
        findings.add("nothing_to_change", f"Order {file.order_id} is already as asked for; nobody needs to be asked.")
    findings.raise_first()
    change = OrderChange(
        change_id=run.ids.new(EntityType.CHANGE),
        state=OrderChangeState.REQUESTED,
        fields=fields,
        reason=command.reason,
        **beginning(command, run),
    )
    return [ChangeRequested(change.change_id, change), ChangeAsked(change.change_id)]


def decide_withdraw(command: WithdrawOrderChange, file: OrderFile, run: Run) -> list[object]:
    del run
    found = file.changes.get(command.change_id)
    if found is None:
        raise Refused("unknown_entity", f"Order {file.order_id} has no change {command.change_id}; check the id.")
    if found.state not in OPEN or any(field.confirmed is not None for field in found.fields):
        raise Refused(
            "wrong_state",
            f"The change is {found.state}; it can be withdrawn before any answer; ask for another change instead.",
        )
    return [ChangeWithdrawn(found.change_id)]


def _says(answer: ChangeAnswerField, field: FieldChange) -> FieldChange:
    return replace(
        field,
        confirmed=answer.confirmed,
        approved_quantity=answer.approved_quantity if answer.confirmed else None,
        approved_date=answer.approved_date if answer.confirmed else None,
        reason=answer.reason,
    )


def answered(answer: ChangeAnswer, file: OrderFile) -> list[object]:
    """A shop's or warehouse's answer: of a line, or (no line named) of the whole order. What it says of fields that were
    not asked is recorded only."""
    found = file.changes.get(answer.change_id)
    if found is None:
        words = f"a change {answer.change_id} was answered, which this order does not have"
        return [Noted("warehouse", words), AttentionRaised("unknown_reference", words)]
    if found.state not in OPEN:
        return [Noted("warehouse", f"a change that is {found.state} already was answered; nothing was changed")]
    said = {(one.field, one.line_number): one for one in answer.answers}
    fields = tuple(
        _says(one, field)
        if field.confirmed is None
        and (one := said.get((field.field, field.line_number)) or said.get((field.field, None)))
        else field
        for field in found.fields
    )
    return [ChangeAnswered(found.change_id, fields)] if fields != found.fields else []


def shown_by_order(file: OrderFile) -> list[object]:
    """An order of the shop that shows what was asked for confirms it."""
    events: list[object] = []
    for found in file.changes.values():
        if found.state in OPEN:
            fields = tuple(
                replace(field, confirmed=True) if field.confirmed is None and _shows(file, field) else field
                for field in found.fields
            )
            if fields != found.fields:
                events.append(ChangeAnswered(found.change_id, fields))
    return events


def _shows(file: OrderFile, field: FieldChange) -> bool:
    order = file.facts
    shipping = next((part for part in order.shippings if part.shipping_id == field.shipping_id), None)
    match field.field:
        case F.ADDRESS:
            return field.requested_address in (order.shipping_address, shipping.address if shipping else None)
        case F.SHIPPING_METHOD:
            return field.requested_method in (order.shipping_method, shipping.method if shipping else None)
        case F.DELIVERY_DATE if field.line_number in file.lines:
            return file.lines[field.line_number].sold.promised_date == field.requested_date
        case F.QUANTITY if field.line_number in file.lines:
            line = file.lines[field.line_number]
            now = line.units.quantity - line.units.at(B.CANCELLED) + _added(file, field.line_number)
            return now == field.requested_quantity
    return False


def beaten_by_shipment(file: OrderFile, moves: tuple[Move, ...]) -> list[object]:
    """What leaves the house first wins: the field is refused when no unit that it is about is left inside, not even one
    that somebody would like to cancel."""
    if not any(move.target in LEFT_THE_HOUSE and move.source not in LEFT_THE_HOUSE for move in moves):
        return []
    events: list[object] = []
    for found in file.changes.values():
        if found.state not in OPEN:
            continue
        fields = tuple(
            replace(field, confirmed=False, reason="shipped before it was answered")
            if field.confirmed is None and not _in_house(file, field.line_number, B.CANCEL_ASKED)
            else field
            for field in found.fields
        )
        if fields != found.fields:
            events.append(ChangeAnswered(found.change_id, fields))
    return events
