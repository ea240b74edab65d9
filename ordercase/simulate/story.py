"""One story: an order, the people and systems around it, and the script that they play.

A script is a generator. It publishes facts and sends commands, and yields an `Await` wherever it has to wait until the
worker has published something; the world wakes it when a record of its order or cases has come. It ends by returning,
or by `fail`. Whatever is found wrong on the way is kept and makes the story wrong at its end.
"""

from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass
from random import Random
from typing import Final, NoReturn, Protocol, TypeVar
from uuid import UUID, uuid5

from ordercase.simulate.agent import COMMANDS, Agent
from ordercase.simulate.basket import Basket, Market, Value
from ordercase.simulate.books import OrderBooks
from ordercase.simulate.gateway import Gateway
from ordercase.simulate.notifier import Notifier
from ordercase.simulate.seen import NOTICE, REQUEST, Entity, Record, Seen, differences
from ordercase.simulate.shop import Shop
from ordercase.simulate.warehouse import Warehouse

NAMESPACE: Final = UUID("6d2f7c1e-8a43-5b0d-9c1f-0f5f5c6f7a10")
PARKED: Final = "parked"
"""The name under which the world hands over what came out on the dead letters topic."""
FIRST_NAMES: Final = ("Robin", "Sasha", "Kim", "Noa", "Alex", "Charlie")
LAST_NAMES: Final = ("Sample", "Example", "Placeholder", "Muster", "Testova")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Await:
    """What a script waits for, in words."""

    what: str


Script = Generator[Await, None, T]
"""Yields what it waits for; returns a T."""


class Broken(Exception):
    """The story cannot go on; the reason is among its wrongs."""


class Stage(Protocol):
    """What a story needs of the world."""

    def publish(self, story: "Story", topic: str, record: str, key: str, value: Value) -> None:
        """Sends one record. With chaos it may come late or twice, in order within its topic and key."""

    def later(self, story: "Story", seconds: float, act: Callable[[], None]) -> None:
        """Does something after a while, and then wakes the story."""

    def knows(self, story: "Story", identity: str) -> None:
        """Records that name this order or case belong to the story from now on."""

    def now(self) -> int:
        """µs since 1970 UTC."""


@dataclass(frozen=True, slots=True)
class Cast:
    """What tells one story from another. `name` is the script's, `prefix` makes ids of this run unlike any other's."""

    number: int
    name: str
    prefix: str
    order_id: str
    chance: Random
    basket: Basket
    methods: tuple[tuple[str, int], ...]


