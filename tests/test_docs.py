"""The documentation says what the code does: each setting, command, criterion, layout, table and word of state."""

import json
import re
import tomllib
from dataclasses import fields
from pathlib import Path

import yaml
from scripts.pages import generated

from sanoscope.catalogue.control import Controles
from sanoscope.catalogue.fiche import Fiche
from sanoscope.catalogue.field import Champ
from sanoscope.catalogue.load import catalogue
from sanoscope.catalogue.restitution import Restitution
from sanoscope.catalogue.source import Source
from sanoscope.cli.main import app
from sanoscope.formats.registry import kinds, layouts
from sanoscope.nomenclature.tables import TABLES
from sanoscope.operate.report import BLOCKED, BUSY, CODES, RESERVED
from sanoscope.present.numbers import SHOWN
from sanoscope.query.criteria import CRITERIA, DATE
from sanoscope.query.table import State
from sanoscope.workspace import DEFAULT_SETTINGS, Settings

ROOT = Path(__file__).parents[1]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_setting_is_documented_with_its_default() -> None:
    for section, entries in tomllib.loads(DEFAULT_SETTINGS).items():
        for name, value in entries.items():
            assert f"| {section} | `{name}` | {json.dumps(value)} |" in text("docs/reglages.md")


def test_no_setting_is_documented_that_is_not() -> None:
    rows = re.findall(r"^\| (\w+) \| `(\w+)` \| (.+?) \| (.+) \|$", text("docs/reglages.md"), re.M)
    known = {(section, name) for section, entries in tomllib.loads(DEFAULT_SETTINGS).items() for name in entries}
    assert len(rows) == len(known)
    assert {(section, name) for section, name, _, _ in rows} == known
    assert all(len(sense) > 15 for _, _, _, sense in rows)


def test_every_setting_is_commented_where_it_is_written() -> None:
    """A comment is above each, or above those that it names together."""
    commented = []
    for comment, settings in re.findall(r"((?:^#.*\n)+)((?:^\w+ = .*\n?)+)", DEFAULT_SETTINGS, re.M):
        names = re.findall(r"^(\w+) = ", settings, re.M)
        assert len(comment) > 20 * len(names), names
        commented += names
    assert commented == re.findall(r"^(\w+) = ", DEFAULT_SETTINGS, re.M)


def test_every_setting_is_read_somewhere_and_described() -> None:
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "src" / "sanoscope").rglob("*.py")
        if path.name != "workspace.py"
    )
    names = [name for entries in tomllib.loads(DEFAULT_SETTINGS).values() for name in entries]
    assert [name for name in names if not re.search(rf"\bsettings\.{name}\b", source)] == []
    assert sorted(names) == sorted(field.name for field in fields(Settings))
    assert [name for name in names if not re.search(rf"\b{name}\b", Settings.__doc__ or "")] == []


def test_every_command_is_documented() -> None:
    names = [c.name or c.callback.__name__ for c in app.registered_commands if c.callback]
    assert len(names) > 8
    for name in [*names, "reference load", "state", "state upgrade", "state move"]:
        assert f"`sanoscope {name}" in text("docs/commandes.md")


def test_every_return_code_of_refresh_is_documented() -> None:
    for code in {*CODES.values(), BUSY, RESERVED}:
        assert f"| {code} |" in text("docs/exploitation.md")


def test_every_error_of_a_backup_is_documented() -> None:
    source = "".join(text(f"src/sanoscope/operate/{name}.py") for name in ("archive", "snapshot", "backup", "restore"))
    codes = set(re.findall(r'SanoscopeError\(\s*"([\w-]+)"', source))
    assert len(codes) >= 7
    for code in (*codes, "etat-pas-vide", "etat-plus-recent", "deja-en-cours"):
        assert f"`{code}`" in text("docs/sauvegarde.md")


