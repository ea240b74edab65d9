"""What cannot be survived ends in a stop with one sentence; done as the sentence says, everything goes on, and is judged.

And what looks like it and is survived: another database under the same name, partitions that are added.
"""

import time
from random import Random

from confluent_kafka import TopicPartition
from confluent_kafka.cimpl import NewPartitions

from schemas.topics import NOTICE_RECEIPTS, ORDERS, PAYMENT_EVENTS, STOCK, WAREHOUSE_STATUS
from storage.migrate import upgrade
from tests.end_to_end.sending import order_event
from tests.faults.faults import fault
from tests.faults.scene import Scene


def _restarted(scene: Scene) -> None:
    for _ in range(2):
        scene.hire()
    scene.wait_ready()


def _rebuilt(scene: Scene) -> None:
    """What these sentences say, with every worker stopped."""
    done = scene.command("rebuild", "--from-topics")
    assert done.returncode == 0, done.stderr
    _restarted(scene)


@fault(
    "topic recreated",
    "an inbound topic is deleted and made again while no worker runs",
    quiet=True,
    stop="topic_recreated",
)
def topic_recreated(scene: Scene, chance: Random) -> None:
    topic = chance.choice((NOTICE_RECEIPTS, STOCK, WAREHOUSE_STATUS))
    scene.dismiss_all()
    scene.recreate(topic)
    said = scene.await_stop("topic_recreated", [scene.hire(), scene.hire()])
    assert topic in said, said
    assert "rebuild --from-topics" in said, said
    _rebuilt(scene)


@fault(
    "topic deleted",
    "an inbound topic is deleted under running workers, then made again",
    quiet=True,
    stop="missing_topic",
)
def topic_deleted(scene: Scene, _chance: Random) -> None:
    workers = list(scene.workers)
    scene.delete(STOCK)
    said = scene.await_stop("missing_topic", workers, 90)
    assert STOCK in said, said
    done = scene.command("topics", "apply")
    assert done.returncode == 0, done.stderr
    scene.anew.add(STOCK)
    scene.await_stop("topic_recreated", [scene.hire(), scene.hire()])
    _rebuilt(scene)


@fault("retention overtook", "Kafka deletes messages that were not read yet", quiet=True, stop="retention_overtook")
def retention_overtook(scene: Scene, _chance: Random) -> None:
    scene.dismiss_all()
    sent = [(f"web:unread-{scene.told}-{n}", order_event(f"unread-{scene.told}-{n}")) for n in range(12)]
    sender = scene.sender
    for key, event in sent:
        sender.send(ORDERS, "commerce.OrderEvent", key, event)
    ends = {number: end for (topic, number), end in scene.ends().items() if topic == ORDERS}
    admin = scene.kafka.admin()
    for future in admin.delete_records([TopicPartition(ORDERS, number, end) for number, end in ends.items()]).values():
        future.result(20)
    said = scene.await_stop("retention_overtook", [scene.hire(), scene.hire()])
    assert ORDERS in said, said
    for number, end in ends.items():
        scene.sql("UPDATE input_position SET next_offset = %s WHERE group_id = %s AND topic = %s AND partition = %s",
                  end, scene.group, ORDERS, number)  # fmt: skip
    _restarted(scene)
    for key, event in sent:
        sender.send(ORDERS, "commerce.OrderEvent", key, event)


@fault(
    "older backup restored",
    "PostgreSQL comes back as it was before the last events were published",
    quiet=True,
    stop="relay_position_ahead",
)
def backup_restored(scene: Scene, _chance: Random) -> None:
    scene.dismiss_all()
    whole, old = scene.database, f"{scene.database}_old"
    with scene.systems.postgres_of(old, template=whole):
        _restarted(scene)
        sender = scene.sender
        for n in range(20):
            order_id = f"later-{scene.told}-{n}"
            sender.send(ORDERS, "commerce.OrderEvent", f"web:{order_id}", order_event(order_id))
        scene.caught_up()
        scene.dismiss_all()
        scene.database = old
        try:
            said = scene.await_stop("relay_position_ahead", [scene.hire(), scene.hire()])
            assert "rebuild --from-topics" in said, said
        finally:
            scene.database = whole
    # As the sentence says: the newest copy is restored, and what it lacks is read again (here it lacks nothing).
    _rebuilt(scene)


@fault("relay position lost", "Kafka forgets how far was published", quiet=True, stop="relay_position_lost")
def position_lost(scene: Scene, _chance: Random) -> None:
    scene.dismiss_all()
    group = f"{scene.group}-relay"
    admin = scene.kafka.admin()  # in a name: its answers come only while it lives
    for future in admin.delete_consumer_groups([group]).values():
        future.result(20)
    said = scene.await_stop("relay_position_lost", [scene.hire(), scene.hire()])
    assert "rebuild --from-topics" in said, said
    _rebuilt(scene)


@fault("another database", "somebody starts a worker with the same settings and another, empty database")
def another_database(scene: Scene, _chance: Random) -> None:
    with scene.systems.postgres_of(f"{scene.database}_other") as other:
        url = scene.systems.postgres.url_of(other)
        upgrade(url)
        stranger = scene.hire(None, more={"DATABASE_URL": url})
        said = scene.await_stop("relay_position_ahead", [stranger])
        scene.note(said[:40])


@fault("partitions added", "the payments and the warehouses get two partitions more while stories are told")
def partitions_added(scene: Scene, chance: Random) -> None:
    admin = scene.kafka.admin()
    known = admin.list_topics(timeout=10).topics
    for topic in (PAYMENT_EVENTS, WAREHOUSE_STATUS):
        more = NewPartitions(topic, len(known[topic].partitions) + 2)
        for future in admin.create_partitions([more]).values():
            future.result(20)
    time.sleep(chance.uniform(1, 3))


@fault("two of the same name", "a third worker with the very same settings comes and goes")
def same_settings(scene: Scene, chance: Random) -> None:
    third = scene.hire()
    time.sleep(chance.uniform(4, 8))
    scene.dismiss(third)
