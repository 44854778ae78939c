#!/usr/bin/env python3
"""Cherche les failles connues des versions figées : audit.py [requirements.lock].

Rend 1 si l'une en a une. Là où le service qui les connaît (celui de PyPI) ne se lit pas, ou ne connaît pas ces
paquets, rien n'est vérifié : le dit, et rend 0.
"""

import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINNED = re.compile(r"^([\w.-]+)==([^\s;\\]+)", re.M)
TIMEOUT = "15"
"""Secondes d'attente du service."""


@dataclass(frozen=True)
class Audit:
    """Ce qu'une recherche a donné : paquets vérifiés, paquets qui n'ont pu l'être, failles, pourquoi il n'y a rien."""

    checked: int = 0
    unknown: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    silent: str = ""


def pinned(lock: Path) -> list[str]:
    """Return each package of a lock with its version."""
    return [f"{name}=={version}" for name, version in PINNED.findall(lock.read_text(encoding="utf-8"))]


def audit(packages: list[str]) -> Audit:
    """Ask for the known faults of some packages."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, "paquets.txt")
        wanted.write_text("\n".join(packages) + "\n", encoding="utf-8")
        options = ["--disable-pip", "--no-deps", "--progress-spinner", "off", "--timeout", TIMEOUT, "--format", "json"]
        command = [sys.executable, "-m", "pip_audit", *options, "--requirement", str(wanted)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    return understood(done.stdout, done.stderr)


def understood(out: str, err: str) -> Audit:
    """Return what pip-audit said."""
    try:
        told = json.loads(out)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Audit(silent=(err.strip().splitlines() or ["pip-audit n'a rien dit"])[-1])
    known = [one for one in told if "skip_reason" not in one]
    faults = [
        f"{one['name']} {one['version']} : {each['id']}, corrigée en {', '.join(each['fix_versions']) or '…'}"
        for one in known
        for each in one["vulns"]
    ]
    return Audit(len(known), tuple(one["name"] for one in told if "skip_reason" in one), tuple(faults))


def main() -> int:
    """Audit the lock: one package first, to know whether anybody answers."""
    packages = pinned(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "requirements.lock")
    first = audit(packages[:1])
    if not first.checked:
        why = first.silent or f"il ne connaît pas {packages[0]}"
        print(f"AUDIT SAUTÉ, rien n'est vérifié : le service des failles connues ne répond pas d'ici ({why}).")
        return 0
    found = audit(packages)
    if found.silent:
        print(f"AUDIT INTERROMPU, rien n'est vérifié : {found.silent}")
        return 1
    for fault in found.faults:
        print(f"FAILLE CONNUE : {fault}")
    if found.unknown:
        print(f"Inconnus du service : {', '.join(found.unknown)}.")
    print(f"{found.checked} paquets vérifiés sur {len(packages)}, {len(found.faults)} failles connues.")
    return 1 if found.faults else 0


if __name__ == "__main__":
    sys.exit(main())
