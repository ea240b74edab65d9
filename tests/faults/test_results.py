"""A row of runs is on disk after each of them, says what it did not find out, and is gone on with where it was left."""

from pathlib import Path

from tests.faults.judge import LOST, Finding
from tests.faults.results import Results
from tests.faults.run import Run


def run(fault: str, seed: int, *, lost: int = 0, note: str = "hit", skipped: str = "") -> Run:
    findings = [Finding(LOST, "outbox", lost, "gone")] if lost else []
    return Run(fault, seed, inputs=10, notes=[note], findings=findings, skipped=skipped)


def test_a_row_of_runs_goes_on_where_it_was_left_and_only_what_was_right_is_not_run_again(tmp_path: Path) -> None:
    out = str(tmp_path / "deep" / "faults.json")
    before = Results(out, 1)
    for one in (run("broker killed", 1), run("broker killed", 2, lost=3)):
        before.add(one)
    assert "| broker killed | 2 | 20 | 3 |" in Path(out).with_suffix(".md").read_text()
    after = Results(out, 1, resume=True)
    assert after.done("broker killed", 1)
    assert not after.done("broker killed", 2)
    assert not after.done("relay killed", 1)
    assert not Results(out, 1).done("broker killed", 1)


def test_a_run_that_was_not_struck_is_said_and_not_counted() -> None:
    found = Results(None, 1)
    found.add(run("late Kafka commit", 1, note="asked missed"))
    assert found.rows(["late Kafka commit"]) == []
    assert found.never == ["late Kafka commit: its moment did not come, 1 times"]
    assert not found.right
    found.add(run("late Kafka commit", 1))
    assert found.right
    assert len(found.rows(["late Kafka commit"])) == 1


def test_what_is_wrong_counts_even_where_the_moment_did_not_come() -> None:
    found = Results(None, 1)
    found.add(run("broker killed", 1, lost=1, note="asked missed"))
    assert not found.right
    assert found.rows(["broker killed"])[0]["lost"] == 1


def test_what_this_machine_does_not_allow_is_not_tried_again_and_is_no_failure() -> None:
    found = Results(None, 1)
    found.add(run("broker full", 1, skipped="root only"))
    assert found.done("broker full", 9)
    assert found.right
