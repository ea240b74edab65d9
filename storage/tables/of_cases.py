"""What is kept of cases, and what stands beside cases and orders."""

from typing import Final

from sqlalchemy import Index, Table, text

from storage.tables.columns import (
    INLINE,
    flag,
    key,
    list_of_words,
    long,
    metadata,
    number,
    related,
    running_number,
    version,
    words,
)

cases: Final = Table(
    "cases",
    metadata,
    key("case_id"),
    words("case_number", null=False, unique=True),
    version(),
    words("document", null=False),
    related(),
    *(words(name, null=False) for name in ("state", "service", "scope", "contact_channel", "sales_channel")),
    *(words(name) for name in ("account_id", "order_id")),
    list_of_words("orders"),
    *(words(name) for name in ("checkout_id", "assignee", "group_name")),
    number("priority", null=False),
    words("sla_state", null=False),
    long("sla_due_at"),
    flag("needs_attention"),
    list_of_words("attention"),
    words("short_description", null=False),
    words("opened_because"),
    words("resolution_code"),
    long("created_at", null=False),
    *(long(name) for name in ("submitted_at", "resolved_at", "closed_at")),
    long("updated_at", null=False),
    postgresql_with=INLINE,
)
"""`orders`: the keys of the orders that the case and its lines name."""

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
    key("case_id"),
    key("case_line_id"),
    number("number", null=False),
    words("order_key"),
    number("line_number"),
    words("state", null=False),
    words("assignee"),
)
Index("case_lines_by_case", case_lines.c.case_id, case_lines.c.number)
Index("case_lines_by_order", case_lines.c.order_key)

tasks: Final = Table(
    "tasks",
    metadata,
    key("task_id"),
    words("case_id", null=False),
    words("case_line_id", null=False),
    words("task_number", null=False),
    words("state", null=False),
    words("assignee"),
    words("group_name"),
    long("due_at"),
    words("short_description", null=False),
)
Index("tasks_by_case", tasks.c.case_id)
Index("tasks_by_assignee", tasks.c.assignee, tasks.c.state)

interactions: Final = Table(
    "interactions",
    metadata,
    key("interaction_id"),
    words("sales_channel", null=False),
    *(words(name) for name in ("account_id", "order_id", "checkout_id")),
    long("recorded_at", null=False),
    words("document", null=False),
)
Index("interactions_by_order", interactions.c.sales_channel, interactions.c.order_id)
Index("interactions_by_account", interactions.c.account_id)

notices: Final = Table(
    "notices",
    metadata,
    key("notice_id"),
    words("kind", null=False),
    words("sales_channel", null=False),
    *(words(name) for name in ("order_id", "case_id", "status")),
    long("status_at"),
    words("document", null=False),
)
Index("notices_by_order", notices.c.sales_channel, notices.c.order_id)
Index("notices_by_case", notices.c.case_id)

products: Final = Table(
    "products",
    metadata,
    key("sku"),
    words("parent_sku"),
    words("name"),
    flag("sellable"),
    flag("gone"),
    long("updated_at", null=False),
    words("document", null=False),
)
Index("products_by_parent", products.c.parent_sku)

stock: Final = Table(
    "stock",
    metadata,
    key("stock_key"),
    words("sales_channel", null=False),
    words("sku", null=False),
    number("available"),
    number("promised", null=False, server_default=text("0")),
    long("updated_at", null=False),
    words("document"),
)
"""`document` null: only locked so far. `promised`: units of all open exchanges together."""

sources: Final = Table(
    "sources",
    metadata,
    key("source_id"),
    words("name"),
    flag("accepts_returns"),
    list_of_words("sales_channels"),
    flag("gone"),
    long("updated_at", null=False),
    words("document", null=False),
)

counters: Final = Table("counters", metadata, key("series"), long("last", null=False, server_default=text("0")))
"""The last number given of each series. Taken under its row's lock, so a rolled back number is given again."""

timers: Final = Table(
    "timers",
    metadata,
    key("ref_kind"),
    key("ref_key"),
    key("name"),
    key("entity_id"),
    long("due_at", null=False),
    long("try_at", null=False),
    postgresql_with={"autovacuum_vacuum_scale_factor": "0.02"},
)
"""What must be looked at again, and when: domain.timers of every thing that has any. `due_at` is part of what a timer
is. `try_at`: when it is looked for; later than `due_at` only when something went wrong with it."""

Index("timers_by_time", timers.c.try_at)

history: Final = Table(
    "history",
    metadata,
    running_number(),
    words("entity_kind", null=False),
    words("entity_key", null=False),
    long("happened_at", null=False),
    long("recorded_at", null=False),
    words("actor_id", null=False),
    words("actor_kind", null=False),
    words("actor_name"),
    *(words(name, null=False) for name in ("kind", "words", "event", "data", "cause_id")),
    postgresql_with=INLINE,
)
"""Append-only. `event` is the type of the domain event whose JSON is in `data`."""

Index("history_of", history.c.entity_kind, history.c.entity_key, history.c.id)
