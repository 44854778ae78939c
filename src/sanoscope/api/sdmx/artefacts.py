"""The artefacts that a service maintains: of each restitution a dataflow, its data structure, its concepts, its codes.

Data structures follow from the catalogue, code lists from the editions that are served. What an artefact refers to is
known without making it: only what is asked for is made.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from sanoscope.access.scope import DOMAINS
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition
from sanoscope.edition.publication import answering
from sanoscope.engine.plan import Aggregate, Scan
from sanoscope.errors import NotFoundError, UnsupportedError
from sanoscope.present.cube import METRIC, NOTHING, REFERENCE, TIME, TOTAL
from sanoscope.present.numbers import MEANING
from sanoscope.present.sdmx.ids import AGENCY, VERSION, code_id, component_id, flow_id, slug_of
from sanoscope.present.sdmx.message import OBSERVED, VALUE, flow_urn, unit_names
from sanoscope.present.sdmx.shape import Shape, common, shape
from sanoscope.present.sdmx.states import CONFIDENTIALITY, OBSERVATION
from sanoscope.query import profile, words
from sanoscope.query.service import Service
from sanoscope.sentence import Sentence

if TYPE_CHECKING:
    from pysdmx.model import Component

FLOW, STRUCTURE, CODES, CONCEPTS = "dataflow", "datastructure", "codelist", "conceptscheme"
AGENCIES, CATEGORIES, CATEGORISED = "agencyscheme", "categoryscheme", "categorisation"

SPECIAL = {
    TOTAL: Sentence("Total"),
    REFERENCE: Sentence("Total de ce qui est comparé"),
    NOTHING: Sentence("Sans objet"),
}
"""Codes that every dimension of rows has."""

URN = "urn:sdmx:org.sdmx.infomodel."
INSTALL = Sentence("Installez-le : pip install 'sanoscope[sdmx]'.")


@dataclass(frozen=True, slots=True)
class Artefact:
    """An artefact: what it is, what it refers to, and how it is made.

    Attributes:
        kind, agency, id, version: what it is.
        children: kinds and identifiers of what it refers to.
        make: returns it, as pysdmx has it; with no items and no components where it is told not to.
    """

    kind: str
    id: str
    make: Callable[..., Any]
    children: tuple[tuple[str, str], ...] = ()
    agency: str = AGENCY
    version: str = VERSION


def pysdmx() -> Any:
    """Return pysdmx's model.

    Raises:
        UnsupportedError: ``extra-absent``: it is not installed.
    """
    try:
        from pysdmx import model  # noqa: PLC0415 - an extra, which only structures need
    except ImportError as error:
        raise UnsupportedError(
            "extra-absent", Sentence("Les structures SDMX demandent pysdmx, qui n'est pas installé."), todo=INSTALL
        ) from error
    return model


@dataclass
class Artefacts:
    """What a service maintains."""

    service: Service
    _shapes: dict[str, Shape] = field(default_factory=dict)

    def restitution(self, flow: str) -> Restitution:
        """Return the restitution of a dataflow.

        Raises:
            NotFoundError: ``artefact-inconnu``.
        """
        found = self.service.catalogue.restitutions.get(slug_of(flow))
        if found is None or flow_id(found.slug) != flow:
            raise unknown(FLOW, flow)
        return found

    def shape(self, restitution: Restitution) -> Shape:
        """Return the data structure of a restitution."""
        if restitution.slug not in self._shapes:
            self._shapes[restitution.slug] = shape(restitution, self.service.catalogue)
        return self._shapes[restitution.slug]

    @cached_property
    def index(self) -> dict[tuple[str, str], Artefact]:
        """Every artefact by kind and identifier."""
        return {(one.kind, one.id): one for one in self._all()}

    def parents(self, one: Artefact) -> list[Artefact]:
        """Return what refers to an artefact."""
        return [other for other in self.index.values() if (one.kind, one.id) in other.children]

    def children(self, one: Artefact) -> list[Artefact]:
        """Return what an artefact refers to."""
        return [self.index[child] for child in one.children]

    def _all(self) -> Iterator[Artefact]:
        yield Artefact(AGENCIES, "AGENCIES", _agencies, agency="SDMX", version="1.0")
        for name, title, codes in _shared(self.service):
            yield Artefact(CODES, name, _codelist_of(name, title, partial(dict, codes)))
        groups: dict[tuple[str, str], list[Restitution]] = {}
        restitutions = self.service.catalogue.restitutions.values()
        for one in restitutions:
            for name in self.shape(one).dimensions:
                groups.setdefault((_group(one), name), []).append(one)
        for (group, name), of in groups.items():
            title, id_ = self.shape(of[0]).dimensions[name], _list_id(group, name)
            yield Artefact(CODES, id_, _codelist_of(id_, title, self._codes(name, of)))
        for one in restitutions:
            yield from self._of(one)
        yield Artefact(CATEGORIES, "THEMES", _themes(restitutions))
        for one in restitutions:
            id_ = flow_id(one.slug)
            yield Artefact(CATEGORISED, id_, _categorisation(one), ((CATEGORIES, "THEMES"), (FLOW, id_)))

    def _of(self, one: Restitution) -> Iterator[Artefact]:
        """Yield the artefacts of a restitution alone: flow, structure, concepts, and the codes of its measures."""
        id_, form = flow_id(one.slug), self.shape(one)
        measures = f"CL_{id_}_MESURE"
        yield Artefact(
            CODES,
            measures,
            _codelist_of(measures, Sentence("Mesures : %(titre)s", titre=form.title), lambda: form.measures),
        )
        lists = {name: _list_id(_group(one), name) for name in form.dimensions} | {METRIC: measures}
        lists |= {name: f"CL_{name}" for name in ("OBS_STATUS", "CONF_STATUS", "ETAT", "UNIT_MEASURE")}
        yield Artefact(CONCEPTS, f"CS_{id_}", _concepts(id_, form))
        children = ((CONCEPTS, f"CS_{id_}"), *((CODES, name) for name in dict.fromkeys(lists.values())))
        yield Artefact(STRUCTURE, id_, self._structure(id_, form, lists), children)
        yield Artefact(FLOW, id_, self._flow(one, form), ((STRUCTURE, id_),))

    def _flow(self, one: Restitution, form: Shape) -> Callable[..., Any]:
        def make(*, stub: bool = False) -> Any:
            id_ = flow_id(one.slug)
            structure = f"{URN}datastructure.DataStructure={AGENCY}:{id_}({VERSION})"
            return pysdmx().Dataflow(
                id=id_,
                name=str(form.title),
                description=str(form.purpose),
                agency=AGENCY,
                version=VERSION,
                structure=structure,
                is_external_reference=stub,
            )

        return make

    def _structure(self, id_: str, form: Shape, lists: dict[str, str]) -> Callable[..., Any]:
        def make(*, stub: bool = False) -> Any:
            model = pysdmx()
            components = () if stub else _components(id_, form, lists)
            return model.DataStructureDefinition(
                id=id_,
                name=str(form.title),
                description=str(form.purpose),
                agency=AGENCY,
                version=VERSION,
                components=model.Components(components),
                is_external_reference=stub,
            )

        return make

    # codes --------------------------------------------------------------------------------------------------------

    def _codes(self, name: str, of: Iterable[Restitution]) -> Callable[[], dict[str, str]]:
        """Return what gives the codes of a dimension, with their names: those of the editions that answer."""

        def make() -> dict[str, str]:
            found: dict[str, str] = {}
            for edition, one in self._answered(of).items():
                found |= self._codes_in(name, one, self.service.answering(one, edition))
            return dict(sorted(found.items())) | SPECIAL

        return make

    def _answered(self, of: Iterable[Restitution]) -> dict[str, Restitution]:
        """Return the editions that answer restitutions of a field, by name, each with one of these; none for none."""
        found: dict[str, Restitution] = {}
        for one in of:
            with suppress(NotFoundError):  # nothing is published that answers it
                found.setdefault(answering(self.service.workspace.editions, one), one)
        return found

    def _codes_in(self, name: str, one: Restitution, edition: Edition) -> dict[str, str]:
        champ = self.service.catalogue.champ(one)
        if one.genre == "profil":
            return self._profiled(name, one, edition)
        texts = words.names(name, champ, edition)
        return {str(code): texts.get(str(code), str(code)) for code in edition.codes(name) | set(texts)}

    def _profiled(self, name: str, one: Restitution, edition: Edition) -> dict[str, str]:
        source = self.service.catalogue.source(one.source)
        if name == "domaine":
            return {title: title for title in source.domaines.values()}
        if name == "indicateur":
            known = [source.mesures[each] for each in one.mesures]
            return {profile.code(each): Sentence(each.libelle) for each in known}
        found: dict[str, str] = {e.finess: e.raison_sociale for e in edition.finess.values()}
        for level in one.criteres.regroupement:
            said = {str(getattr(e, level, "")) for e in edition.etablissements.values()}
            if level in source.attributs:
                rows = edition.engine.run(Aggregate(Scan(edition.champ.tables[0].nom), ((level,),), ()))
                said |= {str(code) for code in rows.to_pydict()[level] if code}
            found |= {code: words.CATEGORIES.get(code, code) for code in said if code}
        return found


def unknown(kind: str, name: str, known: Iterable[str] = ()) -> NotFoundError:
    """Return the error that says that there is no such artefact."""
    return NotFoundError(
        "artefact-inconnu",
        Sentence("Il n'y a pas d'artefact SDMX « %(nom)s » de ce genre (%(genre)s).", nom=name, genre=kind),
        allowed=known,
        todo=Sentence("La liste est à l'adresse /api/v1/sdmx/structure/dataflow."),
    )


def _group(one: Restitution) -> str:
    """Return what the code lists of a restitution are shared by: the source that has its dimensions, or its field."""
    return one.source or one.champ


def _list_id(group: str, name: str) -> str:
    return f"CL_{flow_id(group)}_{component_id(name)}"


def _shared(service: Service) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield the code lists that all data structures have: identifier, title, codes."""
    books = service.catalogue
    measured = [each for one in books.restitutions.values() for each in books.mesures(one).values()]
    units = {str(getattr(each, "unite", "")) for each in measured} | {"points"}
    yield "CL_OBS_STATUS", OBSERVED["OBS_STATUS"], dict(OBSERVATION)
    yield "CL_CONF_STATUS", OBSERVED["CONF_STATUS"], dict(CONFIDENTIALITY)
    yield "CL_ETAT", OBSERVED["ETAT"], {state.value: text for state, text in MEANING.items()}
    yield "CL_UNIT_MEASURE", OBSERVED["UNIT_MEASURE"], unit_names(units)


