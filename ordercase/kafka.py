"""Kafka's troubles in words and with an exit status, for every command that talks to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from confluent_kafka import KafkaError, KafkaException

from ordercase.errors import UserError, environment, usage
from producers.reaching import TLS

MOCK_CLUSTER: Final = "mockCluster"
"""What the ids of librdkafka's own broker begin with: it has no transactions."""

_WRONG_PROPERTY: Final = {KafkaError._INVALID_ARG, KafkaError._UNKNOWN_PROTOCOL, KafkaError._NOT_IMPLEMENTED}
_NO_TOPIC: Final = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION}
_REFUSED: Final = {
    KafkaError._AUTHENTICATION,
    KafkaError.SASL_AUTHENTICATION_FAILED,
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
}


@contextmanager
def in_words() -> Iterator[None]:
    """Raises UserError for what Kafka, or the settings about it, made fail."""
    try:
        yield
    except KafkaException as error:
        raise meaning(error.args[0]) from None


def meaning(error: KafkaError) -> UserError:
    """What an error of the client means to who runs the command."""
    said = f"{error.str()} ({error.name()})"
    if error.code() in _WRONG_PROPERTY:
        return usage("bad_settings", f"Kafka's client does not take a property: {said}. See ORDERCASE_KAFKA__….")
    if error.code() in _NO_TOPIC:
        return environment("missing_topic", f"A topic is missing: {said}. Run `ordercase topics apply`.")
    if error.code() == KafkaError._SSL or TLS in error.str():
        return environment(
            "kafka_tls",
            f"No safe connection to Kafka: {said}. Check ORDERCASE_KAFKA__SSL_CA_LOCATION, the name in the broker's"
            " certificate, and our own certificate and key where the broker asks for one.",
        )
    if error.code() in _REFUSED:
        return environment("kafka_refused", f"Kafka refuses: {said}. Check the login and the ACLs.")
    return environment(
        "kafka_unreachable", f"Kafka does not answer: {said}. Check ORDERCASE_KAFKA_BOOTSTRAP_SERVERS and the broker."
    )
