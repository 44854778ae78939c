"""Psychiatry: sequences of whole-time and part-time stays (RPSA), and ambulatory acts (R3A, EDGAR)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

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
from sanoscope.demo.admissions import Admissions, Catchment, Profile, admissions, joined, specialised
from sanoscope.demo.codes import ASSOCIATED
from sanoscope.demo.patients import digits
from sanoscope.demo.records import EPOCH, Codes, Columns, Ints, Records, calendar, items, rank_in, runs

LINES_A_STAY = 2.0
ACTS_A_STAY = 4.0
"""Ambulatory acts for each stay."""
ACTS_A_PATIENT = 5.0
SENT = 0.3
"""Share of the entries that MCO sends, where it has so many to send."""
AFTER_A_STAY = 0.4
"""Share of ambulatory patients who have been in hospital there."""
AMBULATORY_NUMBER = 10_000
"""What is added to the number of a service for patients seen as ambulatory only."""
KEPT = 9
"""Diagnoses that a service sees."""
PART_TIME = 0.35
WHOLE_DAYS, PART_DAYS = 26.0, 90.0
LONGEST = 300


@dataclass(frozen=True)
class Disorder(Profile):
    """Patients of a principal diagnosis (``dp``, CIM-10)."""

    dp: str = ""


DISORDERS = (
    Disorder(0.12, 43, 13, 0.35, "F200"), Disorder(0.05, 45, 14, 0.4, "F209"), Disorder(0.04, 44, 13, 0.45, "F259"),
    Disorder(0.03, 34, 11, 0.4, "F239"), Disorder(0.03, 50, 14, 0.5, "F220"), Disorder(0.05, 48, 14, 0.6, "F319"),
    Disorder(0.03, 46, 13, 0.55, "F312"), Disorder(0.08, 50, 17, 0.65, "F322"), Disorder(0.06, 52, 17, 0.65, "F332"),
    Disorder(0.05, 45, 17, 0.65, "F321"), Disorder(0.08, 47, 11, 0.3, "F102"), Disorder(0.02, 35, 10, 0.25, "F192"),
    Disorder(0.05, 43, 17, 0.65, "F412"), Disorder(0.03, 40, 14, 0.6, "F411"), Disorder(0.02, 36, 13, 0.5, "F429"),
    Disorder(0.06, 36, 17, 0.6, "F432"), Disorder(0.02, 38, 14, 0.65, "F431"), Disorder(0.05, 32, 11, 0.75, "F603"),
    Disorder(0.02, 19, 6, 0.92, "F500"), Disorder(0.03, 82, 7, 0.6, "F009"), Disorder(0.02, 78, 9, 0.5, "F03"),
    Disorder(0.02, 34, 14, 0.4, "F799"), Disorder(0.03, 8, 4, 0.2, "F840"), Disorder(0.03, 10, 3, 0.25, "F900"),
    Disorder(0.03, 10, 4, 0.45, "F938"), Disorder(0.02, 13, 3, 0.35, "F919"),
)  # fmt: skip
"""Shares are set by hand; the diagnoses are of chapter F."""

WHOLE_TIME = {"01": 0.92, "03": 0.05, "07": 0.03}
PART_TIME_FORMS = {"20": 0.9, "23": 0.1}
AMBULATORY = {"30": 0.7, "31": 0.17, "32": 0.13}
NATURES = {"E": 0.62, "EF": 0.05, "D": 0.09, "G": 0.11, "A": 0.08, "R": 0.05}
PLACES = {
    "30": ("L01", "L01", "L01", "L01", "L07", "L08"),
    "31": ("L07", "L09", "L10", "L04", "L08", "L02"),
    "32": ("L11", "L11", "L11", "L11", "L11", "L02"),
}
WORKERS = {"I": 0.5, "M": 0.25, "P": 0.13, "A": 0.04, "E": 0.04, "R": 0.04}


def draw_psy(
    rng: np.random.Generator,
    finess: str,
    catchment: Catchment,
    sent: Admissions,
    *,
    stays: Mapping[int, int],
    months: Mapping[int, int],
) -> Activity:
    """Draw the sequences and acts of a service; arguments as those of `admissions`."""
    disorders = specialised(rng, DISORDERS, KEPT)
    people, which = admissions(rng, catchment, disorders, sent, most=SENT, stays=stays, months=months)
    part = rng.random(len(people)) < PART_TIME
    durations = rng.geometric(1 / np.where(part, PART_DAYS, WHOLE_DAYS)).clip(max=LONGEST)
    alive = np.zeros(len(people), bool)
    gone = leaving(people, people.entries + durations, alive, b"4")
    seen, kinds = _ambulatory_patients(rng, catchment, disorders, gone, which, stays, months)
    _, patient = np.unique(np.concatenate([people.numbers, seen.numbers]), return_inverse=True)
    keys = digits(patient.astype(np.int64) + 1, 16)
    return Activity(
        lines=(
            _sequences(rng, finess, people, keys[: len(people)], which=which, part=part, durations=durations),
            _acts(rng, finess, seen, keys[len(people) :], kinds),
        ),
        chaining=chaining_of(rng, finess, people),
        chained="ano_psy",
        leaving=gone,
    )


def _ambulatory_patients(
    rng: np.random.Generator,
    catchment: Catchment,
    disorders: Sequence[Profile],
    gone: Admissions,
    which: Ints,
    stays: Mapping[int, int],
    months: Mapping[int, int],
) -> tuple[Admissions, Ints]:
    """Return who is seen, from which day, and their profile: some who leave the hospital, and others."""
    wanted = {year: int(np.ceil(count * ACTS_A_STAY / ACTS_A_PATIENT)) for year, count in stays.items()}
    known = np.sort(rng.permutation(len(gone))[: int(sum(wanted.values()) * AFTER_A_STAY)])
    others = {year: int(np.ceil(count * (1 - AFTER_A_STAY))) for year, count in wanted.items()}
    new, kinds = admissions(
        rng,
        replace(catchment, number=catchment.number + AMBULATORY_NUMBER),
        disorders,
        gone,
        most=0,
        stays=others,
        months=months,
    )
    return joined(gone.where(known), new), np.concatenate([which[known], kinds])


def _sequences(
    rng: np.random.Generator,
    finess: str,
    people: Admissions,
    keys: Codes,
    *,
    which: Ints,
    part: np.ndarray,
    durations: Ints,
) -> Records:
    """Return one line a quarter of each stay; part-time patients come two days in seven, some of them half days."""
    stay, rank, day = days_of(people.entries, durations)
    year, month = calendar(day)
    starts, lengths = runs(stay, year * 4 + (month - 1) // 3)
    of, ends = stay[starts], starts + lengths - 1
    first = np.append(True, of[1:] != of[:-1])
    last = np.append(first[1:], True)
    comes = np.maximum(1, lengths * 2 // 7)
    halves = np.where(part[of], rng.binomial(comes, 0.3), 0)
    forms = np.where(part, _among(rng, PART_TIME_FORMS, len(part)), _among(rng, WHOLE_TIME, len(part)))
    columns: Columns = {
        **person_columns(finess, people, of),
        **movement_columns(people, np.zeros(len(people), bool), of, first=first, last=last),
        **score_columns(rng, np.where(people.ages > 70, 2.4, 1.4), of),
        "cle_patient": keys[of],
        "cle_sejour": of + 1,
        "forme_activite": forms[of],
        "mode_legal": np.full(len(of), b"1"),
        "no_sequence": digits(rank_in(of) + 1, 3),
        "delai_sequence": digits(rank[starts], 5),
        "premiere_sequence": np.where(first, b"1", b"0"),
        "derniere_sequence": np.where(last, b"1", b"0"),
        "mois_fin_sequence": month[ends],
        "annee_fin_sequence": year[ends],
        "nb_jours_couverts": lengths,
        "nb_jours_presence": np.where(part[of], comes - halves, lengths),
        "nb_demi_journees": halves,
        "dp": _dp(which)[of],
        "nb_das": rng.poisson(0.5, len(people)).clip(max=3)[of],
    }
    line, nth = items(columns["nb_das"])
    zones = {"diagnostics": {"code": np.array(ASSOCIATED, "S6")[(of[line] + nth) % len(ASSOCIATED)]}}
    return Records("rpsa", columns, zones, {"diagnostics": "nb_das"}, year[ends], month[ends])


def _acts(rng: np.random.Generator, finess: str, people: Admissions, keys: Codes, which: Ints) -> Records:
    """Return one line an act: every week or two after the first day."""
    of, rank = items(rng.geometric(1 / ACTS_A_PATIENT, len(people)))
    count = len(of)
    days = people.entries[of] + rank * 12 + rng.integers(0, 10, count)
    years, months = calendar(days)
    dates = (EPOCH + days).astype("datetime64[D]").astype("U10")
    forms = _among(rng, AMBULATORY, len(people))[of]
    places = np.array([PLACES[form] for form in AMBULATORY], "S3")
    form = np.searchsorted(np.array(list(AMBULATORY), "S2"), forms)
    columns: Columns = {
        **person_columns(finess, people, of),
        "cle_patient": keys[of],
        "forme_activite": forms,
        "mode_legal": np.full(count, b"1"),
        "numero_ordre": digits(np.arange(1, count + 1), 8),
        "date_acte": np.array([f"{d[8:]}{d[5:7]}{d[:4]}" for d in dates.tolist()], "S8"),
        "nature_acte": _among(rng, NATURES, count),
        "lieu_acte": places[form, rng.integers(0, places.shape[1], count)],
        "categorie_intervenant": _among(rng, WORKERS, count),
        "nb_intervenants": np.ones(count, np.int64),
        "dp": _dp(which)[of],
    }
    return Records("r3a", columns, {}, {}, years, months)


def _dp(which: Ints) -> Codes:
    return np.array([disorder.dp for disorder in DISORDERS], "S6")[which]


def _among(rng: np.random.Generator, shares: Mapping[str, float], count: int) -> Codes:
    """Return codes drawn by their shares."""
    chances = np.array(list(shares.values()))
    return np.array(list(shares), "S3")[rng.choice(len(shares), count, p=chances / chances.sum())]
