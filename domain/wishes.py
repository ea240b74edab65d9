"""Checks that many commands share: reasons, comments, lines named twice."""

from collections.abc import Iterable

from domain.persons import is_code
from domain.refusals import Findings


def check_reason(findings: Findings, reason: str, allowed: tuple[str, ...], key: str) -> None:
    """A reason must be there, and in the policy's list where that is not empty. `key` is the list's name in the policy."""
    if not reason.strip():
        findings.add("reason_not_allowed", "A reason is required.")
    elif allowed and reason not in allowed:
        # words that somebody typed are not repeated: an answer is kept, and a person's data with it
        said = repr(reason) if is_code(reason) else "What was given"
        findings.add("reason_not_allowed", f"{said} is not a reason of {key}; use one of {', '.join(allowed)}.")


def check_comment(findings: Findings, comment: str, most: int = 1000) -> None:
    """1 to `most` characters (code points) after trimming."""
    length = len(comment.strip())
    if not length:
        findings.add("comment_required", f"Write a comment of 1 to {most} characters.")
    elif length > most:
        findings.add("comment_too_long", f"The comment has {length} characters; {most} are allowed.")


def duplicate_lines(findings: Findings, numbers: Iterable[int]) -> None:
    """A line may be named once."""
    seen: set[int] = set()
    for number in numbers:
        if number in seen:
            findings.add(
                "invalid_command", f"Line {number} is named twice; name each line once with its whole quantity."
            )
        seen.add(number)
