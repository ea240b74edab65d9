"""The settings: read once from the environment and an optional `.env`, checked as a whole before anything starts.

This is the only module that reads the environment. Names and defaults are those of contract.md 6.
"""

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ordercase.errors import UserError, environment, usage

PREFIX: Final = "ORDERCASE_"
TEST_PREFIX: Final = "ORDERCASE_TEST_"
KAFKA_PREFIX: Final = "ORDERCASE_KAFKA__"

OURS: Final = "ordercase sets it itself, since its promises rest on it"
REFUSED: Final = {
    "bootstrap.servers": "set ORDERCASE_KAFKA_BOOTSTRAP_SERVERS instead",
    "group.id": "set ORDERCASE_GROUP_ID instead",
    "enable.auto.commit": OURS,
    "isolation.level": OURS,
    "auto.offset.reset": OURS,
    "partitioner": OURS,
    "transactional.id": OURS,
    "enable.idempotence": OURS,
}
"""Kafka properties that may not be set, and what to do instead."""

SAME: Final = {"metadata.broker.list": "bootstrap.servers", "auto.commit.enable": "enable.auto.commit"}
"""librdkafka's second names of refused properties."""

SECRET_WORDS: Final = ("password", "secret", "token", "pem", "jaas", "oauthbearer.config")


def _database(value: SecretStr) -> SecretStr:
    from psycopg import ProgrammingError  # noqa: PLC0415  (only who names a database pays for the driver)
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    example = "a libpq URI, like postgresql://user:password@host:5432/database"
    text = value.get_secret_value()
    if not text.startswith(("postgresql://", "postgres://")):
        raise ValueError(f"must be {example}")
    try:
        conninfo_to_dict(text)
    except ProgrammingError:  # its message repeats parts of the URI, so it is not passed on
        raise ValueError(
            f"is not understood by libpq; it must be {example}, special characters percent-encoded"
        ) from None
    return value


def _servers(value: str) -> str:
    if not re.fullmatch(r"[^\s:,/]+:\d{1,5}(,[^\s:,/]+:\d{1,5})*|\[[0-9a-fA-F:]+\]:\d{1,5}", value):
        raise ValueError("must be host:port, several separated by commas")
    return value


def _registry(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http:// or https:// address")
    if parts.username or parts.password:
        raise ValueError("must not carry a user or password; set ORDERCASE_SCHEMA_REGISTRY_USER and _PASSWORD")
    return value.rstrip("/")


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


class Topics(BaseModel):
    """How `ordercase topics apply` creates topics. `replication` −1: the broker's default."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    partitions: Annotated[int, Field(ge=1, le=10_000)] = 6
    replication: Annotated[int, Field(ge=-1, le=99)] = -1
    retention_days: Annotated[int, Field(ge=1, le=36_500)] = 7


class Settings(BaseSettings):
    """All settings, checked and frozen. Its text form hides every secret; `load` makes it."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=False,
    )

    database_url: Annotated[SecretStr, AfterValidator(_database)] | None = None
    kafka_bootstrap_servers: Annotated[str, AfterValidator(_servers)] | None = None
    kafka: Annotated[dict[str, SecretStr], NoDecode] = {}
    schema_registry_url: Annotated[str, AfterValidator(_registry)] | None = None
    schema_registry_user: str | None = None
    schema_registry_password: SecretStr | None = None
    group_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,200}$")] = "ordercase"
    policy_file: Path | None = None
    batch_size: Annotated[int, Field(ge=1, le=10_000)] = 500
    topics: Annotated[Topics, NoDecode] = Topics()
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65_535)] = 8080
    console_host: str = "127.0.0.1"
    console_port: Annotated[int, Field(ge=0, le=65_535)] = 8020
    console_users_file: Path | None = None
    console_trusted_header: str | None = None
    actors: Literal["message", "users_file"] = "message"
    log_format: Annotated[Literal["console", "json"], BeforeValidator(_lower)] | None = None
    log_level: Annotated[Literal["debug", "info", "warning", "error", "critical"], BeforeValidator(_lower)] = "info"

    @property
    def kafka_properties(self) -> dict[str, str]:
        """What `ORDERCASE_KAFKA__…` says, by librdkafka's names, with bootstrap.servers. Holds secrets: never print it.

        Raises UserError `kafka_missing` when no broker is set.
        """
        if self.kafka_bootstrap_servers is None:
            raise environment(
                "kafka_missing",
                "No Kafka broker is set. Set ORDERCASE_KAFKA_BOOTSTRAP_SERVERS to its host:port, or try"
                " `ordercase demo`, which starts its own.",
            )
        named = {property_of(name): value.get_secret_value() for name, value in self.kafka.items()}
        return {"bootstrap.servers": self.kafka_bootstrap_servers, **named}

    @property
    def database(self) -> str:
        """The libpq URI with its password: never print it. Raises UserError `database_missing` when none is set."""
        if self.database_url is None:
            raise environment(
                "database_missing",
                "No database is set. Set ORDERCASE_DATABASE_URL to a libpq URI of an existing PostgreSQL database, like"
                " postgresql://user:password@host:5432/ordercase, or try `ordercase demo`, which starts its own.",
            )
        return self.database_url.get_secret_value()


