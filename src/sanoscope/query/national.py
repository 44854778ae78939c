"""What a ratio is in the whole country, all groups together: what an index sets rows against."""

from dataclasses import replace

from sanoscope.catalogue.field import Champ, RapportMesure
from sanoscope.catalogue.restitution import Restitution
from sanoscope.edition.edition import Edition
from sanoscope.query.planner import Question
from sanoscope.query.sources import read_rows, source_of, sums_of


def national(
    mesure: RapportMesure, asked: Question, restitution: Restitution, edition: Edition, champ: Champ, *, threshold: int
) -> dict[int, float]:
    """Return a ratio of the whole country by year, for the years that have one.

    Args:
        mesure: the ratio.
        asked: the question, whose years count.
        restitution: what it is asked of: its filter holds.
        edition, champ: where, and of what field.
        threshold: smallest count that is told.
    """
    conditions = tuple(restitution.filtre.items())
    whole = replace(asked, rows=(), conditions=conditions, shown=None, selected=False)
    values = []
    for name in (mesure.numerateur, mesure.denominateur):
        source = source_of(name, whole, restitution.cube, edition, champ)
        if source is None:
            return {}
        read = read_rows(source, (name,), edition, champ)
        keys = [(year,) for year in asked.years]
        columns = {of: read.at(keys, of) for of in read.columns}
        values.append(sums_of(name, source, columns, len(keys), edition, champ, threshold=threshold).value)
    above, below = values
    return {year: int(a) / int(b) for year, a, b in zip(asked.years, above, below, strict=True) if b > 0}
