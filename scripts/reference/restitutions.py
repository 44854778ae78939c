"""A page for each restitution, from its file: what it says, what it takes, its columns, how to ask for it."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from sanoscope.api.routes import MEANINGS
from sanoscope.catalogue.load import Catalogue, catalogue
from sanoscope.catalogue.restitution import Restitution
from sanoscope.query.criteria import BESIDE, taken
from sanoscope.web.site import THEMES
from scripts.reference import measures
from scripts.reference.text import Page, block, code, listed, plain, sentence, table

MANUAL = Path(__file__).parents[2] / "docs" / "manuel"

ACCESS = {
    "libre": "libre : tout lecteur",
    "identifie": "identifié : un compte, dans son périmètre",
    "securise": "sécurisé : le profil sécurisé",
}
RHYTHMS = {"hebdomadaire": "chaque semaine", "mensuel": "chaque mois", "annuel": "chaque année"}
GENRES = {
    "activite": "chiffres calculés des fichiers reçus",
    "transmissions": "qui a transmis quoi (administratif, sans masque)",
    "publiee": "chiffres d'une source publiée, tels quels",
    "profil": "chiffres de quelques établissements, avec leur place dans leur groupe",
}
ZONES = {
    "etablissement": "celle où l'établissement est implanté",
    "residence": "celle où habite le patient",
}
CHARTS = {
    "barres": "barres",
    "lignes": "évolution",
    "pyramide": "pyramide des âges",
    "nuage": "nuage, avec limites de contrôle",
    "nuage-croise": "nuage de deux colonnes",
    "radar": "radar",
}


def pages() -> list[Page]:
    """Return the page of each restitution, then their index."""
    books = catalogue()
    return [index(books), *(page(one, books) for one in books.restitutions.values())]


def index(books: Catalogue) -> Page:
    """Return the list of the restitutions, by theme."""
    parts = [
        f"{len(books.restitutions)} restitutions, chacune faite d'un fichier de `catalogue/restitutions/`. "
        f"Chaque page en est "
        "tirée, à la construction de ce site."
    ]
    for theme, title in THEMES.items():
        rows = [
            [f"[{plain(one.titre)}]({one.slug}.md)", plain(books.champs[one.champ].libelle), sentence(one.objet)]
            for one in books.restitutions.values()
            if one.theme == theme
        ]
        if rows:
            parts += [f"## {title}", table(["restitution", "champ", "à quoi elle sert"], rows)]
    return Page("restitutions/index", "Les restitutions", parts)


def page(one: Restitution, books: Catalogue) -> Page:
    """Return the page of a restitution."""
    return Page(
        f"restitutions/{one.slug}",
        one.titre,
        [
            sentence(one.objet),
            "\n".join(f"- {plain(what)}" for what in one.contenu),
            _facts(one, books),
            "## Critères",
            table(["critère", "sens", "ce qu'il prend ici"], _criteria(one, books)),
            "## Colonnes",
            table(["ligne ou attribut", "sens"], _labels(one, books)),
            table(["mesure", "libellé", "unité", "genre", "définition", "formule"], _measures(one, books)),
            "Ce que sont les genres : [les mesures](../mesures.md).",
            "## La demander",
            *_examples(one),
            "## Notice",
            _notice(one.notice),
            "## Dans le manuel",
            _asked(one.slug),
        ],
    )


def example(one: Restitution) -> dict[str, str]:
    """Return criteria that the restitution answers to, of its default year: as few as it takes."""
    found = {}
    if one.criteres.regroupement and one.criteres.regroupement[0]:
        found["regroupement"] = one.criteres.regroupement[0]
    return found


@cache
def questions() -> dict[str, list[tuple[str, str, str]]]:
    """Return, by slug, (page of the manual, its title, heading) of each question that asks it."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for path in sorted(MANUAL.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        title = text.partition("\n")[0].removeprefix("# ")
        for section in re.split(r"^## ", text, flags=re.M)[1:]:
            if asked := re.search(r"^ {4}sanoscope query ([\w-]+)", section, re.M):
                found.setdefault(asked[1], []).append((path.name, title, section.partition("\n")[0]))
    return found


def anchor(heading: str) -> str:
    """Return the identifier that a heading has on its page."""
    return re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-")


