"""When a worker counts as ready: once the group has said which partitions are its, be it none."""

from typing import Any

import pytest

from consumers import assignment
from consumers.assignment import Assignment
from consumers.observer import Silent


class Group:
    """The client's side of an assignment."""

    def assign(self, given: list[Any]) -> None:
        assert given == []

    def unassign(self) -> None:
        """Of all that it had."""


def unasked(*_: Any) -> Any:
    raise AssertionError("nothing has to be asked about no partitions")


def joining() -> Any:
    return Assignment(unasked, "g", unasked, Silent())


def test_a_worker_to_which_nothing_is_given_is_ready_only_when_that_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    here = joining()
    assert not here.joined
    here.on_assign(Group(), [])
    assert not here.joined, "what others give up for it may come in the next round"
    monkeypatch.setattr(assignment, "STANDS_BY_AFTER", 0.0)
    here.on_assign(Group(), [])
    assert here.failure is None
    assert here.joined


def test_a_worker_that_fell_out_of_the_group_is_not_ready_until_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assignment, "STANDS_BY_AFTER", 0.0)
    here = joining()
    for falls_out in (lambda: here.on_lost(Group(), []), here.forget_all):
        here.on_assign(Group(), [])
        assert here.joined
        falls_out()
        assert not here.joined
