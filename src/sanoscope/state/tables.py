"""The tables of the state, as the latest migration leaves them.

Days and instants are ISO 8601 texts in UTC, so that both databases keep and sort them alike. ``sqlite_strict`` has
SQLite refuse what is not of its column's type, as PostgreSQL does.
"""

from datetime import UTC, datetime

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, PrimaryKeyConstraint, Table, Text, UniqueConstraint

VERSIONS = ("0001", "0002", "0003", "0004", "0005")
"""The migrations, the first first; the last one is that of this software."""

VERSION_TABLE = "alembic_version"
"""Where Alembic keeps the version of a state."""

metadata = MetaData()


def written(instant: datetime, *, fine: bool = False) -> str:
    """Return an instant as it is kept: to the second or, where order within one counts, to the millisecond.

    All those of a column are written alike.
    """
    return instant.astimezone(UTC).isoformat(timespec="milliseconds" if fine else "seconds")


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

accounts = Table(
    "comptes",
    metadata,
    Column("identifiant", Text, primary_key=True),
    Column("nom", Text, nullable=False, unique=True),
    Column("organisation", Text, nullable=False, index=True),
    Column("cree_le", Text, nullable=False),
    Column("ferme_le", Text),
    Column("courriel", Text, nullable=False, server_default=""),
    Column("role", Text, nullable=False, server_default=""),
    sqlite_strict=True,
)
"""Who may be more than anybody. None is ever deleted: the journal names them."""

grants = Table(
    "droits",
    metadata,
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
"""The rights of an organisation, from a day to another, both among them; one that was withdrawn stays, to be told."""

keys = Table(
    "cles",
    metadata,
    Column("identifiant", Text, primary_key=True),
    Column("empreinte", Text, nullable=False, unique=True),
    Column("compte", ForeignKey("comptes.identifiant"), nullable=False, index=True),
    Column("nom", Text, nullable=False),
    Column("domaines", Text, nullable=False),
    Column("complete", Integer, nullable=False),
    Column("cree_le", Text, nullable=False),
    Column("expire_le", Text, nullable=False),
    Column("revoquee_le", Text),
    sqlite_strict=True,
)
"""Keys of the API, as their SHA-256; a key may hold fewer domains than its account, and no small count."""

journal = Table(
    "journal",
    metadata,
    Column("numero", Integer, primary_key=True, autoincrement=False),
    Column("instant", Text, nullable=False),
    Column("acteur", Text, nullable=False),
    Column("acte", Text, nullable=False),
    Column("objet", Text, nullable=False),
    Column("sceau", Text, nullable=False),
    sqlite_strict=True,
)
"""What was asked and done, in order; each seal is of its line and of the seal before it (`access.journal`)."""

bounds = Table(
    "journal_bornes",
    metadata,
    Column("borne", Text, primary_key=True),
    Column("numero", Integer, nullable=False),
    Column("sceau", Text, nullable=False),
    Column("preuve", Text, nullable=False),
    sqlite_strict=True,
)
"""Where the journal begins (after the last line that retention removed) and ends, each proved by the key."""

passwords = Table(
    "secrets",
    metadata,
    Column("compte", ForeignKey("comptes.identifiant"), primary_key=True),
    Column("mot_de_passe", Text, nullable=False),
    Column("totp", Text, nullable=False),
    Column("totp_pas", Integer, nullable=False),
    Column("change_le", Text, nullable=False),
    sqlite_strict=True,
)
"""How an account signs in here: its password (argon2), the secret of its second factor, the last step of it that was
taken, so that no code is taken twice."""

links = Table(
    "liens",
    metadata,
    Column("empreinte", Text, primary_key=True),
    Column("compte", ForeignKey("comptes.identifiant"), nullable=False, index=True),
    Column("usage", Text, nullable=False),
    Column("cree_le", Text, nullable=False),
    Column("expire_le", Text, nullable=False),
    sqlite_strict=True,
)
"""What the links to join or to choose another password hold, as its SHA-256; gone once it has served."""

identities = Table(
    "identites",
    metadata,
    Column("emetteur", Text, nullable=False),
    Column("sujet", Text, nullable=False),
    Column("compte", ForeignKey("comptes.identifiant"), nullable=False, index=True),
    Column("lie_le", Text, nullable=False),
    PrimaryKeyConstraint("emetteur", "sujet"),
    sqlite_strict=True,
)
"""Whom a provider of identities (its issuer, its subject) says that an account is."""

sessions = Table(
    "sessions",
    metadata,
    Column("empreinte", Text, primary_key=True),
    Column("identifiant", Text, nullable=False, unique=True),
    Column("compte", ForeignKey("comptes.identifiant"), nullable=False, index=True),
    Column("fournisseur", Text, nullable=False),
    Column("jeton_identite", Text, nullable=False),
    Column("cree_le", Text, nullable=False),
    Column("vue_le", Text, nullable=False),
    sqlite_strict=True,
)
"""Who is signed in: the SHA-256 of what his cookie holds; his provider and its token, to sign out there, or ""."""

signings = Table(
    "connexions",
    metadata,
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
"""Who is away at his provider: what it must send back, from which browser, where he goes then; gone when he is back."""

requests = Table(
    "demandes",
    metadata,
    Column("identifiant", Text, primary_key=True),
    Column("compte", ForeignKey("comptes.identifiant"), nullable=False, index=True),
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
"""Rights that were asked for, and what was answered by whom."""

kept = Table(
    "gardes",
    metadata,
    Column("identifiant", Text, primary_key=True),
    Column("compte", ForeignKey("comptes.identifiant"), nullable=False),
    Column("nom", Text, nullable=False),
    Column("adresse", Text, nullable=False),
    Column("partage", Integer, nullable=False),
    Column("cree_le", Text, nullable=False),
    UniqueConstraint("compte", "adresse"),
    sqlite_strict=True,
)
"""Addresses of the site that accounts keep under a name: favourites, questions, baskets; shared with theirs or not."""

extractions = Table(
    "extractions",
    metadata,
    Column("empreinte", Text, primary_key=True),
    Column("compte", ForeignKey("comptes.identifiant")),
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
"""Large extractions: the SHA-256 of what names one, who asked for it (null: anybody) and what he could then see, its
questions, how far it is. ``complet``: of a service that gives small counts, which alone makes it and hands it over;
``place``: which of the places at work has it."""
