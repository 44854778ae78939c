"""Drugs and devices invoiced on top of stays: FICHCOMP files of MCO (``med``, ``dmip``), of SMR and HAD (``med``)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sanoscope.demo.patients import digits
from sanoscope.demo.records import Bools, Codes, Columns, File, Ints, Records, file_of, taken
from sanoscope.demo.stays import Stays

DRUGS = {
    "9000024": 700, "9000025": 180, "9000098": 120, "9000265": 50, "9000391": 130, "9000392": 650, "9000458": 250,
    "9001046": 250, "9001048": 500, "9163577": 20, "9219740": 1200, "9220097": 400,
}  # fmt: skip
"""Euros a unit, by UCD: orders of magnitude set by hand."""
DEVICES = {
    "02": {"3114922": 80},
    "05": {"3101010": 700, "3100156": 6000, "3400792": 4000, "3402271": 500},
    "08": {"3100311": 500, "3100334": 400, "3100469": 900, "3200395": 300},
    "09": {"3103172": 600},
}
"""Euros a piece, by CMD of the surgical stays that receive them and LPP: orders of magnitude set by hand."""
DRUG_SHARES = {"28": 0.08, "17": 0.3}
"""Share of the stays of a CMD that receive a drug; `USUAL_DRUG_SHARE` of the others'."""
USUAL_DRUG_SHARE = 0.01
DEVICE_SHARE = 0.25
_SURGICAL = (b"C", b"K")


@dataclass(frozen=True)
class Products:
    """Lines of one kind of FICHCOMP.

    Attributes:
        kind: ``med_mco`` or ``dmi_mco``.
        stays: int64[lines], the rank of the stay of each.
        columns: arrays of one value a line.
    """

    kind: str
    stays: Ints
    columns: Columns

    def transmission(self, stays: Stays, year: int, month: int) -> list[File]:
        """Return the file of a cumulative transmission, with the keys of its RSA; none if there is no line."""
        kept = stays.sent_by(year, month)
        keys = np.cumsum(kept).astype(np.int64)
        lines = kept[self.stays]
        count = int(lines.sum())
        columns = taken(self.columns, lines) | {
            "cle_rsa": digits(keys[self.stays[lines]], 10),
            "annee_fichier": np.full(count, year),
            "mois": np.full(count, month),
        }
        return file_of(self.kind, year, columns)


def draw_products(rng: np.random.Generator, stays: Stays) -> tuple[Products, Products]:
    """Draw the drugs and the devices of the stays of a hospital."""
    cmd = stays.fixed["ghm"].astype("S2")
    share = np.full(len(cmd), USUAL_DRUG_SHARE)
    for name, of in DRUG_SHARES.items():
        share[cmd == name.encode()] = of
    treated = np.flatnonzero(rng.random(len(cmd)) < share)
    codes, prices = _chosen(rng, DRUGS, len(treated))
    units = rng.integers(1, 7, len(treated))
    drugs = _columns(stays, treated, b"06", use="administration") | {
        "nb_sejours": np.ones(len(treated), np.int64),
        "code_ucd": np.array([ucd13(code) for code in codes], "S13"),
        "quantite_milliemes": units * 1000,
        "montant_milliemes": units * prices * 1000,
    }
    surgical = np.isin(stays.fixed["ghm"].view("S1").reshape(-1, 6)[:, 2], _SURGICAL)
    implanted, bought, paid = _implanted(rng, cmd, surgical)
    pieces = rng.integers(1, 3, len(implanted))
    devices = _columns(stays, implanted, b"07", use="pose") | {
        "code_lpp": bought,
        "nb_poses": pieces,
        "montant_milliemes": pieces * paid * 1000,
    }
    return Products("med_mco", treated, drugs), Products("dmi_mco", implanted, devices)


def drugs_given(rng: np.random.Generator, kind: str, lines: Records, *, share: float) -> Records:
    """Draw the drugs of a service of SMR or HAD, given in the month of a line.

    Args:
        rng: source of chance.
        kind: ``med_smr`` or ``med_had``.
        lines: its weeks or sub-sequences.
        share: share of these in which a drug is given.
    """
    of = np.flatnonzero(rng.random(len(lines.years)) < share)
    codes, prices = _chosen(rng, DRUGS, len(of))
    units = rng.integers(1, 4, len(of))
    columns: Columns = {
        **{name: lines.columns[name][of] for name in ("finess", "cle_sejour", "no_sequence")},
        "type_prestation": np.full(len(of), b"06"),
        "annee_fichier": lines.years[of],
        "mois": lines.months[of],
        "code_ucd": np.array([ucd13(code) for code in codes], "S13"),
        "quantite_milliemes": units * 1000,
        "montant_milliemes": units * prices * 1000,
        "mois_administration": lines.months[of],
        "annee_administration": lines.years[of],
        "delai": np.full(len(of), b"0000"),
    }
    return Records(kind, columns, {}, {}, lines.years[of], lines.months[of])


def ucd13(ucd: str) -> str:
    """Return a UCD code as files have it: 34008, its seven figures, and the check figure of an EAN-13.

    >>> ucd13("9220364")
    '3400892203645'
    """
    twelve = f"34008{ucd}"
    return f"{twelve}{-sum(int(c) * (1, 3)[i % 2] for i, c in enumerate(twelve)) % 10}"


def _implanted(rng: np.random.Generator, cmd: Codes, surgical: Bools) -> tuple[Ints, Codes, Ints]:
    """Return who receives a device, which, and its price (euros)."""
    drawn = surgical & (rng.random(len(cmd)) < DEVICE_SHARE)
    ranks = [np.flatnonzero(drawn & (cmd == name.encode())) for name in DEVICES]
    chosen = [_chosen(rng, devices, len(of)) for devices, of in zip(DEVICES.values(), ranks, strict=True)]
    codes = np.array([code for names, _ in chosen for code in names], "S7")
    return np.concatenate(ranks), codes, np.concatenate([prices for _, prices in chosen])


def _chosen(rng: np.random.Generator, prices: Mapping[str, int], count: int) -> tuple[list[str], Ints]:
    """Return codes, the first ones more often, and their prices (euros)."""
    which = (rng.random(count) ** 1.5 * len(prices)).astype(np.int64)
    names = list(prices)
    return [names[i] for i in which], np.array(list(prices.values()), np.int64)[which]


def _columns(stays: Stays, of: Ints, benefit: bytes, *, use: str) -> Columns:
    """Return what lines of both kinds say; a product is given in the month of exit, on the first day of the stay."""
    return {
        "finess": stays.fixed["finess"][of],
        "finess_entree": stays.fixed["finess"][of],
        "type_prestation": np.full(len(of), benefit),
        f"mois_{use}": stays.fixed["mois_sortie"][of],
        f"annee_{use}": stays.fixed["annee_sortie"][of],
        "delai": np.full(len(of), b"0000"),
    }
