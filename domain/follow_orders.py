"""Exchanges and reshipments: deciding them, and the orders "E" and "R" that they make (domain.md 8)."""

from collections.abc import Sequence

from domain.commands import CancelExchange, CancelReshipment, CreateExchange, CreateReshipment
from domain.copying import replace
from domain.exchanges import (
    Exchange,
    ExchangeCancelled,
    ExchangeLine,
    ExchangeRequested,
)
from domain.facts import Address, Line, Order
from domain.order_events import UnitsMoved, UnitsSpent, WarehouseSaid
from domain.order_file import OrderFile, order_key
from domain.quantities import LEFT_THE_HOUSE, Bucket
from domain.refusals import Findings, Refused
from domain.reshipments import Reshipment, ReshipmentCancelled, ReshipmentLine, ReshipmentRequested
from domain.return_requests import Terms, Wanted, check_units, make_return, window_over
from domain.run import Run, order_ref
from domain.vocabulary import (
    EntityType,
    ExchangeMode,
    ExchangeState,
    OrderStatus,
    OrderType,
    ReshipmentState,
    ReturnSettlement,
    ReturnState,
)
from domain.wishes import check_comment, check_reason, duplicate_lines
from domain.world import Changes, Kind, Ref

B = Bucket


def check_product(findings: Findings, new_sku: str, quantity: int, file: OrderFile, line_number: int, run: Run) -> None:
    """The replacement: another sellable child of the same parent, in stock in the order's channel."""
    sold = file.lines[line_number].sold
    product = run.product(new_sku)
    if product is None:
        findings.add("unknown_sku", f"No product {new_sku!r} is known.")
        return
    parent = sold.parent_sku
    if parent is None and (own := run.product(sold.sku)):
        parent = own.parent_sku
    if parent is None or product.parent_sku != parent:
        findings.add(
            "not_same_parent", f"{new_sku!r} is not another child of the product that line {line_number} is of."
        )
    if new_sku == sold.sku:
        findings.add(
            "same_product", f"Line {line_number} is {new_sku!r} already; send the same item again as a reshipment."
        )
    if not product.sellable:
        findings.add("not_sellable", f"{new_sku!r} is not sold at present.")
    stock = run.stock(file.sales_channel, new_sku)
    free = (stock.available or 0) - sum(stock.promised.values())
    if stock.available is None or free < quantity:
        findings.add(
            "out_of_stock", f"{max(0, free)} of {new_sku!r} are free in {file.sales_channel}, {quantity} are needed."
        )


def decide_exchange(command: CreateExchange, file: OrderFile, run: Run) -> list[object]:
    findings = Findings()
    policy = run.policy(file.sales_channel)
    wanted = [Wanted(line.line_number, line.quantity, line.reason) for line in command.lines]
    if not wanted:
        findings.add("no_lines", "Name at least one line to exchange.")
    duplicate_lines(findings, [item.line_number for item in wanted])
    if command.comment is not None and command.comment.strip():
        check_comment(findings, command.comment)
    check_address(findings, command.new_shipping_address)
    needed: dict[str, int] = {}
    for wish in command.lines:
        check_reason(findings, wish.reason, policy.exchanges.reasons, "exchanges.reasons")
        check_units(findings, file, Wanted(wish.line_number, wish.quantity, wish.reason), B.DELIVERED, B.SHIPPED)
        line = file.lines.get(wish.line_number)
        if line is None:
            continue
        if line.sold.final_sale:
            findings.add("final_sale", f"Line {wish.line_number} was sold as final sale and cannot be exchanged.")
        if window_over(line, policy.returns, command.issued_at, run.at):
            findings.add("return_window_over", f"The time to return line {wish.line_number} is over.")
        needed[wish.new_sku] = needed.get(wish.new_sku, 0) + wish.quantity
        check_product(findings, wish.new_sku, needed[wish.new_sku], file, wish.line_number, run)
    findings.raise_first()
    exchange = Exchange(
        exchange_id=run.ids.new(EntityType.EXCHANGE),
        state=ExchangeState.REQUESTED,
        version=1,
        created_at=run.at,
        created_by=run.stamp.actor,
        asked_by=command.actor.id,
        mode=ExchangeMode(policy.exchanges.mode),
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
        case_id=command.case_id,
        case_line_id=command.case_line_id,
        policy_version=run.policies.version,
    )
    terms = Terms(
        comment=(command.comment or "").strip(),
        asked_by=command.actor.id,
        settlement=ReturnSettlement.EXCHANGE,
        exchange_id=exchange.exchange_id,
        case_id=command.case_id,
    )
    made = make_return(wanted, file, run, terms, B.DELIVERED, B.SHIPPED)
    exchange = replace(exchange, return_id=made[0].return_id)  # type: ignore[attr-defined]
    return [ExchangeRequested(exchange.exchange_id, exchange), *made]


