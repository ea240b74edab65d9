"""How our clients are set up, and what counts as unrest."""

import logging

import pytest

from consumers.client import consumer_settings
from consumers.intake import AHEAD
from ordercase.settings import Settings
from producers.client import Unrest, producer_settings, reader_settings


def test_what_the_settings_say_wins() -> None:
    properties = {"bootstrap.servers": "kafka:9092", "linger.ms": "0", "security.protocol": "SASL_SSL"}
    settings = producer_settings(properties, client_id="c")
    assert settings.items() >= properties.items()
    assert "transactional.id" not in settings


def test_a_transactional_producer_does_not_wait_for_markers() -> None:
    settings = producer_settings({"bootstrap.servers": "k:1"}, client_id="c", transactional_id="g-relay")
    assert (settings["transactional.id"], settings["retry.backoff.ms"]) == ("g-relay", 5)


def test_a_reader_sees_committed_messages_only_and_moves_no_offset() -> None:
    settings = reader_settings({"bootstrap.servers": "k:1"}, client_id="c", group_id="g")
    assert settings["isolation.level"] == "read_committed"
    assert settings["enable.auto.commit"] is False


def test_what_the_loops_client_holds_of_a_partition_fills_a_small_part_of_what_is_looked_over() -> None:
    """So that no partition of small messages pushes the others out of sight."""
    settings = consumer_settings({"bootstrap.servers": "k:1"}, group_id="g", client_id="c")
    assert settings["queued.min.messages"] * 16 <= AHEAD * Settings.model_fields["batch_size"].default


@pytest.mark.parametrize(
    ("level", "facility", "heard"),
    [
        (logging.INFO, "FAIL", ["FAIL"]),
        (logging.WARNING, "REQTMOUT", ["REQTMOUT"]),
        (logging.WARNING, "CONFWARN", []),
        (logging.ERROR, "TXNERR", ["TXNERR"]),
    ],
)
def test_lost_connections_and_timeouts_are_unrest(level: int, facility: str, heard: list[str]) -> None:
    unrest = Unrest("test")
    unrest.logger.setLevel(logging.DEBUG)
    unrest.logger.log(level, "%s [%s] %s", facility, "producer-1", "said")
    assert unrest.heard == heard
    unrest.silence()
    unrest.end()
    unrest.logger.log(logging.ERROR, "%s [%s] %s", "FAIL", "producer-1", "said")
    assert unrest.heard == []
