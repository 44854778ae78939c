"""Pages of what one works with: settings, commands, formats of export, operations of the API."""

import re
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_args, get_origin

import typer
from typer.core import TyperArgument, TyperGroup, TyperOption

from sanoscope.catalogue.load import catalogue
from sanoscope.cli.main import app
from sanoscope.present.exports import FORMATS
from sanoscope.present.numbers import MEANING, SHOWN
from sanoscope.query.table import State
from sanoscope.web.app import create_app
from sanoscope.workspace import DEFAULT_SETTINGS, FORMS, LEVELS, Settings, Workspace
from sanoscope.workspace import FORMATS as LOGGED
from scripts.reference.text import Page, code, listed, plain, sentence, table

TYPES = {"int": "entier ≥ 1", "str": "texte", "bool": "vrai ou faux"}
ALLOWED = {"niveau": tuple(LEVELS), "format": LOGGED, **{name: forms for name, (_, forms) in FORMS.items()}}
MACHINES = {
    "csv": "Pour analyser : UTF-8, virgule, point décimal ; une colonne d'état par chiffre.",
    "csv-fr": "Pour Excel en français : point-virgule, virgule décimale ; montre ce que montre la page.",
    "xlsx": "Un classeur ; montre ce que montre la page, avec l'édition, la notice et la légende.",
    "parquet": "Pour analyser : des colonnes typées, un état par chiffre.",
    "json": "Pour un programme : la question, les lignes, un état par chiffre.",
    "arrow": "Pour analyser sans copie : un flux Arrow IPC, les mêmes colonnes que le Parquet.",
    "json-stat": "JSON-stat 2.0 : dimensions, valeurs et états.",
    "sdmx-csv": "SDMX-CSV 2.0, avec les états OBS_STATUS et CONF_STATUS.",
    "sdmx-json": "SDMX-JSON 2.0, avec les états OBS_STATUS et CONF_STATUS.",
    "paquet": "Une archive zip : le CSV, ses métadonnées CSVW et Frictionless, la citation, la notice.",
}
"""What each format of export is for."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command, as it is typed."""

    name: str
    told: Any

    @property
    def help(self) -> str:
        """What it does, in one sentence or more."""
        return " ".join((self.told.help or "").split())

    @property
    def params(self) -> list[TyperArgument | TyperOption]:
        """Its arguments and options, but for --help."""
        return [one for one in self.told.params if "--help" not in one.opts]


def pages() -> list[Page]:
    """Return these pages."""
    return [settings_page(), commands_page(), exports_page(), api_page()]


def settings() -> list[tuple[str, str, str, str]]:
    """Return (section, name, default as written, what its comment says) of each setting, in their order."""
    found = []
    for part in re.split(r"^\[(?=\w+\]$)", DEFAULT_SETTINGS, flags=re.M)[1:]:
        section = part.partition("]")[0]
        for comment, written in re.findall(r"((?:^#.*\n)+)((?:^\w+ = .*\n?)+)", part, re.M):
            told = " ".join(line.removeprefix("# ") for line in comment.splitlines())
            found += [(section, *line.split(" = ", 1), told) for line in written.splitlines()]
    return found


def settings_page() -> Page:
    """Return the page of the settings."""
    kinds = {one.name: str(getattr(one.type, "__name__", one.type)) for one in fields(Settings)}
    parts = [
        "Tirés du code : la valeur par défaut et le commentaire que `sanoscope init` écrit dans "
        "`sanoscope.toml`. Leur sens en "
        "détail est sur [la page des réglages](../reglages.md).",
    ]
    for section in tomllib.loads(DEFAULT_SETTINGS):
        parts += [
            f"## {section}",
            table(
                ["réglage", "par défaut", "forme", "ce que c'est"],
                (
                    [code(name), code(value), _form(name, kinds[name]), sentence(told)]
                    for of, name, value, told in settings()
                    if of == section
                ),
            ),
        ]
    return Page("reglages", "Les réglages, un par un", parts)


def _form(name: str, kind: str) -> str:
    return listed(map(code, ALLOWED[name])) if name in ALLOWED else TYPES[kind]


def commands() -> list[Command]:
    """Return every command, a group that does something alone among them."""
    return list(_walk(typer.main.get_command(app), "sanoscope"))


def _walk(told: Any, name: str) -> Iterator[Command]:
    if not isinstance(told, TyperGroup):
        yield Command(name, told)
        return
    if told.invoke_without_command:
        yield Command(name, told)
    for own, one in sorted(told.commands.items()):
        yield from _walk(one, f"{name} {own}")


