"""How every story may end well: whoever was asked answers yes, what was announced comes, what needs a person is decided.

Whatever happened before, after that nothing may be open: there is no state without a way out but the terminal ones.
"""

from collections.abc import Iterator
from typing import Any, Final

from domain import commands as c
from domain import facts as f
from domain.checkouts import CheckoutFile
from domain.order_file import OrderFile
from domain.quantities import LEFT_THE_HOUSE, Bucket
from domain.refunds import Leg, Refund
from domain.returns import Return
from domain.run import checkout_ref, order_ref
from domain.vocabulary import (
    CancellationState,
    ExchangeState,
    LegState,
    OrderChangeState,
    PaymentKind,
    ReceiptOutcome,
    RefundState,
    ReshipmentState,
    ReturnState,
    UnitStatus,
    Verdict,
)
from tests.builders.town import Town

DAY: Final = 86_400_000_000
BOSS: Final = c.Actor(id="boss", roles=("manager",), channels=("*",))
_BROKEN: Final = (RefundState.EXCEPTION, RefundState.PARTLY_RELEASED, RefundState.REVERSED)
ASKED: Final = (LegState.SENT, LegState.UNANSWERED)
OVER: Final[dict[str, tuple[str, ...]]] = {
    "cancellations": (CancellationState.CONFIRMED, CancellationState.PARTLY_CONFIRMED, CancellationState.REFUSED),
    "changes": (
        OrderChangeState.CONFIRMED,
        OrderChangeState.PARTLY_CONFIRMED,
        OrderChangeState.REFUSED,
        OrderChangeState.WITHDRAWN,
    ),
    "returns": (ReturnState.DENIED, ReturnState.CANCELLED, ReturnState.EXPIRED, ReturnState.SETTLED),
    "refunds": (RefundState.CANCELLED, RefundState.RELEASED, RefundState.RELEASED_OFFLINE),
    "exchanges": (
        ExchangeState.DENIED,
        ExchangeState.COMPLETED,
        ExchangeState.CANCELLED,
        ExchangeState.CONVERTED_TO_REFUND,
    ),
    "reshipments": (ReshipmentState.COMPLETED, ReshipmentState.CANCELLED),
}
"""The terminal states of what an order file holds. A reversal may still come after RELEASED."""


def open_things(file: OrderFile | CheckoutFile) -> list[tuple[str, str, str]]:
    """(what, id, state) of everything that is not over, voids that are not confirmed among it."""
    found = []
    for what, over in OVER.items():
        things = getattr(file, what, {})
        found += [(what, key, str(thing.state)) for key, thing in things.items() if thing.state not in over]
    for cancellation in file.cancellations.values():
        found += [("voids", leg.leg_id, leg.state) for leg in cancellation.voids if leg.state is not LegState.CONFIRMED]
    return found


def place(file: OrderFile | CheckoutFile) -> dict[str, Any]:
    if isinstance(file, CheckoutFile):
        return {"sales_channel": file.sales_channel, "checkout_id": file.checkout_id}
    return {"sales_channel": file.sales_channel, "order_id": file.order_id}


def answers(town: Town, file: OrderFile | CheckoutFile) -> Iterator[Any]:
    """What shop, warehouse and gateway say to what they were asked about this file: yes."""
    for refund in file.refunds.values():
        if refund.state is not RefundState.RELEASED_OFFLINE:
            yield from (_paid(town, file, leg, PaymentKind.REFUNDED) for leg in refund.legs if leg.state in ASKED)
    for cancellation in file.cancellations.values():
        yield from (_paid(town, file, leg, PaymentKind.VOIDED) for leg in cancellation.voids if leg.state in ASKED)
    if not isinstance(file, OrderFile):
        return
    for cancellation in file.cancellations.values():
        if cancellation.state in (CancellationState.ASKED_WAREHOUSE, CancellationState.TIMED_OUT):
            late = cancellation.state is CancellationState.TIMED_OUT
            lines = tuple(
                f.CancellationAnswerLine(
                    line_number=line.line_number,
                    confirmed=0 if late else min(line.waiting, file.lines[line.line_number].units.at(*_STOPPABLE)),
                    refused=line.waiting + line.shipped,
                )
                for line in cancellation.lines
            )
            yield _now(town, f.CancellationAnswer, file, cancellation_id=cancellation.cancellation_id, lines=lines)
    for change in file.changes.values():
        if change.state in (OrderChangeState.ASKED, OrderChangeState.TIMED_OUT):
            said = tuple(
                f.ChangeAnswerField(field=field.field, line_number=field.line_number, confirmed=True)
                for field in change.fields
                if field.confirmed is None
            )
            yield _now(town, f.ChangeAnswer, file, change_id=change.change_id, answers=said)


_STOPPABLE: Final = (Bucket.CANCEL_ASKED, Bucket.DECLINED)


def _now(town: Town, record: type[Any], file: OrderFile | CheckoutFile, /, **fields: Any) -> Any:
    return town.fact(record, occurred_at=town.worker.at, **place(file), **fields)


def _paid(town: Town, file: OrderFile | CheckoutFile, leg: Leg, kind: PaymentKind) -> Any:
    return _now(town, f.PaymentEvent, file, payment_ref=leg.payment_ref, gateway=leg.gateway, method=leg.method,
                kind=kind, amount_minor=leg.amount_minor, currency=file.currency, operation_reference=leg.leg_id,
                gateway_reference=f"G-{leg.leg_id}")  # fmt: skip


