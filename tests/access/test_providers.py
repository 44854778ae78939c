"""The providers of a workspace: what may be written, what is refused, and where their secrets are."""

import re
from pathlib import Path

import pytest

from sanoscope.access.providers import FILE, KEYS, LONGEST_SECRET, Provider, providers, variable
from sanoscope.errors import SanoscopeError
from sanoscope.workspace import Workspace

PAGE = (Path(__file__).parents[2] / "docs" / "connexion.md").read_text(encoding="utf-8")
ARS = '[ars-bretagne]\ntitre = "ARS"\nemetteur = "https://id.exemple.fr/realms/ars"\nclient = "sanoscope"\n'
HIDDEN = "SECRET-QUI-NE-SE-DIT-PAS"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANOSCOPE_FOURNISSEUR_ARS_BRETAGNE_SECRET", HIDDEN)


def read(place: Workspace, text: str) -> dict[str, Provider]:
    (place.root / FILE).write_text(text, encoding="utf-8")
    return dict(providers(place))


def refusal(place: Workspace, text: str) -> SanoscopeError:
    with pytest.raises(SanoscopeError) as caught:
        read(place, text)
    assert HIDDEN not in str(caught.value)
    return caught.value


def test_there_are_none_without_the_file(workspace: Workspace) -> None:
    assert dict(providers(workspace)) == {}


def test_a_table_is_a_provider(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    (one,) = read(workspace, ARS).values()
    issuer = "https://id.exemple.fr/realms/ars"
    found = f"{issuer}/.well-known/openid-configuration"
    assert one == Provider("ars-bretagne", "ARS", issuer, found, "sanoscope", HIDDEN, "openid", ())
    assert HIDDEN not in repr(one)
    monkeypatch.setenv(variable("b"), "x")
    second = '\n[b]\ntitre = "B"\nemetteur = "http://127.0.0.1:8080/r/"\nclient = "c"\nportees = "openid scope_all"\n'
    told = read(workspace, ARS + second + 'acr = ["eidas1", "eidas2"]\n')
    assert list(told) == ["ars-bretagne", "b"]
    assert told["b"].discovery == "http://127.0.0.1:8080/r/.well-known/openid-configuration"
    assert (told["b"].scopes, told["b"].acr) == ("openid scope_all", ("eidas1", "eidas2"))


def test_a_secret_is_in_a_file_that_its_owner_alone_reads(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(variable("ars-bretagne"))
    file = workspace.root / "ars.secret"
    file.write_text(f"{HIDDEN}\n", encoding="utf-8")
    for mode in (0o644, 0o640, 0o604, 0o620, 0o601):
        file.chmod(mode)
        error = refusal(workspace, ARS + 'secret_fichier = "ars.secret"\n')
        assert (error.code, error.todo) == ("secret-lisible", f"chmod 600 {file}")
    for mode in (0o600, 0o400):
        file.chmod(mode)
        assert read(workspace, ARS + 'secret_fichier = "ars.secret"\n')["ars-bretagne"].secret == HIDDEN
    monkeypatch.setenv(variable("ars-bretagne"), "un-autre")
    assert read(workspace, ARS + 'secret_fichier = "ars.secret"\n')["ars-bretagne"].secret == "un-autre"


@pytest.mark.parametrize("text", [None, "", "\n", "deux\nlignes", "é", "x" * (LONGEST_SECRET + 1)])
def test_a_secret_that_is_none_is_said(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, text: str | None) -> None:
    monkeypatch.delenv(variable("ars-bretagne"))
    if text is not None:
        (workspace.root / "ars.secret").write_text(text, encoding="utf-8")
        (workspace.root / "ars.secret").chmod(0o600)
    error = refusal(workspace, ARS + 'secret_fichier = "ars.secret"\n')
    assert error.code == "secret-absent"
    assert refusal(workspace, ARS).code == "secret-absent"
    assert "SANOSCOPE_FOURNISSEUR_ARS_BRETAGNE_SECRET" in refusal(workspace, ARS).todo


def test_a_secret_is_never_in_the_file(workspace: Workspace) -> None:
    for value in (f'"{HIDDEN}"', f'["{HIDDEN}"]'):
        error = refusal(workspace, ARS + f"secret = {value}\n")
        assert error.code == "secret-a-part"
        assert "SANOSCOPE_FOURNISSEUR_ARS_BRETAGNE_SECRET" in error.todo


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (("titre", "titr"), "reglage-inconnu", "« titre »"),
        (('client = "sanoscope"', "client = 3"), "reglage-invalide", 'client = "sanoscope"'),
        (('client = "sanoscope"', ""), "reglage-invalide", "client manque"),
        (('client = "sanoscope"', 'client = "clé"'), "reglage-invalide", "identifiant"),
        (('titre = "ARS"', 'titre = ""'), "reglage-invalide", "80"),
        (('titre = "ARS"', "titre = true"), "reglage-invalide", "titre ="),
        (("https:", "http:"), "reglage-invalide", "https"),
        (("https:", "ftp:"), "reglage-invalide", "https"),
        (("https://id", "https://u:p@id"), "reglage-invalide", "https"),
        (("realms/ars", "realms?x=ars"), "reglage-invalide", "https"),
        (("realms/ars", "realms#ars"), "reglage-invalide", "https"),
        (("https://id.exemple.fr", "http://127.0.0.1.exemple.fr"), "reglage-invalide", "https"),
        (("[ars-bretagne]", "[ARS]"), "reglage-invalide", "[ars-bretagne]"),
        (("[ars-bretagne]", f"[{'a' * 41}]"), "reglage-invalide", "[ars-bretagne]"),
        (("[ars-bretagne]", "x = 1\n[ars-bretagne]"), "reglage-invalide", "« x »"),
        (("[ars-bretagne]", "[ars"), "reglages-illisibles", "TOML"),
    ],
)
def test_what_is_wrong_is_said(workspace: Workspace, change: tuple[str, str], code: str, words: str) -> None:
    error = refusal(workspace, ARS.replace(*change))
    assert error.code == code
    assert words in f"{error.message} {error.todo}"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('portees = "profile"', "openid"),
        ('portees = "openid  email"', "openid"),
        ('portees = ""', "openid"),
        ('acr = "eidas1"', 'acr = ["eidas1", "eidas2"]'),
        ("acr = [1]", 'acr = ["eidas1", "eidas2"]'),
        ('acr = ["eidas1 eidas2"]', "niveaux"),
        ('acr = [""]', "niveaux"),
        ('decouverte = "http://id.exemple.fr/x"', "https"),
        ("secret_fichier = 1", "secret_fichier ="),
    ],
)
def test_what_is_wrong_in_what_may_be_left_out_is_said_too(workspace: Workspace, line: str, words: str) -> None:
    error = refusal(workspace, f"{ARS}{line}\n")
    assert error.code == "reglage-invalide"
    assert words in f"{error.message} {error.todo}"