def _facts(one: Restitution, books: Catalogue) -> str:
    answering = [name for name, source in books.sources.items() if one.slug in source.restitutions]
    drawn = [CHARTS[chart.genre] for chart in one.graphiques] + (
        [f"carte ({', '.join(one.carte.genres)})"] if one.carte else []
    )
    rows = [
        ["adresse", code(f"/restitutions/{one.slug}")],
        ["thème", f"{THEMES[one.theme]} – {plain(one.sous_theme)}"],
        ["champ", f"[{plain(books.champs[one.champ].libelle)}](../champs/{one.champ}.md)"],
        ["accès", ACCESS[one.acces]],
        ["mise à jour", RHYTHMS[one.rythme]],
        ["ce que c'est", GENRES[one.genre]],
        ["sources publiées qui y répondent", listed(f"[{code(name)}](../sources/{name}.md)" for name in answering)],
        ["images", listed(drawn)],
    ]
    return table(["en bref", ""], rows)


def _criteria(one: Restitution, books: Catalogue) -> Iterator[list[str]]:
    for name in (*taken(one), *BESIDE):
        yield [code(name), sentence(MEANINGS[name]), _values(name, one, books)]


def _values(name: str, one: Restitution, books: Catalogue) -> str:
    levels = books.champ(one).dimensions
    if name == "annee":
        return "plusieurs années" if one.criteres.annee == "plusieurs" else "une année"
    if name == "zone":
        return ZONES[one.criteres.zone]
    if name in ("regroupement", "activite"):
        given = one.criteres.regroupement if name == "regroupement" else one.criteres.activite
        return listed(f"{code(level)} ({plain(levels[level].libelle)})" if level else "rien" for level in given)
    if name == "seuil":
        return listed(map(code, one.croisees))
    return ""


def _labels(one: Restitution, books: Catalogue) -> Iterator[list[str]]:
    levels = books.champ(one).dimensions
    for name in one.lignes:
        if name == "regroupement":
            yield [code(name), "Une ligne par code du niveau demandé ; la colonne en porte le nom."]
        elif name == "origine":
            yield [code(name), "La zone de résidence d'où viennent les patients."]
        else:
            yield [code(name), f"Une ligne par valeur : {plain(levels[name].libelle)}."]
    for name in one.attributs:
        yield [code(name), f"{ATTRIBUTES.get(name, 'Ce que la source dit de l’établissement')}."]


ATTRIBUTES = {
    "raison_sociale": "Nom de l'établissement",
    "categorie": "Catégorie de l'établissement",
    "secteur": "Secteur public ou privé",
    "periode": "Jusqu'à quel mois va la transmission (M12 : l'année entière)",
    "region": "Région de l'établissement",
    "departement": "Département de l'établissement",
    "ght": "Groupement hospitalier de territoire",
}


def _measures(one: Restitution, books: Catalogue) -> Iterator[list[str]]:
    champ = books.champs[one.champ]
    for name, mesure in books.mesures(one).items():
        told = measures.definition(mesure), measures.formula(mesure, champ)
        yield [
            code(name),
            plain(mesure.libelle),
            mesure.unite or "nombre",
            measures.KINDS[measures.kind(mesure)],
            *told,
        ]


SITE = "http://127.0.0.1:8000"
"""The site that examples ask: the one of the tutorial."""


def _examples(one: Restitution) -> Iterator[str]:
    asked = example(one)
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    words = " ".join([one.slug, *(f"{name}={value}" for name, value in asked.items())])
    yield "Par une adresse de page, par l'API, par une commande, par un programme ; la réponse est la même."
    yield block(f"/restitutions/{one.slug}{'?' if query else ''}{query}")
    yield block(f"/api/v1/restitutions/{one.slug}/donnees?{query}{'&' if query else ''}format=csv")
    secure = "" if one.acces == "libre" else " --scope secure"
    yield block(f"sanoscope query {words}{secure}", "sh")
    given = "".join(f", {name}={value!r}" for name, value in asked.items())
    yield block(f'from sanoscope import Client\n\nClient("{SITE}").demander("{one.slug}"{given}).polars()', "python")
    given = "".join(f', {name} = "{value}"' for name, value in asked.items())
    yield block(f'library(sanoscope)\n\nsano_demander(sanoscope("{SITE}"), "{one.slug}"{given})', "r")
    yield "Les clients [Python](../../clients.md) et [R](../../clients-r.md) ; les formats : [l'API](../../api.md)."
    if one.acces != "libre":
        yield "En ligne, elle demande un compte qui y a droit, ou une clé de l'API ([accès](../../acces.md))."


def _notice(notice: str) -> str:
    """Return a notice one level lower; what it links to inside a served site is named and not linked."""
    lower = re.sub(r"^##", "###", notice.strip(), flags=re.M)
    return re.sub(r"\[([^\]]*)\]\(/[^)]*\)", r"\1", lower)


def _asked(slug: str) -> str:
    return "\n".join(
        f"- [{plain(title)} : {plain(heading.removeprefix('Question : '))}](../../manuel/{name}#{anchor(heading)})"
        for name, title, heading in questions()[slug]
    )
