"""``sanoscope diff``: two editions of a workspace, published or not, asked the same questions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sanoscope.access.scope import Scope
from sanoscope.catalogue.load import Catalogue
from sanoscope.edition.changes import Changes, changes
from sanoscope.edition.edition import open_edition
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse
from sanoscope.query.moved import Moved, Side, comparable, moved
from sanoscope.query.table import Table, without_estimates
from sanoscope.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Compared:
    """What two editions were made from, and the figures that moved."""

    changes: Changes
    moved: list[Moved]


def compared(
    place: Workspace,
    names: tuple[str, str],
    reader: Scope,
    books: Catalogue,
    *,
    slugs: Sequence[str] = (),
    first: int,
    progress: Callable[[str], None],
) -> Compared:
    """Return how two editions differ, as a reader may see it.

    Args:
        place: the workspace.
        names: the editions, the earlier first.
        reader: who asks: the store of each edition that is read is his.
        books: the catalogue.
        slugs: restitutions to compare; all that the reader may ask for by default.
        first: changes to tell one by one, of each level.
        progress: told the restitution at hand.

    Raises:
        NotFoundError: there is no such edition, or no such restitution.
    """
    before, after = (_side(place, name, reader, books) for name in names)
    wanted = [books.restitution(slug) for slug in slugs] or list(books.restitutions.values())
    found: list[Moved] = []
    for restitution in wanted:
        if reader.may_read(restitution) and comparable(restitution, before.manifest, after.manifest):
            progress(restitution.slug)
            found += moved(restitution, before, after, first=first)
    return Compared(changes(before.manifest, after.manifest), found)


def _side(place: Workspace, name: str, reader: Scope, books: Catalogue) -> Side:
    edition = open_edition(place.editions, name, settings=place.settings, public=reader.masked)

    def ask(slug: str, pairs: list[tuple[str, str]]) -> Table:
        query = parse(pairs, books.restitution(slug), edition, reader)
        table = answer(query, reader, books, edition, threshold=place.settings.seuil)
        return table if place.settings.approche else without_estimates(table)

    return Side(edition.manifest, ask)
