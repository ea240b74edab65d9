"""What the values of one record must be together: the rules of contract.md 3 and 4 that no single field can hold."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from schemas.edge import Invalid, Mistake

Value = Mapping[str, Any]
Check = Callable[[Value], Iterator[Mistake]]


def _mistake(field: str, kind: str, sentence: str) -> Mistake:
    return Mistake(field, kind, f"{field}: {sentence}")


def _once(rows: Iterable[Any], where: str, key: str | None = None) -> Iterator[Mistake]:
    seen = set()
    for index, row in enumerate(rows):
        value = row if key is None else row[key]
        if value in seen:
            field = f"{where}[{index}]" + (f".{key}" if key else "")
            yield _mistake(field, "twice", f"{value} stands here twice; each may be named once")
        seen.add(value)


def _lines_once(value: Value) -> Iterator[Mistake]:
    return _once(value["lines"], "lines", "line_number")


def _order_event(value: Value) -> Iterator[Mistake]:
    order = value["order"]
    yield from _once(order["lines"], "order.lines", "line_number")
    included, goods = order["tax_included"], 0
    for index, line in enumerate(order["lines"]):
        total = line["total_minor"]
        asked = line["unit_price_minor"] * line["quantity"] - line["discount_minor"]
        if not included:
            asked += sum(tax["amount_minor"] for tax in line["taxes"])
        if abs(total - asked) > line["quantity"]:
            rule = "price × quantity − discount" + ("" if included else " + taxes")
            yield _mistake(
                f"order.lines[{index}].total_minor", "total",
                f"is {total}, but {rule} is {asked}; they may differ by no more than the quantity, {line['quantity']}",
            )  # fmt: skip
        if line["product_type"] != "SHIPPING":
            goods += total
    if order["order_discount_minor"] > goods:
        yield _mistake(
            "order.order_discount_minor", "discount",
            f"is {order['order_discount_minor']}, more than the {goods} of all lines that are not SHIPPING",
        )  # fmt: skip


def _payment_event(value: Value) -> Iterator[Mistake]:
    if value["order_id"] is None and value["checkout_id"] is None:
        yield _mistake("order_id", "missing", "is null and so is checkout_id; one of them says whose payment it is")


def _shipment(value: Value) -> Iterator[Mistake]:
    yield from _once(value["packages"], "packages", "box_number")


def _case_lines(value: Value) -> Iterator[Mistake]:
    return _once(value["lines"], "lines", "case_line_id")


def _case_line_ids(value: Value) -> Iterator[Mistake]:
    return _once(value["case_line_ids"], "case_line_ids")


def _assignee_or_group(value: Value) -> Iterator[Mistake]:
    if value["assignee"] is None and value["group"] is None:
        yield _mistake("assignee", "missing", "is null and so is group; name at least one of them")


def _one_owner(value: Value) -> Iterator[Mistake]:
    if (value["order_id"] is None) == (value["checkout_id"] is None):
        yield _mistake("order_id", "missing", "exactly one of order_id and checkout_id must be set")


def _case_or_order(value: Value) -> Iterator[Mistake]:
    order = (value["sales_channel"] is None, value["order_id"] is None)
    if order[0] != order[1] or (value["case_id"] is None) == order[0]:
        yield _mistake("case_id", "missing", "either case_id must be set, or sales_channel and order_id together")


def _case_or_order_or_both(value: Value) -> Iterator[Mistake]:
    no_order = value["sales_channel"] is None or value["order_id"] is None
    if no_order and value["case_id"] is None:
        yield _mistake("case_id", "missing", "case_id must be set, or sales_channel and order_id together")


def _percent(value: Value) -> Iterator[Mistake]:
    if (value["verdict"] == "ACCEPT_PART") != (value["percent"] is not None):
        yield _mistake("percent", "missing", "must be set, 1 to 99, with ACCEPT_PART and only then")


CHECKS: Final[dict[str, Check]] = {
    "commerce.OrderEvent": _order_event,
    "commerce.CheckoutEvent": _lines_once,
    "payments.PaymentEvent": _payment_event,
    "warehouse.Shipment": _shipment,
    "commands.OpenCase": _case_lines,
    "commands.AddCaseLines": _case_lines,
    "commands.RemoveCaseLines": _case_line_ids,
    "commands.RequestInformation": _case_line_ids,
    "commands.InformationReceived": _case_line_ids,
    "commands.AssignCase": _assignee_or_group,
    "commands.AddComment": _case_or_order,
    "commands.ClearAttention": _case_or_order,
    "commands.ResendNotice": _case_or_order_or_both,
    "commands.DecideReturnLine": _percent,
    **dict.fromkeys(("commands.CancelOrder", "commands.ChangeOrder", "commands.CreateReturn",
                     "commands.CreateAppeasement", "commands.CreateExchange", "commands.CreateReshipment"), _lines_once),
    **dict.fromkeys(("commands.ApproveRefund", "commands.CancelRefund", "commands.RetryRefund",
                     "commands.ReleaseRefundOffline"), _one_owner),
}  # fmt: skip
"""Record → its check, where it has one. The values have passed their edge model."""


def check_together(record: str, value: Value) -> None:
    """Raises Invalid with every rule that the values break together."""
    check = CHECKS.get(record)
    if check is not None and (mistakes := tuple(check(value))):
        raise Invalid(mistakes)
