"""The first answer of a cluster; and when none comes, why nobody lets this client in.

librdkafka tries again for ever after a wrong password or an unknown certificate, since a broker may be mended. Its
callers are then told of a timeout; what really happened is said to the callback for errors alone.
"""

from typing import Any, Final, Protocol

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import ClusterMetadata  # type: ignore[attr-defined]

REFUSED_WITHIN: Final = 1.5
"""Seconds after which it is looked at what was said meanwhile; who has not been refused by then has the rest of the time."""

TLS: Final = "SSL"
"""Stands in librdkafka's words about TLS, whatever their code: a broker that wants a certificate just hangs up."""


class _Client(Protocol):
    def list_topics(self, *args: Any, **kwargs: Any) -> ClusterMetadata: ...
    def poll(self, timeout: float = ..., /) -> object: ...


class Reach:
    """For one client: its configuration is laid over the client's, `metadata` is the first thing that is asked of it."""

    def __init__(self) -> None:
        self._reason: KafkaError | None = None
        self._all_down = False

    def configuration(self) -> dict[str, object]:
        return {"error_cb": self._heard}

    def metadata(self, client: _Client, within: float, topic: str | None = None) -> ClusterMetadata:
        """Raises KafkaException: after `within` seconds, or soon when every broker has refused login or certificate."""
        try:
            return client.list_topics(topic=topic, timeout=min(REFUSED_WITHIN, within))
        except KafkaException as error:
            client.poll(0)
            if self._reason is not None and self._all_down:
                raise KafkaException(self._reason) from error
        try:
            return client.list_topics(topic=topic, timeout=max(0.0, within - REFUSED_WITHIN))
        except KafkaException as error:
            client.poll(0)
            raise KafkaException(self._reason or error.args[0]) from error

    def _heard(self, error: KafkaError) -> None:
        if error.code() == KafkaError._ALL_BROKERS_DOWN:
            self._all_down = True
        elif error.code() == KafkaError._AUTHENTICATION or TLS in error.str():
            self._reason = error
