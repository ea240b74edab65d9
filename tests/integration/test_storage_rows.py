"""Changed things as rows: what searches and queues find beside the documents, and what the database refuses."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from domain.actors import SYSTEM
from domain.cases import Case, Task
from domain.facts import Address
from domain.order_file import OrderFile
from domain.quantities import Bucket, Told, Units
from domain.reference_data import Notice, ProductFile, SourceFile, StockFile
from domain.refunds import Leg, Refund, RefundLine
from domain.vocabulary import LegState, NoticeKind, NoticeStatus, OrderStatus, RefundState, RefundType, TaskState
from domain.world import Aggregate, Kind, Ref
from storage import changes, loading
from storage.connections import connect
from storage.octets import Octets
from storage.order_rows import compact, digits
from tests.integration.stored import PLACED, a_case, order_file

AT = PLACED + 5
ORDER = Ref(Kind.ORDER, "shop-eu:1001")


@pytest.fixture(name="connection")
def _connection(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with connect(database_url, "test") as connection:
        yield connection


def write(connection: psycopg.Connection[Any], ref: Ref, now: Aggregate, before: Aggregate | None = None,
          sources: tuple[str, ...] = (), related: tuple[Ref, ...] = ()) -> None:  # fmt: skip
    changes.write(connection, {ref: (before, now)}, lambda _thing: related, {ref: sources}, AT)


def one(connection: psycopg.Connection[Any], query: str) -> Any:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row if len(row) > 1 else row[0]


def refunded(file: OrderFile, *legs: Leg, state: RefundState = RefundState.PENDING_RELEASE) -> OrderFile:
    line = RefundLine(line_number=1, sku="SHIRT-M", quantity=1, net_minor=1995, tax_minor=0, gross_minor=1995)
    refund = Refund(
        refund_id="r-1", refund_type=RefundType.RETURN, state=state, version=1, created_at=PLACED, created_by=SYSTEM,
        asked_by="anna", amount_minor=sum(leg.amount_minor for leg in legs), currency="EUR", lines=(line,), legs=legs,
        credit_note_number="CN-7", case_id="case-1", for_order_id="1001-E1",
    )  # fmt: skip
    return replace(file, refunds={"r-1": refund})


def leg(amount: int = 1995, state: LegState = LegState.SENT) -> Leg:
    return Leg(leg_id="l-1", payment_ref="pay-1", gateway="psp", method="card", amount_minor=amount, state=state)


def test_an_order_is_found_by_what_people_know_of_it(connection: psycopg.Connection[Any]) -> None:
    write(connection, ORDER, order_file("1001", "shop-eu"), sources=("wh-9",), related=(Ref(Kind.CASE, "case-1"),))
    assert one(connection, "SELECT known, version, status, shop_status, currency, total_minor, captured_minor FROM orders") == (
        True, 4, "LOGISTICS", "LOGISTICS", "EUR", 3990, 3990,
    )  # fmt: skip
    assert one(connection, "SELECT phone, postcode, address_text, last_name, email FROM order_search") == (
        "4417012345", "N19GU", "ada 12 main st london n1 9gu gb", "Lovelace", "ada@example.org",
    )  # fmt: skip
    assert one(connection, "SELECT skus, sources FROM order_search") == (["SHIRT-M"], ["wh-1", "wh-9"])
    assert one(connection, "SELECT related, updated_at FROM orders") == ('["case case-1"]', AT)
    assert one(connection, "SELECT quantity, shipped, received, open, value_minor, left_minor, status FROM order_lines") == (
        2, 1, 1, 0, 3990, 3990, "PARTLY_SHIPPED",
    )  # fmt: skip


def test_what_people_find_an_order_by_is_written_when_it_changes_and_only_then(
    connection: psycopg.Connection[Any],
) -> None:
    file = order_file("1001", "shop-eu")
    found = "SELECT root_key, account_id, customer_id, phone, postcode, email, xmin::text FROM order_search"
    write(connection, ORDER, file)
    *words, written = one(connection, found)
    assert words == [None, "acc-1", "cust-1", "4417012345", "N19GU", "ada@example.org"]
    told = replace(file, version=5, order=replace(file.facts, status=OrderStatus.ERROR))
    write(connection, ORDER, told, file, sources=("wh-1",))
    assert one(connection, "SELECT version, shop_status FROM orders") == (5, "ERROR")
    assert one(connection, found) == (*words, written), "nobody searches the shop's word for its state"
    moved = replace(told, version=6, root_id="1000")
    write(connection, ORDER, moved, told)
    assert one(connection, found)[:6] == ("shop-eu:1000", *words[1:])
    mailed = replace(moved.facts, customer=replace(moved.facts.customer, email="ada@example.com"))
    write(connection, ORDER, replace(moved, version=7, order=mailed), moved)
    assert one(connection, found)[:6] == ("shop-eu:1000", *words[1:5], "ada@example.com")


def test_the_articles_that_an_order_is_found_by_follow_its_lines(connection: psycopg.Connection[Any]) -> None:
    file = order_file("1001", "shop-eu")
    write(connection, ORDER, file)
    shirt = file.lines[1]
    mug = replace(shirt, sold=replace(shirt.sold, line_number=2, sku="MUG-RED"))
    added = replace(file, version=5, lines={1: shirt, 2: mug})
    write(connection, ORDER, added, file)
    assert one(connection, "SELECT skus FROM order_search") == ["MUG-RED", "SHIRT-M"]
    changed = replace(added, version=6, lines={1: replace(shirt, sold=replace(shirt.sold, sku="SHIRT-L")), 2: mug})
    write(connection, ORDER, changed, added)
    assert one(connection, "SELECT skus FROM order_search") == ["MUG-RED", "SHIRT-L"]
    write(connection, ORDER, replace(changed, version=7, lines={2: mug}), changed)
    assert one(connection, "SELECT skus FROM order_search") == ["MUG-RED"]


def test_a_source_that_once_spoke_of_an_order_stays_findable(connection: psycopg.Connection[Any]) -> None:
    file = order_file("1001", "shop-eu")
    write(connection, ORDER, file, sources=("wh-9",))
    write(connection, ORDER, replace(file, version=5), file, sources=("wh-2",))
    units = replace(file.lines[1].units, told=(Told(AT, "c-1", "ONHOLD", 1, "wh-3"),))
    heard = replace(file, version=6, lines={1: replace(file.lines[1], units=units)})
    write(connection, ORDER, heard, file)
    write(connection, ORDER, replace(file, version=7), heard)
    assert one(connection, "SELECT sources FROM order_search") == ["wh-1", "wh-2", "wh-3", "wh-9"]


def test_what_is_done_for_an_order_has_a_row_and_each_request_for_money_too(
    connection: psycopg.Connection[Any],
) -> None:
    file = order_file("1001", "shop-eu")
    asked = refunded(file, leg())
    write(connection, ORDER, file)
    write(connection, ORDER, asked, file)
    assert one(connection, "SELECT entity_type, order_key, for_order_key, state, amount_minor, credit_note, case_id FROM post_sales") == (
        "refund", "shop-eu:1001", "shop-eu:1001-E1", "PENDING_RELEASE", 1995, "CN-7", "case-1",
    )  # fmt: skip
    assert one(connection, "SELECT refund_id, amount_minor, state FROM legs") == ("r-1", 1995, "SENT")
    assert one(connection, "SELECT refunded_minor, left_minor FROM order_lines") == (0, 1995)
    write(connection, ORDER, refunded(file, leg(state=LegState.CONFIRMED), state=RefundState.RELEASED), asked)
    assert one(connection, "SELECT refunded_minor, left_minor FROM order_lines") == (1995, 1995)
    assert one(connection, "SELECT state FROM legs") == "CONFIRMED"


def test_the_database_refuses_to_ask_for_nothing_and_to_lose_a_unit(connection: psycopg.Connection[Any]) -> None:
    file = order_file("1001", "shop-eu")
    with pytest.raises(psycopg.errors.CheckViolation, match="a_leg_asks_for_money"):
        write(connection, ORDER, refunded(file, leg(amount=0)), file)
    units = Units({Bucket.SHIPPED: 3, Bucket.RECEIVED: -1})
    broken = replace(file, lines={1: replace(file.lines[1], units=units)})
    with pytest.raises(psycopg.errors.CheckViolation, match="no_bucket_is_negative"):
        write(connection, ORDER, broken, file)


def test_a_case_is_found_by_its_lines_and_tasks_and_forgets_lines_taken_off(
    connection: psycopg.Connection[Any],
) -> None:
    case = a_case(7)
    (line_id,) = case.lines
    task = Task(task_id="t-1", number=1, case_line_id=line_id, case_line=1, state=TaskState.OPEN, version=1, created_at=PLACED,
                created_by=SYSTEM, short_description="Call", group="desk")  # fmt: skip
    case = replace(case, tasks={"t-1": task})
    ref = Ref(Kind.CASE, case.case_id)
    write(connection, ref, case)
    assert one(connection, "SELECT case_number, state, orders, contact_channel FROM cases") == (
        "CASE0000007", "NEW", ["shop-eu:1001"], "PHONE",
    )  # fmt: skip
    assert one(connection, "SELECT task_number, group_name FROM tasks") == ("CASE0000007-1-T1", "desk")
    assert one(connection, "SELECT order_key, line_number, state FROM case_lines") == ("shop-eu:1001", 1, "NEW")
    write(connection, ref, replace(case, lines={}, tasks={}), case)
    assert one(connection, "SELECT count(*) FROM case_lines") == 0


def test_everything_kept_is_loaded_again_as_it_was(connection: psycopg.Connection[Any]) -> None:
    notice = Notice(notice_id="n-1", kind=NoticeKind.CASE_OPENED, recipient="ada@example.org", language="en",
                    sales_channel="shop-eu", facts={"case_number": "1"}, status=NoticeStatus.SENT)  # fmt: skip
    kept: dict[Ref, Aggregate] = {
        ORDER: refunded(order_file("1001", "shop-eu"), leg()),
        Ref(Kind.CASE, a_case(7).case_id): a_case(7),
        Ref(Kind.NOTICE, "n-1"): notice,
        Ref(Kind.PRODUCT, "SHIRT-M"): ProductFile(sku="SHIRT-M", sellable=True, updated_at=AT),
        Ref(Kind.STOCK, "shop-eu:SHIRT-M"): StockFile(sales_channel="shop-eu", sku="SHIRT-M", promised={"x": 2}),
        Ref(Kind.SOURCE, "wh-1"): SourceFile(source_id="wh-1", sales_channels=("shop-eu",)),
    }
    changes.write(connection, {ref: (None, thing) for ref, thing in kept.items()}, lambda _thing: (), {}, AT)
    with connection.transaction():
        loaded = loading.lock(connection, kept, ())()
    assert loaded == kept
    with connection.transaction():
        nothing = loading.lock(connection, [Ref(Kind.ORDER, "shop-eu:404")], ())()
    assert nothing == {Ref(Kind.ORDER, "shop-eu:404"): None}
    assert one(connection, "SELECT count(*) FROM orders") == 1


def test_a_named_order_gets_its_row_with_channel_and_id(connection: psycopg.Connection[Any]) -> None:
    ref = Ref(Kind.ORDER, "shop-eu:10:01")
    with connection.transaction():
        assert loading.lock(connection, [ref], [ref])() == {ref: None}
    assert one(connection, "SELECT sales_channel, order_id, known, document FROM orders") == (
        "shop-eu",
        "10:01",
        False,
        None,
    )


def test_what_a_thing_may_touch_is_read_without_a_lock(connection: psycopg.Connection[Any]) -> None:
    case = Ref(Kind.CASE, a_case(7).case_id)
    write(connection, ORDER, order_file("1001", "shop-eu"), related=(case, Ref(Kind.ORDER, "shop-eu:1001-E1")))
    with connection.pipeline():
        answer = loading.read_related(connection, [ORDER, Ref(Kind.ORDER, "shop-eu:404")])
    assert answer() == {case, Ref(Kind.ORDER, "shop-eu:1001-E1")}


@pytest.mark.parametrize(("phone", "found"), [("+49 (30) 12-34", "49301234"), ("none", None), ("", None), (None, None)])
def test_phones_are_searched_by_their_digits(phone: str | None, found: str | None) -> None:
    assert digits(phone) == found


def test_postcodes_are_searched_without_spaces() -> None:
    assert (compact("n1 9gu"), compact(" "), compact(None)) == ("N19GU", None, None)
    assert Address(postcode="n1 9gu").postcode == "n1 9gu"


def test_octets_know_where_each_is() -> None:
    octets = Octets()
    assert octets.add("key", b"abc") == {"key_at": 1, "key_size": 3}
    assert octets.add("value", None) == {"value_at": None, "value_size": None}
    assert octets.add("value", b"") == {"value_at": 4, "value_size": 0}
    assert octets.parameter == b"abc"


def test_a_case_without_lines_is_a_case(connection: psycopg.Connection[Any]) -> None:
    case: Case = a_case(8, lines={}, order_id=None)
    write(connection, Ref(Kind.CASE, case.case_id), case)
    assert one(connection, "SELECT orders FROM cases") == []
