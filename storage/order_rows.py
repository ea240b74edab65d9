"""An order file as the rows that searches, queues and reports read. Pure; nothing here decides anything."""

from collections.abc import Iterable, Iterator
from typing import Final

from domain import orders as view
from domain.checkouts import CheckoutFile
from domain.facts import Address
from domain.memo import once
from domain.order_file import OrderFile, order_key
from domain.vocabulary import LegState
from storage.documents import raw, to_json
from storage.recordset import Row
from storage.tables import BUCKETS

_FIELDS: Final = ("store", "account_id", "account_name", "shipping_method", "language", "checkout_id", "original_order_id",
                  "placed_at", "currency", "order_type")  # fmt: skip
_NO_UNITS: Final = dict.fromkeys(BUCKETS, 0)
_PERSON: Final = ("customer_id", "first_name", "last_name", "email")


AS_PLACED: Final = (*_FIELDS, *_PERSON, "shop_status", "phone", "postcode", "address_text")
"""Columns of `orders` that follow from what the shop says of the order alone: half of the row, and seldom changed."""


def order_row(
    file: OrderFile, related: Iterable[str], sources: Iterable[str], at: int, *, as_placed: bool = True
) -> Row:
    """The row of `orders`, without AS_PLACED where these are not asked for.

    `sources`: warehouses that spoke of the order beside those that its lines name.
    """
    row: Row = {
        "order_key": file.key,
        "sales_channel": file.sales_channel,
        "order_id": file.order_id,
        "known": file.known,
        "version": file.version,
        "document": raw(to_json(file)),
        "related": raw(to_json(list(related))),
        "root_key": order_key(file.sales_channel, file.root_id) if file.root_id else None,
        "needs_attention": bool(file.attention),
        "attention": file.attention,
        "skus": sorted({line.sold.sku for line in file.lines.values()}),
        "sources": sorted({*sources, *_sources(file)}),
        "updated_at": at,
    }
    if file.order is None:
        return row
    row |= _header(file)
    return row | _as_placed(file) if as_placed else row


def _sources(file: OrderFile) -> Iterator[str]:
    for line in file.lines.values():
        if line.sold.source_id:
            yield line.sold.source_id
        yield from (source for source in line.units.shipped_by if source)


@once("order")
def _as_placed(file: OrderFile) -> Row:
    """What people search in the shop's own words about the order."""
    order = file.facts
    addresses = [a for a in (order.shipping_address, order.billing_address, *(s.address for s in order.shippings)) if a]
    return {
        **{name: getattr(order, name) for name in _FIELDS},
        **{name: getattr(order.customer, name) for name in _PERSON},
        "shop_status": order.status,
        "phone": digits(order.customer.phone or next((a.phone for a in addresses if a.phone), None)),
        "postcode": compact(next((a.postcode for a in addresses if a.postcode), None)),
        "address_text": " | ".join(dict.fromkeys(_in_words(address) for address in addresses)) or None,
    }


def _header(file: OrderFile) -> Row:
    snapshot = view.snapshot(file)
    return {
        "status": view.status(file),
        "total_minor": snapshot.order_total,
        "captured_minor": snapshot.captured,
        "refunded_minor": snapshot.refunded,
        "due_minor": snapshot.due,
    }


def digits(phone: str | None) -> str | None:
    """A phone number as it is searched: its digits."""
    return "".join(filter(str.isdigit, phone)) or None if phone else None


def compact(postcode: str | None) -> str | None:
    """A postcode as it is searched: upper case without spaces."""
    return postcode.replace(" ", "").upper() or None if postcode else None


def _in_words(address: Address) -> str:
    parts = (address.name, address.street, address.city, address.region, address.postcode, address.country)
    return " ".join(part for part in parts if part).lower()


def line_rows(file: OrderFile, before: OrderFile | None) -> Iterator[Row]:
    """Rows of `order_lines`. A line reads differently when it, or a refund, changed; else it has no row here."""
    refunds_moved = before is None or before.refunds is not file.refunds
    changed = [
        number
        for number, line in file.lines.items()
        if refunds_moved or before is None or before.lines.get(number) is not line
    ]
    if not changed:
        return
    live = view.given_by_line(file)
    confirmed = view.given_by_line(file, (LegState.CONFIRMED,))
    for number in changed:
        line = file.lines[number]
        yield {
            "order_key": file.key,
            "line_number": number,
            "sku": line.sold.sku,
            "quantity": line.units.quantity,
            **_NO_UNITS,
            **{bucket.value: count for bucket, count in line.units.buckets.items()},
            "value_minor": line.value.gross,
            "refunded_minor": confirmed.get(number, 0),
            "left_minor": max(0, line.value.gross - live.get(number, 0)),
            "status": view.line_status(line),
        }


def checkout_row(file: CheckoutFile, related: list[str], at: int) -> Row:
    """The row of `checkouts`."""
    return {
        "checkout_key": file.key,
        "sales_channel": file.sales_channel,
        "checkout_id": file.checkout_id,
        "document": raw(to_json(file)),
        "related": raw(to_json(related)),
        "kind": file.kind,
        "account_id": file.account,
        "customer_id": file.customer and file.customer.customer_id,
        "order_id": file.order_id,
        "currency": file.currency or None,
        "total_minor": file.total_minor,
        "updated_at": at,
    }
