"""Which mails the events of an order ask for (domain.md 13a): one function a kind of event, found by its type."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from domain.cancellations import (
    ENDED,
    Cancellation,
    CancellationAnswered,
    CancellationConfirmed,
)
from domain.changes import ChangeAnswered, OrderChange
from domain.checkouts import CheckoutFile, CheckoutSeen
from domain.commands import Contact
from domain.copying import replace
from domain.exchanges import ExchangeOrderMade, ExchangeWaits
from domain.notices import NoticeDraft, lines_fact, money_facts
from domain.order_file import OrderFile
from domain.orders import status
from domain.refunds import (
    LegConfirmed,
    LegFailed,
    LegReversed,
    LegUnanswered,
    Refund,
    RefundReleasedOffline,
)
from domain.reshipments import ReshipmentOrderMade
from domain.returns import Return, ReturnApproved, ReturnDenied, ReturnLineDecided, ReturnReceived
from domain.run import Run
from domain.vocabulary import NoticeKind, OrderChangeState, OrderStateName, RefundState, RefundType, ReturnState
from domain.world import Step

Drafts = Iterator[NoticeDraft]

_REFUND_EVENTS: Final = (LegConfirmed, LegFailed, LegReversed, LegUnanswered, RefundReleasedOffline)


_RELEASED: Final = (RefundState.RELEASED, RefundState.RELEASED_OFFLINE)
_FAILED: Final = (RefundState.EXCEPTION, RefundState.PARTLY_RELEASED, RefundState.REVERSED)


def _of_checkout(step: Step, file: CheckoutFile, run: Run) -> Drafts:
    """Refunds of a checkout that never became an order: to its customer, as soon as one is known; failures to our own."""
    before = step.before if isinstance(step.before, CheckoutFile) else None
    if isinstance(step.event, CheckoutSeen):
        if not _email(before) and _email(file):
            for refund in file.refunds.values():
                if refund.state in _RELEASED and not _contact(refund.case_id, run):
                    yield _checkout_draft(NoticeKind.REFUND_RELEASED, refund, file, run)
    elif isinstance(step.event, _REFUND_EVENTS):
        refund = file.refunds[step.event.refund_id]
        was = before.refunds[refund.refund_id].state if before else None
        if refund.state in _RELEASED and was not in _RELEASED:
            yield _checkout_draft(NoticeKind.REFUND_RELEASED, refund, file, run)
        if (refund.state in _FAILED and was is not refund.state) or isinstance(step.event, LegUnanswered):
            internal = run.policy(file.sales_channel).notices.internal_recipient or None
            draft = _checkout_draft(NoticeKind.REFUND_FAILED_INTERNAL, refund, file, run)
            yield replace(draft, recipient=internal, facts={**draft.facts, "reason": str(refund.state)})


def _email(file: CheckoutFile | None) -> str | None:
    return file.customer.email if file and file.customer else None


def _contact(case_id: str | None, run: Run) -> Contact | None:
    """Whom the case names to be written to."""
    contact = case.contact if case_id and (case := run.case(case_id)) else None
    return contact if contact and contact.email else None


def _checkout_draft(kind: NoticeKind, refund: Refund, file: CheckoutFile, run: Run) -> NoticeDraft:
    contact = _contact(refund.case_id, run)
    number = {"credit_note_number": refund.credit_note_number} if refund.credit_note_number else {}
    return NoticeDraft(
        kind=kind,
        recipient=contact.email if contact else _email(file),
        language=(contact.language if contact else None) or "en",
        case_id=refund.case_id,
        facts={
            "checkout_id": file.checkout_id,
            **number,
            **money_facts("amount", refund.amount_minor, refund.currency),
        },
    )


def _draft(kind: NoticeKind, file: OrderFile, case_id: str | None, facts: dict[str, str], run: Run) -> NoticeDraft:
    """To the case's contact, else the order's customer."""
    order = file.facts
    contact = _contact(case_id, run)
    return NoticeDraft(
        kind=kind,
        recipient=contact.email if contact else order.customer.email,
        language=(contact.language if contact else None) or order.language,
        order_id=file.order_id,
        case_id=case_id,
        facts={"order_id": file.order_id, **facts},
        test=order.test,
    )


def _cancellation(step: Step, now: Cancellation, file: OrderFile, run: Run) -> Drafts:
    before = step.before.cancellations.get(now.cancellation_id) if isinstance(step.before, OrderFile) else None
    if now.state not in ENDED or (before and before.state in ENDED):
        return
    if file.shop_cancelled:
        return
    confirmed = [(line.confirmed, file.lines[line.line_number].sold.sku) for line in now.lines if line.confirmed]
    facts = {"reason": now.reason, **lines_fact(confirmed)}
    if not confirmed:
        yield _draft(NoticeKind.CANCELLATION_REFUSED, file, now.case_id, {"reason": now.reason}, run)
    elif status(file) is OrderStateName.CANCELLED:
        yield _draft(NoticeKind.ORDER_CANCELLED, file, now.case_id, facts, run)
    else:
        yield _draft(NoticeKind.ORDER_LINES_CANCELLED, file, now.case_id, facts, run)


def _return(step: Step, now: Return, file: OrderFile, run: Run) -> Drafts:
    facts = {"rma": now.rma, **lines_fact([(line.quantity, line.sku) for line in now.lines])}
    match step.event:
        case ReturnApproved():
            yield _draft(NoticeKind.RETURN_APPROVED, file, now.case_id, facts, run)
        case ReturnDenied(_, reason):
            yield _draft(NoticeKind.RETURN_DENIED, file, now.case_id, {**facts, "reason": reason}, run)
        case ReturnReceived() | ReturnLineDecided() if now.state is ReturnState.RECEIVED:
            before = step.before.returns[now.return_id].state if isinstance(step.before, OrderFile) else None
            written_off = not any(line.received - line.short - line.lost for line in now.lines)
            if before is not now.state and not (written_off and isinstance(step.event, ReturnLineDecided)):
                yield _draft(NoticeKind.RETURN_RECEIVED, file, now.case_id, facts, run)


def _refund(step: Step, now: Refund, file: OrderFile, run: Run) -> Drafts:
    before = step.before.refunds.get(now.refund_id) if isinstance(step.before, OrderFile) else None
    units = [(line.quantity, line.sku) for line in now.lines if line.quantity]
    facts = {**money_facts("amount", now.amount_minor, now.currency), **(lines_fact(units) if units else {})}
    if now.state in _RELEASED and not (before and before.state in _RELEASED):
        kind = (
            NoticeKind.APPEASEMENT_RELEASED if now.refund_type is RefundType.APPEASEMENT else NoticeKind.REFUND_RELEASED
        )
        number = {"credit_note_number": now.credit_note_number} if now.credit_note_number else {}
        yield _draft(kind, file, now.case_id, {**facts, **number, **_rma(now, file, run)}, run)
    if (now.state in _FAILED and not (before and before.state is now.state)) or isinstance(step.event, LegUnanswered):
        internal = run.policy(file.sales_channel).notices.internal_recipient or None
        draft = _draft(NoticeKind.REFUND_FAILED_INTERNAL, file, now.case_id, {**facts, "reason": str(now.state)}, run)
        yield replace(draft, recipient=internal)


def _rma(refund: Refund, file: OrderFile, run: Run) -> dict[str, str]:
    if refund.return_id is None:
        return {}
    home = run.sibling(file, refund.for_order_id) if refund.for_order_id else file
    return {"rma": home.returns[refund.return_id].rma}


def _change(step: Step, now: OrderChange, file: OrderFile, run: Run) -> Drafts:
    kinds = {
        OrderChangeState.CONFIRMED: NoticeKind.CHANGE_CONFIRMED,
        OrderChangeState.PARTLY_CONFIRMED: NoticeKind.CHANGE_CONFIRMED,
        OrderChangeState.REFUSED: NoticeKind.CHANGE_REFUSED,
    }
    before = step.before.changes.get(now.change_id) if isinstance(step.before, OrderFile) else None
    if now.state in kinds and not (before and before.state in kinds):
        yield _draft(kinds[now.state], file, now.case_id, {"reason": now.reason}, run)


def _follow(step: Step, now: Any, file: OrderFile, run: Run) -> Drafts:
    exchange = isinstance(step.event, ExchangeOrderMade | ExchangeWaits)
    kind = NoticeKind.EXCHANGE_CREATED if exchange else NoticeKind.RESHIPMENT_CREATED
    lines = lines_fact([(line.quantity, line.new_sku if exchange else line.sku) for line in now.lines])
    rma = {"rma": file.returns[now.return_id].rma} if now.return_id else {}
    yield _draft(kind, file, now.case_id, {"new_order_id": now.new_order_id, **rma, **lines}, run)


_Kind = tuple[str, str, Callable[[Step, Any, OrderFile, Run], Drafts]]
_CANCELLATION: _Kind = ("cancellations", "cancellation_id", _cancellation)
_RETURN: _Kind = ("returns", "return_id", _return)
_REFUND: _Kind = ("refunds", "refund_id", _refund)

NOTICES: Final[dict[type[Any], _Kind]] = {
    **dict.fromkeys((CancellationConfirmed, CancellationAnswered), _CANCELLATION),
    **dict.fromkeys((ReturnApproved, ReturnDenied, ReturnReceived, ReturnLineDecided), _RETURN),
    **dict.fromkeys(_REFUND_EVENTS, _REFUND),
    **dict.fromkeys((ExchangeOrderMade, ExchangeWaits), ("exchanges", "exchange_id", _follow)),
    ChangeAnswered: ("changes", "change_id", _change),
    ReshipmentOrderMade: ("reshipments", "reshipment_id", _follow),
}
"""Event → where its remedy stands in the file, the id on the event, the mails that may follow."""


def order_notices(step: Step, run: Run) -> Drafts:
    """The mails that a step of an order or checkout asks for. What the policy switches off is not known here."""
    if isinstance(step.after, CheckoutFile):
        yield from _of_checkout(step, step.after, run)
    kind = NOTICES.get(type(step.event))
    if kind and isinstance(step.after, OrderFile):
        name, key, drafts = kind
        yield from drafts(step, getattr(step.after, name)[getattr(step.event, key)], step.after, run)
