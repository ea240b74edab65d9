"""Checks that many commands share: reasons, comments, addresses, lines named twice."""

from collections.abc import Iterable

from domain.facts import Address
from domain.persons import is_code
from domain.refusals import Findings


def check_reason(findings: Findings, reason: str, allowed: tuple[str, ...], key: str) -> None:
    """A reason must be there, and in the policy's list where that is not empty. `key` is the list's name in the policy."""
    if not reason.strip():
        findings.add("reason_not_allowed", "The reason is empty; say why.")
    elif allowed and reason not in allowed:
        # words that somebody typed are not repeated: an answer is kept, and a person's data with it
        said = repr(reason) if is_code(reason) else "What was given"
        findings.add("reason_not_allowed", f"{said} is not a reason of {key}; use one of {', '.join(allowed)}.")


def check_comment(findings: Findings, comment: str, most: int = 1000) -> None:
    """1 to `most` characters (code points) after trimming."""
    length = len(comment.strip())
    if not length:
        findings.add("comment_required", f"The comment is empty; write 1 to {most} characters.")
    elif length > most:
        findings.add("comment_too_long", f"The comment has {length} characters; at most {most} are kept; shorten it.")


def check_note(findings: Findings, comment: str | None) -> None:
    """A comment that may be left out: at most 1000 characters."""
    if comment is not None and comment.strip():
        check_comment(findings, comment)


def duplicate_lines(findings: Findings, numbers: Iterable[int]) -> None:
    """A line may be named once."""
    seen: set[int] = set()
    for number in numbers:
        if number in seen:
            findings.add(
                "invalid_command", f"Line {number} is named twice; name each line once with its whole quantity."
            )
        seen.add(number)


def check_address(findings: Findings, address: Address | None) -> None:
    """A new address must name street, city, country and a person; more is not checked."""
    if address is not None:
        missing = [name for name in ("name", "street", "city", "country") if not (getattr(address, name) or "").strip()]
        if missing:
            findings.add(
                "invalid_command", f"The address has no {', '.join(missing)}; fill that in, or leave the address out."
            )
