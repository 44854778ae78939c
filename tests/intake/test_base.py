"""An existing base of stays is taken as the files that it was made of: the same store, the same figures."""

import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest
import yaml

from sanoscope import workspace as workspaces
from sanoscope.access.scope import OPEN, SECURE, Scope
from sanoscope.catalogue.load import catalogue
from sanoscope.catalogue.restitution import Restitution
from sanoscope.disclosure.protect import QUICK
from sanoscope.edition.build import build
from sanoscope.edition.edition import Edition, open_edition
from sanoscope.errors import SanoscopeError
from sanoscope.intake.bases.correspondance import REQUIRED, columns_of, load_correspondance, shipped
from sanoscope.intake.receive import IntakeReport, given_base, receive
from sanoscope.intake.store import StoredFile, stored_files
from sanoscope.query.answer import answer
from sanoscope.query.criteria import parse
from sanoscope.query.table import State, Table
from sanoscope.workspace import Workspace
from tests.bases import write_duckdb, write_parquet
from tests.small_country import YEARS

FED = [r for r in catalogue().restitutions.values() if catalogue().champ(r).fichiers == ("rsa",) and not r.source]
"""The restitutions that stays of a base feed."""

VALUED = {"casemix-valorise", "casemix-valorise-par-etablissement", "recettes-des-sejours"}
NOT_FED = {"pmeasyr": set(), "snds": VALUED}
"""Those that a base cannot feed: the SNDS's tables of stays do not say who is billable."""

MONTHS = dict.fromkeys(YEARS[:-1], 12)
WHOLE = "SANOSCOPE_BASES" in os.environ
"""Whether editions are built of every kind of base, not of one."""


def restitution(name: str) -> Restitution:
    return catalogue().restitutions[name]


def taken(workspace: Workspace, mapping: Path | str, base: Path) -> IntakeReport:
    return receive(workspace, [], bases=[given_base(mapping, base)])


def complete(folder: Path, mapping: str, **changes: object) -> Path:
    """A shipped mapping, with what an operator adds to it."""
    told = yaml.safe_load(shipped()[mapping].read_text(encoding="utf-8"))
    path = folder / f"{mapping}.yaml"
    path.write_text(yaml.safe_dump({**told, "mois": MONTHS, **changes}, allow_unicode=True), encoding="utf-8")
    return path


@pytest.fixture(scope="module", params=["pmeasyr", "snds"])
def imported(
    request: pytest.FixtureRequest, small: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Workspace, Path, Path]:
    """A workspace with what a base has, beside the small country whose files it was made of."""
    kind, root = request.param, tmp_path_factory.mktemp(request.param)
    if kind == "pmeasyr":
        base = write_duckdb(root / "base.duckdb", small.store, kind, YEARS)
    else:
        base = write_parquet(root / "base", small.store, kind, YEARS)
    place, mapping = workspaces.create(root / "espace"), complete(root, kind)
    for table in small.reference.iterdir():
        (place.reference / table.name).write_bytes(table.read_bytes())
    report = taken(place, mapping, base)
    assert report.clean
    lines = [f.lues for f, _ in stored_files(small.store) if f.kind in ("rsa", "ano")]
    assert report.lines == (sum(lines), sum(lines), 0)
    return kind, place, mapping, base


def of_stays(workspace: Workspace) -> dict[tuple[str, str], tuple[StoredFile, Path]]:
    return {
        (file.kind, str(file.key)): (file, place)
        for file, place in stored_files(workspace.store)
        if file.kind in ("rsa", "ano")
    }


def test_the_store_has_the_same_tables_column_by_column(
    imported: tuple[str, Workspace, Path, Path], small: Workspace
) -> None:
    kind, place, _, _ = imported
    ours, theirs = of_stays(place), of_stays(small)
    assert ours.keys() == theirs.keys()
    for key, (file, files) in theirs.items():
        own, base = ours[key]
        absent = {name.rpartition(".")[2] for name in own.absentes} | ({"rang_unite"} if kind == "snds" else set())
        assert (own.lues, own.tables, own.versions) == (file.lues, file.tables, file.versions)
        for table in files.glob("*.parquet"):
            read, of_base = pl.read_parquet(table), pl.read_parquet(base / table.name)
            assert of_base.schema == read.schema
            given = [name for name in read.columns if name not in absent]
            ordered = [frame.select(given).sort(given) for frame in (read, of_base)]
            assert ordered[0].equals(ordered[1]), (key, table.name)


