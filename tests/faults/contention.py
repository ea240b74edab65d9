"""Two workers that need the same orders in the same moment."""

import json
import time
from random import Random
from signal import SIGCONT, SIGSTOP
from typing import Any, Final
from uuid import uuid4

import psycopg

from schemas.catalogue import schema_of
from schemas.topics import ORDERS, PAYMENT_EVENTS, WAREHOUSE_STATUS
from tests.end_to_end.sending import framed, order_event
from tests.faults.faults import fault
from tests.faults.scene import Scene

ORDERS_AT_ONCE: Final = 18
TIMES: Final = 3
MET_WITHIN: Final = 3.5
"""Seconds in which both workers have to wait for a lock; after five a batch gives up and begins again."""
AMOUNT: Final = 3990

_WAITING: Final = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'ordercase-loop' AND wait_event_type = 'Lock'
"""


@fault(
    "two at one order",
    "eighteen orders get inputs of three topics, in both workers at once, while somebody holds the rows in their middle;"
    " three times",
)
def two_at_one_order(scene: Scene, _chance: Random) -> None:
    met = 0
    for number in range(TIMES):
        ids = [f"met-{scene.told}-{number}-{n:02}" for n in range(ORDERS_AT_ONCE)]
        for order_id in ids:
            scene.sender.send(ORDERS, "commerce.OrderEvent", f"web:{order_id}", order_event(order_id))
        scene.caught_up()
        third = ORDERS_AT_ONCE // 3
        messages = _messages(scene, ids)
        with psycopg.connect(scene.url) as somebody:
            somebody.execute(
                "SELECT 1 FROM orders WHERE order_key = ANY (%s) FOR UPDATE",
                ([f"web:{one}" for one in ids[third : 2 * third]],),
            )
            _send_at_once(scene, messages)
            met += _both_wait(scene)
            somebody.rollback()
        scene.caught_up()
    scene.note(f"met {met} times" if met else "missed")


def _messages(scene: Scene, ids: list[str]) -> list[tuple[str, str, bytes]]:
    """Topic, key and value of three inputs for each order; what must come of them is expected from now on."""
    made = []
    for order_id in ids:
        key, email = f"web:{order_id}", f"{order_id}@shop.example"
        for topic, record, value in (
            (ORDERS, "commerce.OrderEvent", _changed(order_id, email)),
            (PAYMENT_EVENTS, "payments.PaymentEvent", _captured(order_id)),
            (WAREHOUSE_STATUS, "warehouse.LineStatus", _picked(order_id)),
        ):
            schema = json.loads(schema_of(record).text)
            number = scene.sender.register(f"{topic}-ordercase.{record}", schema)
            made.append((topic, key, framed(number, schema, value)))
        scene.expected[key] = email, AMOUNT
    return made


def _send_at_once(scene: Scene, messages: list[tuple[str, str, bytes]]) -> None:
    """The workers stand still meanwhile, so that each finds all that is its own in one batch."""
    workers = list(scene.workers)
    for one in workers:
        one.signal(SIGSTOP)
    try:
        for topic, key, value in messages:
            scene.sender.send_raw(topic, key, value)
    finally:
        for one in workers:
            one.signal(SIGCONT)


def _both_wait(scene: Scene) -> bool:
    until = time.monotonic() + MET_WITHIN
    while time.monotonic() < until:
        ((waiting,),) = scene.sql(_WAITING)
        if waiting >= 2:
            return True
        time.sleep(0.05)
    return False


def _changed(order_id: str, email: str) -> dict[str, Any]:
    event = order_event(order_id, revision=2, kind="UPDATED")
    event["order"]["customer"]["email"] = email
    return event


def _captured(order_id: str) -> dict[str, Any]:
    about = {"sales_channel": "web", "order_id": order_id, "payment_ref": f"P-{order_id}"}
    paid = {"gateway": "adyen", "method": "card", "kind": "CAPTURED", "amount_minor": AMOUNT, "currency": "EUR"}
    return _head(order_id) | about | paid | {"gateway_reference": f"G-{order_id}"}


def _picked(order_id: str) -> dict[str, Any]:
    line = {"line_number": 1, "quantity": 2, "status": "PICKED"}
    return _head(order_id) | {"sales_channel": "web", "order_id": order_id, "lines": [line]}


def _head(order_id: str) -> dict[str, Any]:
    return {"event_id": str(uuid4()), "occurred_at": order_event(order_id)["occurred_at"]}
