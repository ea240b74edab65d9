"""What people search orders by is found through an index, however many orders there are."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, event, text

from storage.queries import orders
from tests.integration.stored import PLACED, asking

ORDERS = 20_000

# Nine of ten orders are complete, the few that are not are the newest; everything else is somebody's own.
_FILL = f"""
INSERT INTO orders (order_key, sales_channel, order_id, known, status, placed_at, needs_attention)
SELECT 'shop:' || n, 'shop', n::text, true, CASE WHEN n > {ORDERS} * 0.9 THEN 'LOGISTICS' ELSE 'COMPLETE' END, {PLACED} + n,
    n % 1000 = 0
FROM generate_series(1, {ORDERS}) AS n;
INSERT INTO order_search (order_key, sales_channel, order_id, placed_at, account_id, customer_id, phone, postcode, checkout_id,
    skus, sources)
SELECT 'shop:' || n, 'shop', n::text, {PLACED} + n, CASE WHEN n % 2 = 0 THEN 'acc-' || n / 10 END, 'cust-' || n / 10,
    '49' || n, 'N' || n / 10, 'co-' || n, ARRAY['sku-' || n % 5000], ARRAY['wh-' || n % 5000]
FROM generate_series(1, {ORDERS}) AS n;
"""
_CRITERIA = '{"exp":"eq","args":[{"exp":"field","args":[{"value":"%s"}]},{"value":%s}]}'


@pytest.fixture(scope="module", name="url")
def _url(postgres: Any, migrated_template: str) -> Iterator[str]:
    with postgres.database(migrated_template) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_FILL)
            connection.execute("VACUUM ANALYZE orders, order_search")
        yield url


@contextmanager
def explained(connection: Connection) -> Iterator[list[str]]:
    """The plans of what is asked inside."""
    plans: list[str] = []

    def explain(conn: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        raw = conn.connection.driver_connection
        assert isinstance(raw, psycopg.Connection)
        plans.append("\n".join(row[0] for row in raw.execute(f"EXPLAIN {statement}", parameters)))

    event.listen(connection, "before_cursor_execute", explain)
    try:
        yield plans
    finally:
        event.remove(connection, "before_cursor_execute", explain)


@pytest.mark.parametrize(
    ("wanted", "sort", "index"),
    [
        ({}, "placed", "order_search_by_age"),
        ({}, "-placed", "order_search_by_age"),
        ({"since": PLACED + ORDERS - 9}, "order_id", "order_search_by_age"),
        ({"order_id": "77"}, "-placed", "order_search_by_id"),
        ({"account": "acc-77"}, "-placed", "order_search_by_account"),
        ({"account": "cust-77"}, "-placed", "order_search_by_customer"),
        ({"postcode": "n77"}, "-placed", "order_search_by_postcode"),
        ({"requested_to": "wh-77"}, "-placed", "order_search_by_source"),
        ({"sku": "sku-77"}, "-placed", "order_search_by_sku"),
        ({"status": "LOGISTICS"}, "placed", "orders_by_status"),
        ({"status": "LOGISTICS"}, "-placed", "orders_by_status"),
        ({"status": "COMPLETE", "until": PLACED + 9}, "-placed", "orders_by_status"),
        ({"criteria": _CRITERIA % ("phone", '"4977"')}, "-placed", "order_search_by_phone"),
        ({"criteria": _CRITERIA % ("checkout_id", '"co-77"')}, "-placed", "order_search_by_checkout"),
        ({"criteria": _CRITERIA % ("needs_attention", "true")}, "-placed", "orders_to_attend"),
    ],
)
def test_a_search_reads_the_rows_that_it_shows(url: str, wanted: dict[str, Any], sort: str, index: str) -> None:
    def ask(connection: Connection) -> list[str]:
        connection.execute(text("SELECT 1"))
        with explained(connection) as plans:
            assert orders.found(connection, orders.Search(**wanted), sort, 20, None).rows
        return plans

    (plan,) = asking(url)(ask)
    assert index in plan, plan
    assert "Seq Scan" not in plan, plan