def _codelist_of(id_: str, title: str, codes: Callable[[], dict[str, str]]) -> Callable[..., Any]:
    def make(*, stub: bool = False) -> Any:
        model = pysdmx()
        items = () if stub else tuple(model.Code(id=code_id(c), name=str(text or c)) for c, text in codes().items())
        return model.Codelist(
            id=id_, name=str(title), agency=AGENCY, version=VERSION, items=items, is_external_reference=stub
        )

    return make


def _titles(form: Shape) -> dict[str, str]:
    """Return the title of every component of a data structure, by identifier."""
    found = {component_id(name): title for name, title in form.dimensions.items()}
    found |= {component_id(METRIC): Sentence("Mesure"), component_id(TIME): Sentence("Année")}
    found |= {VALUE: Sentence("Valeur")} | OBSERVED
    found |= {component_id(name): title for name, title in form.attributes.items()}
    return found | common(form)


def components(form: Shape) -> tuple[str, ...]:
    """Return the identifiers of every component of a data structure."""
    return tuple(_titles(form))


def dimensions(form: Shape) -> tuple[str, ...]:
    """Return the identifiers of its dimensions, in the order of keys; time is the last."""
    return (*map(component_id, (*form.dimensions, METRIC, TIME)),)


def _concepts(id_: str, form: Shape) -> Callable[..., Any]:
    def make(*, stub: bool = False) -> Any:
        model = pysdmx()
        items = () if stub else tuple(model.Concept(id=name, name=str(title)) for name, title in _titles(form).items())
        title = Sentence("Concepts : %(titre)s", titre=form.title)
        return model.ConceptScheme(
            id=f"CS_{id_}", name=str(title), agency=AGENCY, version=VERSION, items=items, is_external_reference=stub
        )

    return make


