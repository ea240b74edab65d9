"""Numbers that look like a payment card's, masked before anything is kept."""

import re
from typing import Final

_CANDIDATE: Final = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
_DIGIT: Final = re.compile(r"\d")


def _passes_luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _masked(found: re.Match[str]) -> str:
    text = found.group()
    return _DIGIT.sub("*", text) if _passes_luhn("".join(_DIGIT.findall(text))) else text


def mask_cards(text: str) -> str:
    """The text with the digits of every number of 13 to 19 digits that passes Luhn's check replaced by `*`."""
    return text if len(text) < 13 else _CANDIDATE.sub(_masked, text)