def property_of(name: str) -> str:
    """librdkafka's name for what follows `ORDERCASE_KAFKA__`: lower case, `_` becomes `.`."""
    return name.lower().replace("_", ".")


def names() -> list[str]:
    """Every setting's name, but for the open `ORDERCASE_KAFKA__<PROPERTY>` family."""
    plain = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields if name not in {"kafka", "topics"}]
    return sorted([*plain, *(f"{PREFIX}TOPICS__{name.upper()}" for name in Topics.model_fields)])


def load(env_file: Path | None = Path(".env"), **given: Any) -> Settings:
    """The settings of this process; `given` wins over the environment, which wins over `.env`.

    Raises UserError `bad_settings` (status 2) that lists every mistake at once.
    """
    found = {name: value for name, (value, _) in _given(env_file).items()}
    mistakes = [mistake for name in sorted(found) if (mistake := _misnamed(name))]
    settings = None
    try:
        settings = Settings(**{"_env_file": env_file, **given})
    except ValidationError as error:
        mistakes += _sentences(error, found)
    mistakes += _conflicts(found, given)
    if mistakes or settings is None:
        raise bad_settings(mistakes)
    return settings


def environment_with(**given: object) -> dict[str, str]:
    """The environment of this process with these settings laid over it, for a process of our own to start with."""
    return {**os.environ, **{f"{PREFIX}{name.upper()}": str(value) for name, value in given.items()}}


def bad_settings(mistakes: list[str]) -> UserError:
    """The one error that names every mistake in the settings (status 2)."""
    count = "One setting is" if len(mistakes) == 1 else f"{len(mistakes)} settings are"
    return usage("bad_settings", f"{count} wrong; nothing was started.", *mistakes)


def _given(env_file: Path | None) -> dict[str, tuple[str, str]]:
    """Name, upper case → (value, where it is set: "environment" or the file) of all that is set under our prefix."""
    from dotenv import dotenv_values  # noqa: PLC0415  (beside pydantic-settings, only needed here)

    given: dict[str, tuple[str, str]] = {}
    if env_file is not None and env_file.is_file():
        given = {name.upper(): (value, str(env_file)) for name, value in dotenv_values(env_file).items() if value}
    given |= {name.upper(): (value, "environment") for name, value in os.environ.items() if value}
    return {name: found for name, found in given.items() if name.startswith(PREFIX)}


def _misnamed(name: str) -> str | None:
    if name.startswith(TEST_PREFIX) or name in names():
        return None
    if name.startswith(KAFKA_PREFIX):
        wanted = property_of(name.removeprefix(KAFKA_PREFIX))
        refused = SAME.get(wanted, wanted)
        if refused in REFUSED:
            return f"{name}: {wanted} may not be set; {REFUSED[refused]}."
        if re.fullmatch(r"[a-z0-9]+(\.[a-z0-9]+)*", wanted):
            return None
        return f"{name}: {wanted!r} is no name of a Kafka property; write its dots as single underscores."
    return f"{name}: there is no such setting. {_nearest(name)}"


