"""Deciding cancellations: by unit, at once or in two phases, and what answers and shipments mean for them (domain.md 5)."""

from domain.beginnings import beginning
from domain.cancellations import (
    Cancellation,
    CancellationAnswered,
    CancellationAskedWarehouse,
    CancellationConfirmed,
    CancellationLine,
    CancellationRequested,
)
from domain.commands import CancelOrder
from domain.facts import CancellationAnswer
from domain.order_events import AttentionRaised, Noted, UnitsMoved
from domain.order_file import OrderFile, OrderLine
from domain.orders import status
from domain.policy import CancelPolicy
from domain.quantities import STAGES, Bucket, Move, take
from domain.refusals import Findings
from domain.run import Run
from domain.vocabulary import CancellationState, EntityType
from domain.wishes import check_reason, duplicate_lines

B = Bucket
OPEN_STATES = (CancellationState.ASKED_WAREHOUSE, CancellationState.TIMED_OUT)


def cancellable(line: OrderLine) -> int:
    """Units that somebody could still stop: open, declined, at the warehouse."""
    return line.units.at(B.OPEN, B.DECLINED, *STAGES)


def _asked(command: CancelOrder, file: OrderFile, declined_only: bool) -> dict[int, int]:
    if command.lines:
        return {line.line_number: line.quantity for line in command.lines}
    able = {n: line.units.at(B.DECLINED) if declined_only else cancellable(line) for n, line in file.lines.items()}
    return {number: units for number, units in able.items() if units}


def _check(command: CancelOrder, file: OrderFile, policy: CancelPolicy) -> dict[int, int]:
    """The units asked for per line. Raises Refused with the first refusal that applies."""
    findings = Findings()
    duplicate_lines(findings, [line.line_number for line in command.lines])
    now = str(status(file))
    free_to = command.force or now in policy.statuses
    asked = _asked(command, file, declined_only=not free_to)
    for number in asked.keys() - file.lines.keys():
        findings.add("unknown_line", f"Order {file.order_id} has no line {number}; name one that it has.")
    known = {number: units for number, units in asked.items() if number in file.lines}
    if not free_to and (not known or any(u > file.lines[n].units.at(B.DECLINED) for n, u in known.items())):
        allowed = ", ".join(policy.statuses)
        findings.add(
            "not_cancellable",
            f"Order {file.order_id} is {now}; it can be cancelled while {allowed}. Create a return instead.",
        )
    check_reason(findings, command.reason, policy.reasons, "cancel.reasons")
    if not asked:
        findings.add(
            "quantity_not_available",
            f"No unit of order {file.order_id} can still be cancelled; create a return once it has arrived.",
        )
    for number, units in known.items():
        line = file.lines[number]
        able = cancellable(line)
        if units > able + line.units.at(B.CANCEL_ASKED):
            findings.add(
                "quantity_not_available",
                f"Line {number}: {able} units can be cancelled, {units} were asked for; ask for no more than that.",
            )
        elif units > able:
            findings.add(
                "already_held",
                f"Line {number}: only {able} units are free; the warehouse was asked for others; wait for its answer.",
            )
    findings.raise_first()
    return asked


def decide(command: CancelOrder, file: OrderFile, run: Run) -> list[object]:
    """The events of CancelOrder: confirmed at once where nobody has the units, else asked of the warehouse."""
    policy = run.policy(file.sales_channel).cancel
    asked = _check(command, file, policy)
    free_to = command.force or str(status(file)) in policy.statuses
    gone: list[Move] = []
    waits: list[Move] = []
    for number, units in asked.items():
        line = file.lines[number]
        direct = STAGES if policy.direct_at_warehouse else ()
        at_once = (B.OPEN, B.DECLINED, *direct) if free_to else (B.DECLINED,)
        moves, rest = take(line.units, number, B.CANCELLED, units, *at_once)
        gone += moves
        waits += take(line.units, number, B.CANCEL_ASKED, rest, *STAGES)[0]
    cancellation = Cancellation(
        cancellation_id=run.ids.new(EntityType.CANCELLATION),
        state=CancellationState.REQUESTED,
        lines=tuple(
            CancellationLine(line_number=number, asked=units, source_id=file.lines[number].sold.source_id)
            for number, units in asked.items()
        ),
        reason=command.reason,
        forced=command.force,
        **beginning(command, run),
    )
    confirmed = _by_line(gone)
    end: object = (
        CancellationAskedWarehouse(cancellation.cancellation_id, confirmed)
        if waits
        else CancellationConfirmed(cancellation.cancellation_id, confirmed)
    )
    return [CancellationRequested(cancellation.cancellation_id, cancellation), UnitsMoved(tuple(gone + waits)), end]


def _by_line(moves: list[Move]) -> tuple[tuple[int, int], ...]:
    units: dict[int, int] = {}
    for move in moves:
        units[move.line_number] = units.get(move.line_number, 0) + move.quantity
    return tuple(units.items())


