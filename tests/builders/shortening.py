"""A story that breaks something, made as short as it can be: inputs are left out as long as it breaks in the same way."""

from collections.abc import Callable, Sequence
from typing import Any

from domain.policy import Policies
from tests.builders.invariants import Watch
from tests.builders.watched_worker import WatchedWorker

Play = Callable[[WatchedWorker, Any], None]


def _breaks(story: Sequence[Any], policies: Policies, play: Play, at_the_end: Play) -> str | None:
    """The kind and place of what it breaks; None when it holds."""
    worker = WatchedWorker(policies, Watch())
    try:
        for part in story:
            play(worker, part)
        at_the_end(worker, story)
    except Exception as error:  # noqa: BLE001 - whatever breaks is what is looked for
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        return f"{type(error).__name__} in {trace.tb_frame.f_code.co_qualname}" if trace else type(error).__name__
    return None


def shortened(story: Sequence[Any], policies: Policies, play: Play, at_the_end: Play) -> list[Any]:
    """The same story without what it does not need to break as it does; as it is where it holds."""
    left = list(story)
    how = _breaks(left, policies, play, at_the_end)
    size = len(left) // 2 if how else 0
    while size:
        start = 0
        while start < len(left):
            fewer = left[:start] + left[start + size :]
            if _breaks(fewer, policies, play, at_the_end) == how:
                left = fewer
            else:
                start += size
        size //= 2
    return left
