"""What search engines read of a page: schema.org in JSON-LD, a block of data that no browser executes.

The policy of our pages (CSP) forbids scripts in them; a block of data is none (HTML, 4.12.1), and Chromium takes it so.
"""

from typing import Any

import orjson
from markupsafe import Markup

from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition
from sanoscope.present.exports import FORMATS
from sanoscope.present.licences import licence
from sanoscope.query.origin import address_of, identifier, name_of, pinned, years_of
from sanoscope.query.table import Origin, Table
from sanoscope.web.dcat import ABOUT, TITLE
from sanoscope.web.language import Language
from sanoscope.web.site import THEMES

ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
"""What could end the block, or be taken for HTML, as JSON writes it otherwise."""


def block(told: dict[str, Any]) -> Markup:
    """Return an object as the block of data of a page."""
    text = orjson.dumps({"@context": "https://schema.org", **told}).decode()
    for sign, written in ESCAPED.items():
        text = text.replace(sign, written)
    return Markup('<script type="application/ld+json">{}</script>').format(Markup(text))


def of_answer(table: Table, restitution: Restitution, spoken: Language) -> Markup:
    """Return an answer as a Dataset, with its measures and its files."""
    say, origin, years = spoken.say, table.origin, years_of(table)
    data = f"{origin.site}/api/v1/restitutions/{restitution.slug}/donnees?{pinned(table)}&format="
    return block(
        _dataset(origin, restitution, spoken)
        | {
            "@id": name_of(table),
            "identifier": name_of(table),
            "name": say(table.title),
            "description": " ".join([say(restitution.objet), *map(say, table.notes)])[:5000],
            "url": address_of(table),
            "version": table.edition,
            "dateModified": table.made,
            "temporalCoverage": _years(years),
            "isPartOf": {"@type": "Dataset", "@id": identifier(origin.site, restitution.slug)},
            "variableMeasured": [
                {
                    "@type": "PropertyValue",
                    "name": say(figure.title),
                    "description": say(figure.definition),
                    **({"unitText": say(figure.unit)} if figure.unit else {}),
                }
                for figure in table.figures
            ],
            "distribution": [
                {
                    "@type": "DataDownload",
                    "name": say(form.title),
                    "encodingFormat": form.media_type.partition(";")[0],
                    "contentUrl": data + form.name,
                }
                for form in FORMATS.values()
            ],
        }
    )


def of_restitution(origin: Origin, restitution: Restitution, edition: Edition | None, spoken: Language) -> Markup:
    """Return a restitution as a Dataset, whatever the criteria; ``edition`` answers it now, None where none does."""
    name = identifier(origin.site, restitution.slug)
    told = {
        "@id": name,
        "identifier": name,
        "name": spoken.say(restitution.titre),
        "description": ". ".join([spoken.say(restitution.objet), *map(spoken.say, restitution.contenu)]),
        "url": f"{origin.site}{spoken.href(f'/restitutions/{restitution.slug}')}",
    }
    if edition:
        told |= {
            "version": edition.nom,
            "dateModified": edition.manifest.cree_le.date().isoformat(),
            "temporalCoverage": _years(tuple(edition.champ.annees)),
        }
    return block(_dataset(origin, restitution, spoken) | told)


def of_site(site: str, publisher: str, terms: str, spoken: Language) -> Markup:
    """Return the site as a DataCatalog."""
    told = licence(terms)
    return block(
        {
            "@type": "DataCatalog",
            "@id": f"{site}/catalogue",
            "name": spoken.say(TITLE),
            "description": spoken.say(ABOUT),
            "url": f"{site}{spoken.href('/')}",
            "inLanguage": spoken.code,
            "publisher": {"@type": "Organization", "name": publisher},
            **({"license": told.address} if told.address else {}),
        }
    )


def _dataset(origin: Origin, restitution: Restitution, spoken: Language) -> dict[str, Any]:
    """Return what a restitution and its answers have in common."""
    terms = licence(origin.sources[0].licence if origin.theirs else origin.licence)
    people = {"@type": "Organization", "name": origin.publisher, "url": f"{origin.site}/"}
    return {
        "@type": "Dataset",
        "inLanguage": spoken.code,
        "isAccessibleForFree": True,
        "creator": people,
        "publisher": people,
        "keywords": [spoken.say(text) for text in (THEMES[restitution.theme], restitution.sous_theme)] + ["PMSI"],
        "spatialCoverage": {"@type": "Place", "name": "France"},
        "includedInDataCatalog": {"@type": "DataCatalog", "@id": f"{origin.site}/catalogue"},
        **({"license": terms.address} if terms.address else {}),
    }


def _years(years: tuple[int, ...]) -> str:
    """Return years as ISO 8601 has them: one, or a span."""
    return str(years[0]) if len(years) == 1 else f"{min(years)}/{max(years)}" if years else ".."
