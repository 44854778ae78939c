"""The baskets; those that earlier software kept in ``state.db``, without a version, are taken over as they are."""

from alembic import op
from sqlalchemy import Column, Text, inspect

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table unless it is there."""
    if inspect(op.get_bind()).has_table("paniers"):
        return
    op.create_table(
        "paniers",
        Column("identifiant", Text, primary_key=True),
        Column("nom", Text, nullable=False),
        Column("cle", Text, nullable=False, unique=True),
        Column("finess", Text, nullable=False),
        Column("cree_le", Text, nullable=False),
        sqlite_strict=True,
    )