def test_every_restitution_answers_the_same_cell_by_cell(
    imported: tuple[str, Workspace, Path, Path], small: Workspace
) -> None:
    kind, place, _, _ = imported
    if kind != "pmeasyr" and not WHOLE:
        pytest.skip("une seule édition par défaut ; SANOSCOPE_BASES=1 les construit toutes")
    build(place, catalogue(), name="petite", care=QUICK, secret=1)
    different = set()
    for public, scope in ((False, SECURE), (True, OPEN)):
        ours, theirs = (open_edition(w.editions, "petite", settings=w.settings, public=public) for w in (place, small))
        for one in FED:
            if scope.may_read(one, complete=not public) and seen(one, ours, scope) != seen(one, theirs, scope):
                different.add(one.slug)
    assert different == NOT_FED[kind]


def seen(one: Restitution, edition: Edition, scope: Scope) -> list[object]:
    """What a restitution answers: every label, figure and state, of the last year and of all."""
    found: list[object] = []
    narrowed = {"activite": "acte:AHPA009"} if one.slug == "actes-ccam-par-etablissement" else {}
    for years in ("", ",".join(map(str, YEARS))):
        try:
            asked = parse({**narrowed, **({"annee": years} if years else {})}.items(), one, edition, scope)
            table = answer(asked, scope, catalogue(), edition)
        except SanoscopeError as error:
            found.append((error.code, error.message))
            continue
        found += [cells(table)]
    assert any(isinstance(of, list) for of in found), (one.slug, found)
    return found


def cells(table: Table) -> list[object]:
    labels = [(label.name, label.values) for label in table.labels]
    return [labels, [(f.name, f.values, f.states, f.estimates, f.margins) for f in table.figures]]


def test_the_same_base_again_changes_nothing(imported: tuple[str, Workspace, Path, Path]) -> None:
    _, place, mapping, base = imported
    again = taken(place, mapping, base)
    assert (len(again.received), len(again.known), again.clean) == (0, len(of_stays(place)), True)


def test_a_base_that_changed_sends_again_what_changed(small: Workspace, workspace: Workspace, tmp_path: Path) -> None:
    base = write_duckdb(tmp_path / "base.duckdb", small.store, "pmeasyr", YEARS[-1:])
    with duckdb.connect(str(base)) as connection:
        for table in ("rsa", "um", "actes", "ano"):
            connection.execute(f"DELETE FROM mco_24_rsa_{table} WHERE nofiness > '290000002'")
    first = taken(workspace, "pmeasyr", base)
    with duckdb.connect(str(base)) as connection:
        told = "nofiness = '290000001' AND cle_rsa = '0000000001'"
        connection.execute(f"UPDATE mco_24_rsa_rsa SET duree = duree + 1 WHERE {told}")
    sent = taken(workspace, "pmeasyr", base)
    assert len(first.received) == 4
    assert [(f.kind, f.finess) for f in sent.received if isinstance(f, StoredFile)] == [
        ("rsa", "290000001"),
        ("ano", "290000001"),
    ]
    assert len(sent.known) == 2


# what a base does not have ------------------------------------------------------------------------------------------


