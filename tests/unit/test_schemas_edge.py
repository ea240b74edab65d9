"""Every inbound record on its way to the domain, and everything that must be refused on that way."""

from collections.abc import Callable
from typing import Any

import pytest

from domain import commands
from schemas.cards import mask_cards
from schemas.codec import Codec
from schemas.edge import COMMAND_TYPES, FACT_TYPES
from schemas.keys import key_of
from schemas.made_records import plain
from schemas.refusal import InvalidCommand, Undecodable
from schemas.topics import COMMANDS, ORDERS, PRODUCTS, TOPIC_OF
from tests.builders.wire import valid

CODEC = Codec()

Change = Callable[[dict[str, Any]], object]


def through(record: str, value: dict[str, Any], key: str | None = None) -> Any:
    topic = TOPIC_OF[record]
    return CODEC.decode(topic, (key or key_of(record, value)).encode(), CODEC.encode(topic, record, value))


@pytest.mark.parametrize("record", [*FACT_TYPES, *COMMAND_TYPES])
def test_a_valid_record_becomes_its_dataclass_with_every_value(record: str) -> None:
    value = valid(record)
    message = through(record, value)
    assert type(message) is (FACT_TYPES | COMMAND_TYPES)[record]
    assert in_lists(plain(message)) == value


def in_lists(value: Any) -> Any:
    """Tuples as the lists that Avro reads."""
    if isinstance(value, dict):
        return {name: in_lists(part) for name, part in value.items()}
    return [in_lists(part) for part in value] if isinstance(value, (list, tuple)) else value


def put(path: str, replacement: Any) -> Change:
    """Puts a value at a path such as `order.lines.0.quantity`."""

    def change(value: Any) -> None:
        *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        for part in way:
            value = value[part]
        value[last] = replacement

    return change


NONSENSE = [
    ("commerce.OrderEvent", "event_id", "no-uuid"),
    ("commerce.OrderEvent", "kind", "UNKNOWN"),
    ("commerce.OrderEvent", "revision", 0),
    ("commerce.OrderEvent", "occurred_at", 253_402_300_800_000_000),
    ("commerce.OrderEvent", "order.sales_channel", "web:shop"),
    ("commerce.OrderEvent", "order.sales_channel", ""),
    ("commerce.OrderEvent", "order.order_id", ""),
    ("commerce.OrderEvent", "order.currency", "euro"),
    ("commerce.OrderEvent", "order.status", "UNKNOWN"),
    ("commerce.OrderEvent", "order.order_type", "UNKNOWN"),
    ("commerce.OrderEvent", "order.order_discount_minor", -1),
    ("commerce.OrderEvent", "order.order_discount_minor", 3991),
    ("commerce.OrderEvent", "order.lines.0.quantity", 0),
    ("commerce.OrderEvent", "order.lines.0.product_type", "UNKNOWN"),
    ("commerce.OrderEvent", "order.lines.0.total_minor", 3993),
    ("commerce.OrderEvent", "order.lines.0.total_minor", -3990),
    ("commerce.OrderEvent", "order.lines.0.unit_price_minor", 10**16),
    ("commerce.CheckoutEvent", "kind", "UNKNOWN"),
    ("commerce.Product", "sku", ""),
    ("warehouse.LineStatus", "lines.0.quantity", 0),
    ("warehouse.LineStatus", "lines.0.status", "UNKNOWN"),
    ("warehouse.Shipment", "packages.0.lines.0.quantity", -1),
    ("warehouse.CancellationAnswer", "lines.0.confirmed", -1),
    ("warehouse.ReturnReceipt", "lines.0.outcome", "UNKNOWN"),
    ("warehouse.ChangeAnswer", "answers.0.field", "UNKNOWN"),
    ("payments.PaymentEvent", "amount_minor", 0),
    ("payments.PaymentEvent", "amount_minor", -5),
    ("payments.PaymentEvent", "kind", "UNKNOWN"),
    ("notifications.NoticeReceipt", "status", "UNKNOWN"),
]


