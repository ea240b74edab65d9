"""The proxy does what it says to plain sockets, and sees the moments that it has to see."""

import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest

from tests.faults import packets
from tests.faults.packets import lost
from tests.faults.proxy import Connection, Link
from tests.faults.taps import ADD_PARTITIONS_TO_TXN, END_TXN, TXN_OFFSET_COMMIT, DatabaseWatch, KafkaWatch


def _echo(server: socket.socket) -> None:
    while True:
        try:
            one, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_answer, args=(one,), daemon=True).start()


def _answer(one: socket.socket) -> None:
    with one:
        try:
            while data := one.recv(65_536):
                one.sendall(data)
        except OSError:
            return


@pytest.fixture(name="target")
def _target() -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_echo, args=(server,), daemon=True)
        thread.start()
        yield server.getsockname()
        server.shutdown(socket.SHUT_RDWR)


@pytest.fixture(name="link")
def _link(target: tuple[str, int]) -> Iterator[Link]:
    link = Link(target)
    yield link
    link.close()


def client(link: Link) -> socket.socket:
    """Connected, and known to answer."""
    made = socket.create_connection(("127.0.0.1", link.port), timeout=5)
    assert echoed(made, b"hello") == b"hello"
    return made


def echoed(one: socket.socket, data: bytes, within: float = 5.0) -> bytes:
    one.settimeout(within)
    one.sendall(data)
    return one.recv(65_536)


def test_a_reset_is_heard_at_once_and_the_next_connection_works(link: Link) -> None:
    with client(link) as one:
        assert link.reset() == 1
        with pytest.raises(ConnectionResetError):
            echoed(one, b"more")
    with client(link):
        pass


def test_silence_holds_everything_back_until_it_ends(link: Link) -> None:
    with client(link) as one:
        link.silent = True
        with pytest.raises(TimeoutError):
            echoed(one, b"held", 0.3)
        link.heal()
        assert one.recv(65_536) == b"held"


def test_half_open_is_not_heard(link: Link) -> None:
    with client(link) as one:
        assert link.leave_half_open() == 1
        with pytest.raises(TimeoutError):
            echoed(one, b"lost", 0.3)


def test_slow_and_narrow_take_their_time(link: Link) -> None:
    with client(link) as one:
        link.delay = 0.1
        began = time.monotonic()
        echoed(one, b"late")
        assert time.monotonic() - began >= 0.2
        link.delay, link.rate = 0.0, 1000
        began = time.monotonic()
        echoed(one, b"x" * 200)
        assert time.monotonic() - began >= 0.4


@pytest.mark.parametrize("kernel", [True, False])
def test_lost_packets_come_when_they_are_sent_again(link: Link, kernel: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not kernel:
        monkeypatch.setattr(packets, "_nft", lambda _rules: False)
    with client(link) as one:
        with lost([link], 100, 20) as by:
            assert kernel or by == "the proxy"
            with pytest.raises(TimeoutError):
                echoed(one, b"late", 0.5)
        one.settimeout(10)
        assert one.recv(65_536) == b"late"


def test_the_commit_of_a_batch_is_caught_and_of_nobody_else(target: tuple[str, int]) -> None:
    seen = []

    def hook(_connection: Connection, data: bytes) -> bool:
        seen.append(data)
        return True

    prepare, bind = b"P\0\0\0\x17_pg3_4\0COMMIT\0\0\0", b"B\0\0\0\x14\0_pg3_4\0\0\0\0\0\0\0"
    for name, told in ((b"ordercase-relay", 0), (b"ordercase-loop", 1)):
        watch = DatabaseWatch()
        link = Link(target, watch)
        with socket.create_connection(("127.0.0.1", link.port), timeout=5) as one:
            echoed(one, b"user\0me\0application_name\0" + name + b"\0\0")
            echoed(one, prepare)
            watch.asked = hook
            echoed(one, bind)
            assert len(seen) == told
            watch.answered = hook
            echoed(one, b"C\x00\x00\x00\x0bCOMMIT\x00")
        assert len(seen) == 2 * told
        link.close()


def request(api: int, correlation: int) -> bytes:
    """A request to Kafka."""
    body = struct.pack(">hhi", api, 1, correlation) + b"..."
    return struct.pack(">i", len(body)) + body


def test_a_position_is_caught_only_when_it_is_watched_and_whether_events_went_before_it_is_known(
    target: tuple[str, int],
) -> None:
    watch = KafkaWatch()
    link = Link(target, watch)
    seen: list[bool] = []

    def hook(_connection: Connection, _frame: bytes) -> bool:
        seen.append(watch.events)
        return True

    with socket.create_connection(("127.0.0.1", link.port), timeout=5) as one:
        for watched, requests, told in (
            (END_TXN, (ADD_PARTITIONS_TO_TXN, TXN_OFFSET_COMMIT), []),
            (TXN_OFFSET_COMMIT, (TXN_OFFSET_COMMIT,), [True]),
            (TXN_OFFSET_COMMIT, (ADD_PARTITIONS_TO_TXN, END_TXN, TXN_OFFSET_COMMIT), [True, False]),
        ):
            watch.watched, watch.asked = watched, hook
            for number, api in enumerate(requests):
                echoed(one, request(api, number))
            assert seen == told
    watch.forget()
    assert watch.watched == END_TXN
    link.close()


def test_the_end_of_a_kafka_transaction_is_caught_whatever_the_pieces_are(target: tuple[str, int]) -> None:
    watch = KafkaWatch()
    link = Link(target, watch)
    seen: list[bytes] = []

    def held(_connection: Connection, frame: bytes) -> bool:
        seen.append(frame)
        return False

    ending, other = request(26, 8), request(0, 7)
    with socket.create_connection(("127.0.0.1", link.port), timeout=5) as one:
        watch.asked = held
        one.sendall((other + ending)[:20])
        time.sleep(0.05)
        one.sendall((other + ending)[20:] + request(0, 9))
        one.settimeout(5)
        got = b""
        while len(got) < 2 * len(other):
            got += one.recv(65_536)
    assert seen == [ending]
    assert got == other + request(0, 9)
    link.close()
