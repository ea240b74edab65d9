"""Every table, as SQLAlchemy Core sees it. The migrations make the same; a test compares the two.

Times are bigint µs since 1970 UTC where the name ends in `at` or is `since`, so that nothing is converted on the way
in. Amounts are bigint minor units. A `document` is an aggregate as JSON text, which nothing but the worker reads.
"""

from storage.tables.columns import metadata
from storage.tables.of_cases import (
    case_lines,
    cases,
    counters,
    history,
    interactions,
    notices,
    products,
    sources,
    stock,
    tasks,
    timers,
)
from storage.tables.of_messages import (
    INBOX_PARTITIONS,
    commands,
    conflicts,
    erasures,
    inbox,
    input_position,
    outbox,
    outbox_head,
    parked,
    parked_audit,
    policy_versions,
    relay_position,
    waiting,
)
from storage.tables.of_orders import BUCKETS, checkouts, legs, order_lines, order_search, orders, post_sales

__all__ = [
    "BUCKETS",
    "INBOX_PARTITIONS",
    "case_lines",
    "cases",
    "checkouts",
    "commands",
    "conflicts",
    "counters",
    "erasures",
    "history",
    "inbox",
    "input_position",
    "interactions",
    "legs",
    "metadata",
    "notices",
    "order_lines",
    "order_search",
    "orders",
    "outbox",
    "outbox_head",
    "parked",
    "parked_audit",
    "policy_versions",
    "post_sales",
    "products",
    "relay_position",
    "sources",
    "stock",
    "tasks",
    "timers",
    "waiting",
]
