"""Answers that are asked for again and again of the same unchanging parts, worked out once."""

from collections.abc import Callable
from functools import wraps
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
    parts = [f"part_{place}" for place in range(len(names))]
    read = "".join(f"    {part} = value.{name}\n" for part, name in zip(parts, names, strict=True))
    key = ", ".join(f"id({part})" for part in parts)
    # Asked dozens of times an input: written out for the names, it costs half of what a loop over them does.
    text = (
        f"def ask(value):\n{read}    known = answers.get(({key}))\n    if known is not None:\n        return known[0]\n"
        f"    return work_out(value, ({key}), ({', '.join(parts)},))\n"
    )

    def remembering(question: Callable[[Value], Answer]) -> Callable[[Value], Answer]:
        answers: dict[Any, tuple[Answer, tuple[object, ...]]] = {}

        def work_out(value: Value, key: object, held: tuple[object, ...]) -> Answer:
            answer = question(value)
            if len(answers) >= KEPT:
                answers.clear()
            answers[key] = answer, held
            return answer

        scope: dict[str, Any] = {"answers": answers, "work_out": work_out}
        exec(text, scope)  # noqa: S102 - the text is made of the field names that the module asks for
        ask: Callable[[Value], Answer] = scope["ask"]
        return wraps(question)(ask)

    return remembering
