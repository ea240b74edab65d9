"""An order on a terminal: the list, the sheet, the story."""

from collections.abc import Iterable, Mapping
from typing import Any

from domain.money import in_words
from ordercase.terminal import print_line, print_pairs, print_table, short_time

Shown = Mapping[str, Any]


def print_list(rows: Iterable[Shown]) -> None:
    """Orders found, one a row."""
    columns = ("placed", "channel", "order", "customer", "status", "type", "total#", "attention")
    print_table(columns, ([
        short_time(row["placed"]),
        row["channel"],
        row["order_id"],
        " ".join(part for part in (row["first_name"], row["last_name"]) if part),
        row["status"],
        row["order_type"],
        _money(row["total"], row["currency"]),
        ", ".join(row["attention"]),
    ] for row in rows))  # fmt: skip


def print_order(order: Shown) -> None:
    """The whole of `orders show`."""
    currency = order["currency"]
    print_pairs(
        {
            "status": order["status"],
            "shop says": order["shop_status"],
            "type": order["order_type"],
            "version": order["version"],
            "attention": ", ".join(order["attention"]),
            "waiting": order["waiting"] or None,
            "parked": order["parked"] or None,
        },
        title=f"Order {order['sales_channel']}:{order['order_id']}",
    )
    print_table(
        ("line#", "sku", "units#", "status", "where", "value#", "refunded#", "left#", "tracking"),
        [_line(line, currency) for line in order["lines"]],
    )
    if order["payments"]:
        amounts = ("authorized", "captured", "refunded", "pending", "charged_back", "voided")
        print_table(
            ("payment", *(f"{name.replace('_', ' ')}#" for name in amounts)),
            [
                [payment["payment_ref"], *(_money(payment[f"{name}_minor"], currency) for name in amounts)]
                for payment in order["payments"]
            ],
        )
    if order["post_sales"]:
        print_table(
            ("post-sales", "id", "state", "amount#"),
            [
                [one["entity_type"], one["entity_id"], one["state"], _money(one["amount_minor"], currency)]
                for one in order["post_sales"]
            ],
        )
    print_table(
        ("when", "who", "kind", "what"),
        [
            [_minute(entry["happened_at"]), _who(entry["actor"]), entry["kind"], entry["words"]]
            for entry in order["history"]
        ],
    )


def print_story(order: Shown) -> None:
    """Every change under the message that caused it, oldest first, and where the order stands now."""
    cause = None
    for entry in order["history"]:
        if entry["cause_id"] != cause:
            cause = entry["cause_id"]
            print_line(f"{_minute(entry['recorded_at'])}  {_who(entry['actor'])}  caused by {cause}")
        print_line(f"    {entry['words']}  [{entry['event']}]")
    print_line(f"Now: {order['status']}; the shop says {order['shop_status']}.")
    for line in order["lines"]:
        print_line(f"    line {line['line_number']} {line['sku']}: {line['status']}, {_where(line['buckets'])}")
    if order["waiting"] or order["parked"]:
        print_line(f"    {order['waiting']} messages wait, {order['parked']} are parked.")


def _line(line: Shown, currency: str) -> list[object]:
    return [
        line["line_number"],
        line["sku"],
        line["quantity"],
        line["status"],
        _where(line["buckets"]),
        *(_money(line[name], currency) for name in ("value_minor", "refunded_minor", "left_minor")),
        ", ".join(parcel["tracking_number"] or parcel["box_number"] for parcel in line["tracking"]),
    ]


def _where(buckets: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in buckets.items() if count)


def _who(actor: Shown) -> str:
    return f"{actor['kind'].lower()} {actor['name'] or actor['id']}"


def _money(minor: int | None, currency: str | None) -> str:
    return "" if minor is None or currency is None else in_words(minor, currency)


def _minute(iso: str | None) -> str:
    return "" if iso is None else f"{iso[:10]} {iso[11:16]}"
