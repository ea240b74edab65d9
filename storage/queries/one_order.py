"""One order with everything an agent asks of it: what `orders show` prints (contract.md 7)."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, or_, select

from domain.order_file import OrderFile
from domain.orders import snapshot
from domain.quantities import PUBLIC, STAGES
from storage import documents
from storage.queries import history, messages
from storage.queries.times import with_iso
from storage.tables import order_lines, orders, post_sales


class UnknownOrder(Exception):
    """No event of this order has come yet. `waiting`: messages that are kept until one does."""

    def __init__(self, order_key: str, waiting: int) -> None:
        super().__init__(order_key)
        self.waiting = waiting


def shown(connection: Connection, order_key: str) -> dict[str, Any]:
    """The order in the shape of the contract, times ISO 8601. Raises UnknownOrder."""
    waiting, parked = messages.counts_for(connection, order_key)
    row = connection.execute(select(orders).where(orders.c.order_key == order_key)).one_or_none()
    if row is None or not row.known:
        raise UnknownOrder(order_key, waiting)
    told = history.entries(connection, "order", order_key)
    return {
        **_head(row),
        "lines": _lines(connection, order_key, tracking(told)),
        "payments": _payments(documents.from_json(OrderFile, row.document)),
        "post_sales": _post_sales(connection, order_key),
        "history": with_iso(told),
        "waiting": waiting,
        "parked": parked,
    }


def _head(row: Row[Any]) -> dict[str, Any]:
    names = ("sales_channel", "order_id", "order_type", "version", "status", "shop_status", "needs_attention",
             "attention", "currency")  # fmt: skip
    return {name: getattr(row, name) for name in names}


def _lines(connection: Connection, order_key: str, parcels: Mapping[int, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    rows = connection.execute(
        select(order_lines).where(order_lines.c.order_key == order_key).order_by(order_lines.c.line_number)
    )
    return [
        {
            "line_number": row["line_number"],
            "sku": row["sku"],
            "quantity": row["quantity"],
            "status": row["status"],
            "buckets": {name: _bucket(row, name) for name in PUBLIC},
            "value_minor": row["value_minor"],
            "refunded_minor": row["refunded_minor"],
            "left_minor": row["left_minor"],
            "tracking": parcels.get(row["line_number"], []),
        }
        for row in rows.mappings()
    ]


def _bucket(row: RowMapping, name: str) -> int:
    """Units under a bucket's name in the contract: the stages at the warehouse are one of them."""
    columns = [stage.value for stage in STAGES] if name == "at_warehouse" else [name]
    return sum(row[column] for column in columns)


def _payments(file: OrderFile) -> list[dict[str, Any]]:
    money = snapshot(file)
    return [
        {
            "payment_ref": payment.payment_ref,
            "authorized_minor": payment.authorized,
            "captured_minor": payment.captured,
            "refunded_minor": payment.refunded,
            "pending_minor": money.pending_by_payment.get(payment.payment_ref, 0),
            "charged_back_minor": payment.charged_back,
            "voided_minor": payment.voided,
        }
        for payment in money.payments.values()
    ]


def _post_sales(connection: Connection, order_key: str) -> list[dict[str, Any]]:
    """What was done for this order, whether its own file holds it or that of the order with its money."""
    p = post_sales.c
    about = or_(p.order_key == order_key, p.for_order_key == order_key)
    wanted = select(p.entity_type, p.entity_id, p.state, p.amount_minor).where(about)
    rows = connection.execute(wanted.order_by(p.created_at, p.entity_type, p.entity_id))
    return [dict(row) for row in rows.mappings()]


def tracking(told: Iterable[Mapping[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    """Line number → its parcels, each (shipment, box) once with the last tracking heard, in the order they left."""
    boxes: dict[tuple[str, str], dict[str, Any]] = {}
    for entry in told:
        if entry["event"] == "ParcelSent":
            data = entry["data"]
            boxes[data["shipment_id"], data["package"]["box_number"]] = data
    parcels: dict[int, list[dict[str, Any]]] = {}
    for data in boxes.values():
        package = data["package"]
        for line in package.get("lines", []):
            parcel = {name: package.get(name) for name in
                      ("box_number", "carrier", "tracking_number", "tracking_link", "comment")}  # fmt: skip
            parcel |= {"shipment_id": data["shipment_id"], "quantity": line["quantity"]}
            parcels.setdefault(line["line_number"], []).append(parcel)
    return parcels
