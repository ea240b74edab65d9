"""Carrying an input out to its end: decisions, then what follows from them, then what became of each order."""

from collections.abc import Iterable

from domain import order_events as e
from domain.actors import SYSTEM
from domain.auto_cases import happened, worry
from domain.case_notices import case_notices
from domain.case_tasks import left_over
from domain.cases import Case, CaseEvent, TaskEvent
from domain.checkouts import CheckoutFile
from domain.notices import NoticeDraft
from domain.order_file import OrderFile
from domain.order_notices import order_notices
from domain.orders import state_differs, status
from domain.reactions import REACTIONS
from domain.reference_data import Notice
from domain.returns import ReturnApproved
from domain.run import Run, order_ref
from domain.vocabulary import EntityType
from domain.world import Aggregate, Kind, Ref, Step


def carry_out(run: Run, ref: Ref, events: Iterable[object]) -> None:
    """Folds the events of a decision, each before the next is asked for, then everything that follows from them."""
    for event in events:
        take(run, ref, event)
    settle(run)


def take(run: Run, ref: Ref, change: object) -> None:
    """One change: an event of an order or a case, or the new state of a thing without events."""
    match ref.kind:
        case Kind.ORDER | Kind.CHECKOUT:
            run.apply(ref, change, entity_id=_made_by(change) if type(change) in _FOLLOW else "")
        case Kind.CASE:
            run.apply_case(ref.key, change)
        case _:
            run.put(ref, change)  # type: ignore[arg-type]


_FOLLOW = frozenset({e.FollowOrderMade, e.FollowOrderReleased, e.FollowOrderWithdrawn})


def _made_by(change: object) -> str:
    """The id that the record of an E or R order's creation, release or withdrawal is derived from; "" for other events."""
    if isinstance(change, e.FollowOrderMade | e.FollowOrderWithdrawn):
        return change.exchange_id or change.reshipment_id or ""
    return change.exchange_id if isinstance(change, e.FollowOrderReleased) else ""


def settle(run: Run) -> None:
    """Carries out the reactions to each step, and theirs, in order, and asks for the mails, until nothing is left."""
    while run.fresh:
        step = run.fresh.popleft()
        for reaction in REACTIONS.get(type(step.event), ()):
            for ref, change in reaction(step, step.event, run):
                if isinstance(change, ReturnApproved):
                    actor = run.stamp.actor
                    run.act_as(SYSTEM)
                    take(run, ref, change)
                    run.act_as(actor)
                else:
                    take(run, ref, change)
        if isinstance(step.after, Case):
            _tidy_tasks(step, run)
        for draft in _drafts(step, run):
            ask_notice(run, step.ref, draft)


def _tidy_tasks(step: Step, run: Run) -> None:
    """Open tasks that lost what they were for are cancelled by the system."""
    case = run.case(step.ref.key)
    actor = run.stamp.actor
    run.act_as(SYSTEM)
    for event in left_over(case) if case else ():
        take(run, step.ref, event)
    run.act_as(actor)


def _drafts(step: Step, run: Run) -> Iterable[NoticeDraft]:
    after: Aggregate = step.after
    if isinstance(after, Case):
        if not isinstance(step.event, CaseEvent | TaskEvent):
            return ()
        before = step.before if isinstance(step.before, Case) else None
        order = run.order(order_ref(after.sales_channel, after.orders[0])) if after.orders else None
        return case_notices(before, step.event, after, order, step.stamp.actor.kind)
    return order_notices(step, run)


def ask_notice(run: Run, ref: Ref, draft: NoticeDraft, resent_of: str | None = None) -> str | None:
    """Asks for a mail, unless the policy switches its kind off. Answers the notice's id. Nobody to send it to: history only."""
    thing = run.get(ref)
    if (
        not isinstance(thing, OrderFile | CheckoutFile | Case)
        or draft.kind in run.policy(thing.sales_channel).notices.off
    ):
        return None
    notice_id = run.ids.new(EntityType.NOTICE)
    asked = e.NoticeAsked(
        notice_id=notice_id,
        kind=draft.kind,
        recipient=draft.recipient,
        language=draft.language,
        facts=draft.facts,
        order_id=draft.order_id,
        case_id=draft.case_id,
        test=draft.test,
        resent_of=resent_of,
    )
    if draft.recipient is not None:
        notice = Notice(
            notice_id=notice_id,
            kind=draft.kind,
            recipient=draft.recipient,
            language=draft.language,
            sales_channel=thing.sales_channel,
            facts=draft.facts,
            order_id=draft.order_id,
            case_id=draft.case_id,
            test=draft.test,
            resent_of=resent_of,
        )
        run.put(Ref(Kind.NOTICE, notice_id), notice)
    run.tell(ref, asked, notice_id)
    return notice_id


def worry_about(run: Run) -> None:
    """Opens, widens and heals the cases that the system itself keeps on what this input changed."""
    new = happened(run.steps)
    worried = False
    actor = run.stamp.actor
    for ref, thing in list(run.changed.items()):
        if isinstance(thing, OrderFile | CheckoutFile):
            before = run.before(ref)
            was = before if isinstance(before, OrderFile | CheckoutFile) else None
            for at, change in worry(ref, was, new.get(ref, []), run):
                if not worried:
                    run.act_as(SYSTEM)
                    worried = True
                take(run, at, change)
    if worried:
        settle(run)
        run.act_as(actor)


def publish_orders(run: Run) -> None:
    """The cases of the system first; then the version of each order whose public state is another one than before rises by one, however much happened."""
    worry_about(run)
    for ref, thing in list(run.changed.items()):
        if not isinstance(thing, OrderFile) or not thing.known:
            continue
        before = run.before(ref)
        was = before if isinstance(before, OrderFile) and before.known else None
        if was is None or state_differs(was, thing):
            run.apply(ref, e.OrderStateMoved(status(was) if was else None), entity_id=ref.key)
