"""Pages of the fields, the sources, the fiches and the controls, from their files."""

from collections.abc import Iterator

from sanoscope.catalogue.field import Champ, Dimension, Distinct, Somme
from sanoscope.catalogue.load import Catalogue, catalogue
from sanoscope.catalogue.source import Source
from scripts.reference import measures
from scripts.reference.text import Page, code, listed, plain, sentence, table

AXES = {
    "temps": "temps",
    "etablissement": "établissement",
    "residence": "résidence du patient",
    "activite": "activité",
    "personne": "personne",
}
SUBJECTS = {
    "france": "la France",
    "region": "une région",
    "ght": "un GHT",
    "etablissement": "un établissement",
    "activite": "une activité",
}
GOOD = {"haut": "plus haut est mieux", "bas": "plus bas est mieux", "neutre": "ni l'un ni l'autre"}


def pages() -> list[Page]:
    """Return the pages of the catalogue besides those of its restitutions."""
    books = catalogue()
    return [
        _index(books),
        measured(books),
        *(_field(champ, books) for champ in books.champs.values()),
        *(_source(source, books) for source in books.sources.values()),
        _fiches(books),
        _controls(books),
    ]


def dimension(one: Dimension, champ: Champ) -> str:
    """Return what a dimension is, in a sentence."""
    told = f"{plain(one.libelle)} ; axe : {AXES[one.axe]}"
    if one.nomenclature:
        told += f" ; ses codes sont ceux de la nomenclature {code(one.nomenclature)}"
    if one.parents:
        known = champ.dimensions
        told += f" ; il détermine {listed(code(name) for name in one.parents if name in known)}"
    return sentence(told)


def added(one: Somme) -> str:
    """Return what a sum adds up, in a sentence."""
    if one.egale:
        return sentence(f"{plain(one.libelle)} : somme de {listed(map(code, one.egale))}")
    told = plain(one.libelle)
    if one.somme:
        told += f" : total de {listed(map(code, one.somme))}"
        told += f", multiplié par {listed(map(code, one.fois))}" if one.fois else ""
    else:
        told += " : chaque unité compte 1" if one.unites else " : chaque ligne compte 1"
    if one.effectif:
        told += " ; c'est un effectif de personnes, jamais montré de 1 à 10"
    return sentence(told)


def measured(books: Catalogue) -> Page:
    """Return the page of the kinds of measures, and of every measure of the fields."""
    kinds = ([name, meaning] for name, meaning in zip(measures.KINDS.values(), measures.MEANINGS.values(), strict=True))
    rows = sorted(
        [code(name), f"[{code(champ.champ)}](champs/{champ.champ}.md)", plain(one.libelle), measures.definition(one)]
        for champ in books.champs.values()
        for name, one in champ.mesures.items()
    )
    return Page(
        "mesures",
        "Les mesures",
        [
            "## Les genres",
            table(["genre", "sens"], kinds),
            "## Toutes les mesures des champs",
            "Celles des sources publiées sont sur la page de chacune.",
            table(["mesure", "champ", "libellé", "définition"], rows),
        ],
    )


def _index(books: Catalogue) -> Page:
    fields = [[f"[{code(n)}](champs/{n}.md)", plain(c.libelle), len(c.mesures)] for n, c in books.champs.items()]
    sources = [[f"[{code(n)}](sources/{n}.md)", plain(s.libelle), plain(s.editeur)] for n, s in books.sources.items()]
    return Page(
        "index",
        "La référence",
        [
            "Tout ce qui suit est fait du catalogue et du code, à la construction de ce site : rien n'y est recopié.",
            "- [Les restitutions](restitutions/index.md)\n- [Les commandes](commandes.md), [les "
            "réglages](reglages.md), "
            "[les codes d'erreur](codes-d-erreur.md)\n- [Les mesures](mesures.md)\n- [L'API, opération par "
            "opération](api.md), "
            "[les formats d'export](formats-d-export.md)\n- [Les formats "
            "d'enregistrement](enregistrements/index.md), champ par "
            "champ\n- [Les fiches](fiches.md), [les contrôles](controles.md), [le glossaire](../glossaire.md)",
            "## Les champs",
            table(["champ", "ce que c'est", "mesures"], fields),
            "## Les sources publiées",
            table(["source", "ce que c'est", "éditeur"], sources),
        ],
    )


