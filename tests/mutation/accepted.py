"""Survivors that are no gap in the tests: what a change must look like, and why nobody can or need notice it."""

from typing import Final

ACCEPTED: Final[tuple[tuple[str, str], ...]] = (
    (r"zip\(.*strict=True.*\n?.*\n\+.*(strict=(None|False)|, \))", "both have the same length by construction: strict says so to the reader"),
    (r"- raise (ImpossibleStep|LedgerBroken|LookupError|ValueError|TypeError|KeyError)\(", "words of an error that only a bug in a rule can raise"),
)  # fmt: skip
"""(pattern found in the diff, reason)."""
