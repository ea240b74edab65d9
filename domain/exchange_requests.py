"""Deciding exchanges, and the stock that is promised to them (domain.md 8)."""

from domain.beginnings import beginning
from domain.commands import CancelExchange, CreateExchange
from domain.copying import replace
from domain.exchanges import (
    Exchange,
    ExchangeCancelled,
    ExchangeLine,
    ExchangeRequested,
)
from domain.follow_orders import has_shipped
from domain.order_file import OrderFile, order_key
from domain.quantities import Bucket
from domain.refusals import Findings, Refused
from domain.return_requests import check_line, make_return, terms_of
from domain.run import Run
from domain.vocabulary import (
    EntityType,
    ExchangeMode,
    ExchangeState,
    ReturnSettlement,
)
from domain.wanted_units import Reasons, Wanted, check_wanted
from domain.wishes import check_address, check_note
from domain.world import Changes, Kind, Ref

B = Bucket


def check_product(findings: Findings, new_sku: str, quantity: int, file: OrderFile, line_number: int, run: Run) -> None:
    """The replacement: another sellable child of the same parent, in stock in the order's channel."""
    sold = file.lines[line_number].sold
    product = run.product(new_sku)
    if product is None:
        findings.add("unknown_sku", f"No product {new_sku!r} is known; choose a product of the catalogue.")
        return
    parent = sold.parent_sku
    if parent is None and (own := run.product(sold.sku)):
        parent = own.parent_sku
    if parent is None or product.parent_sku != parent:
        findings.add(
            "not_same_parent",
            f"{new_sku!r} is not another child of the product that line {line_number} is of; choose one of its siblings, or return and order anew.",
        )
    if new_sku == sold.sku:
        findings.add(
            "same_product", f"Line {line_number} is {new_sku!r} already; send the same item again as a reshipment."
        )
    if not product.sellable:
        findings.add("not_sellable", f"{new_sku!r} is not sold at present; choose another one.")
    stock = run.stock(file.sales_channel, new_sku)
    free = (stock.available or 0) - sum(stock.promised.values())
    if stock.available is None or free < quantity:
        findings.add(
            "out_of_stock",
            f"{max(0, free)} of {new_sku!r} are free in {file.sales_channel}, {quantity} are needed; choose another one, or return instead.",
        )


def decide_exchange(command: CreateExchange, file: OrderFile, run: Run) -> list[object]:
    wanted = [Wanted(line.line_number, line.quantity, line.reason) for line in command.lines]
    _check(command, wanted, file, run)
    exchange = Exchange(
        exchange_id=run.ids.new(EntityType.EXCHANGE),
        state=ExchangeState.REQUESTED,
        mode=ExchangeMode(run.policy(file.sales_channel).exchanges.mode),
        lines=tuple(
            ExchangeLine(
                line_number=wish.line_number,
                quantity=wish.quantity,
                sku=file.lines[wish.line_number].sold.sku,
                new_sku=wish.new_sku,
                reason=wish.reason,
            )
            for wish in command.lines
        ),
        comment=command.comment,
        new_shipping_method=command.new_shipping_method,
        new_shipping_address=command.new_shipping_address,
        **beginning(command, run),
    )
    terms = terms_of(command, ReturnSettlement.EXCHANGE, exchange_id=exchange.exchange_id)
    requested, moved = make_return(wanted, file, run, terms, B.DELIVERED, B.SHIPPED)
    exchange = replace(exchange, return_id=requested.return_id)
    return [ExchangeRequested(exchange.exchange_id, exchange), requested, moved]


def _check(command: CreateExchange, wanted: list[Wanted], file: OrderFile, run: Run) -> None:
    """Raises Refused with the first refusal that applies."""
    findings = Findings()
    policy = run.policy(file.sales_channel).exchanges
    check_note(findings, command.comment)
    check_address(findings, command.new_shipping_address)
    check_wanted(findings, wanted, file, Reasons(policy.reasons, "exchanges.reasons"), B.DELIVERED, B.SHIPPED)
    needed: dict[str, int] = {}
    for item, wish in zip(wanted, command.lines, strict=True):
        if wish.line_number in file.lines:
            check_line(findings, file, item, command.issued_at, run)
            needed[wish.new_sku] = needed.get(wish.new_sku, 0) + wish.quantity
            check_product(findings, wish.new_sku, needed[wish.new_sku], file, wish.line_number, run)
    findings.raise_first()


def decide_cancel_exchange(command: CancelExchange, file: OrderFile, run: Run) -> list[object]:
    found = file.exchanges.get(command.exchange_id)
    if found is None:
        raise Refused("unknown_entity", f"Order {file.order_id} has no exchange {command.exchange_id}; check the id.")
    allowed = (
        ExchangeState.REQUESTED,
        ExchangeState.APPROVED,
        ExchangeState.WAITING_GOODS,
        ExchangeState.ORDER_CREATED,
        ExchangeState.OVERDUE,
    )
    shipped = found.new_order_id is not None and has_shipped(run.sibling(file, found.new_order_id))
    if found.state not in allowed or shipped:
        raise Refused(
            "wrong_state",
            f"The exchange is {found.state}; it can be cancelled until its order ships; return what was sent instead.",
        )
    return [ExchangeCancelled(found.exchange_id, command.reason)]


def promise(file: OrderFile, exchange: Exchange, run: Run) -> Changes:
    """Stock promised to an open exchange until the shop itself confirms its order."""
    for sku in dict.fromkeys(line.new_sku for line in exchange.lines):
        units = sum(line.quantity for line in exchange.lines if line.new_sku == sku)
        stock = run.stock(file.sales_channel, sku)
        promised = {**stock.promised, exchange.exchange_id: units}
        yield Ref(Kind.STOCK, order_key(file.sales_channel, sku)), replace(stock, promised=promised)


def release_promise(file: OrderFile, exchange: Exchange, run: Run) -> Changes:
    for sku in dict.fromkeys(line.new_sku for line in exchange.lines):
        stock = run.stock(file.sales_channel, sku)
        if exchange.exchange_id in stock.promised:
            kept = {key: units for key, units in stock.promised.items() if key != exchange.exchange_id}
            yield Ref(Kind.STOCK, order_key(file.sales_channel, sku)), replace(stock, promised=kept)


def still_in_stock(file: OrderFile, exchange: Exchange, run: Run) -> bool:
    """Whether what was promised to a held exchange is there, beside what is promised to others."""
    for sku in dict.fromkeys(line.new_sku for line in exchange.lines):
        stock = run.stock(file.sales_channel, sku)
        if exchange.exchange_id in stock.promised and (stock.available or 0) < sum(stock.promised.values()):
            return False
    return True
