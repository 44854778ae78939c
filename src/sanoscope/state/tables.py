"""The tables of the state, as the latest migration leaves them.

Days and instants are ISO 8601 texts in UTC, so that both databases keep and sort them alike. ``sqlite_strict`` has
SQLite refuse what is not of its column's type, as PostgreSQL does.
"""

from sqlalchemy import Column, MetaData, Table, Text

VERSIONS = ("0001",)
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
