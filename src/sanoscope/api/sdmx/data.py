"""Questions of data: the part of a dataflow that an address means, answered as any question is."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from fastapi import Request

from sanoscope.api.reader import reader, with_mark
from sanoscope.api.sdmx.artefacts import Artefacts, components, dimensions, unknown
from sanoscope.api.sdmx.filters import NAMED, Part, part
from sanoscope.api.sdmx.structures import LATEST
from sanoscope.catalogue.restitution import Restitution
from sanoscope.errors import CriterionError, NotFoundError, UnsupportedError
from sanoscope.present.numbers import FRENCH
from sanoscope.present.sdmx.ids import AGENCY, VERSION, component_id
from sanoscope.present.sdmx.message import OBSERVED, VALUE, Message, message
from sanoscope.present.sdmx.shape import CRITERION, common, levels
from sanoscope.query.criteria import DATE, Query
from sanoscope.sentence import Sentence

LEFT = (
    "updatedAfter",
    "firstNObservations",
    "lastNObservations",
    "includeHistory",
    "offset",
    "limit",
    "sort",
    "reportingYearStartDay",
)
"""Parameters of SDMX-REST that are not done here."""

TAKEN = ("c[COMPOSANT]", "asOf", "attributes", "measures", "dimensionAtObservation")
"""Those that are."""

FLAT = "AllDimensions"
CONTEXTS = ("datastructure", "provisionagreement")
"""What data may be asked for by in SDMX, besides dataflows."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What is told of a dataflow, and the question that it answers; ``pinned``: an edition is named by the question."""

    query: Query
    told: Message
    pinned: bool


def flow(artefacts: Artefacts, context: str, agency: str, name: str, asked: str) -> Restitution:
    """Return the restitution that the beginning of an address of data means.

    Raises:
        NotFoundError: ``artefact-inconnu``.
        CriterionError: ``combinaison``: of several dataflows at once; ``valeur-inconnue``.
        UnsupportedError: ``sdmx-non-fait``: of another context than a dataflow.
    """
    if context not in ("dataflow", "*"):
        if context not in CONTEXTS:
            raise _strange("contexte", context, ["dataflow"])
        raise UnsupportedError(
            "sdmx-non-fait", Sentence("Les données se demandent ici par dataflow."), allowed=["dataflow"]
        )
    if "," in name or name in ("*", "all"):
        raise CriterionError(
            "combinaison",
            Sentence("Les données se demandent ici pour un dataflow à la fois."),
            todo=Sentence("La liste est à l'adresse /api/v1/sdmx/structure/dataflow."),
        )
    of_ours = agency in (AGENCY, "*", "all")
    if not of_ours or not any(one in (*LATEST, VERSION) or f"{one}.0" == VERSION for one in asked.split(",")):
        raise unknown("dataflow", f"{agency}:{name}({asked})", [f"{AGENCY}:{name}({VERSION})"])
    return artefacts.restitution(name)


def answered(
    artefacts: Artefacts, one: Restitution, key: str, items: Sequence[tuple[str, str]], request: Request
) -> Answered:
    """Return what is told of a dataflow.

    Args:
        artefacts: all that there are.
        one: its restitution.
        key: codes by points.
        items: the parameters, by name.
        request: who asks.

    Raises:
        CriterionError, ForbiddenError: as of any question.
        NotFoundError: ``sans-resultat``: nothing there is asked for.
        UnsupportedError: ``sdmx-non-fait``: a parameter is not done here.
    """
    form = artefacts.shape(one)
    along = dimensions(form)
    given = _given(items, along)
    asked = part(key, [pair for pair in items if pair[0].startswith("c[")], along, components(form))
    pairs = list(_criteria(artefacts, one, asked, items, given))
    query, table = artefacts.service.ask(one.slug, pairs, reader(request).scope)
    told = asked.of(message(with_mark(request, query, table), FRENCH, artefacts.service.catalogue))
    if not told.observations:
        raise NotFoundError("sans-resultat", Sentence("Aucune observation ne répond à cette demande."))
    told = told.saying(_attributes(given.get("attributes", "dsd"), told, common(form)))
    if given.get("measures", "all") not in ("all", VALUE):
        if given["measures"] != "none":
            raise _strange("measures", given["measures"], ["all", "none", VALUE])
        told = told.without_values()
    return Answered(query, told, bool(query.edition) and "asOf" not in given)


