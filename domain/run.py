"""One handling of one input: what it reads, what it changed so far, in order. The only mutable thing in the domain."""

from collections import deque
from collections.abc import Hashable
from functools import cache
from typing import Any, cast

from domain.actors import ActorRef, Stamp
from domain.cases import Case, CaseCommented
from domain.cases import evolve as evolve_case
from domain.checkouts import CheckoutFile
from domain.checkouts import evolve as evolve_checkout
from domain.copying import replace
from domain.identity import Ids
from domain.order_evolve import evolve as evolve_order
from domain.order_file import OrderFile, order_key
from domain.policy import Policies, Policy
from domain.reference_data import Counter, Notice, ProductFile, SourceFile, StockFile
from domain.world import Aggregate, Kind, Ref, Step, World


def order_ref(sales_channel: str, order_id: str) -> Ref:
    return Ref(Kind.ORDER, order_key(sales_channel, order_id))


def checkout_ref(sales_channel: str, checkout_id: str) -> Ref:
    return Ref(Kind.CHECKOUT, order_key(sales_channel, checkout_id))


def case_ref(case_id: str) -> Ref:
    return Ref(Kind.CASE, case_id)


class Run:
    """Reads through to the world what it has not changed itself. Decisions read it, only `apply` and `put` change it.

    `at` is when this handling records (µs); `stamp` says who caused it. Steps wait in `fresh` for the reactions.
    """

    def __init__(self, world: World, policies: Policies, stamp: Stamp, ids: Ids) -> None:
        self._world = world
        self.policies = policies
        self.stamp = stamp
        self.ids = ids
        self.changed: dict[Ref, Aggregate] = {}
        self.steps: list[Step] = []
        self.fresh: deque[Step] = deque()

    @property
    def at(self) -> int:
        return self.stamp.at

    def get(self, ref: Ref) -> Aggregate | None:
        """The thing as it is now. Raises NotLoaded when the world has not looked for it."""
        return self.changed[ref] if ref in self.changed else self._world.get(ref)

    def before(self, ref: Ref) -> Aggregate | None:
        """The thing as it was before this input."""
        return self._world.get(ref)

    def policy(self, sales_channel: str, version: str = "") -> Policy:
        """The policy in force; with a `version` the one that a remedy began under."""
        return self.policies.of(sales_channel, version)

    def order(self, ref: Ref) -> OrderFile:
        """The order file, an empty one when the order is not known yet."""
        found = self.get(ref)
        if found is None:
            channel, _, order_id = ref.key.partition(":")
            return OrderFile(sales_channel=channel, order_id=order_id)
        return cast("OrderFile", found)

    def checkout(self, ref: Ref) -> CheckoutFile:
        """The checkout, an empty one when nobody has named it yet."""
        found = self.get(ref)
        if found is None:
            channel, _, checkout_id = ref.key.partition(":")
            return CheckoutFile(sales_channel=channel, checkout_id=checkout_id)
        return cast("CheckoutFile", found)

    def holder(self, ref: Ref) -> OrderFile | CheckoutFile:
        """What holds the money that a step was about: an order or a checkout."""
        return self.checkout(ref) if ref.kind is Kind.CHECKOUT else self.order(ref)

    def sibling(self, file: OrderFile, order_id: str) -> OrderFile:
        """Another order of the same sales channel."""
        return self.order(order_ref(file.sales_channel, order_id))

    def root(self, file: OrderFile) -> OrderFile:
        """The order that the money of this one belongs to: itself but for E and R orders."""
        return self.sibling(file, file.root_id) if file.root_id else file

    def case(self, case_id: str) -> Case | None:
        return cast("Case | None", self.get(case_ref(case_id)))

    def product(self, sku: str) -> ProductFile | None:
        found = cast("ProductFile | None", self.get(Ref(Kind.PRODUCT, sku)))
        return None if found is None or found.gone else found

    def stock(self, sales_channel: str, sku: str) -> StockFile:
        found = self.get(Ref(Kind.STOCK, order_key(sales_channel, sku)))
        return cast("StockFile", found) if found else StockFile(sales_channel=sales_channel, sku=sku)

    def source(self, source_id: str) -> SourceFile | None:
        found = cast("SourceFile | None", self.get(Ref(Kind.SOURCE, source_id)))
        return None if found is None or found.gone else found

    def notice(self, notice_id: str) -> Notice | None:
        return cast("Notice | None", self.get(Ref(Kind.NOTICE, notice_id)))

    def number(self, series: str) -> int:
        """The next number of a series; taken for good only if what this handling changed is kept."""
        ref = Ref(Kind.COUNTER, series)
        counter = cast("Counter | None", self.get(ref)) or Counter(series=series)
        self.changed[ref] = replace(counter, last=counter.last + 1)
        return counter.last + 1

    def put(self, ref: Ref, thing: Aggregate) -> None:
        """Keeps a thing that has no events of its own: product, stock, source, notice, interaction."""
        self.changed[ref] = thing

    def tell(self, ref: Ref, event: object, entity_id: str) -> None:
        """Records a step that changes nothing of the thing it is told of: a notice that was asked for."""
        now = self.get(ref)
        if now is None:
            raise LookupError(f"{ref.kind} {ref.key} does not exist")
        self._step(ref, event, now, now, entity_id)

    def act_as(self, actor: ActorRef) -> None:
        """Whatever follows is done by this actor."""
        self.stamp = replace(self.stamp, actor=actor)

    def apply(self, ref: Ref, *events: object, entity_id: str = "") -> None:
        """Folds events into an order file or checkout; each becomes a step with an event id for the entity that it speaks
        about."""
        for event in events:
            file = self.holder(ref)
            after = (
                evolve_checkout(file, event, self.stamp)
                if isinstance(file, CheckoutFile)
                else evolve_order(file, event, self.stamp)
            )
            self._step(ref, event, file, after, entity_id or entity_of(event))

    def apply_case(self, case_id: str, *events: object) -> None:
        """Folds events into a case. A task's events publish the task, a comment nothing, all others the case."""
        ref = case_ref(case_id)
        for event in events:
            before = self.case(case_id)
            task_id = getattr(event, "task_id", None)
            published = task_id or ("" if isinstance(event, CaseCommented) else case_id)
            self._step(ref, event, before, evolve_case(before, cast("Any", event), self.stamp), published)

    def _step(self, ref: Ref, event: object, before: Aggregate | None, after: Aggregate, entity_id: str) -> None:
        event_id = self.ids.event(entity_id) if entity_id else ""
        made = Step(ref, event, before, after, self.stamp, event_id)
        self.changed[ref] = after
        self.steps.append(made)
        self.fresh.append(made)


def entity_of(event: object) -> str:
    """The id of the remedy that an order event speaks about, "" for events that publish nothing of their own."""
    name = _id_field(cast("Hashable", type(event)))
    return str(getattr(event, name)) if name else ""


@cache
def _id_field(kind: Hashable) -> str:
    """Where the events of a class have the id of their remedy, "" for those of none."""
    if getattr(kind, "__module__", "") not in _REMEDY_MODULES:
        return ""
    return next((name for name in _ID_FIELDS if hasattr(kind, name)), "")


_ID_FIELDS = ("change_id", "return_id", "refund_id", "cancellation_id", "exchange_id", "reshipment_id", "notice_id")
_REMEDY_MODULES = frozenset(
    {
        "domain.changes",
        "domain.cancellations",
        "domain.returns",
        "domain.refunds",
        "domain.exchanges",
        "domain.reshipments",
    }
)
