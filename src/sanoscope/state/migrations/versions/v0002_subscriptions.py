"""Subscriptions by mail: who, the links of their mails, the mails to send, the editions announced."""

from alembic import op
from sqlalchemy import Column, ForeignKey, Integer, PrimaryKeyConstraint, Text, UniqueConstraint

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "abonnements",
        Column("identifiant", Text, primary_key=True),
        Column("courriel", Text, nullable=False),
        Column("sujet", Text, nullable=False),
        Column("langue", Text, nullable=False),
        Column("demande_le", Text, nullable=False),
        Column("confirme_le", Text),
        UniqueConstraint("courriel", "sujet"),
        sqlite_strict=True,
    )
    op.create_table(
        "jetons",
        Column("empreinte", Text, primary_key=True),
        Column("abonnement", Text, ForeignKey("abonnements.identifiant", ondelete="CASCADE"), nullable=False),
        Column("usage", Text, nullable=False),
        Column("cree_le", Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_jetons_abonnement", "jetons", ["abonnement"])
    op.create_table(
        "envois",
        Column("abonnement", Text, ForeignKey("abonnements.identifiant", ondelete="CASCADE"), nullable=False),
        Column("edition", Text, nullable=False),
        Column("etat", Text, nullable=False),
        Column("essais", Integer, nullable=False),
        Column("mis_le", Text, nullable=False),
        PrimaryKeyConstraint("abonnement", "edition"),
        sqlite_strict=True,
    )
    op.create_index("ix_envois_etat", "envois", ["etat"])
    op.create_table("annonces", Column("edition", Text, primary_key=True), sqlite_strict=True)
