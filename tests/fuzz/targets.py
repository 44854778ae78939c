"""What reads bytes or texts from outside, one target each, with seeds from our own synthetic data.

A target takes any bytes. It returns, or raises a `SanoscopeError`; anything else is a defect. Where lines are counted,
it also holds that none is lost.
"""

import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qsl

from sanoscope import workspace as workspaces
from sanoscope.access.scope import EVERYTHING, OPEN, perimeter
from sanoscope.catalogue.load import catalogue
from sanoscope.errors import SanoscopeError
from sanoscope.formats.registry import kinds, layouts
from sanoscope.intake.blocks import read_blocks
from sanoscope.intake.decode import MAIN_TABLE, decode
from sanoscope.intake.names import Key
from sanoscope.intake.receive import receive
from sanoscope.nomenclature.importers import load_path
from sanoscope.operate.backup import backup_to
from sanoscope.operate.planned import calendar
from sanoscope.operate.restore import verify
from sanoscope.query.criteria import parse
from sanoscope.query.service import Service
from sanoscope.search.find import Search
from sanoscope.web.lists import read
from sanoscope.web.looking import looking
from sanoscope.web.posted import parsed
from sanoscope.web.wishes import criteria
from sanoscope.workspace import SETTINGS_FILE, Workspace
from tests.pmsi import ano, rsa
from tests.published import ACTS, CUBE, DIAGNOSES, SHARES, establishments, small_source

F = "290000017"


@dataclass(frozen=True, slots=True)
class Target:
    """Something that reads what comes from outside: seeds to begin with, and what is done with some bytes."""

    seeds: Callable[[], list[bytes]]
    one: Callable[[bytes], object]


@cache
def country() -> Workspace:
    """A workspace with the small published tables."""
    return small_source(Path(tempfile.mkdtemp(prefix="sanoscope-fuzz-")))


@cache
def ground() -> Workspace:
    """The workspace in which files are read."""
    return workspaces.create(Path(tempfile.mkdtemp(prefix="sanoscope-fuzz-")) / "espace")


@contextmanager
def new() -> Iterator[Workspace]:
    """A workspace that is empty again once it was used."""
    workspace = ground()
    yield workspace
    for folder in (workspace.store, workspace.quarantine, workspace.reference):
        for left in folder.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()


def named(workspace: Workspace, names: tuple[str, ...], data: bytes) -> Path:
    """Write bytes as a file whose name the first of them picks."""
    path = workspace.root.parent / names[data[0] % len(names) if data else 0]
    path.write_bytes(data[1:])
    return path


# intake ---------------------------------------------------------------------------------------------------------------

KINDS = tuple(sorted({*kinds()} & {*MAIN_TABLE}))
YEARS = tuple(2023 if kind in ("rsa", "ano") else layouts(kind)[-1].years[-1] for kind in KINDS)


def lines(data: bytes) -> None:
    number = data[0] % len(KINDS) if data else 0
    kind, key = KINDS[number], Key(F, YEARS[number], 12)
    for block in read_blocks(io.BytesIO(data[1:]), size=512, label="essai"):
        done = decode(block, kind=kind, key=key)
        kept = sum(map(len, done.tables.get(MAIN_TABLE[kind], ())))
        gone = sum(len(refused.rows) for refused in done.refused)
        assert kept + gone == block.count, (kind, kept, gone, block.count)


def line_seeds() -> list[bytes]:
    return [
        bytes([KINDS.index("rsa")]) + rsa(F, 2023, [{"n": 2}, {"ghm": "06K04J", "duree": 0}]),
        bytes([KINDS.index("ano")]) + ano(F, 2023, [{"n": 2}]),
        *(bytes([number]) + b"0" * 200 + b"\n" for number in range(len(KINDS))),
    ]


NAMES = (f"{F}.2023.12.zip", f"{F}.2023.12.rsa", f"{F}.2023.12.rsa.gz", "envoi.zip", f"{F}.2023.12.out.zip")


def files(data: bytes) -> None:
    with new() as workspace:
        report = receive(workspace, [named(workspace, NAMES, data)])
        read_, accepted, refused = report.lines
        assert read_ == accepted + refused


def file_seeds() -> list[bytes]:
    content, found = rsa(F, 2023, [{"n": 2}]), []
    for names in ([f"{F}.2023.12.rsa"], ["../../x.rsa", f"{F}.2023.12.ano"], [f"{F}.2023.12.zip"]):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name in names:
                archive.writestr(name, content)
        found += [b"\0" + out.getvalue(), b"\3" + out.getvalue()]
    return [*found, b"\1" + content]


TABLES = ("smr_2025.csv", "smr_2025.json", "open_ccam_24.csv", "mco_2024.csv", "pdmza_2022.csv", "x.csv.gz")


def tables(data: bytes) -> None:
    with new() as workspace:
        sources = [one.attendu for one in catalogue().sources.values()]
        report = receive(workspace, [named(workspace, TABLES, data)], published=sources)
        read_, accepted, refused = report.lines
        assert read_ == accepted + refused


def table_seeds() -> list[bytes]:
    texts = (CUBE, establishments(), ACTS, DIAGNOSES, SHARES)
    return [bytes([number]) + text.encode() for number, text in enumerate(texts)]


REFERENCES = ("x.csv", "x.json", "x.xlsx", "x.geojson", "x.txt", "x.json.gz", "GHM 2024.csv", "cim10_2024.csv", "x.zip")


def references(data: bytes) -> None:
    with new() as workspace:
        load_path(named(workspace, REFERENCES, data), workspace.reference)


