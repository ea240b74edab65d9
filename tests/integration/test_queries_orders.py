"""What the list of orders finds, page by page, and what one order shows."""

import json
from typing import Any

import pytest
from sqlalchemy import Connection

from domain.order_events import ParcelSent
from domain.vocabulary import OrderStatus
from storage import tables
from storage.queries import criteria, one_order, orders, paging, times
from tests.integration.stored import DAY, PLACED, Stored, asking


@pytest.fixture(name="stored")
def _stored(database_url: str) -> Stored:
    return Stored(database_url)


@pytest.fixture(name="ask")
def _ask(database_url: str) -> Any:
    return asking(database_url)


def ids(page: paging.Page) -> list[str]:
    return [row["order_id"] for row in page.rows]


def found(connection: Connection, **wanted: Any) -> list[str]:
    return ids(orders.found(connection, orders.Search(**wanted), "order_id", 100, None))


@pytest.fixture(name="three")
def _three(stored: Stored) -> Stored:
    stored.order("1001")
    stored.order("1002", first_name="Grace", last_name="O'Hara 100%", email="Grace@Example.com", placed_at=PLACED + DAY,
                 account_id=None)  # fmt: skip
    stored.order("2001", "shop-us", placed_at=PLACED + 2 * DAY, status=OrderStatus.ERROR, phone="0049 30 1234")
    stored.add(tables.orders, order_key="shop-eu:9999", sales_channel="shop-eu", order_id="9999", known=False)
    return stored


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, ["1001", "1002", "2001"]),
        ({"order_id": "1001"}, ["1001"]),
        ({"order_id": "100*"}, ["1001", "1002"]),
        ({"order_id": "100%"}, []),
        ({"order_id": "9999"}, []),
        ({"first_name": "gra"}, ["1002"]),
        ({"last_name": "o'hara 100%"}, ["1002"]),
        ({"last_name": "_ovelace"}, []),
        ({"email": "GRACE@example.COM"}, ["1002"]),
        ({"since": PLACED + DAY}, ["1002", "2001"]),
        ({"until": PLACED + DAY}, ["1001", "1002"]),
        ({"channel": "shop-us"}, ["2001"]),
        ({"address": "MAIN st"}, ["1001", "1002", "2001"]),
        ({"postcode": "N1 9GU"}, ["1001", "1002", "2001"]),
        ({"postcode": "N1"}, []),
        ({"phone": "0170-12345"}, ["1001", "1002"]),
        ({"phone": "+49 (30) 1234"}, ["2001"]),
        ({"requested_to": "wh-1"}, ["1001", "1002", "2001"]),
        ({"requested_to": "wh-2"}, ["1001", "1002", "2001"]),
        ({"requested_to": "wh-3"}, []),
        ({"status": "logistics"}, ["1001", "1002", "2001"]),
        ({"account": "acc-1"}, ["1001", "2001"]),
        ({"account": "cust-1"}, ["1002"]),
        ({"sku": "SHIRT-M"}, ["1001", "1002", "2001"]),
        ({"sku": "SHIRT"}, []),
        ({"channel": "shop-eu", "since": PLACED + 1}, ["1002"]),
    ],
)
def test_each_filter_finds_what_it_means(ask: Any, three: Stored, wanted: dict[str, Any], expected: list[str]) -> None:
    assert ask(lambda connection: found(connection, **wanted)) == expected


def test_an_order_is_found_by_what_was_done_for_it(ask: Any, three: Stored) -> None:
    row = {"state": "APPROVED", "created_at": PLACED, "created_by": "anna", "updated_at": PLACED, "document": "{}"}
    three.add(tables.post_sales, entity_id="r1", entity_type="return", order_key="shop-eu:1001",
              for_order_key="shop-eu:1002", rma="RMA-7", credit_note=None, **row)  # fmt: skip
    three.add(tables.post_sales, entity_id="f1", entity_type="refund", order_key="shop-us:2001",
              for_order_key="shop-us:2001", rma=None, credit_note="CN-9", **row)  # fmt: skip
    assert ask(lambda connection: found(connection, rma="RMA-7")) == ["1001", "1002"]
    assert ask(lambda connection: found(connection, credit_note="CN-9")) == ["2001"]


