"""What is decided about units that came back, or did not: where they go and how they count (domain.md 6)."""

from dataclasses import dataclass
from typing import Any, Final

from domain.copying import replace
from domain.order_file import OrderFile
from domain.quantities import Bucket, Move
from domain.returns import ReturnLine
from domain.vocabulary import (
    ReceiptOutcome,
    ReturnDecision,
    ReturnSettlement,
    ReturnTransport,
    Verdict,
)
from domain.warehouse import given_back

B = Bucket
O = ReceiptOutcome  # noqa: E741 - read as O.GOOD
_COUNT: Final = {O.GOOD: "good", O.DAMAGED: "damaged", O.WRONG_ITEM: "wrong", O.SHORT: "short", O.LOST: "lost"}


@dataclass(frozen=True, slots=True)
class Decided:
    """A return line after a decision, with the units that it moves."""

    line: ReturnLine
    moves: tuple[Move, ...]


def with_status(line: ReturnLine) -> ReturnLine:
    """The line with its transport (the worst of its units) and decision, derived from its counts."""
    transport = ReturnTransport.ANNOUNCED
    if line.received:
        transport = ReturnTransport.RECEIVED
    for count, worse in ((line.wrong, ReturnTransport.WRONG_ITEM), (line.lost, ReturnTransport.LOST), (line.short, ReturnTransport.SHORT)):  # fmt: skip
        transport = worse if count else transport
    decision = ReturnDecision.PENDING
    if line.undecided:
        decision = ReturnDecision.NEEDS_PERSON
    elif line.decided >= line.quantity:
        if line.rejected == line.decided:
            decision = ReturnDecision.REJECTED
        else:
            part = line.accepted_part or line.rejected
            decision = ReturnDecision.ACCEPTED_PART if part else ReturnDecision.ACCEPTED
    return replace(line, transport=transport, decision=decision)


def judge(line: ReturnLine, file: OrderFile, outcome: ReceiptOutcome, units: int, verdict: Verdict, percent: int | None) -> Decided:  # fmt: skip
    """Decides `units` with one outcome: where they go, and how they count (the table of domain.md 6)."""
    number = line.line_number
    accept = verdict is not Verdict.REJECT
    moves: tuple[Move, ...] = ()
    match outcome:
        case O.GOOD:
            moves = (Move(number, B.RETURN_ANNOUNCED, B.BACK_GOOD if accept else B.RETURN_REJECTED, units),)
        case O.DAMAGED:
            moves = (Move(number, B.RETURN_ANNOUNCED, B.BACK_DAMAGED if accept else B.RETURN_REJECTED, units),)
        case O.LOST:
            moves = (Move(number, B.RETURN_ANNOUNCED, B.LOST, units),)
        case _ if accept:
            moves = (Move(number, B.RETURN_ANNOUNCED, B.LOST, units),)
        case _:
            moves = tuple(given_back(file.lines[number], line.held, units))
    if accept and outcome in (O.WRONG_ITEM, O.SHORT, O.LOST):
        line = replace(line, gone=line.gone + units)
    if verdict is Verdict.ACCEPT_PART:
        part = percent or 100
        parts = {**dict(line.parts), part: dict(line.parts).get(part, 0) + units}
        line = replace(line, accepted_part=line.accepted_part + units, percent=percent, parts=tuple(parts.items()))
    elif accept:
        line = replace(line, accepted=line.accepted + units)
    else:
        line = replace(line, rejected=line.rejected + units)
    return Decided(line, moves)


def counted(line: ReturnLine, file: OrderFile, outcome: ReceiptOutcome, units: int, damaged: str) -> Decided:
    """`units` arrived with this outcome: decided at once where rules can, else waiting for a person."""
    if outcome is O.GOOD:
        return judge(_arrived(line, outcome, units), file, outcome, units, Verdict.ACCEPT, None)
    whole = line.settlement in (ReturnSettlement.EXCHANGE, ReturnSettlement.RESHIP)
    if outcome is O.DAMAGED and damaged != "person" and not (whole and damaged.startswith("part:")):
        verdicts = {"accept": Verdict.ACCEPT, "reject": Verdict.REJECT}
        percent = int(damaged.partition(":")[2]) if damaged.startswith("part:") else None
        verdict = verdicts.get(damaged, Verdict.ACCEPT_PART)
        return judge(_arrived(line, outcome, units), file, outcome, units, verdict, percent)
    return Decided(waits_for_a_person(line, outcome, units), ())


def _arrived(line: ReturnLine, outcome: ReceiptOutcome, units: int) -> ReturnLine:
    name = _COUNT[outcome]
    changes: dict[str, Any] = {name: getattr(line, name) + units}
    return replace(line, **changes)


def waits_for_a_person(line: ReturnLine, outcome: ReceiptOutcome, units: int) -> ReturnLine:
    """Units whose outcome a person must judge."""
    waiting = dict(line.undecided)
    waiting[outcome] = waiting.get(outcome, 0) + units
    return replace(_arrived(line, outcome, units), undecided=tuple(waiting.items()))
