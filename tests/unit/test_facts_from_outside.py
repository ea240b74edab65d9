"""What shop, warehouse, gateway and notifier say is recorded once, by its own time, with who said it (domain.md 2, 10)."""

from dataclasses import replace
from typing import Any

import pytest

from domain import facts as f
from domain.actors import ActorRef
from domain.order_events import AttentionRaised, ParcelSent, WarehouseSaid
from domain.orders import snapshot
from domain.reference_data import ProductFile, SourceFile, StockFile
from domain.run import order_ref
from domain.vocabulary import (
    ActorKind,
    OrderEventKind,
    OrderStatus,
    PaymentKind,
    ReceiptOutcome,
    UnitStatus,
)
from domain.world import Effect, Kind, Ref
from tests.builders.desk import CHANNEL, Desk, line

# Products, stock, sources


def kept(desk: Desk, kind: Kind, key: str) -> Any:
    return desk.get(Ref(kind, key))


def product(at: int, **fields: Any) -> f.Product:
    fields = {"sku": "S", "parent_sku": "P", "name": "Shirt", "image_url": "https://x/s", "sellable": True, **fields}
    return f.Product(updated_at=at, **fields)


def test_a_product_is_kept_as_it_was_told_last() -> None:
    desk = Desk()
    assert desk.feed(product(10)).effect is Effect.APPLIED
    whole = ProductFile(sku="S", parent_sku="P", name="Shirt", image_url="https://x/s", sellable=True, updated_at=10)
    assert kept(desk, Kind.PRODUCT, "S") == whole
    assert desk.feed(product(9, sellable=False)).effect is Effect.STALE
    assert kept(desk, Kind.PRODUCT, "S") == whole
    assert desk.feed(product(10, sellable=False)).effect is Effect.APPLIED
    assert kept(desk, Kind.PRODUCT, "S") == replace(whole, sellable=False)


def test_a_product_that_is_gone_stays_gone_until_something_newer_comes() -> None:
    desk = Desk()
    desk.feed(product(10))
    desk.feed(f.ProductGone(sku="S"))
    gone = kept(desk, Kind.PRODUCT, "S")
    assert (gone.gone, gone.name, gone.updated_at) == (True, "Shirt", 10)
    assert desk.feed(product(9)).effect is Effect.STALE
    desk.feed(product(11))
    assert not kept(desk, Kind.PRODUCT, "S").gone
    desk.feed(f.ProductGone(sku="NEW"))
    assert kept(desk, Kind.PRODUCT, "NEW") == ProductFile(sku="NEW", gone=True)


def stock(at: int, available: int) -> f.StockLevel:
    return f.StockLevel(sales_channel=CHANNEL, sku="S", available=available, updated_at=at)


def test_stock_is_what_was_counted_last_and_unknown_when_the_shop_takes_its_word_back() -> None:
    desk, key = Desk(), f"{CHANNEL}:S"
    desk.feed(stock(10, 5))
    assert kept(desk, Kind.STOCK, key) == StockFile(sales_channel=CHANNEL, sku="S", available=5, updated_at=10)
    assert desk.feed(stock(9, 7)).effect is Effect.STALE
    desk.feed(stock(12, 0))
    assert kept(desk, Kind.STOCK, key).available == 0
    desk.feed(f.StockUnknown(sales_channel=CHANNEL, sku="S"))
    assert (kept(desk, Kind.STOCK, key).available, kept(desk, Kind.STOCK, key).updated_at) == (None, 12)
    desk.feed(f.StockUnknown(sales_channel=CHANNEL, sku="NEW"))
    assert kept(desk, Kind.STOCK, f"{CHANNEL}:NEW") == StockFile(sales_channel=CHANNEL, sku="NEW")


def test_a_new_count_keeps_what_was_promised() -> None:
    desk, ref = Desk(), Ref(Kind.STOCK, f"{CHANNEL}:S")
    desk.things[ref] = StockFile(sales_channel=CHANNEL, sku="S", available=5, updated_at=1, promised={"exchange": 2})
    desk.feed(stock(10, 4))
    assert desk.things[ref] == StockFile(
        sales_channel=CHANNEL, sku="S", available=4, updated_at=10, promised={"exchange": 2}
    )


