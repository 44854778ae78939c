"""The settings of a workspace: each has its type and its default; a wrong one says what to write."""

import pytest

from sanoscope import workspace as workspaces
from sanoscope.errors import SanoscopeError
from sanoscope.workspace import DEFAULT_SETTINGS, SETTINGS_FILE, Settings, Workspace


def settings(place: Workspace, text: str) -> Settings:
    (place.root / SETTINGS_FILE).write_text(text, encoding="utf-8")
    return workspaces.load(place.root).settings


def test_the_settings_written_are_the_defaults(workspace: Workspace) -> None:
    assert settings(workspace, DEFAULT_SETTINGS) == settings(workspace, "") == Settings()


@pytest.mark.parametrize(("written", "value"), [("true", True), ("false", False)])
def test_estimates_may_be_shown_or_not(workspace: Workspace, written: str, value: bool) -> None:
    assert settings(workspace, f"[masquage]\napproche = {written}\n").approche is value


@pytest.mark.parametrize("written", ["", "https://stats.exemple.fr", "http://127.0.0.1:8000/pmsi"])
def test_a_public_address_is_one_without_a_last_slash(workspace: Workspace, written: str) -> None:
    assert settings(workspace, f'[service]\nadresse = "{written}"\n').adresse == written


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[masquage]\napproche = 0\n", "approche = true"),
        ("[masquage]\nseuil = true\n", "seuil = 11"),
        ("[masquage]\nseuil = 0\n", "≥ 1"),
        ("[moteur]\nmemoire = 4\n", 'memoire = "4GB"'),
        ('[journal]\nniveau = "bavard"\n', "'bavard'"),
        ('[journal]\nformat = "xml"\n', "'xml'"),
        ('[service]\nmetriques = "127.0.0.1, ici"\n', "10.0.0.0/24"),
        ('[service]\nadresse = "stats.exemple.fr"\n', "'stats.exemple.fr'"),
        ('[service]\nadresse = "https://stats.exemple.fr/"\n', "forme attendue"),
        ('[rafraichissement]\ncourriel_chiffrement = "ssl"\n', "'ssl'"),
    ],
)
def test_a_wrong_setting_says_what_to_write(workspace: Workspace, text: str, words: str) -> None:
    with pytest.raises(SanoscopeError) as caught:
        settings(workspace, text)
    assert words in f"{caught.value.message} {caught.value.todo}"
