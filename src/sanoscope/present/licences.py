"""The licences that figures may be published under, by their SPDX identifier, and what sources call them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence.

    Attributes:
        code: its SPDX identifier, "" for terms that have none.
        title: what it is called.
        address: where it is written, "" where it is not.
        kind: what it asks for, in the ADMS vocabulary of licence types.
    """

    code: str
    title: str
    address: str
    kind: str


_ETALAB = Licence(
    "etalab-2.0",
    "Licence Ouverte / Open Licence version 2.0",
    "https://www.etalab.gouv.fr/wp-content/uploads/2017/04/ETALAB-Licence-Ouverte-v2.0.pdf",
    "Attribution",
)
_FIRST = Licence(
    "",
    "Licence Ouverte / Open Licence",
    "https://www.etalab.gouv.fr/wp-content/uploads/2014/05/Licence_Ouverte.pdf",
    "Attribution",
)

LICENCES = {
    one.code: one
    for one in (
        _ETALAB,
        Licence("CC-BY-4.0", "CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/", "Attribution"),
        Licence(
            "CC-BY-SA-4.0", "CC BY-SA 4.0", "https://creativecommons.org/licenses/by-sa/4.0/", "ViralEffect-ShareAlike"
        ),
        Licence("ODbL-1.0", "ODbL 1.0", "https://opendatacommons.org/licenses/odbl/1-0/", "ViralEffect-ShareAlike"),
    )
}
"""Those that the setting ``licence`` admits."""

CALLED = {"Licence Ouverte 2.0": _ETALAB, "Licence Ouverte": _FIRST, **{o.title: o for o in LICENCES.values()}}
"""What sources call them."""


def licence(said: str) -> Licence:
    """Return a licence from its code, or from what a source calls it; other terms are kept as they are said."""
    return LICENCES.get(said) or CALLED.get(said) or Licence("", said, "", "UnknownIPR")
