"""`ordercase topics`: what is missing or differs, and creating it."""

from collections.abc import Callable, Iterable

from cyclopts import App

from ordercase import kafka, settings, surroundings, terminal
from ordercase.commands.options import Json
from ordercase.errors import Exit, environment
from ordercase.settings import Settings
from producers.topics import Action, TopicAdmin, TopicPlan, TopicsRefused, Wanted, wanted

app = App(name="topics", help="The topics: what is missing or differs, and creating them.")


@app.command
def plan(*, json: Json = False) -> int:
    """Says what `apply` would do (exit 1 when there is something), and what differs that it leaves alone."""
    plans = _asked(settings.load(), TopicAdmin.plan)
    _print(plans, json)
    todo = [one for one in plans if one.action in {Action.CREATE, Action.CHANGE}]
    if todo and not json:
        terminal.say(f"{len(todo)} topics to create or change: `ordercase topics apply`.")
    return Exit.REFUSED if todo else Exit.DONE


@app.command
def apply(*, json: Json = False) -> None:
    """Creates what is missing and changes what is ours. Inbound topics that exist are left alone. May be repeated."""
    _print(_asked(settings.load(), TopicAdmin.apply), json)


def _asked(read: Settings, ask: Callable[[TopicAdmin, Iterable[Wanted]], list[TopicPlan]]) -> list[TopicPlan]:
    surroundings.cluster(read)  # answers soon when nobody is there
    properties, shape = read.kafka_properties, read.topics
    topics = wanted(partitions=shape.partitions, replication=shape.replication, retention_days=shape.retention_days)
    try:
        with kafka.in_words():
            return ask(TopicAdmin(properties), topics)
    except TopicsRefused as error:
        raise environment(error.code, f"{error.sentence}.") from None


def _print(plans: list[TopicPlan], json: bool) -> None:
    if json:
        terminal.print_json([
            {
                "topic": one.name,
                "direction": one.direction,
                "action": one.action,
                "differences": [
                    {"what": each.what, "found": each.found, "wanted": each.wanted} for each in one.differences
                ],
            }
            for one in plans
        ])  # fmt: skip
        return
    terminal.print_table(
        ("topic", "direction", "action", "found → wanted"),
        [
            (
                one.name,
                one.direction,
                _words(one),
                ", ".join(f"{d.what} {d.found} → {d.wanted}" for d in one.differences),
            )
            for one in plans
        ],
    )


def _words(one: TopicPlan) -> str:
    words = {Action.NONE: "–", Action.CREATE: "create", Action.CHANGE: "change", Action.TELL: "differs, left alone"}
    return words[one.action]
