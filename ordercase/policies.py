"""The policy file on disk: read and checked whole, with every mistake and its line."""

from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any, Final

from domain.policy import DAY, HOUR, Policies, Policy
from domain.policy_file import PolicyMistakes, read
from domain.policy_values import SECTIONS
from ordercase.errors import usage
from ordercase.settings import Settings

UNITS: Final = {"hours": HOUR, "days": DAY}


def of(settings: Settings) -> Policies:
    """The policies in force: of ORDERCASE_POLICY_FILE, or the defaults. Raises as `from_file`."""
    return Policies() if settings.policy_file is None else from_file(settings.policy_file)


def text_of(settings: Settings) -> str:
    """The text of the policy file as it is now; "" for the defaults. Raises UserError `no_policy_file`."""
    return "" if settings.policy_file is None else _text(settings.policy_file)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise usage("no_policy_file", f"The policy file {path} cannot be read: {reason}.") from None


def from_file(path: Path) -> Policies:
    """The policies of a TOML file. Raises UserError `no_policy_file` or `bad_policy` (status 2)."""
    text = _text(path)
    try:
        return read(text)
    except PolicyMistakes as error:
        count = len(error.mistakes)
        raise usage(
            "bad_policy",
            f"The policy file {path} has {count} mistake{'' if count == 1 else 's'}.",
            *(f"{path}:{mistake.line}: {mistake.sentence}" for mistake in error.mistakes),
        ) from None


def as_file(policy: Policy) -> dict[str, dict[str, Any]]:
    """A policy by the sections and keys of the file, each value as one would write it there."""
    return {
        section: {
            key: _written(key, getattr(getattr(policy, section), name))
            for key, (name, _) in SECTIONS[section][1].items()
        }
        for section in SECTIONS
    }


def _written(key: str, value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {name.rstrip("_"): part for name, part in asdict(value).items()}
    if isinstance(value, tuple):
        return [_written("", part) for part in value]
    if isinstance(value, dict):
        return {str(name): _written(key, part) for name, part in value.items()}
    unit = UNITS.get(key.rpartition("_")[2])
    return _duration(value, unit) if unit and isinstance(value, int) else value


def _duration(micros: int, unit: int) -> int | str:
    """A number of the unit where it is a whole one, else ISO 8601."""
    if micros % unit == 0:
        return micros // unit
    seconds = micros / 1_000_000
    return f"PT{int(seconds) if seconds == int(seconds) else seconds}S"
