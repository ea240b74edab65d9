"""Answers that are asked for again and again of the same unchanging value, worked out once."""

from collections.abc import Callable
from functools import wraps
from typing import Final, TypeVar

Value = TypeVar("Value")
Answer = TypeVar("Answer")

KEPT: Final = 512
"""How many answers a question keeps: a batch's worth."""


def once(question: Callable[[Value], Answer]) -> Callable[[Value], Answer]:
    """Remembers what a pure question answered about a value, by the very value and not by what it equals.

    For frozen values only. The value is held as long as its answer, so that no other can take its place. The oldest
    answers make room for new ones.
    """
    answers: dict[int, tuple[Value, Answer]] = {}

    @wraps(question)
    def ask(value: Value) -> Answer:
        known = answers.get(id(value))
        if known is not None and known[0] is value:
            return known[1]
        answer = question(value)
        if len(answers) >= KEPT:
            del answers[next(iter(answers))]
        answers[id(value)] = (value, answer)
        return answer

    return ask
