#!/usr/bin/env python3
"""Prépare l'environnement du projet : setup.py DOSSIER_VENV.

N'a besoin que de Python >= 3.11. Sur une Debian sans python3-venv, l'installe
si l'on est administrateur, sinon dit quoi faire.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent


def create(directory: pathlib.Path) -> None:
    """Crée l'environnement virtuel avec pip."""
    try:
        venv.create(directory, with_pip=True, clear=True)
    except (subprocess.CalledProcessError, ModuleNotFoundError):
        shutil.rmtree(directory, ignore_errors=True)
        if shutil.which("apt-get") is None or os.geteuid() != 0:
            sys.exit("Ce Python n'a pas ensurepip. Sur Debian : « apt-get install python3-venv », puis « make setup ».")
        subprocess.run(["apt-get", "update", "-q"], check=True)
        subprocess.run(["apt-get", "install", "-y", "-q", "--no-install-recommends", "python3-venv"], check=True)
        # un autre processus : ce Python-ci ne verrait pas le module qui vient d'arriver
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(directory)], check=True)


def main() -> None:
    """Environnement, uv, dépendances figées, puis le projet lui-même en mode éditable."""
    if sys.version_info < (3, 11):  # noqa: UP036 - un Python plus ancien doit lire une phrase, pas une trace
        sys.exit(f"Sanoscope demande Python >= 3.11 ; celui-ci est {sys.version.split()[0]}. Voyez « make PYTHON=… ».")
    directory = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".venv").resolve()
    create(directory)
    python = str(directory / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "uv"], check=True)
    uv = [str(directory / "bin" / "uv"), "pip", "install", "--quiet", "--python", python]
    subprocess.run([*uv, "--require-hashes", "-r", str(ROOT / "requirements.lock")], check=True)
    subprocess.run([*uv, "--no-deps", "--editable", str(ROOT)], check=True)
    print(f"Prêt : {directory}/bin/sanoscope")


if __name__ == "__main__":
    main()
