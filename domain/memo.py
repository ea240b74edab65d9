"""Answers that are asked for again and again of the same unchanging parts, worked out once."""

from collections.abc import Callable
from functools import wraps
from operator import attrgetter
from typing import Any, Final, TypeVar

Value = TypeVar("Value")
Answer = TypeVar("Answer")

KEPT: Final = 4096
"""How many answers a question keeps: what a batch or two asks. Then it begins anew, which costs less than choosing."""


def once(*names: str) -> Callable[[Callable[[Value], Answer]], Callable[[Value], Answer]]:
    """Remembers what a pure question answered about a frozen value, by the fields that the answer depends on (`names`).

    By the very parts and not by what they equal: an order whose version alone rose has the same lines, so its status is
    known. The parts are held as long as the answer, so that no others can take their place.
    """
    read = attrgetter(*names)
    one = len(names) == 1

    def remembering(question: Callable[[Value], Answer]) -> Callable[[Value], Answer]:
        answers: dict[Any, tuple[Any, Answer]] = {}

        @wraps(question)
        def ask(value: Value) -> Answer:
            held = read(value)
            key = id(held) if one else tuple(map(id, held))
            known = answers.get(key)
            if known is not None:
                return known[1]
            answer = question(value)
            if len(answers) >= KEPT:
                answers.clear()
            answers[key] = (held, answer)
            return answer

        return ask

    return remembering
