"""The users file: who may do what, by user id, when ORDERCASE_ACTORS=users_file."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from domain.commands import Actor
from ordercase.errors import usage

LISTS: Final = ("roles", "channels", "accounts")
TEXTS: Final = ("name", "password_hash", "time_zone", "language")


def from_file(path: Path) -> dict[str, Actor]:
    """User id → actor. Raises UserError `no_users_file` or `bad_users_file` (status 2) with every mistake."""
    try:
        parsed = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise usage("no_users_file", f"The users file {path} cannot be read: {reason}.") from None
    except tomllib.TOMLDecodeError as error:
        raise usage("bad_users_file", f"The users file {path} is not TOML: {error}.") from None
    users, mistakes = parsed.get("user"), []
    if not isinstance(users, list) or not all(isinstance(user, Mapping) for user in users):
        raise usage("bad_users_file", f"The users file {path} has no [[user]] entries.")
    actors: dict[str, Actor] = {}
    for number, user in enumerate(users, 1):
        wrong = _wrong(user)
        if not wrong and user["id"] in actors:
            wrong = f"id {user['id']!r} stands there twice"
        if wrong:
            mistakes.append(f"user {number}: {wrong}")
        else:
            lists = {name: tuple(user.get(name, ())) for name in LISTS}
            actors[user["id"]] = Actor(id=user["id"], name=user.get("name"), **lists)
    if mistakes:
        raise usage("bad_users_file", f"The users file {path} has mistakes.", *mistakes)
    return actors


def _wrong(user: Mapping[str, Any]) -> str | None:
    if not isinstance(user.get("id"), str) or not user["id"]:
        return "id is missing"
    for name, value in user.items():
        if name in LISTS and not (isinstance(value, list) and all(isinstance(part, str) for part in value)):
            return f"{name} must be a list of texts"
        if name in TEXTS and not isinstance(value, str):
            return f"{name} must be a text"
        if name not in {"id", *LISTS, *TEXTS}:
            return f"there is no key {name!r}; there are id, {', '.join((*TEXTS, *LISTS))}"
    return None


def as_listed(actors: Mapping[str, Actor], claimed: Actor) -> Actor:
    """The actor with the roles, channels and accounts of the users file; who is not in it has none."""
    return actors.get(claimed.id) or Actor(id=claimed.id)
