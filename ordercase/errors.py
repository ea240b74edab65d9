"""What a person who types a command is told when it cannot be done: a stable code, one sentence, an exit status."""

from collections.abc import Mapping, Sequence
from enum import IntEnum


class Exit(IntEnum):
    """The exit statuses of every command (contract.md 7)."""

    DONE = 0
    REFUSED = 1
    """Refused, failed, not found, behind, incompatible, a red line of `doctor`, a wrong story."""
    USAGE = 2
    """A mistake in what was typed, in a setting or in the policy."""
    NO_ANSWER = 3
    """Nobody answered in time."""
    ENVIRONMENT = 4
    """The database, the broker, a topic or another part of the environment is missing or unreachable."""


class UserError(Exception):
    """Ends a command with one sentence and no traceback.

    `sentence` says what, which, why and what to do, and carries neither secrets nor personal data. `details` are
    further lines below it. `facts` are what `--json` prints beside the code; the sentence when there are none.
    """

    def __init__(
        self,
        code: str,
        sentence: str,
        status: Exit,
        *,
        details: Sequence[str] = (),
        facts: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.status = status
        self.details = tuple(details)
        self.facts = facts

    def as_json(self) -> dict[str, object]:
        """The object that `--json` prints: `error` and the facts, else the message with its details."""
        if self.facts is not None:
            return {"error": self.code, **self.facts}
        shown: dict[str, object] = {"error": self.code, "message": self.sentence}
        if self.details:
            shown["details"] = list(self.details)
        return shown


def not_found(code: str, sentence: str, **facts: object) -> UserError:
    """What was asked for does not exist (status 1)."""
    return UserError(code, sentence, Exit.REFUSED, facts=facts or None)


def refused(code: str, sentence: str, *details: str) -> UserError:
    """It was understood and may not, or could not, be done (status 1)."""
    return UserError(code, sentence, Exit.REFUSED, details=details)


def usage(code: str, sentence: str, *details: str) -> UserError:
    """A mistake in what was typed or configured (status 2)."""
    return UserError(code, sentence, Exit.USAGE, details=details)


def no_answer(code: str, sentence: str, *details: str) -> UserError:
    """Nobody answered in time (status 3)."""
    return UserError(code, sentence, Exit.NO_ANSWER, details=details)


def environment(code: str, sentence: str, *details: str) -> UserError:
    """Something outside is missing or unreachable (status 4)."""
    return UserError(code, sentence, Exit.ENVIRONMENT, details=details)
