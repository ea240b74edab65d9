"""Cases for tests: an agent's desk that sends commands to one case and keeps what comes of it."""

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar
from uuid import UUID, uuid5

from domain.actors import SYSTEM, ActorRef, Stamp
from domain.case_commands import decide_case
from domain.case_context import CaseContext
from domain.case_tasks import left_over
from domain.cases import Case, CaseEvent, CaseLine, TaskEvent, case_number, evolve
from domain.commands import (
    Actor,
    AssignCase,
    CancelCase,
    CaseLineInput,
    ChangeRequest,
    CloseCase,
    Command,
    OpenCase,
    RequestInformation,
    ResolveCase,
    SubmitCase,
)
from domain.facts import Customer, Line, Order
from domain.identity import Ids
from domain.order_evolve import first_lines
from domain.order_file import OrderFile
from domain.policy import CasePolicy, Policy
from domain.reference_data import Interaction
from domain.refusals import Refused
from domain.vocabulary import (
    AcceptedBy,
    ActorKind,
    CaseOrigin,
    CaseScope,
    CaseState,
    ContactChannel,
    OrderStatus,
    OrderType,
    Outcome,
    ProductType,
    RequestedChangeKind,
)

_NAMES: Final = UUID("5d1c7f7e-6d3d-4a3c-9b0e-0d9f5a3f5f11")
HOUR: Final = 3_600_000_000
START: Final = 1_780_000_000_000_000
CASE: Final = str(uuid5(_NAMES, "case"))
AGENT: Final = Actor(id="ann", name="Ann", roles=("agent",), channels=("*",))
CUSTOMER: Final = Actor(id="C-1", roles=("customer",), channels=("web-de",), accounts=("ACME",))
GROUPS: Final = {"orders": ("ann", "bob"), "money": ("eve",)}

C = TypeVar("C", bound=Command)


def line_id(n: int) -> str:
    """The id of the n-th line that a test brings."""
    return str(uuid5(_NAMES, f"line {n}"))


def order(order_id: str, account: str | None = "ACME", checkout_id: str | None = None, lines: int = 3) -> OrderFile:
    """A known order of `web-de` with `lines` lines of 2 shirts each."""
    sold = tuple(
        Line(
            line_number=n,
            sku=f"SHIRT-{n}",
            product_type=ProductType.PHYSICAL,
            quantity=2,
            unit_price_minor=1995,
            total_minor=3990,
        )
        for n in range(1, lines + 1)
    )
    header = Order(
        sales_channel="web-de",
        order_id=order_id,
        order_type=OrderType.NORMAL,
        checkout_id=checkout_id,
        account_id=account,
        status=OrderStatus.NEW,
        placed_at=START,
        currency="EUR",
        tax_included=True,
        language="de",
        customer=Customer(customer_id="C-1", email="buyer@example.org"),
    )
    return OrderFile(
        sales_channel="web-de", order_id=order_id, order=header, version=1, revision=1, lines=first_lines(sold, 0)
    )


def input_line(
    n: int, order_id: str | None = None, line_number: int | None = None, kind: RequestedChangeKind | None = None
) -> CaseLineInput:
    request = ChangeRequest(kind=kind) if kind else None
    return CaseLineInput(case_line_id=line_id(n), order_id=order_id, line_number=line_number, request=request)


