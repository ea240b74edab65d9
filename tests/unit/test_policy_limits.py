"""Values of a policy file at their very limits, and where each mistake in it stands (domain.md 12)."""

from typing import Any

import pytest

from domain.policy import DAY, HOUR, Service
from domain.policy_file import Mistake, PolicyMistakes, read
from domain.policy_values import SECTIONS, Wrong, words
from tests.builders.editors import fits

MINUTE, SECOND = 60_000_000, 1_000_000


def value_of(key: str, said: object) -> object:
    """What the reader makes of it; the sentences of its mistakes where it is wrong."""
    section, _, name = key.partition(".")
    try:
        return SECTIONS[section][1][name][1].read(said)
    except Wrong as mistake:
        return mistake.sentences


@pytest.mark.parametrize(
    ("key", "said", "means"),
    [
        ("cancel.answer_hours", 0, 0),
        ("cancel.answer_hours", 1.5, 3 * HOUR // 2),
        ("cancel.answer_hours", 1_000_000, 1_000_000 * HOUR),
        ("returns.window_days", 1, DAY),
        ("returns.window_days", 1_000_000, 1_000_000 * DAY),
        ("returns.window_days", "P1DT2H3M4.5S", DAY + 2 * HOUR + 3 * MINUTE + 9 * SECOND // 2),
        ("returns.window_days", "PT1M", MINUTE),
        ("returns.window_days", "PT0S", 0),
        ("returns.window_days", "P1000000D", 1_000_000 * DAY),
        ("returns.damaged", "part:1", "part:1"),
        ("returns.damaged", "part:99", "part:99"),
        ("returns.restocking_fee", {"EUR": 0, "JPY": 1}, {"EUR": 0, "JPY": 1}),
        ("cases.sla_hours", {"1": 0, "10": "PT1S"}, {1: 0, 10: SECOND}),
        ("cases.groups", {"returns": ["anna", "bob"]}, {"returns": ("anna", "bob")}),
        ("cases.services", [{"code": "A", "label": "B"}], (Service("A", "B"),)),
        ("cases.services", [], ()),
        ("refunds.auto_release", {"return": False}, {"return_": False}),
        ("console.image_hosts", ["a", "b"], ("a", "b")),
    ],
)
def test_a_value_at_its_limit_means_what_it_says(key: str, said: object, means: object) -> None:
    assert value_of(key, said) == means


@pytest.mark.parametrize(
    ("key", "said", "each"),
    [
        ("cancel.answer_hours", -0.001, ["number ≥ 0"]),
        ("cancel.answer_hours", 1_000_000.5, ["number ≥ 0"]),
        ("cancel.answer_hours", True, ["number ≥ 0"]),
        ("cancel.answer_hours", "P", ["number ≥ 0"]),
        ("cancel.answer_hours", "PT", ["number ≥ 0"]),
        ("cancel.answer_hours", "P1000000DT1S", ["a clock could show"]),
        ("cancel.statuses", ["OLD", "NEW", "ODD"], ["'OLD'", "'ODD'"]),
        ("cancel.reasons", [""], ["list of words"]),
        ("refunds.at", "SOON", ["APPROVED, RECEIVED"]),
        ("returns.damaged", "part:0", ["part:<1"]),
        ("returns.damaged", "part:100", ["part:<1"]),
        ("returns.restocking_fee", {"EURO": 1, "EUR": True, "USD": -1}, ["'EURO'", "EUR: ", "USD: "]),
        ("cases.sla_hours", {"01": 1, "2": "soon", "3": 4}, ["'01'", "2: expected a number"]),
        ("cases.groups", {"returns": "anna"}, ["list of words"]),
        ("cases.services", [{"code": "A"}, {"code": "A", "label": "B"}], ["code"]),
        ("cases.services", [{"code": "A", "label": 1}], ["code"]),
        ("refunds.auto_release", {"all": True, "return": 1}, ["'all'", "return: "]),
        ("refunds.auto_release", True, ["return, cancellation, appeasement, checkout"]),
    ],
)
def test_each_mistake_in_a_value_is_a_sentence_of_its_own(key: str, said: object, each: list[str]) -> None:
    found = value_of(key, said)
    assert isinstance(found, tuple)
    assert len(found) == len(each)
    assert all(words_ in sentence for sentence, words_ in zip(found, each, strict=True))


@pytest.mark.parametrize(
    ("allowed", "said", "good"),
    [((), ["A"], True), ((), [], True), ((), [""], False), ((), "A", False), (("A", "B"), ["B", "A"], True), (("A", "B"), ["C"], False)],
)  # fmt: skip
def test_a_list_of_words_is_told_to_an_editor_as_it_is_read(allowed: tuple[str, ...], said: Any, good: bool) -> None:
    kind = words(*allowed)
    assert fits(kind.schema, said) is good
    if good:
        assert kind.read(said) == tuple(said)
    else:
        with pytest.raises(Wrong):
            kind.read(said)


# Places


@pytest.mark.parametrize(
    ("text", "line", "begins"),
    [
        ("[default.cancel]\n\nodd = 1\n", 3, "default.cancel.odd: no such key"),
        ("[default.cancel]\nreasons = ['A']\n[ default . 'returns' ]\n  expire_days  = -1\n", 4, "default.returns.expire_days = -1: "),
        ("default.cancel.odd = 1\n", 1, "default.cancel.odd: "),
        ("[default]\ncancel.odd = 1\n", 2, "default.cancel.odd: "),
        ("[default]\nreturns.expire_days = 1\ncancel = { odd = 1 }\n", 3, "default.cancel.odd: "),
        ("[channel.web.returns]\nexpire_days = 1\n[channel.fr.returns]\nexpire_days = -1\n", 4, "channel.fr.returns.expire_days = -1: "),
        ('[channel."web-de".cancel]\n"odd" = 1\n', 2, "channel.web-de.cancel.odd: "),
        ("[default.returns]\nexpire_days = 1\n[default.odd]\nexpire_days = 1\n", 3, "default.odd: no such section"),
        ("[default.returns]\nexpire_days = 1\n[default]\ncancel = 3\n", 4, "default.cancel: expected a table"),
        ("[default.returns]\n[odd.one]\nkey = 1\n", 2, "odd: no such table"),
        ("[default.returns]\nexpire_days = 1\n[[default.cancel]]\nodd = 1\n", 3, "default.cancel: expected a table"),
        ("[default.returns]\nreasons = [\n  'A',\n]\nexpire_days = -1\n", 5, "default.returns.expire_days = -1: "),
        ("[roles]\nagent = ['cases.*']\nclerk = ['cases.wrok']\n", 3, "roles.clerk: 'cases.wrok' is no right"),
        ("[roles]\nagent = ['cases.*']\nclerk = 'cases'\n", 3, "roles.clerk: expected a list of words"),
        ("[roles]\nagent = ['*']\nclerk = ['odd.*']\n", 3, "roles.clerk: 'odd.*' is no right"),
        ("[default.returns]\n[default.cancel] # was = 1\nodd = 1\n", 3, "default.cancel.odd: "),
        ("roles = {}\nchannel = 1\n", 2, "channel: expected [channel."),
        ("channel = {}\nroles = 1\n", 2, "roles: expected a table"),
        ("[channel.fr.returns]\n[channel.web]\nodd = { a = 1 }\n", 3, "channel.web.odd: no such section"),
        ('"no such" = 1\n', 0, "no such: no such table"),
        ("channel = {}\ndefault = 3\n", 2, "default: expected a table of sections"),
        ("[default.returns]\n[channel]\nfr = 1\n", 3, "channel.fr: expected a table of sections"),
        ("[default.returns]\nexpire_days = 1\nodd\n", 3, "this is not TOML"),
        ("[default.returns]\nreasons = [", 2, "this is not TOML"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_the_line_of_its_key(text: str, line: int, begins: str) -> None:
    with pytest.raises(PolicyMistakes) as caught:
        read(text)
    [mistake] = caught.value.mistakes
    assert (mistake.line, mistake.sentence[: len(begins)]) == (line, begins)
    assert str(caught.value) == f"line {line}: {mistake.sentence}"


def test_mistakes_are_told_from_the_top_of_the_file_to_its_end() -> None:
    with pytest.raises(PolicyMistakes) as caught:
        read("[roles]\na = ['x']\n[odd]\n[channel.web.cancel]\nx = 1\n[default.cancel]\ny = 1\n")
    assert [mistake.line for mistake in caught.value.mistakes] == [2, 3, 5, 7]
    assert all(isinstance(mistake, Mistake) for mistake in caught.value.mistakes)


def test_a_right_to_all_and_to_an_area_are_rights() -> None:
    roles = read("[roles]\nagent = ['*']\nclerk = ['cases.*']\n").roles
    assert (roles["agent"], roles["clerk"]) == (("*",), ("cases.*",))