@pytest.mark.parametrize(("record", "path", "replacement"), NONSENSE)
def test_an_event_that_cannot_be_meant_is_parked_with_a_sentence(record: str, path: str, replacement: Any) -> None:
    value = valid(record)
    put(path, replacement)(value)
    with pytest.raises(Undecodable) as refused:
        through(record, value)
    assert refused.value.reason == "invalid_value"
    assert refused.value.sentence.startswith(f"{record}: ")
    assert path.rpartition(".")[2] in refused.value.sentence


def test_the_sentence_names_field_value_and_what_is_expected() -> None:
    value = valid("commerce.OrderEvent")
    put("order.lines.0.total_minor", 4100)(value)
    with pytest.raises(Undecodable) as refused:
        through("commerce.OrderEvent", value)
    assert refused.value.sentence == (
        "commerce.OrderEvent: order.lines[0].total_minor: is 4100, but price × quantity − discount is 3990; "
        "they may differ by no more than the quantity, 2"
    )


def test_a_sentence_tells_nothing_of_a_person() -> None:
    value = valid("commerce.OrderEvent")
    put("order.customer.email", "ann@example.com" * 400)(value)
    with pytest.raises(Undecodable) as refused:
        through("commerce.OrderEvent", value)
    assert "ann@example.com" not in refused.value.sentence
    assert "order.customer.email (6000 characters)" in refused.value.sentence


@pytest.mark.parametrize(("total", "included", "right"), [(3988, True, True), (3992, True, True), (3987, True, False),
                                                          (3991, False, True), (3994, False, False)])  # fmt: skip
def test_totals_may_differ_by_the_quantity_and_no_more(total: int, included: bool, right: bool) -> None:
    value = valid("commerce.OrderEvent")
    put("order.lines.0.total_minor", total)(value)
    put("order.tax_included", included)(value)
    if right:
        assert through("commerce.OrderEvent", value).order.lines[0].total_minor == total
    else:
        with pytest.raises(Undecodable, match="total_minor"):
            through("commerce.OrderEvent", value)


def test_shipping_lines_do_not_carry_the_order_discount() -> None:
    value = valid("commerce.OrderEvent")
    put("order.lines.0.product_type", "SHIPPING")(value)
    with pytest.raises(Undecodable, match="more than the 0 of all lines that are not SHIPPING"):
        through("commerce.OrderEvent", value)


def test_a_line_stands_in_an_order_once() -> None:
    value = valid("commerce.OrderEvent")
    value["order"]["lines"] *= 2
    with pytest.raises(Undecodable, match=r"order.lines\[1\].line_number: 1 stands here twice"):
        through("commerce.OrderEvent", value)


def test_a_payment_belongs_to_an_order_or_a_checkout() -> None:
    value = valid("payments.PaymentEvent", order_id=None, checkout_id=None)
    with pytest.raises(Undecodable, match="one of them says whose payment it is"):
        through("payments.PaymentEvent", value, "web:1")


INVALID_COMMANDS = [
    ("commands.CreateReturn", "command_id", "no-uuid"),
    ("commands.CreateReturn", "case_id", "no-uuid"),
    ("commands.CreateReturn", "sales_channel", "a:b"),
    ("commands.CreateReturn", "lines.0.quantity", 0),
    ("commands.CreateReturn", "actor.id", ""),
    ("commands.CancelOrder", "lines.0.quantity", -1),
    ("commands.ChangeOrder", "lines.0.new_quantity", 0),
    ("commands.OpenCase", "scope", "UNKNOWN"),
    ("commands.OpenCase", "origin", "UNKNOWN"),
    ("commands.OpenCase", "short_description", ""),
    ("commands.OpenCase", "short_description", "x" * 161),
    ("commands.OpenCase", "lines.0.request.kind", "UNKNOWN"),
    ("commands.EditCase", "channel", "UNKNOWN"),
    ("commands.CloseCase", "accepted_by", "AUTOMATIC"),
    ("commands.CloseCase", "accepted_by", "UNKNOWN"),
    ("commands.AddComment", "order_id", None),
    ("commands.ClearAttention", "case_id", "00000000-0000-4000-8000-000000000007"),
    ("commands.ResendNotice", "order_id", None),
    ("commands.DecideReturnLine", "verdict", "UNKNOWN"),
    ("commands.DecideReturnLine", "verdict", "ACCEPT"),
    ("commands.DecideReturnLine", "percent", 100),
    ("commands.DecideReturnLine", "percent", None),
    ("commands.ApproveRefund", "checkout_id", "C1"),
    ("commands.ApproveRefund", "order_id", None),
]


