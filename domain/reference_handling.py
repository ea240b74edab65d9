"""Products, stock and sources, as the shop and the warehouses tell them: the newest wins, gone is gone until a newer comes."""

from domain import facts as f
from domain.copying import replace
from domain.reference_data import ProductFile, SourceFile, StockFile
from domain.world import Aggregate, Effect, Outcome, Ref, World

ReferenceFact = f.Product | f.StockLevel | f.Source | f.ProductGone | f.StockUnknown | f.SourceGone


def handle_reference(message: ReferenceFact, ref: Ref, world: World) -> Outcome:
    """What is known of the thing from now on; nothing new when something newer was known."""
    known = world.get(ref)
    said_at = getattr(message, "updated_at", None)
    if said_at is not None and isinstance(known, ProductFile | StockFile | SourceFile) and known.updated_at > said_at:
        return Outcome(effect=Effect.STALE, changed={})
    made: Aggregate
    match message:
        case f.Product() | f.ProductGone():
            made = _product(message, known)
        case f.StockLevel() | f.StockUnknown():
            made = _stock(message, known)
        case f.Source() | f.SourceGone():
            made = _source(message, known)
    return Outcome(effect=Effect.APPLIED, changed={ref: made})


def _product(message: f.Product | f.ProductGone, known: Aggregate | None) -> ProductFile:
    if isinstance(message, f.ProductGone):
        before = known if isinstance(known, ProductFile) else ProductFile(sku=message.sku)
        return replace(before, gone=True)
    return ProductFile(
        sku=message.sku,
        parent_sku=message.parent_sku,
        name=message.name,
        image_url=message.image_url,
        sellable=message.sellable,
        updated_at=message.updated_at,
    )


def _stock(message: f.StockLevel | f.StockUnknown, known: Aggregate | None) -> StockFile:
    """What exchanges were promised stays promised, whatever is told."""
    before = known if isinstance(known, StockFile) else StockFile(sales_channel=message.sales_channel, sku=message.sku)
    if isinstance(message, f.StockUnknown):
        return replace(before, available=None)
    return replace(before, available=message.available, updated_at=message.updated_at)


def _source(message: f.Source | f.SourceGone, known: Aggregate | None) -> SourceFile:
    if isinstance(message, f.SourceGone):
        before = known if isinstance(known, SourceFile) else SourceFile(source_id=message.source_id)
        return replace(before, gone=True)
    return SourceFile(
        source_id=message.source_id,
        name=message.name,
        accepts_returns=message.accepts_returns,
        sales_channels=message.sales_channels,
        updated_at=message.updated_at,
    )