@pytest.fixture
def little(tmp_path: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """A base of two stays of one hospital, all years in one table, and its mapping."""
    path = tmp_path / "petite.duckdb"
    mapping = {
        "correspondance": "petite",
        "base": {"chemin": "petite.duckdb"},
        "tables": {
            "sejours": {
                "table": "sejours",
                "cle": {"etablissement": "finess", "annee": "annee", "sejour": "numero"},
                "colonnes": {
                    "ghm": "ghm",
                    "mois_sortie": {"de": "sortie", "date": "%d/%m/%Y", "partie": "mois"},
                    "sexe": {"de": "sexe", "valeurs": {"M": "1", "F": "2"}},
                    "age_ans": "age",
                    "duree": {"de": "duree", "decimale": ","},
                    "mode_sortie": {"constante": "8"},
                    "code_geo": "commune",
                    "dp": "dp",
                },
            },
            "actes": {"table": "actes", "cle": {"sejour": "numero"}, "colonnes": {"code_ccam": "acte"}},
            "chainage": {
                "table": "chainage",
                "cle": {"sejour": "numero"},
                "colonnes": {"numero_anonyme": "patient", "codes_retour": "retour"},
            },
        },
    }
    (tmp_path / "petite.yaml").write_text(yaml.safe_dump(mapping, allow_unicode=True), encoding="utf-8")
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE sejours (finess INTEGER, annee INTEGER, numero INTEGER, ghm VARCHAR, sortie VARCHAR, "
            "sexe VARCHAR, age DOUBLE, duree VARCHAR, commune INTEGER, dp VARCHAR, note VARCHAR)"
        )
        connection.execute(
            "INSERT INTO sejours VALUES (10000024, 2023, 1, '04M053', '03/02/2023', 'M', 50, '3,0', 1000, 'J189', 'x'),"
            " (10000024, 2023, 2, '05M092', '28/11/2023', 'F', 61, '0', 1000, 'I500', 'y')"
        )
        connection.execute("CREATE TABLE actes AS SELECT 2 AS numero, 'AHPA009' AS acte")
        connection.execute("CREATE TABLE chainage AS SELECT 1 AS numero, 'P1' AS patient, '000000000' AS retour")
        yield connection, tmp_path / "petite.yaml"


def received(workspace: Workspace, little: tuple[duckdb.DuckDBPyConnection, Path], *changes: str) -> IntakeReport:
    """The little base, changed by statements, taken."""
    connection, mapping = little
    for change in changes:
        connection.execute(change)
    connection.close()
    return receive(workspace, [], bases=[given_base(mapping)])


def edited(mapping: Path, *place: str, **values: object) -> None:
    """Change the mapping file at a place."""
    whole = yaml.safe_load(mapping.read_text(encoding="utf-8"))
    at = whole
    for key in place:
        at = at[key]
    at.update(values)
    mapping.write_text(yaml.safe_dump(whole, allow_unicode=True), encoding="utf-8")


def stays(workspace: Workspace) -> pl.DataFrame:
    return pl.read_parquet(workspace.store / "mco" / "2023" / "010000024" / "*" / "rsa-*" / "sejours.parquet")


def test_dates_numbers_codes_and_constants_become_what_a_file_has(
    workspace: Workspace, little: tuple[duckdb.DuckDBPyConnection, Path]
) -> None:
    report = received(workspace, little)
    assert (report.clean, report.lines) == (True, (3, 3, 0))
    assert {(f.kind, str(f.key)) for f, _ in stored_files(workspace.store)} == {
        ("rsa", "010000024.2023.11"),
        ("ano", "010000024.2023.11"),
    }
    names = ("cle_rsa", "mois_sortie", "annee_sortie", "sexe", "age_ans", "duree", "mode_sortie", "code_geo", "finess")
    assert stays(workspace).select(names).rows() == [
        ("0000000001", 2, 2023, "1", 50, 3, "8", "01000", "010000024"),
        ("0000000002", 11, 2023, "2", 61, 0, "8", "01000", "010000024"),
    ]
    (base,) = report.bases
    assert base.inutiles == {"sejours": ("note",)}
    assert {"diagnostics", "ghs", "chainage.delai"} <= set(base.absentes)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE sejours SET ghm = '' WHERE numero = 2", "ghm-absent"),
        ("UPDATE sejours SET sortie = '28/13/2023' WHERE numero = 2", "non-numerique"),
        ("UPDATE sejours SET sortie = NULL WHERE numero = 2", "mois-invalide"),
        ("UPDATE sejours SET sexe = 'X' WHERE numero = 2", "code-inconnu"),
        ("UPDATE sejours SET duree = 'trois' WHERE numero = 2", "non-numerique"),
        ("UPDATE sejours SET age = 61.5 WHERE numero = 2", "non-numerique"),
        ("UPDATE sejours SET age = 1234 WHERE numero = 2", "longueur"),
        ("UPDATE sejours SET dp = 'J18900000' WHERE numero = 2", "longueur"),
        ("UPDATE sejours SET numero = NULL WHERE numero = 2", "cle-absente"),
        ("INSERT INTO sejours SELECT * FROM sejours WHERE numero = 2", "doublon"),
    ],
)
def test_a_line_that_no_file_could_have_is_refused_with_its_reason(
    workspace: Workspace, little: tuple[duckdb.DuckDBPyConnection, Path], change: str, reason: str
) -> None:
    report = received(workspace, little, change)
    (file,) = [f for f in report.received if isinstance(f, StoredFile) and f.kind == "rsa"]
    assert (file.motifs, file.refusees, file.lues) == ({reason: 1}, 1, file.acceptees + 1)
    assert not report.clean
    (kept,) = pl.read_csv(workspace.quarantine / file.place.with_suffix(".csv"), infer_schema=False).rows(named=True)
    assert kept["motif"] == reason
    assert "finess=010000024" in kept["contenu"]


