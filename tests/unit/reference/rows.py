"""The list of every row of the reference: worked examples, bugs, hard cases and more, each tested or said why not.

A row is known by a letter and a number, which the names of its tests carry: `pytest -k E14_` finds worked example 14.
The numbers are those of the reference's lists, which have gaps. A row's value is "" when a test of its number stands
anywhere under tests/, `tests/…::test_…` when a test without its number proves it, else the reason why none can.
"""

from typing import Final

TESTED: Final = ""
_CASE: Final = "tests/unit/test_case_life.py::"


def _tested(*numbers: int) -> dict[int, str]:
    return dict.fromkeys(numbers, TESTED)


TITLES: Final = {
    "E": "worked examples",
    "B": "bugs of others",
    "W": "weak points of others",
    "N": "invariants",
    "H": "hard cases",
    "T": "transitions of the seed systems",
    "X": "conflicts of the seeds",
    "Q": "complaints of users",
}

EXAMPLES: Final = {
    **_tested(1, 2, 4, 5, 6, 10),
    **_tested(14, 15, 16, 17, 18, 19, 21, 22, 24, 28, 30),
    34: "parts of a cent: every amount on the wire is a whole number of minor units, so nothing is left to round",
    **_tested(35, 36, 37, 38, 40, 41, 42, 43, 45, 47),
    **_tested(48, 49, 50, 51, 53, 55, 56, 58, 59, 60, 62, 63, 64, 71),
    72: "an exchange with a price difference and a return label: exchanges are even and move no money, a fee is no label",
    **_tested(74, 75, 77, 78, 81, 82, 83, 84),
}

BUGS: Final = {
    **_tested(1, 2, 4, 5, 6, 8, 10, 11),
    **_tested(13, 15, 16, 18, 19, 21, 22, 23, 26, 27, 28, 31, 32, 33, 34, 35),
    36: "a return label and who pays for it: no record of the contract has one; a shop that charges says a restocking fee",
    **_tested(37, 39, 41, 45, 47),
    **_tested(48, 49, 51, 52, 54, 56, 57, 60, 62, 63, 64, 65, 66),
}

INVARIANTS: Final = {
    **_tested(*range(1, 12)),
    12: "messages about stock: the worker tells nobody's stock anything, it only reads stock levels",
    **_tested(*range(13, 19)),
}

TRANSITIONS: Final = {
    3101: _CASE + "test_opening_makes_a_draft_with_its_lines_in_draft",
    3102: _CASE + "test_submitting_brings_case_and_lines_to_new_and_starts_the_clock",
    3103: _CASE + "test_cancelling_a_draft_cancels_its_lines",
    3104: _CASE + "test_assigning_a_new_case_begins_the_work_on_all_its_new_lines",
    3105: _CASE + "test_a_line_in_progress_takes_a_new_case_along_and_leaves_the_others",
    3106: _CASE + "test_asking_about_the_case_lets_it_wait_with_the_lines_in_progress",
    3107: _CASE + "test_the_answer_for_the_case_ends_the_waiting_of_all_its_lines",
    3108: _CASE + "test_resolving_the_case_resolves_the_lines_still_open_and_no_others",
    3109: _CASE + "test_resolving_the_last_open_line_resolves_the_case",
    3110: _CASE + "test_closing_says_who_accepted_and_when",
    3111: _CASE + "test_a_rejected_solution_brings_resolved_lines_back_and_not_cancelled_ones",
    3112: "tests/unit/test_auto_cases.py::test_a_resolved_case_is_reminded_once_and_closes_by_itself",
    3113: "tests/unit/test_auto_cases.py::test_a_resolved_case_is_reminded_once_and_closes_by_itself",
    3114: "a customer who closes an open case: a case is closed from RESOLVED only, and its lines say what was decided",
    3115: "an archive of old cases: no record of the contract archives a case",
    **_tested(*range(3301, 3309)),
    **_tested(*range(3401, 3407)),
    **_tested(*range(3501, 3510)),
    3510: "an exchange with a price difference: exchanges are even and move no money",
    3511: TESTED,
    **_tested(*range(3601, 3606)),
    3606: "a gateway that is offline by set-up: a refund is released by hand after the gateway failed or kept silent only",
}

CONFLICTS: Final = {
    **_tested(1, 2, 3),
    4: "tests/integration/test_queries_cases.py::test_each_filter_finds_what_it_means",
    **_tested(5, 6),
    7: "tests/integration/test_queries_cases.py::test_each_filter_finds_what_it_means",
    8: "spellings of a refund's state: no inbound record carries one, gateways say what they did",
    **_tested(9, 10, 11, 12, 13, 14),
    15: "line numbers as text: every record has them as whole numbers",
}

COMPLAINTS: Final = {
    **_tested(*range(1, 13)),
    13: "tests/integration/test_loop_kafka.py::test_a_command_is_read_only_after_the_past_at_the_first_start",
    14: "tests/integration/test_loop_kafka.py::test_poison_is_halved_out_of_its_batch_and_parked_alone",
    15: "tests/integration/test_relay_embedded.py::test_all_rows_go_out_in_order_over_a_restart",
    **_tested(16, 17, 18),
    19: "a delay before automatic approval, and pictures as evidence: approval is a switch, and no record has pictures",
    20: TESTED,
}

ROWS: Final[dict[str, dict[int, str]]] = {
    "E": EXAMPLES,
    "B": BUGS,
    "W": _tested(*range(1, 15)),
    "N": INVARIANTS,
    "H": _tested(1, 2, 5, 7, 8, 11, 12, 14, 16, 17),
    "T": TRANSITIONS,
    "X": CONFLICTS,
    "Q": COMPLAINTS,
}


def is_elsewhere(value: str) -> bool:
    """Whether a test without the row's number proves it."""
    return value.startswith("tests/")


def is_unsayable(value: str) -> bool:
    return value != TESTED and not is_elsewhere(value)
