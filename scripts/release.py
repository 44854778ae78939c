#!/usr/bin/env python3
"""Les fichiers d'une version, à partir d'un commit.

    release.py faire DOSSIER [--cle CLE_SSH] [--commit HEAD]
    release.py verifier DOSSIER --signataires FICHIER

« faire » exporte le commit deux fois, dans deux dossiers, construit chaque fois le paquet et les sources, et refuse si
un octet diffère. Il y joint les versions figées de ce qui sert, leur nomenclature (CycloneDX), le paquet R, et
SHA256SUMS, que « --cle » signe (ssh-keygen -Y sign). La date de tout est celle du commit.

« verifier » relit les empreintes, et la signature contre un fichier de signataires admis (ssh-keygen, ALLOWED SIGNERS).
"""

import argparse
import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUMS, BILL, LOCK = "SHA256SUMS", "sbom.json", "requirements-serveur.lock"
NAMESPACE = "sanoscope-version"
"""What a signature is for: one made for something else is not one of a release."""


class ReleaseError(Exception):
    """Why there is no release, and what to do."""


def run(*command: str, cwd: Path = ROOT, env: dict[str, str] | None = None) -> str:
    """Run a command; return what it says.

    Raises:
        ReleaseError: it fails.
    """
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ReleaseError(f"« {' '.join(command[:4])}… » a échoué :\n{(done.stderr or done.stdout).strip()[-2000:]}")
    return done.stdout.strip()


def export(commit: str, place: Path) -> None:
    """Write the tree of a commit, each file dated of it."""
    told = subprocess.run(["git", "archive", "--format=tar", commit], cwd=ROOT, capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(told.stdout)) as tree:
        tree.extractall(place, filter="data")


def built(commit: str, when: str, place: Path) -> dict[str, bytes]:
    """Return the files of a commit that are built, by name."""
    tree = place / "sources"
    export(commit, tree)
    run(
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--outdir",
        str(place / "fait"),
        cwd=tree,
        env={"SOURCE_DATE_EPOCH": when},
    )
    made = {path.name: path.read_bytes() for path in (place / "fait").iterdir()}
    package = tree / "clients" / "r"
    if package.is_dir():
        made |= r_package(package, int(when))
    return made


def r_package(package: Path, when: int) -> dict[str, bytes]:
    """Return the source package of the R client: what « R CMD INSTALL » takes."""
    version = re.search(r"^Version: *(\S+)$", (package / "DESCRIPTION").read_text(encoding="utf-8"), re.M)
    if not version:
        raise ReleaseError("clients/r/DESCRIPTION n'a pas de version.")
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(package.rglob("*")):
            entry = archive.gettarinfo(path, f"sanoscope/{path.relative_to(package).as_posix()}")
            entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = when, 0, 0, "", ""
            entry.mode = 0o755 if path.is_dir() else 0o644
            if path.is_dir():
                archive.addfile(entry)
            else:
                with path.open("rb") as content:
                    archive.addfile(entry, content)
    return {f"sanoscope_r_{version[1]}.tar": out.getvalue()}


def bill(tree: Path, when: str) -> bytes:
    """Return what a running service is made of, as CycloneDX, from the frozen versions."""
    made = tree / BILL
    run(
        sys.executable, "-m", "cyclonedx_py", "requirements", LOCK, "--pyproject", "pyproject.toml",
        "--output-reproducible", "--validate", "-o", str(made), cwd=tree, env={"SOURCE_DATE_EPOCH": when},
    )  # fmt: skip
    return made.read_bytes()


