"""The official names of e-PMSI files and archives.

Loose files: ``FINESS.ANNEE.MOIS.<extension>``. Archives: ``FINESS.ANNEE.MOIS.<horodatage>.(in|out).zip``
with the time as DDMMYYYYHHMMSS (GENRSA and its kin), or with labels between month and time and the time as
YYYYMMDDHHMMSS (DRUIDES), e.g. ``290000017.2025.12.MCO.SEJOURS.SEJOURS.20260121182027.out.zip``.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from sanoscope.errors import InputFileError

READ: dict[str, str] = {
    "rsa": "rsa",
    "ano": "ano",
    "rss": "rss",
    "rss.txt": "rss",
    "rss.ini.txt": "rss",
    "vidhosp": "vidhosp",
    "vidhosp.txt": "vidhosp",
}
"""Extension of a file that intake reads, and its kind of layout."""

_OTHERS = (
    "tra ium dmi med medatu diap po pie ivg tpt porg rsfa rsf ano-ace leg ctl sta fichcomp fichsup ffc.in hosp-pmsi log"
)
KNOWN_NOT_READ = frozenset(name + end for name in _OTHERS.split() for end in ("", ".txt"))
"""Extensions of e-PMSI files that exist and that intake leaves alone, saying so."""

_FILE = re.compile(r"(?P<finess>[0-9][0-9AB][0-9]{7})\.(?P<annee>20[0-9]{2})\.(?P<mois>[0-9]{1,2})\.(?P<ext>.+)", re.I)
_ARCHIVE = re.compile(
    r"(?P<finess>[0-9][0-9AB][0-9]{7})\.(?P<annee>20[0-9]{2})\.(?P<mois>[0-9]{1,2})\.(?:[A-Z0-9_-]+\.)*?"
    r"(?P<time>[0-9]{14})\.(?P<way>in|out)\.zip",
    re.I,
)


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Whose transmission it is: establishment, year, and month up to which it is cumulated (1..12)."""

    finess: str
    annee: int
    mois: int

    def __str__(self) -> str:
        """Return ``FINESS.ANNEE.MOIS``."""
        return f"{self.finess}.{self.annee}.{self.mois}"


@dataclass(frozen=True, slots=True)
class FileName:
    """What a file name says; ``kind`` is "" for a known file that intake does not read."""

    key: Key
    kind: str
    extension: str


@dataclass(frozen=True, slots=True)
class ArchiveName:
    """What an archive name says; ``sent`` is the moment the archive was made."""

    key: Key
    sent: datetime
    way: str


def parse_file_name(name: str) -> FileName:
    """Return what the official name of a file says.

    Raises:
        InputFileError: ``nom-inconnu``, saying which names are known.
    """
    match = _FILE.fullmatch(name)
    if match:
        extension = match["ext"].lower()
        if extension in READ or extension in KNOWN_NOT_READ:
            return FileName(_key(match, name), READ.get(extension, ""), extension)
    raise InputFileError(
        "nom-inconnu",
        f"« {name} » n'est pas un nom de fichier e-PMSI connu.",
        allowed=[f"FINESS.ANNEE.MOIS.{extension}" for extension in READ] + ["FINESS.ANNEE.MOIS.HORODATAGE.out.zip"],
        todo="Rendez-lui son nom d'origine, par exemple 290000017.2024.12.rsa.",
    )


def parse_archive_name(name: str) -> ArchiveName:
    """Return what the official name of an e-PMSI archive says.

    Raises:
        InputFileError: ``nom-inconnu``.
    """
    match = _ARCHIVE.fullmatch(name)
    sent = _time(match["time"]) if match else None
    if match is None or sent is None:
        raise InputFileError(
            "nom-inconnu",
            f"« {name} » n'est pas un nom d'archive e-PMSI connu.",
            allowed=["FINESS.ANNEE.MOIS.JJMMAAAAHHMMSS.in.zip", "FINESS.ANNEE.MOIS.JJMMAAAAHHMMSS.out.zip"],
            todo="Rendez-lui son nom d'origine, ou décompressez-la et donnez les fichiers.",
        )
    return ArchiveName(_key(match, name), sent, match["way"].lower())


def _key(match: re.Match[str], name: str) -> Key:
    month = int(match["mois"])
    if not 1 <= month <= 12:
        raise InputFileError("mois-invalide", f"« {name} » : le mois {match['mois']} n'existe pas.", allowed=["1 à 12"])
    return Key(match["finess"].upper(), int(match["annee"]), month)


def _time(digits: str) -> datetime | None:
    for pattern in ("%d%m%Y%H%M%S", "%Y%m%d%H%M%S"):
        try:
            return datetime.strptime(digits, pattern)
        except ValueError:
            continue
    return None
