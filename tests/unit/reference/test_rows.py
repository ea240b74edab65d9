"""The table of rows and the tests agree: every row said to be tested has one, every test's number stands in the table."""

import ast
from pathlib import Path

from tests.unit.reference.rows import ROWS, TESTED, TITLES, is_elsewhere, is_unsayable
from tests.unit.reference.summary import rows_of

TESTS = Path(__file__).resolve().parents[2]


def names_in(path: Path) -> list[str]:
    """The test functions that pytest collects from a file."""
    tree = ast.parse(path.read_text())
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]


FUNCTIONS = [(path, name) for path in sorted(TESTS.rglob("test_*.py")) for name in names_in(path)]


def test_every_row_that_is_said_to_be_tested_has_a_test_with_its_number_and_no_other_has() -> None:
    numbered = {row for _, name in FUNCTIONS for row in rows_of(name)}
    said = {(letter, number) for letter, rows in ROWS.items() for number, how in rows.items() if how == TESTED}
    assert numbered - said == set()
    assert said - numbered == set()


def test_a_row_that_another_test_proves_names_one_that_there_is() -> None:
    there = {f"tests/{path.relative_to(TESTS)}::{name}" for path, name in FUNCTIONS}
    named = {how for rows in ROWS.values() for how in rows.values() if is_elsewhere(how)}
    assert named - there == set()


def test_a_row_that_cannot_be_said_says_why_in_a_sentence() -> None:
    reasons = [how for rows in ROWS.values() for how in rows.values() if is_unsayable(how)]
    assert all(len(reason.split()) > 5 for reason in reasons)
    assert set(ROWS) == set(TITLES)


def test_the_number_of_a_row_finds_nothing_but_its_tests() -> None:
    """`-k E14` looks for the letters anywhere in a name, in any case: no other name may have them."""
    misleading = [
        (name, f"{letter}{number}")
        for letter, rows in ROWS.items()
        for number in rows
        for path, name in FUNCTIONS
        if f"{letter}{number}_".lower() in f"{path.stem}::{name}_".lower() and (letter, number) not in rows_of(name)
    ]
    assert misleading == []
