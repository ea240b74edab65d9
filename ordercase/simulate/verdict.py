"""How the stories ended."""

from collections.abc import Mapping
from dataclasses import dataclass

from ordercase.simulate.audit import Books


@dataclass(frozen=True, slots=True)
class Ending:
    """One story: its name, its order, what it tells in one sentence, and what was wrong (empty: nothing)."""

    story: str
    order_id: str
    sentence: str
    wrongs: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        return not self.wrongs


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How far a run is: stories in all, over, wrong so far, under way; seconds since the start.

    `sent` and `came`: records by topic, from us to the worker and back.
    """

    stories: int
    over: int
    wrong: int
    under_way: int
    sent: Mapping[str, int]
    came: Mapping[str, int]
    seconds: float

    @property
    def published(self) -> int:
        return sum(self.sent.values())

    @property
    def seen(self) -> int:
        return sum(self.came.values())

    @property
    def sentence(self) -> str:
        per_second = self.published / self.seconds if self.seconds else 0
        return (
            f"{self.seconds:5.1f} s: {self.over} of {self.stories} stories over, {self.wrong} wrong, {self.under_way}"
            f" under way; {self.published} records published ({per_second:.0f}/s), {self.seen} seen"
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """All endings. `published` and `seen` count records; `repeated` outbound records that came more than once.

    `books`: the money of all stories by currency, the gateway's and the worker's.
    `silent`: nothing at all came back, so probably no worker runs.
    """

    details: tuple[Ending, ...]
    published: int = 0
    seen: int = 0
    repeated: int = 0
    seconds: float = 0.0
    books: tuple[Books, ...] = ()

    @property
    def stories(self) -> int:
        return len(self.details)

    @property
    def right(self) -> int:
        return sum(ending.right for ending in self.details)

    @property
    def wrong(self) -> int:
        return self.stories - self.right

    @property
    def silent(self) -> bool:
        return bool(self.details) and not self.seen

    def figures(self) -> dict[str, int]:
        """The last line of `--json`."""
        return {"stories": self.stories, "right": self.right, "wrong": self.wrong}
