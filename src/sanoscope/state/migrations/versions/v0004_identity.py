"""Who signs in: passwords, identities of providers, sessions; who asks for rights; the addresses that accounts keep."""

from alembic import op
from sqlalchemy import Column, ForeignKey, Integer, PrimaryKeyConstraint, Text, UniqueConstraint

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns, make the tables."""
    op.add_column("comptes", Column("courriel", Text, nullable=False, server_default=""))
    op.add_column("comptes", Column("role", Text, nullable=False, server_default=""))
    op.create_table(
        "secrets",
        Column("compte", Text, ForeignKey("comptes.identifiant"), primary_key=True),
        Column("mot_de_passe", Text, nullable=False),
        Column("totp", Text, nullable=False),
        Column("totp_pas", Integer, nullable=False),
        Column("change_le", Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "liens",
        Column("empreinte", Text, primary_key=True),
        Column("compte", Text, ForeignKey("comptes.identifiant"), nullable=False, index=True),
        Column("usage", Text, nullable=False),
        Column("cree_le", Text, nullable=False),
        Column("expire_le", Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "identites",
        Column("emetteur", Text, nullable=False),
        Column("sujet", Text, nullable=False),
        Column("compte", Text, ForeignKey("comptes.identifiant"), nullable=False, index=True),
        Column("lie_le", Text, nullable=False),
        PrimaryKeyConstraint("emetteur", "sujet"),
        sqlite_strict=True,
    )
    op.create_table(
        "sessions",
        Column("empreinte", Text, primary_key=True),
        Column("identifiant", Text, nullable=False, unique=True),
        Column("compte", Text, ForeignKey("comptes.identifiant"), nullable=False, index=True),
        Column("fournisseur", Text, nullable=False),
        Column("jeton_identite", Text, nullable=False),
        Column("cree_le", Text, nullable=False),
        Column("vue_le", Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "connexions",
        Column("empreinte", Text, primary_key=True),
        Column("navigateur", Text, nullable=False),
        Column("fournisseur", Text, nullable=False),
        Column("nonce", Text, nullable=False),
        Column("verificateur", Text, nullable=False),
        Column("retour", Text, nullable=False),
        Column("invitation", Text, nullable=False),
        Column("cree_le", Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "demandes",
        Column("identifiant", Text, primary_key=True),
        Column("compte", Text, ForeignKey("comptes.identifiant"), nullable=False, index=True),
        Column("organisation", Text, nullable=False, index=True),
        Column("profil", Text, nullable=False),
        Column("perimetre", Text, nullable=False),
        Column("codes", Text, nullable=False),
        Column("domaines", Text, nullable=False),
        Column("du", Text, nullable=False),
        Column("au", Text, nullable=False),
        Column("motif", Text, nullable=False),
        Column("demande_le", Text, nullable=False),
        Column("etat", Text, nullable=False),
        Column("decide_le", Text, nullable=False),
        Column("decide_par", Text, nullable=False),
        Column("reponse", Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "gardes",
        Column("identifiant", Text, primary_key=True),
        Column("compte", Text, ForeignKey("comptes.identifiant"), nullable=False),
        Column("nom", Text, nullable=False),
        Column("adresse", Text, nullable=False),
        Column("partage", Integer, nullable=False),
        Column("cree_le", Text, nullable=False),
        UniqueConstraint("compte", "adresse"),
        sqlite_strict=True,
    )
