"""What cannot be taken from the wire, and what the loop does with it: park, answer, or try again."""

from typing import Final

REASONS: Final[dict[str, str]] = {
    "schema_unresolvable": "Framed with a registry's schema id, but no schema registry is configured.",
    "schema_unknown": "The schema id or fingerprint is not one of the topic's own schemas.",
    "schema_refused": "The writer's schema is not safe to read with, or reads another unit than ours.",
    "unknown_record": "A record that does not belong on the topic.",
    "undecodable": "The bytes are not what their schema says.",
    "too_large": "Larger than the topic allows.",
    "unexpected_null": "A null value on a topic where it means nothing.",
    "key_mismatch": "The key is not the one that the payload asks for.",
    "invalid_value": "A value that cannot be meant.",
}
"""Reason of an Undecodable → what it means."""


LONGEST_SENTENCE: Final = 1_000
"""Names in a stranger's schema, and ids, may be of any length; what is said of them is kept, sent and shown."""


def _said(sentence: str) -> str:
    """Printable, so that PostgreSQL can keep it and a terminal can show it; and not too long."""
    if not sentence.isprintable():
        sentence = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in sentence)
    return sentence if len(sentence) <= LONGEST_SENTENCE else f"{sentence[: LONGEST_SENTENCE - 1]}…"


class Undecodable(Exception):
    """A message that is to be parked: `reason` is one of REASONS, `sentence` says what, where, and what is expected.

    The sentence names no personal data: values are shown only where they are numbers, symbols or ids. It is cut off
    after LONGEST_SENTENCE, and what cannot be printed is replaced: what is parked must be kept, whatever was sent.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        if reason not in REASONS:
            raise KeyError(reason)
        super().__init__(_said(sentence))
        self.reason = reason
        self.sentence = _said(sentence)


class InvalidCommand(Exception):
    """A command that was understood and cannot be meant: it is answered REJECTED with `code`, never parked.

    `command_id` is as sent (it may be no uuid); `dry_run` as sent.
    """

    def __init__(self, command_id: str, sentence: str, code: str = "invalid_command", *, dry_run: bool = False) -> None:
        super().__init__(_said(sentence))
        self.command_id = command_id
        self.sentence = _said(sentence)
        self.code = code
        self.dry_run = dry_run


class RegistryUnavailable(Exception):
    """The schema registry did not answer, or asked for patience: nothing is wrong with the message, try again later."""


class NotRegistered(Exception):
    """One of our own schemas has no id in the registry: `ordercase schemas register` has not been run."""
