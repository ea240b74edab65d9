"""The constructor of a frozen dataclass at half the cost of the one that `dataclasses` writes, for records that every
input makes.

A frozen class goes around its own lock for each field; making records was a tenth of all the rules' time (by sampling).
Here the record loses the lock once, is filled, and gets it back: worth it from four fields on.
"""

from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar

from domain.copying import blank_of

Record = TypeVar("Record")


def quickly_made(cls: type[Record]) -> type[Record]:
    """Gives a frozen, slotted dataclass without __post_init__ a constructor that does the same in less time."""
    by_place = [field for field in fields(cls) if not field.kw_only]  # type: ignore[arg-type]
    by_name = [field for field in fields(cls) if field.kw_only]  # type: ignore[arg-type]
    # No field begins with an underscore, so none can be taken for one of the constructor's own names.
    scope: dict[str, Any] = {"_unlock": object.__setattr__, "_blank": blank_of(cls), "_cls": cls, "_new": object()}
    parameters = [_parameter(field, scope) for field in by_place]
    parameters += ["*", *(_parameter(field, scope) for field in by_name)] if by_name else []
    body = "".join(f"    _self.{field.name} = {_value(field)}\n" for field in (*by_place, *by_name))
    text = (
        f"def __init__(_self, {', '.join(parameters)}):\n"
        f"    _unlock(_self, '__class__', _blank)\n{body}    _self.__class__ = _cls\n"
    )
    made_before = cls.__init__
    exec(text, scope)  # noqa: S102 - the text is made of field names of our own classes
    constructor = scope["__init__"]
    constructor.__annotations__, constructor.__qualname__ = made_before.__annotations__, made_before.__qualname__
    cls.__init__ = constructor  # type: ignore[method-assign]
    return cls


def _parameter(field: Field[Any], scope: dict[str, Any]) -> str:
    """A field's parameter; its default, or what makes one, goes into the scope."""
    if field.default_factory is not MISSING:
        scope[f"_new_{field.name}"] = field.default_factory
        return f"{field.name}=_new"
    if field.default is not MISSING:
        scope[f"_default_{field.name}"] = field.default
        return f"{field.name}=_default_{field.name}"
    return field.name


def _value(field: Field[Any]) -> str:
    if field.default_factory is MISSING:
        return field.name
    return f"_new_{field.name}() if {field.name} is _new else {field.name}"