def decide_reshipment(command: CreateReshipment, file: OrderFile, run: Run) -> list[object]:
    findings = Findings()
    policy = run.policy(file.sales_channel)
    wanted = [Wanted(line.line_number, line.quantity, line.reason) for line in command.lines]
    if not wanted:
        findings.add("no_lines", "Name at least one line to send again.")
    duplicate_lines(findings, [item.line_number for item in wanted])
    check_address(findings, command.shipping_address)
    for item in wanted:
        check_reason(findings, item.reason, policy.reshipments.reasons, "reshipments.reasons")
        check_units(findings, file, item, B.LOST, B.SHIPPED, B.DELIVERED)
    findings.raise_first()
    held = {item.line_number: _held(file, item) for item in wanted}
    reshipment = Reshipment(
        reshipment_id=run.ids.new(EntityType.RESHIPMENT),
        state=ReshipmentState.REQUESTED,
        version=1,
        created_at=run.at,
        created_by=run.stamp.actor,
        asked_by=command.actor.id,
        lines=tuple(
            ReshipmentLine(
                line_number=item.line_number,
                quantity=item.quantity,
                sku=file.lines[item.line_number].sold.sku,
                reason=item.reason,
                held=held[item.line_number],
            )
            for item in wanted
        ),
        take_back=command.take_back,
        comment=command.comment,
        shipping_method=command.shipping_method,
        shipping_address=command.shipping_address,
        case_id=command.case_id,
        case_line_id=command.case_line_id,
        policy_version=run.policies.version,
    )
    if not command.take_back:
        spent = tuple((number, str(bucket), units) for number, parts in held.items() for bucket, units in parts)
        return [ReshipmentRequested(reshipment.reshipment_id, reshipment), UnitsSpent(spent)]
    terms = Terms(
        comment=(command.comment or "").strip(),
        asked_by=command.actor.id,
        settlement=ReturnSettlement.RESHIP,
        reshipment_id=reshipment.reshipment_id,
        case_id=command.case_id,
    )
    made = make_return(wanted, file, run, terms, B.LOST, B.SHIPPED, B.DELIVERED)
    reshipment = replace(reshipment, return_id=made[0].return_id)  # type: ignore[attr-defined]
    return [ReshipmentRequested(reshipment.reshipment_id, reshipment), *made]


def _held(file: OrderFile, wanted: Wanted) -> tuple[tuple[Bucket, int], ...]:
    """Which free units a reshipment replaces: lost ones first, then those on their way, then delivered ones."""
    parts, quantity = [], wanted.quantity
    for bucket in (B.LOST, B.SHIPPED, B.DELIVERED):
        part = min(quantity, file.lines[wanted.line_number].units.free(bucket))
        if part:
            parts.append((bucket, part))
            quantity -= part
    return tuple(parts)


def check_address(findings: Findings, address: Address | None) -> None:
    """A new address must name street, city, country and a person; more is not checked."""
    if address is not None:
        missing = [name for name in ("name", "street", "city", "country") if not (getattr(address, name) or "").strip()]
        if missing:
            findings.add("invalid_command", f"The address has no {', '.join(missing)}.")


def next_order_id(file: OrderFile, letter: str, run: Run) -> str:
    """`1001E`, then `1001E2`, `1001E3` …: the next that no order of the channel has."""
    number = 1
    while True:
        candidate = f"{file.order_id}{letter}{number if number > 1 else ''}"
        ref = order_ref(file.sales_channel, candidate)
        if run.get(ref) is None:
            return candidate
        number += 1