@pytest.mark.parametrize(("record", "path", "replacement"), INVALID_COMMANDS)
def test_a_command_that_cannot_be_meant_is_answered_not_parked(record: str, path: str, replacement: Any) -> None:
    value = valid(record, dry_run=True)
    put(path, replacement)(value)
    with pytest.raises(InvalidCommand) as refused:
        through(record, value, "web:some order_id")
    assert (refused.value.code, refused.value.command_id) == ("invalid_command", value["command_id"])
    assert refused.value.dry_run


@pytest.mark.parametrize("record", ["commands.CancelOrder", "commands.ChangeOrder", "commands.CreateReturn",
                                    "commands.CreateAppeasement", "commands.CreateExchange",
                                    "commands.CreateReshipment", "commands.OpenCase", "commands.AddCaseLines"])  # fmt: skip
def test_a_line_stands_in_a_command_once(record: str) -> None:
    value = valid(record)
    value["lines"] *= 2
    with pytest.raises(InvalidCommand, match="stands here twice"):
        through(record, value)


@pytest.mark.parametrize("amount", [0, -1])
def test_amounts_and_comments_are_left_to_the_domain_for_their_place_among_the_refusals(amount: int) -> None:
    value = valid("commands.CreateAppeasement")
    put("lines.0.amount_minor", amount)(value)
    assert through("commands.CreateAppeasement", value).lines[0].amount_minor == amount
    payment = through("commands.RefundPayment", valid("commands.RefundPayment", amount_minor=amount))
    assert payment.amount_minor == amount
    for text in ("", " ", "x" * 4001):
        assert through("commands.AddComment", valid("commands.AddComment", text=text)).text == text


def test_other_nonsense_comes_before_the_amount() -> None:
    value = valid("commands.RefundPayment", amount_minor=0, command_id="no-uuid")
    with pytest.raises(InvalidCommand) as refused:
        through("commands.RefundPayment", value)
    assert refused.value.code == "invalid_command"


def test_ids_are_lower_case_afterwards() -> None:
    value = valid("commands.CloseCase", case_id="ABCDEF00-0000-4000-8000-000000000007")
    assert through("commands.CloseCase", value, value["case_id"].lower()).case_id == value["case_id"].lower()


def test_card_numbers_are_masked_and_ids_never() -> None:
    value = valid(
        "payments.PaymentEvent", response="card 4111 1111 1111 1111 declined", gateway_reference="4111111111111111"
    )
    event = through("payments.PaymentEvent", value)
    assert event.response == "card **** **** **** **** declined"
    assert event.gateway_reference == "4111111111111111"
    order = valid("commerce.OrderEvent")
    order["order"]["custom_attributes"] = {"note": "4111111111111111"}
    assert through("commerce.OrderEvent", order).order.custom_attributes == {"note": "*" * 16}


@pytest.mark.parametrize("text", ["4111111111111112", "41111111111", "1" * 25, "no digits at all", "2026-05-31 12:00"])
def test_other_digits_stay(text: str) -> None:
    assert mask_cards(text) == text


def test_a_record_of_another_topic_is_refused() -> None:
    product = CODEC.encode(PRODUCTS, "commerce.Product", valid("commerce.Product"))
    with pytest.raises(Undecodable) as refused:
        CODEC.decode(ORDERS, b"A", product)
    assert refused.value.reason == "schema_unknown"
    with pytest.raises(KeyError):
        CODEC.encode(ORDERS, "commerce.Product", valid("commerce.Product"))


def test_commands_are_what_the_domain_calls_commands() -> None:
    assert isinstance(through("commands.CancelOrder", valid("commands.CancelOrder")), commands.CancelOrder)
    assert TOPIC_OF["commands.CancelOrder"] == COMMANDS
