"""The synthetic country: whole, plausible, the same every time, readable by intake."""

import hashlib
from pathlib import Path

import polars as pl
import pytest

from sanoscope import workspace as workspaces
from sanoscope.catalogue.load import catalogue
from sanoscope.demo.country import CATEGORIES
from sanoscope.demo.files import DemoReport, generate
from sanoscope.intake.indicators import stored_indicators
from sanoscope.intake.receive import IntakeReport, receive
from sanoscope.nomenclature.reference import load_reference

Received = tuple[Path, DemoReport, IntakeReport]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DemoReport]:
    root = tmp_path_factory.mktemp("demo")
    return root, generate(root, lines=30_000, processes=2)


@pytest.fixture(scope="module")
def received(made: tuple[Path, DemoReport], tmp_path_factory: pytest.TempPathFactory) -> Received:
    """The store, after intake of all the files."""
    place = workspaces.create(tmp_path_factory.mktemp("demo") / "espace")
    return place.store, made[1], receive(place, [made[0] / "fichiers"])


def table(store: Path, champ: str, name: str, kind: str = "") -> pl.DataFrame:
    """Return a table of the last transmission of each establishment and year."""
    paths = sorted((store / champ).glob(f"*/*/*/{kind}*/{name}.parquet"))
    last = {path.parents[2]: path for path in paths}
    return pl.concat([pl.read_parquet(path) for path in last.values()], how="diagonal")


def prints(root: Path) -> dict[str, str]:
    return {
        str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(root.rglob("*"))
        if p.is_file()
    }


def test_it_is_the_same_whatever_the_number_of_processes(made: tuple[Path, DemoReport], tmp_path: Path) -> None:
    generate(tmp_path, lines=30_000, processes=1)
    assert prints(tmp_path) == prints(made[0])


def test_every_departement_has_every_category_and_every_name_is_fictional(made: tuple[Path, DemoReport]) -> None:
    rows = pl.read_csv(made[0] / "reference" / "etablissements.csv", infer_schema=False)
    by_departement = rows.group_by("departement").agg(pl.col("categorie").unique())
    assert len(by_departement) == 101
    assert all(set(kinds) == set(CATEGORIES) for kinds in by_departement["categorie"])
    assert rows["raison_sociale"].str.contains("fictif").all()
    assert rows["finess"].n_unique() == len(rows)
    population = pl.read_csv(made[0] / "reference" / "population.csv", schema_overrides={"code_geo": pl.String})
    assert 60e6 < population.filter(pl.col("annee") == 2022)["population"].sum() < 75e6


def test_intake_takes_every_line(received: Received) -> None:
    _, report, intake = received
    assert report.lines >= 30_000
    assert intake.clean
    assert not intake.noted
    assert sum(f.acceptees for f in intake.received if f.kind == "rsa") >= report.lines
    kinds = {file.kind for file in intake.received}
    mco, smr, had = {"rsa", "ano", "med_mco", "dmi_mco"}, {"rha", "ano_smr", "med_smr"}, {"rapss", "ano_had", "med_had"}
    assert kinds == {*mco, *smr, *had, "rpsa", "r3a", "ano_psy"}


def test_the_report_counts_the_lines_of_the_other_fields(received: Received) -> None:
    store, report, _ = received
    assert report.others == {
        "rha": len(table(store, "smr", "semaines")),
        "rapss": len(table(store, "had", "sous_sequences")),
        "rpsa": len(table(store, "psy", "sequences")),
        "r3a": len(table(store, "psy", "actes_ambulatoires")),
        "med_mco": len(table(store, "mco", "medicaments")),
        "med_smr": len(table(store, "smr", "medicaments")),
        "med_had": len(table(store, "had", "medicaments")),
        "dmi_mco": len(table(store, "mco", "dispositifs")),
    }


