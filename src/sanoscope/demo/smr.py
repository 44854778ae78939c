"""Stays of SMR (soins médicaux et de réadaptation): one line a week (RHA), grouped in a GME."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

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
from sanoscope.demo.records import Bools, Codes, Columns, Ints, Records, calendar, items, rank_in, runs
from sanoscope.nomenclature.reference import load_reference

LINES_A_STAY = 6.4
SENT = 0.7
"""Share of the entries that MCO sends, where it has so many to send."""
KEPT = 6
"""Groups that a service treats."""
PARTIAL = 0.3
"""Share of stays in hospitalisation partielle."""
DAYS = 32.0
LONGEST = 180
DEATHS = 0.02
DRUGS = 0.02
"""Share of the weeks in which a drug invoiced on top is given: set by hand."""
PALLIATIVE_DEATHS = 0.6
FIRST_MONDAY = 2
"""3 January 2000, as days are counted."""
ADULT = 18


@dataclass(frozen=True)
class Group(Profile):
    """A groupe nosologique (GN): its patients, and codes that its lines bear.

    Attributes:
        purpose, condition, cause: CIM-10 codes of the main purpose, of the condition and of its cause.
        acts: CSARR codes.
    """

    purpose: str = "Z508"
    condition: str = ""
    cause: str = ""
    acts: tuple[str, ...] = ("ZFR+002", "ZZQ+192", "ZZC+028")


_MOVES = ("ZFR+002", "ZFR+199", "ZGQ+046", "QZQ+255")
_BREATH = ("GLQ+043", "GLQ+175", "ZFR+002", "DKQ+008")
_MIND = ("ALT+145", "ALT+263", "ALQ+065", "ALQ+183")
GROUPS = {
    "0127": Group(0.08, 82, 7, 0.65, condition="F009", cause="G309", acts=_MIND),
    "0147": Group(0.13, 70, 13, 0.45, condition="G819", cause="I694", acts=("GKR+256", "HQR+293", *_MOVES)),
    "0406": Group(0.08, 69, 11, 0.4, condition="J961", cause="J449", acts=_BREATH),
    "0509": Group(0.09, 65, 11, 0.25, condition="I251", acts=_BREATH),
    "0512": Group(0.08, 78, 10, 0.5, condition="I500", acts=_BREATH),
    "0803": Group(0.03, 68, 12, 0.3, condition="I702", cause="E1168", acts=_MOVES),
    "0833": Group(0.10, 62, 18, 0.55, condition="S8220", acts=_MOVES),
    "0841": Group(0.12, 71, 9, 0.6, condition="Z966", cause="M171", acts=_MOVES),
    "0872": Group(0.10, 84, 8, 0.75, condition="S7200", acts=_MOVES),
    "0876": Group(0.05, 35, 22, 0.6, condition="M545", acts=("LHR+146", *_MOVES)),
    "1006": Group(0.05, 48, 14, 0.65, purpose="Z713", condition="E668"),
    "1903": Group(0.05, 47, 11, 0.25, purpose="Z502", condition="F102", acts=_MIND),
    "2303": Group(0.04, 75, 12, 0.5, purpose="Z515", condition="C349"),
}
"""By GN of the shipped nomenclature. Shares are set by hand."""
ERROR, ERRORS = "9000", 0.004
"""The GN of what cannot be grouped, and its share."""
PALLIATIVE = "2303"


@cache
def _gmes() -> dict[tuple[str, bool, bool], list[str]]:
    """Return the GME of each (GN, whole days, for children): H to L are partial, H and P are for children."""
    found: dict[tuple[str, bool, bool], list[str]] = {}
    for gme in sorted(set(load_reference()["gme"]["gme"])):
        found.setdefault((gme[:4], gme[4] not in "HIJKL", gme[4] in "HP"), []).append(gme)
    return found


def draw_smr(
    rng: np.random.Generator,
    finess: str,
    catchment: Catchment,
    sent: Admissions,
    *,
    stays: Mapping[int, int],
    months: Mapping[int, int],
) -> Activity:
    """Draw the weeks of a service; arguments as those of `admissions`."""
    groups = specialised(rng, list(GROUPS.values()), KEPT)
    people, which = admissions(rng, catchment, groups, sent, most=SENT, stays=stays, months=months)
    count = len(people)
    names = np.where(rng.random(count) < ERRORS, ERROR, np.array(list(GROUPS))[which])
    gme = _grouped(rng, names, rng.random(count) >= PARTIAL, people.ages)
    whole = ~np.isin(gme.astype("S5").view("S1").reshape(count, 5)[:, 4], [b"H", b"I", b"J", b"K", b"L"])
    durations = (4 + rng.geometric(1 / DAYS, count)).clip(max=LONGEST)
    chance = np.where(names == PALLIATIVE, PALLIATIVE_DEATHS, DEATHS * (people.ages > ADULT))
    deaths = people.finals & whole & (rng.random(count) < chance)
    weeks = _weeks(rng, people, durations, whole)
    lines = _lines(rng, finess, people, weeks, which=which, gme=gme, whole=whole, deaths=deaths)
    return Activity(
        lines=(lines, drugs_given(rng, "med_smr", lines, share=DRUGS)),
        chaining=chaining_of(rng, finess, people),
        chained="ano_smr",
        leaving=leaving(people, people.entries + durations, deaths, b"2"),
    )


def _grouped(rng: np.random.Generator, names: np.ndarray, whole: Bools, ages: Ints) -> Codes:
    """Return bytes7[stays]: a GME of each GN, at random among those of the kind of stay and of the age, if any."""
    chosen = []
    for name, complete, age, chance in zip(names, whole, ages, rng.random(len(names)), strict=True):
        kinds = [(name, complete, age < ADULT), (name, not complete, age < ADULT)]
        kinds += [(name, complete, False), (name, not complete, False)]
        among = next(_gmes()[kind] for kind in kinds if kind in _gmes())
        chosen.append(among[int(chance**2 * len(among))])
    return np.array(chosen, "S7")


@dataclass(frozen=True)
class _Weeks:
    """Weeks of stays: of which stay, first and last or not, their Thursday, days present as texts of 0 and 1."""

    of: Ints
    first: Bools
    last: Bools
    thursday: Ints
    weekdays: Codes
    weekend: Codes


def _weeks(rng: np.random.Generator, people: Admissions, durations: Ints, whole: Bools) -> _Weeks:
    """Cut stays in weeks, Monday to Sunday; partial stays come the same one to five weekdays each week.

    A week in which nobody comes is not told. A stay too short for its weekdays comes on all of those it has.
    """
    stay, _, day = days_of(people.entries, durations)
    comes = np.zeros((len(people), 7), bool)
    comes[:, :5] = rng.random((len(people), 5)) < 0.6
    comes[np.arange(len(people)), rng.integers(0, 5, len(people))] = True
    comes |= whole[:, None]
    weekday = (day - FIRST_MONDAY) % 7
    there = comes[stay, weekday]
    there |= (np.bincount(stay, there, len(people)) == 0)[stay] & (weekday < 5)
    stay, day, weekday = stay[there], day[there], weekday[there]
    starts, lengths = runs(stay, (day - FIRST_MONDAY) // 7)
    week = np.repeat(np.arange(len(starts)), lengths)
    present = np.zeros((len(starts), 7), bool)
    present[week, weekday] = True
    of = stay[starts]
    first = np.append(True, of[1:] != of[:-1])
    characters = np.where(present, np.uint8(ord("1")), np.uint8(ord("0")))
    return _Weeks(
        of=of,
        first=first,
        last=np.append(first[1:], True),
        thursday=day[starts] - weekday[starts] + 3,
        weekdays=np.ascontiguousarray(characters[:, :5]).view("S5").ravel(),
        weekend=np.ascontiguousarray(characters[:, 5:]).view("S2").ravel(),
    )


def _lines(
    rng: np.random.Generator,
    finess: str,
    people: Admissions,
    weeks: _Weeks,
    *,
    which: Ints,
    gme: Codes,
    whole: Bools,
    deaths: Bools,
) -> Records:
    """Return the lines, a week being of the year and month of its Thursday (ISO 8601)."""
    of = weeks.of
    years, months = calendar(weeks.thursday)
    groups = list(GROUPS.values())
    kind = np.where(whole, b"1", np.where(rng.random(len(people)) < 0.85, b"2", b"4"))
    dependence = 1.5 + (gme.view("S1").reshape(-1, 7)[:, 5:6].ravel() >= b"B") + 0.8 * whole
    columns: Columns = {
        **person_columns(finess, people, of),
        **movement_columns(people, deaths, of, first=weeks.first, last=weeks.last),
        **score_columns(rng, dependence, of),
        "gme_etablissement": gme[of],
        "gme": gme[of],
        "cle_sejour": of + 1,
        "no_sequence": digits(rank_in(of) + 1, 3),
        "type_hospitalisation": kind[of],
        "numero_semaine": _week_number(weeks.thursday),
        "annee_semaine": years,
        "mois_rhs": months,
        "annee_rhs": years,
        "journees_hors_we": weeks.weekdays,
        "journees_we": weeks.weekend,
        "finalite_principale": np.array([g.purpose for g in groups], "S6")[which[of]],
        "manifestation_principale": np.array([g.condition for g in groups], "S6")[which[of]],
        "affection_etiologique": np.array([g.cause for g in groups], "S6")[which[of]],
        "nb_das": rng.poisson(1.0, len(people)).clip(max=5)[of],
        "nb_csarr": rng.poisson(np.where(whole, 3.0, 2.5)[of]),
    }
    diagnosis, nth = items(columns["nb_das"])
    act, rank_of_act = items(columns["nb_csarr"])
    starts = rng.integers(0, len(ASSOCIATED), len(people))
    acts = np.array([[g.acts[i % len(g.acts)] for i in range(12)] for g in groups], "S7")
    zones = {
        "diagnostics": {"code": np.array(ASSOCIATED, "S6")[(starts[of[diagnosis]] + nth) % len(ASSOCIATED)]},
        "csarr": {
            "code": acts[which[of[act]], (of[act] + rank_of_act) % 12],
            "intervenant": np.full(len(act), b"22"),
            "nb_realisations": np.ones(len(act), np.int64),
        },
    }
    return Records("rha", columns, zones, {"diagnostics": "nb_das", "csarr": "nb_csarr"}, years, months)


def _week_number(thursday: Ints) -> Ints:
    """Return the ISO number of the week of each Thursday."""
    years = calendar(thursday)[0]
    new_year = (years - 1970).astype("datetime64[Y]").astype("datetime64[D]") - np.datetime64("2000-01-01")
    return np.asarray((thursday - new_year.astype(np.int64)) // 7 + 1, np.int64)
