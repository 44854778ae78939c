"""A release: the same bytes twice, signed, and what is installed of it alone does the work."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from scripts import release as releases

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return releases


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("ssh-keygen"):
        pytest.skip("ssh-keygen n'est pas là : rien ne peut être signé")
    made = tmp_path_factory.mktemp("cle") / "cle"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "essai", "-f", str(made)], check=True)
    return made


@pytest.fixture(scope="module")
def release(script: ModuleType, key: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release of the last commit, signed."""
    if not (ROOT / ".git").exists():
        pytest.skip("pas de dépôt git : une version se fait d'un commit")
    place = tmp_path_factory.mktemp("version") / "dist"
    script.make(place, script.run("git", "rev-parse", "HEAD"), key)
    return place


@pytest.fixture(scope="module")
def signers(key: Path) -> Path:
    """The file that admits the key."""
    place = key.with_name("signataires")
    place.write_text(f"essai@exemple.fr {key.with_suffix('.pub').read_text(encoding='utf-8')}", encoding="utf-8")
    return place


@pytest.fixture
def copied(release: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(release, tmp_path / "recue"))


def test_what_was_signed_is_recognised(script: ModuleType, release: Path, signers: Path) -> None:
    who, *names = script.check(release, signers)
    assert who == "essai@exemple.fr"
    assert {"sbom.json", "requirements-serveur.lock"} < set(names)
    assert sum(name.endswith(".whl") for name in names) == 1


def test_a_changed_file_is_not(script: ModuleType, copied: Path, signers: Path) -> None:
    (wheel,) = copied.glob("*.whl")
    wheel.write_bytes(wheel.read_bytes() + b" ")
    with pytest.raises(script.ReleaseError, match=r"ne sont pas ceux qui ont été signés : sanoscope-.*whl"):
        script.check(copied, signers)


def test_changed_sums_are_not(script: ModuleType, copied: Path, signers: Path) -> None:
    sums = copied / script.SUMS
    sums.write_text(sums.read_text(encoding="utf-8").replace("0", "1", 1), encoding="utf-8")
    with pytest.raises(script.ReleaseError, match="n'installez rien"):
        script.check(copied, signers)


def test_a_file_more_or_less_is_told(script: ModuleType, copied: Path, signers: Path) -> None:
    (copied / "autre.whl").write_bytes(b"")
    with pytest.raises(script.ReleaseError, match=r"en trop ou manquants : autre\.whl"):
        script.check(copied, signers)


def test_another_signer_is_not_admitted(script: ModuleType, release: Path, key: Path, tmp_path: Path) -> None:
    other = tmp_path / "autre"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True)
    admitted = tmp_path / "signataires"
    admitted.write_text(f"autre@exemple.fr {other.with_suffix('.pub').read_text(encoding='utf-8')}", encoding="utf-8")
    with pytest.raises(script.ReleaseError):
        script.check(release, admitted)


def test_two_different_builds_are_no_release(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = iter(({"a.whl": b"1", "b": b"0"}, {"a.whl": b"2", "b": b"0"}))
    monkeypatch.setattr(script, "built", lambda *_: next(made))
    with pytest.raises(script.ReleaseError, match=r"diffèrent : a\.whl\."):
        script.make(tmp_path / "dist", script.run("git", "rev-parse", "HEAD"), None)


def test_the_package_holds_all_that_the_source_does_and_nothing_else(release: Path) -> None:
    (wheel,) = release.glob("*.whl")
    told = subprocess.run(
        ["git", "ls-tree", "-r", "--name-only", "-z", "HEAD", "src/sanoscope"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    wanted = {name.removeprefix("src/") for name in told.stdout.decode().split("\0") if name}
    with zipfile.ZipFile(wheel) as package:
        held = {name for name in package.namelist() if not name.split("/")[0].endswith(".dist-info")}
        dates = {entry.date_time for entry in package.infolist()}
    assert held == wanted
    assert len(dates) == 1


@pytest.fixture(scope="module")
def installed(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the commands of a clean environment are: the package, and the frozen versions of what it needs."""
    uv = Path(sys.executable).with_name("uv")
    if not uv.exists():
        pytest.skip("uv n'est pas dans l'environnement (make setup l'y met)")
    place = tmp_path_factory.mktemp("neuf") / "venv"
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, place], check=True)
    python = place / "bin" / "python"
    lock = [
        uv,
        "pip",
        "install",
        "-q",
        "--python",
        python,
        "--require-hashes",
        "-r",
        release / "requirements-serveur.lock",
    ]
    done = subprocess.run(lock, capture_output=True, text=True, check=False)
    if done.returncode and "hash" not in done.stderr:
        pytest.skip(f"les paquets figés ne peuvent être pris d'ici : {done.stderr.strip()[-200:]}")
    assert not done.returncode, done.stderr
    (wheel,) = release.glob("*.whl")
    subprocess.run([uv, "pip", "install", "-q", "--python", python, "--no-deps", wheel], check=True)
    subprocess.run([uv, "pip", "check", "-q", "--python", python], check=True)
    yield place / "bin"


def test_the_package_works_in_a_clean_environment(installed: Path, tmp_path: Path) -> None:
    def sanoscope(*command: str) -> str:
        clean = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8"}
        done = subprocess.run(
            [installed / "sanoscope", *command], cwd=tmp_path, env=clean, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "Espace de travail prêt" in sanoscope("init", "espace")
    told = sanoscope("--help")
    assert all(command in told for command in ("intake", "build", "serve", "query", "attack", "demo"))
    done = subprocess.run(
        [installed / "python", "-c", "import sanoscope.serve.app, sanoscope.cli.main, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not {"pytest", "hypothesis", "mypy"} & set(done.stdout.split())


def test_what_a_service_needs_is_frozen_as_all_the_rest(release: Path) -> None:
    def frozen(name: str) -> set[str]:
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        return {line.partition(" ")[0] for line in lines if line[:1].isalnum()}

    assert len(frozen("requirements-serveur.lock")) > 50
    assert frozen("requirements-serveur.lock") <= frozen("requirements.lock")


def test_every_version_has_its_notes() -> None:
    def versions(page: str, heading: str) -> set[str]:
        lines = (ROOT / page).read_text(encoding="utf-8").splitlines()
        return {line.removeprefix(heading).split(" ")[0] for line in lines if line.startswith(heading)}

    assert versions("CHANGELOG.md", "## ")
    assert versions("CHANGELOG.md", "## ") == versions("docs/mise-a-niveau.md", "### ")
