"""Units of lines that a remedy asks for: whether they are there and free, and which ones it takes (domain.md 2, 6, 8)."""

from dataclasses import dataclass

from domain.order_file import OrderFile, OrderLine
from domain.quantities import Bucket, Move
from domain.refusals import Findings
from domain.reshipments import OPEN as OPEN_RESHIPMENT
from domain.vocabulary import ReturnSettlement
from domain.wishes import check_reason, duplicate_lines

B = Bucket


@dataclass(frozen=True, slots=True)
class Wanted:
    """Units of one line that a remedy wants, and why; `source` where they shall go."""

    line_number: int
    quantity: int
    reason: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Reasons:
    """The reasons that a policy lists for a remedy, and the name of the list there."""

    allowed: tuple[str, ...]
    key: str


def check_wanted(findings: Findings, wanted: list[Wanted], file: OrderFile, reasons: Reasons, *buckets: Bucket) -> None:
    """At least one line, each named once, for a reason that is allowed, with units in these buckets that are free."""
    if not wanted:
        findings.add("no_lines", "No line is named; name at least one with its quantity.")
    duplicate_lines(findings, [item.line_number for item in wanted])
    for item in wanted:
        check_reason(findings, item.reason, reasons.allowed, reasons.key)
        check_units(findings, file, item, *buckets)


def check_units(findings: Findings, file: OrderFile, wanted: Wanted, *buckets: Bucket) -> None:
    """Units that a remedy may take: in these buckets, free of every other remedy."""
    line = file.lines.get(wanted.line_number)
    if line is None:
        findings.add("unknown_line", f"Order {file.order_id} has no line {wanted.line_number}; name one that it has.")
        return
    units = line.units
    free = sum(units.free(bucket) for bucket in buckets)
    free -= written_off(file, wanted.line_number) if B.LOST in buckets else 0
    if wanted.quantity <= free:
        return
    if not units.left:
        findings.add("not_shipped", f"Line {wanted.line_number} has not been shipped; cancel it instead.")
    elif wanted.quantity <= free + held(file, wanted.line_number, buckets):
        words = f"Line {wanted.line_number}: {free} units are free, the others are in another open remedy; end that one first."
        findings.add("already_held", words)
    else:
        words = f"Line {wanted.line_number}: {free} such units are with the customer, {wanted.quantity} were asked for; ask for no more than that."
        findings.add("quantity_not_available", words)


def held(file: OrderFile, line_number: int, buckets: tuple[Bucket, ...]) -> int:
    """Units of a line that an open return or reshipment holds. What a reshipment replaced for good is nobody's any more."""
    units = file.lines[line_number].units
    replaced = sum(
        line.quantity
        for found in file.reshipments.values()
        if found.state in OPEN_RESHIPMENT and not found.take_back
        for line in found.lines
        if line.line_number == line_number
    )
    return units.at(B.RETURN_ANNOUNCED) + min(replaced, sum(units.spent.get(bucket, 0) for bucket in buckets))


def written_off(file: OrderFile, line_number: int) -> int:
    """Lost units of a line that were accepted in a return, as if they had come: their money is paid."""
    replaced = (ReturnSettlement.EXCHANGE, ReturnSettlement.RESHIP)
    return sum(
        line.gone - line.recovered
        for found in file.returns.values()
        for line in found.lines
        if line.line_number == line_number and line.settlement not in replaced
    )


def take_free(line: OrderLine, quantity: int, *buckets: Bucket) -> tuple[list[Move], tuple[tuple[Bucket, int], ...]]:
    """Moves of free units into return_announced, and from which buckets they came."""
    moves: list[Move] = []
    for bucket in buckets:
        part = min(quantity, line.units.free(bucket))
        if part > 0:
            moves.append(Move(line.sold.line_number, bucket, B.RETURN_ANNOUNCED, part))
            quantity -= part
    return moves, tuple((move.source, move.quantity) for move in moves)
