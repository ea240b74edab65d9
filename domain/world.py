"""What one input is decided in: the things it touches, loaded and locked; and what comes out of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from domain.actors import Stamp
from domain.cases import Case
from domain.checkouts import CheckoutFile
from domain.making import quickly_made
from domain.order_file import OrderFile
from domain.reference_data import Counter, Interaction, Notice, ProductFile, SourceFile, StockFile
from domain.vocabulary import EntityType

Aggregate = CheckoutFile | OrderFile | Case | ProductFile | StockFile | SourceFile | Interaction | Notice | Counter


class Kind(StrEnum):
    """The kinds of things kept, in the one global order in which they are locked."""

    CHECKOUT = "checkout"
    ORDER = "order"
    CASE = "case"
    INTERACTION = "interaction"
    NOTICE = "notice"
    PRODUCT = "product"
    STOCK = "stock"
    SOURCE = "source"
    COUNTER = "counter"


class Ref(NamedTuple):
    """Names one thing. Keys: order, checkout and stock `<channel>:<id>`, the others their id, sku or series."""

    kind: Kind
    key: str


Changes = Iterator[tuple[Ref, object]]
"""Events of orders and cases, and new states of things without events, in the order in which they are to be taken."""


class NotLoaded(Exception):
    """The rules need things that were not loaded: roll back, load and lock these as well, and handle again."""

    def __init__(self, *refs: Ref) -> None:
        super().__init__(", ".join(f"{ref.kind} {ref.key}" for ref in refs))
        self.refs = refs


class World(Protocol):
    """The loaded things. `get` answers None for what was looked for and does not exist, raises NotLoaded otherwise."""

    def get(self, ref: Ref) -> Aggregate | None: ...


@quickly_made
@dataclass(frozen=True, slots=True)
class Step:
    """One domain event, with the aggregate before it (None: it did not exist) and after it, and who, when, why.

    `event_id` is the id of the outbound record of the entity that the event speaks about ("" when it has none).
    """

    ref: Ref
    event: object
    before: Aggregate | None
    after: Aggregate
    stamp: Stamp
    event_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewLine:
    line_number: int
    quantity: int
    net_minor: int = 0
    tax_minor: int = 0
    gross_minor: int = 0
    available: int | None = None
    missing: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a command would do, for a dry run. `legs`: (payment_ref, amount)."""

    state: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    shipping_minor: int | None = None
    fee_minor: int | None = None
    lines: tuple[PreviewLine, ...] = ()
    legs: tuple[tuple[str, int], ...] = ()
    left_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The one answer to a command: the fields of replies.CommandResult but `occurred_at`, which the stamp has."""

    command_id: str
    accepted: bool
    message: str
    code: str | None = None
    dry_run: bool = False
    entity_type: EntityType | None = None
    entity_id: str | None = None
    version: int | None = None
    preview: Preview | None = None
    occurred_at: int = 0


class Effect(StrEnum):
    """What an input did."""

    APPLIED = "applied"
    REFUSED = "refused"
    DRY_RUN = "dry_run"
    WAITS = "waits"
    STALE = "stale"
    IGNORED = "ignored"


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All that came out of one input. Nothing else may be kept or published.

    `changed`: the new state of each thing that changed. `waits_for`: the thing whose becoming known lets the input be
    tried again (effect WAITS; nothing changed). `awakens`: things whose waiting inputs should be tried now, in order.
    """

    effect: Effect
    steps: tuple[Step, ...] = ()
    changed: Mapping[Ref, Aggregate]
    reply: Reply | None = None
    waits_for: Ref | None = None
    awakens: tuple[Ref, ...] = ()
