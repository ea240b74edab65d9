"""The one way through: an input with the things it touches becomes changes, records and a reply, or a reason to wait."""

from collections.abc import Iterable, Iterator

from domain import commands as c
from domain import facts as f
from domain.actors import SYSTEM, Stamp
from domain.cases import Case
from domain.checkouts import CheckoutFile, CheckoutSeen
from domain.command_handling import handle_command
from domain.copying import replace
from domain.engine import carry_out, publish_orders
from domain.erasure import is_erased
from domain.facts_in import FACTS, lines_named, speaker
from domain.gateway import answered_leg, heard, operation
from domain.identity import Ids
from domain.order_events import Noted, NoticeAnswered, PaymentHeard, StaleRevision
from domain.order_file import OrderFile, order_key
from domain.persons import without_person
from domain.policy import Policies
from domain.reference_handling import ReferenceFact, handle_reference
from domain.run import Run, case_ref, checkout_ref, order_ref
from domain.standstill import StandsStill, told
from domain.timer_rules import fired
from domain.timers import TimerDue
from domain.vocabulary import ExchangeState, PaymentKind, ReshipmentState
from domain.world import Aggregate, Effect, Kind, Outcome, Ref, World

Message = c.Command | f.Fact | ReferenceFact | TimerDue | StandsStill


def refs(message: Message) -> tuple[Ref, ...]:
    """What must be loaded and locked before this input is handled. More may turn out to be needed: NotLoaded says so."""
    if isinstance(message, c.Command):
        return tuple(dict.fromkeys(_command_refs(message)))
    if isinstance(message, TimerDue):
        return (message.timer.ref,)
    if isinstance(message, StandsStill):
        return (message.order,)
    return tuple(_fact_refs(message))


def _fact_refs(message: f.Fact | ReferenceFact) -> Iterator[Ref]:
    match message:
        case f.OrderEvent(order=order):
            yield order_ref(order.sales_channel, order.order_id)
            if order.checkout_id:
                yield checkout_ref(order.sales_channel, order.checkout_id)
        case f.CheckoutEvent():
            yield checkout_ref(message.sales_channel, message.checkout_id)
        case f.PaymentEvent(sales_channel=channel, order_id=order_id, kind=kind):
            if message.checkout_id:
                yield checkout_ref(channel, message.checkout_id)
            if order_id:
                yield order_ref(channel, order_id)
            if kind is PaymentKind.REFUNDED:
                yield Ref(Kind.COUNTER, f"credit_note:{channel}")
        case f.OrderFact():
            yield order_ref(message.sales_channel, message.order_id)
        case f.NoticeReceipt():
            yield Ref(Kind.NOTICE, message.notice_id)
        case f.Product() | f.ProductGone():
            yield Ref(Kind.PRODUCT, message.sku)
        case f.StockLevel() | f.StockUnknown():
            yield Ref(Kind.STOCK, order_key(message.sales_channel, message.sku))
        case f.Source() | f.SourceGone():
            yield Ref(Kind.SOURCE, message.source_id)


def _command_refs(command: c.Command) -> Iterator[Ref]:
    channel = getattr(command, "sales_channel", None)
    order_id = getattr(command, "order_id", None)
    if channel and order_id:
        yield order_ref(channel, order_id)
    if channel and (checkout_id := getattr(command, "checkout_id", None)):
        yield checkout_ref(channel, checkout_id)
    if case_id := getattr(command, "case_id", None):
        yield case_ref(case_id)
    match command:
        case c.OpenCase():
            yield Ref(Kind.COUNTER, "case")
            yield from (order_ref(command.sales_channel, line.order_id) for line in command.lines if line.order_id)
        case c.CreateReturn() | c.CreateReshipment(take_back=True):
            yield Ref(Kind.COUNTER, "rma")
        case c.CreateExchange():
            yield Ref(Kind.COUNTER, "rma")
            for line in command.lines:
                yield Ref(Kind.PRODUCT, line.new_sku)
                yield Ref(Kind.STOCK, order_key(command.sales_channel, line.new_sku))
        case c.ReleaseRefundOffline():
            yield Ref(Kind.COUNTER, f"credit_note:{command.sales_channel}")
        case c.RecordInteraction():
            yield Ref(Kind.INTERACTION, command.interaction_id)
        case c.ResendNotice():
            yield Ref(Kind.NOTICE, command.notice_id)
    if interaction_id := getattr(command, "interaction_id", None):
        yield Ref(Kind.INTERACTION, interaction_id)