def reference_seeds() -> list[bytes]:
    shape = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"code": "1", "libelle": "A"},
                "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [1, 1], [0, 0]]]},
            }
        ],
    }
    return [
        b"\0finess,raison_sociale,categorie\n290000017,CHU,CHR/U\n",
        b"\0code_geo,libelle,departement,region\n29000,Brest,29,53\n",
        b"\0annee,gme,libelle\n2025,0106A0,Essai\n",
        b"\0annee;code_geo;sexe;age;population\n2022;29000;1;40;12\n",
        b'\1[{"code":"01C031","libelle":"x"}]',
        b'\1{"data":[{"finess":"290000017","raison_sociale":"A"}]}',
        b"\3" + json.dumps(shape).encode(),
        b"\4structureet;290000017;290000017;CHU;CHU;;;;;;;;29\n",
    ]


def backups(data: bytes) -> None:
    verify(io.BytesIO(data))


def backup_seeds() -> list[bytes]:
    out = io.BytesIO()
    with new() as workspace:
        backup_to(workspace, out)
    return [out.getvalue()]


def plans(data: bytes) -> None:
    with new() as workspace:
        workspace.calendar.write_bytes(data)
        calendar(workspace, catalogue())


def settings(data: bytes) -> None:
    place = ground().root.parent
    (place / SETTINGS_FILE).write_bytes(data)
    workspaces.load(place)


# readers --------------------------------------------------------------------------------------------------------------

TYPES = ("multipart/form-data; boundary=b", "application/x-www-form-urlencoded", 'multipart/mixed; boundary="b"')


def posts(data: bytes) -> None:
    kind, _, body = data.partition(b"\n")
    parsed(body, kind.decode("latin-1"))


def post_seeds() -> list[bytes]:
    part = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n290000017\r\n--b--\r\n'
    bodies = (part % b"liste", b"panier=290000017&nom=A", part % b'fichier"; filename="a.csv')
    return [kind.encode() + b"\n" + body for kind in TYPES for body in bodies]


KNOWN = SimpleNamespace(finess={f"29000{n:04d}": None for n in range(20)} | {"2A0000014": None})


def lists(data: bytes) -> None:
    for content in (data, data.decode("utf-8", "replace")):
        listed = read(content, KNOWN)  # type: ignore[arg-type]
        assert set(listed.known) <= set(KNOWN.finess)


def list_seeds() -> list[bytes]:
    return [
        b"290000001 290000002;9",
        b"nom;finess\nA;290000001\n",
        b'finess,"a"\n"290000001",b\n',
        b"PK\3\4",
        b"\xef\xbb\xbfFINESS\n1",
    ]


def questions(data: bytes) -> None:
    pairs = parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True)
    service = _service()
    for slug in ("casemix-smr", "actes-ccam-par-etablissement"):
        restitution = service.catalogue.restitution(slug)
        edition = service.answering(restitution)
        for scope in (OPEN, EVERYTHING):
            for step in (
                lambda scope=scope, of=restitution, at=edition: parse(pairs, of, at, scope, service.baskets),
                lambda of=restitution, at=edition: parse(criteria(looking(pairs)[0], of, at), of, at, OPEN),
            ):
                _refused(step)


def question_seeds() -> list[bytes]:
    return [
        b"annee=2025&zone=region:53&regroupement=gme",
        b"portee=panier&panier=290000017,290000025&activite=chirurgie&niveau_activite=gn",
        b"etablissement=hopital&tri=-nb&page=2&filtre=a&graphique=x&comparer=n-1&mois=12&edition=smr-2025&date=2026-01-01",
        b"zone=zonage:a:b&niveau_zone=region&secteur=public&ght=&version=complete",
    ]


def searches(data: bytes) -> None:
    _search().find(data.decode("utf-8", "replace"))


def perimeters(data: bytes) -> None:
    found = perimeter(data.decode("utf-8", "replace"))
    assert str(found)


@cache
def _service() -> Service:
    return Service(country(), catalogue())


@cache
def _search() -> Search:
    return Search(_service())


def _refused(step: Callable[[], object]) -> None:
    try:
        step()
    except SanoscopeError:
        return


def anything(data: bytes) -> None:
    """Do what the first byte picks of all there is."""
    each = list(TARGETS.values())[:-1]
    each[data[0] % len(each) if data else 0].one(data[1:])


def anything_seeds() -> list[bytes]:
    each = list(TARGETS.values())[:-1]
    return [bytes([number]) + seed for number, target in enumerate(each) for seed in target.seeds()]


TARGETS = {
    "lignes": Target(line_seeds, lines),
    "fichiers": Target(file_seeds, files),
    "tableaux": Target(table_seeds, tables),
    "references": Target(reference_seeds, references),
    "sauvegardes": Target(backup_seeds, backups),
    "annonces": Target(lambda: [b"date,quoi,restitution\n2026-01-01,Mise a jour,casemix-mco\n"], plans),
    "reglages": Target(lambda: [workspaces.DEFAULT_SETTINGS.encode(), b"[service]\nport = 80\n"], settings),
    "envois": Target(post_seeds, posts),
    "listes": Target(list_seeds, lists),
    "questions": Target(question_seeds, questions),
    "recherches": Target(lambda: [b"h\xc3\xb4pital", b"290000017", b"gme 0106"], searches),
    "perimetres": Target(lambda: [b"france", b"region:53,28", b"ght:NOM"], perimeters),
    "tout": Target(anything_seeds, anything),
}
"""Every target by name; the last one is all of them."""
