"""Settings: names, defaults, every rule, and that all mistakes come at once without a secret in them."""

import os
from pathlib import Path

import pytest

from ordercase import settings
from ordercase.errors import Exit, UserError

SECRET = "s3cr3t-pa55"


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.upper().startswith("ORDERCASE_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(name="env")
def _env(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    return monkeypatch


def mistakes() -> list[str]:
    with pytest.raises(UserError) as caught:
        settings.load()
    assert caught.value.code == "bad_settings"
    assert caught.value.status is Exit.USAGE
    return list(caught.value.details)


def test_the_defaults_are_the_contracts() -> None:
    read = settings.load()
    assert (read.group_id, read.batch_size, read.http_host, read.http_port) == ("ordercase", 500, "127.0.0.1", 8080)
    assert (read.topics.partitions, read.topics.replication, read.topics.retention_days) == (6, -1, 7)
    assert (read.console_host, read.console_port, read.actors, read.log_level) == ("127.0.0.1", 8020, "message", "info")
    assert read.database_url is None
    assert read.kafka_bootstrap_servers is None
    assert read.schema_registry_url is None
    assert read.log_format is None


def test_every_name_of_the_contract_is_there_and_no_other() -> None:
    assert settings.names() == sorted(f"ORDERCASE_{name}" for name in (
        "DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL", "SCHEMA_REGISTRY_USER",
        "SCHEMA_REGISTRY_PASSWORD", "GROUP_ID", "POLICY_FILE", "BATCH_SIZE", "TOPICS__PARTITIONS",
        "TOPICS__REPLICATION", "TOPICS__RETENTION_DAYS", "HTTP_HOST", "HTTP_PORT", "CONSOLE_HOST", "CONSOLE_PORT",
        "CONSOLE_USERS_FILE", "CONSOLE_TRUSTED_HEADER", "ACTORS", "LOG_FORMAT", "LOG_LEVEL",
    ))  # fmt: skip


def test_an_empty_value_is_none(env: pytest.MonkeyPatch) -> None:
    env.setenv("ORDERCASE_SCHEMA_REGISTRY_URL", "")
    env.setenv("ORDERCASE_BATCH_SIZE", "")
    env.setenv("ORDERCASE_NO_SUCH", "")
    assert settings.load().batch_size == 500


def test_a_file_is_read_and_the_environment_wins(env: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ORDERCASE_GROUP_ID=file\nORDERCASE_BATCH_SIZE=7\nPOSTGRES_PASSWORD=other\n")
    env.setenv("ORDERCASE_GROUP_ID", "process")
    read = settings.load()
    assert (read.group_id, read.batch_size) == ("process", 7)
    sources = {name: source for name, _, source in settings.shown(read)}
    assert sources["ORDERCASE_GROUP_ID"] == "environment"
    assert sources["ORDERCASE_BATCH_SIZE"] == ".env"
    assert sources["ORDERCASE_HTTP_PORT"] == "default"


def test_what_is_given_wins_over_everything(env: pytest.MonkeyPatch) -> None:
    env.setenv("ORDERCASE_HTTP_PORT", "9")
    assert settings.load(http_port=0).http_port == 0


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("ORDERCASE_DATABSE_URL", "ORDERCASE_DATABASE_URL"),
        ("ORDERCASE_DATABASE", "ORDERCASE_DATABASE_URL"),
        ("ORDERCASE_TOPICS_PARTITIONS", "ORDERCASE_TOPICS__PARTITIONS"),
        ("ORDERCASE_KAFKA_SERVERS", "ORDERCASE_KAFKA_BOOTSTRAP_SERVERS"),
        ("ORDERCASE_KAFKA_SECURITY_PROTOCOL", "ORDERCASE_KAFKA__SECURITY_PROTOCOL"),
        ("ORDERCASE_LOGLEVEL", "ORDERCASE_LOG_LEVEL"),
    ],
)
def test_an_unknown_name_names_the_nearest(env: pytest.MonkeyPatch, name: str, meant: str) -> None:
    env.setenv(name, SECRET)
    assert mistakes() == [f"{name}: there is no such setting. Did you mean {meant}?"]


def test_an_unknown_name_in_the_file_is_refused_as_well(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ORDERCASE_GROPU_ID=x\nGROPU_ID=y\n")
    assert mistakes() == ["ORDERCASE_GROPU_ID: there is no such setting. Did you mean ORDERCASE_GROUP_ID?"]


def test_names_of_tests_are_always_allowed_and_set_nothing(env: pytest.MonkeyPatch) -> None:
    without = settings.load()
    env.setenv("ORDERCASE_TEST_KAFKA", "127.0.0.1:9092")
    env.setenv("ORDERCASE_TEST_ANYTHING", "1")
    assert settings.load() == without


def test_kafka_properties_take_librdkafkas_names(env: pytest.MonkeyPatch) -> None:
    env.setenv("ORDERCASE_KAFKA_BOOTSTRAP_SERVERS", "one:9092,two:9093")
    env.setenv("ORDERCASE_KAFKA__SECURITY_PROTOCOL", "SASL_SSL")
    env.setenv("ORDERCASE_KAFKA__SOCKET_TIMEOUT_MS", "123")
    env.setenv("ORDERCASE_KAFKA__SASL_PASSWORD", '{"not": "parsed"}')
    assert settings.load().kafka_properties == {
        "bootstrap.servers": "one:9092,two:9093",
        "security.protocol": "SASL_SSL",
        "socket.timeout.ms": "123",
        "sasl.password": '{"not": "parsed"}',
    }


@pytest.mark.parametrize("name", sorted(settings.REFUSED))
def test_properties_that_promises_rest_on_are_refused(env: pytest.MonkeyPatch, name: str) -> None:
    variable = f"ORDERCASE_KAFKA__{name.upper().replace('.', '_')}"
    env.setenv(variable, "x")
    assert mistakes() == [f"{variable}: {name} may not be set; {settings.REFUSED[name]}."]


@pytest.mark.parametrize(("second", "first"), sorted(settings.SAME.items()))
def test_a_refused_property_is_refused_by_its_second_name_too(env: pytest.MonkeyPatch, second: str, first: str) -> None:
    variable = f"ORDERCASE_KAFKA__{second.upper().replace('.', '_')}"
    env.setenv(variable, "x")
    assert mistakes() == [f"{variable}: {second} may not be set; {settings.REFUSED[first]}."]


def test_the_refused_properties_are_the_contracts() -> None:
    assert set(settings.REFUSED) == {
        "bootstrap.servers", "group.id", "enable.auto.commit", "isolation.level", "auto.offset.reset", "partitioner",
        "transactional.id", "enable.idempotence",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ORDERCASE_DATABASE_URL", f"mysql://user:{SECRET}@host/db"),
        ("ORDERCASE_DATABASE_URL", f"host=x password={SECRET}"),
        ("ORDERCASE_DATABASE_URL", f"postgresql://user:{SECRET}%zz@host/db"),
        ("ORDERCASE_DATABASE_URL", f"postgresql://host/db?no_such={SECRET}"),
        ("ORDERCASE_KAFKA_BOOTSTRAP_SERVERS", "host"),
        ("ORDERCASE_KAFKA_BOOTSTRAP_SERVERS", "host:9092, other:9092"),
        ("ORDERCASE_SCHEMA_REGISTRY_URL", "host:8081"),
        ("ORDERCASE_SCHEMA_REGISTRY_URL", f"http://user:{SECRET}@host:8081"),
        ("ORDERCASE_BATCH_SIZE", "0"),
        ("ORDERCASE_BATCH_SIZE", "many"),
        ("ORDERCASE_HTTP_PORT", "65536"),
        ("ORDERCASE_HTTP_PORT", "-1"),
        ("ORDERCASE_TOPICS__PARTITIONS", "0"),
        ("ORDERCASE_TOPICS__REPLICATION", "-2"),
        ("ORDERCASE_TOPICS__RETENTION_DAYS", "x"),
        ("ORDERCASE_GROUP_ID", "two words"),
        ("ORDERCASE_ACTORS", "anybody"),
        ("ORDERCASE_LOG_FORMAT", "xml"),
        ("ORDERCASE_LOG_LEVEL", "loud"),
    ],
)
def test_a_wrong_value_is_named_by_its_setting(env: pytest.MonkeyPatch, name: str, value: str) -> None:
    env.setenv(name, value)
    (mistake,) = mistakes()
    assert mistake.startswith(f"{name}: ")
    if name == "ORDERCASE_DATABASE_URL":
        assert SECRET not in mistake


@pytest.mark.parametrize("value", ["INFO", "Warning", "debug"])
def test_levels_are_read_in_any_case(env: pytest.MonkeyPatch, value: str) -> None:
    env.setenv("ORDERCASE_LOG_LEVEL", value)
    assert settings.load().log_level == value.lower()


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"SCHEMA_REGISTRY_URL": "http://r", "SCHEMA_REGISTRY_USER": "u"}, ["SCHEMA_REGISTRY_USER"]),
        ({"SCHEMA_REGISTRY_URL": "http://r", "SCHEMA_REGISTRY_PASSWORD": SECRET}, ["SCHEMA_REGISTRY_PASSWORD"]),
        ({"SCHEMA_REGISTRY_USER": "u", "SCHEMA_REGISTRY_PASSWORD": SECRET}, ["SCHEMA_REGISTRY_USER"]),
        ({"ACTORS": "users_file"}, ["ACTORS"]),
    ],
)
def test_settings_that_need_each_other(env: pytest.MonkeyPatch, given: dict[str, str], named: list[str]) -> None:
    for name, value in given.items():
        env.setenv(f"ORDERCASE_{name}", value)
    found = mistakes()
    assert [mistake.split(":")[0].removeprefix("ORDERCASE_") for mistake in found] == named
    assert SECRET not in "".join(found)


