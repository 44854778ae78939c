"""A plain table is checked when it is read: every error says where, what, and what to do."""

from pathlib import Path

import polars as pl
import pytest

from sanoscope.errors import InputFileError
from sanoscope.nomenclature.reading import conform, merge, read_table
from sanoscope.nomenclature.tables import TABLES


@pytest.mark.parametrize(
    ("table", "text", "words"),
    [
        ("departements", b"code,libelle,region\n29,Finist\xe8re,53\n", "ligne 2 : un caractère n'est pas en UTF-8"),
        ("departements", b"", "le fichier est vide"),
        ("departements", b"code,libelle,regoin\n", "colonne absente : region"),
        ("departements", b"code,libelle,region,chef\n", "colonne inconnue : chef"),
        ("departements", b"code,libelle,region\n291,X,53\n", "« code » n'a pas la forme attendue"),
        ("departements", b"code,libelle,region\n29,X,53\n29,Y,53\n", "ligne 3 (code=29) : la clé (code) est déjà"),
        ("departements", b"code,libelle,region\n29,A,B,53\n", "ligne 2 : 4 valeurs pour 3 colonnes"),
        (
            "etablissements",
            b"finess,raison_sociale,categorie\n290000017,CHU,PRIVE\n290000025,CHU,CHU\n",
            "ligne 3 (finess=290000025, categorie=CHU) : « categorie » n'est pas l'une des valeurs admises (CHR/U, CH",
        ),
        (
            "population",
            b"annee,departement,sexe,age,population\n2021,29,1,0,mille\n",
            "« population » n'est pas un nombre entier",
        ),
    ],
)
def test_an_error_says_where_and_what(tmp_path: Path, table: str, text: bytes, words: str) -> None:
    path = tmp_path / f"{table}.csv"
    path.write_bytes(text)
    with pytest.raises(InputFileError) as error:
        read_table(TABLES[table], path)
    assert words in str(error.value)
    assert path.name in str(error.value)
    assert error.value.todo


def test_a_table_may_have_a_byte_order_mark_quotes_blanks_and_columns_in_any_order(tmp_path: Path) -> None:
    path = tmp_path / "departements.csv"
    path.write_bytes('\ufeffregion,code,libelle\r\n53,29,"Finistère,  le "\r\n\r\n'.encode())
    assert read_table(TABLES["departements"], path).rows() == [("29", "Finistère, le", "53")]


def test_every_column_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "nomenclatures.md").read_text(encoding="utf-8")
    for table in TABLES.values():
        assert f"### {table.name}.csv" in page
        section = page.split(f"### {table.name}.csv", 1)[1].split("\n### ", 1)[0]
        for column in table.columns:
            assert f"| `{column.name}` | {column.meaning} |" in section, (table.name, column.name)


def test_an_indicator_is_replaced_whole_and_the_others_stay() -> None:
    table = TABLES["indicateurs"]
    shipped = conform(
        table,
        pl.DataFrame({"indicateur": ["A", "A", "B"], "nature": 3 * ["acte"], "code": ["AA", "AB", "BA"]}),
        source="a",
    )
    own = conform(table, pl.DataFrame({"indicateur": ["A"], "nature": ["diagnostic"], "code": ["I50"]}), source="b")
    assert merge(table, shipped, own).rows() == [("A", "diagnostic", "I50"), ("B", "acte", "BA")]
    gone = conform(table, pl.DataFrame({"indicateur": ["B"], "nature": ["acte"], "code": [""]}), source="c")
    assert merge(table, shipped, gone).rows() == [("A", "acte", "AA"), ("A", "acte", "AB"), ("B", "acte", "")]
