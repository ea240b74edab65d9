"""A database that has gone without a word is given up after a while, and the next connection works."""

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from storage.connections import Writer, connect
from tests.faults.proxy import Link


@pytest.fixture(name="link")
def _link(database_url: str) -> Iterator[Link]:
    parts = urlsplit(database_url)
    link = Link((parts.hostname or "127.0.0.1", parts.port or 5432))
    yield link
    link.close()


def through(link: Link, url: str) -> psycopg.Connection[Any]:
    parts = urlsplit(url)
    login = parts.netloc.rpartition("@")[0]
    made = connect(urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{link.port}")), "test")
    assert isinstance(made, Writer)
    made.answer_within = 0.5
    return made


def ask(connection: psycopg.Connection[Any], pipelined: bool) -> None:
    if pipelined:
        with connection.pipeline():
            connection.execute("SELECT 1")
    else:
        connection.execute("SELECT 1")


@pytest.mark.parametrize("pipelined", [False, True])
def test_no_answer_closes_the_connection(link: Link, database_url: str, pipelined: bool) -> None:
    connection = through(link, database_url)
    connection.execute("SELECT 1")
    link.leave_half_open()
    began = time.monotonic()
    with pytest.raises(psycopg.OperationalError, match="no answer within"):
        ask(connection, pipelined)
    assert 0.5 <= time.monotonic() - began < 5
    assert connection.closed
    with through(link, database_url) as again:
        assert again.execute("SELECT 1").fetchone() == (1,)
