"""Too much parked: the partition is left alone, loudly; the others go on; it goes on by itself when there is room."""

import pytest
from prometheus_client import generate_latest

from consumers import chores, parking
from consumers.attempt import Caps
from ordercase.embedded_broker import EmbeddedBroker
from ordercase.metrics import Metrics
from tests.integration.counting_rules import counting_rules
from tests.integration.running_loop import Shop, running, until


def test_a_partition_over_the_cap_waits_while_others_go_on_and_resumes_when_there_is_room(
    embedded_broker: EmbeddedBroker, database_url: str, group_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chores, "TRY_HALTED_AFTER", 0.3)
    shop, metrics = Shop(embedded_broker, database_url), Metrics("test")
    with running(shop, group_id, caps=Caps(per_key=5, total=1), observer=metrics) as it:
        shop.send("garbage", "shop:1")
        shop.flush()
        until(lambda: shop.one("SELECT count(*) FROM parked") == 1)
        shop.send("garbage", "shop:1")  # one too many
        shop.flush()
        until(lambda: "ordercase_partitions_halted_total 0" not in generate_latest(metrics.registry).decode())
        shop.send("order", "shop:2", "placed")
        shop.flush()
        until(lambda: shop.marks("shop:2") == ["placed"])
        assert shop.one("SELECT count(*) FROM parked") == 1
        assert it.died is None

        # Room is made; nobody starts anything again.
        (first,) = shop.rows("SELECT id FROM parked")
        parking.discard(shop.connect, counting_rules(), group_id, first[0], "no message", "anna")
        until(lambda: [row[0] for row in shop.rows("SELECT reason FROM parked")] == ["undecodable"])
        (second,) = shop.rows("SELECT id FROM parked")
        assert second != first
        parking.discard(shop.connect, counting_rules(), group_id, second[0], "no message", "anna")
        shop.send("order", "shop:1", "placed")
        shop.flush()
        until(lambda: shop.marks("shop:1") == ["placed"])
        shop.send("status", "shop:1", "after them")
        shop.flush()
        until(lambda: shop.marks("shop:1") == ["placed", "after them"])
        assert it.died is None
