"""Sends commands to the worker over Kafka and waits for what it answers: `ordercase send`, the console, examples."""

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self
from uuid import uuid4

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer

from producers.client import Properties, end_of, producer_settings, reader_settings
from producers.reaching import Reach
from schemas.catalogue import schema_of
from schemas.codec import Codec
from schemas.keys import key_of
from schemas.topics import COMMANDS, REPLIES

ANSWER_WITHIN: Final = 30.0
CALL_WITHIN: Final = 10.0
_NOT_OPEN: Final = "use the CommandSender in a `with` block"


class NoAnswer(Exception):
    """The command went out and no reply came in time. It may still be done: send it again with the same command_id."""

    code = "no_answer"

    def __init__(self, command_id: str, seconds: float) -> None:
        super().__init__(
            f"no_answer: command {command_id} got no reply within {seconds:g} s; is `ordercase run` running? It may still"
            " be done: the same command_id sent again does nothing twice"
        )
        self.command_id = command_id


class CommandSender:
    """Sends one command after the other. `with CommandSender(…) as sender: sender.send("CreateReturn", {…})`.

    `codec` frames the commands and reads the replies. For one thread. Kafka's errors are raised as KafkaException.
    """

    def __init__(self, kafka: Properties, codec: Codec, *, client_id: str = "ordercase-send") -> None:
        self._kafka = kafka
        self._codec = codec
        self._client_id = client_id
        self._producer: Producer | None = None
        self._replies: Consumer | None = None

    def __enter__(self) -> Self:
        """Stands at the end of the replies before anything is sent, so that none can be missed."""
        self._producer = Producer(producer_settings(self._kafka, client_id=self._client_id))
        # A group of its own that nothing is ever committed for: replies are for everybody who asks.
        settings = reader_settings(self._kafka, client_id=self._client_id, group_id=f"{self._client_id}-{uuid4()}")
        reach = Reach()
        self._replies = Consumer({**settings, **reach.configuration()})
        found = reach.metadata(self._replies, CALL_WITHIN, REPLIES).topics[REPLIES]
        if found.error is not None:
            raise _about(REPLIES, found.error)
        self._replies.assign([end_of(self._replies, REPLIES, partition, CALL_WITHIN) for partition in found.partitions])
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._replies is not None:
            self._replies.close()
        self._producer = self._replies = None

    def send(self, command: str, value: Mapping[str, Any], *, timeout: float = ANSWER_WITHIN) -> dict[str, Any]:
        """Sends `command` ("CreateReturn") with its fields and answers the fields of its CommandResult.

        Fields as in the contract: times int µs, absent ones take their defaults. Raises NoAnswer after `timeout`
        seconds; ValueError for fields that are no such command; KafkaException when it could not be sent.
        """
        record = f"commands.{command}"
        payload = {**_defaults(record), **value}
        raw = self._codec.encode(COMMANDS, record, value)
        self._produce(raw, key_of(record, payload))
        return self._reply(str(payload["command_id"]), timeout)

    def _produce(self, raw: bytes, key: str) -> None:
        if self._producer is None:
            raise RuntimeError(_NOT_OPEN)
        producer = self._producer
        failed: list[KafkaError] = []

        def report(error: KafkaError | None, _message: Message) -> None:
            if error is not None:
                failed.append(error)

        producer.produce(COMMANDS, raw, key.encode(), on_delivery=report)
        left = producer.flush(CALL_WITHIN)
        if failed or left:
            raise _about(COMMANDS, failed[0] if failed else KafkaError(KafkaError._TIMED_OUT, "it took nothing"))

    def _reply(self, command_id: str, timeout: float) -> dict[str, Any]:
        if self._replies is None:
            raise RuntimeError(_NOT_OPEN)
        replies = self._replies
        until = time.monotonic() + timeout
        while (left := until - time.monotonic()) > 0:
            message = replies.poll(min(left, 0.5))
            if message is None:
                continue
            error = message.error()
            if error is not None:
                if error.fatal() or not error.retriable():
                    raise KafkaException(error)
                continue
            value = message.value()
            if message.key() == command_id.encode() and value is not None:
                _record, fields = self._codec.read(REPLIES, value)
                return fields
        raise NoAnswer(command_id, timeout)


def _about(topic: str, error: KafkaError) -> KafkaException:
    """Kafka's words do not say which topic it refuses."""
    return KafkaException(KafkaError(error.code(), f"topic {topic}: {error.str()}"))


def _defaults(record: str) -> dict[str, Any]:
    """The fields of a record that need not be given."""
    fields = schema_of(record).schema["fields"]
    return {field["name"]: field["default"] for field in fields if "default" in field}
