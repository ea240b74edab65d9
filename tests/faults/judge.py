"""Reads every outbound topic and the database, and says what was lost, doubled, put out of order or left out.

It shares nothing with the worker but the contract: what was committed to the outbox is known from a copy that PostgreSQL
keeps itself (records.py), what came in is read from Kafka again, what should have come of it is in the simulator's books.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import md5
from typing import Any, Final

import psycopg

from ordercase.simulate import Verdict
from schemas.topics import COMMANDS, DEAD_LETTERS, INBOUND, OUTBOUND, REPLIES
from tests.end_to_end.outside import ENTITY_ID, Published, Reader
from tests.faults.scene import Scene
from tests.real.reading import Partition

LOST, DOUBLED, REORDERED, HOLES, MODEL = "lost", "doubled", "reordered", "holes", "model"
DEADLOCKS: Final = "deadlocks"
"""They are survived, and cost a second each; there are none where everybody locks in one order."""

STATES: Final = {
    "postsales.OrderStateChanged": "SELECT order_key, version FROM orders WHERE version > 0",
    "cases.CaseChanged": "SELECT case_id, version FROM cases WHERE version > 0",
    "postsales.": "SELECT entity_id, version FROM post_sales WHERE version > 0",
}
"""Where the database has the version that was published last."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`kind`: the column it counts in; `judge`: who found it; `count`: so many; `said`: one of them, in words."""

    kind: str
    judge: str
    count: int
    said: str


