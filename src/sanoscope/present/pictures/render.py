"""From a specification to SVG or PNG, by vl-convert: no network, the renderer's own fonts, the same bytes each time."""

import re
import zlib
from typing import Any
from xml.sax.saxutils import escape

import vl_convert

from sanoscope.present.pictures.frame import Picture
from sanoscope.present.pictures.palette import Motif

VEGA_LITE = "6.4"
"""Version of Vega-Lite that draws, the same as the browser's (scripts/vendor.py)."""
SCALE = 2.0
"""Pixels of a PNG for each of the SVG's: sharp on dense screens and on paper."""


def to_svg(picture: Picture) -> bytes:
    """Return a picture as SVG, with its title and its description for those who do not see it."""
    drawn = vl_convert.vegalite_to_svg(picture.spec, vl_version=VEGA_LITE, allowed_base_urls=[])
    motifs = "".join(_pattern(Motif(**motif)) for motif in picture.spec["usermeta"]["motifs"])
    head = (
        f'<title id="sano-titre">{escape(picture.title)}</title>'
        f'<desc id="sano-description">{escape(picture.description)}</desc><defs>{motifs}</defs>'
    )
    named = ' role="img" aria-labelledby="sano-titre" aria-describedby="sano-description">'
    opening = re.match(r"<svg[^>]*>", drawn)
    if opening is None:
        raise ValueError("the renderer gave no SVG")
    return (_numbered(opening[0][:-1] + named + head + drawn[opening.end() :])).encode("utf-8")


def to_png(picture: Picture) -> bytes:
    """Return a picture as PNG, twice as dense as the SVG."""
    drawn: Any = vl_convert.svg_to_png(to_svg(picture).decode("utf-8"), scale=SCALE)
    return _packed(bytes(drawn))


def _packed(png: bytes) -> bytes:
    """Return a PNG with its pixels packed closer, two to five times smaller: the renderer packs fast, not close."""
    chunks, at = [], 8
    while at < len(png):
        size = int.from_bytes(png[at : at + 4], "big")
        chunks.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + size]))
        at += 12 + size
    pixels = zlib.compress(zlib.decompress(b"".join(data for kind, data in chunks if kind == b"IDAT")), 6)
    first = next(i for i, (kind, _) in enumerate(chunks) if kind == b"IDAT")
    others = [(kind, data) for kind, data in chunks if kind != b"IDAT"]
    packed = [*others[:first], (b"IDAT", pixels), *others[first:]]
    return png[:8] + b"".join(
        len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big") for kind, data in packed
    )


def _pattern(motif: Motif) -> str:
    step = motif.pas
    ground = f'<rect width="{step}" height="{step}" fill="{motif.fond}"/>' if motif.fond else ""
    line = f'<path d="M0 0V{step}" stroke="{motif.trait}" stroke-width="{motif.epaisseur}"/>'
    across = f'<path d="M0 0H{step}" stroke="{motif.trait}" stroke-width="{motif.epaisseur}"/>'
    return (
        f'<pattern id="{motif.nom}" width="{step}" height="{step}" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)">{ground}{line}{across if motif.croise else ""}</pattern>'
    )


def _numbered(svg: str) -> str:
    """Return an SVG whose clips are numbered from 0: the renderer counts on from one picture to the next."""
    names = dict.fromkeys(re.findall(r'id="(clip\d+)"', svg))
    numbers = {name: f"clip{i}" for i, name in enumerate(names)}
    return re.sub(r"\bclip\d+\b(?=[\")])", lambda found: numbers.get(found[0], found[0]), svg)
