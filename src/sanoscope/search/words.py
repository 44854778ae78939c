"""Words as the index keeps them: without accents or case, abbreviations of names written out."""

import re
import unicodedata

ABBREVIATIONS = {
    "st": "saint",
    "ste": "sainte",
    "chru": "chu",
    "ctre": "centre",
    "clin": "clinique",
    "hop": "hopital",
    "polyclin": "polyclinique",
}
"""What the names of establishments and places shorten; a CHRU and a CHU are the same thing under two names."""

IGNORED = frozenset(
    (
        "a",
        "au",
        "aux",
        "d",
        "de",
        "des",
        "du",
        "en",
        "et",
        "l",
        "la",
        "le",
        "les",
        "ou",
        "par",
        "pour",
        "sur",
        "un",
        "une",
    )
)
"""Words that a question may carry and a name may lack."""

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss"})
_WORD = re.compile(r"[a-z0-9]+")
_DOTTED = re.compile(r"\b([a-z]\d\d|\d+)\.(?=\d)")
"""What a dot cuts in a code: A41.9 of the CIM-10, that the PMSI writes A419; 3.1.3 of the LPP."""


def words(text: str) -> list[str]:
    """Return the words of a text, in order: lower-case letters a to z and digits only.

    >>> words("CHRU de Saint-Étienne, cœur")
    ['chu', 'de', 'saint', 'etienne', 'coeur']
    >>> words("F32.1")
    ['f321']
    """
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LIGATURES))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return [ABBREVIATIONS.get(word, word) for word in _WORD.findall(_DOTTED.sub(r"\1", plain))]


def asked_words(text: str) -> list[str]:
    """Return the words of a question, each once, without those that say nothing unless there are no others."""
    found = list(dict.fromkeys(words(text)))
    return [word for word in found if word not in IGNORED] or found


def trigrams(text: str) -> list[str]:
    """Return the runs of three characters of a text, each once."""
    return list(dict.fromkeys(text[i : i + 3] for i in range(len(text) - 2)))
