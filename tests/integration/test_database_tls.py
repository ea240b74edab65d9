"""TLS to PostgreSQL: with the right authority and name, and with nothing less."""

from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from storage.connections import connect
from tests.integration.processes import Shell
from tests.real.certificates import Authority
from tests.real.missing import Missing, Report, give_up
from tests.real.tls_door import tls_door


def test_a_connection_is_encrypted_and_its_certificate_and_name_are_checked(
    database_url: str, tmp_path: Path, report: Report
) -> None:
    """The wheel's PostgreSQL is built without TLS, so a door stands before it; the client's side is the real one."""
    try:
        ours, other = Authority(tmp_path / "ours"), Authority(tmp_path / "other")
    except Missing as why:
        give_up(report, "PostgreSQL", why)
    parts = urlsplit(database_url)
    with tls_door(str(parts.hostname), parts.port or 5432, ours.signed("database")) as port:

        def url(host: str, how: str) -> str:
            return parts._replace(netloc=f"{parts.username}:{parts.password}@{host}:{port}", query=how).geturl()

        full = f"sslmode=verify-full&sslrootcert={ours.certificate}"
        with connect(url("localhost", full), "test") as connection:
            assert connection.pgconn.ssl_in_use
            assert connection.execute("SELECT 1").fetchone() == (1,)
        with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
            connect(url("localhost", f"sslmode=verify-full&sslrootcert={other.certificate}"), "test")
        with pytest.raises(psycopg.OperationalError, match=r"closed|SSL"):
            connect(url("localhost", "sslmode=disable"), "test")
        with pytest.raises(psycopg.OperationalError, match=r"does not match host name"):
            connect(url("wrong.example", f"{full}&hostaddr=127.0.0.1"), "test")

        shell = Shell(tmp_path, DATABASE_URL=url("localhost", full))
        assert shell("migrate", "--check").status == 0
        shut = shell(
            "migrate", "--check", DATABASE_URL=url("localhost", f"sslmode=verify-full&sslrootcert={other.certificate}")
        )
        assert shut.status == 4
        assert "certificate verify failed" in shut.err
        assert str(parts.password) not in shut.out + shut.err
