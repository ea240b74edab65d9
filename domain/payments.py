"""The payment state of an order or checkout: a fold over everything the gateways said (domain.md 3)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from domain.making import quickly_made
from domain.vocabulary import PaymentKind


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing a gateway said, as received. `amount_minor` > 0. Kept for ever: the fold is computed from all of them."""

    event_id: str
    occurred_at: int
    payment_ref: str
    gateway: str
    method: str
    kind: PaymentKind
    amount_minor: int
    currency: str
    gateway_reference: str | None = None
    operation_reference: str | None = None
    reason: str | None = None
    response: str | None = None


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What the fold says of one payment, in minor units. `captured_at` (µs) is its newest counted capture, else None."""

    payment_ref: str
    gateway: str
    method: str
    authorized: int = 0
    captured: int = 0
    voided: int = 0
    refunded: int = 0
    charged_back: int = 0
    authorized_at: int | None = None
    captured_at: int | None = None

    def left(self, pending: int) -> int:
        """What can still be given back: captured − refunded − pending − charged back, never below 0."""
        return max(0, self.raw_left(pending))

    def raw_left(self, pending: int) -> int:
        """The same uncut; negative means more went back than came."""
        return self.captured - self.refunded - pending - self.charged_back


AUTHORISE, CAPTURE, VOID, REFUND, CHARGEBACK = "authorise", "capture", "void", "refund", "chargeback"

ACTION: Final = {
    PaymentKind.AUTHORIZED: AUTHORISE,
    PaymentKind.AUTHORIZATION_FAILED: AUTHORISE,
    PaymentKind.CAPTURED: CAPTURE,
    PaymentKind.CAPTURE_FAILED: CAPTURE,
    PaymentKind.VOIDED: VOID,
    PaymentKind.VOID_FAILED: VOID,
    PaymentKind.REFUNDED: REFUND,
    PaymentKind.REFUND_FAILED: REFUND,
    PaymentKind.REFUND_REVERSED: REFUND,
    PaymentKind.CHARGED_BACK: CHARGEBACK,
    PaymentKind.CHARGEBACK_WON: CHARGEBACK,
}
SUCCESSES: Final = frozenset({PaymentKind.AUTHORIZED, PaymentKind.CAPTURED, PaymentKind.VOIDED, PaymentKind.REFUNDED,
                              PaymentKind.CHARGED_BACK})  # fmt: skip

FAILURES: Final = frozenset({PaymentKind.AUTHORIZATION_FAILED, PaymentKind.CAPTURE_FAILED, PaymentKind.VOID_FAILED,
                             PaymentKind.REFUND_FAILED})  # fmt: skip


@quickly_made
@dataclass(frozen=True, slots=True)
class Group:
    """All that was said of one operation: (payment, action, reference). `undone` ≥ 0 of `amount`; `at` its newest success."""

    payment_ref: str
    action: str
    reference: str
    amount: int = 0
    at: int | None = None
    undone: int = 0
    failed_at: int | None = None

    @property
    def counted(self) -> int:
        return max(0, self.amount - self.undone)


def _aliases(operations: Iterable[Operation]) -> dict[tuple[str, str, str], str]:
    """Gateway references that some event ties to a request of ours: whoever repeats one of them means that request."""
    return {
        (op.payment_ref, ACTION[op.kind], op.gateway_reference): op.operation_reference
        for op in sorted(operations, key=lambda op: (op.occurred_at, op.event_id), reverse=True)
        if op.gateway_reference and op.operation_reference
    }


def reference_of(operation: Operation, aliases: Mapping[tuple[str, str, str], str]) -> str | None:
    """What the operation speaks of: our request, else the gateway's id; None when it names neither."""
    if operation.operation_reference:
        return operation.operation_reference
    if operation.gateway_reference:
        alias = aliases.get((operation.payment_ref, ACTION[operation.kind], operation.gateway_reference))
        return alias or operation.gateway_reference
    return None


