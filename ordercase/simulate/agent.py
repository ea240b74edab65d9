"""The people: agents, approvers and viewers who send commands and read the replies."""

from collections.abc import Generator
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

from ordercase.simulate.basket import Value

if TYPE_CHECKING:
    from ordercase.simulate.story import Await, Story

COMMANDS: Final = "ordercase.commands.v1"
CASE_COMMANDS: Final = frozenset(
    [
        "OpenCase",
        "EditCase",
        "AddCaseLines",
        "RemoveCaseLines",
        "CancelCaseLine",
        "EditCaseLine",
        "SubmitCase",
        "CancelCase",
        "AssignCase",
        "AssignCaseLine",
        "RequestInformation",
        "InformationReceived",
        "ResolveCaseLine",
        "ResolveCase",
        "CloseCase",
        "RejectSolution",
        "AddTask",
        "AssignTask",
        "CompleteTask",
        "CancelTask",
    ]
)
MADE: Final = {
    "CancelOrder": "cancellation",
    "CreateReturn": "return",
    "CreateAppeasement": "refund",
    "CreateExchange": "exchange",
    "CreateReshipment": "reshipment",
    "AddTask": "task",
    "ChangeOrder": "change",
}
"""Commands that create something, and of which type: its id follows from the command's."""


class Agent:
    """One person. `role` is one of the policy's; `channels` what they may touch; `account` whose customer they are."""

    def __init__(
        self, story: "Story", role: str = "agent", channels: tuple[str, ...] = ("*",), account: str = ""
    ) -> None:
        self.story = story
        self.actor = {"id": f"{role}-{story.number % 7 + 1}", "roles": [role], "channels": list(channels),
                      "accounts": [account] if account else []}  # fmt: skip

    def send(self, command: str, **fields: object) -> str:
        """Sends one command and returns its id. Order commands name the story's order unless told otherwise."""
        story = self.story
        command_id = str(fields.get("command_id") or story.new_id())
        value: Value = {"issued_at": story.now(), "actor": self.actor} | fields | {"command_id": command_id}
        key = fields.get("case_id")
        if command == "RefundPayment":
            value = {"sales_channel": story.market.channel} | value
            key = f"{value['sales_channel']}:{value['checkout_id']}"
        elif command not in CASE_COMMANDS and not (command in ("AddComment", "ClearAttention") and key):
            value = {"sales_channel": story.market.channel, "order_id": story.order_id} | value
            key = f"{value['sales_channel']}:{value['order_id']}"
        story.command(command_id, command, str(key), value)
        return command_id

    def ask(self, command: str, **fields: object) -> "Generator[Await, None, Value]":
        """Sends a command and waits for its reply, whatever it is."""
        replies = self.story.seen.previews if fields.get("dry_run") else self.story.seen.replies
        command_id = self.send(command, **fields)
        return (yield from self.story.until(f"the reply to {command}", lambda: replies.get(command_id)))

    def does(self, command: str, **fields: object) -> "Generator[Await, None, Value]":
        """Sends a command that must be accepted, and returns the reply."""
        reply = yield from self.ask(command, **fields)
        if reply["status"] != "ACCEPTED":
            self.story.fail(f"{command} was refused: {reply['code']} {reply['message']}")
        entity = MADE.get(command)
        if entity:
            wanted = str(uuid5(UUID(reply["command_id"]), f"{entity}:0"))
            if (reply["entity_type"], reply["entity_id"]) != (entity, wanted):
                self.story.wrong(f"{command} made {reply['entity_type']} {reply['entity_id']}, not {entity} {wanted}")
        return reply

    def is_refused(self, code: str, command: str, **fields: object) -> "Generator[Await, None, Value]":
        """Sends a command that must be refused with this code."""
        reply = yield from self.ask(command, **fields)
        if (reply["status"], reply["code"]) != ("REJECTED", code):
            self.story.wrong(f"{command}: {reply['status']} {reply['code']} ({reply['message']}), not {code}")
        if not reply["message"]:
            self.story.wrong(f"{command}: the refusal {code} explains nothing")
        return reply