def test_what_is_shipped_to_run_it_calls_the_command() -> None:
    for name in ("sanoscope-refresh.service", "crontab"):
        assert "sanoscope refresh --workspace" in text(f"deploiement/{name}")
    for name in ("sanoscope-backup.service", "crontab"):
        assert "sanoscope backup --workspace" in text(f"deploiement/{name}")
    assert "sanoscope serve --processus" in text("deploiement/sanoscope-serve.service")
    told = yaml.safe_load(text("deploiement/kubernetes/cronjob.yaml"))
    (container,) = told["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["args"][:2] == ["refresh", "--workspace"]
    policy = told["spec"]["jobTemplate"]["spec"]["podFailurePolicy"]["rules"][0]
    assert policy["onExitCodes"]["values"] == [BUSY, CODES[BLOCKED], RESERVED]


def test_every_criterion_is_documented() -> None:
    for name in (*CRITERIA, DATE):
        assert f"| `{name}` |" in text("docs/commandes.md")


def test_every_layout_is_documented() -> None:
    for kind in kinds():
        for layout in layouts(kind):
            years = " ".join(map(str, layout.years))
            row = f"| {layout.kind} | {years} | {layout.version} | {layout.width} |"
            assert row in text("docs/formats.md")


def test_every_column_of_every_table_is_documented() -> None:
    for table in TABLES.values():
        section = text("docs/nomenclatures.md").split(f"### {table.name}.csv")[1].split("###")[0]
        assert all(f"`{column.name}`" in section for column in table.columns)


def test_every_state_is_documented() -> None:
    assert all(f"« {word} »" in text("docs/masquage.md") for word in SHOWN.values())
    assert all(f"`{state.value}`" in text("docs/commandes.md") for state in State)


def test_every_restitution_is_named_in_the_changelog_and_explained() -> None:
    for slug, restitution in catalogue().restitutions.items():
        assert slug in text("CHANGELOG.md")
        assert {"Champ", "Source"} <= set(re.findall(r"Champ|Source", restitution.notice))


def test_every_fiche_is_documented() -> None:
    for slug in catalogue().fiches:
        assert slug in text("CHANGELOG.md")
        assert f"`{slug}`" in text("docs/fiches.md")


def test_every_control_is_documented_with_its_thresholds() -> None:
    page = text("docs/controles.md")
    for control in catalogue().controles:
        warns, blocks = ("jamais" if at is None else f"{at:g}" for at in control.seuils.model_dump().values())
        assert f"| `{control.code}` | {control.libelle} | {warns} | {blocks} |" in page, control.code
        assert control.pourquoi in page
        assert control.que_faire in page


def test_links_of_the_documentation_lead_somewhere() -> None:
    made = {(ROOT / "docs" / name).resolve() for name in generated()}
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!http|#)([^)#]+)", page.read_text(encoding="utf-8")):
            there = page.parent / target
            assert there.exists() or there.resolve() in made, f"{page.name} : {target}"


def test_every_room_is_on_the_architecture_page() -> None:
    rooms = [p.parent.name for p in (ROOT / "src" / "sanoscope").glob("*/__init__.py")]
    assert all(f"`{room}/`" in text("docs/architecture.md") for room in rooms)


def test_schemas_for_editors_are_those_of_the_models() -> None:
    models = {"restitution": Restitution, "champ": Champ, "source": Source, "fiche": Fiche, "controles": Controles}
    for name, model in models.items():
        kept = json.loads(text(f"docs/schemas/{name}.json"))
        assert kept == model.model_json_schema(), "« .venv/bin/python scripts/schemas.py » les refait"


def test_every_attack_of_the_list_has_its_test_or_its_reason() -> None:
    rows = re.findall(r"^\| (\d+\.\d+\.\d+) \| (.+) \| (.+) \|$", text("docs/asvs.md"), re.M)
    assert len(rows) > 120
    assert len({number for number, _, _ in rows}) == len(rows)
    for number, _, held in rows:
        tests = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", held)
        assert tests or held.startswith(("Sans objet", "Lecture", "Exploitant", "Non tenu")), number
        for path, name in tests:
            assert f"def {name}(" in text(path), f"{number} : {path}::{name}"


def test_every_property_of_the_threat_model_is_held_by_a_test() -> None:
    page = text("docs/menaces.md")
    rows = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| propriété")]
    assert rows
    for row in rows:
        tests = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", row)
        assert tests, row
        for path, name in tests:
            assert f"def {name}(" in text(path), f"{path}::{name}"