def answered(answer: CancellationAnswer, file: OrderFile) -> list[object]:
    """What a warehouse's answer does. Answers add up; one for more than was asked is capped, with attention."""
    cancellation = file.cancellations.get(answer.cancellation_id)
    if cancellation is None:
        words = f"the warehouse answered cancellation {answer.cancellation_id}, which this order does not have"
        return [Noted("warehouse", words), AttentionRaised("unknown_reference", words)]
    if cancellation.state not in OPEN_STATES:
        words = f"the warehouse answered a cancellation that is {cancellation.state} already; nothing was changed"
        more = any(line.confirmed for line in answer.lines)
        return [Noted("warehouse", words), *([AttentionRaised("fact_conflict", words)] if more else [])]
    lines = {line.line_number: line for line in cancellation.lines}
    counted: list[tuple[int, int, int, str | None]] = []
    covered: list[tuple[int, int]] = []
    moves: list[Move] = []
    over: list[int] = []
    for said in answer.lines:
        line = lines.get(said.line_number)
        if line is None:
            over.append(said.line_number)
            continue
        found, stopped = _stopped(file.lines[said.line_number], cancellation.state, min(said.confirmed, line.waiting))
        cover = min(said.refused, line.shipped)
        refused = min(said.refused - cover, line.waiting - found)
        if said.confirmed > found or said.refused - cover > refused:
            over.append(said.line_number)
        moves += stopped
        if cancellation.state is CancellationState.ASKED_WAREHOUSE and refused:
            moves += take(file.lines[said.line_number].units, said.line_number, B.RECEIVED, refused, B.CANCEL_ASKED)[0]
        counted.append((said.line_number, found, refused, said.reason))
        covered.append((said.line_number, cover))
    events: list[object] = [UnitsMoved(tuple(moves))] if moves else []
    events.append(CancellationAnswered(cancellation.cancellation_id, tuple(counted), covered=tuple(covered)))
    if over:
        words = f"the warehouse answered for more than was asked on line {', '.join(map(str, over))}"
        events += [Noted("warehouse", words), AttentionRaised("fact_conflict", words)]
    return events


def _stopped(line: OrderLine, state: CancellationState, units: int) -> tuple[int, list[Move]]:
    """Units that the warehouse says are stopped: those it was asked for; after the time-out wherever they are in the house."""
    sources = (B.CANCEL_ASKED, B.DECLINED)
    if state is CancellationState.TIMED_OUT:
        sources = (B.DECLINED, *STAGES, B.OPEN)  # type: ignore[assignment]
    moves, missing = take(line.units, line.sold.line_number, B.CANCELLED, units, *sources)
    return units - missing, moves


def beaten_by_shipment(file: OrderFile, moves: tuple[Move, ...]) -> list[object]:
    """Units that left the house while the answer was open count as refused, oldest cancellation first."""
    left: dict[int, int] = {}
    for move in moves:
        if move.source is B.CANCEL_ASKED and move.target in (B.SHIPPED, B.DELIVERED, B.LOST):
            left[move.line_number] = left.get(move.line_number, 0) + move.quantity
    events: list[object] = []
    for cancellation in file.cancellations.values():
        if cancellation.state is not CancellationState.ASKED_WAREHOUSE:
            continue
        refused = []
        for line in cancellation.lines:
            part = min(line.waiting, left.get(line.line_number, 0))
            if part:
                left[line.line_number] -= part
                refused.append((line.line_number, 0, part, "shipped before the warehouse answered"))
        if refused:
            events.append(CancellationAnswered(cancellation.cancellation_id, tuple(refused), shipped=True))
    return events


def cancelled_by_shop(file: OrderFile) -> list[object]:
    """The shop cancelled its order: every unit that has not left is cancelled, open cancellations end with theirs."""
    moves: list[Move] = []
    for number, line in file.lines.items():
        moves += take(
            line.units, number, B.CANCELLED, line.units.quantity, B.OPEN, *STAGES, B.DECLINED, B.CANCEL_ASKED
        )[0]
    events: list[object] = []
    if moves:
        events.append(UnitsMoved(tuple(moves), shop_cancelled=_by_line(moves), fact=True))
    for cancellation in file.cancellations.values():
        if cancellation.state in OPEN_STATES:
            waiting = tuple((line.line_number, line.waiting) for line in cancellation.lines if line.waiting)
            events.append(CancellationConfirmed(cancellation.cancellation_id, waiting))
    return events


def money_of_shop_cancel(moves: tuple[Move, ...], file: OrderFile, run: Run) -> list[object]:
    """A cancellation for the units that the shop cancelled and nobody here had asked for, where the policy gives their
    money back (`cancel.refund_on_shop_cancel`): confirmed at once, its money follows as for any other."""
    units = dict(_by_line(list(moves)))
    for cancellation in file.cancellations.values():
        if cancellation.state in OPEN_STATES:
            for line in cancellation.lines:
                units[line.line_number] = units.get(line.line_number, 0) - line.waiting
    units = {number: count for number, count in units.items() if count > 0}
    if not units or not run.policy(file.sales_channel).cancel.refund_on_shop_cancel:
        return []
    made = Cancellation(
        cancellation_id=run.ids.new(EntityType.CANCELLATION),
        state=CancellationState.REQUESTED,
        version=1,
        created_at=run.at,
        created_by=run.stamp.actor,
        asked_by=run.stamp.actor.id,
        lines=tuple(CancellationLine(line_number=number, asked=count) for number, count in units.items()),
        reason="CANCELLED_BY_SHOP",
        policy_version=run.policies.version,
    )
    return [
        CancellationRequested(made.cancellation_id, made),
        CancellationConfirmed(made.cancellation_id, tuple(units.items())),
    ]


def shipping_with_the_last_goods(file: OrderFile) -> list[object]:
    """When the last PHYSICAL unit is cancelled and none left the house, open SHIPPING units are cancelled with it."""
    goods = [line for line in file.lines.values() if line.sold.product_type == "PHYSICAL"]
    if not goods or any(line.units.at(B.CANCELLED) < line.units.quantity for line in goods):
        return []
    moves = [
        Move(number, B.OPEN, B.CANCELLED, line.units.at(B.OPEN))
        for number, line in file.lines.items()
        if line.sold.product_type == "SHIPPING" and line.units.at(B.OPEN)
    ]
    return [UnitsMoved(tuple(moves))] if moves else []
