"""Options that many commands share, and how what people type is read."""

from collections.abc import Callable
from typing import Annotated

from cyclopts import Parameter

from ordercase.errors import usage
from storage.queries import times
from storage.queries.paging import PAGES

Json = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON on stdout.")]
From = Annotated[str | None, Parameter(name="--from", help="ISO 8601 date or time, included; UTC without a zone.")]
To = Annotated[
    str | None, Parameter(name="--to", help="ISO 8601 date or time, included; a bare date is the whole day.")
]
Sort = Annotated[str, Parameter(name="--sort", help="A column; with - before it, falling.")]
Limit = Annotated[int, Parameter(name="--limit", help="10, 20, 50 or 100.")]
After = Annotated[str | None, Parameter(name="--after", help="Where the page before ended, as it said.")]


def since(text: str | None) -> int | None:
    """`--from` in µs. Raises UserError `bad_time`."""
    return _time("--from", text, times.since)


def until(text: str | None) -> int | None:
    """`--to` in µs, the last that is meant. Raises UserError `bad_time`."""
    return _time("--to", text, times.until)


def _time(option: str, text: str | None, read: Callable[[str], int]) -> int | None:
    if text is None:
        return None
    try:
        return read(text)
    except (ValueError, OverflowError):
        example = "2026-11-21T09:00:00+00:00"
        raise usage("bad_time", f"{option} {text!r} is not an ISO 8601 date or time, for example {example}.") from None


def page_size(limit: int) -> int:
    """A page size that lists offer. Raises UserError `bad_limit`."""
    if limit not in PAGES:
        raise usage("bad_limit", f"--limit {limit} is not offered; there are {', '.join(map(str, PAGES))}.")
    return limit


def order_key(text: str) -> str:
    """`CHANNEL:ORDER` as typed. Raises UserError `bad_order`."""
    channel, colon, order_id = text.partition(":")
    if not (channel and colon and order_id):
        raise usage("bad_order", f"{text!r} names no order; write CHANNEL:ORDER, for example shop-eu:1001.")
    return text
