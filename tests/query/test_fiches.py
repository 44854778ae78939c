"""A fiche adds no figure: it shows what its restitutions answer, in the same states; what has no answer says why."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from sanoscope.access.scope import IDENTIFIED, OPEN, SECURE, Grant, Perimeter, Scope
from sanoscope.catalogue.fiche import Bloc, Fiche
from sanoscope.catalogue.load import HERE, catalogue, load
from sanoscope.errors import CriterionError, ForbiddenError, NotFoundError, SanoscopeError
from sanoscope.present.fiche import excerpt, keys, left_out, meanings, to_document
from sanoscope.present.numbers import cell
from sanoscope.query.criteria import taken
from sanoscope.query.fiches import Sheet, compose, offered
from sanoscope.query.service import Service
from sanoscope.query.table import State, Table
from sanoscope.workspace import Workspace

SUBJECTS = {
    "fiche-nationale": [],
    "fiche-regionale": [("region", "53")],
    "fiche-ght": [("ght", "GHT 29")],
    "fiche-etablissement": [("etablissement", "290000001")],
    "statistiques-mco-par-ghm": [("activite", "racine:04M05")],
}


@pytest.fixture(scope="module")
def service(small: Workspace) -> Service:
    return Service(small, catalogue())


def sheet(service: Service, slug: str, *more: tuple[str, str]) -> Sheet:
    return compose(service, slug, [*SUBJECTS[slug], *more], IDENTIFIED)


def column(table: Table, name: str) -> Sequence[tuple[State, str]]:
    figure = next(figure for figure in table.figures if figure.name == name)
    return [(state, cell(figure, row)) for row, state in enumerate(figure.states)]


def test_every_fiche_that_ships_is_tried_here() -> None:
    assert set(SUBJECTS) == set(catalogue().fiches)


@pytest.mark.parametrize("slug", SUBJECTS)
def test_every_figure_is_that_of_the_restitution(service: Service, slug: str) -> None:
    seen = 0
    for part in sheet(service, slug, ("annee", "2023")).parts:
        assert (part.query is not None and part.table is not None) or part.refused is not None
        if part.query is None:
            continue
        _, whole = service.ask(part.query.restitution, part.query.criteria().items(), IDENTIFIED)
        shown = excerpt(part)
        if part.bloc.affichage == "cles":
            totals = [row for row, kind in enumerate(whole.kinds) if kind == "total"]
            for key in keys(part):
                (total,) = totals
                assert (State(key.figure.state), key.figure.text) == column(whole, key.name)[total]
                seen += 1
        elif part.bloc.affichage == "table":
            assert left_out(part) == max(0, whole.kinds.count("detail") - part.bloc.premiers)
            ours, theirs = lines(shown, shown), lines(whole, shown)
            assert all(line in theirs for line in ours)
            assert ours[-1] == theirs[-1]
            seen += len(ours)
    assert seen > 5


def lines(table: Table, like: Table) -> list[tuple[object, ...]]:
    """The rows of a table, in the columns of another."""
    texts = [label.values for label in table.labels if label.name in {each.name for each in like.labels}]
    return list(zip(table.kinds, *texts, *(column(table, figure.name) for figure in like.figures), strict=True))


def test_a_table_has_the_largest_rows_and_the_total(service: Service) -> None:
    part = next(p for p in sheet(service, "fiche-etablissement").parts if "racines" in p.bloc.titre)
    shown, whole = excerpt(part), part.table
    assert whole is not None
    sizes = [value for value, kind in zip(figure(whole, "sejours"), whole.kinds, strict=True) if kind == "detail"]
    told = sorted((value for value in sizes if value is not None), reverse=True)[: part.bloc.premiers]
    assert [v for v in figure(shown, "sejours")[:-1] if v is not None] == told != []
    assert [name.name for name in shown.figures] == list(part.bloc.mesures)
    assert shown.kinds[-1] == "total"


def figure(table: Table, name: str) -> list[float | None]:
    found = next(figure for figure in table.figures if figure.name == name)
    return [near if value is None else value for value, near in zip(found.values, near_of(found), strict=True)]


def near_of(found: object) -> Sequence[float | None]:
    estimates: Sequence[float | None] = getattr(found, "estimates", ())
    return estimates or [None] * len(getattr(found, "values", ()))


def test_key_figures_are_set_beside_what_the_comparison_says(service: Service) -> None:
    part = sheet(service, "fiche-regionale", ("annee", "2023")).parts[0]
    (key,) = (key for key in keys(part) if key.name == "sejours")
    for other, kind in zip(key.beside, part.bloc.comparer, strict=True):
        assert part.query is not None
        pairs = [*part.query.criteria().items(), ("comparer", kind)]
        _, compared = service.ask("casemix-mco", pairs, IDENTIFIED)
        total = compared.kinds.index("total")
        assert other.figure.text == column(compared, f"sejours_{kind.replace('-', '')}")[total][1]
        gap = column(compared, "sejours_evolution" if kind == "n-1" else "sejours_part")[total][1]
        assert other.difference.text.replace("+", "") == f"{gap}\u00a0%"
    assert [other.name for other in key.beside] == ["2022", "France"]


def test_states_are_kept_and_told(service: Service) -> None:
    shown = {state for slug in SUBJECTS for state in states(sheet(service, slug, ("annee", "2023")))}
    assert {State.EXACT, State.APPROXIMATE} < shown
    assert shown & {State.MASKED, State.SECRET}
    for slug in SUBJECTS:
        made = sheet(service, slug, ("annee", "2023"))
        assert states(made) <= {line.state for line in meanings(made)}


def states(made: Sheet) -> set[State]:
    tables = [excerpt(p) for p in made.parts if p.table is not None and p.bloc.affichage in ("cles", "table")]
    return {state for table in tables for figure in table.figures for state in figure.states}


def test_a_block_without_answer_says_why_and_the_others_stand(service: Service) -> None:
    parts = sheet(service, "fiche-etablissement", ("annee", "2023")).parts  # 290000001 has no stay in some field
    of_ghm = compose(service, "statistiques-mco-par-ghm", [("activite", "ghm:04M053")], IDENTIFIED).parts
    by_title = {part.bloc.titre: part for part in of_ghm}
    refused = by_title["Les premiers établissements"].refused
    assert refused is not None and "ne publie pas ce croisement" in refused.message
    assert by_title["L'activité en chiffres"].table is not None
    assert any(part.table is not None for part in parts)
    of_two = compose(
        service, "fiche-etablissement", [("etablissement", "290000002")], IDENTIFIED
    )  # neither HAD nor psychiatry
    absent = {part.restitution.champ for part in of_two.parts if part.refused}
    assert absent == {"had", "psy"}
    said = to_document(of_two)["blocs"]
    assert [b["refus"]["code"] for b in said if "refus" in b] == ["valeur-inconnue", "valeur-inconnue"]


def test_without_a_year_it_is_the_last_whole_one(service: Service) -> None:
    assert sheet(service, "fiche-nationale").annee == 2023  # 2024 stops in September
    assert sheet(service, "fiche-nationale", ("annee", "2024")).annee == 2024


def test_a_comparison_that_cannot_be_is_said(service: Service) -> None:
    part = sheet(service, "fiche-regionale", ("annee", "2022")).parts[0]  # the edition begins in 2022
    missing = [each for each in part.comparisons if each.refused]
    assert [each.kind for each in missing] == ["n-1"]
    assert len(keys(part)[0].beside) == 1


@pytest.mark.parametrize(
    ("slug", "pairs", "code"),
    [
        ("fiche-regionale", [], "sujet-absent"),
        ("fiche-regionale", [("region", "99")], "valeur-inconnue"),
        ("fiche-regionale", [("regio", "53")], "critere-inconnu"),
        ("fiche-regionale", [("region", "53"), ("region", "11")], "critere-double"),
        ("fiche-regionale", [("region", "53"), ("annee", "1999")], "valeur-inconnue"),
        ("fiche-ght", [("ght", "GHT 00")], "valeur-inconnue"),
        ("fiche-ght", [("ght", "?")], "valeur-inconnue"),
        ("fiche-etablissement", [("etablissement", "999999999")], "valeur-inconnue"),
        ("statistiques-mco-par-ghm", [("activite", "racine:99Z99")], "valeur-inconnue"),
        ("statistiques-mco-par-ghm", [("activite", "dp:I500")], "valeur-inconnue"),
        ("fiche-nationale", [("region", "53")], "critere-inconnu"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_is_allowed(
    service: Service, slug: str, pairs: list[tuple[str, str]], code: str
) -> None:
    with pytest.raises(CriterionError) as refused:
        compose(service, slug, pairs, IDENTIFIED)
    assert refused.value.code == code
    assert refused.value.allowed or code == "critere-double"


def test_an_identified_fiche_is_about_what_is_inside_a_perimeter(service: Service) -> None:
    """Masked, the same whoever may ask; an establishment outside is refused as one that nobody knows."""
    whole = sheet(service, "fiche-etablissement", ("annee", "2023"))
    assert states(whole) & {State.MASKED, State.SECRET, State.APPROXIMATE}
    domain = frozenset({"indicateurs-synthetiques"})
    one = service.edition().finess["290000001"]
    inside = {
        "france": ("national", ()),
        "region": ("regional", (one.region,)),
        "departement": ("regional", (one.departement,)),
        "ght": ("etablissement", (one.ght,)),
        "etablissement": ("etablissement", (one.finess,)),
    }

    def asked(finess: str, kind: str, *codes: str, domains: frozenset[str] = domain) -> Sheet:
        grant = Grant(inside[kind][0], Perimeter(kind, frozenset(codes)), domains)  # type: ignore[arg-type]
        pairs = [("etablissement", finess), ("annee", "2023")]
        return compose(service, "fiche-etablissement", pairs, Scope(frozenset({grant})))

    for kind, (_, codes) in inside.items():
        assert asked(one.finess, kind, *codes).tables == whole.tables
    outside = [(kind, codes) for kind, (_, codes) in inside.items() if kind not in ("france", "region")]
    for kind, codes in outside:
        refusals = set()
        for finess in ("350000002", "999999999"):
            with pytest.raises(ForbiddenError) as refused:
                asked(finess, kind, *codes)
            refusals.add(str(refused.value))
        assert len(refusals) == 1
    with pytest.raises(ForbiddenError):
        asked(one.finess, "france", domains=frozenset({"rh"}))
    with pytest.raises(ForbiddenError):
        compose(service, "fiche-etablissement", SUBJECTS["fiche-etablissement"], OPEN)


def test_an_unknown_fiche_or_edition_is_not_found(service: Service) -> None:
    for slug, pairs in (("fiche-x", []), ("fiche-nationale", [("edition", "rien")])):
        with pytest.raises(NotFoundError):
            compose(service, slug, pairs, IDENTIFIED)


def test_a_pinned_fiche_is_answered_by_its_edition(service: Service) -> None:
    made = sheet(service, "fiche-nationale", ("edition", "petite"))
    assert made.canonical == made.pinned == "annee=2023&edition=petite"
    assert all(part.query is None or part.query.edition == "petite" for part in made.parts)
    assert sheet(service, "fiche-nationale").pinned == made.canonical


def test_the_secure_side_answers_from_the_secure_store(service: Service) -> None:
    made = compose(service, "fiche-nationale", [("annee", "2023")], SECURE)
    assert states(made) <= {State.EXACT, State.NOT_APPLICABLE, State.NOT_AVAILABLE}


def test_all_are_offered_where_something_answers(service: Service) -> None:
    assert {fiche.slug for fiche in offered(service)} == set(SUBJECTS)


def test_what_blocks_ask_is_what_their_restitutions_take() -> None:
    for fiche in catalogue().fiches.values():
        for bloc in fiche.blocs:
            assert set(bloc.criteres) <= set(taken(catalogue().restitution(bloc.restitution)))


BLOC = {"titre": "x", "restitution": "casemix-mco", "affichage": "cles"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"affichage": "table", "comparer": ["n-1"]},
        {"tri": "sejours"},
        {"genre": "barres"},
        {"criteres": {"annee": "{annees}"}},
        {"criteres": {"edition": "d"}},
    ],
)
def test_a_block_that_says_what_it_cannot_show_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="bloc « x »"):
        Bloc.model_validate(BLOC | wrong)


def test_a_fiche_that_names_what_its_subject_has_not_is_refused() -> None:
    said = {"slug": "x", "titre": "x", "objet": "x", "theme": "activite", "sous_theme": "x", "champs": ["mco"]}
    blocs = [BLOC | {"criteres": {"zone": "departement:{departement}"}}]
    with pytest.raises(ValueError, match=r"departement inconnu ; connus : \{annee\}, \{annees\}, \{sujet\}"):
        Fiche.model_validate(said | {"sujet": "region", "blocs": blocs})


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("restitution: casemix-mco", "restitution: rien", "restitution « rien » inconnue"),
        ("mesures: [sejours,", "mesures: [sejour,", "n'a pas la mesure sejour"),
        ("champs: [mco, ", "champs: [", "champs : ceux de ses blocs"),
        ("genre: points", "genre: flux", "n'a pas d'image de ce genre"),
        ("slug: fiche-regionale", "slug: fiche-autre", "il doit être le nom du fichier"),
        ("affichage: table\n    textes", "affichage: cles\n    mesures: []\n    x", "fiche-regionale.yaml"),
    ],
)
def test_a_file_that_does_not_hold_together_is_refused_with_its_name(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    for room in (room for room in HERE.iterdir() if room.is_dir() and room.name not in ("fiches", "__pycache__")):
        (tmp_path / room.name).symlink_to(room)
    (tmp_path / "fiches").mkdir()
    text = (HERE / "fiches" / "fiche-regionale.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "fiches" / "fiche-regionale.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SanoscopeError) as refused:
        load(tmp_path)
    assert said in refused.value.message
