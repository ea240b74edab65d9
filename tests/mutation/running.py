"""Tries mutants, each in a fork of a process that has the tests collected: no import, no collection, a few ms each."""

import gc
import importlib
import os
import pickle
import resource
import signal
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final

import pytest

from tests.mutation.covering import Covering, covering, passes
from tests.mutation.mutants import Mutant

SURVIVED, TIMEOUT, NO_TEST = "survived", "timeout", "no test"
MEMORY: Final = 4 << 30
_ALL_PASSED: Final = 0xFFFFFFFF

Told = Callable[[Mutant, str], None]
"""What is called with each result: the test that failed, or one of the words above."""


class Trial:
    """A plugin for pytest that runs mutants instead of the tests that were collected.

    `only_for`: files of tests that are slow, with the modules whose mutants they are run for all the same.
    """

    def __init__(
        self, folder: Path, mutants: Iterable[Mutant], jobs: int, told: Told, only_for: Mapping[str, tuple[str, ...]]
    ) -> None:
        self._folder, self._mutants, self._jobs, self._told = folder, list(mutants), jobs, told
        self._only_for = only_for
        self._killers: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
        self._items: list[pytest.Item] = []

    def pytest_configure(self) -> None:
        """Property tests draw the same examples for every mutant."""
        from hypothesis import settings

        settings.register_profile("mutation", derandomize=True, database=None, deadline=None)
        settings.load_profile("mutation")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._items = session.items
        known: Covering = _in_a_fork(lambda: covering(self._items, self._folder))
        if known.failed:
            print(f"left out, since they fail without any change: {', '.join(known.failed)}", flush=True)
        for mutant in self._mutants:
            importlib.import_module(_module(mutant))
        gc.collect()
        gc.freeze()
        self._try_all(known)
        return True

    def _try_all(self, known: Covering) -> None:
        running: dict[int, tuple[Mutant, int]] = {}
        for mutant in self._mutants:
            tests = self._in_order(mutant, known)
            if not tests:
                self._told(mutant, NO_TEST)
                continue
            while len(running) >= self._jobs:
                self._reap(running)
            reading, writing = os.pipe()
            pid = os.fork()
            if pid == 0:
                os.close(reading)
                self._child(mutant, tests, writing, seconds=sum(known.seconds[test] for test in tests))
            os.close(writing)
            running[pid] = (mutant, reading)
        while running:
            self._reap(running)

    def _in_order(self, mutant: Mutant, known: Covering) -> list[int]:
        """What killed others of the function first, then the fastest: a mutant that dies should die at once."""
        killers = self._killers[mutant.path, mutant.function]
        module = Path(mutant.path).stem
        found = known.of(mutant.path, mutant.first, mutant.last)
        tests = [test for test in found if module in self._only_for.get(self._items[test].path.name, (module,))]
        return sorted(tests, key=lambda test: (-killers[test], known.seconds[test]))

    def _child(self, mutant: Mutant, tests: list[int], writing: int, seconds: float) -> None:
        """Runs the tests until one fails and says which. Never returns."""
        try:
            signal.signal(signal.SIGXCPU, signal.SIG_DFL)
            limit = int(seconds * 2) + 5
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            put_in(mutant)
            for number, test in enumerate(tests):
                following = self._items[tests[number + 1]] if number + 1 < len(tests) else None
                if not passes(self._items[test], following):
                    os.write(writing, test.to_bytes(4, "big"))
                    os._exit(1)
            os.write(writing, _ALL_PASSED.to_bytes(4, "big"))
        finally:
            os._exit(0)

    def _reap(self, running: dict[int, tuple[Mutant, int]]) -> None:
        pid, _ = os.wait()
        mutant, reading = running.pop(pid)
        said = os.read(reading, 4)
        os.close(reading)
        if not said:
            self._told(mutant, TIMEOUT)
        elif (test := int.from_bytes(said, "big")) == _ALL_PASSED:
            self._told(mutant, SURVIVED)
        else:
            self._killers[mutant.path, mutant.function][test] += 1
            self._told(mutant, self._items[test].nodeid)


def put_in(mutant: Mutant) -> None:
    """Gives the living function the mutant's code, so that whoever holds the function runs the mutant."""
    module = sys.modules[_module(mutant)]
    scope: dict[str, Any] = {}
    exec(compile(f"from __future__ import annotations\n{mutant.source}", mutant.path, "exec"), module.__dict__, scope)
    made = _bare(vars(scope["_"])[mutant.function] if mutant.owner else scope[mutant.function])
    living = _living(module, mutant)
    for inner in _inner(living.__code__):
        _into_those_made_before(inner, made.__code__)
    living.__code__ = made.__code__
    living.__defaults__ = made.__defaults__
    living.__kwdefaults__ = made.__kwdefaults__


def _inner(code: CodeType) -> list[CodeType]:
    """The functions that a function makes, as written; not its comprehensions, which nobody holds."""
    return [part for part in code.co_consts if isinstance(part, CodeType) and not part.co_name.startswith("<")]


def _into_those_made_before(inner: CodeType, outer: CodeType) -> None:
    """What a function made while its module was imported (how a kind of value is read) gets the mutant's code too."""
    changed = [
        part for part in _inner(outer) if part.co_name == inner.co_name and part.co_freevars == inner.co_freevars
    ]
    gc.unfreeze()
    for holder in gc.get_referrers(inner) if len(changed) == 1 else ():
        if isinstance(holder, FunctionType):
            holder.__code__ = changed[0]


def _living(module: ModuleType, mutant: Mutant) -> FunctionType:
    home = vars(vars(module)[mutant.owner]) if mutant.owner else vars(module)
    return _bare(home[mutant.function])


def _bare(thing: Any) -> FunctionType:
    """The function itself, without property, staticmethod or what a decorator put around it."""
    while not isinstance(thing, FunctionType) or hasattr(thing, "__wrapped__"):
        thing = thing.fget if isinstance(thing, property) else thing.__wrapped__
    return thing


def _module(mutant: Mutant) -> str:
    return mutant.path.removesuffix(".py").replace("/", ".")


def _in_a_fork(question: Callable[[], Any]) -> Any:
    """The answer worked out in another process: what it remembers on the way is gone with it."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        with os.fdopen(writing, "wb") as out:
            pickle.dump(question(), out)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        told = answer.read()
    os.waitpid(pid, 0)
    return pickle.loads(told)