def test_stays_of_one_number_that_differ_are_all_refused(
    workspace: Workspace, little: tuple[duckdb.DuckDBPyConnection, Path]
) -> None:
    report = received(
        workspace, little, "INSERT INTO sejours SELECT * REPLACE ('06K04J' AS ghm) FROM sejours WHERE numero = 2"
    )
    (file,) = [f for f in report.received if isinstance(f, StoredFile) and f.kind == "rsa"]
    assert (file.motifs, file.acceptees) == ({"doublon-discordant": 2}, 1)


def test_lines_of_no_establishment_or_no_year_are_refused_and_kept(
    workspace: Workspace, little: tuple[duckdb.DuckDBPyConnection, Path]
) -> None:
    add = "INSERT INTO sejours SELECT * REPLACE ({}) FROM sejours WHERE numero = 2"
    report = received(workspace, little, add.format("NULL AS annee, 3 AS numero"), add.format("1234567890 AS finess"))
    (base,) = report.bases
    assert base.hors == {"finess-invalide": 1, "annee-invalide": 1}
    assert report.lines == (5, 3, 2)
    assert len(pl.read_csv(workspace.quarantine / base.place, infer_schema=False)) == 2
    assert not report.clean


def test_items_of_no_stay_are_said(workspace: Workspace, little: tuple[duckdb.DuckDBPyConnection, Path]) -> None:
    report = received(workspace, little, "INSERT INTO actes VALUES (7, 'AHPA009')")
    assert report.bases[0].orphelins == {"actes": 1}


def test_what_a_base_has_not_is_not_available_rather_than_nothing(
    workspace: Workspace, little: tuple[duckdb.DuckDBPyConnection, Path]
) -> None:
    edited(little[1], "tables", "sejours", "colonnes", dp="diagnostic")
    report = received(workspace, little, "DROP TABLE actes", "ALTER TABLE chainage DROP retour")
    absent = report.bases[0].absentes
    assert {"dp", "actes", "chainage"} <= set(absent)
    assert {f.kind for f, _ in stored_files(workspace.store)} == {"rsa"}
    build(workspace, catalogue(), name="petite", care=QUICK, secret=1)
    edition = open_edition(workspace.editions, "petite", settings=workspace.settings)
    assert "actes" not in edition.manifest.champs

    def states(slug: str) -> dict[str, set[State]]:
        one = restitution(slug)
        table = answer(parse([], one, edition, SECURE), SECURE, catalogue(), edition)
        assert any("dp" in note for note in table.notes)
        return {f.name: set(f.states) for f in table.figures}

    found = states("casemix-mco")
    assert found["sejours"] == {State.EXACT}
    assert found["patients"] == {State.NOT_AVAILABLE}
    assert set().union(*states("statistiques-mco-par-diagnostic").values()) <= {State.NOT_AVAILABLE}
    with pytest.raises(SanoscopeError, match="n'a pas le champ ACTES"):
        parse([], restitution("statistiques-mco-par-acte"), edition, SECURE)