class Desk:
    """One case from nothing on. `at` is the clock (µs), moved by the test; `told` every event that happened so far."""

    def __init__(self, *orders: OrderFile, policy: Policy | None = None, actor: Actor = AGENT) -> None:
        known = orders or (order("1001"), order("1002"), order("2001", account="OTHER"))
        self.orders = {each.order_id: each for each in known}
        self.policy = policy or Policy(cases=CasePolicy(groups=GROUPS))
        self.actor = actor
        self.at = START
        self.case: Case | None = None
        self.told: list[CaseEvent | TaskEvent] = []
        self.checkout_known = False
        self.interaction: Interaction | None = None
        self.numbers = 0

    @property
    def now(self) -> Case:
        assert self.case is not None
        return self.case

    def line(self, n: int) -> CaseLine:
        return self.now.lines[line_id(n)]

    def states(self) -> tuple[str, ...]:
        """The state of the case, then those of its lines, in their order."""
        return (str(self.now.state), *(str(line.state) for line in self.now.lines.values()))

    def command(self, kind: type[C], **fields: Any) -> C:
        """A command of this kind to the case, by the desk's actor, with an id of its own."""
        command_id = str(uuid5(_NAMES, f"command {len(self.told)} {kind.__name__} {fields}"))
        filled: dict[str, Any] = {"case_id": CASE, "command_id": command_id, "issued_at": self.at, "actor": self.actor}
        return kind(**filled | fields)

    def decide(self, command: Command) -> tuple[CaseEvent | TaskEvent, ...]:
        """What the command would do; raises Refused. Nothing changes but the numbers given."""
        return decide_case(command, self.case, self._context(command))

    def send(self, kind: type[Command], **fields: Any) -> tuple[CaseEvent | TaskEvent, ...]:
        """Decides the command and lets its events happen, then those of the system that follow."""
        command = self.command(kind, **fields)
        events = self.decide(command)
        self.happen(*events, actor=self._ref())
        self.happen(*left_over(self.now), actor=SYSTEM)
        return events

    def happen(self, *events: CaseEvent | TaskEvent, actor: ActorRef = SYSTEM) -> Case:
        for event in events:
            self.case = evolve(self.case, event, Stamp(self.at, actor, CASE))
            self.told.append(event)
        return self.now

    def open(self, lines: Iterable[CaseLineInput] | None = None, **fields: Any) -> Case:
        """A case in DRAFT; without `fields` on lines 1 and 2 of order 1001."""
        given = [input_line(1, "1001", 1), input_line(2, "1001", 2)] if lines is None else lines
        self.send(OpenCase, **self.opening(lines=tuple(given), **fields))
        return self.now

    @staticmethod
    def opening(**fields: Any) -> dict[str, Any]:
        """The fields of an OpenCase on order 1001, with `fields` over them."""
        return {
            "service": "INQUIRY",
            "scope": CaseScope.SPECIFIC_LINES,
            "sales_channel": "web-de",
            "order_id": "1001",
            "channel": ContactChannel.PHONE,
            "origin": CaseOrigin.ORDER,
            "short_description": "Wrong colour",
        } | fields

    def _ref(self) -> ActorRef:
        customer = "customer" in self.actor.roles
        return ActorRef(self.actor.id, ActorKind.CUSTOMER if customer else ActorKind.AGENT, self.actor.name)

    def _context(self, command: Command) -> CaseContext:
        return CaseContext(
            at=self.at,
            actor=self._ref(),
            ids=Ids(command.command_id),
            policy=self.policy,
            case_number=self._number,
            orders=self.orders,
            checkout_known=self.checkout_known,
            interaction=self.interaction,
            is_customer="customer" in self.actor.roles,
        )

    def _number(self) -> str:
        self.numbers += 1
        return case_number(self.numbers)


def in_draft() -> Desk:
    """DRAFT, on lines 1 and 2 of order 1001."""
    desk = Desk()
    desk.open()
    return desk


def in_new() -> Desk:
    """NEW, its lines too."""
    desk = in_draft()
    desk.send(SubmitCase)
    return desk


def in_progress() -> Desk:
    """WORK_IN_PROGRESS with ann, its lines too."""
    desk = in_new()
    desk.send(AssignCase, assignee="ann")
    return desk


def waiting() -> Desk:
    """AWAITING_INFO, its lines too."""
    desk = in_progress()
    desk.send(RequestInformation, question="Which colour?")
    return desk


def resolved() -> Desk:
    """RESOLVED, both lines accepted."""
    desk = in_progress()
    desk.send(ResolveCase, outcome=Outcome.ACCEPTED, resolution_code="SENT_AGAIN")
    return desk


def closed() -> Desk:
    """CLOSED, both lines accepted."""
    desk = resolved()
    desk.send(CloseCase, accepted_by=AcceptedBy.AGENT)
    return desk


def cancelled() -> Desk:
    """CANCELLED from DRAFT, its lines too."""
    desk = in_draft()
    desk.send(CancelCase)
    return desk


Given = Callable[[], Desk]
GIVEN: Final[dict[CaseState, Given]] = {
    CaseState.DRAFT: in_draft,
    CaseState.NEW: in_new,
    CaseState.WORK_IN_PROGRESS: in_progress,
    CaseState.AWAITING_INFO: waiting,
    CaseState.RESOLVED: resolved,
    CaseState.CLOSED: closed,
    CaseState.CANCELLED: cancelled,
}
"""A case in each of its states."""


def sentence_of(desk: Desk, kind: type[Command], **fields: Any) -> str:
    """`code: sentence` of the refusal that the command gets; "" when it is accepted. Nothing happens either way."""
    try:
        desk.decide(desk.command(kind, **fields))
    except Refused as refused:
        return f"{refused.code}: {refused.message}"
    return ""


def code_of(desk: Desk, kind: type[Command], **fields: Any) -> str:
    """The code of the refusal, or "" when the command is accepted. Nothing happens either way."""
    return sentence_of(desk, kind, **fields).partition(":")[0]
