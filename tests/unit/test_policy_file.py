"""The policy file: every mistake at once, each with its line, and editors told the same as its reader (domain.md 12).

`python tests/unit/test_policy_file.py` writes examples/policy.schema.json anew.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from domain.policy import DAY, HOUR, Policy
from domain.policy_file import PolicyMistakes, read
from domain.policy_values import SECTIONS, Wrong
from domain.vocabulary import ReceiptOutcome
from ordercase.policies import as_file
from ordercase.policy_schema import document
from tests.builders.desk import CHANNEL, Desk, line
from tests.builders.editors import fits

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SCHEMA = EXAMPLES / "policy.schema.json"

EIGHT = """\
[default.cancel]
statuses = ["NEW", "NEWISH"]
answer_hours = -1
resaons = []
[default.refunds]
at = "SOON"
auto_release = { return = "yes", cancellation = false }
[channel.web-de.returns]
damaged = "part:100"
[channel.web-de.retruns]
window_days = 14
[roles]
agent = ["cases.*", "cases.wrok"]
"""


def mistakes(text: str) -> list[tuple[int, str]]:
    with pytest.raises(PolicyMistakes) as caught:
        read(text)
    return [(one.line, one.sentence) for one in caught.value.mistakes]


def test_eight_mistakes_are_eight_lines() -> None:
    found = mistakes(EIGHT)
    assert [number for number, _ in found] == [2, 3, 4, 6, 7, 9, 10, 13]
    words = (
        "NEWISH",
        "number ≥ 0",
        "no such key",
        "APPROVED",
        "return: expected",
        "1–99",
        "no such section",
        "no right",
    )
    for (_, sentence), word in zip(found, words, strict=True):
        assert word in sentence


def test_each_mistake_in_one_value_is_told() -> None:
    text = '[default.cancel]\nstatuses = ["A", "NEW", "B"]\n[default.cases]\nsla_hours = { 0 = 1, 1 = "soon", 2 = 3 }\n'
    assert [number for number, _ in mistakes(text)] == [2, 2, 4, 4]
    fees = "[default.returns]\nrestocking_fee = { eur = 1, USD = -1, EUR = 5 }\n"
    assert len(mistakes(fees)) == 2


@pytest.mark.parametrize("text", ["[default.cancel\n", "[default]\ncancel = 3\n", "default = 3\n", "[nope]\n", "roles = 1\n",
                                  "channel = 1\n", "[channel]\nweb = 1\n", '[default.cancel]\nanswer_hours = "P99999999999999D"\n',
                                  "[default.cancel]\nanswer_hours = inf\n"])  # fmt: skip
def test_what_is_no_policy_at_all_is_told_with_its_line(text: str) -> None:
    assert all(number >= 1 for number, _ in mistakes(text))


def test_a_channel_lays_over_the_default_key_by_key_inline_tables_too() -> None:
    read_ = read(
        "[default.refunds]\nauto_release = { return = false }\nanswer_hours = 2\n"
        "[default.returns]\nreasons = ['A', 'B']\n"
        "[channel.web-de.refunds]\nauto_release = { appeasement = false }\n"
        "[channel.web-de.returns]\nreasons = ['C']\n[default.cases]\nsla_hours = { 2 = 1 }\n"
    )
    web, other = read_.of("web-de"), read_.of("web-fr")
    released = web.refunds.auto_release
    assert (released.return_, released.cancellation, released.appeasement) == (False, True, False)
    assert other.refunds.auto_release.appeasement
    assert (web.refunds.answer, web.returns.reasons, other.returns.reasons) == (2 * HOUR, ("C",), ("A", "B"))
    assert web.cases.sla == {1: 4 * HOUR, 2: HOUR, 3: 24 * HOUR, 4: 72 * HOUR}


def test_two_channels_with_opposite_switches_behave_oppositely_in_one_run() -> None:
    desk = Desk(read(f'[channel."{CHANNEL}".returns]\nauto_approve = false\n[default.returns]\nexpire_days = 3\n'))
    desk.place(line(1), captured=1000)
    desk.ships(1)
    desk.returns((1, 1))
    (found,) = desk.file().returns.values()
    assert found.state == "REQUESTED"
    desk.receives(found.rma, (1, 1, ReceiptOutcome.GOOD))
    assert next(iter(desk.file().returns.values())).state != "REQUESTED"
    assert desk.policies.of("web-fr").returns.auto_approve
    assert desk.policies.of(CHANNEL).returns.expire == 3 * DAY


# Editors


SAMPLES: tuple[Any, ...] = (
    True, False, 0, 1, -1, 2.5, 10**9, "", "x", "NEW", "NEWISH", "PT2S", "P1DT2H", "P", "PT", "PT1.5S", "1D", "person", "part:7",
    "part:07", "part:00", "part:100", "ADVANCE", "HOLD", "never", "APPROVED", [], [""], ["NEW"], ["newest"], ["REFUND_RELEASED"], ["any"],
    ["NEW", 1], {}, {"EUR": 500}, {"EUR": -1}, {"eur": 1}, {"EUR": 1.5}, {"1": 4}, {"0": 4}, {"1": "PT2S"}, {"1": -4}, {"g": ["anna"]},
    {"g": "anna"}, {"return": True}, {"return": 1}, {"returns": True}, [{"code": "A", "label": "B"}], [{"code": "A"}],
    [{"code": "A", "label": ""}], [{"code": "A", "label": "B", "c": "D"}], None,
)  # fmt: skip


@pytest.mark.parametrize("section", SECTIONS)
def test_an_editor_takes_what_the_reader_takes(section: str) -> None:
    for key, (_, kind) in SECTIONS[section][1].items():
        taken = 0
        for sample in SAMPLES:
            try:
                kind.read(sample)
                good = True
            except Wrong:
                good = False
            assert fits(kind.schema, sample) is good, f"{section}.{key} = {sample!r}"
            taken += good
        assert 0 < taken < len(SAMPLES)


@pytest.mark.checkout
def test_the_committed_schema_is_the_readers() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == document(), "python tests/unit/test_policy_file.py"


@pytest.mark.checkout
def test_the_example_says_the_defaults_and_where_its_schema_is() -> None:
    text = (EXAMPLES / "policy.toml").read_text(encoding="utf-8")
    assert text.startswith("#:schema ./policy.schema.json\n")
    assert read(text).default == Policy()
    sections = document()["definitions"]["policy"]["properties"]
    assert all(fits(sections[name], values) for name, values in as_file(Policy()).items())
    keys = re.findall(r"(?m)^([a-z_]+) =", text)
    assert len(keys) == sum(len(keys) for _, keys in SECTIONS.values())


if __name__ == "__main__":
    SCHEMA.write_text(json.dumps(document(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
