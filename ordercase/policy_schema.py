"""The policy file for editors: a JSON Schema from the same table that the file is read by (examples/policy.schema.json)."""

from typing import Any

from domain.policy import Policy
from domain.policy_file import RIGHTS
from domain.policy_values import SECTIONS
from ordercase.policies import as_file


def document() -> dict[str, Any]:
    """The schema as it is committed; a test compares."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Policy of an ordercase deployment",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "default": {"$ref": "#/definitions/policy"},
            "channel": {
                "description": "Rules of single sales channels, laid over the default ones key by key.",
                "type": "object",
                "additionalProperties": {"$ref": "#/definitions/policy"},
            },
            "roles": {"type": "object", "additionalProperties": {"type": "array", "items": _rights()}},
        },
        "definitions": {
            "policy": {"type": "object", "additionalProperties": False, "properties": _sections()},
        },
    }


def _sections() -> dict[str, Any]:
    defaults = as_file(Policy())
    return {
        section: {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                key: {**value.schema, "default": defaults[section][key]} for key, (_, value) in keys.items()
            },
        }
        for section, (_, keys) in SECTIONS.items()
    }


def _rights() -> dict[str, Any]:
    """A right by its name, all of an area, or all."""
    areas = sorted({right.partition(".")[0] for right in RIGHTS})
    return {"enum": [*sorted(RIGHTS), *(f"{area}.*" for area in areas), "*"]}
