"""A port of one's own: where no system gives any away, and never one that is in use."""

import random
import socket

import pytest

from ordercase import postgres_files
from ordercase.postgres_files import EmbeddedPostgresError, free_port


def test_no_port_is_one_that_a_connection_may_be_given_by_the_system() -> None:
    assert all(1024 < free_port() < 32_768 for _ in range(50))


def test_processes_that_were_seeded_alike_do_not_ask_for_the_same_ports() -> None:
    asked = []
    for _ in range(2):
        random.seed(0)
        asked.append([free_port() for _ in range(5)])
    assert asked[0] != asked[1]


def test_a_port_in_use_is_not_given_and_that_there_is_no_other_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setattr(postgres_files, "PORTS", (port, port + 1))
    with socket.create_server(("127.0.0.1", port)), pytest.raises(EmbeddedPostgresError, match="no_free_port"):
        free_port()
    assert free_port() == port
