"""French sentences that remember how they were made, so that a page in another language can say them again.

They are texts: what writes French (a file, the API, a command) takes them as they are. `web.language.Language` says
them in its own language, from the same template and the same values.
"""

from collections.abc import Iterable
from datetime import date
from typing import Self, TypeAlias


class Sentence(str):
    """A French sentence: a template, which is what is translated, and its values.

    >>> Sentence("%(n)s lignes sur %(total)s.", n=2, total=5)
    '2 lignes sur 5.'

    Args:
        template: with ``%(name)s`` for each value; without values it is the sentence itself.
        values: texts stay as they are; sentences are translated; numbers and days are written as the language does.
    """

    template: str
    values: dict[str, "Value"]

    def __new__(cls, template: str, **values: "Value") -> Self:
        """Return the sentence in French."""
        made = super().__new__(cls, template % {n: _plain(v) for n, v in values.items()} if values else template)
        made.template, made.values = template, values
        return made


class Inner(Sentence):
    """A sentence within another: its first letter is small, unless an acronym comes first.

    >>> Inner("Racine de GHM"), Inner("GHM")
    ('racine de GHM', 'GHM')
    """

    def __new__(cls, template: str, **values: "Value") -> Self:
        """Return the sentence in French."""
        whole = Sentence(template, **values)
        made = str.__new__(cls, small(whole))
        made.template, made.values = template, values
        return made


class Name(str):
    """What is called so in every language: the label of a nomenclature, the name of a place or an establishment."""


class Number(str):
    """A figure with its decimals, e.g. « 1 234,5 »; what rounds to zero has no sign.

    Args:
        value, decimals: the figure, and its digits after the point.
    """

    value: float
    decimals: int

    def __new__(cls, value: float, decimals: int = 0) -> Self:
        """Return the figure in French: narrow spaces between thousands, a comma before decimals."""
        made = super().__new__(cls, f"{value:z,.{decimals}f}".replace(",", "\u202f").replace(".", ","))
        made.value, made.decimals = value, decimals
        return made


Value: TypeAlias = str | int | date


def small(text: str) -> str:
    """Return a text as it is written within a sentence: its first letter small, unless an acronym comes first."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def joined(separator: str, parts: Iterable[str]) -> Sentence:
    """Return texts one after another, each to be said on its own."""
    values: dict[str, Value] = {f"p{i}": part for i, part in enumerate(parts)}
    return Sentence(separator.replace("%", "%%").join(f"%({name})s" for name in values), **values)


def _plain(value: Value) -> str:
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)
