"""What a measure is: its kind in words, and the formula it is worked out by."""

from sanoscope.catalogue.crossed import Rapport
from sanoscope.catalogue.field import Champ, Mesure
from sanoscope.catalogue.source import MesurePubliee
from scripts.reference.text import code, plain, sentence

KINDS = {
    "somme": "somme",
    "rapport": "rapport",
    "indice": "indice",
    "part": "part",
    "ecart_type": "écart-type",
    "distinct": "compte distinct",
    "taux": "taux",
    "population": "population",
    "flux": "flux",
    "publiee": "publiée",
    "croise": "rapport croisé",
}
"""The kinds of measures, in words; `MEANINGS` says what each is."""

MEANINGS = {
    "somme": "Une somme sur les lignes ; elle s'additionne d'une ligne à l'autre du tableau.",
    "rapport": "Une somme divisée par une autre ; il ne s'additionne pas, un total est le rapport des totaux.",
    "indice": "Un rapport, comparé au même rapport de toute la France la même année.",
    "part": "La part d'une somme dans un ensemble ; le dénominateur est celui que dit la formule.",
    "ecart_type": "L'écart-type de ce que chacun ajoute à une somme.",
    "distinct": "Des personnes distinctes : elles ne s'additionnent jamais, un total est compté à part.",
    "taux": "Une somme, ou des personnes, rapportée à la population de la zone de résidence, deux ans avant.",
    "population": "Les habitants de la zone de résidence, deux ans avant.",
    "flux": "Ce qu'une zone consomme (C), produit (P), ou les deux à la fois (I).",
    "publiee": "Un chiffre tel que son éditeur l'a publié ; il n'est pas recalculé, sauf où la formule le dit.",
    "croise": "Un rapport entre colonnes du tableau, montré là où tout ce qui le fait est exact.",
}

FLOWS = {
    "consomme": "C, séjours des résidents de la zone, où qu'ils soient soignés",
    "produit": "P, séjours des établissements de la zone, d'où que viennent les patients",
    "sur_place": "I, séjours de résidents dans la zone",
    "fuite": "(C − I) ÷ C",
    "attractivite": "(P − I) ÷ P",
    "autosuffisance": "I ÷ C",
    "solde": "P − C",
}

WHOLES = {
    "total": "le total des lignes",
    "colonne": "le total de sa colonne",
    "partout": "la même somme, quels que soient les établissements",
}

Measured = Mesure | MesurePubliee | Rapport


def kind(mesure: Measured) -> str:
    """Return the kind of a measure, a key of `KINDS`."""
    return "croise" if isinstance(mesure, Rapport) else mesure.genre


def formula(mesure: Measured, champ: Champ) -> str:
    """Return how a measure is worked out, in words."""
    if isinstance(mesure, Rapport):
        above = " × ".join(map(code, mesure.numerateur))
        days = " ÷ jours de l’année" if mesure.par_jour else ""
        return f"{above} ÷ {code(mesure.denominateur)}{days}{_by(mesure.facteur)}"
    match mesure.genre:
        case "somme":
            return _sum(mesure.de, champ) + _over(mesure.divise)
        case "rapport":
            ratio = f"{_sum(mesure.numerateur, champ)} ÷ {_sum(mesure.denominateur, champ)}"
            return ratio + _by(mesure.pour) + _over(mesure.divise)
        case "indice":
            ratio = f"{_sum(mesure.numerateur, champ)} ÷ {_sum(mesure.denominateur, champ)}"
            return f"({ratio}) ÷ le même rapport de la France{_by(mesure.pour)}"
        case "part":
            told = f"{_sum(mesure.de, champ)} ÷ {WHOLES[mesure.dans]}"
            return told + (", cumulée depuis la première ligne" if mesure.cumulee else "")
        case "ecart_type":
            return f"écart-type de {_sum(mesure.somme, champ)}, par {_sum(mesure.nombre, champ)}"
        case "distinct":
            return f"{plain(champ.distincts[mesure.de].libelle)}, chacun une fois"
        case "taux":
            return _rate(mesure.de, champ, pour=mesure.pour, standard=mesure.standardise) + _beside(mesure)
        case "population":
            return "habitants de la zone, deux ans avant"
        case "flux":
            return f"{FLOWS[mesure.sens]} ({_sum(mesure.de, champ)})"
    return _published(mesure)


def definition(mesure: Measured) -> str:
    """Return the definition of a measure, as a sentence."""
    return sentence(mesure.definition)


def _published(mesure: MesurePubliee) -> str:
    if mesure.rapport:
        above, below = mesure.rapport
        return f"{code(above)} ÷ {code(below)}{_by(mesure.facteur)}"
    if mesure.ecart:
        return f"écart, en %, de {code(mesure.ecart)} selon {code(mesure.entre)}"
    if mesure.de:
        return f"colonne {code(mesure.de)} du fichier" + (f", ou {code(mesure.sinon)}" if mesure.sinon else "")
    return "colonne du fichier publié"


def _rate(name: str, champ: Champ, *, pour: int, standard: bool) -> str:
    people = f"{_sum(name, champ)} pour {pour} habitants"
    return f"{people}, standardisé par âge et sexe (directement, France de référence)" if standard else people


def _beside(mesure: Measured) -> str:
    borne, indice = getattr(mesure, "borne", ""), getattr(mesure, "indice", "")
    if borne:
        return f" ; borne {borne} de son intervalle de confiance à 95 %"
    return f" ; en centièmes de celui de la {'région' if indice == 'region' else 'France'}" if indice else ""


def _sum(name: str, champ: Champ) -> str:
    known = champ.sommes.get(name) or champ.distincts.get(name)
    return f"« {plain(known.libelle)} »" if known else code(name)


def _by(factor: float) -> str:
    return "" if factor == 1 else f" × {factor:g}"


def _over(divisor: int) -> str:
    return "" if divisor == 1 else f" ÷ {divisor}"
