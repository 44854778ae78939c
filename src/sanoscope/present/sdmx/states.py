"""What the states of cells are in SDMX: the cross-domain code lists of SDMX, and our own word beside them.

Sources: CL_OBS_STATUS 2.2 and CL_CONF_STATUS 1.3, SDMX cross-domain code lists (https://sdmx.org/?page_id=3215). Only
an exact figure has an OBS_VALUE; an estimate is an attribute of its observation, never its value.
"""

from dataclasses import dataclass

from sanoscope.query.table import State
from sanoscope.sentence import Sentence


@dataclass(frozen=True, slots=True)
class Status:
    """The status of an observation, and that of its confidentiality."""

    observation: str
    confidentiality: str


STATUS = {
    State.EXACT: Status("A", "F"),
    State.MASKED: Status("Q", "A"),
    State.APPROXIMATE: Status("Q", "D"),
    State.SECRET: Status("Q", "D"),
    State.NOT_APPLICABLE: Status("M", "F"),
    State.NOT_AVAILABLE: Status("O", "F"),
}
"""Masked: suppressed, for a small count. Approached, secret: suppressed, so that no small count follows."""

OBSERVATION = {
    "A": Sentence("Valeur normale"),
    "M": Sentence("Valeur manquante ; la donnée ne peut pas exister"),
    "O": Sentence("Valeur manquante"),
    "Q": Sentence("Valeur manquante ; supprimée"),
}
CONFIDENTIALITY = {
    "A": Sentence("Confidentialité primaire, pour un petit effectif"),
    "D": Sentence("Confidentialité secondaire posée par l'émetteur, à ne pas publier"),
    "F": Sentence("Libre (publiable)"),
}
"""The codes in use, and what they mean."""
