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
_SAME: Final = object()


if TYPE_CHECKING:
    from dataclasses import replace as replace  # noqa: PLC0414 - the checker knows this one's fields
else:

    def replace(record: Any, /, **changes: Any) -> Any:
        """The same record with these fields changed. Raises TypeError for a field that it does not have."""
        copier = _COPIERS.get(type(record)) or _made(type(record))
        return copier(record, **changes)


def blank_of(cls: type[Any]) -> type[Any]:
    """A class of the same slots that is not frozen: what is made of it can be given the class itself when it is filled."""
    unlocked = {"__slots__": cls.__slots__, "__setattr__": object.__setattr__}
    return type(f"{cls.__name__}Blank", cls.__bases__, unlocked)


def _made(cls: type[Any]) -> Callable[..., Any]:
    """Writes the copier of a class: one assignment a slot, from the change or the record."""
    names = [field.name for field in fields(cls)]
    # No field begins with an underscore, so none can be taken for one of the copier's own names.
    parameters = "".join(f", {name}=_same" for name in names)
    body = "".join(f"    _made.{name} = _record.{name} if {name} is _same else {name}\n" for name in names)
    text = (
        f"def _copier(_record, /, *{parameters}):\n    _made = _new(_blank)\n"
        f"{body}    _made.__class__ = _cls\n    return _made\n"
    )
    scope: dict[str, Any] = {"_new": object.__new__, "_blank": blank_of(cls), "_cls": cls, "_same": _SAME}
    exec(text, scope)  # noqa: S102 - the text is made of field names of our own classes
    copier: Callable[..., Any] = scope["_copier"]
    _COPIERS[cls] = copier
    return copier
