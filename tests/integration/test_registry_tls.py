"""TLS to the schema registry: with the right authority, name and login, and with nothing less."""

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

from tests.integration.processes import Ended, Shell
from tests.real.certificates import Authority
from tests.real.missing import Missing, Report, give_up
from tests.real.registry import Registry
from tests.real.tls_door import https_door

SECRET: Final = "s3cr3t-of-nobody"


def refused(ended: Ended, *says: str) -> None:
    """One sentence, the status of what is wrong around us, and no secret."""
    assert ended.status == 4, ended
    assert "registry_unreachable" in ended.err
    for words in says:
        assert words in ended.err, ended.err
    assert SECRET not in ended.out + ended.err


def test_the_registry_is_believed_under_the_right_authority_name_and_login_alone(
    registry: Registry, report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Apicurio keeps its own TLS and logins for its larger siblings, so a door stands before it, as a proxy would."""
    try:
        ours, other = Authority(tmp_path / "ours"), Authority(tmp_path / "other")
    except Missing as why:
        give_up(report, "Registry", why)
    monkeypatch.setenv("SSL_CERT_FILE", str(ours.certificate))
    parts = urlsplit(registry.url)
    to = (str(parts.hostname), parts.port or 80)

    def shell(port: int, password: str = SECRET) -> Shell:
        url = parts._replace(scheme="https", netloc=f"127.0.0.1:{port}").geturl()
        return Shell(
            tmp_path, SCHEMA_REGISTRY_URL=url, SCHEMA_REGISTRY_USER="reader", SCHEMA_REGISTRY_PASSWORD=password
        )

    with https_door(*to, ours.signed("registry"), f"reader:{SECRET}") as port:
        assert shell(port)("schemas", "check").status == 0
        refused(shell(port, f"{SECRET}-or-so")("schemas", "check"), "refuses the login (401)", "_PASSWORD")
        monkeypatch.setenv("SSL_CERT_FILE", str(other.certificate))
        refused(shell(port)("schemas", "check"), "certificate is not trusted", "SSL_CERT_FILE")
    monkeypatch.setenv("SSL_CERT_FILE", str(ours.certificate))
    elsewhere = ours.signed("elsewhere", at="DNS:elsewhere.example")
    with https_door(*to, elsewhere, f"reader:{SECRET}") as port:
        refused(shell(port)("schemas", "check"), "certificate is not trusted", "127.0.0.1")
