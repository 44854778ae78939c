"""What a table answers, who publishes it, and what names it for ever: what goes with a file that leaves the site."""

from dataclasses import replace
from urllib.parse import quote

from sanoscope.catalogue.load import Catalogue
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.manifest import Manifest
from sanoscope.query.table import Credit, Origin, Table
from sanoscope.workspace import Settings

URN = "urn:sanoscope"
"""What names begin with where no public address of the site is known."""


def origin_of(restitution: Restitution, catalogue: Catalogue, manifest: Manifest) -> Origin:
    """Return what an edition's answers to a restitution are made of; who publishes them is for `published` to say."""
    first = manifest.source
    sources = [Credit(first.libelle, first.editeur, first.licence, first.lien)] if first else []
    crossed = (catalogue.sources[name] for name in restitution.sources_croisees)
    sources += [Credit(one.libelle, one.editeur, one.licence, one.lien) for one in crossed]
    return Origin(
        restitution.slug,
        restitution.titre,
        restitution.objet,
        restitution.notice,
        tuple(sources),
        theirs=first is not None,
    )


def published(origin: Origin, settings: Settings, site: str = "") -> Origin:
    """Return an origin with who publishes it; the site is at the address of the settings, else at the one given."""
    return replace(
        origin, site=settings.adresse or site, publisher=settings.editeur or "Sanoscope", licence=settings.licence
    )


def signed(table: Table, settings: Settings, site: str = "") -> Table:
    """Return a table with who publishes it."""
    return replace(table, origin=published(table.origin, settings, site))


def identifier(site: str, slug: str, edition: str = "", criteria: str = "") -> str:
    """Return what names a restitution, its state in an edition, or an answer there, for ever.

    >>> identifier("https://stats.exemple.fr", "casemix-mco", "2024-s12", "annee=2023")
    'https://stats.exemple.fr/id/restitutions/casemix-mco/editions/2024-s12?annee=2023'
    >>> identifier("", "casemix-mco")
    'urn:sanoscope:restitutions:casemix-mco'

    Args:
        site: public address of the site, without a last slash; "" where there is none.
        slug: the restitution.
        edition: name of an edition, "" for the restitution whatever the edition.
        criteria: canonical query string of a question.
    """
    parts = ["restitutions", slug, *(["editions", edition] if edition else [])]
    written = (quote(part, safe="") for part in parts)
    name = f"{site}/id/" + "/".join(written) if site else ":".join((URN, *written))
    return f"{name}?{criteria}" if criteria else name


def name_of(table: Table) -> str:
    """Return what names the answer that a table is: a restitution, an edition, criteria."""
    criteria = "&".join(pair for pair in table.query.split("&") if not pair.startswith("edition="))
    return identifier(table.origin.site, table.origin.slug, table.edition, criteria)


def address_of(table: Table) -> str:
    """Return the address that always gives this answer: the page pinned to its edition; its name where no site is."""
    if not table.origin.site:
        return name_of(table)
    return f"{table.origin.site}/restitutions/{table.origin.slug}?{pinned(table)}"


def pinned(table: Table) -> str:
    """Return the criteria of a table, its edition named."""
    named = any(pair.startswith("edition=") for pair in table.query.split("&"))
    return table.query if named else f"{table.query}&edition={quote(table.edition)}"


def years_of(table: Table) -> tuple[int, ...]:
    """Return the years that a table is about, from its criteria."""
    given = dict(pair.partition("=")[::2] for pair in table.query.split("&")).get("annee", "")
    return tuple(int(year) for year in given.split(",") if year.isdigit())
