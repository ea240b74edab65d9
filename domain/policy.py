"""What a deployment may decide: every switch of contract.md 8 with its default, per sales channel.

Durations are µs here, whatever unit their key names in the file; amounts are minor units per currency.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from domain.rights import ROLES

HOUR: Final = 3_600_000_000
DAY: Final = 24 * HOUR


@dataclass(frozen=True, slots=True)
class CancelPolicy:
    statuses: tuple[str, ...] = ("NEW", "RECEIVED", "ONHOLD")
    direct_at_warehouse: bool = False
    answer: int = 24 * HOUR
    reasons: tuple[str, ...] = ()
    refund_on_shop_cancel: bool = False


@dataclass(frozen=True, slots=True)
class ChangePolicy:
    answer: int = 24 * HOUR
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReturnPolicy:
    """`damaged`: person, accept, reject or part:<percent>. `window` 0: no limit."""

    auto_approve: bool = True
    self_approval: bool = False
    window: int = 0
    transit: int = 5 * DAY
    choose_source: bool = False
    expire: int = 30 * DAY
    manual_if_not_received: bool = False
    damaged: str = "person"
    restocking_fee: Mapping[str, int] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AutoRelease:
    """Which refunds are sent without a person's approval; named `return_` because `return` is taken."""

    return_: bool = True
    cancellation: bool = True
    appeasement: bool = True
    checkout: bool = True


@dataclass(frozen=True, slots=True)
class RefundPolicy:
    auto_release: AutoRelease = AutoRelease()
    at: str = "APPROVED"
    shipping: str = "all_lines"
    leg_order: tuple[str, ...] = ("same_method", "newest")
    answer: int = 24 * HOUR
    second_person_above: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AppeasementPolicy:
    agent_limit: Mapping[str, int] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExchangePolicy:
    mode: str = "ADVANCE"
    overdue: int = 30 * DAY
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReshipmentPolicy:
    complete: int = 14 * DAY
    reasons: tuple[str, ...] = ("LOST", "DAMAGED", "WRONG_ITEM")


@dataclass(frozen=True, slots=True)
class Service:
    code: str
    label: str


@dataclass(frozen=True, slots=True)
class CasePolicy:
    """`sla`: µs from NEW per priority; a priority that is not listed has no clock. `groups`: group → members."""

    services: tuple[Service, ...] = (
        Service("CHANGE_REQUEST", "Sales Order Change Request"),
        Service("DISPUTE", "Sales Order Dispute"),
        Service("INQUIRY", "Order Inquiry"),
        Service("RETURN", "Return"),
        Service("OTHER", "Other"),
    )
    reminder: int = 5 * DAY
    close: int = 10 * DAY
    sla: Mapping[int, int] = field(default_factory=lambda: {1: 4 * HOUR, 2: 8 * HOUR, 3: 24 * HOUR, 4: 72 * HOUR})
    auto_resolve_lines: bool = True
    not_shipped: int = 7 * DAY
    declined: int = 2 * DAY
    waiting_alarm: int = DAY
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NoticePolicy:
    off: tuple[str, ...] = ()
    internal_recipient: str = ""


@dataclass(frozen=True, slots=True)
class ConsolePolicy:
    image_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy of one sales channel."""

    cancel: CancelPolicy = CancelPolicy()
    changes: ChangePolicy = ChangePolicy()
    returns: ReturnPolicy = field(default_factory=ReturnPolicy)
    refunds: RefundPolicy = field(default_factory=RefundPolicy)
    appeasements: AppeasementPolicy = field(default_factory=AppeasementPolicy)
    exchanges: ExchangePolicy = ExchangePolicy()
    reshipments: ReshipmentPolicy = ReshipmentPolicy()
    cases: CasePolicy = field(default_factory=CasePolicy)
    notices: NoticePolicy = NoticePolicy()
    console: ConsolePolicy = ConsolePolicy()


@dataclass(frozen=True, slots=True)
class Policies:
    """All channels' policies and the roles. `version` names this text; `past` has every other that was ever in force."""

    version: str = "default"
    default: Policy = field(default_factory=Policy)
    channels: Mapping[str, Policy] = field(default_factory=dict)
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict(ROLES))
    past: Mapping[str, "Policies"] = field(default_factory=dict)

    def of(self, sales_channel: str, version: str = "") -> Policy:
        """The policy of a channel: the one in force, or, with a `version`, the one that a remedy began under.

        A version that nobody kept is the one in force.
        """
        then = self.past.get(version, self) if version and version != self.version else self
        return then.channels.get(sales_channel, then.default)


DEFAULT: Final = Policies()
