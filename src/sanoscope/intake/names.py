"""The official names of e-PMSI files and archives.

Loose files: ``FINESS.ANNEE.MOIS.<extension>``. Archives: ``FINESS.ANNEE.MOIS.<horodatage>.(in|out).zip``
with the time as DDMMYYYYHHMMSS (GENRSA and its kin), or with labels between month and time, the field first, and the
time as YYYYMMDDHHMMSS (DRUIDES), e.g. ``290000017.2025.12.MCO.SEJOURS.SEJOURS.20260121182027.out.zip``; a file may
bear the same labels before its extension. Some extensions are those of several fields: `champs` decides.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from sanoscope.errors import InputFileError

FIELD_OF = {
    **dict.fromkeys(("rsa", "ano", "rss", "vidhosp", "med_mco", "dmi_mco"), "mco"),
    **dict.fromkeys(("rha", "ssrha", "ano_smr", "med_smr"), "smr"),
    **dict.fromkeys(("rapss", "ano_had", "med_had"), "had"),
    **dict.fromkeys(("rpsa", "r3a", "ano_psy"), "psy"),
}
"""The field (champ) that each kind of file belongs to."""

CHAMPS = {"mco": "mco", "smr": "smr", "ssr": "smr", "had": "had", "psy": "psy"}
"""The fields, by the labels that names of DRUIDES give them."""

READ: dict[str, str] = {
    "rsa": "rsa",
    "rss": "rss",
    "rss.txt": "rss",
    "rss.ini.txt": "rss",
    "vidhosp": "vidhosp",
    "vidhosp.txt": "vidhosp",
    "dmip": "dmi_mco",
    "dmi": "dmi_mco",
    "rha": "rha",
    "sha": "ssrha",
    "rapss": "rapss",
    "rpsa": "rpsa",
    "r3a": "r3a",
}
"""Extension of a file that intake reads, and its kind of layout."""

SHARED: dict[str, tuple[str, ...]] = {
    "ano": ("ano", "ano_smr", "ano_had", "ano_psy"),
    "med": ("med_mco", "med_smr", "med_had"),
}
"""Extension of a file that intake reads and that several fields have: the kinds it may be of, one a field."""

_OTHERS = {
    "": "tra ium dmi med medatu dialp transport rsfa rsf ano-ace leg ctl sta fichcomp fichsup ffc.in hosp-pmsi log",
    "mco": "diap po pie ivg tpt porg medthrombo medacan",
    "smr": "rhs",
    "had": "rpss srapss ehpa",
    "psy": "rps raa srpsa ano_ambu",
}
KNOWN_NOT_READ: dict[str, str] = {
    name + end: champ
    for champ, names in _OTHERS.items()
    for name in names.split()
    for end in ("", ".txt")
    if name + end not in {*READ, *SHARED}
}
"""Extensions of e-PMSI files that exist and that intake leaves alone, saying so; with the field they tell, or "".

``.med.txt`` and ``.dmi.txt`` are what an establishment gives in, not anonymous: they are not ``.med`` and ``.dmip``.
"""

_FILE = re.compile(r"(?P<finess>[0-9][0-9AB][0-9]{7})\.(?P<annee>20[0-9]{2})\.(?P<mois>[0-9]{1,2})\.(?P<ext>.+)", re.I)
_ARCHIVE = re.compile(
    r"(?P<finess>[0-9][0-9AB][0-9]{7})\.(?P<annee>20[0-9]{2})\.(?P<mois>[0-9]{1,2})\."
    r"(?:(?P<champ>MCO|SMR|SSR|HAD|PSY)\.)?(?:[A-Z0-9_-]+\.)*?(?P<time>[0-9]{14})\.(?P<way>in|out)\.zip",
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
    """What a file name says.

    Attributes:
        key: whose transmission.
        kind: kind of file, or "" where the name does not tell: a file of several fields, or one that is not read.
        extension: its extension, in lower case.
        champ: the field that the name tells, or "".
        choices: the kinds that a file of several fields may be of.
    """

    key: Key
    kind: str
    extension: str
    champ: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ArchiveName:
    """What an archive name says; ``sent`` is the moment the archive was made, ``champ`` its field or ""."""

    key: Key
    sent: datetime
    way: str
    champ: str = ""


def parse_file_name(name: str) -> FileName:
    """Return what the official name of a file says.

    Raises:
        InputFileError: ``nom-inconnu``, saying which names are known.
    """
    match = _FILE.fullmatch(name)
    if match:
        champ, extension = _labels(match["ext"].lower())
        if extension in READ:
            kind = READ[extension]
            return FileName(_key(match, name), kind, extension, FIELD_OF[kind])
        if extension in SHARED:
            choices = SHARED[extension]
            kind = next((kind for kind in choices if FIELD_OF[kind] == champ), "")
            return FileName(_key(match, name), kind, extension, champ, choices)
        if extension in KNOWN_NOT_READ:
            return FileName(_key(match, name), "", extension, champ or KNOWN_NOT_READ[extension])
    raise InputFileError(
        "nom-inconnu",
        f"« {name} » n'est pas un nom de fichier e-PMSI connu.",
        allowed=[f"FINESS.ANNEE.MOIS.{extension}" for extension in (*READ, *SHARED)]
        + ["FINESS.ANNEE.MOIS.HORODATAGE.out.zip"],
        todo="Rendez-lui son nom d'origine, par exemple 290000017.2024.12.rsa.",
    )


def _labels(rest: str) -> tuple[str, str]:
    """Return the field and the extension of what follows the month; only a field has other labels after it."""
    first, _, after = rest.partition(".")
    if first not in CHAMPS:
        return "", rest
    known = [*READ, *SHARED, *KNOWN_NOT_READ]
    endings = [after[at:] for at in range(len(after)) if at == 0 or after[at - 1] == "."]
    return CHAMPS[first], next((ending for ending in endings if ending in known), after)


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
    return ArchiveName(_key(match, name), sent, match["way"].lower(), CHAMPS.get((match["champ"] or "").lower(), ""))


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