def _nearest(name: str) -> str:
    if name.startswith(f"{PREFIX}KAFKA_"):
        rest = name.removeprefix(f"{PREFIX}KAFKA_").strip("_")
        servers = f"{PREFIX}KAFKA_BOOTSTRAP_SERVERS"
        if rest and not difflib.get_close_matches(name, [servers], cutoff=0.8):
            return f"Did you mean {KAFKA_PREFIX}{rest}?"
    near = difflib.get_close_matches(name, names(), n=1, cutoff=0.0)
    return f"Did you mean {near[0]}?"


def _sentences(error: ValidationError, found: Mapping[str, object]) -> list[str]:
    """One sentence per mistake that pydantic found. Values of secrets are never repeated."""
    sentences = []
    for one in error.errors(include_url=False):
        path = [str(part) for part in one["loc"]]
        name = PREFIX + "__".join(path).upper()
        if path[0] in {"kafka", "topics"} and len(path) == 1 and name in found:
            continue  # named already as a setting that does not exist
        secret = path[0] in {"database_url", "schema_registry_password", "kafka"}
        value = "" if secret else f" It is {one['input']!r}."
        sentences.append(f"{name}: {one['msg'].removeprefix('Value error, ')}.{value}")
    return sentences


def _conflicts(found: Mapping[str, object], given: Mapping[str, object]) -> list[str]:
    """Settings that are each right and wrong together."""
    here = dict(found) | {f"{PREFIX}{name.upper()}": value for name, value in given.items() if value is not None}
    mistakes = []
    for one, other in (("USER", "PASSWORD"), ("PASSWORD", "USER")):
        if f"{PREFIX}SCHEMA_REGISTRY_{one}" in here and f"{PREFIX}SCHEMA_REGISTRY_{other}" not in here:
            mistakes.append(f"{PREFIX}SCHEMA_REGISTRY_{one}: needs {PREFIX}SCHEMA_REGISTRY_{other} beside it.")
    if f"{PREFIX}SCHEMA_REGISTRY_USER" in here and f"{PREFIX}SCHEMA_REGISTRY_URL" not in here:
        mistakes.append(f"{PREFIX}SCHEMA_REGISTRY_USER: needs {PREFIX}SCHEMA_REGISTRY_URL beside it.")
    if here.get(f"{PREFIX}ACTORS") == "users_file" and f"{PREFIX}CONSOLE_USERS_FILE" not in here:
        mistakes.append(f"{PREFIX}ACTORS: users_file needs {PREFIX}CONSOLE_USERS_FILE beside it.")
    return mistakes


def shown(settings: Settings, env_file: Path | None = Path(".env")) -> list[tuple[str, object, str]]:
    """(name, value, where it comes from) of every setting, secrets masked, for people to look at."""
    found = {name: where for name, (_, where) in _given(env_file).items()}
    values: dict[str, object] = {}
    for field in Settings.model_fields:
        value = getattr(settings, field)
        if field == "topics":
            values |= {f"{PREFIX}TOPICS__{key.upper()}": part for key, part in value.model_dump().items()}
        elif field == "kafka":
            values |= {f"{KAFKA_PREFIX}{key.upper()}": _kafka_shown(key, part) for key, part in sorted(value.items())}
        else:
            values[f"{PREFIX}{field.upper()}"] = _shown(field, value)
    return [(name, value, found.get(name, "default")) for name, value in values.items()]


def _shown(field: str, value: object) -> object:
    if isinstance(value, SecretStr):
        return without_password(value.get_secret_value()) if field == "database_url" else "***"
    return str(value) if isinstance(value, Path) else value


def _kafka_shown(name: str, value: SecretStr) -> str:
    secret = any(word in property_of(name) for word in SECRET_WORDS)
    return "***" if secret else value.get_secret_value()


def without_password(uri: str) -> str:
    """A libpq URI with `***` for every password in it, wherever libpq allows one."""
    parts = urlsplit(uri)
    login, at, hosts = parts.netloc.rpartition("@")
    user, colon, _ = login.partition(":")
    query = [(name, "***" if "password" in name.lower() else value) for name, value in parse_qsl(parts.query, True)]
    netloc = f"{user}{':***' if colon else ''}{at}{hosts}"
    return urlunsplit(parts._replace(netloc=netloc, query=urlencode(query, safe="*/", quote_via=quote)))
