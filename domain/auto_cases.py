"""Cases that open themselves, take in further concerns of the same cause, and heal with it (domain.md 4)."""

from typing import Final

from domain.actors import SYSTEM
from domain.cancellations import CancellationAnswered
from domain.case_clock import due_at
from domain.case_context import account_of
from domain.case_events import CaseAttentionRaised, CaseLineResolved, CaseLinesAdded, CaseOpened, SolutionRejected
from domain.cases import OPEN_CASE, OPEN_LINE, Case, CaseLine, case_number
from domain.checkouts import CheckoutFile
from domain.concerns import NEVER_HEALS, Concern, attention_moves, lines_of_concern, standing
from domain.order_events import AttentionCleared, AttentionRaised, ConcernHealed, ConcernOpened, ConcernRaised
from domain.order_file import OrderFile
from domain.run import Run, case_ref
from domain.vocabulary import (
    CancellationState,
    CaseLineState,
    CaseOrigin,
    CaseScope,
    CaseState,
    ContactChannel,
    EntityType,
    LegState,
)
from domain.world import Changes, Ref, Step

MoneyFile = OrderFile | CheckoutFile

WORDS: Final = {
    "authorization_failed": "A payment was not authorised",
    "capture_failed": "A payment could not be captured",
    "void_failed": "Authorised money could not be let go",
    "refund_failed": "A refund failed",
    "refund_reversed": "Money that was refunded came back",
    "charged_back": "The customer charged a payment back",
    "amount_mismatch": "The order is complete, but what was charged is not what is due",
    "shipment_lost": "Units were lost on their way",
    "declined": "A warehouse declined units",
    "not_shipped": "The order has not been shipped in time",
    "cancelled_by_shop": "The shop cancelled an order that was paid",
    "cancellation_unanswered": "The warehouse did not answer a cancellation",
    "cancellation_refused": "The warehouse refused a cancellation",
    "return_unmatched": "Goods came back that match nothing",
    "fact_conflict": "What happened contradicts what was known",
}
"""The short description of a case by what it was opened for."""


def happened(steps: list[Step]) -> dict[Ref, list[Concern]]:
    """Concerns about something that happened in these steps."""
    found: dict[Ref, list[Concern]] = {}
    for step in steps:
        match step.event:
            case ConcernRaised(because, lines):
                found.setdefault(step.ref, []).append(Concern(because, lines))
            case AttentionRaised("fact_conflict"):
                found.setdefault(step.ref, []).append(Concern("fact_conflict"))
            case CancellationAnswered(cancellation_id) if isinstance(step.after, OrderFile):
                cancellation = step.after.cancellations[cancellation_id]
                if cancellation.state is CancellationState.REFUSED:
                    lines = tuple(line.line_number for line in cancellation.lines)
                    found.setdefault(step.ref, []).append(Concern("cancellation_refused", lines))
    return found


def worry(ref: Ref, before: MoneyFile | None, new: list[Concern], run: Run) -> Changes:
    """What the system does about a file that changed: opens, widens and heals its cases, raises and clears attention."""
    file = run.holder(ref)
    raised, cleared = attention_moves(file)
    for code in raised:
        yield ref, AttentionRaised(code, "")
    if cleared:
        yield ref, AttentionCleared(cleared)
    stands = {concern.because: concern for concern in standing(file, before)}
    for concern in stands.values():
        more = set(concern.lines) - set(lines_of_concern(before, concern.because))
        if concern.because not in file.concerns or more:
            yield from _open(ref, concern, run)
    for concern in new:
        if concern.because not in stands:
            yield from _open(ref, concern, run)
    for because, case_id in file.concerns.items():
        if because not in stands and because not in NEVER_HEALS and because not in {c.because for c in new}:
            yield ref, ConcernHealed(because)
            yield from _heal(case_id, because, run)