def test_actors_from_a_users_file_in_the_env_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ORDERCASE_ACTORS=users_file\n")
    assert mistakes() == ["ORDERCASE_ACTORS: users_file needs ORDERCASE_CONSOLE_USERS_FILE beside it."]


def test_all_mistakes_come_at_once(env: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ORDERCASE_HTTP_PORT=none\n")
    env.setenv("ORDERCASE_KAFKA__GROUP_ID", "x")
    env.setenv("ORDERCASE_WHAT", "x")
    env.setenv("ORDERCASE_BATCH_SIZE", "-1")
    env.setenv("ORDERCASE_TOPICS__PARTITIONS", "x")
    env.setenv("ORDERCASE_SCHEMA_REGISTRY_USER", "u")
    named = {mistake.split(":")[0].removeprefix("ORDERCASE_") for mistake in mistakes()}
    assert named == {
        "HTTP_PORT", "KAFKA__GROUP_ID", "WHAT", "BATCH_SIZE", "TOPICS__PARTITIONS", "SCHEMA_REGISTRY_USER",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["ORDERCASE_TOPICS", "ORDERCASE_KAFKA"])
def test_the_name_of_a_family_is_no_setting(env: pytest.MonkeyPatch, name: str) -> None:
    env.setenv(name, "x")
    (mistake,) = mistakes()
    assert mistake.startswith(f"{name}: there is no such setting.")


def test_no_secret_is_ever_shown(env: pytest.MonkeyPatch) -> None:
    env.setenv("ORDERCASE_DATABASE_URL", f"postgresql://me:{SECRET}@host:5432/db?sslpassword={SECRET}&sslmode=require")
    env.setenv("ORDERCASE_SCHEMA_REGISTRY_URL", "https://registry:8081/")
    env.setenv("ORDERCASE_SCHEMA_REGISTRY_USER", "reader")
    env.setenv("ORDERCASE_SCHEMA_REGISTRY_PASSWORD", SECRET)
    env.setenv("ORDERCASE_KAFKA__SASL_PASSWORD", SECRET)
    env.setenv("ORDERCASE_KAFKA__SSL_KEY_PEM", SECRET)
    env.setenv("ORDERCASE_KAFKA__SASL_OAUTHBEARER_CLIENT_SECRET", SECRET)
    env.setenv("ORDERCASE_KAFKA__SECURITY_PROTOCOL", "SASL_SSL")
    read = settings.load()
    values = {name: value for name, value, _ in settings.shown(read)}
    assert SECRET not in repr(read) + str(read) + str(values)
    assert values["ORDERCASE_DATABASE_URL"] == "postgresql://me:***@host:5432/db?sslpassword=***&sslmode=require"
    assert values["ORDERCASE_KAFKA__SECURITY_PROTOCOL"] == "SASL_SSL"
    assert values["ORDERCASE_SCHEMA_REGISTRY_URL"] == "https://registry:8081"
    assert SECRET in read.database


def test_settings_are_frozen() -> None:
    read = settings.load()
    with pytest.raises(ValueError, match="frozen"):
        read.batch_size = 3


@pytest.mark.parametrize(("what", "code"), [("database", "database_missing"), ("kafka_properties", "kafka_missing")])
def test_what_is_missing_is_said_when_it_is_needed(what: str, code: str) -> None:
    read = settings.load()
    with pytest.raises(UserError) as caught:
        getattr(read, what)
    assert caught.value.code == code
    assert caught.value.status is Exit.ENVIRONMENT