@pytest.mark.parametrize("sort", [sign + name for name in orders.SORTS for sign in ("", "-")])
def test_pages_cover_every_order_once_in_every_sort(ask: Any, stored: Stored, sort: str) -> None:
    for number in range(23):
        stored.order(f"{number:02d}", placed_at=PLACED + number // 5, last_name=None if number % 3 else "Lovelace")

    def walk(connection: Connection) -> list[str]:
        seen, after = [], None
        while True:
            page = orders.found(connection, orders.Search(), sort, 10, after)
            seen += ids(page)
            if page.after is None:
                return seen
            after = page.after

    seen = ask(walk)
    assert sorted(seen) == [f"{number:02d}" for number in range(23)]
    whole = ask(lambda connection: ids(orders.found(connection, orders.Search(), sort, 100, None)))
    assert seen == whole


@pytest.mark.parametrize(
    ("sort", "after"), [("nope", None), ("placed", "!!"), ("placed", "W10"), ("placed", "Im9uZSI")]
)
def test_a_page_that_is_not_understood_is_refused(ask: Any, sort: str, after: str | None) -> None:
    with pytest.raises(paging.BadPage):
        ask(lambda connection: orders.found(connection, orders.Search(), sort, 10, after))


def test_a_place_belongs_to_its_sort(ask: Any, three: Stored) -> None:
    for number in range(9):
        three.order(f"x{number}")
    page = ask(lambda connection: orders.found(connection, orders.Search(), "placed", 10, None))
    with pytest.raises(paging.BadPage, match="another sort"):
        ask(lambda connection: orders.found(connection, orders.Search(), "order_id", 10, page.after))


def field(name: str) -> dict[str, Any]:
    return {"exp": "field", "args": [{"value": name}]}


def test_the_expression_of_the_admins_manual_is_understood(ask: Any, three: Stored) -> None:
    expression = """{"exp": "ge", "args": [{"exp": "field", "args": [{"value": "origin_date"}]},
                                           {"value": "2026-09-22T00:00:00+00:00", "type": "datetime"}]}"""
    assert ask(lambda connection: found(connection, criteria=expression)) == ["1002", "2001"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ({"exp": "eq", "args": [field("order_id"), {"value": "1001"}]}, ["1001"]),
        ({"exp": "ne", "args": [field("account_id"), {"value": "acc-1"}]}, ["1002"]),
        ({"exp": "gt", "args": [field("origin_date"), {"value": "2026-09-22T14:13:20Z"}]}, ["2001"]),
        ({"exp": "le", "args": [field("total_minor"), {"value": 3990}]}, ["1001", "1002", "2001"]),
        ({"exp": "lt", "args": [field("total_minor"), {"value": 3990}]}, []),
        ({"exp": "like", "args": [field("email"), {"value": "%EXAMPLE.com"}]}, ["1002"]),
        ({"exp": "in", "args": [field("order_id"), {"value": ["1001", "2001"]}]}, ["1001", "2001"]),
        ({"exp": "in", "args": [field("order_id"), {"value": "1001"}, {"value": "1002"}]}, ["1001", "1002"]),
        ({"exp": "in", "args": [field("sku"), {"value": ["SHIRT-M", "X"]}]}, ["1001", "1002", "2001"]),
        ({"exp": "ne", "args": [field("source"), {"value": "wh-1"}]}, []),
        ({"exp": "eq", "args": [field("needs_attention"), {"value": True}]}, ["2001"]),
        ({"exp": "not", "args": [{"exp": "eq", "args": [field("account_id"), {"value": "acc-1"}]}]}, ["1002"]),
        ({"exp": "or", "args": [
            {"exp": "eq", "args": [field("sales_channel"), {"value": "shop-us"}]},
            {"exp": "and", "args": [
                {"exp": "eq", "args": [field("order_id"), {"value": "1001"}]},
                {"exp": "eq", "args": [field("status"), {"value": "LOGISTICS"}]}]}]}, ["1001", "2001"]),
    ],
)  # fmt: skip
def test_each_operator(ask: Any, three: Stored, expression: Any, expected: list[str]) -> None:
    assert ask(lambda connection: found(connection, criteria=json.dumps(expression))) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "[]",
        "1",
        '{"exp":"eq"}',
        '{"exp":"drop","args":[]}',
        '{"exp":"and","args":[]}',
        '{"exp":"not","args":[]}',
        json.dumps({"exp": "eq", "args": [field("password"), {"value": "x"}]}),
        json.dumps({"exp": "eq", "args": [field("order_id"), {"value": 1}]}),
        json.dumps({"exp": "eq", "args": [field("order_id"), {"value": "a\x00b"}]}),
        '{"exp":"eq","args":[{"exp":"field","args":[{"value":"order_id"}]},{"value":"\\ud800"}]}',
        json.dumps({"exp": "eq", "args": [field("total_minor"), {"value": True}]}),
        json.dumps({"exp": "eq", "args": [field("total_minor"), {"value": 2**63}]}),
        json.dumps({"exp": "ge", "args": [field("origin_date"), {"value": "yesterday"}]}),
        json.dumps({"exp": "ge", "args": [field("origin_date"), {"value": 5}]}),
        json.dumps({"exp": "eq", "args": [field("order_id"), {"value": "2026-01-01", "type": "datetime"}]}),
        json.dumps({"exp": "like", "args": [field("total_minor"), {"value": 5}]}),
        json.dumps({"exp": "gt", "args": [field("sku"), {"value": "x"}]}),
        json.dumps({"exp": "eq", "args": [{"value": "order_id"}, {"value": "x"}]}),
        json.dumps({"exp": "eq", "args": [field("order_id"), {"value": ["a", "b"]}]}),
        '{"exp":"not","args":[' * 25 + "1" + "]}" * 25,
        "[" * 100_000,
    ],
)
def test_what_is_not_understood_is_refused_and_never_run(expression: str) -> None:
    with pytest.raises(criteria.BadCriteria):
        criteria.clause(expression)


