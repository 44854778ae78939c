"""The synthetic country: what its files promise to whoever reads them."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from sanoscope.demo.casemix import draw_casemix
from sanoscope.demo.codes import ACTS, ASSOCIATED, DIAGNOSES
from sanoscope.demo.country import CATEGORIES
from sanoscope.demo.files import DemoReport, generate
from sanoscope.demo.patients import draw_patients
from sanoscope.formats.layout import Field, Layout
from sanoscope.formats.registry import layout_of
from sanoscope.nomenclature.places import departement_of_finess
from sanoscope.nomenclature.reference import load_reference

LINES = 20_000
NEWLINE = 2


@dataclass(frozen=True)
class Made:
    """A generated country: where, its report, its lines (RSA and ANO side by side, last transmissions only)."""

    directory: Path
    report: DemoReport
    lines: pl.DataFrame

    def reference(self, name: str) -> pl.DataFrame:
        return pl.read_csv(self.directory / "reference" / f"{name}.csv", infer_schema=False)

    def files(self, kind: str) -> list[Path]:
        return sorted((self.directory / "fichiers" / "mco").glob(f"*.{kind}"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    directory = tmp_path_factory.mktemp("pays")
    report = generate(directory, lines=LINES, processes=2)
    paths = sorted((directory / "fichiers" / "mco").glob("*.rsa"))
    last = {path.name.rsplit(".", 2)[0]: path for path in sorted(paths, key=_month)}
    frames = [
        pl.concat([_fixed(path, "rsa"), _fixed(path.with_suffix(".ano"), "ano")], how="horizontal")
        for path in last.values()
    ]
    numbers = ("age_ans", "duree", "nb_rum", "nb_seances", "mois_sortie", "annee_sortie")
    lines = pl.concat(frames).with_columns(pl.col(numbers).cast(pl.Int64), pl.col("ghm").str.head(2).alias("cmd"))
    return Made(directory, report, lines)


def _month(path: Path) -> int:
    return int(path.name.split(".")[2])


def _layout(path: Path) -> Layout:
    return layout_of(path.suffix[1:], int(path.name.split(".")[1]))


def _raw(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Return the bytes of a file, the start of each line and its length without the end of line."""
    raw = np.frombuffer(path.read_bytes(), np.uint8)
    ends = np.flatnonzero(raw == ord("\n")) + 1
    starts = np.concatenate([[0], ends[:-1]])
    assert (raw[ends - NEWLINE] == ord("\r")).all()
    return raw, starts, ends - starts - NEWLINE


def _slice(raw: NDArray[np.uint8], starts: NDArray[np.int64], field: Field) -> NDArray[np.str_]:
    characters = raw[(starts + field.start - 1)[:, None] + np.arange(field.length)]
    return np.char.strip(np.char.decode(np.ascontiguousarray(characters).view(f"S{field.length}").ravel(), "latin-1"))


def _fixed(path: Path, kind: str) -> pl.DataFrame:
    raw, starts, _ = _raw(path)
    wanted = {
        "rsa": "finess ghm age_ans age_jours sexe mode_entree provenance mois_sortie annee_sortie mode_sortie "
        "destination type_sejour duree code_geo poids nb_seances nb_rum",
        "ano": "codes_retour numero_anonyme delai",
    }[kind]
    layout = _layout(path)
    return pl.DataFrame({name: _slice(raw, starts, layout[name]) for name in wanted.split()})


def _share(lines: pl.DataFrame, condition: pl.Expr) -> float:
    return float(lines.select(condition.mean()).item())


