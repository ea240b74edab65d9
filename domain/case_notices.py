"""Which mails the events of a case ask for (domain.md 13a)."""

from domain.case_events import CaseCommented, CaseEvent, CaseReminded, InformationRequested, TaskEvent
from domain.case_file import Case
from domain.notices import NoticeDraft
from domain.order_file import OrderFile
from domain.vocabulary import ActorKind, CaseState, NoticeKind

_BY_STATE = {
    CaseState.NEW: NoticeKind.CASE_OPENED,
    CaseState.RESOLVED: NoticeKind.CASE_RESOLVED,
    CaseState.CLOSED: NoticeKind.CASE_CLOSED,
}


def case_notices(
    before: Case | None, event: CaseEvent | TaskEvent, after: Case, order: OrderFile | None, actor_kind: ActorKind
) -> tuple[NoticeDraft, ...]:
    """The mails that `event` asks for, to the case's contact, else to the customer of `order` (the case's first one).

    A case that the system opened is silent until somebody comments in public or requests information. What the policy
    switches off is not known here.
    """
    if not after.mail_allowed:
        return ()
    facts = {"case_number": after.case_number}
    if isinstance(event, InformationRequested):
        return (_draft(NoticeKind.INFORMATION_REQUESTED, after, order, facts | {"question": event.question}),)
    if isinstance(event, CaseCommented):
        told = event.public and actor_kind is not ActorKind.CUSTOMER
        return (_draft(NoticeKind.CASE_COMMENT, after, order, facts | {"text": event.text}),) if told else ()
    if isinstance(event, CaseReminded):
        return (_draft(NoticeKind.CASE_REMINDER, after, order, facts),)
    kind = _BY_STATE.get(after.state)
    if kind is None or (before and before.state is after.state):
        return ()
    return (_draft(kind, after, order, facts),)


def _draft(kind: NoticeKind, case: Case, order: OrderFile | None, facts: dict[str, str]) -> NoticeDraft:
    known = order.facts if order and order.known else None
    contact = case.contact
    return NoticeDraft(
        kind=kind,
        recipient=(contact.email if contact else None) or (known.customer.email if known else None),
        language=(contact.language if contact else None) or (known.language if known else "en"),
        case_id=case.case_id,
        facts=facts,
        test=known.test if known else False,
    )
