"""Deciding reshipments, and the units that they replace (domain.md 8)."""

from collections.abc import Mapping
from typing import Final

from domain.beginnings import beginning
from domain.commands import CancelReshipment, CreateReshipment
from domain.copying import replace
from domain.follow_orders import has_shipped
from domain.order_events import UnitsSpent
from domain.order_file import OrderFile
from domain.quantities import Bucket
from domain.refusals import Findings, Refused
from domain.reshipments import Reshipment, ReshipmentCancelled, ReshipmentLine, ReshipmentRequested
from domain.return_requests import make_return, terms_of
from domain.run import Run
from domain.vocabulary import (
    EntityType,
    ReshipmentState,
    ReturnSettlement,
)
from domain.wanted_units import Reasons, Wanted, check_wanted
from domain.wishes import check_address, check_note

B = Bucket
REPLACED: Final = (B.LOST, B.SHIPPED, B.DELIVERED)
"""Where the units lie that a reshipment replaces, in the order in which it takes them."""


def decide_reshipment(command: CreateReshipment, file: OrderFile, run: Run) -> list[object]:
    wanted = [Wanted(line.line_number, line.quantity, line.reason) for line in command.lines]
    findings = Findings()
    policy = run.policy(file.sales_channel).reshipments
    check_note(findings, command.comment)
    check_address(findings, command.shipping_address)
    check_wanted(findings, wanted, file, Reasons(policy.reasons, "reshipments.reasons"), *REPLACED)
    findings.raise_first()
    held = {item.line_number: _held(file, item) for item in wanted}
    reshipment = Reshipment(
        reshipment_id=run.ids.new(EntityType.RESHIPMENT),
        state=ReshipmentState.REQUESTED,
        lines=tuple(
            ReshipmentLine(
                line_number=item.line_number,
                quantity=item.quantity,
                sku=file.lines[item.line_number].sold.sku,
                reason=item.reason,
                held=held[item.line_number],
            )
            for item in wanted
        ),
        take_back=command.take_back,
        comment=command.comment,
        shipping_method=command.shipping_method,
        shipping_address=command.shipping_address,
        **beginning(command, run),
    )
    if not command.take_back:
        spent = tuple((number, str(bucket), units) for number, parts in held.items() for bucket, units in parts)
        return [ReshipmentRequested(reshipment.reshipment_id, reshipment), UnitsSpent(spent)]
    terms = terms_of(command, ReturnSettlement.RESHIP, reshipment_id=reshipment.reshipment_id)
    requested, moved = make_return(wanted, file, run, terms, *REPLACED)
    reshipment = replace(reshipment, return_id=requested.return_id)
    return [ReshipmentRequested(reshipment.reshipment_id, reshipment), requested, moved]


def _held(file: OrderFile, wanted: Wanted) -> tuple[tuple[Bucket, int], ...]:
    """Which free units a reshipment replaces: lost ones first, then those on their way, then delivered ones."""
    parts, quantity = [], wanted.quantity
    for bucket in REPLACED:
        part = min(quantity, file.lines[wanted.line_number].units.free(bucket))
        if part:
            parts.append((bucket, part))
            quantity -= part
    return tuple(parts)


def decide_cancel_reshipment(command: CancelReshipment, file: OrderFile, run: Run) -> list[object]:
    found = file.reshipments.get(command.reshipment_id)
    if found is None:
        raise Refused(
            "unknown_entity", f"Order {file.order_id} has no reshipment {command.reshipment_id}; check the id."
        )
    shipped = found.new_order_id is not None and has_shipped(run.sibling(file, found.new_order_id))
    if found.state is not ReshipmentState.ORDER_CREATED or shipped:
        raise Refused(
            "wrong_state",
            f"The reshipment is {found.state}; it can be cancelled until its order ships; return what was sent instead.",
        )
    return [ReshipmentCancelled(found.reshipment_id, command.reason)]


def unspend(file: OrderFile, found: Reshipment) -> list[object]:
    """Units that a cancelled reshipment no longer replaces, wherever they lie now."""
    free = freed(file, {line.line_number: line.quantity for line in found.lines})
    return [UnitsSpent(free)] if free else []


def freed(file: OrderFile, replaced: Mapping[int, int]) -> tuple[tuple[int, str, int], ...]:
    """So many units per line are replaced by nothing any more, as UnitsSpent has them."""
    free: list[tuple[int, str, int]] = []
    for number, quantity in replaced.items():
        left = quantity
        for bucket, units in file.lines[number].units.spent.items():
            part = min(left, units)
            if part:
                free.append((number, str(bucket), -part))
                left -= part
    return tuple(free)
