"""What a batch costs does not depend on how much is stored: PostgreSQL finds every row by its key, analysed or not."""

import time

from tests.integration.batches import Batches

SINGLE_ROW = {"outbox_head"}


def read_whole(batches: Batches) -> set[str]:
    """The tables of which somebody has read every row."""
    return {name for (name,) in batches.rows("SELECT relname FROM pg_stat_user_tables WHERE seq_scan > 0")}


def test_no_batch_reads_a_whole_table_though_the_planner_believes_all_of_them_small(database_url: str) -> None:
    with Batches(database_url) as batches:
        for number in range(4):
            known, unknown = f"shop:{number}", f"shop:{number + 100}"
            placed = batches.sent("order", known, mark="placed")
            batches.run(placed, batches.sent("comment", known, mark="a"), batches.sent("status", unknown, mark="waits"))
            batches.run(batches.again(placed), batches.sent("garbage", known), batches.sent("order", unknown))
            batches.run(batches.sent("status", known, mark="behind the garbage"))
        assert batches.parked()
    time.sleep(1.1)  # a session tells what it read once a second, and when it ends
    with Batches(database_url) as reader:
        counted = read_whole(reader)
    assert counted <= SINGLE_ROW | {"parked"}, "the caps are counted where something is parked"
