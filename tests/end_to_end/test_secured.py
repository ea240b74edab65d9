"""TLS, SCRAM, client certificates, ACLs and database roles: each part under the least rights of deploy/rights.md, and
what it is refused beyond them, by a real Kafka that lets nobody in whom it does not know.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

import psycopg
import pytest

from ordercase.errors import Exit
from producers import rights
from schemas.codec import Codec
from schemas.topics import COMMANDS, ORDER_STATES, ORDERS, PAYMENT_REQUESTS, REPLIES
from tests.builders.wire import valid
from tests.integration.processes import Ended, Shell
from tests.real.missing import Missing, Report, give_up
from tests.real.postgres import Postgres
from tests.real.secured_kafka import SecuredKafka, properties_of
from tests.real.trespassing import begun, created, joined, read, written

pytestmark = [pytest.mark.kafka, pytest.mark.checkout]

PAGE: Final = Path(__file__).parents[2] / "deploy" / "rights.md"
PASSWORD: Final = "throw-away-2f9c"
WORKER: Final = "User:ordercase"
LOGINS: Final = ("ordercase", "ordercase-admin", "ordercase-agents", "shop", "nobody")
DATABASE_LOGINS: Final = ("ordercase_run", "ordercase_look", "ordercase_agents")
NOTHING: Final = Ended(0, "", "")
ENVIRONMENT: Final = int(Exit.ENVIRONMENT)


@dataclass(frozen=True)
class House:
    """A broker with the page's rights, and a database with its logins. `before` and `after`: what doctor said under the
    worker's login when it had no right on Kafka, and when what it had asked for was done."""

    kafka: SecuredKafka
    owner_url: str
    worker_url: str
    before: Ended
    after: Ended

    def shell(self, folder: Path, login: str, *, database: str = "", **more: str) -> Shell:
        kafka = self.kafka.by_password(login, PASSWORD)
        return Shell(folder, DATABASE_URL=database or self.owner_url, LOG_FORMAT="json", **{**kafka, **more})

    def properties(self, login: str, password: str = PASSWORD) -> dict[str, str]:
        return properties_of(self.kafka.by_password(login, password))


def lines(language: str) -> list[str]:
    """The lines of the page's blocks in a language."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def of_worker(line: str) -> bool:
    return f"--allow-principal {WORKER} " in line


@pytest.fixture(scope="module", name="house")
def _house(
    report: Report, postgres: Postgres, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("secured")
    try:
        locked = SecuredKafka(folder / "node")
        try:
            report.used["Kafka behind locks"] = locked.start().origin
            locked.add_users(LOGINS, PASSWORD)
            locked.acl([line for line in lines("sh") if not of_worker(line)])
            with postgres.database(migrated_template) as owner, logins(owner) as worker:
                yield _furnished(House(locked, owner, worker, NOTHING, NOTHING), folder)
        finally:
            locked.close()
    except Missing as why:
        give_up(report, "Kafka", why)


def _furnished(house: House, folder: Path) -> House:
    """With the topics, and the worker's rights given as doctor says."""
    assert house.shell(folder, "ordercase-admin")("topics", "apply").status == 0
    worker = house.shell(folder, "ordercase", database=house.worker_url)
    before = worker("doctor", "--json")
    house.kafka.acl(told(before))
    uncompared = told(worker("doctor", "--json"))
    assert uncompared == rights.commands(WORKER, rights.described())
    house.kafka.give(WORKER, rights.described())
    return House(house.kafka, house.owner_url, house.worker_url, before, worker("doctor", "--json"))


def told(doctor: Ended) -> list[str]:
    """The lines for Kafka's ACL tool in what doctor says."""
    return [line for finding in doctor.json for line in re.findall(r"kafka-acls\.sh[^;]*", finding["mend"])]


