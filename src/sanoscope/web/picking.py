"""Picking establishments: filters, ticks, pages. All of it is in the address, so it works without script."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from sanoscope.access.baskets import Baskets, checked_size
from sanoscope.edition.edition import Edition, Etablissement
from sanoscope.errors import CriterionError, suggest
from sanoscope.query.criteria import picked
from sanoscope.search.words import words
from sanoscope.sentence import Sentence

SHOWN = 50
"""Establishments of a page."""

GESTURES = ("page", "trouves", "aucun")
"""What a button does to the ticks: those of this page, all that the filters find, none."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What is looked for; "" filters nothing.

    Attributes:
        finess: beginning of the number; ``nom`` beginnings of words of the name, accents and case forgiven.
        region, departement, categorie, secteur, ght: codes.
        choisis: ``oui`` for the ticked ones alone.
    """

    finess: str = ""
    nom: str = ""
    region: str = ""
    departement: str = ""
    categorie: str = ""
    secteur: str = ""
    ght: str = ""
    choisis: str = ""

    def keep(self, one: Etablissement) -> bool:
        """Tell whether an establishment passes, ticks aside."""
        same = ("region", "departement", "categorie", "secteur", "ght")
        if any(getattr(self, name) not in ("", getattr(one, name)) for name in same):
            return False
        named = words(one.raison_sociale)
        return one.finess.startswith(self.finess.upper()) and all(
            any(word.startswith(asked) for word in named) for asked in words(self.nom)
        )


FILTERS = tuple(field.name for field in fields(Filters))
OTHERS = ("panier", "coche", "geste", "page", "ici", "avant")
"""``panier``: what is ticked elsewhere than on this page; ``coche``: what is ticked on it; ``ici``: this page's number;
``avant``: the filters that it was found by."""

ONE_OF = ("region", "departement", "categorie", "secteur", "ght")


@dataclass(frozen=True, slots=True)
class Picker:
    """The picker as it is to be shown.

    Attributes:
        filters: what is looked for.
        selection: what is ticked, FINESS ascending.
        found: what the filters find, by name.
        page: number of the page, from 1.
        error: why the last gesture was not made.
    """

    filters: Filters
    selection: tuple[str, ...]
    found: tuple[Etablissement, ...]
    page: int = 1
    error: CriterionError | None = None

    @property
    def before(self) -> str:
        """The filters in one text, to know when they change."""
        return "|".join(getattr(self.filters, name) for name in FILTERS)

    @property
    def pages(self) -> int:
        """Number of pages, 1 at least."""
        return max(1, -(-len(self.found) // SHOWN))

    @property
    def first(self) -> int:
        """Place of the first establishment of the page among those found, from 1."""
        return (self.page - 1) * SHOWN + 1

    @property
    def shown(self) -> tuple[Etablissement, ...]:
        """The establishments of the page."""
        return self.found[(self.page - 1) * SHOWN : self.page * SHOWN]

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """What is ticked and not on the page."""
        here = {one.finess for one in self.shown}
        return tuple(finess for finess in self.selection if finess not in here)


def picker(given: Iterable[tuple[str, str]], edition: Edition, baskets: Baskets) -> Picker:
    """Return the picker that an address asks for.

    Raises:
        CriterionError: an unknown filter, page or establishment.
    """
    pairs = [(name, value.strip()) for name, value in given]
    one = dict(reversed(pairs))
    ticked = picked(",".join(value for name, value in pairs if name in ("panier", "coche")), edition, baskets)
    filters = _checked(Filters(**{name: one.get(name, "") for name in FILTERS}), edition)
    shown = Picker(filters, ticked, find(filters, ticked, edition))
    page = _page(one.get("page", "") or one.get("ici", ""), shown.pages)
    if one.get("avant", shown.before) == shown.before:
        shown = replace(shown, page=page)
    return _done(shown, one.get("geste", ""))


def find(filters: Filters, ticked: Iterable[str], edition: Edition) -> tuple[Etablissement, ...]:
    """Return the establishments that filters find, by name."""
    chosen = set(ticked)
    kept = (one for one in edition.finess.values() if filters.keep(one))
    kept = (one for one in kept if not filters.choisis or one.finess in chosen)
    return tuple(sorted(kept, key=lambda one: (words(one.raison_sociale), one.finess)))


def choices(name: str, edition: Edition) -> tuple[str, ...]:
    """Return the codes that a filter may take."""
    return tuple(sorted({str(getattr(one, name)) for one in edition.finess.values()}))


def _done(shown: Picker, gesture: str) -> Picker:
    """Return the picker once a button was pressed; what would be too large is refused and changes nothing."""
    if gesture not in ("", *GESTURES):
        raise CriterionError(
            "valeur-inconnue", Sentence("geste : « %(gesture)s » n'est pas admis.", gesture=gesture), allowed=GESTURES
        )
    if gesture == "aucun":
        found = () if shown.filters.choisis else shown.found
        return replace(shown, selection=(), found=found, page=shown.page if found else 1)
    added = {"page": shown.shown, "trouves": shown.found}.get(gesture, ())
    try:
        selection = tuple(sorted({*shown.selection, *(one.finess for one in added)}))
        return replace(shown, selection=checked_size(selection) if selection else ())
    except CriterionError as error:
        return replace(shown, error=error)


def _checked(filters: Filters, edition: Edition) -> Filters:
    for name in ONE_OF:
        value, allowed = getattr(filters, name), choices(name, edition)
        if value and value not in allowed:
            raise CriterionError(
                "valeur-inconnue",
                Sentence("%(name)s : « %(value)s » n'est pas admis.", name=name, value=value),
                allowed=allowed,
                todo=suggest(value, allowed),
                criterion=name,
            )
    if filters.choisis not in ("", "oui"):
        raise CriterionError(
            "valeur-inconnue",
            Sentence("choisis : « %(choisis)s » n'est pas admis.", choisis=filters.choisis),
            allowed=["oui"],
        )
    return filters


def _page(text: str, pages: int) -> int:
    """Return the number of a page; a filter may have left fewer pages than there were: the last one then."""
    if text and not (text.isascii() and text.isdigit() and len(text) < 6):
        raise CriterionError(
            "valeur-inconnue",
            Sentence("page : « %(text)s » n'est pas admis.", text=text),
            allowed=[Sentence("1 à %(n)s", n=pages)],
        )
    return min(max(1, int(text or 1)), pages)