_EXCHANGE_OVER = (ExchangeState.COMPLETED, ExchangeState.CANCELLED, ExchangeState.DENIED)
_RESHIPMENT_OVER = (ReshipmentState.COMPLETED, ReshipmentState.CANCELLED)


def related(thing: Aggregate) -> tuple[Ref, ...]:
    """Further things that inputs for this one may touch: the orders of a case, an order's cases, root, E and R orders."""
    if isinstance(thing, Case):
        checkout = [checkout_ref(thing.sales_channel, thing.checkout_id)] if thing.checkout_id else []
        return (*checkout, *(order_ref(thing.sales_channel, order_id) for order_id in thing.orders))
    if isinstance(thing, CheckoutFile):
        joined = [order_ref(thing.sales_channel, thing.order_id)] if thing.order_id else []
        return (*joined, *(case_ref(case_id) for case_id in (*thing.case_ids, *thing.concerns.values())))
    if not isinstance(thing, OrderFile):
        return ()
    named: list[Ref] = []
    if thing.root_id and thing.order:
        parents = {thing.root_id, thing.order.original_order_id or thing.root_id}
        named += [order_ref(thing.sales_channel, order_id) for order_id in sorted(parents)]
    for exchange in thing.exchanges.values():
        if exchange.new_order_id and exchange.state not in _EXCHANGE_OVER:
            named.append(order_ref(thing.sales_channel, exchange.new_order_id))
    for reshipment in thing.reshipments.values():
        if reshipment.new_order_id and reshipment.state not in _RESHIPMENT_OVER:
            named.append(order_ref(thing.sales_channel, reshipment.new_order_id))
    named += [
        order_ref(thing.sales_channel, refund.for_order_id) for refund in thing.refunds.values() if refund.for_order_id
    ]
    remedies = (thing.cancellations, thing.changes, thing.returns, thing.refunds, thing.exchanges, thing.reshipments)
    named += [case_ref(case_id) for case_id in thing.concerns.values()]
    cases = {remedy.case_id for group in remedies for remedy in group.values() if remedy.case_id}
    named += [case_ref(case_id) for case_id in sorted(cases)]
    return tuple(dict.fromkeys(named))


def handle(message: Message, world: World, policies: Policies, at: int) -> Outcome:
    """Decides one input in a loaded world; `at` (µs) is when it is recorded.

    Raises NotLoaded when more must be loaded first (then handle again: the ids come out the same). A refused command is an
    Outcome whose reply says so; nothing of it is changed.
    """
    if isinstance(message, c.Command):
        return handle_command(message, world, policies, at)
    if isinstance(message, TimerDue):
        run = _by_system(message.timer.cause_id, world, policies, at)
        return _carried_out(run, message.timer.ref, fired(message.timer, run))
    if isinstance(message, StandsStill):
        run = _by_system(message.cause_id, world, policies, at)
        return _carried_out(run, message.order, told(message, run))
    if not isinstance(message, f.Fact):
        return handle_reference(message, refs(message)[0], world)
    stamp = Stamp(at, speaker(message), message.event_id, message.occurred_at)
    run = Run(world, policies, stamp, Ids(message.event_id))
    if isinstance(message, f.NoticeReceipt):
        return _notice_receipt(message, run)
    if isinstance(message, f.CheckoutEvent):
        return _checkout(message, run)
    if isinstance(message, f.PaymentEvent):
        return _payment(message, run)
    rule = FACTS[type(message)]
    ref = refs(message)[0]
    file = run.order(ref)
    if not isinstance(message, f.OrderEvent) and not (file.known and lines_named(message) <= file.lines.keys()):
        return Outcome(effect=Effect.WAITS, changed={}, waits_for=ref)
    if is_erased(file) and not isinstance(message, f.OrderEvent):
        message = without_person(message)
    carry_out(run, ref, rule(message, ref, run))
    publish_orders(run)
    stale = any(isinstance(step.event, StaleRevision) for step in run.steps)
    return Outcome(
        effect=Effect.STALE if stale else Effect.APPLIED,
        steps=tuple(run.steps),
        changed=run.changed,
        awakens=(ref,) if isinstance(message, f.OrderEvent) and not stale else (),
    )


