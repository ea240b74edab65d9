"""The money of a return: which units are paid when, over the root order's worth, and when the return is done (domain.md 6)."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.appeasements import appeased
from domain.copying import replace
from domain.give_back import Claim, requested
from domain.money import Amounts
from domain.order_events import WorthRebased, WorthReturned, WorthSpent
from domain.order_file import OrderFile
from domain.orders import order_total
from domain.refunds import RefundCancelled, RefundLine, RefundRequested
from domain.returns import Return, ReturnLine, ReturnRefunded, ReturnSettled, ReturnSettlementChanged
from domain.run import Run, order_ref
from domain.vocabulary import ExchangeState, RefundState, RefundType, ReturnSettlement, ReturnState
from domain.world import Ref
from domain.worth import part, refund_line, root_line, shipping_rest

Change = tuple[Ref, object]


@dataclass(frozen=True, slots=True)
class Payable:
    """Units of a return line whose money is due now: whole, and in part, as (percent, units)."""

    line: ReturnLine
    whole: int
    parts: tuple[tuple[int, int], ...] = ()

    @property
    def units(self) -> int:
        return self.whole + sum(units for _, units in self.parts)


def chain_to_root(file: OrderFile, run: Run) -> list[OrderFile]:
    """The orders from this one up to, not with, the one that the money belongs to."""
    chain = []
    while file.root_id:
        chain.append(file)
        file = run.sibling(file, file.facts.original_order_id or file.root_id)
    return chain


def payable_at_approval(found: Return) -> list[Payable]:
    return [Payable(line, line.quantity) for line in found.lines if line.settlement is ReturnSettlement.REFUND]


def payable_when_received(found: Return) -> list[Payable]:
    """Accepted units that no refund covers yet. What was refunded at approval was so whatever is decided now."""
    if found.refunded_at_approval:
        return []
    due = [_due(line) for line in found.lines if line.settlement is ReturnSettlement.REFUND]
    return [payable for payable in due if payable.units]


def _due(line: ReturnLine) -> Payable:
    """Of the accepted units those that nothing was paid for; what was paid before the return was made counts for any."""
    paid = line.paid - line.part_paid + line.recovered
    parts, before = [], max(0, paid - line.accepted)
    for percent, units in line.parts:
        parts.append((percent, max(0, units - before)))
        before = max(0, before - units)
    return Payable(line, max(0, line.accepted - paid), tuple(part for part in parts if part[1]))


def _paid_before(line: ReturnLine) -> bool:
    """Every unit was accepted as gone before, and came after all."""
    return line.settlement is ReturnSettlement.REFUND and 0 < line.recovered == line.decided == line.quantity


def _lines(payables: list[Payable], root: OrderFile, chain: list[OrderFile]) -> tuple[list[RefundLine], dict[int, int]]:
    """Refund lines of what is due (worth of the next units of each root line) and the units spent per root line."""
    worths = {number: line.worth for number, line in root.lines.items()}
    lines: list[RefundLine] = []
    spent: dict[int, int] = {}
    for due in payables:
        number = root_line(due.line.line_number, chain)
        line, worth = root.lines[number], worths[number]
        given: Amounts = worth.of(due.whole)
        worth = worth.spend(due.whole)
        for percent, units in due.parts:
            given += part(worth.of(units), percent)
            worth = worth.spend(units)
        worths[number] = worth
        spent[number] = spent.get(number, 0) + due.units
        if given.gross:
            made = refund_line(line, given, due.units, due.line.reason)
            lines.append(made if due.line.sku == made.sku else _came_back(made, due.line.sku))
    return lines, spent


def _came_back(line: RefundLine, sku: str) -> RefundLine:
    """The same worth, under the SKU that really came back (an exchanged item)."""
    return replace(line, sku=sku)


def pay(found: Return, file: OrderFile, payables: list[Payable], run: Run, *, at_approval: bool) -> Iterator[Change]:
    """Refunds what is due of a return. Nothing worth or nothing left: settlement NONE, no refund."""
    if not payables:
        if not found.refund_ids and all(_paid_before(line) for line in found.lines):
            here = order_ref(file.sales_channel, file.order_id)
            yield here, ReturnSettlementChanged(found.return_id, ReturnSettlement.NONE)
        return
    root = run.root(file)
    chain = chain_to_root(file, run)
    root_at, here = order_ref(root.sales_channel, root.order_id), order_ref(file.sales_channel, file.order_id)
    lines, spent = _lines(payables, root, chain)
    policy = run.policy(root.sales_channel, found.policy_version)
    shipping = shipping_rest(root, spent, policy.refunds)
    fee = 0 if found.fee_taken else policy.returns.restocking_fee.get(root.facts.currency, 0)
    gross = sum(line.gross_minor for line in lines) + sum(line.gross_minor for line, _ in shipping)
    units = tuple((due.line.line_number, due.units) for due in payables)
    yield root_at, WorthSpent((*spent.items(), *((line.line_number, quantity) for line, quantity in shipping)))
    claim = Claim(
        refund_type=RefundType.RETURN,
        lines=(*lines, *(line for line, _ in shipping)),
        fee=fee,
        comment=found.comment or None,
        asked_by=found.asked_by,
        case_id=found.case_id,
        case_line_id=found.case_line_id,
        return_id=found.return_id,
        policy_version=found.policy_version,
        for_order_id=file.order_id if file.root_id else None,
    )
    events = requested(claim, run.root(file), run) if gross > fee and order_total(root) else []
    refund_id = None
    for event in events:
        yield root_at, event
        if isinstance(event, RefundRequested):
            refund_id = event.refund_id
    taken = bool(refund_id and fee)
    yield here, ReturnRefunded(found.return_id, refund_id, units, fee_taken=taken, at_approval=at_approval)
    if refund_id is None and not found.refund_ids:
        yield here, ReturnSettlementChanged(found.return_id, ReturnSettlement.NONE)


def take_back_worth(found: Return, file: OrderFile, run: Run) -> Iterator[Change]:
    """The goods of a return will not come: units that were paid in advance by a refund nobody sent have their worth again."""
    root = run.root(file)
    root_at = order_ref(root.sales_channel, root.order_id)
    chain = chain_to_root(file, run)
    back = {root_line(line.line_number, chain): line.paid for line in found.lines if line.paid}
    gave: dict[int, Amounts] = {}
    for refund_id in found.refund_ids:
        refund = root.refunds[refund_id]
        if refund.state is RefundState.REQUESTED:
            yield root_at, RefundCancelled(refund_id)
        if refund.state in (RefundState.REQUESTED, RefundState.CANCELLED):
            for line in refund.lines:
                worth = Amounts(line.gross_minor, tuple(tax.amount_minor for tax in line.taxes))
                gave[line.line_number] = gave[line.line_number] + worth if line.line_number in gave else worth
                if line.shipping:
                    back[line.line_number] = line.quantity
    if back:
        yield root_at, WorthReturned(tuple(back.items()), tuple(gave.items()))
    if gave:
        file_now = run.root(file)
        yield root_at, WorthRebased(tuple((number, appeased(file_now, number)) for number in gave))


def settled(found: Return, file: OrderFile, run: Run) -> Iterator[Change]:
    """SETTLED when every line is decided and its money or exchange is done."""
    if found.state is not ReturnState.RECEIVED or any(line.decided < line.quantity for line in found.lines):
        return
    refunds = run.root(file).refunds
    over = (RefundState.RELEASED, RefundState.RELEASED_OFFLINE, RefundState.CANCELLED)
    if any(refunds[refund_id].state not in over for refund_id in found.refund_ids):
        return
    for line in found.lines:
        if (
            line.settlement is ReturnSettlement.REFUND
            and line.paid + line.recovered < line.accepted + line.accepted_part
        ):
            return
    exchange = file.exchanges.get(found.exchange_id or "")
    exchanged = any(line.settlement is ReturnSettlement.EXCHANGE for line in found.lines)
    if exchanged and exchange and exchange.state is not ExchangeState.COMPLETED:
        return
    yield order_ref(file.sales_channel, file.order_id), ReturnSettled(found.return_id)
