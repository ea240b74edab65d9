"""Survivors that are no hole in the tests: what such a change looks like, and why nobody can notice it, or need."""

from typing import Final

ACCEPTED: Final[tuple[tuple[str, str], ...]] = (
    (
        r"zip\([^\n]*strict=True",
        "zip's strict: both have the same length by construction, strict says so to the reader",
    ),
    (
        r"- raise (ImpossibleStep|LedgerBroken|LookupError|ValueError|TypeError|KeyError)\(",
        "the words of an error that only a bug in a rule can raise",
    ),
    (
        r'\+ [^\n]* or "XXXX"',
        "what is looked up when no id is set: neither the empty text nor another is anybody's id",
    ),
    (
        r"\+ [^\n]*isinstance\(file, OrderFile\)\) and False",
        "asks again instead of remembering (domain/memo.py): slower, the same answer",
    ),
    (
        r"^- [^\n]* cast\(",
        "cast does nothing at run time",
    ),
    (
        r"^- [^\n]*gross > fee and",
        "a fee as large as the worth leaves a claim of nothing, which makes no refund either way",
    ),
    (
        r"\+ [^\n]*counted\.get\(each\.leg\.leg_id, (None|True|)\)",
        "what is taken for a leg of which nothing was heard: it has no group, so that nothing moves it either way",
    ),
    (
        r"\+ and not \(event\.operation_reference and event\.gateway_reference\)",
        "asked first to spare the fold: of an undo that names something the fold never says that it undid nothing",
    ),
    (
        r"\+ (stands = group\.amount >= 0 and|if group\.amount or \(group\.at)",
        "a group has an amount exactly when it has a success",
    ),
    (
        r"\+ areas = \{right\.rpartition\(",
        "a right has one dot",
    ),
    (
        r"\+ check_reason\(findings, command\.reason, \(\), ",
        "the name of a list of reasons that there is not: it is told only where one is",
    ),
    (
        r"\+ [^\n]*raw_left\(money\.pending_by_payment\.get\(payment_ref, 1\)",
        "a refund that waits for its approval is pending itself on each of its payments: the default is never taken",
    ),
    (
        r"\+ return LegConfirmed\(refund\.refund_id, leg\.leg_id, None\)",
        "the step is made once more where its credit note is known, from the event itself",
    ),
    (
        r"\+ units = _available\(thing, before\) if \(isinstance\(before, OrderFile\)\) or True",
        "what is not of an order is a refund of a checkout, of which no units are asked",
    ),
    (
        r"^- before = known if isinstance\(known, StockFile\) else None",
        "what is known under a stock's reference is a stock, or nothing",
    ),
    (
        r"- return tuple\(\[Timer[^\n]* if wanted else \(\)",
        "an empty list spared: faster, the same answer",
    ),
)
"""(pattern found in the diff of a mutant, reason)."""
