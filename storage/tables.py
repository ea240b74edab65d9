"""Every table, as SQLAlchemy Core sees it. The migrations make the same; a test compares the two.

Times are bigint µs since 1970 UTC where the name ends in `_at` or is `since`, so that nothing is converted on the way in.
Amounts are bigint minor units. `document` columns hold an aggregate as JSON text, which nothing but the worker reads.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    func,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from domain.quantities import Bucket

metadata: Final = MetaData()

BUCKETS: Final = tuple(bucket.value for bucket in Bucket)
"""The columns of `order_lines` that count units."""

UNLIMITED_INLINE: Final = "8160"
"""`toast_tuple_target` of tables with documents: jsonb or compression would cost more than everything else written."""


def _text(name: str, *, null: bool = True, **more: Any) -> Column[Any]:
    return Column(name, Text, nullable=null, **more)


def _key(name: str) -> Column[Any]:
    return Column(name, Text, primary_key=True)


def _long(name: str, *, null: bool = True, **more: Any) -> Column[Any]:
    return Column(name, BigInteger, nullable=null, **more)


def _flag(name: str) -> Column[Any]:
    return Column(name, Boolean, nullable=False, server_default=false())


def _texts(name: str) -> Column[Any]:
    return Column(name, ARRAY(Text), nullable=False, server_default=text("'{}'"))


def _version() -> Column[Any]:
    return Column("version", BigInteger, nullable=False, server_default=text("0"))


orders: Final = Table(
    "orders",
    metadata,
    _key("order_key"),
    _text("sales_channel", null=False),
    _text("order_id", null=False),
    _flag("known"),
    _version(),
    _text("document"),
    _text("related", null=False, server_default=text("'[]'")),
    *(_text(name) for name in ("root_key", "order_type", "status", "shop_status")),
    _long("placed_at"),
    _text("currency"),
    *(_long(name) for name in ("total_minor", "captured_minor", "refunded_minor", "due_minor")),
    *(
        _text(name)
        for name in (
            "store",
            "account_id",
            "account_name",
            "customer_id",
            "first_name",
            "last_name",
            "email",
            "phone",
            "postcode",
            "address_text",
            "shipping_method",
            "language",
            "checkout_id",
            "original_order_id",
        )
    ),
    _texts("skus"),
    _texts("sources"),
    _flag("needs_attention"),
    _texts("attention"),
    _long("updated_at"),
    postgresql_with={"toast_tuple_target": UNLIMITED_INLINE},
)
"""`known` false: only named so far. `phone` digits only, `postcode` and `address_text` without what people vary."""

Index("orders_by_id", orders.c.order_id)
Index("orders_by_age", orders.c.placed_at, orders.c.order_key)
Index("orders_by_account", orders.c.account_id, orders.c.placed_at)
Index("orders_by_status", orders.c.status, orders.c.placed_at)
Index("orders_by_email", func.lower(orders.c.email))
Index("orders_by_name", func.lower(orders.c.last_name), func.lower(orders.c.first_name))
Index("orders_by_phone", orders.c.phone)
Index("orders_by_postcode", orders.c.postcode)
Index("orders_by_customer", orders.c.customer_id)
Index("orders_by_checkout", orders.c.checkout_id)
Index("orders_by_root", orders.c.root_key)
Index("orders_by_sku", orders.c.skus, postgresql_using="gin")
Index("orders_by_source", orders.c.sources, postgresql_using="gin")
Index("orders_to_attend", orders.c.placed_at, postgresql_where=orders.c.needs_attention)

order_lines: Final = Table(
    "order_lines",
    metadata,
    _key("order_key"),
    Column("line_number", Integer, primary_key=True, autoincrement=False),
    _text("sku", null=False),
    Column("quantity", Integer, nullable=False),
    *(Column(name, Integer, nullable=False, server_default=text("0")) for name in BUCKETS),
    *(_long(name, null=False) for name in ("value_minor", "refunded_minor", "left_minor")),
    _text("status", null=False),
    CheckConstraint(" AND ".join(f"{name} >= 0" for name in BUCKETS), name="no_bucket_is_negative"),
    CheckConstraint(f"{' + '.join(BUCKETS)} = quantity", name="every_unit_is_somewhere"),
)

legs: Final = Table(
    "legs",
    metadata,
    _key("leg_id"),
    _text("order_key", null=False),
    _text("refund_id"),
    _text("cancellation_id"),
    _text("payment_ref", null=False),
    _long("amount_minor", null=False),
    _text("state", null=False),
    Column("attempt", Integer, nullable=False),
    _long("updated_at", null=False),
    CheckConstraint("amount_minor > 0", name="a_leg_asks_for_money"),
)
Index("legs_by_order", legs.c.order_key)
Index("legs_by_state", legs.c.state, legs.c.updated_at)

post_sales: Final = Table(
    "post_sales",
    metadata,
    _key("entity_id"),
    _text("entity_type", null=False),
    _text("order_key", null=False),
    _text("for_order_key", null=False),
    _text("state", null=False),
    _version(),
    _long("amount_minor"),
    *(_text(name) for name in ("currency", "rma", "credit_note", "case_id")),
    _long("created_at", null=False),
    _text("created_by", null=False),
    _long("updated_at", null=False),
    _text("document", null=False),
    postgresql_with={"toast_tuple_target": UNLIMITED_INLINE},
)
"""A row per cancellation, return, refund, exchange, reshipment. `order_key`: whose file holds it; `for_order_key`: the
order it was made on (an E or R order's refund is kept by its root)."""

Index("post_sales_by_order", post_sales.c.order_key)
Index("post_sales_by_for_order", post_sales.c.for_order_key)
Index("post_sales_by_state", post_sales.c.entity_type, post_sales.c.state, post_sales.c.updated_at)
Index("post_sales_by_rma", post_sales.c.rma, postgresql_where=post_sales.c.rma.is_not(None))
Index("post_sales_by_credit_note", post_sales.c.credit_note, postgresql_where=post_sales.c.credit_note.is_not(None))
Index("post_sales_by_case", post_sales.c.case_id, postgresql_where=post_sales.c.case_id.is_not(None))

cases: Final = Table(
    "cases",
    metadata,
    _key("case_id"),
    _text("case_number", null=False, unique=True),
    _version(),
    _text("document", null=False),
    _text("related", null=False, server_default=text("'[]'")),
    *(_text(name, null=False) for name in ("state", "service", "scope", "contact_channel", "sales_channel")),
    _text("account_id"),
    _text("order_id"),
    _texts("orders"),
    *(_text(name) for name in ("checkout_id", "assignee", "group_name")),
    Column("priority", Integer, nullable=False),
    _text("sla_state", null=False),
    _long("sla_due_at"),
    _flag("needs_attention"),
    _texts("attention"),
    _text("short_description", null=False),
    _text("opened_because"),
    _text("resolution_code"),
    _long("created_at", null=False),
    *(_long(name) for name in ("submitted_at", "resolved_at", "closed_at")),
    _long("updated_at", null=False),
    postgresql_with={"toast_tuple_target": UNLIMITED_INLINE},
)
Index("cases_by_state", cases.c.state, cases.c.created_at)
Index("cases_by_account", cases.c.account_id, cases.c.created_at)
Index("cases_by_assignee", cases.c.assignee, cases.c.state)
Index("cases_by_group", cases.c.group_name, cases.c.state)
Index("cases_by_age", cases.c.created_at)
Index("cases_by_order", cases.c.orders, postgresql_using="gin")
Index("cases_by_sla", cases.c.sla_due_at, postgresql_where=cases.c.sla_due_at.is_not(None))
Index("cases_to_attend", cases.c.created_at, postgresql_where=cases.c.needs_attention)

case_lines: Final = Table(
    "case_lines",
    metadata,
    _key("case_line_id"),
    _text("case_id", null=False),
    Column("number", Integer, nullable=False),
    _text("order_key"),
    Column("line_number", Integer),
    _text("state", null=False),
    _text("assignee"),
)
Index("case_lines_by_case", case_lines.c.case_id, case_lines.c.number)
Index("case_lines_by_order", case_lines.c.order_key)

tasks: Final = Table(
    "tasks",
    metadata,
    _key("task_id"),
    _text("case_id", null=False),
    _text("case_line_id", null=False),
    _text("task_number", null=False),
    _text("state", null=False),
    _text("assignee"),
    _text("group_name"),
    _long("due_at"),
    _text("short_description", null=False),
)
Index("tasks_by_case", tasks.c.case_id)
Index("tasks_by_assignee", tasks.c.assignee, tasks.c.state)

interactions: Final = Table(
    "interactions",
    metadata,
    _key("interaction_id"),
    _text("sales_channel", null=False),
    *(_text(name) for name in ("account_id", "order_id", "checkout_id")),
    _long("recorded_at", null=False),
    _text("document", null=False),
)
Index("interactions_by_order", interactions.c.sales_channel, interactions.c.order_id)
Index("interactions_by_account", interactions.c.account_id)

notices: Final = Table(
    "notices",
    metadata,
    _key("notice_id"),
    _text("kind", null=False),
    _text("sales_channel", null=False),
    _text("order_id"),
    _text("case_id"),
    _text("status"),
    _long("status_at"),
    _text("document", null=False),
)
Index("notices_by_order", notices.c.sales_channel, notices.c.order_id)
Index("notices_by_case", notices.c.case_id)

products: Final = Table(
    "products",
    metadata,
    _key("sku"),
    _text("parent_sku"),
    _text("name"),
    _flag("sellable"),
    _flag("gone"),
    _long("updated_at", null=False),
    _text("document", null=False),
)
Index("products_by_parent", products.c.parent_sku)

stock: Final = Table(
    "stock",
    metadata,
    _key("stock_key"),
    _text("sales_channel", null=False),
    _text("sku", null=False),
    Column("available", Integer),
    Column("promised", Integer, nullable=False, server_default=text("0")),
    _long("updated_at", null=False),
    _text("document", null=False),
)

sources: Final = Table(
    "sources",
    metadata,
    _key("source_id"),
    _text("name"),
    _flag("accepts_returns"),
    _texts("sales_channels"),
    _flag("gone"),
    _long("updated_at", null=False),
    _text("document", null=False),
)

counters: Final = Table("counters", metadata, _key("series"), _long("last", null=False, server_default=text("0")))

history: Final = Table(
    "history",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _text("entity_kind", null=False),
    _text("entity_key", null=False),
    _long("happened_at", null=False),
    _long("recorded_at", null=False),
    _text("actor_id", null=False),
    _text("actor_kind", null=False),
    _text("actor_name"),
    *(_text(name, null=False) for name in ("kind", "words", "event", "data", "cause_id")),
)
"""Append-only. `event` is the type of the domain event in `data` (JSON)."""

Index("history_of", history.c.entity_kind, history.c.entity_key, history.c.id)

commands: Final = Table(
    "commands",
    metadata,
    Column("command_id", UUID(as_uuid=False), primary_key=True),
    _text("reply", null=False),
    Column("digest", LargeBinary, nullable=False),
    _long("received_at", null=False),
)
"""The answer to every command that was not a dry run, for the same answer again."""

inbox: Final = Table(
    "inbox",
    metadata,
    _key("kind"),
    Column("message_id", UUID(as_uuid=False), primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    _long("received_at", null=False),
    postgresql_partition_by="HASH (message_id)",
)
"""What was read already. `kind` is the topic. Eight hash partitions `inbox_0` … `inbox_7`; purged by `received_at`."""

Index("inbox_by_age", inbox.c.received_at, postgresql_using="brin")

conflicts: Final = Table(
    "conflicts",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _text("topic", null=False),
    Column("partition", Integer, nullable=False),
    _long("offset", null=False),
    Column("message_id", UUID(as_uuid=False), nullable=False),
    Column("digest", LargeBinary, nullable=False),
    _long("since", null=False),
)
"""Messages that came under an id that had other content before. The first won; this is the record of the second."""

input_position: Final = Table(
    "input_position",
    metadata,
    _key("group_id"),
    _key("topic"),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    _text("topic_id", null=False, server_default=""),
    _long("next_offset", null=False),
    _long("first_end", null=False, server_default=text("0")),
    _long("caught_up_at"),
    postgresql_with={"fillfactor": "50"},
)
"""Where reading goes on. `first_end`: the end that the partition had when its row was made. `caught_up_at`: when the
worker last had read everything there was."""


def _where_it_came_from() -> tuple[Column[Any], ...]:
    return (
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        _text("topic", null=False),
        Column("partition", Integer, nullable=False),
        _long("offset", null=False),
        Column("key", LargeBinary),
        Column("value", LargeBinary),
        _text("headers", null=False, server_default=text("'[]'")),
        _long("since", null=False),
    )


waiting: Final = Table(
    "waiting",
    metadata,
    *_where_it_came_from(),
    _text("waits_kind", null=False),
    _text("waits_key", null=False),
    _text("message_id"),
    UniqueConstraint("topic", "partition", "offset"),
)
Index("waiting_for", waiting.c.waits_kind, waiting.c.waits_key, waiting.c.id)
Index("waiting_by_key", waiting.c.topic, waiting.c.key)

parked: Final = Table(
    "parked",
    metadata,
    *_where_it_came_from(),
    _text("reason", null=False),
    _text("sentence", null=False),
    _text("error_class", null=False),
    _flag("behind"),
    Column("blocks", Boolean, nullable=False, server_default=true()),
    UniqueConstraint("topic", "partition", "offset"),
)
"""`behind`: nothing is wrong with it but one before it. `blocks`: later messages of its topic and key park behind it."""

Index("parked_by_key", parked.c.topic, parked.c.key, parked.c.id)

parked_audit: Final = Table(
    "parked_audit",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _text("action", null=False),
    _long("parked_id", null=False),
    _text("topic", null=False),
    Column("partition", Integer, nullable=False),
    _long("offset", null=False),
    _text("reason", null=False),
    _text("by", null=False),
    _long("at", null=False),
)
"""What people did with parked messages: `action` replayed, discarded, added."""

outbox: Final = Table(
    "outbox",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", UUID(as_uuid=False), nullable=False),
    _text("topic", null=False),
    Column("key", LargeBinary),
    Column("value", LargeBinary),
    _text("headers", null=False),
    _long("recorded_at", null=False),
    postgresql_with={"autovacuum_vacuum_scale_factor": "0", "autovacuum_vacuum_threshold": "20000"},
)

outbox_head: Final = Table(
    "outbox_head",
    metadata,
    Column("only", Boolean, CheckConstraint("only", name="one_head"), primary_key=True, server_default=true()),
    _long("seq", null=False, server_default=text("0")),
    postgresql_with={"fillfactor": "50"},
)
"""One row: the last sequence number given. Taken last in a transaction, so `outbox.seq` is dense and in commit order."""

relay_position: Final = Table(
    "relay_position",
    metadata,
    _key("group_id"),
    _long("position", null=False),
    _text("last_event_id"),
    _long("updated_at", null=False),
)

policy_versions: Final = Table(
    "policy_versions",
    metadata,
    _key("version"),
    _text("text", null=False),
    _long("since_at", null=False),
)
