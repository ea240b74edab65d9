"""Everything there is at first: the statements of `0001_initial.sql`, in their order.

Forward only: what a later version takes away it takes away in a migration of its own.
"""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the tables. Needs no more than the right to create in the schema."""
    for statement in Path(__file__).with_suffix(".sql").read_text().split(";\n"):
        if statement.strip():
            op.execute(statement)