def _by_system(cause_id: str, world: World, policies: Policies, at: int) -> Run:
    return Run(world, policies, Stamp(at, SYSTEM, cause_id), Ids(cause_id))


def _carried_out(run: Run, ref: Ref, events: Iterable[object]) -> Outcome:
    """What the system does of itself; when its reason is gone nothing."""
    carry_out(run, ref, events)
    return _done(run) if run.steps else Outcome(effect=Effect.IGNORED, changed={})


def _done(run: Run) -> Outcome:
    publish_orders(run)
    return Outcome(effect=Effect.APPLIED, steps=tuple(run.steps), changed=run.changed)


def _checkout(event: f.CheckoutEvent, run: Run) -> Outcome:
    """The shop's word about a checkout; a lower or equal revision changes nothing."""
    ref = refs(event)[0]
    if event.revision <= run.checkout(ref).revision:
        carry_out(run, ref, [Noted("status", f"checkout {event.kind} with revision {event.revision} came late")])
        return replace(_done(run), effect=Effect.STALE)
    carry_out(run, ref, [CheckoutSeen(event)])
    return _done(run)


def _payment(event: f.PaymentEvent, run: Run) -> Outcome:
    """To the order that is known, else to the checkout that it names (at once), else it waits for the order.

    An answer to a refund of the checkout is the checkout's too, whatever became of it.
    """
    checkout_at = checkout_ref(event.sales_channel, event.checkout_id) if event.checkout_id else None
    checkout = run.checkout(checkout_at) if checkout_at else None
    order_id = event.order_id or (checkout.order_id if checkout else None)
    order_at = order_ref(event.sales_channel, order_id) if order_id else None
    order = run.order(order_at) if order_at else None
    if is_erased(order) or is_erased(checkout):
        event = without_person(event)
    if order_at and order and order.known:
        ours = checkout and event.operation_reference and answered_leg(checkout, event)
        if ours and checkout_at:
            carry_out(run, checkout_at, heard(event, checkout_at, run))
            carry_out(run, order_at, [PaymentHeard(operation(event))])
        else:
            carry_out(run, order_at, heard(event, order_at, run))
        return _done(run)
    if checkout_at:
        carry_out(run, checkout_at, heard(event, checkout_at, run))
        return _done(run)
    return Outcome(effect=Effect.WAITS, changed={}, waits_for=order_at)


def _notice_receipt(receipt: f.NoticeReceipt, run: Run) -> Outcome:
    """Whether a mail went out, into the history of its order or case. A notice that we never asked for is ignored."""
    notice = run.notice(receipt.notice_id)
    if notice is None or (notice.status_at is not None and notice.status_at >= receipt.occurred_at):
        return Outcome(effect=Effect.IGNORED if notice is None else Effect.STALE, changed={})
    if not notice.recipient:
        receipt = without_person(receipt)
    run.put(Ref(Kind.NOTICE, notice.notice_id), replace(notice, status=receipt.status, status_at=receipt.occurred_at))
    home = order_ref(notice.sales_channel, notice.order_id) if notice.order_id else case_ref(notice.case_id or "")
    if notice.order_id or notice.case_id:
        run.tell(home, NoticeAnswered(notice.notice_id, notice.kind, receipt.status, receipt.reason), "")
    return Outcome(effect=Effect.APPLIED, steps=tuple(run.steps), changed=run.changed)
