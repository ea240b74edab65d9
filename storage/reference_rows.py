"""Products, stock, sources, interactions and notices as rows. Pure."""

from domain.order_file import order_key
from domain.reference_data import Interaction, Notice, ProductFile, SourceFile, StockFile
from storage.documents import raw, to_json
from storage.recordset import Row


def _fields(value: object, *names: str) -> Row:
    return {**{name: getattr(value, name) for name in names}, "document": raw(to_json(value))}


def interaction_row(value: Interaction) -> Row:
    return _fields(value, "interaction_id", "sales_channel", "account_id", "order_id", "checkout_id", "recorded_at")


def notice_row(value: Notice) -> Row:
    return _fields(value, "notice_id", "kind", "sales_channel", "order_id", "case_id", "status", "status_at")


def product_row(value: ProductFile) -> Row:
    return _fields(value, "sku", "parent_sku", "name", "sellable", "gone", "updated_at")


def stock_row(value: StockFile) -> Row:
    return {
        "stock_key": order_key(value.sales_channel, value.sku),
        "promised": sum(value.promised.values()),
        **_fields(value, "sales_channel", "sku", "available", "updated_at"),
    }


def source_row(value: SourceFile) -> Row:
    return _fields(value, "source_id", "name", "accepts_returns", "sales_channels", "gone", "updated_at")