@dataclass(slots=True)
class Judge:
    """Judges one scene, again and again; each time what came since the time before, against all that came ever."""

    scene: Scene
    reader: Reader
    poisoned: dict[tuple[str, str], int] = field(default_factory=dict)
    """Topic and key → how many messages are parked there, on purpose."""
    inputs: int = 0
    outputs: int = 0
    _read: dict[Partition, int] = field(default_factory=dict)
    _seq: int = 0
    _expected: dict[tuple[str, str, str, str], deque[int]] = field(default_factory=lambda: defaultdict(deque))
    _last: dict[Partition, int] = field(default_factory=dict)
    _versions: dict[tuple[str, str], tuple[int, str | None]] = field(default_factory=dict)
    _places: dict[tuple[str, str], set[int]] = field(default_factory=lambda: defaultdict(set))
    _commands: Counter[str] = field(default_factory=Counter)
    _answers: Counter[str] = field(default_factory=Counter)
    _deadlocks: int = 0
    _ways: dict[str, set[bytes]] = field(default_factory=lambda: defaultdict(set))

    def judge(self, verdict: Verdict | None) -> list[Finding]:
        """All that is wrong; the scene has to be at rest. `verdict`: what the simulator says of the stories."""
        published = self._news(OUTBOUND)
        came = self._news(INBOUND)
        self.scene.anew.clear()
        self.inputs += len(came)
        self.outputs += len(published)
        with psycopg.connect(self.scene.url, autocommit=True, connect_timeout=10) as connection:
            found = [
                *self._outbox(connection, published),
                *self._entities(published),
                *self._replies(published, came),
                *self._taken_in(connection, came),
                *self._parked(connection),
                *self._states(connection),
                *self._told(connection),
                *self._deadlocked(connection),
            ]
        return [*found, *_model(verdict)]

    def _news(self, topics: Iterable[str]) -> list[Published]:
        self._read = {place: at for place, at in self._read.items() if place[0] not in self.scene.anew}
        found = self.reader.published(topics, self._read)
        for one in found:
            place = one.topic, one.partition
            self._read[place] = max(self._read.get(place, 0), one.offset + 1)
        return found

    def _outbox(self, connection: psycopg.Connection[Any], published: Sequence[Published]) -> Iterator[Finding]:
        """Each row that was ever committed came out, once, and in each partition in the order of the commits."""
        rows = connection.execute(
            "SELECT seq, event_id, topic, convert_from(key, 'UTF8'), coalesce(digest, '') FROM judge_outbox"
            " WHERE seq > %s ORDER BY seq", (self._seq,)
        ).fetchall()  # fmt: skip
        for seq, event_id, topic, key, digest in rows:
            known = "" if topic in (DEAD_LETTERS, REPLIES) else event_id  # these go out without it
            self._expected[topic, key or "", known, digest].append(seq)
        if rows and [row[0] for row in rows] != list(range(self._seq + 1, self._seq + 1 + len(rows))):
            yield Finding(HOLES, "outbox", 1, f"the outbox was not dense after {self._seq}")
        self._seq = rows[-1][0] if rows else self._seq
        doubled, disorder = [], []
        for one in published:
            left = self._expected.get((one.topic, one.key, _event_id(one), md5(one.raw).hexdigest()))
            if not left:
                doubled.append(one)
                continue
            seq, place = left.popleft(), (one.topic, one.partition)
            if seq < self._last.get(place, 0):
                disorder.append(f"{one.topic} {one.partition}: event {seq} after {self._last[place]}")
            self._last[place] = max(seq, self._last.get(place, 0))
        missing = [(seq, key) for key, left in self._expected.items() for seq in left]
        self._expected = defaultdict(deque)
        if missing:
            yield Finding(LOST, "outbox", len(missing), f"committed and never published: {sorted(missing)[0]}")
        if doubled:
            one = doubled[0]
            yield Finding(DOUBLED, "outbox", len(doubled), f"published though not, or not so often, committed:"
                          f" {one.topic} {one.key} {one.record} {one.value.get('event_id')}")  # fmt: skip
        if disorder:
            yield Finding(REORDERED, "outbox", len(disorder), disorder[0])

    def _entities(self, published: Iterable[Published]) -> Iterator[Finding]:
        """Versions 1, 2, 3 … of each entity, each from the state before; one key on one partition."""
        holes, back, moved = [], [], []
        for one in published:
            places = self._places[one.topic, one.key]
            places.add(one.partition)
            if len(places) > 1:
                moved.append(f"the key {one.key} of {one.topic} is on the partitions {sorted(places)}")
            if one.record not in ENTITY_ID:
                continue
            version, state = self._versions.get(one.entity, (0, None))
            here = one.value["version"]
            said = f"{' '.join(one.entity)}: version {here} after {version}"
            if here <= version:
                back.append(said)
            elif here != version + 1 or one.value["previous_state"] != state:
                holes.append(said)
            self._versions[one.entity] = (max(here, version), one.value["state"])
        yield from _all(HOLES, "versions", holes)
        yield from _all(DOUBLED, "versions", back)
        yield from _all(REORDERED, "partitions", moved)

    def _replies(self, published: Iterable[Published], came: Iterable[Published]) -> Iterator[Finding]:
        """As many answers as copies of a command came, all alike."""
        for one in came:
            if one.topic == COMMANDS and one.record:
                self._commands[str(one.value["command_id"])] += 1
        for one in published:
            if one.topic == REPLIES:
                self._answers[one.value["command_id"]] += 1
                if not one.value["dry_run"]:
                    self._ways[one.value["command_id"]].add(one.raw)
        silent = [name for name, copies in self._commands.items() if self._answers[name] < copies]
        loud = [name for name, answers in self._answers.items() if answers > self._commands[name]]
        yield from _all(LOST, "replies", [f"the command {name} has too few answers" for name in silent])
        yield from _all(DOUBLED, "replies", [f"the command {name} has too many answers" for name in loud])
        unlike = [name for name, ways in self._ways.items() if len(ways) > 1]
        yield from _all(MODEL, "replies", [f"the command {name} was answered differently" for name in unlike])

    def _taken_in(self, connection: psycopg.Connection[Any], came: Sequence[Published]) -> Iterator[Finding]:
        """Each message that came is remembered or parked; nothing is waited for any more when all stories are over."""
        ids = {(one.topic, str(one.value.get("event_id") or one.value.get("command_id"))): one for one in came
               if one.record and not one.value.get("dry_run")
               and (one.value.get("event_id") or one.value.get("command_id"))}  # fmt: skip
        known = {(kind, name) for kind, name in connection.execute(
            "SELECT kind, message_id::text FROM inbox WHERE message_id = ANY (%s::uuid[])",
            ([name for _, name in ids],),
        )}  # fmt: skip
        parked = {
            (row[0], row[1], row[2]) for row in connection.execute('SELECT topic, partition, "offset" FROM parked')
        }
        missing = [
            f"{one.topic} {one.partition} {one.offset} {one.record}"
            for identity, one in ids.items()
            if identity not in known and (one.topic, one.partition, one.offset) not in parked
        ]
        yield from _all(LOST, "inbox", [f"read past and neither applied nor parked: {said}" for said in missing])
        waits = connection.execute("SELECT topic, waits_key FROM waiting ORDER BY id").fetchall()
        yield from _all(LOST, "waiting", [f"a message of {topic} waits for {key} still" for topic, key in waits])

    def _parked(self, connection: psycopg.Connection[Any]) -> Iterator[Finding]:
        """Parked is what is poisoned and what comes behind it under its key, and nothing else."""
        rows = connection.execute(
            "SELECT topic, convert_from(key, 'UTF8'), count(*) FROM parked GROUP BY 1, 2"
        ).fetchall()
        found = {(topic, key): count for topic, key, count in rows}
        for name in sorted(found.keys() | self.poisoned.keys()):
            have, want = found.get(name, 0), self.poisoned.get(name, 0)
            if have != want:
                said = f"{have} messages of {name[0]} {name[1]} are parked, not {want}"
                yield Finding(LOST if have > want else REORDERED, "parked", abs(have - want), said)

    def _states(self, connection: psycopg.Connection[Any]) -> Iterator[Finding]:
        """What the database has as an entity's version is what was published last."""
        published: dict[str, int] = {name: version for (_, name), (version, _) in self._versions.items()}
        wrong = [
            f"{name} has version {version} in the database, {published.get(name, 0)} outside"
            for query in STATES.values()
            for name, version in connection.execute(query)
            if published.get(name, 0) != version
        ]
        yield from _all(HOLES, "states", wrong)

    def _told(self, connection: psycopg.Connection[Any]) -> Iterator[Finding]:
        """Nothing that a fault told of an order itself is forgotten over something else that came at the same time.

        The address is looked for in the document too: a write that knows nothing of it leaves the column as it is.
        """
        found = {
            key: (email, captured)
            for key, email, captured in connection.execute(
                "SELECT order_key, CASE WHEN strpos(document::text, email) > 0 THEN email END, captured_minor"
                " FROM orders JOIN order_search USING (order_key) WHERE order_key = ANY (%s)",
                (list(self.scene.expected),),
            )
        }
        wrong = [f"{key} has {found.get(key)}, not {want}" for key, want in self.scene.expected.items()
                 if found.get(key) != want]  # fmt: skip
        yield from _all(MODEL, "orders", wrong)

    def _deadlocked(self, connection: psycopg.Connection[Any]) -> Iterator[Finding]:
        query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        before, self._deadlocks = self._deadlocks, connection.execute(query).fetchall()[0][0]
        if self._deadlocks > before:  # a server that has crashed begins to count again
            yield Finding(DEADLOCKS, "locks", self._deadlocks - before, "PostgreSQL had to end a deadlock")


def _model(verdict: Verdict | None) -> Iterator[Finding]:
    """What the simulator says: stories that came out otherwise than they had to, and money that is not in both books."""
    if verdict is None:
        return
    wrong = [(ending, said) for ending in verdict.details for said in ending.wrongs]
    money = [f"{ending.story} {ending.order_id}: {said}" for ending, said in wrong if _about_money(said)]
    money += [books.sentence for books in verdict.books if not books.agree]
    stories = [f"{one.story} {one.order_id}: {one.wrongs[0]}" for one in verdict.details if not one.right]
    yield from _all(MODEL, "money", money)
    yield from _all(MODEL, "stories", stories)


def _about_money(said: str) -> bool:
    return "gateway" in said or "credit note" in said


def _all(kind: str, judge: str, said: Sequence[str]) -> Iterator[Finding]:
    if said:
        yield Finding(kind, judge, len(said), said[0])


def _event_id(one: Published) -> str:
    return "" if one.topic in (DEAD_LETTERS, REPLIES) else str(one.value["event_id"])
