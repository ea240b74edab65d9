"""Mails that customers (or our own people) should get: what is known of each when it is asked for (domain.md 13a)."""

from dataclasses import dataclass, field

from domain.money import in_words
from domain.vocabulary import NoticeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeDraft:
    """A notice to be asked for. `recipient` None: no e-mail is known."""

    kind: NoticeKind
    recipient: str | None
    language: str = "en"
    order_id: str | None = None
    case_id: str | None = None
    facts: dict[str, str] = field(default_factory=dict)
    test: bool = False


def money_facts(name: str, minor: int, currency: str) -> dict[str, str]:
    """An amount as the two facts that a mail template may use: `<name>` "12.30 EUR" and `<name>_minor` "1230"."""
    return {name: in_words(minor, currency), f"{name}_minor": str(minor)}


def lines_fact(lines: list[tuple[int, str]]) -> dict[str, str]:
    """(quantity, SKU) pairs as the fact `lines`: "2 × SKU, 1 × OTHER"."""
    return {"lines": ", ".join(f"{quantity} × {sku}" for quantity, sku in lines)}
