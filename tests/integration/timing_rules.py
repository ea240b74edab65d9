"""The counting rules with timers: an order wants what its marks say, and marks what has fired.

A mark `at:NAME:DUE` wants a timer, `off:NAME` and `fired:NAME` want it no more; the last one said counts. A timer with a
`NAME` that begins with
    broken  breaks the rule               nul  leads to text that PostgreSQL refuses
    stays   is wanted for ever            also-X  marks order shop:X too, which nobody named before
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from consumers.rules import Rules
from domain.actors import SYSTEM, Stamp
from domain.order_file import OrderFile
from domain.policy import Policies
from domain.timers import Timer, TimerDue
from domain.world import Aggregate, Effect, Outcome, Ref, Step, World
from schemas.refusal import RegistryUnavailable
from tests.integration.counting_rules import Marked, Registry, counting_rules, marked, order_ref

Fired = Callable[[Timer], None]


def wanted(thing: Aggregate, _policies: Policies) -> tuple[Timer, ...]:
    if not isinstance(thing, OrderFile):
        return ()
    due: dict[str, int] = {}
    for mark in thing.parcels:
        match mark.split(":"):
            case ["at", name, at]:
                due[name] = int(at)
            case ["off" | "fired", name]:
                due.pop(name, None)
    ref = order_ref(f"{thing.sales_channel}:{thing.order_id}")
    return tuple(Timer(ref, name, "", at) for name, at in sorted(due.items()))


def later(micros: int) -> Callable[[Aggregate, Policies], tuple[Timer, ...]]:
    """The same under a policy that gives everything more time."""
    return lambda thing, policies: tuple(
        replace(timer, due_at=timer.due_at + micros) for timer in wanted(thing, policies)
    )


def timing_rules(
    registry: Registry | None = None,
    timers: Callable[[Aggregate, Policies], tuple[Timer, ...]] = wanted,
    fired: Fired = lambda _timer: None,
) -> Rules:
    """`fired` is called in the middle of a timer's transaction."""
    plain = counting_rules(registry)

    def refs(message: Any) -> tuple[Ref, ...]:
        return (message.timer.ref,) if isinstance(message, TimerDue) else tuple(plain.refs(message))

    def handle(message: Any, world: World, policies: Policies, at: int) -> Outcome:
        if not isinstance(message, TimerDue):
            return plain.handle(message, world, policies, at)
        timer = message.timer
        fired(timer)
        thing = world.get(timer.ref)
        if thing is None or timer not in timers(thing, policies):
            return Outcome(effect=Effect.IGNORED, changed={})
        return _ring(timer, world, at)

    def encode(topic: str, record: str, value: Mapping[str, Any]) -> bytes:
        if registry is not None and registry.away:
            raise RegistryUnavailable("away")
        return plain.encode(topic, record, value)

    return replace(plain, encode=encode, refs=refs, handle=handle, timers=timers)


def _ring(timer: Timer, world: World, at: int) -> Outcome:
    if timer.name.startswith("broken"):
        raise LookupError(timer.name)
    mark = f"rang:{timer.name}" if timer.name.startswith("stays") else f"fired:{timer.name}"
    changed = {timer.ref: marked(world, timer.ref, mark)}
    if timer.name.startswith("nul"):
        changed[timer.ref] = replace(changed[timer.ref], root_id="\0")
    if timer.name.startswith("also-"):
        other = order_ref(f"shop:{timer.name.removeprefix('also-')}")
        changed[other] = marked(world, other, f"from {timer.ref.key}")
    steps = tuple(
        Step(ref, Marked(file.parcels[-1]), None, file, Stamp(at, SYSTEM, timer.cause_id, at), timer.cause_id)
        for ref, file in changed.items()
    )
    return Outcome(effect=Effect.APPLIED, changed=changed, steps=steps)
