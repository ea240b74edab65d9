"""What may not be done is refused with a stable code, and changes nothing."""

from ordercase.simulate.agent import Agent
from ordercase.simulate.basket import CATALOGUE, SOLD_OUT, WITHDRAWN
from ordercase.simulate.stories.replacements import sibling
from ordercase.simulate.stories.steps import delivered, ends, lines_of, paid
from ordercase.simulate.story import Script, Story

RETURN = {"comment": "no good"}
WHY = "changed my mind"


def too_early(s: Story) -> Script[None]:
    """Before anything has shipped: who may not, what does not exist, what is too much."""
    yield from paid(s)
    before = yield from s.order_shows(due_minor=0)
    one, agent = lines_of({1: 1}), s.agent
    back = lines_of({1: 1}, reason="TOO_SMALL")
    yield from agent.is_refused("not_shipped", "CreateReturn", lines=back, **RETURN)
    yield from agent.is_refused("unknown_order", "CancelOrder", order_id=f"{s.order_id}-X", lines=one, reason=WHY)
    yield from agent.is_refused("unknown_line", "CancelOrder", lines=lines_of({99: 1}), reason=WHY)
    yield from agent.is_refused("invalid_command", "CancelOrder", lines=lines_of({1: 0}), reason=WHY)
    yield from agent.is_refused("version_conflict", "CancelOrder", lines=one, reason=WHY, expected_version=999)
    too_many = lines_of({1: s.basket.item(1).quantity + 1})
    yield from agent.is_refused("quantity_not_available", "CancelOrder", lines=too_many, reason=WHY)
    yield from agent.is_refused("not_permitted", "CancelOrder", lines=one, reason=WHY, force=True)
    yield from agent.is_refused("unknown_entity", "RetryRefund", refund_id=s.new_id())
    yield from Agent(s, "viewer").is_refused("not_permitted", "CancelOrder", lines=one, reason=WHY)
    elsewhere = Agent(s, "agent", ("nowhere",))
    yield from elsewhere.is_refused("channel_not_permitted", "CancelOrder", lines=one, reason=WHY)
    after = yield from s.order_shows(due_minor=0)
    s.check("order after refusals", after["version"], before["version"])
    s.tell("ten commands refused")
    yield from ends(s, "NEW", {n: {"open": q} for n, q in s.basket.units().items()})


def too_late(s: Story) -> Script[None]:
    """After everything was delivered: what cannot be cancelled, returned, appeased or exchanged any more, or so."""
    yield from delivered(s)
    before = yield from s.order_shows(status="COMPLETE")
    agent, item = s.agent, s.basket.item(1)
    back = lines_of({1: 1}, reason="TOO_SMALL")
    yield from agent.is_refused("not_cancellable", "CancelOrder", lines=lines_of({1: 1}), reason=WHY)
    yield from agent.is_refused("comment_required", "CreateReturn", lines=back, comment="  ")
    yield from agent.is_refused("comment_too_long", "CreateReturn", lines=back, comment="x" * 1001)
    too_many = lines_of({1: item.quantity + 1}, reason="TOO_SMALL")
    yield from agent.is_refused("quantity_not_available", "CreateReturn", lines=too_many, **RETURN)
    elsewhere = [back[0] | {"return_to_source": "WH-SOUTH"}]
    yield from agent.is_refused("source_choice_off", "CreateReturn", lines=elsewhere, **RETURN)
    nothing = [{"line_number": 1, "amount_minor": 0, "reason": "LATE"}]
    yield from agent.is_refused("amount_not_positive", "CreateAppeasement", lines=nothing)
    too_much = [{"line_number": 1, "amount_minor": item.total + 1, "reason": "LATE"}]
    yield from agent.is_refused("exceeds_line", "CreateAppeasement", lines=too_much, amount_includes_tax=True)
    yield from agent.is_refused("reason_not_allowed", "CreateReshipment", lines=lines_of({1: 1}, reason="BORED"))
    yield from _exchanges(s)
    after = yield from s.order_shows(status="COMPLETE")
    s.check("order after refusals", after["version"], before["version"])
    s.tell("a dozen commands refused")
    yield from ends(s, "COMPLETE", {n: {"delivered": q} for n, q in s.basket.units().items()})


def _exchanges(s: Story) -> Script[None]:
    item = s.basket.item(1)
    other = next(family for family in CATALOGUE if family.parent != item.parent)
    wanted = {
        "unknown_sku": "NOTHING-AT-ALL",
        "not_same_parent": other.sku(other.variants[0]),
        "same_product": item.sku,
        "not_sellable": f"{item.parent}-{WITHDRAWN}",
        "out_of_stock": f"{item.parent}-{SOLD_OUT}",
    }
    yield from _products_known(s)
    for code, sku in wanted.items():
        lines = lines_of({1: 1}, new_sku=sku, reason="TOO_SMALL")
        yield from s.agent.is_refused(code, "CreateExchange", lines=lines)


def _products_known(s: Story) -> Script[None]:
    """Waits until a preview of a proper exchange is accepted: by then the worker has heard of products and stock."""
    while True:
        lines = lines_of({1: 1}, new_sku=sibling(s), reason="TOO_SMALL")
        reply = yield from s.agent.ask("CreateExchange", lines=lines, dry_run=True)
        if reply["status"] == "ACCEPTED":
            return
        if reply["code"] not in ("unknown_sku", "out_of_stock"):
            s.fail(f"the preview of an exchange was refused: {reply['code']} {reply['message']}")
        yield from s.pause(0.25)
