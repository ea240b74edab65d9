"""What somebody outside reads of the worker: Kafka and the registry through plain clients, nothing of our own codec.

And the promises that hold for every reader of committed records (contract.md 1 and 5), as sentences when broken.
"""

import json
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any, Final

from confluent_kafka import Message
from fastavro import parse_schema, schemaless_reader

from schemas.topics import COMMANDS, DEAD_LETTERS, OUTBOUND, REPLIES
from tests.real.reading import Partition, read_all

ENTITY_ID: Final = {
    "cases.CaseChanged": "case_id",
    "cases.TaskChanged": "task_id",
    "postsales.OrderStateChanged": "order_id",
    "postsales.CancellationChanged": "cancellation_id",
    "postsales.OrderChangeChanged": "change_id",
    "postsales.ReturnChanged": "return_id",
    "postsales.RefundChanged": "refund_id",
    "postsales.ExchangeChanged": "exchange_id",
    "postsales.ReshipmentChanged": "reshipment_id",
}
"""Records that have versions → the field that says whose."""


@dataclass(frozen=True, slots=True)
class Published:
    """One committed message. `record` is the contract's name; of a dead letter it is empty, and so is its `value`."""

    topic: str
    partition: int
    offset: int
    key: str
    headers: Mapping[str, str]
    record: str
    value: Mapping[str, Any]
    raw: bytes

    @property
    def entity(self) -> tuple[str, str]:
        """(record, id) of what it tells the state of; orders with their channel."""
        field = ENTITY_ID[self.record]
        return self.record, self.key if field == "order_id" else str(self.value[field])


class Reader:
    """Reads topics of one cluster, whose values are framed for one registry."""

    def __init__(self, bootstrap_servers: str, registry_url: str) -> None:
        self._servers = bootstrap_servers
        self._schema = cache(lambda schema_id: _schema(registry_url, schema_id))

    def published(
        self, topics: Iterable[str] = OUTBOUND, since: Mapping[Partition, int] | None = None
    ) -> list[Published]:
        """Everything committed on these topics, in the order of each partition; `since`: from these offsets on."""
        return [self._read(message) for message in read_all(self._servers, *topics, since=since)]

    def aborted(self) -> int:
        """How many outbound messages are of transactions that were never committed."""
        everything = read_all(self._servers, *OUTBOUND, isolation="read_uncommitted")
        return len(everything) - len(read_all(self._servers, *OUTBOUND))

    def commands(self) -> Counter[str]:
        """Command id → how many copies of it were received."""
        return Counter(str(sent.value["command_id"]) for sent in self.published([COMMANDS]))

    def _read(self, message: Message) -> Published:
        topic, raw = str(message.topic()), _bytes(message.value())
        record, value = ("", {}) if topic == DEAD_LETTERS else self._decoded(raw)
        pairs: Any = message.headers() or ()
        headers = {name: _bytes(text).decode() for name, text in pairs}
        key = _bytes(message.key()).decode()
        return Published(topic, message.partition() or 0, message.offset() or 0, key, headers, record, value, raw)

    def _decoded(self, raw: bytes) -> tuple[str, Mapping[str, Any]]:
        assert raw[0] == 0, "every value has the registry's framing"
        schema = self._schema(int.from_bytes(raw[1:5], "big"))
        body = BytesIO(raw[5:])
        value: Any = schemaless_reader(body, schema, None)
        assert not body.read(), "nothing is left over behind a value"
        return str(schema["name"]).removeprefix("ordercase."), value


def _schema(registry_url: str, schema_id: int) -> Any:
    with urllib.request.urlopen(f"{registry_url}/schemas/ids/{schema_id}", timeout=10) as answer:
        return parse_schema(json.loads(json.load(answer)["schema"]))


def _bytes(value: bytes | str | None) -> bytes:
    return value.encode() if isinstance(value, str) else value or b""


def broken_promises(published: Sequence[Published], commands: Counter[str], numbered: int) -> list[str]:
    """What of the promises does not hold. `published`: all outbound topics. `commands`: copies received.

    `numbered`: how many messages the outbox ever held; its numbers are dense, so there must be as many, no more.
    """
    found = [*_repeated(published), *_versions(published), *_headers(published), *_replies(published, commands)]
    if len(published) != numbered:
        found.append(f"{len(published)} messages are committed, but the outbox had {numbered}")
    return found


def _repeated(published: Iterable[Published]) -> Iterator[str]:
    """Replies apart: a command that came twice is answered twice, with the same event."""
    ids = Counter(_event_id(one) for one in published if one.topic != REPLIES)
    for event_id, count in ids.items():
        if count > 1:
            yield f"the event {event_id} came {count} times"


def _event_id(one: Published) -> str:
    if one.topic != DEAD_LETTERS:
        return str(one.value["event_id"])
    place = (one.headers[f"__connect.errors.{name}"] for name in ("topic", "partition", "offset"))
    return " ".join(("dead letter", *place, one.headers["ordercase_reason"]))


def _versions(published: Iterable[Published]) -> Iterator[str]:
    """Of each entity 1, 2, 3 … in the order of its partition, each coming from the state before; one key, one partition."""
    last: dict[tuple[str, str], tuple[int, str | None]] = {}
    places: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    for one in published:
        places[one.topic, one.key].add(one.partition)
        if one.record not in ENTITY_ID:
            continue
        version, state = last.get(one.entity, (0, None))
        if (one.value["version"], one.value["previous_state"]) != (version + 1, state):
            yield (
                f"{' '.join(one.entity)} version {one.value['version']} from {one.value['previous_state']} comes after"
                f" version {version} in {state}"
            )
        last[one.entity] = (one.value["version"], one.value["state"])
    for (topic, key), partitions in places.items():
        if len(partitions) > 1:
            yield f"the key {key} of {topic} is on the partitions {sorted(partitions)}"


def _headers(published: Iterable[Published]) -> Iterator[str]:
    for one in published:
        if one.topic in (DEAD_LETTERS, REPLIES):
            continue
        said = (one.headers.get("ce_id"), one.headers.get("ce_type"))
        if said != (one.value["event_id"], f"ordercase.{one.record}"):
            yield f"the headers of {one.record} {one.value['event_id']} say {said}"


def _replies(published: Iterable[Published], commands: Counter[str]) -> Iterator[str]:
    answers: defaultdict[str, list[Published]] = defaultdict(list)
    for one in published:
        if one.topic == REPLIES:
            answers[one.value["command_id"]].append(one)
    for command_id in commands.keys() | answers.keys():
        got = answers[command_id]
        if len(got) != commands[command_id]:
            yield f"the command {command_id} was received {commands[command_id]} times and answered {len(got)} times"
        # A dry run is tried anew each time: it may well come out otherwise.
        ways = {one.raw for one in got if not one.value["dry_run"]}
        if len(ways) > 1:
            yield f"the command {command_id} was answered differently: {[one.value for one in got]}"
