"""Answers that are asked for again and again of the same unchanging value, worked out once."""

from collections.abc import Callable
from functools import wraps
from typing import Final, TypeVar

Value = TypeVar("Value")
Answer = TypeVar("Answer")

KEPT: Final = 4096
"""How many answers a question keeps: what a batch or two asks. Then it begins anew, which costs less than choosing."""


def once(question: Callable[[Value], Answer]) -> Callable[[Value], Answer]:
    """Remembers what a pure question answered about a value, by the very value and not by what it equals.

    For frozen values only. The value is held as long as its answer, so that no other can take its place.
    """
    answers: dict[int, tuple[Value, Answer]] = {}

    @wraps(question)
    def ask(value: Value) -> Answer:
        known = answers.get(id(value))
        if known is not None and known[0] is value:
            return known[1]
        answer = question(value)
        if len(answers) >= KEPT:
            answers.clear()
        answers[id(value)] = (value, answer)
        return answer

    return ask
