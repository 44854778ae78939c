"""Large extractions: what is asked, by whom, and how far it is."""

from alembic import op
from sqlalchemy import Column, ForeignKey, Integer, Text

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "extractions",
        Column("empreinte", Text, primary_key=True),
        Column("compte", Text, ForeignKey("comptes.identifiant")),
        Column("complet", Integer, nullable=False),
        Column("droits", Text, nullable=False),
        Column("questions", Text, nullable=False),
        Column("nombre", Integer, nullable=False),
        Column("format", Text, nullable=False),
        Column("etat", Text, nullable=False, index=True),
        Column("place", Integer),
        Column("faites", Integer, nullable=False),
        Column("refusees", Integer, nullable=False),
        Column("cree_le", Text, nullable=False),
        Column("fini_le", Text),
        Column("octets", Integer, nullable=False),
        Column("probleme", Text, nullable=False),
        sqlite_strict=True,
    )
