"""A server of MCP (Model Context Protocol): an assistant finds a table and quotes it, masks and source with it.

It answers in words, as a model reads them: no cell is a bare number or a blank. What it gives is what `Client` gives;
nothing is written, kept or told to anybody else.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Annotated, Any, ParamSpec

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import Field

from sanoscope import __version__
from sanoscope.client.client import Client, Critere
from sanoscope.client.html import cells
from sanoscope.client.reponse import Reponse
from sanoscope.client.shapes import CritereDit, Decrite, Valeur
from sanoscope.errors import CriterionError, SanoscopeError
from sanoscope.present.html import Cell
from sanoscope.present.numbers import FRENCH, MEANING
from sanoscope.query.table import State

P = ParamSpec("P")

MOST_ROWS = 200
"""Rows that one answer may hold: more are not read, they are asked for in pages."""

ROWS = 40
"""Rows that an answer holds unless told otherwise."""

FOUND = 10
"""Results of each kind that a search gives."""

READING = """\
Statistiques hospitalières françaises (PMSI). Règles pour qui cite ces tableaux :
- Une cellule « masqué (1 à 10) » est un effectif de 1 à 10 : il ne se devine pas, ne s'additionne pas, ne se déduit
  pas d'un total.
- « environ N (± M) » est une valeur approchée : citez-la avec « environ » et sa marge, jamais comme un chiffre exact.
- « secret » est une valeur retenue, « sans objet » n'a rien à rapporter, « indisponible » manque : aucune n'est zéro.
- N'additionnez jamais une colonne qui a de telles cellules : demandez le total, le tableau le porte.
- Citez toujours le titre, l'édition et le lien du tableau, et ses notes quand elles touchent ce que vous dites.
- Commencez par « chercher » ou « lister_restitutions », puis « criteres », puis « lire_tableau »."""
"""What an assistant is told first; also a resource."""

WORDS = {
    State.MASKED: "masqué (1 à 10)",
    State.SECRET: "secret",
    State.NOT_APPLICABLE: "sans objet",
    State.NOT_AVAILABLE: "indisponible",
}
"""What is written where there is no figure."""

READ_ONLY = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)


def server(client: Client) -> MCPServer[Any]:
    """Return the server of what a client is answered."""
    made: MCPServer[Any] = MCPServer(
        "sanoscope", title="Sanoscope", instructions=READING, version=__version__, log_level="WARNING"
    )
    tools = Tools(client)
    for tool in (
        tools.chercher,
        tools.lister_restitutions,
        tools.decrire_restitution,
        tools.criteres,
        tools.lire_tableau,
        tools.editions,
        tools.comparer_editions,
    ):
        made.tool(annotations=READ_ONLY, structured_output=False)(taught(tool))

    @made.resource("sanoscope://lecture", title="Lire et citer ces tableaux", mime_type="text/plain")
    def reading() -> str:
        return READING

    @made.resource("sanoscope://notices/{slug}", title="Notice d'une restitution", mime_type="text/markdown")
    def notice(slug: str) -> str:
        return taught(tools.notice)(slug)

    return made


def taught(tool: Callable[P, str]) -> Callable[P, str]:
    """Return a tool whose refusals are told to the model as they are: what was wrong, what is allowed, what to do."""

    @wraps(tool)
    def told(*args: P.args, **kwargs: P.kwargs) -> str:
        try:
            return tool(*args, **kwargs)
        except SanoscopeError as error:
            raise ToolError(f"[{error.code}] {error}") from error

    return told


class Tools:
    """The tools, on what a client is answered. Their docstrings are what the model reads of them."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def chercher(self, texte: Annotated[str, Field(description="Des mots, un code, un FINESS, un lieu.")]) -> str:
        """Cherche une restitution, un indicateur, une activité, un établissement ou une zone, et dit qui y répond.

        Chaque résultat donne le critère à écrire (par exemple zone=departement:29) et les restitutions qui le prennent.
        """
        found = self._client.chercher(texte, FOUND)
        lines = [] if found["exact"] else ["Ces mots ne se trouvent pas tels quels ; voici ce qui y ressemble."]
        for group in found["groupes"]:
            lines.append(f"## {group['genre']}")
            for one in group["resultats"]:
                asked = f" ; critère {one['critere']}={one['valeur']}" if one["critere"] else ""
                slugs = ", ".join(link["slug"] for link in one["restitutions"]) or "aucune en accès libre"
                lines.append(f"- {one['code']} {one['libelle']} ({one['niveau_libelle']}){asked} ; répondent : {slugs}")
        return (
            "\n".join(lines) if found["nombre"] else f"Rien ne répond à « {texte} ». Essayez un autre mot, ou un code."
        )

    def lister_restitutions(
        self,
        theme: Annotated[str, Field(description="Un thème : activite, qualite, couts-finances… Vide : tous.")] = "",
        champ: Annotated[str, Field(description="mco, smr, had ou psy… Vide : tous.")] = "",
    ) -> str:
        """Liste les restitutions (les tableaux que l'on peut demander) : nom, titre, champ, thème, accès."""
        every = self._client.catalogue()
        for name, value in (("theme", theme), ("champ", champ)):
            known = sorted({one[name] for one in every})  # type: ignore[literal-required]
            if value and value not in known:
                raise CriterionError("valeur-inconnue", f"{name} : « {value} » n'est pas admis.", allowed=known)
        kept = [one for one in every if theme in ("", one["theme"]) and champ in ("", one["champ"])]
        return "\n".join(map(_line, kept)) or "Aucune restitution n'est de ce thème et de ce champ."

    def decrire_restitution(self, slug: Annotated[str, Field(description="Son nom, par exemple casemix-mco.")]) -> str:
        """Dit ce que mesure une restitution : objet, critères, mesures et leurs définitions, notice."""
        told = self._client.restitution(slug)
        criteria = [f"- {name} : {sense}" for name, sense in told["criteres"].items()]
        measures = [f"- {one['nom']} : {one['libelle']}. {one['definition']}" for one in told["mesures"]]
        head = [_line(told), told["objet"], "## Critères", *criteria, "## Mesures", *measures, "## Notice"]
        return "\n".join([*head, told["notice"]])

    def criteres(self, slug: Annotated[str, Field(description="Son nom, par exemple casemix-mco.")]) -> str:
        """Dit les critères d'une restitution et les valeurs admises de chacun."""
        return "\n".join(line for one in self._client.criteres(slug) for line in _criterion(one))

    def lire_tableau(
        self,
        slug: Annotated[str, Field(description="La restitution, par exemple casemix-mco.")],
        criteres: Annotated[
            dict[str, str | int | list[str] | list[int]],
            Field(description='Ce qui est demandé, par exemple {"annee": 2023, "zone": "departement:29"}.'),
        ] = {},  # noqa: B006  # read, never changed: the default is told to the model
        lignes: Annotated[int, Field(description=f"Lignes à donner, de 1 à {MOST_ROWS}.")] = ROWS,
        a_partir_de: Annotated[int, Field(description="La première ligne à donner, à partir de 1.")] = 1,
    ) -> str:
        """Lit un tableau : titre, édition, lignes, légende des masques, notes, lien qui ne change plus, citation.

        Les cellules masquées, approchées ou absentes le disent en toutes lettres. Les totaux sont toujours donnés.
        """
        if not 1 <= lignes <= MOST_ROWS:
            raise CriterionError(
                "valeur-inconnue", f"lignes : « {lignes} » n'est pas admis.", allowed=[f"1 à {MOST_ROWS}"]
            )
        asked: dict[str, Critere] = {**criteres}
        answer = self._client.demander(slug, **asked)
        details = answer.etiquettes.kinds.count("detail")
        if not 1 <= a_partir_de <= max(1, details):
            raise CriterionError(
                "valeur-inconnue", f"a_partir_de : « {a_partir_de} » n'est pas admis.", allowed=[f"1 à {details}"]
            )
        return "\n".join(_table(answer, a_partir_de - 1, lignes))

    def editions(self) -> str:
        """Liste les éditions publiées : leur nom, pour qu'une question soit toujours répondue pareil (edition=NOM)."""
        lines = []
        for one in self._client.editions():
            state = f"{one['etat']}, {', '.join(map(str, one['annees']))}"
            of = "les transmissions" if one["source"] is None else "un tableau déjà publié"
            now = " ; répond par défaut" if one["publiee"] else ""
            lines.append(f"- {one['nom']} ({state}), du {one['cree_le'][:10]}, d'après {of}{now}")
        return "\n".join(lines)

    def comparer_editions(
        self,
        slug: Annotated[str, Field(description="La restitution, par exemple casemix-mco.")],
        avec: Annotated[str, Field(description="Le nom de l'édition d'avant ; « editions » les donne.")],
        criteres: Annotated[
            dict[str, str | int | list[str] | list[int]],
            Field(description="Comme pour lire_tableau ; edition=NOM est l'édition d'après."),
        ] = {},  # noqa: B006  # read, never changed: the default is told to the model
    ) -> str:
        """Dit ce qui a bougé dans un tableau d'une édition à une autre : les plus grands écarts entre chiffres exacts.

        Un chiffre masqué ou approché dans l'une des deux est compté, jamais comparé.
        """
        asked: dict[str, Critere] = {**criteres, "limite": ROWS}
        told = self._client.ecarts(slug, avec, **asked)
        before, after = told["de"], told["a"]
        lines = [
            f"# {told['restitution']}?{told['requete']}",
            f"De l'édition {before['nom']} ({before['date']}) à l'édition {after['nom']} ({after['date']}) : "
            f"{told['changes']} chiffres exacts changés sur {told['chiffres']}, {told['nouveaux']} nouveaux, "
            f"{told['disparus']} disparus, {told['approches']} approchés, {told['masques']} masqués.",
        ]
        if told["filigrane"]:
            lines.append(told["filigrane"])
        lines += [_moved(one) for one in told["ecarts"]]
        return "\n".join([*lines, *(["La suite n'est pas donnée : précisez les critères."] if told["suite"] else [])])

    def notice(self, slug: str) -> str:
        """Return the notice of a restitution."""
        told = self._client.restitution(slug)
        return f"# {told['titre']}\n\n{told['notice']}"