def test_zones_come_from_a_table_of_theirs_or_from_a_column_of_the_stays(
    workspace: Workspace, little: tuple[duckdb.DuckDBPyConnection, Path]
) -> None:
    diagnoses = {"table": "das", "cle": {"sejour": "numero"}, "colonnes": {"rang_unite": "unite", "code": "das"}}
    edited(little[1], "tables", radiotherapie={"morceaux": "RDTH"}, diagnostics=diagnoses)
    report = received(
        workspace,
        little,
        "ALTER TABLE sejours ADD rdth VARCHAR",
        "UPDATE sejours SET rdth = '96100039620010' WHERE numero = 1",
        "CREATE TABLE das (numero INTEGER, unite VARCHAR, das VARCHAR)",
        "INSERT INTO das VALUES (2, '02', 'E86'), (2, '01', 'I10'), (1, '01', 'I10')",
    )
    assert report.clean
    (place,) = workspace.store.glob("mco/2023/010000024/11/rsa-*")
    assert pl.read_parquet(place / "radiotherapie.parquet").rows() == [(1, "9610", 3), (1, "9620", 10)]
    assert pl.read_parquet(place / "diagnostics.parquet").rows() == [(1, 1, "I10"), (2, 1, "I10"), (2, 2, "E86")]


# hostile ------------------------------------------------------------------------------------------------------------


def refusal(workspace: Workspace, little: tuple[duckdb.DuckDBPyConnection, Path], *changes: str) -> SanoscopeError:
    with pytest.raises(SanoscopeError) as caught:
        received(workspace, little, *changes)
    assert caught.value.todo
    assert not list(workspace.store.glob("mco/*"))
    assert not list(workspace.store.glob(".en-cours-*"))
    return caught.value


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ("ALTER TABLE sejours RENAME TO sejour", "table-absente", "Vouliez-vous dire « sejour » ?"),
        ("ALTER TABLE sejours RENAME ghm TO ghm2", "colonne-absente", "Vouliez-vous dire « ghm2 » ?"),
        ("ALTER TABLE sejours RENAME annee TO an", "colonne-absente", "d'où vient l'année"),
        ("ALTER TABLE actes RENAME acte TO acte_ccam", "colonne-absente", "« code_ccam »"),
        ("ALTER TABLE sejours ALTER age TYPE INTEGER[] USING [1]", "type-de-colonne", "de type INTEGER[]"),
        (
            "INSERT INTO sejours SELECT * REPLACE (2022 AS annee) FROM sejours WHERE numero = 2",
            "cle-insuffisante",
            "de plusieurs années",
        ),
        (
            "INSERT INTO sejours SELECT * REPLACE (10000032 AS finess) FROM sejours WHERE numero = 2",
            "cle-insuffisante",
            "de 2 établissements en 2023",
        ),
    ],
)
def test_a_base_that_is_not_as_its_mapping_says_is_refused_whole(
    workspace: Workspace,
    little: tuple[duckdb.DuckDBPyConnection, Path],
    change: str,
    code: str,
    said: str,
) -> None:
    error = refusal(workspace, little, change)
    assert (error.code, said in str(error)) == (code, True), str(error)


def test_an_empty_table_is_said(workspace: Workspace, little: tuple[duckdb.DuckDBPyConnection, Path]) -> None:
    report = received(workspace, little, "DELETE FROM sejours")
    assert [r.code for r in report.refused] == ["table-vide"]


def test_a_year_of_another_table_is_refused_line_by_line(
    workspace: Workspace, tmp_path: Path, small: Workspace
) -> None:
    base = write_duckdb(tmp_path / "base.duckdb", small.store, "pmeasyr", (2023,))
    with duckdb.connect(str(base)) as connection:
        connection.execute("UPDATE mco_23_rsa_rsa SET ansor = '2022' WHERE cle_rsa = '0000000001'")
    report = taken(workspace, "pmeasyr", base)
    motifs = [f.motifs for f in report.received if isinstance(f, StoredFile) and f.kind == "rsa"]
    assert motifs == [{"annee-discordante": 1}] * len(motifs) != []