def test_two_providers_are_two(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable("b"), "x")
    assert "même émetteur" in refusal(workspace, ARS + ARS.replace("[ars-bretagne]", "[b]")).message


def test_the_page_says_every_key_and_its_examples_are_read(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.M) == list(KEYS)
    examples = re.findall(r"```toml\n(.*?)```", PAGE, re.S)
    read_ = {}
    for text in examples:
        for name in re.findall(r"^\[([a-z0-9-]+)\]$", text, re.M):
            assert variable(name) in PAGE
            monkeypatch.setenv(variable(name), "x")
        read_ |= read(workspace, text)
    assert set(read_) == {"keycloak", "pro-sante-connect", "bac-a-sable", "proconnect"}
    assert read_["pro-sante-connect"].acr == ("eidas1",)
    assert read_["pro-sante-connect"].scopes == "openid scope_all"
    assert read_["proconnect"].acr == ("eidas1", "eidas2")


def test_the_page_says_every_refusal() -> None:
    source = "".join(
        (Path(__file__).parents[2] / f"src/sanoscope/access/{name}.py").read_text(encoding="utf-8")
        for name in ("providers", "published", "tokens", "oidc", "identities")
    )
    codes = set(re.findall(r'(?:SanoscopeError|SignInError)\(\s*"([\w-]+)"', source))
    assert len(codes) >= 11
    for code in codes:
        assert f"`{code}`" in PAGE, code
