"""Bytes on their way into a set-based statement: all of them in one binary parameter, each row says where its own are.

Neither hex nor base64, no array of byte strings, no JSON inside JSON: the server cuts the slices out of the one value.
For documents of 4 kB that is seven times as cheap there as reading them out of the JSON of the rows.
"""

from psycopg import sql

Slices = dict[str, int | None]


class Octets:
    """Collects byte strings, None too."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, name: str, octets: bytes | None) -> Slices:
        """The fields `<name>_at`, `<name>_size` that a record carries instead of the bytes."""
        if octets is None:
            return {f"{name}_at": None, f"{name}_size": None}
        at = self._size + 1
        self._parts.append(octets)
        self._size += len(octets)
        return {f"{name}_at": at, f"{name}_size": len(octets)}

    @property
    def parameter(self) -> bytes:
        return b"".join(self._parts)


def definitions(*names: str) -> list[str]:
    """The columns of the record set that `Octets.add` fills."""
    return [f"{name}_{what} integer" for name in names for what in ("at", "size")]


def cut(name: str, parameter: str = "octets") -> sql.Composable:
    """SQL for the bytes of one row, null where there were none."""
    return sql.SQL("substring(%({})b::bytea FROM r.{} FOR r.{})").format(
        sql.SQL(parameter), sql.Identifier(f"{name}_at"), sql.Identifier(f"{name}_size")
    )
