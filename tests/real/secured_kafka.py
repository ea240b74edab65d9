"""A real Kafka with every door locked: SCRAM over TLS, mutual TLS, and an authorizer that allows what ACLs say."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialAlteration,
    UserScramCredentialUpsertion,
)

from ordercase.postgres_files import free_port
from producers.rights import Right
from tests.real import kafka_tools
from tests.real.certificates import Authority, Pair
from tests.real.kafka import Kafka, RealKafka

ADMINISTRATOR: Final = "administrator"
_LOGIN: Final = "org.apache.kafka.common.security.scram.ScramLoginModule required;"


@dataclass(frozen=True)
class AsAdministrator(Kafka):
    """The cluster as its administrator sees it, who alone is no subject of ACLs."""

    properties: tuple[tuple[str, str], ...] = ()

    def admin(self) -> AdminClient:
        return AdminClient({**dict(self.properties), "log_level": 0})


class SecuredKafka(RealKafka):
    """One node without a door for people that it does not know: not even broker and controller talk in the clear."""

    def __init__(self, folder: Path) -> None:
        self._sasl_port = free_port()
        self.authority = Authority(folder.parent / "keys")
        self._server = self.authority.signed("broker", at="IP:127.0.0.1").as_one()
        self._administrator = self.authority.signed(ADMINISTRATOR)
        super().__init__(folder, self._security())

    @property
    def kafka(self) -> Kafka:
        plain = super().kafka
        properties = tuple(properties_of(self.by_certificate(self._administrator)).items())
        return AsAdministrator(plain.bootstrap_servers, f"{plain.origin}, TLS, SCRAM, ACLs", properties)

    def _security(self) -> dict[str, str]:
        return {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self._server),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.authority.certificate),
            "ssl.client.auth": "required",
            "listener.name.sasl.ssl.client.auth": "none",
            "listener.name.sasl.sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "listener.name.sasl.scram-sha-512.sasl.jaas.config": _LOGIN,
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "allow.everyone.if.no.acl.found": "false",
            "super.users": f"User:CN=broker;User:CN={ADMINISTRATOR}",
        }

    def _listeners(self, broker: str, controller: str) -> dict[str, str]:
        doors = f"MUTUAL://{broker},SASL://127.0.0.1:{self._sasl_port}"
        return {
            "listeners": f"{doors},CONTROLLER://{controller}",
            "advertised.listeners": doors,
            "inter.broker.listener.name": "MUTUAL",
            "listener.security.protocol.map": "MUTUAL:SSL,CONTROLLER:SSL,SASL:SASL_SSL",
        }

    def add_users(self, names: Iterable[str], password: str) -> None:
        """Logins for SCRAM-SHA-512."""
        mechanism = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        admin = self.kafka.admin()
        wanted: list[UserScramCredentialAlteration] = [
            UserScramCredentialUpsertion(name, mechanism, password.encode()) for name in names
        ]
        for future in admin.alter_user_scram_credentials(wanted).values():
            future.result(30)

    def acl(self, lines: Iterable[str]) -> None:
        """Runs lines of Kafka's own ACL tool, as they stand in a document, as the administrator."""
        login = self.folder / "administrator.properties"
        login.write_text(
            "security.protocol=SSL\nssl.keystore.type=PEM\nssl.truststore.type=PEM\n"
            f"ssl.keystore.location={self._administrator.as_one()}\n"
            f"ssl.truststore.location={self.authority.certificate}\n"
        )
        said = self.folder / "acls.log"
        with said.open("wb") as log:
            tools = [
                kafka_tools.start(line, self.kafka.bootstrap_servers, "--command-config", login, log=log)
                for line in lines
            ]
            ended = [tool.wait() for tool in tools]
        assert not any(ended), said.read_text()

    def give(self, principal: str, rights: Iterable[Right]) -> None:
        """The same, quicker, where it is not the tool's line that is tried."""
        admin = self.kafka.admin()  # kept in a name: its answers come only while it lives
        for future in admin.create_acls([_binding(principal, right) for right in rights]).values():
            future.result(30)

    def take(self, principal: str, right: Right) -> None:
        """Takes back what was given."""
        one = _binding(principal, right)
        like = AclBindingFilter(
            one.restype, one.name, one.resource_pattern_type, principal, "*", one.operation, one.permission_type
        )
        admin = self.kafka.admin()
        for future in admin.delete_acls([like]).values():
            assert len(future.result(30)) == 1

    def by_password(self, name: str, password: str) -> dict[str, str]:
        """Settings of ordercase (without prefix) for a login by SCRAM over TLS."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{self._sasl_port}",
            "KAFKA__SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA__SASL_MECHANISM": "SCRAM-SHA-512",
            "KAFKA__SASL_USERNAME": name,
            "KAFKA__SASL_PASSWORD": password,
            "KAFKA__SSL_CA_LOCATION": str(self.authority.certificate),
        }

    def by_certificate(self, pair: Pair) -> dict[str, str]:
        """The same for mutual TLS."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{self.port}",
            "KAFKA__SECURITY_PROTOCOL": "SSL",
            "KAFKA__SSL_CA_LOCATION": str(self.authority.certificate),
            "KAFKA__SSL_KEY_LOCATION": str(pair.key),
            "KAFKA__SSL_CERTIFICATE_LOCATION": str(pair.certificate),
        }

    def administrator(self) -> dict[str, str]:
        """The same for who may do everything."""
        return self.by_certificate(self._administrator)


def _binding(principal: str, right: Right) -> AclBinding:
    resource = ResourceType[right.resource.upper().replace("-", "_")]
    operation = AclOperation[re.sub(r"(?<=[a-z])(?=[A-Z])", "_", right.operation).upper()]
    literal = ResourcePatternType.LITERAL
    return AclBinding(resource, right.name, literal, principal, "*", operation, AclPermissionType.ALLOW)


def properties_of(settings: dict[str, str]) -> dict[str, str]:
    """librdkafka's own names of such settings."""
    named = {
        name.removeprefix("KAFKA__").lower().replace("_", "."): value
        for name, value in settings.items()
        if name.startswith("KAFKA__")
    }
    return {**named, "bootstrap.servers": settings["KAFKA_BOOTSTRAP_SERVERS"]}
