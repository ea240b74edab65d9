"""Messages as they came from Kafka, for as long as they are kept: waiting, parked."""

from dataclasses import dataclass
from typing import Final

from storage.octets import Octets, definitions
from storage.outbox import Headers

TopicKey = tuple[str, bytes]
"""What order is kept within: a topic and a key of it."""

Place = tuple[str, int, int]
"""(topic, partition, offset)."""


@dataclass(frozen=True, slots=True)
class AsReceived:
    """A message as it came from Kafka. Header values as text, what is no UTF-8 replaced."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()

    @property
    def place(self) -> Place:
        return self.topic, self.partition, self.offset

    @property
    def topic_key(self) -> TopicKey | None:
        """None: without a key there is no order to keep."""
        return None if self.key is None else (self.topic, self.key)


def fields(octets: Octets, message: AsReceived) -> dict[str, object]:
    """The record of a message, its bytes put into `octets`."""
    return {
        "topic": message.topic,
        "partition": message.partition,
        "offset": message.offset,
        "headers": message.headers,
        **octets.add("key", message.key),
        **octets.add("value", message.value),
    }


RECORD: Final = 'topic text, partition integer, "offset" bigint, headers json, ' + ", ".join(
    definitions("key", "value")
)
"""The columns of the record set of `fields`."""