def _grouped(operations: Iterable[Operation]) -> dict[tuple[str, str, str], list[Operation]]:
    """Operations by group. An undo that names nothing joins the newest earlier success of its payment, action and amount
    that none undoes yet: matched over the whole set in the order of time, so arrival does not matter."""
    known = {op.event_id: op for op in operations}.values()
    aliases = _aliases(operations := sorted(known, key=lambda op: (op.occurred_at, op.event_id)))
    groups: dict[tuple[str, str, str], list[Operation]] = {}
    nameless: list[Operation] = []
    for op in operations:
        reference = reference_of(op, aliases)
        if reference is None and op.kind not in SUCCESSES:
            nameless.append(op)
            continue
        groups.setdefault((op.payment_ref, ACTION[op.kind], reference or op.event_id), []).append(op)
    for op in nameless:
        fitting = [
            (key, members)
            for key, members in groups.items()
            if key[:2] == (op.payment_ref, ACTION[op.kind])
            and (group := _summed(key, members)).amount == op.amount_minor
            and not group.undone
            and group.at is not None
            and group.at <= op.occurred_at
        ]
        if fitting:
            max(fitting, key=lambda item: (_summed(*item).at or 0, item[0]))[1].append(op)
        else:
            groups.setdefault((op.payment_ref, ACTION[op.kind], op.event_id), []).append(op)
    return groups


def _summed(key: tuple[str, str, str], members: list[Operation]) -> Group:
    """One group's state. Of several successes the earliest says the amount and the newest the time; an undo counts once a
    kind, when it is not older than the success (at the same time the failure wins)."""
    successes = [op for op in members if op.kind in SUCCESSES]
    undos = [op for op in members if op.kind not in SUCCESSES]
    failures = [op.occurred_at for op in members if op.kind in FAILURES]
    failed_at = max(failures) if failures else None
    if not successes:
        return Group(*key, failed_at=failed_at)
    at = max(op.occurred_at for op in successes)
    undone: dict[PaymentKind, int] = {}
    for op in undos:
        if op.occurred_at >= at:
            undone.setdefault(op.kind, op.amount_minor)
    return Group(*key, amount=successes[0].amount_minor, at=at, undone=sum(undone.values()), failed_at=failed_at)


def groups(operations: Iterable[Operation], currency: str) -> list[Group]:
    """The state of every operation that anything was said about, of those in the order's currency."""
    counted = [op for op in operations if op.currency == currency]
    return [_summed(key, members) for key, members in sorted(_grouped(counted).items())]


_FIELD: Final = {AUTHORISE: "authorized", CAPTURE: "captured", VOID: "voided", REFUND: "refunded",
                 CHARGEBACK: "charged_back"}  # fmt: skip


def fold(operations: Iterable[Operation], currency: str, known: Iterable[Group] | None = None) -> dict[str, Payment]:
    """The payments by reference. Any permutation and duplication of `operations` gives the same answer (domain.md 3).

    `known`: the groups of these operations, where somebody has worked them out.
    """
    operations = sorted(operations, key=lambda op: (op.occurred_at, op.event_id))
    sums: dict[str, dict[str, int | None]] = {}
    named: dict[str, Operation] = {}
    for op in operations:
        if op.currency == currency:
            named.setdefault(op.payment_ref, op)
    for group in groups(operations, currency) if known is None else known:
        payment = sums.setdefault(group.payment_ref, {})
        name = _FIELD[group.action]
        payment[name] = (payment.get(name) or 0) + group.counted
        if group.counted and group.action in (AUTHORISE, CAPTURE):
            time = f"{name}_at"
            payment[time] = max(payment.get(time) or 0, group.at or 0)
    return {
        ref: Payment(payment_ref=ref, gateway=op.gateway, method=op.method, **sums[ref])  # type: ignore[arg-type]
        for ref, op in sorted(named.items())
    }


def conflicts(operations: Iterable[Operation], new: Operation) -> bool:
    """Whether something was said already of the same operation and kind, with another amount."""
    known = [op for op in operations if op.currency == new.currency]
    aliases = _aliases([*known, new])
    reference = reference_of(new, aliases)
    return reference is not None and any(
        op.kind is new.kind
        and op.payment_ref == new.payment_ref
        and reference_of(op, aliases) == reference
        and op.amount_minor != new.amount_minor
        for op in known
    )