def _given(items: Iterable[tuple[str, str]], along: Sequence[str]) -> dict[str, str]:
    """Return the parameters that are no filters.

    Raises:
        CriterionError: an unknown one, or one given twice.
        UnsupportedError: one that is not done here.
    """
    found: dict[str, str] = {}
    for name, value in items:
        if name.startswith("c["):
            continue
        if name == "dimensionAtObservation" and value not in (FLAT, *along):
            raise _strange(name, value, [FLAT])
        if name in LEFT or (name == "dimensionAtObservation" and value != FLAT):
            raise UnsupportedError(
                "sdmx-non-fait",
                Sentence("%(criterion)s : « %(value)s » n'est pas fait ici.", criterion=name, value=value[:40]),
                allowed=[FLAT] if name == "dimensionAtObservation" else TAKEN,
            )
        if name not in TAKEN:
            raise CriterionError(
                "critere-inconnu", Sentence("Critère inconnu : « %(name)s ».", name=name), allowed=TAKEN
            )
        if name in found:
            raise CriterionError("critere-double", Sentence("Le critère « %(name)s » est donné deux fois.", name=name))
        found[name] = value
    return found


def _criteria(
    artefacts: Artefacts, one: Restitution, asked: Part, items: Iterable[tuple[str, str]], given: dict[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield the criteria that a part of a dataflow comes to."""
    service, form = artefacts.service, artefacts.shape(one)
    chosen = {}
    for name, value in items:
        found = NAMED.fullmatch(name)
        if found and found[1].startswith(CRITERION):
            chosen[found[1].removeprefix(CRITERION).lower()] = value.removeprefix("eq:")
    along = dimensions(form)
    level = asked.level({component_id(name): of for name, of in levels(one, service.catalogue).items()}, along)
    if level and "regroupement" not in chosen:
        chosen["regroupement"] = level
    dated = [(DATE, given["asOf"][:10])] if "asOf" in given else []
    named = dict(service.pinned(one, dated)).get("edition", "")
    known = service.answering(one, named).manifest.annees
    years = asked.years(known, along)
    if years is None and one.criteres.annee != "une":
        years = [str(year) for year in known]
    if years == []:
        raise NotFoundError(
            "sans-resultat",
            Sentence("Aucune des années demandées n'est dans l'édition."),
            allowed=[str(year) for year in known],
        )
    yield from chosen.items()
    if years:
        yield "annee", ",".join(years)
    if named:
        yield "edition", named


def _attributes(text: str, told: Message, whole: Iterable[str]) -> set[str]:
    """Return the attributes that a parameter asks for.

    Raises:
        CriterionError: ``valeur-inconnue``.
    """
    every, of_all = set(told.attributes), set(whole)
    sets = {"dsd": every | of_all, "all": every | of_all, "obs": every, "dataset": of_all, "none": set[str]()}
    sets |= {"series": set(), "msd": set()}
    found: set[str] = set()
    for name in text.split(","):
        if name not in sets and name not in every | of_all:
            raise _strange("attributes", name, [*sets, *OBSERVED])
        found |= sets.get(name, {name})
    return found


def _strange(name: str, value: str, allowed: Iterable[str]) -> CriterionError:
    said = Sentence("%(criterion)s : « %(value)s » n'est pas admis.", criterion=name, value=value[:40])
    return CriterionError("valeur-inconnue", said, allowed=allowed, criterion=name)
