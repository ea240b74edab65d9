"""A changed copy of a frozen dataclass, as `dataclasses.replace` makes it, at a tenth of its cost.

Every input makes a dozen such copies, and `dataclasses.replace` was the largest single cost of the rules (15 % by
profile): it looks at every field's description and runs the constructor, which in a frozen class goes around its own lock
field by field. Here a blank of the same slots, which is not frozen, is filled by code that is written once a class, and
then given its class. It holds for slotted dataclasses without __post_init__, which all of the domain's are; a test says so.
"""

from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

_COPIERS: Final[dict[type[Any], Callable[..., Any]]] = {}


if TYPE_CHECKING:
    from dataclasses import replace as replace  # noqa: PLC0414 - the checker knows this one's fields
else:

    def replace(record: Any, /, **changes: Any) -> Any:
        """The same record with these fields changed. Raises TypeError for a field that it does not have."""
        copier = _COPIERS.get(type(record)) or _made(type(record))
        return copier(record, changes)


def blank_of(cls: type[Any]) -> type[Any]:
    """A class of the same slots that is not frozen: what is made of it can be given the class itself when it is filled."""
    unlocked = {"__slots__": cls.__slots__, "__setattr__": object.__setattr__}
    return type(f"{cls.__name__}Blank", cls.__bases__, unlocked)


def _made(cls: type[Any]) -> Callable[..., Any]:
    """Writes the copier of a class: one assignment a slot, then the changes over it.

    A parameter a field, each either given or not, costs the copy of a record with 27 fields twice as much.
    """
    body = "".join(f"    made.{field.name} = record.{field.name}\n" for field in fields(cls))
    text = (
        f"def _copier(record, changes):\n    made = new(blank)\n{body}"
        "    for name, value in changes.items():\n"
        "        if name not in names:\n"
        "            raise TypeError(f'{cls.__name__} has no field {name!r}')\n"
        "        change(made, name, value)\n"
        "    made.__class__ = cls\n    return made\n"
    )
    scope: dict[str, Any] = {
        "new": object.__new__, "blank": blank_of(cls), "cls": cls, "change": setattr,
        "names": frozenset(field.name for field in fields(cls)),
    }  # fmt: skip
    exec(text, scope)  # noqa: S102 - the text is made of field names of our own classes
    copier: Callable[..., Any] = scope["_copier"]
    _COPIERS[cls] = copier
    return copier
