"""What the software is made of is known, whole, and held to what is known of its faults."""

import json
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path
from types import ModuleType

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from scripts import audit

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return audit


def locked() -> dict[str, str]:
    """The packages of the lock that are for this machine, with their versions."""
    found = {}
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        if line and not line[0].isspace():
            one = Requirement(line.removesuffix("\\").strip())
            if one.marker is None or Marker(str(one.marker)).evaluate():
                found[canonicalize_name(one.name)] = str(one.specifier).removeprefix("==")
    return found


def test_the_bill_of_materials_lists_every_locked_package(tmp_path: Path) -> None:
    made = tmp_path / "sbom.json"
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--pyproject", str(ROOT / "pyproject.toml")]
    subprocess.run([*command, "--no-validate", "-o", str(made), sys.executable], check=True, capture_output=True)
    bill = json.loads(made.read_text(encoding="utf-8"))
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "sanoscope"
    listed = {canonicalize_name(one["name"]): one["version"] for one in bill["components"]}
    installed = {canonicalize_name(one.metadata["Name"]) for one in distributions()}
    assert len(locked()) > 100
    assert set(locked()) - set(listed) == set(locked()) - installed, "not installed here"
    assert len(set(locked()) - installed) < 5
    assert {name: listed[name] for name in locked() if name in listed} == {
        name: version for name, version in locked().items() if name in listed
    }


def test_the_audit_reads_every_package_of_the_lock(script: ModuleType) -> None:
    packages = script.pinned(ROOT / "requirements.lock")
    assert {canonicalize_name(one.partition("==")[0]) for one in packages} >= set(locked())


def answer(*dependencies: dict[str, object]) -> str:
    return json.dumps({"dependencies": list(dependencies), "fixes": []})


SOUND = {"name": "a", "version": "1", "vulns": []}
FAULTY = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"], "description": ""}]}
UNKNOWN = {"name": "c", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("told", "code", "said"),
    [
        ([(answer(SOUND), ""), (answer(SOUND, UNKNOWN), "")], 0, "1 paquets vérifiés"),
        ([(answer(SOUND), ""), (answer(SOUND, FAULTY), "")], 1, "FAILLE CONNUE : b 2 : PYSEC-1, corrigée en 3"),
        ([(answer(UNKNOWN), "")], 0, "AUDIT SAUTÉ, rien n'est vérifié"),
        ([("", "ERROR: connection refused")], 0, "connection refused"),
        ([(answer(SOUND), ""), ("", "ERROR: cut")], 1, "AUDIT INTERROMPU"),
    ],
)
def test_a_known_fault_fails_and_silence_is_said(
    script: ModuleType,
    told: list[tuple[str, str]],
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    left = iter(told)
    monkeypatch.setattr(script, "audit", lambda _: script.understood(*next(left)))
    monkeypatch.setattr(sys, "argv", ["audit.py"])
    assert script.main() == code
    assert said in capsys.readouterr().out
