"""The notifier: sends every mail it is asked for, and says so."""

from typing import TYPE_CHECKING, Final

from ordercase.simulate.basket import Value

if TYPE_CHECKING:
    from ordercase.simulate.story import Story

INTERNAL: Final = "refunds@shop.example"
"""Who looks after refunds that failed, where the policy names somebody (`channels.toml`)."""


class Notifier:
    def __init__(self, story: "Story") -> None:
        self.story = story

    def asked(self, key: str, notice: Value) -> None:
        """A notice was requested under this key: the mail goes out a moment later, its receipt under the same."""
        recipient = notice["recipient"]
        internal = notice["kind"] == "REFUND_FAILED_INTERNAL"
        if recipient != (INTERNAL if internal else self.story.customer["email"]):
            self.story.wrong(f"the notice {notice['kind']} goes to {recipient}")
        receipt = {"notice_id": notice["notice_id"], "status": "SENT", "recipient": recipient}
        self.story.fact_with_key("notifications.receipts.v1", "notifications.NoticeReceipt", key, receipt)