def _components(id_: str, form: Shape, lists: dict[str, str]) -> list["Component"]:
    model = pysdmx()
    role, kind = model.Role, model.DataType
    of_list = {component_id(name): f"{URN}codelist.Codelist={AGENCY}:{one}({VERSION})" for name, one in lists.items()}
    types = {component_id(TIME): kind.PERIOD, VALUE: kind.DOUBLE, "ESTIMATION": kind.DOUBLE, "MARGE": kind.DOUBLE}
    types["DECIMALS"] = kind.INTEGER
    along = dimensions(form)
    found = []
    for name in _titles(form):
        what = role.DIMENSION if name in along else role.MEASURE if name == VALUE else role.ATTRIBUTE
        found.append(
            model.Component(
                id=name,
                required=name in along or name in ("OBS_STATUS", "ETAT"),
                role=what,
                concept=model.ItemReference("Concept", AGENCY, f"CS_{id_}", VERSION, name),
                local_dtype=None if name in of_list else types.get(name, kind.STRING),
                local_enum_ref=of_list.get(name),
                attachment_level="O" if what is role.ATTRIBUTE else None,
            )
        )
    return found


def _agencies(*, stub: bool = False) -> Any:
    model = pysdmx()
    items = () if stub else (model.Agency(id=AGENCY, name="Sanoscope"),)
    return model.AgencyScheme(agency="SDMX", items=items, is_external_reference=stub)


def _themes(restitutions: Iterable[Restitution]) -> Callable[..., Any]:
    def make(*, stub: bool = False) -> Any:
        model = pysdmx()
        themes = dict.fromkeys(one.theme for one in restitutions)
        items = () if stub else tuple(model.Category(id=flow_id(one), name=str(DOMAINS[one])) for one in themes)
        return model.CategoryScheme(
            id="THEMES",
            name="Thèmes",
            agency=AGENCY,
            version=VERSION,
            items=items,
            is_external_reference=stub,
        )

    return make


def _categorisation(one: Restitution) -> Callable[..., Any]:
    def make(*, stub: bool = False) -> Any:
        return pysdmx().Categorisation(
            id=flow_id(one.slug),
            name=one.titre,
            agency=AGENCY,
            version=VERSION,
            source=flow_urn(flow_id(one.slug)),
            target=f"{URN}categoryscheme.Category={AGENCY}:THEMES({VERSION}).{flow_id(one.theme)}",
            is_external_reference=stub,
        )

    return make