class Story:
    """The state of one story. Scripts use it; the world steps it."""

    def __init__(self, cast: Cast, stage: Stage, script: "Callable[[Story], Script[None]]") -> None:
        self.number, self.name, self.order_id = cast.number, cast.name, cast.order_id
        self.chance, self.basket = cast.chance, cast.basket
        self.market: Market = cast.basket.market
        self.account = f"A-{cast.order_id}"
        first, last = cast.chance.choice(FIRST_NAMES), cast.chance.choice(LAST_NAMES)
        self.customer: Value = {"customer_id": f"C-{cast.order_id}", "first_name": first,
                                "last_name": last, "email": f"customer-{cast.number}@shop.example"}  # fmt: skip
        self.seen = Seen()
        self.books = OrderBooks(cast.basket)
        self.gateway = Gateway(self, cast.methods)
        self.shop, self.warehouse, self.notifier = Shop(self), Warehouse(self), Notifier(self)
        self.agent = Agent(self)
        self.wrongs: list[str] = []
        self.told: list[str] = []
        self.waiting = Await("its first step")
        self.echo = False
        self.checkout_id: str | None = None
        self._stage, self._script = stage, script(self)
        self._ids = uuid5(NAMESPACE, f"{cast.prefix}:{cast.order_id}")
        self._made, self._clock = 0, 0
        stage.knows(self, self.order_id)

    # What scripts say and ask

    def tell(self, *words: str) -> None:
        """The next parts of the sentence that the story ends as."""
        self.told += words

    def begin_with(self, *words: str) -> None:
        """The first parts of it: what it was about, known only at the end."""
        self.told[:0] = words

    @property
    def sentence(self) -> str:
        about = (
            f"checkout {self.checkout_id}" if self.checkout_id and not self.shop.orders else f"order {self.order_id}"
        )
        return f"{about}: {', '.join(self.told) or self.name.replace('_', ' ')}"

    def wrong(self, sentence: str) -> None:
        """Something is not as it should be; the story goes on and ends wrong."""
        if sentence not in self.wrongs:
            self.wrongs.append(sentence)

    def fail(self, sentence: str) -> NoReturn:
        """Something is so wrong that the story cannot go on."""
        self.wrong(sentence)
        raise Broken(sentence)

    def check(self, what: str, have: object, want: object) -> None:
        """Compares now, without waiting."""
        for difference in differences(have, want):
            self.wrong(f"{what}: {difference}")

    def until(self, what: str, when: Callable[[], T | None]) -> Script[T]:
        """Waits until `when` gives something true, and returns it."""
        while not (found := when()):
            yield Await(what)
        return found

    def shows(self, name: str, entity_id: str, **wanted: object) -> Script[Value]:
        """Waits until the latest published state of an entity has all of `wanted`; returns that state."""
        short = name.partition(".")[2]
        while True:
            entity = self.seen.entity(name, entity_id)
            missing = differences(entity.latest, wanted) if entity else ["nothing published yet"]
            if entity and not missing:
                return entity.latest
            yield Await(f"{short} {entity_id}: {'; '.join(missing)}")

    def order_shows(self, order_id: str | None = None, **wanted: object) -> Script[Value]:
        """The same for the state of an order."""
        key = f"{self.market.channel}:{order_id or self.order_id}"
        return self.shows("postsales.OrderStateChanged", key, **wanted)

    def pause(self, seconds: float) -> Script[None]:
        """Lets time pass, as people do."""
        over: list[bool] = []
        self._stage.later(self, seconds, lambda: over.append(True))
        yield from self.until("time to pass", lambda: over)

    def only(self, name: str, **wanted: object) -> Script[Entity]:
        """Waits for the one entity of this kind that has all of `wanted` (of the order that the story is about)."""

        def found() -> Entity | None:
            return next((e for e in self.seen.all(name) if not differences(e.latest, wanted)), None)

        return self.until(f"a {name.partition('.')[2]} with {wanted}", found)

    def notices_are(self, *kinds: str) -> Script[None]:
        """Waits for these notices; any other, or one too many, is wrong."""
        want = Counter(kinds)
        yield from self.until(f"the notices {', '.join(sorted(kinds))}", lambda: not want - self._notices())
        self.notices_are_among(*kinds)

    def notices_are_among(self, *kinds: str) -> None:
        """Any notice but these, or one too many, is wrong; none is missed."""
        more = self._notices() - Counter(kinds)
        if more:
            self.wrong(f"notices that nobody expected: {', '.join(sorted(more.elements()))}")

    def _notices(self) -> Counter[str]:
        return Counter(notice["kind"] for notice in self.seen.notices)

    # What the people and systems of the story do

    def now(self) -> int:
        """µs, and never the same twice within a story: order in time decides about money."""
        self._clock = max(self._clock + 1, self._stage.now())
        return self._clock

    def new_id(self) -> str:
        self._made += 1
        return str(uuid5(self._ids, str(self._made)))

    def new_case(self) -> str:
        """The id for a case that an agent is about to open."""
        case_id = self.new_id()
        self._stage.knows(self, case_id)
        return case_id

    def also(self, order_id: str) -> None:
        """Another order of the same story."""
        self._stage.knows(self, order_id)

    def begins_as_checkout(self) -> None:
        """The payments are those of a checkout, whose id the order carries when it comes."""
        self.checkout_id = f"{self.order_id}-C"
        self._stage.knows(self, self.checkout_id)

    def fact(self, topic: str, record: str, order_id: str, value: Value) -> None:
        """Publishes an event about an order; event_id and occurred_at are added."""
        self.fact_with_key(topic, record, f"{self.market.channel}:{order_id}", value)

    def fact_with_key(self, topic: str, record: str, key: str, value: Value) -> None:
        event = {"event_id": self.new_id(), "occurred_at": self.now()} | value
        for _ in range(1 + self.echo):
            self._stage.publish(self, topic, record, key, event)

    def command(self, command_id: str, command: str, key: str, value: Value) -> None:
        self._stage.knows(self, command_id)
        for _ in range(1 + self.echo):
            self._stage.publish(self, COMMANDS, f"commands.{command}", key, value)

    def soon(self, act: Callable[[], None]) -> None:
        """A moment later, as a system answers that has work of its own."""
        self._stage.later(self, self.chance.choice((0.0, 0.0, 0.01, 0.05)), act)

    # What the world does with the story

    def take(self, record: Record) -> None:
        """A record of this story came: keep it, and let gateway, notifier and shop react."""
        if record.name == PARKED:
            self.wrong(f"a message of this story was parked: {record.value}")
            return
        if not self.seen.take(record):
            return
        if record.name == REQUEST:
            self.gateway.asked(record.value)
        elif record.name == NOTICE:
            self.notifier.asked(record.key, record.value)
        elif record.name in ("postsales.ExchangeOrderCreated", "postsales.ReshipmentOrderCreated"):
            self._stage.knows(self, record.value["order"]["order_id"])
            self.shop.take_over(record.value["order"])

    def step(self) -> bool:
        """Goes on as far as it can. True: the story is at its end, well or badly."""
        try:
            self.waiting = next(self._script)
        except StopIteration:
            return True
        except Broken:
            return True
        return False

    def give_up(self, seconds: float) -> None:
        """Nothing has happened for too long."""
        self.wrong(f"nothing for {seconds:.0f} s while waiting for {self.waiting.what}; {self.seen.summary()}")
        self._script.close()

    def final_wrongs(self, exactly_once: bool) -> tuple[str, ...]:
        """All that was wrong, with what shows only after everything is over."""
        if exactly_once and self.seen.repeated:
            self.wrong(f"{self.seen.repeated} events came more than once")
        return (*self.wrongs, *self.seen.wrongs)
