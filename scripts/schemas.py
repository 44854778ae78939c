#!/usr/bin/env python3
"""Écrit les schémas JSON, pour les éditeurs : docs/schemas/*.json, un par genre de fichier YAML."""

import json
from pathlib import Path

from sanoscope.catalogue.control import Controles
from sanoscope.catalogue.fiche import Fiche
from sanoscope.catalogue.field import Champ
from sanoscope.catalogue.restitution import Restitution
from sanoscope.catalogue.source import Source
from sanoscope.intake.bases.correspondance import Correspondance

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "schemas"
MODELS = {
    "restitution": Restitution,
    "champ": Champ,
    "source": Source,
    "fiche": Fiche,
    "controles": Controles,
    "correspondance": Correspondance,
}


def schema(name: str) -> str:
    """Return a schema as text."""
    return json.dumps(MODELS[name].model_json_schema(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in MODELS:
        (FOLDER / f"{name}.json").write_text(schema(name), encoding="utf-8")
