#!/usr/bin/env python3
"""Met dans web/static/vendor/vega/ Vega, Vega-Lite et l'interpréteur, par « npm pack », avec leurs licences.

L'interpréteur importe vega-util, que le fichier de Vega contient déjà : sa seule ligne d'import est remplacée.
"""

import subprocess
import tarfile
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "src" / "sanoscope" / "web" / "static" / "vendor" / "vega"
TAKEN = {
    "vega@6.4.0": "build/vega.min.js",
    "vega-lite@6.4.3": "build/vega-lite.min.js",
    "vega-interpreter@2.3.2": "build/vega-interpreter.js",
}
IMPORT = "import { ascending, isString, DisallowedObjectProperties } from 'vega-util';"
INSTEAD = "const { ascending, isString, DisallowedObjectProperties } = globalThis.vega;"


def packed(package: str, folder: Path) -> tarfile.TarFile:
    """Return a package of npm."""
    done = subprocess.run(["npm", "pack", package, "--silent"], cwd=folder, check=True, capture_output=True)
    return tarfile.open(folder / done.stdout.decode().split()[-1])


def text(archive: tarfile.TarFile, name: str) -> str:
    """Return a file of a package."""
    member = archive.extractfile(f"package/{name}")
    assert member
    return member.read().decode("utf-8")


def main() -> None:
    """Write the files, their licences beside them, and what they are."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    lines = ["Fichiers d'autrui, tels que publiés (scripts/vendor.py les refait) :", ""]
    for package, inside in TAKEN.items():
        name, version = package.split("@")
        with tempfile.TemporaryDirectory() as folder, packed(package, Path(folder)) as archive:
            code = "\n".join(line for line in text(archive, inside).splitlines() if "sourceMappingURL" not in line)
            if name == "vega-interpreter":
                assert IMPORT in code
                code = code.replace(IMPORT, INSTEAD)
            (FOLDER / Path(inside).name).write_text(code.rstrip() + "\n", encoding="utf-8")
            (FOLDER / f"{name}.LICENSE").write_text(text(archive, "LICENSE"), encoding="utf-8")
        changed = " (ligne d'import remplacée)" if name == "vega-interpreter" else ""
        lines.append(f"- {Path(inside).name} : {name} {version}, npm, BSD-3-Clause ({name}.LICENSE){changed}")
    (FOLDER / "LICENCES.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
