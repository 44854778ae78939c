"""Who may see more: accounts, the rights of their organisations, keys of the API; and the journal of what they do."""

from alembic import op
from sqlalchemy import Column, ForeignKey, Integer, Text

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "comptes",
        Column("identifiant", Text, primary_key=True),
        Column("nom", Text, nullable=False, unique=True),
        Column("organisation", Text, nullable=False, index=True),
        Column("cree_le", Text, nullable=False),
        Column("ferme_le", Text),
        sqlite_strict=True,
    )
    op.create_table(
        "droits",
        Column("identifiant", Text, primary_key=True),
        Column("organisation", Text, nullable=False, index=True),
        Column("profil", Text, nullable=False),
        Column("perimetre", Text, nullable=False),
        Column("codes", Text, nullable=False),
        Column("domaines", Text, nullable=False),
        Column("du", Text, nullable=False),
        Column("au", Text, nullable=False),
        Column("motif", Text, nullable=False),
        Column("accorde_le", Text, nullable=False),
        Column("retire_le", Text),
        sqlite_strict=True,
    )
    op.create_table(
        "cles",
        Column("identifiant", Text, primary_key=True),
        Column("empreinte", Text, nullable=False, unique=True),
        Column("compte", Text, ForeignKey("comptes.identifiant"), nullable=False, index=True),
        Column("nom", Text, nullable=False),
        Column("domaines", Text, nullable=False),
        Column("complete", Integer, nullable=False),
        Column("cree_le", Text, nullable=False),
        Column("expire_le", Text, nullable=False),
        Column("revoquee_le", Text),
        sqlite_strict=True,
    )
    op.create_table(
        "journal",
        Column("numero", Integer, primary_key=True, autoincrement=False),
        Column("instant", Text, nullable=False),
        Column("acteur", Text, nullable=False),
        Column("acte", Text, nullable=False),
        Column("objet", Text, nullable=False),
        Column("sceau", Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "journal_bornes",
        Column("borne", Text, primary_key=True),
        Column("numero", Integer, nullable=False),
        Column("sceau", Text, nullable=False),
        Column("preuve", Text, nullable=False),
        sqlite_strict=True,
    )
