"""Every policy that was in force is kept with its beginning, and what no remedy holds follows the new one at once."""

from pathlib import Path

import pytest

from domain.policy import DAY, Policies
from domain.run import order_ref
from domain.timers import Timer
from ordercase import policies, policy_history
from ordercase.settings import Settings, load
from storage import policy_versions, timers
from storage.connections import connect
from storage.queries import progress, reading

DUE = 1_790_000_000_000_000
ORDERS = (("web-de", "1"), ("web-fr", "2"))


@pytest.fixture(name="settings")
def _settings(database_url: str, tmp_path: Path) -> Settings:
    return load(None, database_url=database_url, policy_file=tmp_path / "policy.toml")


def begin(settings: Settings, text: str) -> Policies:
    assert settings.policy_file
    settings.policy_file.write_text(text)
    return policy_history.take_effect(settings, policies.of(settings))


def test_old_versions_stay_readable_and_each_beginning_is_kept(settings: Settings, database_url: str) -> None:
    at_first = settings.model_copy(update={"policy_file": None})
    assert policy_history.take_effect(at_first, policies.of(at_first)).past == {}
    one = begin(settings, "[default.returns]\nexpire_days = 3\n")
    two = begin(settings, "[default.returns]\nexpire_days = 4\n")
    assert begin(settings, "[default.returns]\nexpire_days = 4\n").past.keys() == two.past.keys()
    back = begin(settings, "[default.returns]\nexpire_days = 3\n")
    assert [back.of("shop", version).returns.expire // DAY for version in ("default", one.version, two.version)] == [
        30,
        3,
        4,
    ]
    with reading.snapshot(reading.engine(database_url)) as connection:
        versions = [version for version, _ in progress.policies(connection)]
    assert versions == ["default", one.version, two.version, one.version]
    assert policy_history.with_past(settings, policies.of(settings)) == back


def test_a_text_that_nobody_understands_any_more_does_not_keep_the_worker_from_starting(settings: Settings) -> None:
    with connect(settings.database, "test") as connection, connection.transaction():
        policy_versions.take_effect(connection, policy_versions.Kept("ancient", "[default.nope]\n"), 1)
    now = begin(settings, "")
    assert now.past == {}
    assert now.of("shop", "ancient") is now.default


def test_timers_that_follow_the_policy_in_force_move_with_it(settings: Settings) -> None:
    begin(settings, "[default.cases]\nnot_shipped_days = 7\ndeclined_days = 2\n")
    wanted = [
        Timer(order_ref(*order), name, "", DUE) for order in ORDERS for name in ("declined", "not_shipped", "return")
    ]
    with connect(settings.database, "test") as connection:
        timers.write(connection, {}, lambda _: (), spoiled=wanted, at=DUE)
    begin(settings, "[default.cases]\nnot_shipped_days = 3\n[channel.web-fr.cases]\nnot_shipped_days = 9\n")
    with connect(settings.database, "test") as connection:
        now = {(timer.ref.key, timer.name): timer.due_at - DUE for timer in timers.due(connection, DUE + 99 * DAY, 100)}
    moved = {("web-de:1", "not_shipped"): -4 * DAY, ("web-fr:2", "not_shipped"): 2 * DAY}
    assert now == dict.fromkeys(((timer.ref.key, timer.name) for timer in wanted), 0) | moved
