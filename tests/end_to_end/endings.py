"""How orders ended, in a form in which two runs of the same stories can be compared: without ids and times."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from tests.end_to_end.outside import ENTITY_ID, Published

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NUMBERS: Final = re.compile(r"\b(CASE|TASK|RMA|CN)-?\d+\b")
_LEFT_OUT: Final = re.compile(
    # When, by what and whom the last step was; how many steps (facts of several topics come in any order); made-up ids.
    r".*_at|actor|version|previous_state|event_id|cause_id|.*reference|updated|placed"
)


def plain(value: object, prefix: str) -> object:
    """A value without times, versions and ids; the prefix of a run's order ids is taken out of every text."""
    if isinstance(value, Mapping):
        return {name: plain(part, prefix) for name, part in sorted(value.items()) if not _LEFT_OUT.fullmatch(name)}
    if isinstance(value, list | tuple):
        return sorted((plain(part, prefix) for part in value), key=_text)
    if isinstance(value, str):
        return _NUMBERS.sub(r"\1", _UUID.sub("id", value)).replace(prefix, "")
    return value


def endings(published: Iterable[Published], prefix: str) -> Counter[str]:
    """The last state of every order, case, task and remedy of the run with this prefix, and all that was asked and made.

    Each as one line of JSON, counted: without their ids many are alike.
    """
    last: dict[tuple[str, str], Published] = {}
    others = []
    for one in published:
        if not one.record or one.record.startswith("replies.") or prefix not in _text(one.value):
            continue
        if "checkout_id" in one.value.get("facts", {}):
            # A payment may be given back before the checkout has told whose it is: then there is nobody to write to.
            continue
        if one.record in ENTITY_ID:
            last[one.entity] = one
        else:
            others.append(one)
    return Counter(_text([one.record, plain(_told(one), prefix)]) for one in [*last.values(), *others])


def _told(one: Published) -> Mapping[str, Any]:
    """A case on a checkout may be opened before the checkout has told whose it is: then it stays without an account."""
    of_checkout = one.record == "cases.CaseChanged" and one.value.get("checkout_id")
    return {**one.value, "account_id": None} if of_checkout else one.value


def exported(lines: str, prefix: str) -> Counter[str]:
    """What `ordercase orders export --format jsonl` printed, in the same way."""
    return Counter(_text(plain(json.loads(line), prefix)) for line in lines.splitlines())


def difference(torn: Counter[str], calm: Counter[str]) -> list[str]:
    """What one run has and the other has not, for the reader of a failure."""
    return [f"only with kills: {line}" for line in torn - calm] + [f"only without: {line}" for line in calm - torn]


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
