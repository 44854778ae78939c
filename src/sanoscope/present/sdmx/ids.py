"""Identifiers of SDMX: of artefacts, components, codes and units, from the names that the catalogue has.

A code may have letters, digits, ``_``, ``@``, ``-`` and ``$`` (SDMX 3.0, IDType). Each byte (UTF-8) of what else a
code of ours has is ``$`` and two hexadecimal digits: two codes never become one, and each can be read back.
"""

import re
import unicodedata
from urllib.parse import unquote

from sanoscope.present.cube import METRIC, TIME

AGENCY, VERSION = "SANOSCOPE", "1.0.0"
"""Who maintains the artefacts, and their version."""

TIME_PERIOD = "TIME_PERIOD"

_ODD = re.compile(r"[^A-Za-z0-9_@-]")

UNITS = {"": "PURE_NUMB", "%": "PT", "‰": "PM", "€": "EUR", "k€": "KEUR"}
"""Units that have a usual code; the others are named after themselves."""


def flow_id(slug: str) -> str:
    """Return the identifier of a restitution's dataflow.

    >>> flow_id("casemix-mco")
    'CASEMIX_MCO'
    """
    return slug.upper().replace("-", "_")


def slug_of(flow: str) -> str:
    """Return the restitution of a dataflow."""
    return flow.lower().replace("_", "-")


def component_id(name: str) -> str:
    """Return the identifier of the component that a column becomes.

    >>> component_id("annee"), component_id("code_geo")
    ('TIME_PERIOD', 'CODE_GEO')
    """
    return {TIME: TIME_PERIOD, METRIC: "MESURE"}.get(name, name.upper())


def code_id(code: str) -> str:
    """Return the identifier of a code.

    >>> code_id("05M092"), code_id("930.11"), code_id("?")
    ('05M092', '930$2E11', '$3F')
    """
    return _ODD.sub(lambda found: "".join(f"${byte:02X}" for byte in found[0].encode()), code)


def code_of(identifier: str) -> str:
    """Return the code that an identifier was made of.

    >>> code_of(code_id("CHR/U")), code_of(code_id("pris à ≥ 2 $"))
    ('CHR/U', 'pris à ≥ 2 $')
    """
    return unquote(identifier.replace("$", "%"))


def unit_id(unit: str) -> str:
    """Return the identifier of a unit.

    >>> unit_id("%"), unit_id("journées"), unit_id("pour 100 000")
    ('PT', 'JOURNEES', 'POUR_100_000')
    """
    plain = unicodedata.normalize("NFKD", unit).encode("ascii", "ignore").decode()
    return UNITS.get(unit) or re.sub(r"[^A-Z0-9]+", "_", plain.upper()).strip("_") or "PURE_NUMB"
