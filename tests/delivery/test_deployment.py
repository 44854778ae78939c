"""What is shipped to deploy it: nobody is an administrator, no disk is written but the workspace."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "deploiement"
COMPOSE = yaml.safe_load((PLACE / "conteneur" / "compose.yaml").read_text(encoding="utf-8"))
CONTAINERFILE = (PLACE / "conteneur" / "Containerfile").read_text(encoding="utf-8")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
KUBERNETES = PLACE / "kubernetes"


def manifests() -> Iterator[dict[str, Any]]:
    for path in sorted(KUBERNETES.glob("*.yaml")):
        if path.name != "kustomization.yaml":
            yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    """The pods of all that runs some, by name."""
    for one in manifests():
        spec = one["spec"]["jobTemplate"]["spec"] if one["kind"] == "CronJob" else one.get("spec", {})
        if "template" in spec:
            yield one["metadata"]["name"], spec["template"]["spec"]


def test_every_manifest_is_what_kubernetes_takes() -> None:
    kinds = []
    for one in manifests():
        kubernetes_validate.validate(one, kubernetes_validate.latest_version(), strict=True)
        kinds.append(one["kind"])
    assert {"Deployment", "CronJob", "Service", "Ingress", "NetworkPolicy", "PersistentVolumeClaim"} < set(kinds)


def test_the_kustomization_takes_every_manifest() -> None:
    told = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text(encoding="utf-8"))
    assert sorted(told["resources"]) == sorted(
        p.name for p in KUBERNETES.glob("*.yaml") if p.name != "kustomization.yaml"
    )
    (image,) = told["images"]
    assert image["newTag"] == VERSION
    assert {c["image"] for _, pod in pods() for c in pod["containers"]} == {image["name"]}


@pytest.mark.parametrize(("name", "pod"), list(pods()), ids=[name for name, _ in pods()])
def test_a_pod_can_do_nothing_but_its_work(name: str, pod: dict[str, Any]) -> None:
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    volumes = {one["name"]: one for one in pod["volumes"]}
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"cpu", "memory"} == set(container["resources"]["limits"])
        mounts = {one["mountPath"]: volumes[one["name"]] for one in container["volumeMounts"]}
        assert "persistentVolumeClaim" in mounts["/srv/sanoscope"]
        assert "emptyDir" in mounts["/tmp"]


def test_who_the_image_runs_as_is_who_the_manifests_say() -> None:
    (user,) = re.findall(r"^USER (\d+):\1$", CONTAINERFILE, re.M)
    assert {str(pod["securityContext"]["runAsUser"]) for _, pod in pods()} == {user}
    services = COMPOSE["services"]
    assert {services[name]["user"] for name in ("sanoscope", "rafraichissement")} == {f"{user}:{user}"}


def test_the_last_stage_takes_only_what_was_made() -> None:
    last = CONTAINERFILE.split("\nFROM ")[-1]
    assert CONTAINERFILE.count("\nFROM ") == 2
    assert re.findall(r"^COPY (.*)$", last, re.M) == ["--from=fabrique /opt/sanoscope /opt/sanoscope"]
    assert last.index("\nUSER ") < last.index("\nENTRYPOINT ")
    assert "NUMBA_CACHE_DIR=/tmp/" in last
    assert "--require-hashes -r requirements-serveur.lock" in CONTAINERFILE


def test_what_the_image_copies_is_let_through_and_nothing_else() -> None:
    copied = {name for line in re.findall(r"^COPY (?!--from)(.*) \S+$", CONTAINERFILE, re.M) for name in line.split()}
    for name in (".dockerignore", ".containerignore"):
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        assert {line[1:] for line in lines if line.startswith("!")} == copied
        assert "*" in lines
    assert all((ROOT / name).exists() for name in copied)


def test_no_service_of_the_compose_file_is_open_to_more_than_it_needs() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert service.get("ports", []) == (["80:80", "443:443"] if name == "mandataire" else []), name
    assert {name for name, one in COMPOSE["networks"].items() if one.get("internal")} == {"dedans", "donnees"}
    assert COMPOSE["services"]["sanoscope"]["image"] == f"sanoscope:{VERSION}"


def test_a_linter_of_others_finds_nothing_grave() -> None:
    command = [Path(sys.executable).with_name("compose-lint"), PLACE / "conteneur" / "compose.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "PASS" in done.stdout


def test_what_the_compose_file_asks_for_is_in_the_example() -> None:
    wanted = set(re.findall(r"\$\{(\w+)", (PLACE / "conteneur" / "compose.yaml").read_text(encoding="utf-8")))
    lines = (PLACE / "conteneur" / "exemple.env").read_text(encoding="utf-8").splitlines()
    assert {line.partition("=")[0] for line in lines if line and line[0] != "#"} == wanted


def test_every_service_keeps_what_is_compiled_where_it_may_write() -> None:
    for path in PLACE.glob("*.service"):
        said = path.read_text(encoding="utf-8")
        assert "ProtectSystem=strict" in said, path.name
        assert "CacheDirectory=sanoscope" in said, path.name
        assert "NUMBA_CACHE_DIR=/var/cache/sanoscope" in said, path.name
