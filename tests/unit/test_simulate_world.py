"""The loop of the simulator, with a worker so small that one sees what it says."""

from collections.abc import Callable
from typing import Any

import pytest

from domain.policy import Policies
from ordercase.simulate.seen import Record
from ordercase.simulate.stories import Plot, chosen, told
from ordercase.simulate.story import Script, Story
from ordercase.simulate.world import World


class SmallWorker:
    """Answers every OrderEvent with what `says` makes of it. Records what was sent."""

    def __init__(self, says: Callable[[dict[str, Any]], list[Record]]) -> None:
        self.says = says
        self.sent: list[tuple[str, str, dict[str, Any]]] = []
        self._out: list[Record] = []

    def send(self, topic: str, record: str, key: str, value: dict[str, Any]) -> None:
        self.sent.append((topic, record, value))
        if record == "commerce.OrderEvent":
            self._out += self.says(value)

    def receive(self, seconds: float) -> list[Record]:
        out, self._out = self._out, []
        return out


def state(event: dict[str, Any], version: int = 1, previous: str | None = None, order_id: str = "") -> Record:
    order = event["order"]
    lines = [{"line_number": line["line_number"], "quantity": line["quantity"], "buckets": {"open": line["quantity"]}}
             for line in order["lines"]]  # fmt: skip
    order_id = order_id or order["order_id"]
    value = {"event_id": f"{order_id}-{version}-{event['event_id']}", "version": version, "previous_state": previous,
             "state": "NEW", "status": "NEW", "sales_channel": order["sales_channel"], "order_id": order_id,
             "lines": lines, "captured_minor": 0, "refunded_minor": 0, "pending_minor": 0, "charged_back_minor": 0}  # fmt: skip
    return Record(
        "ordercase.order-states.v1", f"{order['sales_channel']}:{order_id}", "postsales.OrderStateChanged", value
    )


def placed(s: Story) -> Script[None]:
    s.shop.place()
    yield from s.order_shows(status="NEW")
    s.tell("placed")


def never(s: Story) -> Script[None]:
    s.shop.place()
    yield from s.order_shows(status="COMPLETE")


def told_of_e(s: Story) -> Script[None]:
    s.shop.place()
    yield from s.order_shows(f"{s.order_id}E2R", status="NEW")


def world(worker: SmallWorker, **more: Any) -> World:
    return World(worker, prefix="T-", seed=1, quiet=0.0, **more)


def test_stories_end_right_when_they_see_what_they_want() -> None:
    verdict = world(SmallWorker(lambda event: [state(event)])).play([Plot(placed)] * 5)
    assert verdict.figures() == {"stories": 5, "right": 5, "wrong": 0}
    assert verdict.details[0].sentence == "order T-1001: placed"


def test_a_story_without_news_is_given_up_and_says_what_it_waited_for() -> None:
    verdict = world(SmallWorker(lambda event: [state(event)]), patience=0.1).play([Plot(never)])
    (why,) = verdict.details[0].wrongs
    assert "status is NEW, not COMPLETE" in why
    assert verdict.wrong == 1


def test_a_silent_worker_is_told_from_a_wrong_one() -> None:
    verdict = world(SmallWorker(lambda _: []), patience=0.1, in_flight=2).play([Plot(placed)] * 50)
    assert (verdict.silent, verdict.stories, verdict.wrong) == (True, 50, 50)
    assert verdict.seconds < 2, "the other stories are not waited for one after the other"


def test_orders_made_from_an_order_belong_to_its_story() -> None:
    worker = SmallWorker(lambda event: [state(event, order_id=f"{event['order']['order_id']}E2R")])
    assert world(worker).play([Plot(told_of_e)]).right == 1


def test_what_comes_after_the_end_still_counts() -> None:
    worker = SmallWorker(lambda event: [state(event), state(event, version=3, previous="NEW")])
    assert world(worker).play([Plot(placed)]).wrong == 1


def test_a_parked_message_makes_its_story_wrong() -> None:
    def says(event: dict[str, Any]) -> list[Record]:
        key = f"{event['order']['sales_channel']}:{event['order']['order_id']}"
        return [state(event), Record("ordercase.dead-letters.v1", key, "parked", {"ordercase_reason": "undecodable"})]

    (ending,) = world(SmallWorker(says)).play([Plot(placed)]).details
    assert "undecodable" in ending.wrongs[0]


def test_chaos_repeats_and_delays_but_keeps_the_order_within_a_topic() -> None:
    def many(s: Story) -> Script[None]:
        s.shop.place()
        for _ in range(20):
            s.shop.update()
        yield from s.pause(0.01)

    worker = SmallWorker(lambda _: [])
    world(worker, chaos=True).play([Plot(many)])
    revisions = [value["revision"] for topic, _, value in worker.sent if topic == "commerce.orders.v1"]
    first_seen = list(dict.fromkeys(revisions))
    assert first_seen == list(range(1, 22))
    assert len(revisions) > len(first_seen)


PLOTS = told(Policies())


@pytest.mark.parametrize("orders", [1, 5, len(PLOTS), 100])
def test_the_same_seed_chooses_the_same_stories(orders: int) -> None:
    from random import Random

    once, again = chosen(Random(7), orders), chosen(Random(7), orders)
    assert once == again
    assert len(once) == orders
    if orders >= len(PLOTS):
        assert set(once) == set(PLOTS)


def test_two_worlds_with_one_seed_send_the_same_ids() -> None:
    sent = []
    for _ in range(2):
        worker = SmallWorker(lambda event: [state(event)])
        world(worker).play([Plot(placed)] * 3)
        sent.append([value["event_id"] for _, record, value in worker.sent if record == "commerce.OrderEvent"])
    assert sent[0] == sent[1]
