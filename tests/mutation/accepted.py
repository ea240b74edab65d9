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
        r"- return tuple\(\[Timer[^\n]* if wanted else \(\)",
        "an empty list spared: faster, the same answer",
    ),
)
"""(pattern found in the diff of a mutant, reason)."""