def test_activity_of_mco_is_plausible(received: Received) -> None:
    store, _, _ = received
    names = ["ghm", "duree", "sexe", "age_ans", "mode_sortie"]
    stays = pl.concat([pl.read_parquet(p, columns=names) for p in (store / "mco").rglob("sejours.parquet")])
    session = stays["ghm"].str.starts_with("28")
    assert 0.2 < session.mean() < 0.5
    assert stays.filter(session)["duree"].sum() == 0
    hospital = stays.filter(~session)
    assert 0.35 < (hospital["duree"] == 0).mean() < 0.7
    assert 1 < hospital["duree"].mean() < 5
    assert 0.005 < (hospital["mode_sortie"] == "9").mean() < 0.03
    assert stays.filter(pl.col("ghm").str.starts_with("14"))["sexe"].unique().to_list() == ["2"]
    assert stays.filter(pl.col("ghm").str.starts_with("15"))["age_ans"].max() == 0
    numbers = ["codes_retour", "numero_anonyme"]
    chaining = pl.concat([pl.read_parquet(p, columns=numbers) for p in (store / "mco").rglob("chainage.parquet")])
    assert 0.005 < (chaining["codes_retour"] != "000000000").mean() < 0.05
    assert 1.1 < len(chaining) / chaining["numero_anonyme"].n_unique() < 4


def test_weeks_of_smr_are_plausible(received: Received) -> None:
    weeks = table(received[0], "smr", "semaines")
    days = pl.col("journees_hors_we") + pl.col("journees_we")
    whole, partial = weeks.filter(type_hospitalisation="1"), weeks.filter(pl.col("type_hospitalisation") != "1")
    assert whole.select(days.mean()).item() > 5.5
    assert (partial["journees_we"] == 0).all()
    assert weeks.select(days.min()).item() >= 1
    assert 1 < partial.select(days.mean()).item() < 4
    assert (whole["gme"].str.slice(4, 1).is_in(["S", "T", "U", "P", "Z"])).all()
    assert (partial["gme"].str.slice(4, 1).is_in(["H", "I", "J", "K", "L"])).all()
    assert 0.15 < len(partial) / len(weeks) < 0.45
    assert 55 < weeks["age_ans"].mean() < 75
    falls = weeks.filter(pl.col("gme").str.starts_with("0872"))["age_ans"].mean()
    assert falls > weeks.filter(pl.col("gme").str.starts_with("1903"))["age_ans"].mean() + 20
    assert (weeks.group_by("finess", "annee", "cle_sejour", "numero_semaine").len()["len"] == 1).all()
    ended = weeks.filter(pl.col("mode_sortie") != "")
    assert 0.01 < (ended["mode_sortie"] == "9").mean() < 0.12


def test_sub_sequences_of_had_are_plausible(received: Received) -> None:
    days = table(received[0], "had", "sous_sequences")
    assert days["duree_sous_sequence"].is_between(1, 31).all()
    assert (days["mpp"] != days["mpa"]).all()
    assert days.filter(mpp="04")["karnofsky"].cast(int).mean() < days.filter(mpp="05")["karnofsky"].cast(int).mean()
    ended = days.filter(pl.col("mode_sortie") != "")
    assert 0.08 < (ended["mode_sortie"] == "9").mean() < 0.3
    stays = days.filter(pl.col("derniere_sous_sequence_sejour") == "1")
    assert (stays["delai_sous_sequence"] + stays["duree_sous_sequence"] == stays["duree_sejour"]).all()


def test_psychiatry_is_plausible(received: Received) -> None:
    sequences, acts = (table(received[0], "psy", name) for name in ("sequences", "actes_ambulatoires"))
    assert (sequences["nb_jours_presence"] <= sequences["nb_jours_couverts"]).all()
    part = pl.col("forme_activite").str.starts_with("2")
    assert (sequences.filter(~part)["nb_demi_journees"] == 0).all()
    assert 0.3 < sequences.select(part.mean()).item() < 0.75
    assert acts["forme_activite"].str.starts_with("3").all()
    assert acts["dp"].str.starts_with("F").all()
    assert acts.filter(pl.col("dp") == "F900")["age_ans"].mean() < 18 < acts.filter(dp="F200")["age_ans"].mean()
    seen = acts.select("finess", "cle_patient").unique()
    both = seen.join(sequences.select("finess", "cle_patient").unique(), on=["finess", "cle_patient"])
    assert 0.1 < len(both) / len(seen) < 0.6
    assert len(acts) / len(acts.select("finess", "cle_patient").unique()) > 3


