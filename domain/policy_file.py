"""From the text of a policy file (TOML) to Policies: every mistake named at once, each with its line (contract.md 8)."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from domain.copying import replace
from domain.policy import Policies, Policy
from domain.policy_values import SECTIONS, Wrong, words
from domain.rights import ROLES


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """`line` counts from 1; 0 when the place could not be found."""

    line: int
    sentence: str


class PolicyMistakes(Exception):
    """Everything that is wrong with a policy file, in the order of its lines."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = sorted(mistakes)
        super().__init__("\n".join(f"line {m.line}: {m.sentence}" for m in self.mistakes))


RIGHTS: Final = frozenset(right for rights in ROLES.values() for right in rights)


class _Places:
    """Finds the line on which a key of a section stands, for mistakes. Sections are dotted names, keys bare."""

    def __init__(self, text: str) -> None:
        self._at: dict[tuple[str, str], int] = {}
        section = ""
        for number, line in enumerate(text.splitlines(), 1):
            stripped = line.strip()
            if stripped.startswith("[") and "=" not in stripped.split("]")[0]:
                section = re.sub(r"[\s\"']", "", stripped.strip("[]").split("]")[0])
                self._at.setdefault((section, ""), number)
            elif match := re.match(r"([\w\"'.-]+)\s*=", stripped):
                path = f"{section}.{match[1]}".replace('"', "").replace("'", "").strip(".")
                self._at.setdefault((path.rpartition(".")[0], path.rpartition(".")[2]), number)

    def of(self, section: str, key: str = "") -> int:
        parent, _, name = section.rpartition(".")
        for place in ((section, key), (f"{section}.{key}", ""), (section, ""), (parent, name)):
            if place in self._at:
                return self._at[place]
        return next((n for (s, _), n in self._at.items() if s.startswith(section)), 0)


class _Reading:
    """One pass over a parsed file, collecting mistakes."""

    def __init__(self, text: str) -> None:
        self.mistakes: list[Mistake] = []
        self.places = _Places(text)

    def wrong(self, section: str, key: str, sentence: str) -> None:
        self.mistakes.append(Mistake(self.places.of(section, key), sentence))

    def policy(self, name: str, table: Any, onto: Policy) -> Policy:
        if not isinstance(table, Mapping):
            parent, _, key = name.rpartition(".")
            self.wrong(parent, key, f"{name}: expected a table of sections")
            return onto
        for section, values in table.items():
            if section not in SECTIONS:
                self.wrong(
                    f"{name}.{section}", "", f"{name}.{section}: no such section; there are {', '.join(SECTIONS)}"
                )
            elif not isinstance(values, Mapping):
                self.wrong(name, section, f"{name}.{section}: expected a table")
            else:
                part = self.section(f"{name}.{section}", values, section, getattr(onto, section))
                onto = replace(onto, **{section: part})
        return onto

    def section(self, path: str, values: Mapping[str, Any], section: str, onto: Any) -> Any:
        readers = SECTIONS[section][1]
        changes: dict[str, Any] = {}
        for key, value in values.items():
            if key not in readers:
                self.wrong(path, key, f"{path}.{key}: no such key; there are {', '.join(readers)}")
                continue
            name, kind = readers[key]
            try:
                changes[name] = _laid_over(getattr(onto, name), kind.read(value))
            except Wrong as mistake:
                for sentence in mistake.sentences:
                    self.wrong(path, key, f"{path}.{key} = {value!r}: {sentence}")
        return replace(onto, **changes)

    def roles(self, table: Any) -> dict[str, tuple[str, ...]]:
        roles = dict(ROLES)
        if not isinstance(table, Mapping):
            self.wrong("", "roles", "roles: expected a table, agent = ['cases.*']")
            return roles
        areas = {right.partition(".")[0] for right in RIGHTS}
        for role, rights in table.items():
            try:
                roles[role] = words().read(rights)
            except Wrong as mistake:
                self.wrong("roles", role, f"roles.{role}: {mistake}")
                continue
            for right in roles[role]:
                if right not in RIGHTS and right != "*" and not (right.endswith(".*") and right[:-2] in areas):
                    self.wrong(
                        "roles", role, f"roles.{role}: {right!r} is no right; there are {', '.join(sorted(RIGHTS))}"
                    )
        return roles


def _laid_over(onto: Any, made: Any) -> Any:
    """Inline tables lay over what was there key by key; everything else replaces it."""
    if not isinstance(made, dict):
        return made
    return {**onto, **made} if isinstance(onto, Mapping) else replace(onto, **made)


def read(text: str) -> Policies:
    """The policies that a file says. Raises PolicyMistakes with every mistake, each with its line."""
    try:
        parsed = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        number = int(line[1]) if line else text.count("\n") + 1
        raise PolicyMistakes([Mistake(number, f"this is not TOML: {error}")]) from None
    reading = _Reading(text)
    for name in parsed.keys() - {"default", "channel", "roles"}:
        reading.wrong(name, "", f"{name}: no such table; there are default, channel.<sales channel>, roles")
    default = reading.policy("default", parsed.get("default", {}), Policy())
    channels = parsed.get("channel", {})
    if not isinstance(channels, Mapping):
        reading.wrong("", "channel", "channel: expected [channel.<sales channel>.<section>]")
        channels = {}
    by_channel = {name: reading.policy(f"channel.{name}", table, default) for name, table in channels.items()}
    roles = reading.roles(parsed.get("roles", {}))
    if reading.mistakes:
        raise PolicyMistakes(reading.mistakes)
    return Policies(sha256(text.encode()).hexdigest()[:16], default, by_channel, roles)