def make(place: Path, commit: str, key: Path | None) -> list[str]:
    """Write a release in a folder; return the names of its files.

    Raises:
        ReleaseError: the tree has changes, the folder is not empty, two builds differ, or the change log tells
            nothing of it.
    """
    if run("git", "status", "--porcelain", "--untracked-files=no") and commit == "HEAD":
        raise ReleaseError(
            "Des fichiers ont changé depuis le commit : faites-en un, ou nommez celui que vous voulez (--commit)."
        )
    if place.exists() and any(place.iterdir()):
        raise ReleaseError(f"{place} n'est pas vide : donnez un autre dossier, ou videz celui-là.")
    when = run("git", "log", "-1", "--format=%ct", commit)
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        files, again = built(commit, when, Path(first)), built(commit, when, Path(second))
        differing = sorted(name for name in files.keys() | again.keys() if files.get(name) != again.get(name))
        if differing:
            raise ReleaseError(f"Deux constructions du même commit diffèrent : {', '.join(differing)}.")
        tree = Path(first) / "sources"
        version = tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
        if f"\n## {version}" not in (tree / "CHANGELOG.md").read_text(encoding="utf-8"):
            raise ReleaseError(f"CHANGELOG.md ne dit rien de la version {version}.")
        files[LOCK] = (tree / LOCK).read_bytes()
        files[BILL] = bill(tree, when)
    files[SUMS] = "".join(f"{digest(content)}  {name}\n" for name, content in sorted(files.items())).encode()
    place.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (place / name).write_bytes(content)
    if key:
        run("ssh-keygen", "-q", "-Y", "sign", "-f", str(key.resolve()), "-n", NAMESPACE, SUMS, cwd=place)
    return sorted(path.name for path in place.iterdir())


def check(place: Path, signers: Path) -> list[str]:
    """Check the files of a release; return who signed it, and their names.

    Raises:
        ReleaseError: a file is missing, is another, is not told of, or no admitted signer signed.
    """
    sums, signature = place / SUMS, place / f"{SUMS}.sig"
    if not (sums.is_file() and signature.is_file()):
        raise ReleaseError(f"Il manque {SUMS} ou {SUMS}.sig : cette version n'est pas signée.")
    who = run(
        "ssh-keygen", "-Y", "find-principals", "-f", str(signers.resolve()), "-s", str(signature.resolve())
    ).splitlines()[0]
    with sums.open("rb") as content:
        verify = ["ssh-keygen", "-Y", "verify", "-f", str(signers), "-I", who, "-n", NAMESPACE, "-s", str(signature)]
        if subprocess.run(verify, stdin=content, capture_output=True, check=False).returncode:
            raise ReleaseError(f"La signature n'est pas celle de {who} sur {SUMS} : n'installez rien.")
    told = dict(reversed(line.split("  ", 1)) for line in sums.read_text(encoding="utf-8").splitlines())
    there = {path.name for path in place.iterdir()} - {SUMS, signature.name}
    if there != told.keys():
        raise ReleaseError(f"Fichiers en trop ou manquants : {', '.join(sorted(there ^ told.keys()))}.")
    wrong = sorted(name for name in there if digest((place / name).read_bytes()) != told[name])
    if wrong:
        raise ReleaseError(f"Ces fichiers ne sont pas ceux qui ont été signés : {', '.join(wrong)}.")
    return [who, *sorted(there)]


def digest(content: bytes) -> str:
    """Return the SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def main() -> int:
    """Do what is asked; 0 if all is well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    does = parser.add_subparsers(dest="action", required=True)
    making = does.add_parser("faire", help="construit une version")
    making.add_argument("dossier", type=Path)
    making.add_argument("--commit", default="HEAD")
    making.add_argument("--cle", type=Path, help="clé SSH privée qui signe")
    checking = does.add_parser("verifier", help="vérifie une version reçue")
    checking.add_argument("dossier", type=Path)
    checking.add_argument("--signataires", type=Path, required=True)
    asked = parser.parse_args()
    try:
        if asked.action == "faire":
            names = make(asked.dossier, asked.commit, asked.cle)
            print(*names, "" if asked.cle else "Non signée : donnez --cle.", sep="\n")
        else:
            who, *names = check(asked.dossier, asked.signataires)
            print(f"Signée par {who} :", *names, sep="\n")
    except ReleaseError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