def commands_page() -> Page:
    """Return the page of the commands."""
    parts = [
        "Tirées du code : ce que dit `--help`. Leur usage, et les critères, sont sur [la page des "
        "commandes](../commandes.md). "
        "Le code de retour est 0 si et seulement si tout est bon."
    ]
    for one in commands():
        rows = [[code(named(param)), _value(param), sentence(param.help or "")] for param in one.params]
        parts += [f"## {one.name}", sentence(one.help), table(["argument ou option", "par défaut", "sens"], rows)]
    return Page("commandes", "Les commandes, option par option", parts)


def named(param: TyperArgument | TyperOption) -> str:
    """Return how an argument or an option is written."""
    if isinstance(param, TyperArgument):
        return param.metavar or (param.name or "").upper()
    return ", ".join([*param.opts, *param.secondary_opts])


def _value(param: TyperArgument | TyperOption) -> str:
    allowed = get_args(param.type_descriptor.annotation)
    choices = (
        f" ({listed(map(code, allowed))})" if get_origin(param.type_descriptor.annotation) and _words(allowed) else ""
    )
    if param.required:
        return f"à donner{choices}"
    default = param.default
    if callable(default) or default in (None, "", ()):
        return f"–{choices}"
    return f"{code('non' if default is False else 'oui' if default is True else default)}{choices}"


def _words(allowed: tuple[Any, ...]) -> bool:
    return bool(allowed) and all(isinstance(one, str) for one in allowed)


def exports_page() -> Page:
    """Return the page of the formats of export and of the states of cells."""
    formats = [
        [code(name), plain(one.title), code(f".{one.extension}"), code(one.media_type), MACHINES[name]]
        for name, one in FORMATS.items()
    ]
    states = [[code(state.value), f"« {SHOWN.get(state, '1 234')} »", sentence(str(MEANING[state]))] for state in State]
    return Page(
        "formats-d-export",
        "Les formats d'export",
        [
            "À donner par `format=` dans une adresse, par `--format` à une commande. Ce qui est exporté est ce "
            "qui est vu.",
            table(["format", "nom", "extension", "type", "à quoi il sert"], formats),
            "## Les colonnes d'un chiffre",
            table(
                ["colonne", "ce qu'elle porte"],
                [
                    ["`NOM`", "Le chiffre exact, et lui seul ; vide sinon."],
                    ["`NOM_etat`", "Ce qu'est la cellule, dans les mots du tableau qui suit."],
                    ["`NOM_estimation`", "La valeur approchée, arrondie à son incertitude, là où la colonne en a."],
                    ["`NOM_marge`", "La demi-largeur de l'incertitude, là où elle est connue."],
                ],
            ),
            "## Les états",
            table(["état", "sur la page", "sens"], states),
        ],
    )


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """Return (method, path, description) of each operation of the API; one that each restitution has is there once."""
    with tempfile.TemporaryDirectory() as place:
        described = create_app(Workspace(Path(place), Settings())).openapi()
    found: dict[tuple[str, str], dict[str, Any]] = {}
    slugs = set(catalogue().restitutions)
    for path, methods in described["paths"].items():
        general = "/".join("{slug}" if part in slugs else part for part in path.split("/"))
        for method, told in methods.items():
            found.setdefault((method.upper(), general), told)
    return [(method, path, told) for (method, path), told in found.items()]


def api_page() -> Page:
    """Return the page of the operations of the API."""
    parts = [
        "Tirée de la description que sert `/api/v1/openapi.json`. Une opération que chaque restitution a y est "
        "dite une fois ; "
        "les critères d'une restitution sont sur [sa page](restitutions/index.md).",
    ]
    for method, path, told in operations():
        rows = [
            [code(one["name"]), "oui" if one.get("required") else "non", sentence(parameter(one))]
            for one in told.get("parameters", [])
        ]
        answers = [[code(status), sentence(one.get("description", ""))] for status, one in told["responses"].items()]
        parts += [
            f"## {method} {path}",
            sentence(told.get("summary", "")),
            plain(told.get("description", "")) if told.get("description") else "",
            table(["paramètre", "à donner", "sens"], rows),
            table(["réponse", "sens"], answers),
        ]
    return Page("api", "L'API, opération par opération", parts)


def parameter(one: dict[str, Any]) -> str:
    """Return what a parameter of the API is: what its description says, else what its name says."""
    schema = one.get("schema", {})
    return one.get("description") or schema.get("description") or PLACES.get(one["name"], "")


PLACES = {
    "slug": "Le nom d'une restitution ou d'une fiche.",
    "nom": "Le nom d'une édition.",
    "id": "L'identifiant d'une extraction.",
    "niveau": "Le niveau d'une nomenclature.",
}
"""What the parts of an address are."""
