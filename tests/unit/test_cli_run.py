"""How the parts of a process end, and what its health pages say."""

import json
import signal
import threading
import time
import urllib.error
import urllib.request

import pytest
from prometheus_client import generate_latest

from ordercase.errors import Exit, UserError, environment
from ordercase.health import Check, Health, HealthServer, Heartbeat
from ordercase.metrics import Metrics
from ordercase.run import Part, run_parts, stopped_by_signals


def waits(stop: threading.Event) -> None:
    stop.wait(30)


def test_parts_end_together_when_they_are_told_to() -> None:
    ended: list[str] = []

    def part(name: str) -> Part:
        def waits_and_finishes(stop: threading.Event) -> None:
            assert stop.wait(30)
            time.sleep(0.05)  # what it was doing
            ended.append(name)

        return Part(name, waits_and_finishes)

    stop = threading.Event()
    threading.Timer(0.05, stop.set).start()
    run_parts([part("a"), part("b")], stop)
    assert sorted(ended) == ["a", "b"]


def test_a_part_that_dies_stops_the_others_and_is_raised() -> None:
    def dies(stop: threading.Event) -> None:
        raise environment("missing_topic", "There is no topic.")

    stop = threading.Event()
    with pytest.raises(UserError) as caught:
        run_parts([Part("a", waits), Part("b", dies)], stop)
    assert caught.value.code == "missing_topic"
    assert stop.is_set()


def test_a_part_that_ends_by_itself_is_a_fault() -> None:
    with pytest.raises(UserError, match="a has ended by itself"):
        run_parts([Part("a", lambda _stop: None), Part("b", waits)], threading.Event())


def test_a_part_that_does_not_end_is_left_behind_in_time() -> None:
    release = threading.Event()

    def stuck(stop: threading.Event) -> None:
        release.wait(30)

    stop = threading.Event()
    stop.set()
    began = time.monotonic()
    with pytest.raises(UserError) as caught:
        run_parts([Part("slow", stuck), Part("b", waits)], stop, patience=0.2)
    assert time.monotonic() - began < 5
    assert (caught.value.code, caught.value.status) == ("stuck", Exit.REFUSED)
    assert "slow" in caught.value.sentence
    release.set()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_stop_and_a_second_one_ends_at_once(number: signal.Signals) -> None:
    stop = threading.Event()
    before = signal.getsignal(number)
    with stopped_by_signals(stop):
        signal.raise_signal(number)
        assert stop.wait(5)
        with pytest.raises(SystemExit):
            signal.raise_signal(number)
    assert signal.getsignal(number) is before


def page(server: HealthServer, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_the_pages_of_a_worker() -> None:
    metrics = Metrics("1.2.3")
    ready = {"consumers": Check(ok=False, detail="0 partitions")}
    heart = Heartbeat()
    health = Health(metrics.registry, {"consumers": lambda: ready["consumers"]}, {"consumers": heart})
    server = HealthServer("127.0.0.1", 0, health)
    try:
        status, text = page(server, "/health/ready")
        assert status == 503
        assert json.loads(text)["checks"] == {"consumers": {"ok": False, "detail": "0 partitions"}}
        ready["consumers"] = Check(ok=True, detail="6 partitions")
        assert page(server, "/health/ready")[0] == 200
        assert page(server, "/health/live")[0] == 200
        assert 'ordercase_build_info{version="1.2.3"} 1.0' in page(server, "/metrics")[1]
        assert page(server, "/")[0] == 404
        with pytest.raises(UserError) as caught:
            HealthServer("127.0.0.1", server.port, health)
        assert (caught.value.code, caught.value.status) == ("port_taken", Exit.ENVIRONMENT)
    finally:
        server.close()


def test_the_loops_word_becomes_metrics() -> None:
    beats: list[int] = []
    metrics = Metrics("1", lambda: beats.append(1))
    metrics.owned(6)
    counts = {"inputs": 10, "published": 12, "applied": 8, "refused": 2, "parked": 0}
    metrics.batch_done(counts, {"fetch": 0.01, "rules": 0.002})
    metrics.also("consumer_lag_records", "Behind.", lambda: {("t", "1"): 3}, "topic", "partition")
    metrics.turned()
    metrics.transient("no connection to PostgreSQL")
    metrics.halted(("t", 1), "too much")
    metrics.also("outbox_pending", "Pending.", lambda: {"": 7})
    metrics.also("nothing", "Unknown.", lambda: {"": None})
    text = generate_latest(metrics.registry).decode()
    for line in (
        "ordercase_inputs_total 10.0",
        "ordercase_records_total 12.0",
        'ordercase_outcomes_total{outcome="applied"} 8.0',
        'ordercase_outcomes_total{outcome="refused"} 2.0',
        'ordercase_stage_seconds_count{stage="rules"} 1.0',
        "ordercase_partitions_owned 6.0",
        'ordercase_consumer_lag_records{partition="1",topic="t"} 3.0',
        'ordercase_batch_retries_total{why="no connection to PostgreSQL"} 1.0',
        "ordercase_partitions_halted_total 1.0",
        "ordercase_outbox_pending 7.0",
    ):
        assert line in text.splitlines()
    for absent in ('outcome="parked"', 'outcome="inputs"', 'partition="0"', "ordercase_nothing 0"):
        assert absent not in text
    assert len(beats) == 4
    assert metrics.partitions == 6
