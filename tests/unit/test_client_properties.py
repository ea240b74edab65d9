"""Each client is given what it takes of `ORDERCASE_KAFKA__…`, and nothing that it would warn of."""

import ctypes
import logging
from pathlib import Path
from typing import Any, Final

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient

from consumers.client import consumer_settings
from producers.client import producer_settings, reader_settings
from producers.rights import lacking
from producers.topics import TopicAdmin
from schemas import client_properties
from schemas.client_properties import CONSUMER_ONLY, PRODUCER_ONLY

NOBODY: Final = "127.0.0.1:9"
WISHES: Final = {
    "bootstrap.servers": NOBODY,
    "socket.connection.setup.timeout.ms": "1000",
    "session.timeout.ms": "12000",
    "fetch.min.bytes": "7",
    "auto.commit.interval.ms": "4000",
    "linger.ms": "3",
    "batch.num.messages": "50",
    "compression.type": "gzip",
    "request.timeout.ms": "2000",
}
"""What somebody may set who thinks of one client, and reaches all."""


class Said(logging.Handler):
    """What a client says of its configuration."""

    def __init__(self) -> None:
        super().__init__()
        self.warnings: list[str] = []
        self.logger = logging.getLogger("ordercase-test-properties")
        self.logger.addHandler(self)
        self.logger.propagate = False

    def emit(self, record: logging.LogRecord) -> None:
        if "CONFWARN" in record.getMessage():
            self.warnings.append(record.getMessage())


def warnings_of(kind: Any, settings: dict[str, Any]) -> list[str]:
    """Those that a client of this kind makes of its settings."""
    said = Said()
    try:
        client = kind({**settings, "logger": said.logger})
        client.poll(0.05)
        if kind is Consumer:
            client.close()
        return said.warnings
    finally:
        said.logger.removeHandler(said)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (Consumer, consumer_settings(WISHES, group_id="g", client_id="c")),
        (Consumer, reader_settings(WISHES, group_id="g", client_id="c")),
        (Producer, producer_settings(WISHES, client_id="c")),
        (Producer, producer_settings(WISHES, client_id="c", transactional_id="t")),
        (AdminClient, client_properties.for_admin(WISHES)),
    ],
)
def test_no_client_warns_of_a_property_that_is_anothers(kind: Any, settings: dict[str, Any]) -> None:
    assert warnings_of(kind, settings) == []


@pytest.mark.parametrize(("kind", "foreign"), [(Producer, "fetch.min.bytes"), (Consumer, "batch.num.messages")])
def test_a_client_that_is_given_anothers_would_warn(kind: Any, foreign: str) -> None:
    """What the test before rests on: a warning is heard."""
    own = {"bootstrap.servers": NOBODY, "group.id": "g"} if kind is Consumer else {"bootstrap.servers": NOBODY}
    assert any(foreign in said for said in warnings_of(kind, {**own, foreign: WISHES[foreign]}))


def test_what_the_settings_say_reaches_the_client_that_takes_it_and_no_other() -> None:
    consumer = consumer_settings(WISHES, group_id="g", client_id="c")
    reader = reader_settings(WISHES, group_id="g", client_id="c")
    producer = producer_settings(WISHES, client_id="c")
    assert (consumer["session.timeout.ms"], reader["fetch.min.bytes"], producer["linger.ms"]) == ("12000", "7", "3")
    assert producer["compression.type"] == "gzip"
    for settings in (consumer, reader):
        assert not PRODUCER_ONLY & set(settings)
    assert not CONSUMER_ONLY & set(producer)
    assert set(client_properties.for_admin(WISHES)) == {"bootstrap.servers", "socket.connection.setup.timeout.ms"}
    for settings in (consumer, reader, producer):
        assert settings["socket.connection.setup.timeout.ms"] == "1000"


@pytest.mark.parametrize("made", ["rights", "topics"])
def test_administrating_clients_are_given_the_connection_alone(made: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, Any]] = []

    class Stopped(Exception):
        """Ends the making of a client once its settings are known."""

    def remembered(settings: dict[str, Any]) -> None:
        given.append(settings)
        raise Stopped

    monkeypatch.setattr(f"producers.{made}.AdminClient", remembered)
    with pytest.raises(Stopped):
        lacking(WISHES, "g") if made == "rights" else TopicAdmin(WISHES)
    assert not (CONSUMER_ONLY | PRODUCER_ONLY) & set(given[0])


def test_the_lists_are_the_librarys(tmp_path: Path) -> None:
    """librdkafka prints its properties with C or P for those that only a consumer or a producer takes."""
    loaded = Path("/proc/self/maps")
    if not loaded.exists():
        pytest.skip("only where /proc names the library that is loaded")
    place = next(line.split()[-1] for line in loaded.read_text().splitlines() if "librdkafka" in line)
    library, libc = ctypes.CDLL(place), ctypes.CDLL(None)
    libc.fopen.restype = ctypes.c_void_p
    file = libc.fopen(str(tmp_path / "properties").encode(), b"w")
    library.rd_kafka_conf_properties_show(ctypes.c_void_p(file))
    libc.fclose(ctypes.c_void_p(file))
    found: dict[str, set[str]] = {"C": set(), "P": set()}
    for line in (tmp_path / "properties").read_text().splitlines():
        name, whose, *_ = (*(cell.strip() for cell in line.split("|")), "")
        if whose in found and "_" not in name:  # callbacks are no settings
            found[whose].add(name)
    assert found == {"C": set(CONSUMER_ONLY), "P": set(PRODUCER_ONLY)}
