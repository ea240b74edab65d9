"""What is kept of orders and of what is done for them."""

from typing import Final

from sqlalchemy import CheckConstraint, Index, Table, func, text

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
    *(words(name) for name in ("root_key", "order_type", "status", "shop_status")),
    long("placed_at"),
    words("currency"),
    *(long(name) for name in ("total_minor", "captured_minor", "refunded_minor", "due_minor")),
    *(words(name) for name in ("store", "account_id", "account_name", "customer_id", "first_name", "last_name")),
    *(words(name) for name in ("email", "phone", "postcode", "address_text", "shipping_method", "language")),
    *(words(name) for name in ("checkout_id", "original_order_id")),
    list_of_words("skus"),
    list_of_words("sources"),
    flag("needs_attention"),
    list_of_words("attention"),
    long("updated_at"),
    postgresql_with=INLINE,
)
"""`known` false: only named so far, by messages that wait. `phone` has digits only, `postcode` no spaces;
`address_text` is every address of the order in lower case, for searching."""

Index("orders_by_id", orders.c.order_id)
Index("orders_by_age", orders.c.placed_at, orders.c.order_key)
Index("orders_by_account", orders.c.account_id, orders.c.placed_at)
Index("orders_by_status", orders.c.status, orders.c.placed_at)
Index("orders_by_email", func.lower(orders.c.email))
Index("orders_by_name", func.lower(orders.c.last_name), func.lower(orders.c.first_name))
Index("orders_by_phone", orders.c.phone)
Index("orders_by_postcode", orders.c.postcode)
Index("orders_by_customer", orders.c.customer_id)
Index("orders_by_checkout", orders.c.checkout_id, postgresql_where=orders.c.checkout_id.is_not(None))
Index("orders_by_root", orders.c.root_key, postgresql_where=orders.c.root_key.is_not(None))
Index("orders_by_sku", orders.c.skus, postgresql_using="gin")
Index("orders_by_source", orders.c.sources, postgresql_using="gin")
Index("orders_to_attend", orders.c.placed_at, postgresql_where=orders.c.needs_attention)

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
