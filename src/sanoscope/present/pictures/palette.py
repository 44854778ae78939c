"""The colours of pictures, light and dark, and the patterns that tell what is not exact.

Classes of maps are viridis (CC0), cut where it would fall under a contrast of 3:1 to the background: lightness alone
orders them, so colour-blind readers and grey prints keep the order. The lines' colours are told apart by shape as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Theme: TypeAlias = Literal["clair", "sombre"]

CONTRAST = 3.0
"""Least contrast of a mark to what it lies on (WCAG 2.2, 1.4.11)."""

APPROXIMATE, APPROXIMATE_SECOND, VEIL, HIDDEN = "sano-approche", "sano-approche-2", "sano-voile", "sano-masque"
"""Names of patterns: an approximate value, one of a second series, a veil over a class, what is not shown."""


@dataclass(frozen=True, slots=True)
class Motif:
    """A pattern: slanting lines on a ground ("" for none)."""

    nom: str
    fond: str
    trait: str
    epaisseur: float = 1.6
    """Of the lines (px)."""
    pas: int = 6
    croise: bool = False


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of a theme.

    Attributes:
        background, text, quiet, rule: ground, text, secondary text, thin lines of axes.
        land, border: ground and outline of a territory without a value.
        mark, second: main series, second series.
        classes: of a map, from least to most.
        series: of lines, told apart by shape as well.
    """

    theme: Theme
    background: str
    text: str
    quiet: str
    rule: str
    land: str
    border: str
    mark: str
    second: str
    classes: tuple[str, ...]
    series: tuple[str, ...]

    @property
    def motifs(self) -> tuple[Motif, ...]:
        """The patterns in these colours."""
        return (
            Motif(APPROXIMATE, mixed(self.mark, self.background, 0.28), self.mark, 0.9),
            Motif(APPROXIMATE_SECOND, mixed(self.second, self.background, 0.28), self.second, 0.9),
            Motif(VEIL, "", self.background, 1.2, 7),
            Motif(HIDDEN, self.land, self.quiet, 0.9, 8, croise=True),
        )


LIGHT = Palette(
    theme="clair",
    background="#ffffff",
    text="#1c2326",
    quiet="#4d5a60",
    rule="#d5dcde",
    land="#eceff0",
    border="#7d898e",
    mark="#0b5563",
    second="#b3541e",
    classes=("#1fa187", "#24868e", "#2f6c8e", "#3d4e8a", "#472a7a", "#440154"),
    series=("#0b5563", "#c2500a", "#5b4bb7", "#00805e", "#a8387b", "#7a5c00"),
)
DARK = Palette(
    theme="sombre",
    background="#1c2427",
    text="#e8eced",
    quiet="#aab6ba",
    rule="#37444a",
    land="#2b363a",
    border="#7f8d93",
    mark="#7fd1de",
    second="#f0a35e",
    classes=("#297a8e", "#1f958b", "#2db27d", "#65cb5e", "#b0dd2f", "#fde725"),
    series=("#7fd1de", "#f0a35e", "#b3a7ff", "#5fd0a5", "#f29ac8", "#e0c341"),
)
PALETTES: Mapping[Theme, Palette] = {"clair": LIGHT, "sombre": DARK}


def pattern(name: str) -> str:
    """Return the fill that paints a pattern."""
    return f"url(#{name})"


def mixed(one: str, other: str, part: float) -> str:
    """Return a colour with some part of one and the rest of another."""
    channels = ((int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(part * a + (1 - part) * b):02x}" for a, b in channels)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (#rrggbb), from 1 to 21 (WCAG 2.2, relative luminance)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
