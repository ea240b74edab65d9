"""An order of two lines: worth 2500, in three units."""

from typing import Any

from tests.builders.desk import Desk, line


def placed(captured: int | None = None, **fields: Any) -> Desk:
    desk = Desk()
    desk.place(line(1, 2, 2000), line(2, 1, 500), captured=captured, **fields)
    return desk