@contextmanager
def logins(url: str) -> Iterator[str]:
    """The page's logins to the database, and its address for the worker's."""
    with psycopg.connect(url, autocommit=True) as owner:
        for statement in lines("sql"):
            owner.execute(statement.encode())
        try:
            parts = urlsplit(url)
            login = f"ordercase_run:{quote('change me')}"
            yield parts._replace(netloc=f"{login}@{parts.hostname}:{parts.port}").geturl()
        finally:
            for name in DATABASE_LOGINS:
                owner.execute(f"DROP ROLE {name}".encode())


def test_doctor_names_what_is_missing_and_what_it_says_gives_the_least_rights(house: House) -> None:
    said = {one["what"]: one for one in house.before.json}
    assert (house.before.status, said["kafka rights"]["colour"]) == (1, "red")
    for right in rights.needed("ordercase"):
        assert str(right) in said["kafka rights"]["says"]
    assert sorted(told(house.before)) == sorted(line for line in lines("sh") if of_worker(line))
    red = [one for one in house.after.json if one["colour"] != "green"]
    assert (house.after.status, red) == (0, [])


def test_each_right_of_a_worker_is_missed_by_itself(house: House) -> None:
    """Taken one after the other: doctor's look names just those that are gone."""
    needed = rights.needed("taken")
    pair = house.kafka.authority.signed("taken")
    properties = properties_of(house.kafka.by_certificate(pair))
    house.kafka.give("User:CN=taken", needed)
    assert rights.lacking(properties, "taken") == []
    for count, right in enumerate(needed, 1):
        house.kafka.take("User:CN=taken", right)
        assert rights.lacking(properties, "taken") == list(needed[:count])


def test_each_part_does_its_work_under_the_least_rights(house: House, tmp_path: Path) -> None:
    worker = house.shell(
        tmp_path,
        "ordercase",
        database=house.worker_url,
        KAFKA__SESSION_TIMEOUT_MS="9000",
        KAFKA__LINGER_MS="4",
        KAFKA__DEBUG="security",
        LOG_LEVEL="debug",
    )
    with worker.worker() as running:
        running.wait_ready()
        order_id = place_order(house.properties("shop"))
        agents = house.shell(tmp_path, "ordercase-agents")
        answer = agents("send", comment(tmp_path, order_id), "--json")
        assert answer.status == 0, answer
        assert answer.json["status"] == "ACCEPTED"
        assert read(house.properties("shop"), ORDER_STATES, group="shop") == ""
        # Doctor asks about the relay's transactional id while the relay is at work, and does not disturb it.
        assert worker("doctor").status == 0
        assert agents("send", comment(tmp_path, order_id), "--json").json["status"] == "ACCEPTED"
        assert running.stop()[0] == 0
    nowhere = worker("parked", "add", ORDERS, "0", "999999")
    assert (nowhere.status, "AUTHORIZATION" in nowhere.err) == (1, False), nowhere
    assert "SCRAM" in running.log  # librdkafka did talk of how it logged in
    for unwanted in ("FENCED", "EPOCH", "AUTHORIZATION", "CONFWARN", PASSWORD, "change me", "change%20me"):
        assert unwanted not in running.log


REFUSED: Final = "TOPIC_AUTHORIZATION_FAILED"


def test_nobody_does_what_the_page_does_not_give_him(house: House) -> None:
    worker, agents, shop, nobody = (
        house.properties(name) for name in ("ordercase", "ordercase-agents", "shop", "nobody")
    )
    tried = {
        "the worker sends commands": written(worker, COMMANDS),
        "the worker writes orders": written(worker, ORDERS),
        "the worker makes topics": created(worker, "ordercase.more"),
        "who sends commands writes payment requests": written(agents, PAYMENT_REQUESTS),
        "who sends commands writes replies": written(agents, REPLIES),
        "who sends commands reads commands": read(agents, COMMANDS),
        "who sends commands reads orders": read(agents, ORDERS),
        "the shop sends commands": written(shop, COMMANDS),
        "the shop reads replies": read(shop, REPLIES),
        "the shop writes states": written(shop, ORDER_STATES),
        "nobody sends commands": written(nobody, COMMANDS),
        "nobody reads states": read(nobody, ORDER_STATES),
    }
    allowed = {what: said for what, said in tried.items() if said != REFUSED}
    assert not allowed, allowed
    assert created(shop, "shop.own") == REFUSED
    for stranger, topic in ((agents, REPLIES), (shop, ORDER_STATES)):
        for group in ("ordercase", "ordercase-relay"):
            assert joined(stranger, group, topic) == "GROUP_AUTHORIZATION_FAILED"
        assert begun(stranger, "ordercase-relay") == "TRANSACTIONAL_ID_AUTHORIZATION_FAILED"
    assert written(house.properties("ordercase", "guessed"), COMMANDS) == "_AUTHENTICATION"