def _fingerprint(directory: Path) -> dict[str, str]:
    paths = sorted(path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


# The report and the files


def test_report_says_what_was_written(made: Made) -> None:
    assert made.report.lines == len(made.lines) >= LINES
    assert made.report.sessions == (made.lines["cmd"] == "28").sum()
    assert made.report.patients == made.lines["numero_anonyme"].n_unique()
    assert made.report.establishments == made.lines["finess"].n_unique()
    assert made.report.establishments < len(made.reference("etablissements"))
    paths = [path for path in (made.directory / "fichiers").rglob("*") if path.is_file()]
    assert made.report.files == len(paths)
    assert made.report.size == sum(path.stat().st_size for path in paths)


def test_same_seed_same_bytes_whatever_the_processes(made: Made, tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    again = generate(tmp_path, lines=LINES, processes=1, progress=lambda *step: steps.append(step))
    assert _fingerprint(tmp_path) == _fingerprint(made.directory)
    assert (again.lines, again.patients) == (made.report.lines, made.report.patients)
    total = made.report.establishments
    assert steps == [("Fichiers des établissements", done, total) for done in range(1, total + 1)]


def test_another_seed_another_country(made: Made, tmp_path: Path) -> None:
    generate(tmp_path, lines=LINES, years=(2023, 2024), seed=2)
    assert {path.name.split(".")[1] for path in (tmp_path / "fichiers").glob("*/*")} == {"2023", "2024"}
    mine, other = _fingerprint(made.directory), _fingerprint(tmp_path)
    assert other["reference/etablissements.csv"] != mine["reference/etablissements.csv"]
    assert other["fichiers/mco/299999001.2023.12.rsa"] != mine["fichiers/mco/299999001.2023.12.rsa"]


def test_each_rsa_file_has_its_ano_line_by_line(made: Made) -> None:
    assert [p.stem for p in made.files("rsa")] == [p.stem for p in made.files("ano")]
    for path in made.files("rsa")[::25]:
        rsa, starts, _ = _raw(path)
        ano, ano_starts, ano_lengths = _raw(path.with_suffix(".ano"))
        assert (ano_lengths == _layout(path.with_suffix(".ano")).width).all()
        for name in ("finess", "cle_rsa"):
            ours = _slice(rsa, starts, _layout(path)[name])
            assert (ours == _slice(ano, ano_starts, _layout(path.with_suffix(".ano"))[name])).all()
        assert (_slice(rsa, starts, _layout(path)["version"]) == _layout(path).version).all()


def test_transmissions_show_coverage_and_supersession(made: Made) -> None:
    sent = pl.DataFrame(
        [path.name.split(".")[:3] for path in made.files("rsa")], ["finess", "year", "month"], orient="row"
    )
    months = dict(sent.group_by("year").agg(pl.col("month").unique().sort()).iter_rows())
    assert months == {"2022": ["12", "6"], "2023": ["12", "6"], "2024": ["5", "8", "9"]}
    latest = sent.filter(year="2024")["month"].value_counts()
    assert 0.9 < latest.filter(month="9")["count"].item() / made.report.establishments < 1
    early = sent.filter(month="6")
    assert 1 < early["finess"].n_unique() < 20
    assert early.join(sent.filter(month="12"), on=["finess", "year"]).height == early.height


def test_an_earlier_transmission_is_the_beginning_of_the_later_one(made: Made) -> None:
    early = next(path for path in made.files("rsa") if _month(path) == 6)
    late = early.with_name(early.name.replace(".6.", ".12."))
    key = _layout(early)["cle_rsa"]

    def stays(path: Path, *, until: int) -> list[bytes]:
        raw, starts, lengths = _raw(path)
        month = _slice(raw, starts, _layout(path)["mois_sortie"]).astype(int)
        lines = [raw[s : s + n].tobytes() for s, n in zip(starts[month <= until], lengths[month <= until], strict=True)]
        return [line[: key.start - 1] + line[key.end :] for line in lines]

    assert stays(early, until=12) == stays(late, until=6) != []
    assert len(stays(late, until=12)) > len(stays(late, until=6))


def test_zones_agree_with_their_counters(made: Made) -> None:
    """A line is as long as its counters say, and what the units own adds up to what the line says."""
    for path in made.files("rsa")[::40]:
        layout = _layout(path)
        raw, starts, lengths = _raw(path)
        count = {zone.name: _slice(raw, starts, layout[zone.counter]).astype(int) for zone in layout.zones}
        assert (lengths == layout.width + sum(count[zone.name] * zone.width for zone in layout.zones)).all()
        units = next(zone for zone in layout.zones if zone.name == "unites")
        field = {f.name: f for f in units.fields}
        line = np.repeat(np.arange(len(starts)), count["unites"])
        rank = np.arange(len(line)) - np.repeat(np.cumsum(count["unites"]) - count["unites"], count["unites"])
        at = starts[line] + layout.width + rank * units.width
        assert (_slice(raw, at, field["numero_rum"]).astype(int) == rank + 1).all()
        for name in ("duree", "nb_das", "nb_zones_actes"):
            summed = np.bincount(line, _slice(raw, at, field[name]).astype(int), len(starts))
            assert (summed == _slice(raw, starts, layout[name]).astype(int)).all()


# The country


def test_every_departement_has_every_category(made: Made) -> None:
    hospitals = made.reference("etablissements")
    kinds = hospitals.group_by("departement").agg(pl.col("categorie").unique())
    assert set(kinds["departement"]) == set(load_reference()["departements"]["code"])
    assert all(set(found) == set(CATEGORIES) for found in kinds["categorie"])
    assert set(hospitals.filter(categorie="PRIVE")["secteur"]) == {"prive"}


def test_hospitals_are_visibly_fictional_and_well_formed(made: Made) -> None:
    hospitals = made.reference("etablissements")
    assert hospitals["raison_sociale"].str.ends_with("(fictif)").all()
    assert hospitals["raison_sociale"].is_unique().all()
    assert hospitals["finess"].is_unique().all()
    assert (hospitals["finess"].str.len_chars() == 9).all()
    assert hospitals.select((departement_of_finess(pl.col("finess")) == pl.col("departement")).all()).item()
    assert set(hospitals["code_geo"]) <= set(made.reference("geographie")["code_geo"])


def test_geography_and_population_have_real_orders_of_magnitude(made: Made) -> None:
    places = made.reference("geographie")
    assert places["code_geo"].is_unique().all()
    assert (places["code_geo"].str.len_chars() == 5).all()
    assert places.group_by("departement").len()["len"].is_between(6, 15).all()
    assert set(made.lines["code_geo"]) <= set(places["code_geo"])
    people = made.reference("population").with_columns(pl.col("annee", "age", "sexe", "population").cast(pl.Int64))
    assert people["annee"].unique().sort().to_list() == [2020, 2021, 2022]
    assert people["age"].unique().sort().to_list() == list(range(0, 100, 5))
    assert people.group_by("annee").agg(pl.sum("population"))["population"].is_between(66_000_000, 69_000_000).all()
    placed = people.filter(annee=2022).join(places, on="code_geo")
    by_departement = dict(placed.group_by("departement").agg(pl.sum("population")).iter_rows())
    assert by_departement["75"] > 2_000_000
    assert by_departement["48"] < 90_000
    older = dict(
        placed.group_by("departement")
        .agg((pl.col("population") * (pl.col("age") >= 75)).sum() / pl.sum("population"))
        .iter_rows()
    )
    assert older["48"] > older["75"] > older["973"]


# The stays


def test_kinds_of_lines_are_in_plausible_shares(made: Made) -> None:
    lines, stays = made.lines, made.lines.filter(pl.col("cmd") != "28")
    sessions = lines.filter(cmd="28")
    assert 0.30 < len(sessions) / len(lines) < 0.40
    assert (sessions["duree"] == 0).all()
    assert 0.90 < _share(sessions, pl.col("nb_seances") == 1) < 0.98
    assert (stays["nb_seances"] == 0).all()
    assert 0.0008 < _share(lines, pl.col("cmd") == "90") < 0.004
    assert 0.003 < _share(lines, pl.col("type_sejour").is_in(["A", "B"])) < 0.008
    assert 0.38 < _share(stays, pl.col("duree") == 0) < 0.52
    assert 0.008 < _share(stays, pl.col("mode_sortie") == "9") < 0.025
    assert 0.02 < _share(stays, pl.col("mode_sortie") == "7") < 0.06
    assert 0.10 < _share(stays, pl.col("provenance") == "5") < 0.35
    assert set(stays["nb_rum"]) == {1, 2, 3}


def test_levels_of_severity_lengthen_stays(made: Made) -> None:
    stays = made.lines.filter(pl.col("cmd") != "28").with_columns(pl.col("ghm").str.tail(1).alias("niveau"))
    nights = dict(stays.group_by("niveau").agg(pl.col("duree").mean()).iter_rows())
    assert nights["1"] < nights["2"] < nights["3"] < nights["4"]
    least = dict(stays.group_by("niveau").agg(pl.col("duree").min()).iter_rows())
    assert [least[niveau] for niveau in "234"] == [3, 4, 5]
    assert nights["J"] == 0
    assert nights["T"] < 2


def test_ages_and_sexes_are_those_of_the_ghm(made: Made) -> None:
    mothers, newborns, men = (made.lines.filter(cmd=cmd) for cmd in ("14", "15", "12"))
    assert set(mothers["sexe"]) == {"2"}
    assert mothers["age_ans"].is_between(15, 49).all()
    assert set(men["sexe"]) == {"1"}
    assert set(newborns["age_ans"]) == {0}
    assert set(newborns["age_jours"]) == {"000", "001"}
    assert newborns.filter(pl.col("ghm").str.starts_with("15M05"))["poids"].cast(int).is_between(2500, 4500).all()
    assert made.lines.filter(pl.col("age_ans") > 0)["age_jours"].unique().to_list() == [""]
    labelled = made.lines.join(load_reference()["ghm"].select("ghm", "libelle").unique("ghm"), on="ghm")
    children = labelled.filter(pl.col("libelle").str.contains("âge inférieur à 18 ans"))
    adults = labelled.filter(pl.col("libelle").str.contains("âge supérieur à 17 ans"))
    assert (children["age_ans"] < 18).all()
    assert (adults["age_ans"] > 17).all()
    assert min(len(children), len(adults), len(mothers), len(newborns), len(men)) > 100


def test_patients_live_near_their_hospital(made: Made) -> None:
    where = made.reference("geographie").select("code_geo", d="departement", r="region")
    lines = made.lines.join(where, on="code_geo").join(made.reference("etablissements"), on="finess")
    assert 0.75 < _share(lines, pl.col("d") == pl.col("departement")) < 0.88
    assert 0.90 < _share(lines, pl.col("r") == pl.col("region")) < 0.99


def test_activity_is_concentrated(made: Made) -> None:
    stays = made.lines.filter(~pl.col("cmd").is_in(["28", "90"]))
    for key in (pl.col("finess"), pl.col("ghm").str.head(5)):
        sizes = stays.group_by(key.alias("k")).len()["len"].sort(descending=True)
        assert sizes.head(len(sizes) // 10).sum() > 0.3 * sizes.sum()


def test_volumes_of_the_casemix_are_shares() -> None:
    casemix = draw_casemix(1)
    assert casemix.volumes.sum() == pytest.approx(1)
    assert (casemix.volumes > 0).all()
    assert (casemix.youngest <= casemix.oldest).all()


# The patients


def test_chaining_errors_are_two_in_a_hundred(made: Made) -> None:
    assert 0.015 < _share(made.lines, pl.col("codes_retour") != "0" * 9) < 0.025
    assert made.lines["codes_retour"].str.contains(r"^\d{9}$").all()
    assert made.lines["numero_anonyme"].str.contains(r"^P\d{16}$").all()


def test_patients_come_back_mostly_to_the_same_hospital(made: Made) -> None:
    patients = made.lines.group_by("numero_anonyme").agg(
        pl.len().alias("stays"), pl.col("finess", "annee_sortie", "sexe", "code_geo").n_unique()
    )
    back = patients.filter(pl.col("stays") > 1)
    assert 0.75 < _share(back, pl.col("finess") == 1) < 0.99
    assert (back["annee_sortie"] > 1).any()
    assert (patients["sexe"] == 1).all()
    assert (patients["code_geo"] == 1).all()


def test_a_hospital_of_usual_size_sees_its_patients_again() -> None:
    """In a draw as small as the others here, hardly two patients share sex, year of birth and hospital."""
    rng = np.random.default_rng(1)
    patients = draw_patients(
        rng,
        7,
        sexes=rng.integers(1, 3, 5_000),
        births=rng.integers(1930, 2020, 5_000),
        residences=np.array([0.5, 0.3, 0.2]),
        people=np.array([5_000.0, 3_000.0, 2_000.0]),
    )
    assert 1.4 < 5_000 / len(np.unique(patients.numbers)) < 1.9
    assert np.bincount(patients.homes) / 5_000 == pytest.approx([0.5, 0.3, 0.2], abs=0.03)


def test_nobody_comes_back_to_a_hospital_after_dying_there(made: Made) -> None:
    lines = made.lines.with_columns(pl.col("delai").cast(int) + pl.col("duree"))
    dead = lines.filter((pl.col("mode_sortie") == "9") & ~pl.col("ghm").str.ends_with("E"))
    after = dead.join(lines, on=["numero_anonyme", "finess"]).filter(pl.col("delai_right") > pl.col("delai"))
    assert len(dead) > 50
    assert after.is_empty()


# The codes


def test_codes_are_real(shared: Path) -> None:
    """Diagnoses are in ATIH's CIM-10 and admitted as principal or associated (type 0); acts are in Open CCAM 2024."""
    text = (shared / "data/reference/cim_10_atih_2019.tsv").read_text(encoding="utf-8", errors="replace")
    admitted = {line.split("\t")[0].strip() for line in text.splitlines() if line.split("\t")[1] == "0"}
    used = {code for codes in DIAGNOSES.values() for code in codes} | set(ASSOCIATED)
    assert used <= admitted
    published = pl.read_csv(
        shared / "data/published/open_ccam_24.csv.gz", separator=";", columns=["acte"], infer_schema=False
    )
    acts = {code[:7] for code in published["acte"].unique()}
    wanted = {code for codes in ACTS.values() for code in codes}
    assert all(re.fullmatch(r"[A-Z]{4}\d{3}", code) for code in wanted)
    assert wanted <= acts