def follow_order(file: OrderFile, order_id: str, kind: OrderType, lines: Sequence[tuple[int, int, str]], method: str | None, address: Address | None, run: Run) -> Order:  # fmt: skip
    """The E or R order: (line number, quantity, SKU) of the original in the command's order, free of charge."""
    original = file.facts
    made = []
    for number, (line_number, quantity, sku) in enumerate(lines, 1):
        sold = file.lines[line_number].sold
        product = run.product(sku) if sku != sold.sku else None
        made.append(
            Line(
                line_number=number,
                original_line_number=line_number,
                sku=sku,
                parent_sku=product.parent_sku if product else sold.parent_sku,
                product_name=product.name if product else sold.product_name,
                image_url=product.image_url if product else sold.image_url,
                product_type=sold.product_type,
                quantity=quantity,
                unit_price_minor=sold.unit_price_minor,
                discount_minor=sold.unit_price_minor * quantity,
                total_minor=0,
                source_id=sold.source_id,
                final_sale=sold.final_sale,
            )
        )
    return replace(
        original,
        order_id=order_id,
        order_type=kind,
        original_order_id=file.order_id,
        status=OrderStatus.NEW,
        status_reason=None,
        placed_at=run.at,
        shipping_address=address or original.shipping_address,
        shipping_method=method or original.shipping_method,
        shippings=(),
        order_discount_minor=0,
        lines=tuple(made),
        payments=(),
    )


def has_shipped(follow: OrderFile) -> bool:
    return any(line.units.at(*LEFT_THE_HOUSE) for line in follow.lines.values())


def decide_cancel_exchange(command: CancelExchange, file: OrderFile, run: Run) -> list[object]:
    found = file.exchanges.get(command.exchange_id)
    if found is None:
        raise Refused("unknown_entity", f"Order {file.order_id} has no exchange {command.exchange_id}.")
    allowed = (
        ExchangeState.REQUESTED,
        ExchangeState.APPROVED,
        ExchangeState.WAITING_GOODS,
        ExchangeState.ORDER_CREATED,
        ExchangeState.OVERDUE,
    )
    shipped = found.new_order_id is not None and has_shipped(run.sibling(file, found.new_order_id))
    if found.state not in allowed or shipped:
        raise Refused("wrong_state", f"The exchange is {found.state}; it can be cancelled until its order ships.")
    return [ExchangeCancelled(found.exchange_id, command.reason)]


def decide_cancel_reshipment(command: CancelReshipment, file: OrderFile, run: Run) -> list[object]:
    found = file.reshipments.get(command.reshipment_id)
    if found is None:
        raise Refused("unknown_entity", f"Order {file.order_id} has no reshipment {command.reshipment_id}.")
    shipped = found.new_order_id is not None and has_shipped(run.sibling(file, found.new_order_id))
    if found.state is not ReshipmentState.ORDER_CREATED or shipped:
        raise Refused("wrong_state", f"The reshipment is {found.state}; it can be cancelled until its order ships.")
    return [ReshipmentCancelled(found.reshipment_id, command.reason)]


def unspend(file: OrderFile, found: Reshipment) -> list[object]:
    """Units that a cancelled reshipment no longer replaces, wherever they lie now."""
    spent: list[tuple[int, str, int]] = []
    for line in found.lines:
        quantity = line.quantity
        for bucket, units in file.lines[line.line_number].units.spent.items():
            part = min(quantity, units)
            if part:
                spent.append((line.line_number, str(bucket), -part))
                quantity -= part
    return [UnitsSpent(tuple(spent))] if spent else []


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


def originals_decided(file: OrderFile, return_id: str | None) -> bool:
    """Whether every unit of the originals is back or written off."""
    found = file.returns.get(return_id or "")
    if found is None or found.state in (ReturnState.REQUESTED, ReturnState.CANCELLED, ReturnState.DENIED):
        return False
    return all(line.decided >= line.quantity for line in found.lines)


def moved_units(event: UnitsMoved | WarehouseSaid, *targets: Bucket) -> bool:
    return any(move.target in targets for move in event.moves)
