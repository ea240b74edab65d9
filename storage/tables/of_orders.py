"""What is kept of orders and of what is done for them."""

from typing import Final

from sqlalchemy import CheckConstraint, Index, Table, text

from domain.quantities import Bucket
from storage.tables.columns import INLINE, flag, key, list_of_words, long, metadata, number, related, version, words

BUCKETS: Final = tuple(bucket.value for bucket in Bucket)
"""The columns of `order_lines` that count units."""

orders: Final = Table(
    "orders",
    metadata,
    key("order_key"),
    words("sales_channel", null=False),
    words("order_id", null=False),
    flag("known"),
    version(),
    words("document"),
    related(),
    *(words(name) for name in ("order_type", "status", "shop_status")),
    long("placed_at"),
    words("currency"),
    *(long(name) for name in ("total_minor", "captured_minor", "refunded_minor", "due_minor")),
    flag("needs_attention"),
    list_of_words("attention"),
    long("updated_at"),
    postgresql_with=INLINE,
)
"""`known` false: only named so far, by messages that wait. A row is written with nearly every input and too large for two
versions of it on a page, so each time every index here has an entry more: what is searched stands in `order_search`."""

Index("orders_by_status", orders.c.status, orders.c.placed_at)
Index("orders_to_attend", orders.c.placed_at, postgresql_where=orders.c.needs_attention)

order_search: Final = Table(
    "order_search",
    metadata,
    key("order_key"),
    words("sales_channel", null=False),
    words("order_id", null=False),
    long("placed_at"),
    *(words(name) for name in ("store", "account_id", "account_name", "customer_id", "first_name", "last_name")),
    *(words(name) for name in ("email", "phone", "postcode", "address_text", "shipping_method", "language")),
    *(words(name) for name in ("checkout_id", "original_order_id", "root_key")),
    list_of_words("skus"),
    list_of_words("sources"),
)
"""What people find an order by, and what seldom changes. `phone` has digits only, `postcode` no spaces; `address_text`
is every address of the order in lower case; `sources` every warehouse that ever had to do with it."""

Index("order_search_by_id", order_search.c.order_id)
Index("order_search_by_age", order_search.c.placed_at, order_search.c.order_key)
Index("order_search_by_account", order_search.c.account_id, order_search.c.placed_at)
Index("order_search_by_phone", order_search.c.phone)
Index("order_search_by_postcode", order_search.c.postcode)
Index("order_search_by_customer", order_search.c.customer_id)
Index(
    "order_search_by_checkout",
    order_search.c.checkout_id,
    postgresql_where=order_search.c.checkout_id.is_not(None),
)
Index("order_search_by_sku", order_search.c.skus, postgresql_using="gin")
Index("order_search_by_source", order_search.c.sources, postgresql_using="gin")

checkouts: Final = Table(
    "checkouts",
    metadata,
    key("checkout_key"),
    words("sales_channel", null=False),
    words("checkout_id", null=False),
    words("document"),
    related(),
    *(words(name) for name in ("kind", "account_id", "customer_id", "order_id", "currency")),
    long("total_minor"),
    long("updated_at"),
    postgresql_with=INLINE,
)
"""`document` null: a row made to be locked, nobody has spoken of the checkout yet."""

Index("checkouts_by_order", checkouts.c.sales_channel, checkouts.c.order_id)
Index("checkouts_by_customer", checkouts.c.customer_id, postgresql_where=checkouts.c.customer_id.is_not(None))

order_lines: Final = Table(
    "order_lines",
    metadata,
    key("order_key"),
    number("line_number", primary_key=True, null=False, autoincrement=False),
    words("sku", null=False),
    number("quantity", null=False),
    *(number(name, null=False, server_default=text("0")) for name in BUCKETS),
    *(long(name, null=False) for name in ("value_minor", "refunded_minor", "left_minor")),
    words("status", null=False),
    CheckConstraint(" AND ".join(f"{name} >= 0" for name in BUCKETS), name="no_bucket_is_negative"),
    CheckConstraint(f"{' + '.join(BUCKETS)} = quantity", name="every_unit_is_somewhere"),
)

legs: Final = Table(
    "legs",
    metadata,
    key("leg_id"),
    words("order_key", null=False),
    words("refund_id"),
    words("cancellation_id"),
    words("payment_ref", null=False),
    long("amount_minor", null=False),
    words("state", null=False),
    number("attempt", null=False),
    long("updated_at", null=False),
    CheckConstraint("amount_minor > 0", name="a_leg_asks_for_money"),
)
Index("legs_by_order", legs.c.order_key)
Index("legs_by_state", legs.c.state, legs.c.updated_at)

post_sales: Final = Table(
    "post_sales",
    metadata,
    key("entity_id"),
    words("entity_type", null=False),
    words("order_key", null=False),
    words("for_order_key", null=False),
    words("state", null=False),
    version(),
    long("amount_minor"),
    *(words(name) for name in ("currency", "rma", "credit_note", "case_id")),
    long("created_at", null=False),
    words("created_by", null=False),
    long("updated_at", null=False),
    words("document", null=False),
    postgresql_with=INLINE,
)
"""A row for each cancellation, return, refund, exchange, reshipment. `order_key`: whose file holds it; `for_order_key`:
the order it was made on (the refund of an E or R order is kept by its root)."""

Index("post_sales_by_order", post_sales.c.order_key)
Index("post_sales_by_for_order", post_sales.c.for_order_key)
Index("post_sales_by_state", post_sales.c.entity_type, post_sales.c.state, post_sales.c.updated_at)
Index("post_sales_by_rma", post_sales.c.rma, postgresql_where=post_sales.c.rma.is_not(None))
Index("post_sales_by_credit_note", post_sales.c.credit_note, postgresql_where=post_sales.c.credit_note.is_not(None))
Index("post_sales_by_case", post_sales.c.case_id, postgresql_where=post_sales.c.case_id.is_not(None))
