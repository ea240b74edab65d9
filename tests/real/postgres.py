"""A real PostgreSQL: one that is named, one in Docker, or the wheel's; and a database of its own for each test."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from psycopg import sql

from ordercase.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError
from tests.real import docker
from tests.real.missing import Missing


@dataclass(frozen=True)
class Postgres:
    """A server whose role may create databases. `url` names any of them; `origin` is for the summary of the run."""

    url: str
    origin: str

    def url_of(self, database: str) -> str:
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{database}"))

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The URL of a fresh copy of `template`, dropped at the end with whoever is still connected."""
        name = f"ordercase_test_{uuid4().hex[:12]}"
        self._do("CREATE DATABASE {} TEMPLATE {}", name, template)
        try:
            yield self.url_of(name)
        finally:
            self._do("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    @contextmanager
    def template(self, fill: Callable[[str], object]) -> Iterator[str]:
        """The name of a database that `fill` was called with (its URL), to be copied by `database`."""
        with self.database() as url:
            fill(url)
            yield urlsplit(url).path.removeprefix("/")

    def _do(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextmanager
def any_postgres(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[Postgres]:
    """The server of ORDERCASE_TEST_DATABASE_URL, else one in Docker, else the wheel's in `folder`, which alone is started
    with `settings`. Raises Missing."""
    named = os.environ.get("ORDERCASE_TEST_DATABASE_URL")
    if named:
        yield Postgres(named, f"PostgreSQL {_version(named)} (ORDERCASE_TEST_DATABASE_URL)")
    elif docker.answers():
        with docker.postgres() as url:
            yield Postgres(url, f"PostgreSQL {_version(url)} in Docker")
    else:
        try:
            with EmbeddedPostgres(folder, keep=False, settings=settings) as server:
                url = server.url_of("postgres")
                told = ", ".join(("fsync on", *(f"{name} {value}" for name, value in (settings or {}).items())))
                yield Postgres(url, f"PostgreSQL {_version(url)}, embedded ({told})")
        except EmbeddedPostgresError as error:
            raise Missing(str(error)) from error


def _version(url: str) -> str:
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            number = connection.info.server_version
    except psycopg.OperationalError as error:
        raise Missing(f"PostgreSQL does not answer: {type(error).__name__}") from error
    return f"{number // 10000}.{number % 10000}"
