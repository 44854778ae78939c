"""The catalogue in DCAT-AP 3: the site as a catalogue, a dataset for each open restitution, the API as a service.

What is only for some readers is not in it. A dataset is what the edition that answers now says; its versions are what
each edition said, and are told at their own addresses (`version`): who harvests the catalogue finds a dataset once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from rdflib import RDF, BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, FOAF, RDFS, SKOS, XSD
from rdflib.term import Node

from sanoscope.access.scope import OPEN
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition
from sanoscope.edition.manifest import Manifest
from sanoscope.errors import CriterionError
from sanoscope.present.csvw import MEDIA_TYPE as CSVW
from sanoscope.present.exports import FORMATS, Format
from sanoscope.present.licences import licence
from sanoscope.query.answer import check_published
from sanoscope.query.origin import identifier, origin_of, published
from sanoscope.query.service import Service
from sanoscope.query.table import Origin
from sanoscope.web.language import NAMES, SOURCE, Language, language, marked
from sanoscope.web.menu import field_name
from sanoscope.web.site import THEMES

AUTHORITY = "http://publications.europa.eu/resource/authority/"
"""The controlled vocabularies of the European Union, which DCAT-AP asks for."""

IANA = "https://www.iana.org/assignments/media-types/"
DCAT = Namespace("http://www.w3.org/ns/dcat#")
DCATAP = Namespace("http://data.europa.eu/r5r/")
HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
PREFIXES = {"dcat": DCAT, "dct": DCTERMS, "dcatap": DCATAP, "foaf": FOAF, "hydra": HYDRA, "vcard": VCARD, "skos": SKOS}

RHYTHMS = {"hebdomadaire": "WEEKLY", "mensuel": "MONTHLY", "annuel": "ANNUAL"}
"""The frequency of each rhythm."""

LANGUAGES = {"fr": "FRA", "en": "ENG"}

FILE_TYPES = {
    "csv": "CSV",
    "csv-fr": "CSV",
    "xlsx": "XLSX",
    "parquet": "PARQUET",
    "json": "JSON",
    "json-stat": "JSON",
    "sdmx-csv": "CSV",
    "sdmx-json": "JSON",
    "paquet": "ZIP",
}
"""The file type of each format. One that the vocabulary does not have is no distribution."""

TITLE = marked("Sanoscope : les restitutions hospitalières ouvertes")
ABOUT = marked(
    "Des tableaux du PMSI et de sources publiées : activité, casemix, parts de marché, coûts, qualité, par "
    "établissement et par territoire. Les effectifs de 1 à 10 n'y sont jamais montrés."
)
API = marked("L'API de Sanoscope")
ABOUT_API = marked(
    "Les mêmes tableaux par une adresse, avec les mêmes critères que les formulaires, en plusieurs formats."
)
HEALTH = marked("Santé")
DATA_THEMES = marked("Thèmes de données")
DEFAULT = marked(
    "La question par défaut, France entière, pour la dernière année ; le formulaire et l'API en donnent d'autres."
)
COLUMNS = marked("Les colonnes du CSV, en CSVW")


@dataclass(frozen=True, slots=True)
class Entry:
    """A restitution of the catalogue: what answers it now, where its figures are from, the editions that have it.

    Attributes:
        asked: its default question is answered: it can be downloaded without criteria.
    """

    restitution: Restitution
    edition: Edition
    origin: Origin
    versions: tuple[Manifest, ...]
    asked: bool

    @property
    def name(self) -> URIRef:
        """What names its dataset for ever."""
        return URIRef(identifier(self.origin.site, self.restitution.slug))


def listed(service: Service) -> list[Restitution]:
    """Return the restitutions of the catalogue: those that are open and that some edition answers."""
    return [one for one in service.offered() if one.acces == "libre" and service.answers(one)]


def entry(service: Service, restitution: Restitution, site: str, known: Sequence[Manifest] = ()) -> Entry:
    """Return a restitution of the catalogue.

    Args:
        service: whose catalogue.
        restitution: one that is open.
        site: public address of the site.
        known: the editions of the service; they are read where they are not given.

    Raises:
        NotFoundError: no edition answers it.
    """
    edition = service.answering(restitution)
    origin = published(origin_of(restitution, service.catalogue, edition.manifest), service.workspace.settings, site)
    versions = tuple(one for one in known or service.editions() if one.repond(restitution))
    return Entry(restitution, edition, origin, versions, answered(service, restitution))


def answered(service: Service, restitution: Restitution, name: str = "") -> bool:
    """Tell whether a restitution is answered without criteria, in an edition; reads no figure."""
    pairs = [("edition", name)] if name else []
    try:
        query, edition = service.question(restitution.slug, pairs, OPEN)
        check_published(query, OPEN, service.catalogue, edition)
    except CriterionError:
        return False
    return True


class Described:
    """A graph that describes things in the words of DCAT-AP.

    Args:
        service: whose catalogue.
        site: public address of the site, without a last slash.
    """

    def __init__(self, service: Service, site: str) -> None:
        self.service, self.site = service, site
        self.settings = service.workspace.settings
        self.graph = Graph()
        for prefix, namespace in PREFIXES.items():
            self.graph.bind(prefix, namespace)

    def catalogue(self, entries: Sequence[Entry], *, issued: datetime | None, modified: datetime | None) -> URIRef:
        """Describe the catalogue with some of its datasets; return what names it."""
        name = URIRef(f"{self.site}/catalogue")
        self._add(name, RDF.type, DCAT.Catalog)
        self._texts(name, DCTERMS.title, TITLE)
        self._texts(name, DCTERMS.description, ABOUT)
        self._common(name, self.settings.licence)
        themes = self._concept("data-theme", SKOS.ConceptScheme)
        self._texts(themes, DCTERMS.title, DATA_THEMES)
        self._add(name, DCAT.themeTaxonomy, themes)
        self._add(name, FOAF.homepage, self._typed(URIRef(f"{self.site}/"), FOAF.Document))
        self._dates(name, issued, modified)
        for one in entries:
            self._add(name, DCAT.dataset, self.dataset(one))
        return name

    def service_of(self, catalogue: URIRef, served: Iterable[URIRef]) -> None:
        """Describe the API, as a service of the catalogue."""
        name = URIRef(f"{self.site}/api/v1")
        self._add(catalogue, DCAT.service, self._typed(name, DCAT.DataService))
        self._texts(name, DCTERMS.title, API)
        self._texts(name, DCTERMS.description, ABOUT_API)
        self._add(name, DCTERMS.identifier, Literal(str(name)))
        self._add(name, DCAT.endpointURL, name)
        self._add(name, DCAT.endpointDescription, URIRef(f"{self.site}/api/v1/openapi.json"))
        self._add(name, DCAT.landingPage, self._typed(URIRef(f"{self.site}/api"), FOAF.Document))
        self._add(name, DCTERMS.publisher, self._publisher())
        self._add(name, DCTERMS.license, self._licence(self.settings.licence))
        self._add(name, DCTERMS.accessRights, self._public())
        self._add(name, DCAT.contactPoint, self._contact())
        self._add(name, DCAT.theme, self._health())
        for dataset in served:
            self._add(name, DCAT.servesDataset, dataset)

    def name_of(self, slug: str) -> URIRef:
        """Return what names the dataset of a restitution for ever."""
        return URIRef(identifier(self.site, slug))

    def dataset(self, one: Entry) -> URIRef:
        """Describe a restitution as a dataset; return what names it."""
        name, restitution = one.name, one.restitution
        self._restitution(name, one, one.edition)
        self._texts(name, DCTERMS.title, restitution.titre)
        self._add(name, DCAT.landingPage, self._page(f"/restitutions/{restitution.slug}"))
        self._dates(name, min(m.cree_le for m in one.versions), one.edition.manifest.cree_le)
        for manifest in one.versions:
            self._add(name, DCAT.hasVersion, URIRef(identifier(self.site, restitution.slug, manifest.nom)))
        self._distributions(name, one, "")
        return name

    def version(self, one: Entry, edition: Edition, *, asked: bool) -> URIRef:
        """Describe what an edition says of a restitution, as a dataset whose files never change; return its name."""
        restitution, nom = one.restitution, edition.nom
        name = URIRef(identifier(self.site, restitution.slug, nom))
        self._restitution(name, one, edition)
        for spoken in languages():
            text = spoken.gettext("%(titre)s, édition %(nom)s", titre=spoken.say(restitution.titre), nom=nom)
            self._add(name, DCTERMS.title, Literal(text, spoken.code))
        self._add(name, DCAT.isVersionOf, one.name)
        self._add(name, DCAT.landingPage, self._page(f"/restitutions/{restitution.slug}?edition={nom}"))
        self._dates(name, edition.manifest.cree_le, edition.manifest.cree_le)
        self._distributions(name, Entry(restitution, edition, one.origin, one.versions, asked), nom)
        return name

    def paged(self, catalogue: URIRef, address: str, page: int, pages: int, total: int) -> None:
        """Describe which page of the catalogue this is, as udata and CKAN follow them (Hydra).

        udata follows ``hydra:next`` of a PartialCollectionView; CKAN that of a PagedCollection, its former name.
        """
        here = URIRef(f"{address}?page={page}")
        self._add(catalogue, RDF.type, HYDRA.Collection)
        self._add(catalogue, HYDRA.totalItems, Literal(total))
        self._add(catalogue, HYDRA.view, here)
        for kind in (HYDRA.PartialCollectionView, HYDRA.PagedCollection):
            self._add(here, RDF.type, kind)
        numbers = {"first": 1, "previous": page - 1, "next": page + 1, "last": pages}
        for relation, number in numbers.items():
            if 0 < number <= pages:
                self._add(here, HYDRA[relation], URIRef(f"{address}?page={number}"))

    def _restitution(self, name: URIRef, one: Entry, edition: Edition) -> None:
        """Say of a dataset what does not depend on its files."""
        restitution = one.restitution
        self._add(name, RDF.type, DCAT.Dataset)
        self._add(name, DCTERMS.identifier, Literal(str(name)))
        self._texts(name, DCTERMS.description, restitution.objet)
        self._common(name, "")
        for text in self._keywords(restitution):
            self._texts(name, DCAT.keyword, text)
        self._add(name, DCAT.theme, self._health())
        self._add(name, DCAT.contactPoint, self._contact())
        rhythm = self._concept(f"frequency/{RHYTHMS[restitution.rythme]}", DCTERMS.Frequency)
        self._add(name, DCTERMS.accrualPeriodicity, rhythm)
        self._add(name, DCTERMS.temporal, self._period(str(name), edition.champ.annees))
        self._add(name, DCTERMS.accessRights, self._public())
        self._add(name, DCAT.version, Literal(edition.nom))
        self._add(name, DCTERMS.provenance, self._provenance(str(name), one))
        self._add(name, FOAF.page, self._page(f"/restitutions/{restitution.slug}/notice"))
        if one.asked:
            self._add(name, DCTERMS.conformsTo, self._columns(restitution.slug))

    def _common(self, name: URIRef, terms: str) -> None:
        self._add(name, DCTERMS.publisher, self._publisher())
        self._add(name, DCTERMS.language, self._concept(f"language/{LANGUAGES[SOURCE]}", DCTERMS.LinguisticSystem))
        self._add(name, DCTERMS.spatial, self._concept("country/FRA", DCTERMS.Location))
        if terms:
            self._add(name, DCTERMS.license, self._licence(terms))

    def _distributions(self, dataset: URIRef, one: Entry, edition: str) -> None:
        """Describe the files of a dataset: of its default question, or none where criteria must be chosen."""
        slug = one.restitution.slug
        if not one.asked:
            name = URIRef(f"{dataset}#api")
            self._distribution(dataset, name, one, f"/restitutions/{slug}")
            self._texts(name, DCTERMS.title, marked("À composer dans le formulaire"))
            self._media(name, "text/html", "HTML")
        for form in FORMATS.values() if one.asked else ():
            if form.name in FILE_TYPES:
                pinned = f"edition={edition}&" if edition else ""
                self._file(dataset, one, form, f"/api/v1/restitutions/{slug}/donnees?{pinned}format={form.name}")

    def _file(self, dataset: URIRef, one: Entry, form: Format, path: str) -> None:
        name = URIRef(f"{dataset}#{form.name}")
        self._distribution(dataset, name, one, path)
        self._texts(name, DCTERMS.title, form.title)
        self._add(name, DCAT.downloadURL, URIRef(f"{self.site}{path}"))
        self._media(name, form.media_type.partition(";")[0], FILE_TYPES[form.name])
        if form.name == "csv":
            self._add(name, DCTERMS.conformsTo, self._columns(one.restitution.slug))

    def _distribution(self, dataset: URIRef, name: URIRef, one: Entry, path: str) -> None:
        self._add(dataset, DCAT.distribution, self._typed(name, DCAT.Distribution))
        self._add(name, DCTERMS.identifier, Literal(str(name)))
        self._add(name, DCAT.accessURL, URIRef(f"{self.site}{path}"))
        self._texts(name, DCTERMS.description, DEFAULT if one.asked else one.restitution.objet)
        said = one.origin.sources[0].licence if one.origin.theirs else one.origin.licence
        self._add(name, DCTERMS.license, self._licence(said))
        self._add(name, DCTERMS.modified, _instant(one.edition.manifest.cree_le))
        stable = self._concept("planned-availability/STABLE", SKOS.Concept)
        self._texts(stable, SKOS.prefLabel, marked("Stable"))
        self._add(name, DCATAP.availability, stable)

    def _media(self, name: URIRef, media_type: str, file_type: str) -> None:
        self._add(name, DCAT.mediaType, self._typed(URIRef(IANA + media_type), DCTERMS.MediaType))
        self._add(name, DCTERMS["format"], self._concept(f"file-type/{file_type}", DCTERMS.MediaTypeOrExtent))

    def _columns(self, slug: str) -> URIRef:
        """Describe the columns of the CSV of a restitution as what its file conforms to."""
        name = self._typed(URIRef(f"{self.site}/api/v1/restitutions/{slug}/csvw"), DCTERMS.Standard)
        self._texts(name, DCTERMS.title, COLUMNS)
        self._add(name, DCTERMS["format"], self._typed(URIRef(IANA + CSVW), DCTERMS.MediaTypeOrExtent))
        return name

    def _keywords(self, restitution: Restitution) -> Iterable[str]:
        champ = field_name(restitution.champ, self.service.catalogue)
        return dict.fromkeys([THEMES[restitution.theme], restitution.sous_theme, champ, "PMSI"])

    def _publisher(self) -> URIRef:
        name = self._typed(URIRef(f"{self.site}/#editeur"), FOAF.Agent)
        self._add(name, FOAF.name, Literal(self.settings.editeur or "Sanoscope"))
        self._add(name, FOAF.homepage, self._page("/"))
        return name

    def _contact(self) -> Node:
        name = BNode("contact")
        for kind in (VCARD.Kind, VCARD.Organization):
            self._add(name, RDF.type, kind)
        self._add(name, VCARD.fn, Literal(self.settings.editeur or "Sanoscope"))
        told = self.settings.contact or f"{self.site}/aide"
        self._add(name, VCARD.hasEmail if told.startswith("mailto:") else VCARD.hasURL, URIRef(told))
        return name

    def _licence(self, said: str) -> Node:
        terms = licence(said)
        title = terms.title or marked("Licence non dite")
        name: Node = URIRef(terms.address) if terms.address else BNode(f"licence-{_letters(title)}")
        self._add(name, RDF.type, DCTERMS.LicenseDocument)
        self._add(name, RDFS.label, Literal(title))
        kind = URIRef(f"http://purl.org/adms/licencetype/{terms.kind}")
        self._add(name, DCTERMS.type, self._typed(kind, SKOS.Concept))
        self._add(kind, SKOS.prefLabel, Literal(terms.kind, "en"))
        return name

    def _public(self) -> URIRef:
        return self._concept("access-right/PUBLIC", DCTERMS.RightsStatement)

    def _health(self) -> URIRef:
        name = self._concept("data-theme/HEAL", SKOS.Concept)
        self._texts(name, SKOS.prefLabel, HEALTH)
        return name

    def _period(self, of: str, years: Sequence[int]) -> Node:
        name = BNode(f"periode-{_letters(of)}")
        self._add(name, RDF.type, DCTERMS.PeriodOfTime)
        self._add(name, DCAT.startDate, Literal(date(min(years), 1, 1)))
        self._add(name, DCAT.endDate, Literal(date(max(years), 12, 31)))
        return name

    def _provenance(self, of: str, one: Entry) -> Node:
        """Say where the figures are from: published sources, files of hospitals, or both."""
        name = BNode(f"provenance-{_letters(of)}")
        self._add(name, RDF.type, DCTERMS.ProvenanceStatement)
        own = [] if one.origin.theirs else [marked("Fichiers du PMSI transmis par les établissements.")]
        for spoken in languages():
            said = (f"{spoken.say(s.title)} ({s.publisher}, {s.link})." for s in one.origin.sources)
            told = " ".join([*map(spoken.say, own), *said])
            self._add(name, RDFS.label, Literal(told, spoken.code))
        return name

    def _page(self, path: str) -> URIRef:
        return self._typed(URIRef(f"{self.site}{path}"), FOAF.Document)

    def _concept(self, path: str, kind: URIRef) -> URIRef:
        return self._typed(URIRef(AUTHORITY + path), kind)

    def _typed(self, name: URIRef, kind: URIRef) -> URIRef:
        self._add(name, RDF.type, kind)
        return name

    def _dates(self, name: URIRef, issued: datetime | None, modified: datetime | None) -> None:
        for when, said in ((DCTERMS.issued, issued), (DCTERMS.modified, modified)):
            if said:
                self._add(name, when, _instant(said))

    def _texts(self, name: Node, predicate: URIRef, text: str) -> None:
        """Say a text in French, and in the languages that have it."""
        for spoken in languages():
            said = spoken.say(text)
            if spoken.code == SOURCE or said != text:
                self._add(name, predicate, Literal(said, spoken.code))

    def _add(self, name: Node, predicate: URIRef, value: Node) -> None:
        self.graph.add((name, predicate, value))


def languages() -> list[Language]:
    """Return the languages that the catalogue is written in, French first."""
    return [language(code) for code in NAMES]


def _instant(when: datetime) -> Literal:
    return Literal(when.isoformat(timespec="seconds"), datatype=XSD.dateTime)


def _letters(text: str) -> str:
    """Return a text as the label of a blank node takes it."""
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in text)
