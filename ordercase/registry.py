"""The schema registry of the settings, when one is set."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ordercase.errors import environment, refused
from ordercase.settings import Settings
from schemas.refusal import NotRegistered, RegistryUnavailable

if TYPE_CHECKING:
    from schemas.registry import Registry


def of(settings: Settings) -> "Registry | None":
    """The registry, None when values are framed without one."""
    if settings.schema_registry_url is None:
        return None
    from schemas.registry import Registry  # noqa: PLC0415  (its client takes longer to import than all else)

    secret = settings.schema_registry_password
    password = None if secret is None else secret.get_secret_value()
    return Registry(settings.schema_registry_url, settings.schema_registry_user, password)


def required(settings: Settings) -> "Registry":
    """The same. Raises UserError `registry_missing` when none is set."""
    registry = of(settings)
    if registry is None:
        raise environment("registry_missing", "No schema registry is set. Set ORDERCASE_SCHEMA_REGISTRY_URL.")
    return registry


@contextmanager
def in_words() -> Iterator[None]:
    """What the registry answers, or that it does not, as a UserError."""
    try:
        yield
    except RegistryUnavailable as error:
        raise environment("registry_unreachable", f"{error} Check ORDERCASE_SCHEMA_REGISTRY_URL.") from None
    except NotRegistered as error:
        raise refused("not_registered", f"{error}.") from None
