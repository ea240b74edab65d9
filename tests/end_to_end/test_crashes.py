"""Workers that are killed, stopped and replaced at any moment: what comes out is what would have come out anyhow.

Real Kafka, registry and PostgreSQL; the workers are processes, the world outside is the simulator's, and who reads what
they publish is a plain client. ORDERCASE_TEST_CRASH_SECONDS: how long workers are killed (25 unless told).
"""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from signal import SIGCONT, SIGSTOP

import psycopg
import pytest

from schemas.topics import COMMANDS, ORDER_STATES, OUTBOUND
from tests.builders.verdicts import wrongs
from tests.end_to_end import clients
from tests.end_to_end.crew import Moments, crew, play, settled
from tests.end_to_end.endings import difference, endings, exported
from tests.end_to_end.outside import Reader, broken_promises
from tests.end_to_end.sending import Sender, command
from tests.integration.processes import Shell

SECONDS = float(os.environ.get("ORDERCASE_TEST_CRASH_SECONDS") or 25)
EVERY = 4.0
RATE = 6.0
"""Orders a second: stories are under way all the time, and two cores still have room for starting workers."""
SEED = 7


def none(wrongs: list[str]) -> None:
    """Fails with all of them, where a comparison with [] would show the first."""
    assert not wrongs, "\n".join(wrongs)


@pytest.mark.timeout(240 + 2 * SECONDS)
def test_killed_workers_leave_what_undisturbed_ones_leave(shell: Shell, reader: Reader) -> None:
    orders = int(SECONDS * RATE)
    with crew(shell, 2) as workers:
        calm = play(shell, orders=orders, seed=SEED, prefix="calm-")
        none(wrongs(calm))
        with workers.being_killed(SECONDS, EVERY, SEED) as toll:
            torn = play(shell, orders=orders, seed=SEED, prefix="torn-", rate=RATE)
        none(wrongs(torn))
        assert torn.repeated == 0
        head = settled(shell)
    published = reader.published()
    told = f"{toll}, {len(published)} records committed, {reader.aborted()} aborted"
    print(f"{orders} stories in {calm.seconds:.0f} s and in {torn.seconds:.0f} s with kills; {told}")
    none(broken_promises(published, reader.commands(), head))
    none(difference(endings(published, "torn-"), endings(published, "calm-")))
    exports = [
        exported(shell("orders", "export", "--format", "jsonl", "--order-id", f"{prefix}*").out, prefix)
        for prefix in ("torn-", "calm-")
    ]
    none(difference(*exports))
    assert exports[0].total() >= orders * 0.9, "nearly every story has an order"
    assert shell("parked", "list", "--json").json == []
    assert toll.kills >= SECONDS / (3 * EVERY)
    assert toll.in_batch >= 1


def test_workers_come_and_go_under_load(shell: Shell, reader: Reader) -> None:
    """One worker, then two, then the other alone; Kafka's own clients read the same as ours."""
    with crew(shell, 1) as workers, ThreadPoolExecutor(1) as outside:
        playing = outside.submit(play, shell, orders=90, seed=3, prefix="moved-", rate=8)
        time.sleep(2)
        second = workers.hire()
        second.wait_ready()
        time.sleep(2)
        status, seconds = workers.workers[0].stop()
        assert (status, seconds < 10) == (0, True), workers.workers[0].log
        none(wrongs(playing.result()))
        head = settled(shell)
        status, seconds = second.stop()
        assert (status, seconds < 10) == (0, True), second.log
    published = reader.published()
    none(broken_promises(published, reader.commands(), head))
    ours = sorted((one.topic, one.partition, one.offset, one.key) for one in published)
    servers = shell.settings["KAFKA_BOOTSTRAP_SERVERS"]
    with ThreadPoolExecutor(4) as at_once:
        console = at_once.submit(clients.console_consumer, servers, ORDER_STATES)
        kcats = at_once.map(lambda topic: clients.kcat(servers, topic), OUTBOUND)
        assert sorted(place for places in kcats for place in places) == ours
        assert sorted(console.result()) == [place for place in ours if place[0] == ORDER_STATES]


@pytest.mark.parametrize("too_late", [False, True], ids=["still holding its locks", "after the other has gone on"])
def test_a_worker_that_stood_still_in_a_batch(shell: Shell, reader: Reader, sender: Sender, too_late: bool) -> None:
    """Stopped in the middle of a transaction until its partitions are another's, then it goes on as if nothing was.

    While its locks are there the other cannot begin, so its batch counts; once PostgreSQL has taken them away, the
    other has read the batch, and its own second attempt is fenced by the positions.
    """
    with crew(shell, 1) as workers:
        (sleeper,) = workers.workers
        none(wrongs(play(shell, orders=8, seed=5, prefix="before-")))
        with psycopg.connect(shell.settings["DATABASE_URL"]) as connection:
            keys = [key for (key,) in connection.execute("SELECT order_key FROM orders WHERE known FOR UPDATE")]
            for key in keys:
                channel, _, order_id = key.partition(":")
                said = command(sales_channel=channel, order_id=order_id, text="Called.", public=False)
                sender.send(COMMANDS, "commands.AddComment", key, said)
            with Moments(shell) as moments:
                wait_until(lambda: moments.blocked(sleeper), "the batch waits for a lock", 30)
            sleeper.process.send_signal(SIGSTOP)
        other = workers.hire()
        if too_late:
            settled(shell)
        else:
            wait_until(lambda: '"cannot begin yet"' in other.log, "the other waits for the locks", 40)
        sleeper.process.send_signal(SIGCONT)
        none(wrongs(play(shell, orders=8, seed=6, prefix="after-")))
        head = settled(shell)
        assert sleeper.process.poll() is None, sleeper.log
        assert ('"fenced"' in sleeper.log) == too_late, sleeper.log
    none(broken_promises(reader.published(), reader.commands(), head))


def wait_until(holds: Callable[[], object], what: str, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.05)
