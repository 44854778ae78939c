"""Stays of HAD (hospitalisation à domicile): one line a sub-sequence (RAPSS), with its modes of care."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sanoscope.demo.activity import (
    Activity,
    chaining_of,
    days_of,
    leaving,
    movement_columns,
    person_columns,
    score_columns,
)
from sanoscope.demo.admissions import Admissions, Catchment, Profile, admissions, specialised
from sanoscope.demo.codes import ASSOCIATED
from sanoscope.demo.patients import digits
from sanoscope.demo.products import drugs_given
from sanoscope.demo.records import Bools, Columns, Ints, Records, calendar, items, rank_in, runs

LINES_A_STAY = 2.2
SENT = 0.65
"""Share of the entries that MCO and SMR send, where they have so many to send."""
KEPT = 5
"""Modes that a service offers."""
LONGEST = 180
DEATHS = 0.05
DRUGS = 0.05
"""Share of the sub-sequences in which a drug invoiced on top is given: set by hand."""
PALLIATIVE_DEATHS = 0.5
CHANGES = 0.4
"""Share of stays whose second half is another sequence, of a lower Karnofsky index."""


@dataclass(frozen=True)
class Mode(Profile):
    """A main mode of care (MPP).

    Attributes:
        associated: associated modes (MPA), the likeliest first.
        karnofsky: mean index (%).
        days: mean of a stay.
        dp: CIM-10 code of the principal diagnosis.
    """

    associated: tuple[str, ...] = ("00", "14")
    karnofsky: float = 50
    days: float = 20
    dp: str = "Z518"


MODES = {
    "01": Mode(0.02, 70, 12, 0.4, ("00", "14"), 40, 40, "J961"),
    "02": Mode(0.02, 62, 14, 0.5, ("00", "07"), 50, 30, "C250"),
    "03": Mode(0.10, 66, 17, 0.45, ("00", "09", "15"), 60, 14, "A419"),
    "04": Mode(0.24, 74, 13, 0.5, ("07", "00", "14", "06"), 30, 25, "Z515"),
    "05": Mode(0.08, 67, 12, 0.45, ("00", "15"), 60, 8, "Z511"),
    "06": Mode(0.06, 70, 15, 0.4, ("14", "00", "04"), 30, 40, "Z431"),
    "07": Mode(0.02, 68, 15, 0.5, ("00", "25"), 40, 20, "R5218"),
    "08": Mode(0.04, 63, 18, 0.5, ("00", "15"), 60, 12, "Z518"),
    "09": Mode(0.22, 70, 14, 0.5, ("00", "14", "07"), 50, 35, "L893"),
    "10": Mode(0.03, 60, 16, 0.5, ("00", "09"), 60, 10, "Z488"),
    "12": Mode(0.02, 68, 13, 0.45, ("14", "00"), 40, 45, "I694"),
    "13": Mode(0.04, 66, 12, 0.5, ("00", "15"), 60, 12, "Z082"),
    "14": Mode(0.07, 80, 10, 0.6, ("09", "06", "00"), 30, 45, "R54"),
    "19": Mode(0.015, 31, 5, 1.0, ("00", "15"), 80, 12, "O244"),
    "21": Mode(0.015, 31, 5, 1.0, ("00", "15"), 80, 6, "O680"),
    "29": Mode(0.01, 58, 15, 0.5, ("00", "15"), 70, 4, "Z480"),
}
"""By MPP of the shipped nomenclature. Shares are set by hand."""
PALLIATIVE = "04"


def draw_had(
    rng: np.random.Generator,
    finess: str,
    catchment: Catchment,
    sent: Admissions,
    *,
    stays: Mapping[int, int],
    months: Mapping[int, int],
) -> Activity:
    """Draw the sub-sequences of a service; arguments as those of `admissions`."""
    offered = specialised(rng, list(MODES.values()), KEPT)
    people, which = admissions(rng, catchment, offered, sent, most=SENT, stays=stays, months=months)
    count = len(people)
    modes = list(MODES.values())
    means = np.array([mode.days for mode in modes])[which]
    durations = rng.geometric(1 / means).clip(max=LONGEST)
    palliative = np.array([name == PALLIATIVE for name in MODES])[which]
    deaths = people.finals & (rng.random(count) < np.where(palliative, PALLIATIVE_DEATHS, DEATHS))
    lines = _lines(rng, finess, people, which, durations, deaths)
    return Activity(
        lines=(lines, drugs_given(rng, "med_had", lines, share=DRUGS)),
        chaining=chaining_of(rng, finess, people),
        chained="ano_had",
        leaving=leaving(people, people.entries + durations, deaths, b"6"),
    )


def _lines(
    rng: np.random.Generator, finess: str, people: Admissions, which: Ints, durations: Ints, deaths: Bools
) -> Records:
    """Return the lines: one or two sequences a stay, each cut at the end of months."""
    modes, count = list(MODES.values()), len(people)
    stay, rank, day = days_of(people.entries, durations)
    halves = np.where(rng.random(count) < CHANGES, (durations + 1) // 2, durations)
    year, month = calendar(day)
    later = (rank >= halves[stay]).astype(np.int64)
    starts, lengths = runs(stay, later, year * 12 + month)
    of, sequence = stay[starts], later[starts]
    last = np.append(of[1:] != of[:-1], True)
    ends_sequence = last | np.append(sequence[1:] != sequence[:-1], True)
    sequence_start = np.where(sequence == 1, halves[of], 0)
    sequence_days = np.where(sequence == 1, durations[of], halves[of]) - sequence_start
    index = np.array([mode.karnofsky for mode in modes])[which] + rng.normal(0, 8, count)
    karnofsky = (10 * ((index[of] - 10 * sequence) / 10).round()).clip(10, 100).astype(np.int64)
    choice = (rng.random(count) ** 1.6 * np.array([len(m.associated) for m in modes])[which]).astype(np.int64)
    associated = np.array([(m.associated * 4)[:4] for m in modes], "S2")
    columns: Columns = {
        **person_columns(finess, people, of),
        **movement_columns(people, deaths, of, first=np.ones(len(of), bool), last=last),
        **score_columns(rng, 4 - index / 40, of),
        "cle_sejour": of + 1,
        "type_domicile": np.full(len(of), b"1"),
        "duree_sejour": durations[of],
        "no_sequence": digits(sequence + 1, 4),
        "delai_sequence": sequence_start,
        "duree_sequence": sequence_days,
        "derniere_sequence": np.where(sequence_start + sequence_days == durations[of], b"1", b"0"),
        "mpp": np.array(list(MODES), "S2")[which[of]],
        "mpa": associated[which, choice][of],
        "karnofsky": digits(karnofsky, 3),
        "nb_das": rng.poisson(0.8, count).clip(max=4)[of],
        "no_sous_sequence": digits(rank_in(of, sequence) + 1, 4),
        "mois_fin_sous_sequence": month[starts],
        "annee_fin_sous_sequence": year[starts],
        "delai_sous_sequence": rank[starts],
        "duree_sous_sequence": lengths,
        "derniere_sous_sequence": np.where(ends_sequence, b"1", b"0"),
        "derniere_sous_sequence_sejour": np.where(last, b"1", b"0"),
        "dp": np.array([mode.dp for mode in modes], "S6")[which[of]],
    }
    line, nth = items(columns["nb_das"])
    first = rng.integers(0, len(ASSOCIATED), count)[of]
    zones = {"diagnostics": {"code": np.array(ASSOCIATED, "S6")[(first[line] + nth) % len(ASSOCIATED)]}}
    return Records("rapss", columns, zones, {"diagnostics": "nb_das"}, year[starts], month[starts])