def test_a_source_is_kept_as_it_was_told_last() -> None:
    desk = Desk()
    desk.feed(f.Source(source_id="W", name="West", accepts_returns=True, sales_channels=("a",), updated_at=5))
    west = SourceFile(source_id="W", name="West", accepts_returns=True, sales_channels=("a",), updated_at=5)
    assert kept(desk, Kind.SOURCE, "W") == west
    desk.feed(f.SourceGone(source_id="W"))
    assert kept(desk, Kind.SOURCE, "W") == replace(west, gone=True)
    desk.feed(f.SourceGone(source_id="N"))
    assert kept(desk, Kind.SOURCE, "N") == SourceFile(source_id="N", gone=True)


# Who says it


def said_by(desk: Desk) -> ActorRef:
    return desk.outcomes[-1].steps[0].stamp.actor


def test_each_fact_is_told_by_who_said_it() -> None:
    desk = Desk()
    desk.place(line(1, 3, 3000), captured=3000)
    assert said_by(desk) == ActorRef("gate", ActorKind.GATEWAY)
    desk.shop(OrderEventKind.UPDATED, 2, line(1, 3, 3000))
    assert said_by(desk) == ActorRef("shop", ActorKind.SHOP)
    desk.warehouse(UnitStatus.RECEIVED, 3, source_id="W7")
    assert said_by(desk) == ActorRef("W7", ActorKind.WAREHOUSE)
    desk.cancels((1, 1))
    desk.answers(next(iter(desk.file().cancellations)), (1, 0, 1))
    assert said_by(desk) == ActorRef("warehouse", ActorKind.WAREHOUSE)
    desk.ships(3, source_id="W8")
    assert said_by(desk) == ActorRef("W8", ActorKind.WAREHOUSE)
    desk.receives(None, (1, 1, ReceiptOutcome.GOOD), source_id="W9")
    assert said_by(desk) == ActorRef("W9", ActorKind.WAREHOUSE)


# Orders


def test_an_update_that_says_a_frozen_line_otherwise_needs_attention_once() -> None:
    changes: list[dict[str, Any]] = [{"quantity": 3}, {"total": 1999}, {"price": 1}, {"discount_minor": 1}, {"tax": 5}, {"sku": "X"}]  # fmt: skip
    for change in changes:
        desk = Desk()
        desk.place(line(1, 2, 2000), line(2, 1, 100))
        for revision in (2, 3):
            first = line(**{"number": 1, "quantity": 2, "total": 2000, "price": 1000, **change})
            desk.shop(OrderEventKind.UPDATED, revision, first, line(2, 1, 100), line(3, 1, 5))
        [raised] = desk.events(AttentionRaised)
        assert (raised.code, "line 1" in raised.why, "2" in raised.why) == ("line_changed", True, False)
        assert sorted(desk.file().lines) == [1, 2, 3]
        assert desk.file().lines[1].sold.quantity == 2


def test_an_update_replaces_the_header_and_adds_lines() -> None:
    desk = Desk()
    desk.place(line(1, 2, 2000))
    home = f.Address(name="Ann", street="Main 1", city="Berlin", country="DE")
    desk.shop(OrderEventKind.UPDATED, 4, line(1, 2, 2000), line(2, 1, 500), shipping_address=home, status=OrderStatus.ONHOLD)  # fmt: skip
    file = desk.file()
    assert (file.revision, file.facts.shipping_address, file.facts.status) == (4, home, OrderStatus.ONHOLD)
    assert (file.lines[2].value.gross, file.lines[2].worth.units, file.lines[2].units.quantity) == (500, 1, 1)


@pytest.mark.parametrize(("revision", "effect"), [(0, Effect.STALE), (1, Effect.STALE), (2, Effect.APPLIED)])
def test_a_revision_counts_when_it_is_higher(revision: int, effect: Effect) -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000))
    assert desk.shop(OrderEventKind.UPDATED, revision, line(1, 1, 1000)).effect is effect


