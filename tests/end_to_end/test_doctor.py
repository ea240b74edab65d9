"""`ordercase doctor` on a real cluster: what it says of topics that are not as they should be, and whether that mends them."""

import re
from pathlib import Path

from ordercase.doctor import Colour, server
from schemas.topics import CASES, ORDERS, OUTBOX_POSITION, PRODUCTS, REFUNDS, SOURCES
from tests.integration.processes import Shell
from tests.real import kafka_tools
from tests.real.kafka import Kafka

SECOND = 1_000_000


def told(shell: Shell) -> dict[str, str]:
    """What doctor would have typed for each topic that differs."""
    found = shell("doctor", "--json").json
    return {one["what"].removeprefix("topic "): one["mend"] for one in found if one["what"].startswith("topic ")}


def test_what_it_says_of_a_topic_that_differs_puts_it_right(
    kafka: Kafka, database_url: str, group_id: str, tmp_path: Path
) -> None:
    # Given topics of others and of ours, made by somebody who did not know how they should be
    kafka.create_topics([ORDERS], partitions=2, config={"retention.ms": "604800000"})
    kafka.create_topics([PRODUCTS], partitions=3, config={"cleanup.policy": "delete"})
    kafka.create_topics([SOURCES], partitions=5, config={"cleanup.policy": "compact"})
    kafka.create_topics([REFUNDS], partitions=3, config={"retention.ms": "1000", "max.message.bytes": "2097152"})
    kafka.create_topics([CASES], partitions=1, config={"retention.ms": "604800000", "max.message.bytes": "2097152"})
    kafka.create_topics([OUTBOX_POSITION], partitions=6, config={"cleanup.policy": "compact"})
    shell = Shell(tmp_path, DATABASE_URL=database_url, KAFKA_BOOTSTRAP_SERVERS=kafka.bootstrap_servers,
                  GROUP_ID=group_id, TOPICS__PARTITIONS="3")  # fmt: skip
    # When doctor looks, and each is done that it says of a topic
    mends = told(shell)
    assert set(mends) == {ORDERS, PRODUCTS, SOURCES, REFUNDS, CASES, OUTBOX_POSITION}
    assert mends[REFUNDS] == "ordercase topics apply"
    assert mends[OUTBOX_POSITION] == "ordercase topics apply", "nothing of its partitions: only the first is used"
    assert mends[SOURCES] == "ORDERCASE_TOPICS__PARTITIONS=5, if that is meant"
    with (tmp_path / "tools.log").open("wb") as log:
        lines = [line for mend in mends.values() for line in re.findall(r"kafka-\w+\.sh[^;]*", mend)]
        ended = [kafka_tools.start(line, kafka.bootstrap_servers, log=log).wait() for line in lines]
    assert ended == [0, 0, 0], (tmp_path / "tools.log").read_text()
    assert shell("topics", "apply").status == 0
    # Then only what a setting has to say is left, and what does no harm
    left = told(shell)
    assert set(left) == {SOURCES, OUTBOX_POSITION}
    assert left[OUTBOX_POSITION] == ""


def test_clocks_that_differ_and_a_server_that_is_too_old_are_red_with_what_to_do() -> None:
    old, apart = server(150_004, 3 * SECOND)
    assert (old.colour, apart.colour) == (Colour.RED, Colour.RED)
    assert (old.says, old.mend) == ("PostgreSQL 15.4 is too old", "use PostgreSQL 16 or newer, best 18")
    assert apart.says == "PostgreSQL's clock differs by 3.0 s"
    assert "NTP" in apart.mend
    assert {one.colour for one in server(160_000, 2 * SECOND)} == {Colour.GREEN}
