"""What an editor makes of the JSON Schema of a policy file."""

import re
from typing import Any


def fits(schema: Any, value: Any) -> bool:
    """As much of JSON Schema as the document uses; a word that is not known here fails."""
    checks: dict[str, Any] = {
        "type": lambda kind: _is(kind, value),
        "enum": lambda among: value in among and not isinstance(value, bool),
        "pattern": lambda pattern: not isinstance(value, str) or re.search(pattern, value) is not None,
        "minLength": lambda least: not isinstance(value, str) or len(value) >= least,
        "minimum": lambda least: not _is("number", value) or value >= least,
        "maximum": lambda most: not _is("number", value) or value <= most,
        "anyOf": lambda options: any(fits(option, value) for option in options),
        "items": lambda each: not isinstance(value, list) or all(fits(each, item) for item in value),
        "required": lambda names: not isinstance(value, dict) or set(names) <= set(value),
        "propertyNames": lambda names: not isinstance(value, dict) or all(fits(names, key) for key in value),
        "properties": lambda named: (
            not isinstance(value, dict) or all(fits(named[key], item) for key, item in value.items() if key in named)
        ),
        "additionalProperties": lambda other: (
            not isinstance(value, dict)
            or all(
                other is not False and fits(other, item)
                for key, item in value.items()
                if key not in schema.get("properties", {})
            )
        ),
        "default": lambda _: True,
    }
    return all(checks[word](said) for word, said in schema.items())


def _is(kind: str, value: Any) -> bool:
    kinds: dict[str, Any] = {
        "boolean": bool,
        "string": str,
        "array": list,
        "object": dict,
        "integer": int,
        "number": (int, float),
    }
    return isinstance(value, kinds[kind]) and (kind == "boolean" or not isinstance(value, bool))