def _moved(one: Mapping[str, Any]) -> str:
    """Return a figure that moved, in words."""
    gap = "" if one["ecart"] is None else f" (écart {one['ecart']:+})"
    where = f"{one['annee']}, {' / '.join(one['ligne'])}, {one['mesure']}"
    return f"- {where} : {_seen(one['avant'])} → {_seen(one['apres'])}{gap}"


def _seen(side: Mapping[str, Any]) -> str:
    state = State(side["etat"])
    return WORDS.get(state) or ("environ " if state is State.APPROXIMATE else "") + str(side["valeur"])


def _line(one: Decrite) -> str:
    opened = "" if one["acces"] == "libre" else f" (accès {one['acces']})"
    return f"- {one['slug']} : {one['titre']} [{one['champ']}, {one['theme']}]{opened}"


def _criterion(one: CritereDit) -> Iterable[str]:
    """Yield what is said of a criterion, and of each of its values."""
    default = f" Par défaut : {one['defaut']}." if one["defaut"] else ""
    yield f"- {one['nom']} : {one['sens']}{default}"
    if one["valeurs"]:
        yield "    valeurs : " + " ; ".join(map(_value, one["valeurs"]))
    for level in one["niveaux"]:
        closed = " ; pas en accès libre" if level["ouvert"] is False else ""
        yield f"    {level['forme']} : {level['libelle']}{closed} (« chercher » en donne les codes)"