def test_codes_are_in_the_shipped_nomenclatures(received: Received) -> None:
    store, reference = received[0], load_reference()

    def listed(name: str) -> set[str]:
        return set(reference["codes"].filter(liste=name)["code"])

    diagnoses = set(reference["diagnostics"]["dp"])
    weeks, days = table(store, "smr", "semaines"), table(store, "had", "sous_sequences")
    sequences, acts = table(store, "psy", "sequences"), table(store, "psy", "actes_ambulatoires")
    assert set(weeks["gme"]) <= set(reference["gme"]["gme"])
    for name in ("finalite_principale", "manifestation_principale", "affection_etiologique"):
        assert set(weeks[name]) - {""} <= diagnoses, name
    assert set(table(store, "smr", "csarr")["code"]) <= set(reference["csarr"]["csarr"])
    for frame in (days, sequences, acts):
        assert set(frame["dp"]) <= diagnoses
    for name in ("mpp", "mpa", "karnofsky"):
        assert set(days[name]) <= listed(name), name
    for frame in (sequences, acts):
        assert set(frame["forme_activite"]) <= listed("forme_activite")
    assert set(acts["nature_acte"]) <= listed("edgar")
    assert set(acts["lieu_acte"]) <= listed("lieu_acte")
    assert set(acts["categorie_intervenant"]) <= listed("intervenant")


def test_patients_are_chained_across_fields(received: Received) -> None:
    """The same number is the same person: one sex, one home; some are known to two fields, some to three."""
    store = received[0]
    columns = ["numero_anonyme", "sexe", "code_geo"]
    fields = {"smr": "semaines", "had": "sous_sequences", "psy": "sequences"}
    people = {
        champ: table(store, champ, name)
        .join(table(store, champ, "chainage"), on=["finess", "annee", "cle_sejour"])
        .select(columns)
        .unique()
        for champ, name in fields.items()
    }
    stays, chained = table(store, "mco", "sejours"), table(store, "mco", "chainage")
    people["mco"] = stays.join(chained, on=["finess", "annee", "cle_rsa"]).select(columns).unique()
    everyone = pl.concat([frame.with_columns(champ=pl.lit(champ)) for champ, frame in people.items()])
    known = everyone.group_by("numero_anonyme").agg(
        pl.col("champ").n_unique(), pl.struct("sexe", "code_geo").n_unique().alias("persons")
    )
    assert (known["persons"] == 1).all()
    assert known.filter(champ=2).height > 50
    assert known.filter(champ=3).height > 3
    for champ in fields:
        assert not people[champ].join(people["mco"], on="numero_anonyme").is_empty(), champ


def test_its_files_of_indicators_are_taken_whole(made: tuple[Path, DemoReport], tmp_path: Path) -> None:
    place, books = workspaces.create(tmp_path / "espace"), catalogue()
    report = receive(place, [made[0] / "indicateurs"], published=[one.attendu for one in books.sources.values()])
    assert report.clean and {record.annee for record, _ in stored_indicators(place.store)} == {2022, 2023}
    told = {record.source for record, _ in stored_indicators(place.store)}
    assert told == {name for name, source in books.sources.items() if source.indicateurs}, "every source has a file"
    [(sae, where), _] = stored_indicators(place.store, "sae")
    sites = pl.read_parquet(where / "entites.parquet")
    legal = set(pl.read_csv(made[0] / "reference" / "etablissements.csv", infer_schema=False)["finess"])
    assert sae.entites == len(sites) and set(sites["juridique"]) < legal, "every site is of a hospital"
    assert 0.1 < sites["entite"].is_in(legal).mean() < 0.5, "clinics are their own sites, public hospitals are not"
