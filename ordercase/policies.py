"""The policy file on disk: read and checked whole, with every mistake and its line."""

from pathlib import Path

from domain.policy import Policies
from domain.policy_file import PolicyMistakes, read
from ordercase.errors import usage
from ordercase.settings import Settings


def of(settings: Settings) -> Policies:
    """The policies in force: of ORDERCASE_POLICY_FILE, or the defaults. Raises as `from_file`."""
    return Policies() if settings.policy_file is None else from_file(settings.policy_file)


def from_file(path: Path) -> Policies:
    """The policies of a TOML file. Raises UserError `no_policy_file` or `bad_policy` (status 2)."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise usage("no_policy_file", f"The policy file {path} cannot be read: {reason}.") from None
    try:
        return read(text)
    except PolicyMistakes as error:
        count = len(error.mistakes)
        raise usage(
            "bad_policy",
            f"The policy file {path} has {count} mistake{'' if count == 1 else 's'}.",
            *(f"{path}:{mistake.line}: {mistake.sentence}" for mistake in error.mistakes),
        ) from None