def _value(value: Valeur) -> str:
    named = f" ({value['libelle']})" if value["libelle"] not in ("", value["valeur"]) else ""
    return value["valeur"] + named + (" (pas en accès libre)" if value["ouvert"] is False else "")


def _table(answer: Reponse, start: int, most: int) -> Iterable[str]:
    """Yield a table in words, the lines of Markdown."""
    edition = answer.edition
    yield f"# {answer.titre}"
    yield f"Édition {edition.nom} ({edition.etat}) du {edition.date:%d/%m/%Y}. Question : {answer.requete}"
    if answer.filigrane:
        yield answer.filigrane
    measures = [one for one in answer.colonnes if one.genre == "mesure"]
    labels = [label.title for label in answer.etiquettes.labels]
    heads = [*labels, *(f"{one.libelle} ({one.unite})" if one.unite else one.libelle for one in measures)]
    yield ""
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    margins = [_margins(answer, one.nom, one.decimales) for one in measures]
    place = given = 0
    for number, (kind, row) in enumerate(zip(answer.etiquettes.kinds, cells(answer), strict=True)):
        if kind == "detail":
            place += 1
            if not start < place <= start + most:
                continue
            given += 1
        texts = [one.text for one in row[: len(labels)]]
        figures = [_said(one, around[number]) for one, around in zip(row[len(labels) :], margins, strict=True)]
        yield "| " + " | ".join(text.replace("|", "/") for text in (*texts, *figures)) + " |"
    yield ""
    if given < place:
        yield f"Lignes {start + 1} à {start + given} sur {place} ; la suite par a_partir_de={start + given + 1}."
    yield from _source(answer)


def _source(answer: Reponse) -> Iterable[str]:
    """Yield what no figure of a table may be quoted without."""
    yield "Lecture :"
    for state in answer.legende:
        one = State(state)
        word = {State.EXACT: "un chiffre", State.APPROXIMATE: "environ N (± M)"}.get(one) or WORDS[one]
        yield f"- {word} : {MEANING[one]}"
    for note in answer.notes:
        yield f"Note : {note}"
    yield from (f"Définition : {one.libelle} : {one.definition}" for one in answer.colonnes if one.definition)
    yield f"Lien : {answer.lien}"
    yield f"À citer ainsi : {answer.citation}"


def _margins(answer: Reponse, name: str, decimals: int) -> list[str]:
    """Return the margin of each row of a measure as it is written, "" where there is none."""
    table, column = answer.arrow(), f"{name}_marge"
    if column not in table.column_names:
        return [""] * len(answer)
    return ["" if one is None else FRENCH.number(one, decimals) for one in table.column(column).to_pylist()]


def _said(cell: Cell, margin: str) -> str:
    """Return a figure in words."""
    state = State(cell.state)
    if state is State.EXACT:
        return cell.text
    if state is State.APPROXIMATE:
        return cell.text.replace("≈", "environ") + (f" (± {margin})" if margin else "")
    return WORDS[state]
