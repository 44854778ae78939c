"""What data there are: the codes that a part of a dataflow has, dimension by dimension, and how many observations."""

from typing import Any

from sanoscope.api.sdmx.artefacts import pysdmx
from sanoscope.errors import CriterionError, UnsupportedError
from sanoscope.present.sdmx.message import Message, flow_urn
from sanoscope.sentence import Sentence


def constraint(told: Message, component: str, mode: str) -> Any:
    """Return what data there are as pysdmx has it.

    Args:
        told: the observations.
        component: identifiers of dimensions, by commas, or ``*``.
        mode: ``exact``: what answers; ``available``: what would if more was asked for.

    Raises:
        CriterionError: ``valeur-inconnue``: no such dimension or mode.
        UnsupportedError: ``sdmx-non-fait``: the other mode.
    """
    model = pysdmx()
    if mode not in ("exact", "available"):
        raise _strange("mode", mode, ["exact"])
    if mode != "exact":
        raise UnsupportedError(
            "sdmx-non-fait",
            Sentence("%(criterion)s : « %(value)s » n'est pas fait ici.", criterion="mode", value=mode),
            allowed=["exact"],
        )
    along = list(told.dimensions)
    names = along if component in ("*", "all") else component.split(",")
    for name in names:
        if name not in along:
            raise _strange("composant", name, along)
    values = [
        model.CubeKeyValue(
            id=name, values=tuple(model.CubeValue(value=code) for code in _used(told, along.index(name)))
        )
        for name in names
    ]
    return model.AvailabilityConstraint(
        constraint_attachment=model.ConstraintAttachment(None, dataflows=(flow_urn(told.flow),)),
        cube_region=model.CubeRegion(tuple(values)),
        series_count=len({one.key[:-1] for one in told.observations}),
        obs_count=len(told.observations),
    )


def _used(told: Message, place: int) -> list[str]:
    return sorted({one.key[place] for one in told.observations})


def _strange(name: str, value: str, allowed: list[str]) -> CriterionError:
    said = Sentence("%(criterion)s : « %(value)s » n'est pas admis.", criterion=name, value=value[:40])
    return CriterionError("valeur-inconnue", said, allowed=allowed, criterion=name)