def goods(town: Town, file: OrderFile) -> Iterator[Any]:
    """What a warehouse has to do with this order: announced goods come back, an E or R order goes out and arrives."""
    for found in file.returns.values():
        if found.state in (ReturnState.APPROVED, ReturnState.PARTLY_RECEIVED):
            lines = tuple(
                f.ReceiptLine(line_number=line.line_number, quantity=line.quantity - line.received,
                              outcome=ReceiptOutcome.GOOD)
                for line in found.lines
                if line.quantity > line.received
            )  # fmt: skip
            yield _now(town, f.ReturnReceipt, file, receipt_id=town.name("receipt"), rma=found.rma, lines=lines,
                       complete=True)  # fmt: skip
    if file.root_id and not file.withdrawn and not file.hold:
        inside = {
            n: line.units.quantity - line.units.at(Bucket.CANCELLED, *LEFT_THE_HOUSE) for n, line in file.lines.items()
        }
        here = {n: line.units.left - line.units.arrived for n, line in file.lines.items()}
        out = tuple(f.PackageLine(line_number=n, quantity=units) for n, units in inside.items() if units)
        if out:
            yield _now(town, f.Shipment, file, shipment_id=town.name("shipment"),
                       packages=(f.Package(box_number="1", lines=out),))  # fmt: skip
        come = tuple(
            f.StatusLine(line_number=n, quantity=units + inside[n], status=UnitStatus.DELIVERED)
            for n, units in here.items()
            if units + inside[n] > 0
        )
        if come:
            yield _now(town, f.LineStatus, file, lines=come)


def decisions(town: Town, file: OrderFile | CheckoutFile) -> Iterator[c.Command]:
    """What a person who may do everything would do about this file."""
    for refund in file.refunds.values():
        yield from _about(town, file, refund)
    if not isinstance(file, OrderFile):
        return
    for found in file.returns.values():
        yield from _back(town, file, found)
    for cancellation in file.cancellations.values():
        if any(leg.state is LegState.FAILED for leg in cancellation.voids):
            yield _send(town, c.RetryVoid, file, cancellation_id=cancellation.cancellation_id)


def _about(town: Town, file: OrderFile | CheckoutFile, refund: Refund) -> Iterator[c.Command]:
    if refund.state is RefundState.REQUESTED:
        yield _send(town, c.ApproveRefund, file, refund_id=refund.refund_id)
    elif refund.state in _BROKEN or any(leg.state is LegState.UNANSWERED for leg in refund.legs):
        yield _send(town, c.ReleaseRefundOffline, file, refund_id=refund.refund_id, reference="by hand")


def _back(town: Town, file: OrderFile, found: Return) -> Iterator[c.Command]:
    if found.state is ReturnState.REQUESTED:
        yield _send(town, c.ApproveReturn, file, return_id=found.return_id)
    for line in found.lines:
        if line.undecided:
            yield _send(town, c.DecideReturnLine, file, return_id=found.return_id, line_number=line.line_number,
                        verdict=Verdict.ACCEPT)  # fmt: skip


def _send(town: Town, kind: type[c.Command], file: OrderFile | CheckoutFile, **fields: Any) -> c.Command:
    return kind(command_id=town.name("command"), issued_at=town.worker.at, actor=BOSS, **place(file), **fields)


def the_world_answers(town: Town) -> None:
    """One round: everybody who was asked answers, then everything that is announced comes."""
    for file in town.money:
        for said in answers(town, town.worker.things[_ref(file)]):  # type: ignore[arg-type]
            town.worker.take(said)
    for file in town.orders:
        for said in goods(town, town.worker.things[_ref(file)]):  # type: ignore[arg-type]
            town.worker.take(said)


def _ref(file: OrderFile | CheckoutFile) -> Any:
    if isinstance(file, CheckoutFile):
        return checkout_ref(file.sales_channel, file.checkout_id)
    return order_ref(file.sales_channel, file.order_id)


def _given_otherwise(refusal: str) -> bool:
    """A refund that failed, and whose money was given by others meanwhile, stays what it is: there is nothing to pay."""
    return " exceeds_" in refusal


def bring_to_an_end(town: Town) -> None:
    """Rounds of answers, decisions and time until nothing is open. Raises AssertionError naming what has no way out."""
    refused: dict[str, str] = {}
    for _ in range(8):
        the_world_answers(town)
        for file in town.money:
            for command in decisions(town, town.worker.things[_ref(file)]):  # type: ignore[arg-type]
                outcome = town.worker.take(command)
                assert outcome is not None
                assert outcome.reply is not None
                entity = str(getattr(command, "refund_id", None) or getattr(command, "return_id", ""))
                if outcome.reply.accepted:
                    refused.pop(entity, None)
                else:
                    refused[entity] = f"{type(command).__name__}: {outcome.reply.code} {outcome.reply.message}"
        town.worker.wait(16 * DAY)
    left = [
        (file.key, what, key, state, refused.get(key, ""))
        for file in town.money
        for what, key, state in open_things(file)
        if not any(_given_otherwise(refused.get(each, "")) for each in (key, *_refunds_of(file, key)))
    ]
    assert not left, f"no way out of {left}"


def _refunds_of(file: OrderFile | CheckoutFile, return_id: str) -> tuple[str, ...]:
    """The refunds that a return waits for."""
    found = file.returns.get(return_id) if isinstance(file, OrderFile) else None
    return found.refund_ids if found else ()