def _field(champ: Champ, books: Catalogue) -> Page:
    asked = [one for one in books.restitutions.values() if one.champ == champ.champ]
    kinds = listed(f"[{code(kind)}](../enregistrements/{kind}.md)" for kind in champ.fichiers)
    made = (
        f"Il se compose des champs {listed(map(code, champ.compose))}." if champ.compose else f"Ses fichiers : {kinds}."
    )
    return Page(
        f"champs/{champ.champ}",
        champ.libelle,
        [
            made,
            sentence(f"Une unité : {champ.unites.libelle}") if champ.unites else "",
            "## Ce qui n'y compte pas" if champ.exclusions else "",
            table(["exclusion", "ce que c'est"], ([code(x.code), sentence(x.libelle)] for x in champ.exclusions)),
            "## Mesures",
            table(
                ["mesure", "libellé", "unité", "genre", "définition", "formule"],
                (
                    [
                        code(name),
                        plain(mesure.libelle),
                        mesure.unite or "nombre",
                        measures.KINDS[measures.kind(mesure)],
                        measures.definition(mesure),
                        measures.formula(mesure, champ),
                    ]
                    for name, mesure in champ.mesures.items()
                ),
            ),
            "## Dimensions",
            table(
                ["dimension", "axe", "ce que c'est"],
                ([code(name), AXES[one.axe], dimension(one, champ)] for name, one in champ.dimensions.items()),
            ),
            "## Sommes",
            "Ce que les cubes additionnent, et dont les mesures sont faites.",
            table(["somme", "ce qu'elle additionne"], ([code(n), added(one)] for n, one in champ.sommes.items())),
            table(
                ["personnes distinctes", "ce que c'est"], ([code(n), _persons(d)] for n, d in champ.distincts.items())
            ),
            "## Restitutions",
            "\n".join(f"- [{plain(one.titre)}](../restitutions/{one.slug}.md)" for one in asked),
        ],
    )


def _persons(one: Distinct) -> str:
    return sentence(
        f"{plain(one.libelle)} : valeurs distinctes de {code(one.colonne)}, par {listed(map(code, one.dimensions))}"
    )


def _source(source: Source, books: Catalogue) -> Page:
    champ = books.champs[source.champ]
    years = str(source.annee) if source.annee else "celles que disent ses fichiers"
    files = [code(form.nom) for form in source.fichiers] or [code(form.motif) for form in source.indicateurs]
    facts = [
        ["nom", code(source.source)],
        ["éditeur", plain(source.editeur)],
        ["réunie par", plain(source.par)],
        ["licence", plain(source.licence)],
        ["adresse", f"<{source.lien}>"],
        ["années", years],
        ["à jour au", f"{source.mise_a_jour:%d/%m/%Y}" if source.mise_a_jour else "elle ne le dit pas"],
        ["fichiers", listed(files)],
        ["restitutions", listed(f"[{code(slug)}](../restitutions/{slug}.md)" for slug in source.restitutions)],
    ]
    return Page(
        f"sources/{source.source}",
        source.libelle,
        [
            table(["en bref", ""], facts),
            "\n".join(f"- {sentence(one)}" for one in source.remarques),
            "## Mesures",
            table(
                ["mesure", "libellé", "unité", "sens", "définition", "d'où elle vient"],
                (
                    [
                        code(name),
                        plain(one.libelle),
                        one.unite or "nombre",
                        GOOD[one.sens],
                        measures.definition(one),
                        measures.formula(one, champ),
                    ]
                    for name, one in source.mesures.items()
                ),
            ),
            "## Dimensions" if source.dimensions else "",
            table(
                ["dimension", "axe", "ce que c'est"],
                ([code(name), AXES[one.axe], dimension(one, champ)] for name, one in source.dimensions.items()),
            ),
        ],
    )


def _fiches(books: Catalogue) -> Page:
    parts = [
        "Une fiche décrit un sujet par plusieurs restitutions ; elle n'ajoute aucun chiffre ([les "
        "fiches](../fiches.md))."
    ]
    for slug, fiche in books.fiches.items():
        blocks = [[plain(b.titre), f"[{code(b.restitution)}](restitutions/{b.restitution}.md)"] for b in fiche.blocs]
        parts += [
            f"## {plain(fiche.titre)}",
            f"{code(slug)} : {SUBJECTS[fiche.sujet]}. {sentence(fiche.objet)}",
            table(["bloc", "restitution"], blocks),
        ]
    return Page("fiches", "Les fiches, bloc par bloc", parts)


def _controls(books: Catalogue) -> Page:
    def rows() -> Iterator[list[str]]:
        for one in books.controles:
            yield [code(one.code), plain(one.libelle), sentence(one.pourquoi), sentence(one.que_faire)]

    return Page(
        "controles",
        "Les contrôles, un par un",
        [
            "Leurs seuils et leur usage sont sur [la page des contrôles](../controles.md).",
            table(["contrôle", "ce qu'il regarde", "pourquoi", "que faire"], rows()),
        ],
    )