@pytest.mark.parametrize("content", [b"", b"pas une base", b"SQLite format 3\0 mais non"])
def test_what_is_not_a_base_is_refused(workspace: Workspace, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "base.duckdb"
    path.write_bytes(content)
    with pytest.raises(SanoscopeError) as caught:
        taken(workspace, "pmeasyr", path)
    assert caught.value.code in ("base-illisible", "table-absente")
    assert path.read_bytes() == content


def test_a_base_that_is_not_there_is_said(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(SanoscopeError, match="Il n'y a pas de base") as caught:
        taken(workspace, "snds", tmp_path / "rien")
    assert "--base" in str(caught.value)


def test_sqlite_and_csv_are_read_as_well(
    workspace: Workspace, tmp_path: Path, little: tuple[duckdb.DuckDBPyConnection, Path]
) -> None:
    connection, mapping = little
    tables = {name: connection.table(name).pl() for name in ("sejours", "actes", "chainage")}
    connection.close()
    (tmp_path / "csv").mkdir()
    with sqlite3.connect(tmp_path / "petite.sqlite") as other:
        for name, rows in tables.items():
            rows.write_csv(tmp_path / "csv" / f"{name}.csv")
            kinds = (
                "TEXT" if kind == pl.String else "INTEGER" if kind.is_integer() else "REAL" for kind in rows.dtypes
            )
            other.execute(f"CREATE TABLE {name} ({', '.join(map(' '.join, zip(rows.columns, kinds, strict=True)))})")
            other.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * rows.width)})", rows.rows())
    other.close()
    found = []
    for kind, path in (("sqlite", tmp_path / "petite.sqlite"), ("csv", tmp_path / "csv")):
        place = workspaces.create(tmp_path / kind)
        report = taken(place, mapping, path)
        assert report.lines[0] == 3, kind
        found.append(report)
    assert found[0].clean
    # a CSV has no numbers, and the zeros that these had lost cannot be told
    assert found[1].bases[0].hors == {"finess-invalide": 2, "sans-sejour": 1}


# mapping files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_mapping_says_its_sources_and_names_only_our_columns(name: str) -> None:
    mapping, _ = load_correspondance(name)
    assert mapping.correspondance == name
    assert mapping.source
    for table, declared in mapping.tables.items():
        assert declared.source, table
        assert set(REQUIRED[table]) <= set(declared.colonnes) or declared.morceaux
        assert set(declared.colonnes) <= set(columns_of(table))


@pytest.mark.parametrize(
    ("place", "values", "said"),
    [
        ((), {"bases": {}}, "bases : clé inconnue. Vouliez-vous dire « base » ?"),
        ((), {"champ": "smr"}, "« smr » n'est pas admis"),
        (("base",), {"chemins": "x"}, "base.chemins : clé inconnue. Vouliez-vous dire « chemin » ?"),
        (
            ("tables",),
            {"sejour": {"table": "x", "cle": {"sejour": "y"}}},
            "table inconnue « sejour ». Vouliez-vous dire « sejours » ?",
        ),
        (
            ("tables", "sejours", "colonnes"),
            {"durée": "duree"},
            "colonne inconnue « durée ». Vouliez-vous dire « duree » ?",
        ),
        (("tables", "sejours", "colonnes"), {"cle_rsa": "numero"}, "« cle » la donne déjà"),
        (("tables", "sejours", "colonnes"), {"dp": {"de": "dp", "expression": "upper(dp)"}}, "clé inconnue"),
        (("tables", "sejours", "colonnes"), {"dp": {}}, "dites soit « de »"),
        (("tables", "sejours"), {"colonnes": {"ghm": "ghm"}}, "colonnes obligatoires absentes : mois_sortie"),
        (("tables", "sejours"), {"cle": {"sejour": "numero"}}, "« cle.etablissement »"),
        (("tables", "actes"), {"cle": {}}, "« cle » doit dire « sejour »"),
    ],
)
def test_a_mapping_that_means_nothing_is_refused_where_it_is_wrong(
    little: tuple[duckdb.DuckDBPyConnection, Path], place: tuple[str, ...], values: dict[str, object], said: str
) -> None:
    edited(little[1], *place, **values)
    with pytest.raises(SanoscopeError) as caught:
        load_correspondance(little[1])
    assert caught.value.code == "correspondance-invalide"
    assert said in str(caught.value)
    assert "docs/import.md" in caught.value.todo


def test_a_mapping_that_is_no_file_is_said() -> None:
    with pytest.raises(SanoscopeError, match="Vouliez-vous dire « pmeasyr »") as caught:
        load_correspondance("pmeasy")
    assert caught.value.code == "correspondance-inconnue"


def test_the_record_of_a_file_says_what_a_base_had_not(
    workspace: Workspace, little: tuple[duckdb.DuckDBPyConnection, Path]
) -> None:
    received(workspace, little)
    (record,) = workspace.store.glob("mco/2023/*/*/rsa-*/fichier.json")
    assert "ghs" in json.loads(record.read_text(encoding="utf-8"))["absentes"]
