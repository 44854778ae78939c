#!/usr/bin/env python3
"""Installe ce dont les tests ont besoin hors de Python, là où il le peut ; dit ailleurs lesquels seront sautés.

Chromium pour les pages, R et ses paquets pour le client R. Par apt-get, si l'on est administrateur d'une Debian ; ne
fait échouer personne : sans eux, ces tests se sautent en le disant.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

SITES = ("/usr/local/lib/R/site-library", "/usr/lib/R/site-library", "/usr/lib/R/library")
"""Où Debian met les paquets de R."""

R_PACKAGES = ("httr2", "jsonlite", "tibble", "testthat", "knitr")
SECONDS = 900
"""Accordées à apt-get."""


@dataclass(frozen=True)
class Tool:
    """Ce qui manque peut-être : son nom, le paquet de Debian, ce que l'on saute sans lui."""

    name: str
    package: str
    skipped: str


CHROMIUM = Tool("Chromium", "chromium", "les pages dans un navigateur")
R = Tool("R", "r-base-core", "le paquet R, sa documentation, ses documents Quarto")


def of_r(package: str) -> Tool:
    """Return a package of R as a tool."""
    return Tool(f"le paquet {package} de R", f"r-cran-{package}", R.skipped)


def missing() -> list[Tool]:
    """Return what is not there."""
    found = [] if Path(os.environ.get("CHROMIUM", "/usr/bin/chromium")).exists() else [CHROMIUM]
    if not shutil.which("Rscript"):
        return [*found, R, *map(of_r, R_PACKAGES)]
    return found + [of_r(name) for name in _not_in(R_PACKAGES, _libraries)]


def _not_in(names: Iterable[str], libraries: Callable[[], list[str]]) -> list[str]:
    """Return the packages of R that are in none of its libraries; R is asked where they are only if it must be."""
    told = os.environ.get("R_LIBS", "").split(os.pathsep)
    absent = [name for name in names if not _there(name, [*SITES, *filter(None, told)])]
    if not absent:
        return []
    known = libraries()
    return [name for name in absent if not _there(name, known)]


def _there(name: str, libraries: Iterable[str]) -> bool:
    return any(Path(library, name, "DESCRIPTION").exists() for library in libraries)


def _libraries() -> list[str]:
    command = ["Rscript", "-e", "cat(.libPaths(), sep = '\\n')"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()


def can_install() -> bool:
    """Tell whether packages of Debian may be installed here."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(packages: list[str], run: Callable[[list[str]], bool]) -> None:
    """Install packages of Debian: at once, else with new lists, else each by itself."""
    command = ["apt-get", "install", "-y", "-q", "--no-install-recommends"]
    if run([*command, *packages]) or (run(["apt-get", "update", "-q"]) and run([*command, *packages])):
        return
    for package in packages:
        run([*command, package])


def _ran(command: list[str]) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def main() -> None:
    """Install what is missing, then say what still is."""
    absent = missing()
    if absent and can_install():
        print(f"Installation par apt-get : {' '.join(tool.package for tool in absent)}", flush=True)
        install([tool.package for tool in absent], _ran)
        absent = missing()
    if not absent:
        print("Outils des tests : tout est là (Chromium, R et ses paquets).")
        return
    for skipped in dict.fromkeys(tool.skipped for tool in absent):
        names = ", ".join(tool.name for tool in absent if tool.skipped == skipped)
        print(f"TESTS SAUTÉS, {skipped} : il manque {names}.")
    print(f"Sur une Debian : apt-get install {' '.join(tool.package for tool in absent)}")


if __name__ == "__main__":
    sys.exit(main())