def _open(ref: Ref, concern: Concern, run: Run) -> Changes:
    """A new case, or further lines of the one that is open for the same cause."""
    file = run.holder(ref)
    known = run.case(file.concerns[concern.because]) if concern.because in file.concerns else None
    if known and known.state in OPEN_CASE:
        lines = _lines(file, concern, known, run)
        if lines:
            yield case_ref(known.case_id), CaseLinesAdded(known.case_id, lines)
        return
    related = None
    if concern.because == "refund_reversed" and (about := _case_of_reversed(file, run)):
        yield from _reopen(about)
        if about.state is not CaseState.CLOSED:
            yield ref, ConcernOpened(concern.because, about.case_id)
            return
        related = about.case_id
    case = _case(file, concern, related, run)
    yield case_ref(case.case_id), CaseOpened(case.case_id, case)
    yield ref, ConcernOpened(concern.because, case.case_id)


def _case_of_reversed(file: MoneyFile, run: Run) -> Case | None:
    """The case for which the refund was made whose money came back."""
    for refund in file.refunds.values():
        if refund.case_id and any(leg.state is LegState.REVERSED for leg in refund.legs):
            return run.case(refund.case_id)
    return None


def _reopen(case: Case) -> Changes:
    ref = case_ref(case.case_id)
    if case.state is CaseState.RESOLVED:
        yield ref, SolutionRejected(case.case_id, WORDS["refund_reversed"])
    if case.state is not CaseState.CLOSED:
        yield ref, CaseAttentionRaised(case.case_id, "refund_reversed")


def _lines(file: MoneyFile, concern: Concern, known: Case | None, run: Run) -> tuple[CaseLine, ...]:
    """Case lines for the lines concerned that the case does not have yet; one for the whole if none is named."""
    order_id = file.order_id if isinstance(file, OrderFile) else None
    has = {line.line_number for line in known.lines.values() if line.state in OPEN_LINE} if known else set()
    numbers: tuple[int | None, ...] = concern.lines or (None,)
    made = known.lines_made if known else 0
    wanted = [number for number in numbers if number not in has]
    return tuple(
        CaseLine(
            case_line_id=run.ids.new(EntityType.CASE_LINE),
            number=made + n,
            state=CaseLineState.NEW,
            order_id=order_id,
            line_number=number,
        )
        for n, number in enumerate(wanted, 1)
    )


def _case(file: MoneyFile, concern: Concern, related: str | None, run: Run) -> Case:
    order = file if isinstance(file, OrderFile) else None
    lines = {line.case_line_id: line for line in _lines(file, concern, None, run)}
    policy = run.policy(file.sales_channel).cases
    return Case(
        case_id=run.ids.new(EntityType.CASE),
        case_number=case_number(run.number("case")),
        state=CaseState.NEW,
        version=1,
        created_at=run.at,
        created_by=SYSTEM,
        sales_channel=file.sales_channel,
        service="DISPUTE",
        scope=CaseScope.SPECIFIC_LINES if order else CaseScope.CHECKOUT,
        origin=CaseOrigin.SYSTEM,
        channel=ContactChannel.SYSTEM,
        account_id=account_of(order) if order else file.account if isinstance(file, CheckoutFile) else None,
        order_id=order.order_id if order else None,
        checkout_id=file.checkout_id if isinstance(file, CheckoutFile) else None,
        priority=2,
        short_description=WORDS[concern.because],
        opened_because=concern.because,
        related_case_id=related,
        lines=lines,
        lines_made=len(lines),
        sla_due_at=due_at(policy.sla, 2, run.at),
        mail_allowed=False,
        policy_version=run.policies.version,
    )


def _heal(case_id: str, because: str, run: Run) -> Changes:
    """The cause is gone: the lines of the case that was opened for it are accepted as healed."""
    case = run.case(case_id)
    if case is None or case.opened_because != because or case.state not in OPEN_CASE:
        return
    for line in case.lines.values():
        if line.state in OPEN_LINE:
            yield (
                case_ref(case_id),
                CaseLineResolved(case_id, line.case_line_id, accepted=True, resolution_code="HEALED"),
            )
