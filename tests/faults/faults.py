"""What is done to the workers and to what they depend on. Each is one function that strikes, and returns once it is healed."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.faults.scene import Scene

Act = Callable[["Scene", Random], None]


class NotHere(Exception):
    """This machine does not let us do it; the reason is said."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`name` as the table has it; `told`: one line for its reader. `quiet`: struck while no story is under way.

    `stop`: the code with which the worker has to end; the act checks it, and repairs as its sentence says. `brokers`: so
    many there have to be.
    """

    name: str
    told: str
    act: Act
    quiet: bool = False
    stop: str = ""
    brokers: int = 1


FAULTS: Final[dict[str, Fault]] = {}


def fault(name: str, told: str, *, quiet: bool = False, stop: str = "", brokers: int = 1) -> Callable[[Act], Act]:
    """Enters the function in the catalogue."""

    def enter(act: Act) -> Act:
        FAULTS[name] = Fault(name, told, act, quiet, stop, brokers)
        return act

    return enter


def in_turn(*names: str) -> Fault:
    """One fault that strikes as each of these does, one after the other. None of them may be quiet or stop a worker."""
    faults = [FAULTS[name] for name in names]
    assert not any(one.quiet or one.stop for one in faults)

    def act(scene: "Scene", chance: Random) -> None:
        for one in faults:
            one.act(scene, chance)

    return Fault(", then ".join(names), "; then ".join(one.told for one in faults), act)
