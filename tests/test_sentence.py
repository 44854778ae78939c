"""A sentence is French wherever it goes, and English where a page says it in English."""

from datetime import date

import orjson

from sanoscope.sentence import Inner, Name, Number, Sentence, joined
from sanoscope.web.language import language

FRENCH, ENGLISH = language("fr"), language("en")
NOTE = Sentence(
    "Édition %(nom)s (%(etat)s), construite le %(jour)s.",
    nom="d5",
    etat=Sentence("en cours"),
    jour=date(2026, 11, 24),
)


def test_a_sentence_is_a_french_text() -> None:
    assert NOTE == "Édition d5 (en cours), construite le 24/11/2026."
    assert orjson.loads(orjson.dumps({"note": NOTE})) == {"note": str(NOTE)}
    assert Sentence("80 % des séjours") == "80 % des séjours"


def test_a_language_says_it_with_its_own_dates() -> None:
    assert FRENCH.say(NOTE) == "Édition d5 (en cours), construite le 24 novembre 2026."
    assert ENGLISH.say(NOTE) == "Edition d5 (under way), built on 24 November 2026."


def test_figures_are_written_as_the_language_does() -> None:
    around = Sentence("%(bas)s à %(haut)s", bas=Number(1234.5, 1), haut=Number(30000))
    assert around == "1\u202f234,5 à 30\u202f000"
    assert ENGLISH.say(around) == "1,234.5 to 30,000"


def test_each_part_of_a_text_is_said() -> None:
    title = joined(" — ", [Sentence("France entière"), "2023", Sentence("panier de %(n)s établissements", n=1200)])
    assert title == "France entière — 2023 — panier de 1200 établissements"
    assert ENGLISH.say(title) == "All of France — 2023 — basket of 1,200 hospitals"
    assert joined(" % ", ["a", "b"]) == "a % b"


def test_a_sentence_within_another_begins_small_in_each_language_unless_an_acronym_comes_first() -> None:
    by = [Sentence("par %(niveau)s", niveau=Inner(text)) for text in ("Domaine d'activité (DoAc)", "GHM")]
    assert by == ["par domaine d'activité (DoAc)", "par GHM"]
    assert [ENGLISH.say(text) for text in by] == ["by field of activity (DoAc)", "by GHM"]
    assert ENGLISH.html(by[0]) == "by field of activity (DoAc)"


def test_a_name_says_that_it_is_french() -> None:
    title = joined(" — ", [Sentence("France entière"), Name("Clinique <du Parc>")])
    assert ENGLISH.html(title) == 'All of France — <span lang="fr">Clinique &lt;du Parc&gt;</span>'
    assert FRENCH.html(title) == "France entière — Clinique &lt;du Parc&gt;"


def test_what_a_reader_wrote_stays_text_and_is_no_template() -> None:
    told = Sentence("%(name)s : « %(value)s » n'est pas admis.", name="zone", value="<b>%(name)s</b>")
    assert ENGLISH.say(told) == "zone: “<b>%(name)s</b>” is not accepted."
    assert "<b>" not in ENGLISH.html(told)


def test_what_has_no_english_says_so() -> None:
    assert ENGLISH.html("Un texte inconnu") == '<span lang="fr">Un texte inconnu</span>'
    assert ENGLISH.html(Sentence("Total")) == "Total"