def test_one_order_has_the_shape_of_the_contract(ask: Any, stored: Stored) -> None:
    stored.order("1001")
    key = "shop-eu:1001"
    parcel = {"shipment_id": "s1", "package": {"box_number": "1", "carrier": "dhl", "tracking_number": "T1",
              "lines": [{"line_number": 1, "quantity": 1}]}}  # fmt: skip
    again = {**parcel, "package": {**parcel["package"], "tracking_number": "T2"}}  # type: ignore[dict-item]
    stored.history("order", key, ParcelSent.__name__, parcel)
    stored.history("order", key, ParcelSent.__name__, again)
    stored.history("order", key, "PaymentHeard", {"operation": {"occurred_at": PLACED + 1}}, actor_name="PSP")
    stored.add(tables.waiting, topic="warehouse.status.v1", partition=0, offset=1, key=key.encode(), value=b"",
               since=PLACED, waits_kind="order", waits_key=key)  # fmt: skip
    stored.add(tables.parked, topic="payments.events.v1", partition=0, offset=1, key=key.encode(), value=b"",
               since=PLACED, reason="undecodable", sentence="x", error_class="X")  # fmt: skip
    shown = ask(lambda connection: one_order.shown(connection, key))
    assert list(shown) == [
        "sales_channel", "order_id", "order_type", "version", "status", "shop_status", "needs_attention", "attention",
        "currency", "lines", "payments", "post_sales", "history", "waiting", "parked",
    ]  # fmt: skip
    (line,) = shown["lines"]
    assert list(line) == ["line_number", "sku", "quantity", "status", "buckets", "value_minor", "refunded_minor",
                          "left_minor", "tracking"]  # fmt: skip
    assert sum(line["buckets"].values()) == line["quantity"] == 2
    assert line["buckets"]["at_warehouse"] == 1
    assert [parcel["tracking_number"] for parcel in line["tracking"]] == ["T2"]
    assert shown["payments"] == [{
        "payment_ref": "pay-1", "authorized_minor": 3990, "captured_minor": 3990, "refunded_minor": 0,
        "pending_minor": 0, "charged_back_minor": 0, "voided_minor": 0,
    }]  # fmt: skip
    assert (shown["waiting"], shown["parked"]) == (1, 1)
    entry = shown["history"][-1]
    assert entry["recorded_at"] == "2026-09-21T14:13:20Z"
    assert entry["data"] == {"operation": {"occurred_at": "2026-09-21T14:13:20.000001Z"}}
    assert entry["actor"] == {"id": "wh-1", "name": "PSP", "kind": "WAREHOUSE"}


@pytest.mark.parametrize("named", [True, False])
def test_an_order_that_is_only_named_is_unknown_with_what_waits_for_it(ask: Any, stored: Stored, named: bool) -> None:
    key = "shop-eu:1"
    if named:
        stored.add(tables.orders, order_key=key, sales_channel="shop-eu", order_id="1", known=False)
    for offset in range(2):
        stored.add(tables.waiting, topic="warehouse.status.v1", partition=0, offset=offset, key=key.encode(), value=b"",
                   since=PLACED, waits_kind="order", waits_key=key)  # fmt: skip
    with pytest.raises(one_order.UnknownOrder) as caught:
        ask(lambda connection: one_order.shown(connection, key))
    assert caught.value.waiting == 2


def test_a_reader_cannot_write(ask: Any) -> None:
    with pytest.raises(Exception, match="read-only transaction"):
        ask(lambda connection: connection.execute(tables.orders.delete()))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-09-21", 1_789_948_800_000_000, 1_790_035_199_999_999),
        ("2026-09-21T14:13:20+00:00", PLACED, PLACED),
        ("2026-09-21T16:13:20+02:00", PLACED, PLACED),
        ("2026-09-21T14:13:20", PLACED, PLACED),
    ],
)
def test_a_bare_date_is_the_whole_day(text: str, first: int, last: int) -> None:
    assert (times.since(text), times.until(text)) == (first, last)
