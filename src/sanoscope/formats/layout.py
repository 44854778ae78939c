"""What a record layout is: a fixed part and, after it, zones that repeat as often as a counter says.

Positions are those of the ATIH documents: the first character of a line is 1. A zone
has no absolute position: zones follow the fixed part one after the other, in order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

FieldType = Literal["text", "integer", "month", "date", "dated", "presence"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record.

    Attributes:
        name: our column name, snake_case French (GLOSSARY.md).
        start: first character, from 1, counted in the line (fixed part) or in one item (zone).
        length: characters.
        type: ``text`` (trimmed), ``integer`` (digits, blank = absent), ``month`` (an integer of 1 to 12, blank =
            absent), ``date`` (DDMMYYYY), ``dated`` (a date ``date_x`` that also gives the integers ``mois_x`` and
            ``annee_x``) or ``presence`` (one character a day, 1 or 0; the column is the number of 1s).
        label: the official label.
        stored: False for fillers and for what identifies a person (never written to the store).
    """

    name: str
    start: int
    length: int
    type: FieldType
    label: str
    stored: bool = True

    @property
    def end(self) -> int:
        """Last character, from 1, included."""
        return self.start + self.length - 1


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the line that repeats.

    Attributes:
        name: ``autorisations``, ``radiotherapie``, ``unites``, ``diagnostics``, ``actes``…
        counter: name of the field that says how often, fixed or of a zone before that comes once; a blank counter
            is 0. "": the zone comes once, and its fields are columns of the line (the groupings that end a RAPSS).
        width: characters of one item.
        fields: positions counted from the first character of the item.
        owner: name of the zone whose items own these, or "" (diagnostics and acts of an RSA
            come unit by unit).
        owner_counter: name of the owner's field that says how many of them each item owns.
    """

    name: str
    counter: str
    width: int
    fields: tuple[Field, ...]
    owner: str = ""
    owner_counter: str = ""

    @property
    def once(self) -> bool:
        """Whether every line has exactly one: a part of the line whose place depends on the zones before it."""
        return not self.counter


@dataclass(frozen=True)
class Layout:
    """The layout of one kind of file, in one version.

    Attributes:
        kind: ``rsa``, ``ano``, ``rss``, ``vidhosp``…
        version: the code that the line itself carries, e.g. ``"228"``; where no source publishes that code, a name
            of our own.
        coded: the line's code is known, hence checked.
        years: the years (of discharge) for which this is the official layout.
        admitted: further years whose files may carry it: each year before one of its own (see `registry`).
        width: characters of the fixed part.
        fields: the fixed part, in order of position.
        zones: what follows it, in order.
        source: the official document the positions come from.
    """

    kind: str
    version: str
    coded: bool
    years: tuple[int, ...]
    admitted: tuple[int, ...]
    width: int
    fields: tuple[Field, ...]
    zones: tuple[Zone, ...]
    source: str

    @cached_property
    def columns(self) -> tuple[Field, ...]:
        """The fields that each line has once: those of the fixed part, then those of the zones that come once."""
        return (*self.fields, *(field for zone in self.zones if zone.once for field in zone.fields))

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        """The fields of the fixed part by name."""
        return {field.name: field for field in self.fields}

    def __getitem__(self, name: str) -> Field:
        """Return a field of the fixed part."""
        return self.by_name[name]