def test_what_speaks_of_one_line_twice_counts_both() -> None:
    desk = Desk()
    desk.place(line(1, 3, 3000), line(2, 1, 100))
    words = (
        f.StatusLine(line_number=1, quantity=2, status=UnitStatus.RECEIVED, reason="in"),
        f.StatusLine(line_number=2, quantity=1, status=UnitStatus.DECLINED, reason="none"),
        f.StatusLine(line_number=1, quantity=1, status=UnitStatus.PICKED),
    )
    desk.warehouse(UnitStatus.RECEIVED, 0, lines=words)
    assert {str(b): n for b, n in desk.file().lines[1].units.buckets.items()} == {"open": 1, "received": 1, "picked": 1}
    told = [word for said in desk.events(WarehouseSaid) for word in said.words]
    assert [(word.line_number, word.quantity, word.status, word.source_id, word.reason) for word in told] == [
        (1, 2, "RECEIVED", "W1", "in"),
        (2, 1, "DECLINED", "W1", "none"),
        (1, 1, "PICKED", "W1", None),
    ]


def test_a_parcel_known_already_replaces_its_tracking_and_the_other_box_counts() -> None:
    desk = Desk()
    desk.place(line(1, 3, 3000))
    one = (f.PackageLine(line_number=1, quantity=1),)
    named = {"sales_channel": CHANNEL, "order_id": "1001", "source_id": "W1", "shipment_id": "S"}
    first = f.Package(box_number="1", tracking_number="old", lines=one)
    desk.feed(desk.fact(f.Shipment, packages=(first,), **named))
    again = f.Package(box_number="1", tracking_number="new", lines=one)
    other = f.Package(box_number="2", lines=one)
    desk.feed(desk.fact(f.Shipment, packages=(again, other), **named))
    assert desk.events(ParcelSent) == [
        ParcelSent("S", first, "W1"),
        ParcelSent("S", again, "W1", repeated=True),
        ParcelSent("S", other, "W1"),
    ]
    assert desk.buckets() == {"open": 1, "shipped": 2}


def test_what_names_a_line_that_is_not_there_yet_waits_whole() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000))
    lines = (f.PackageLine(line_number=1, quantity=1), f.PackageLine(line_number=2, quantity=1))
    box = f.Package(box_number="1", lines=lines)
    outcome = desk.feed(desk.fact(f.Shipment, sales_channel=CHANNEL, order_id="1001", shipment_id="S", source_id="W1", packages=(box,)))  # fmt: skip
    assert (outcome.effect, outcome.waits_for, outcome.changed) == (Effect.WAITS, order_ref(CHANNEL, "1001"), {})
    assert desk.buckets() == {"open": 1}
    desk.shop(OrderEventKind.UPDATED, 2, line(1, 1, 1000), line(2, 1, 100))
    assert (desk.buckets(), desk.buckets(2)) == ({"shipped": 1}, {"shipped": 1})


def test_a_line_that_comes_later_has_no_share_of_the_orders_discount() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), line(2, 1, 500), order_discount_minor=300)
    assert [sold.value.gross for sold in desk.file().lines.values()] == [800, 400]
    desk.shop(OrderEventKind.UPDATED, 2, line(1, 1, 1000), line(2, 1, 500), line(3, 1, 1000), order_discount_minor=300)
    assert [sold.value.gross for sold in desk.file().lines.values()] == [800, 400, 1000]


def test_what_is_said_in_another_currency_is_left_out_of_the_books() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000), captured=1000)
    desk.pays(PaymentKind.CAPTURED, 700, "P2", currency="USD")
    file = desk.file()
    assert {said.payment_ref for said in file.operations} == {"P1"}
    assert list(snapshot(file).payments) == ["P1"]


def test_the_same_operation_told_twice_is_kept_twice_and_counted_once() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000))
    for _ in range(2):
        desk.pays(PaymentKind.CAPTURED, 700, gateway_reference="c")
    assert snapshot(desk.file()).captured == 700
