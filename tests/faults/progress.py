"""How far a group has come: what it has read, and what of it is published, as PostgreSQL and Kafka have it."""

import time
from typing import Any, Final

import psycopg
from confluent_kafka import Consumer, KafkaException, TopicPartition

from schemas.topics import INBOUND, OUTBOX_POSITION

LEADERS_WITHIN: Final = 40.0

Places = dict[tuple[str, int], int]
"""(topic, partition) → offset."""


class Progress:
    """Of one group; whoever inherits says where its database and its broker are."""

    group: str

    @property
    def url(self) -> str:
        raise NotImplementedError

    @property
    def servers(self) -> str:
        raise NotImplementedError

    def sql(self, statement: str, *values: object) -> list[Any]:
        with psycopg.connect(self.url, autocommit=True, connect_timeout=10) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def positions(self) -> Places:
        """Where the group reads on."""
        rows = self.sql("SELECT topic, partition, next_offset FROM input_position WHERE group_id = %s", self.group)
        return {(topic, partition): at for topic, partition, at in rows}

    def unread(self) -> Places:
        """Topic and partition → messages that no batch has taken yet."""
        at = self.positions()
        return {name: end - at.get(name, 0) for name, end in self.ends().items() if end > at.get(name, 0)}

    def ends(self) -> Places:
        """Where the inbound partitions end; asked again while a broker that has just come back does not know it yet."""
        until = time.monotonic() + LEADERS_WITHIN
        while True:
            try:
                return self._ends()
            except KafkaException:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)

    def _ends(self) -> Places:
        consumer = Consumer({"bootstrap.servers": self.servers, "group.id": "looks", "log_level": 0})
        try:
            known = consumer.list_topics(timeout=10).topics
            names = [(topic, number) for topic in INBOUND for number in known[topic].partitions]
            return {name: consumer.get_watermark_offsets(TopicPartition(*name), timeout=10)[1] for name in names}
        finally:
            consumer.close()

    def published_to(self) -> int:
        """The next number to publish, as Kafka has it, or PostgreSQL where there are no transactions; 0: nobody says."""
        kept = self.sql("SELECT position FROM relay_position WHERE group_id = %s", self.group)
        properties = {"bootstrap.servers": self.servers, "group.id": f"{self.group}-relay", "log_level": 0}
        consumer = Consumer(properties)
        try:
            (at,) = consumer.committed([TopicPartition(OUTBOX_POSITION, 0)], timeout=2)
            return max([int(at.offset), *(int(position) for (position,) in kept)])
        except KafkaException:
            return 0
        finally:
            consumer.close()
