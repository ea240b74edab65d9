"""A changed copy of a frozen dataclass, as `dataclasses.replace` makes it, at a third of its cost.

Every input makes a dozen such copies, and `dataclasses.replace` was the largest single cost of the rules (15 % by
profile): it looks at every field's description and runs the constructor. Here the copy is made slot by slot by code that is
written once a class. It holds for slotted dataclasses without __post_init__, which all of the domain's are; a test says so.
"""

from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

_COPIERS: Final[dict[type[Any], Callable[[Any, dict[str, Any]], Any]]] = {}


if TYPE_CHECKING:
    from dataclasses import replace as replace  # noqa: PLC0414 - the checker knows this one's fields
else:

    def replace(record: Any, /, **changes: Any) -> Any:
        """The same record with these fields changed. Raises TypeError for a field that it does not have."""
        copier = _COPIERS.get(type(record)) or _made(type(record))
        return copier(record, changes)


def _made(cls: type[Any]) -> Callable[[Any, dict[str, Any]], Any]:
    """Writes the copier of a class: one assignment a slot, the changes taken from the dictionary that shrinks to nothing."""
    names = [field.name for field in fields(cls)]
    scope: dict[str, Any] = {"new": object.__new__, "cls": cls}
    scope.update({f"set_{name}": getattr(cls, name).__set__ for name in names})
    body = "\n".join(f"    set_{name}(made, pop({name!r}) if {name!r} in changes else record.{name})" for name in names)
    text = (
        "def copier(record, changes):\n    made = new(cls)\n    pop = changes.pop\n"
        f"{body}\n"
        "    if changes:\n"
        "        raise TypeError(f'{cls.__name__} has no field {next(iter(changes))!r}')\n"
        "    return made\n"
    )
    exec(text, scope)  # noqa: S102 - the text is made of field names of our own classes
    copier: Callable[[Any, dict[str, Any]], Any] = scope["copier"]
    _COPIERS[cls] = copier
    return copier
