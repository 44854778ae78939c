"""The tables of the state, as the latest migration leaves them.

Days and instants are ISO 8601 texts in UTC, so that both databases keep and sort them alike. ``sqlite_strict`` has
SQLite refuse what is not of its column's type, as PostgreSQL does.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, PrimaryKeyConstraint, Table, Text, UniqueConstraint

VERSIONS = ("0001", "0002")
"""The migrations, the first first; the last one is that of this software."""

VERSION_TABLE = "alembic_version"
"""Where Alembic keeps the version of a state."""

metadata = MetaData()

baskets = Table(
    "paniers",
    metadata,
    Column("identifiant", Text, primary_key=True),
    Column("nom", Text, nullable=False),
    Column("cle", Text, nullable=False, unique=True),
    Column("finess", Text, nullable=False),
    Column("cree_le", Text, nullable=False),
    sqlite_strict=True,
)

subscriptions = Table(
    "abonnements",
    metadata,
    Column("identifiant", Text, primary_key=True),
    Column("courriel", Text, nullable=False),
    Column("sujet", Text, nullable=False),
    Column("langue", Text, nullable=False),
    Column("demande_le", Text, nullable=False),
    Column("confirme_le", Text),
    UniqueConstraint("courriel", "sujet"),
    sqlite_strict=True,
)
"""Who is told of what: an address, a restitution, a theme or "" for all; ``confirme_le`` is null until confirmed."""

tokens = Table(
    "jetons",
    metadata,
    Column("empreinte", Text, primary_key=True),
    Column("abonnement", ForeignKey("abonnements.identifiant", ondelete="CASCADE"), nullable=False, index=True),
    Column("usage", Text, nullable=False),
    Column("cree_le", Text, nullable=False),
    sqlite_strict=True,
)
"""What the links of mails hold, as its SHA-256: who reads the state can neither confirm nor unsubscribe."""

mails = Table(
    "envois",
    metadata,
    Column("abonnement", ForeignKey("abonnements.identifiant", ondelete="CASCADE"), nullable=False),
    Column("edition", Text, nullable=False),
    Column("etat", Text, nullable=False),
    Column("essais", Integer, nullable=False),
    Column("mis_le", Text, nullable=False),
    PrimaryKeyConstraint("abonnement", "edition"),
    Index("ix_envois_etat", "etat"),
    sqlite_strict=True,
)
"""The mails to send and those sent, one a subscription and edition; the edition "" is the mail to confirm."""

announced = Table("annonces", metadata, Column("edition", Text, primary_key=True), sqlite_strict=True)
"""The published editions whose mails were put in the table above: each is announced once."""