def test_a_client_certificate_is_a_login_and_without_one_the_door_stays_shut(house: House, tmp_path: Path) -> None:
    pair = house.kafka.authority.signed("certified")
    house.kafka.give("User:CN=certified", rights.needed("ordercase"))
    known = house.kafka.by_certificate(pair)
    worker = Shell(tmp_path, DATABASE_URL=house.worker_url, LOG_FORMAT="json", **known)
    with worker.worker() as running:
        running.wait_ready()
    bare = {name: value for name, value in known.items() if "KEY" not in name and "CERTIFICATE" not in name}
    by_name = known["KAFKA_BOOTSTRAP_SERVERS"].replace("127.0.0.1", "localhost")
    for shut, says in (
        (Shell(tmp_path, DATABASE_URL=house.worker_url, **bare)("run"), "certificate"),
        (worker("run", KAFKA__SSL_CA_LOCATION=known["KAFKA__SSL_CERTIFICATE_LOCATION"]), "certificate verify failed"),
        (worker("run", KAFKA_BOOTSTRAP_SERVERS=by_name), "certificate verify failed"),
    ):
        assert (shut.status, "[kafka_tls]" in shut.err) == (ENVIRONMENT, True), shut
        assert says in shut.err.splitlines()[-2]


@pytest.mark.parametrize(
    ("command", "login", "code"),
    [
        (("run",), "ordercase", "kafka_refused"),
        (("doctor",), "ordercase", ""),
        (("config", "show"), "ordercase", ""),
        (("run",), "nobody", "missing_topic"),
    ],
)
def test_no_secret_is_said_when_a_login_fails(
    house: House, tmp_path: Path, command: tuple[str, ...], login: str, code: str
) -> None:
    wrong = "wr0ng-7d1e"
    more = {} if login == "nobody" else {"KAFKA__SASL_PASSWORD": wrong}
    shell = house.shell(
        tmp_path, login, database=house.worker_url, KAFKA__DEBUG="all", LOG_LEVEL="debug", KAFKA__SSL_KEY_PASSWORD=wrong,
        **more,
    )  # fmt: skip
    ended = shell(*command)
    said = ended.out + ended.err
    assert ended.status == (ENVIRONMENT if code else int(command[0] == "doctor")), ended
    assert f"[{code}]" in said or not code, ended
    assert code != "kafka_refused" or '"level": "debug"' in said  # librdkafka did talk, at its loudest
    assert command[0] != "doctor" or "SASL authentication error" in said
    for secret in (wrong, PASSWORD, "change me", "change%20me"):
        assert secret not in said


def place_order(properties: dict[str, str]) -> str:
    """The shop's order. Its id."""
    value = valid("commerce.OrderEvent")
    order_id = str(value["order"]["order_id"])
    raw = Codec().encode(ORDERS, "commerce.OrderEvent", value)
    assert written(properties, ORDERS, f"{value['order']['sales_channel']}:{order_id}".encode(), raw) == ""
    return order_id


def comment(folder: Path, order_id: str) -> str:
    """A file with a command about the order."""
    file = folder / "comment.json"
    file.write_text(f'{{"type": "AddComment", "sales_channel": "web", "order_id": "{order_id}", "text": "hello"}}')
    return str(file)
