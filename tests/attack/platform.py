"""A platform small enough to hold in a head, that answers as the open API does and masks as it is told to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sanoscope.attack.face import Face, Link, Listing, Map, Ratio, Shares
from sanoscope.attack.world import Establishment, Residence, World, Year
from sanoscope.errors import SanoscopeError

Counts = NDArray[np.int64]
ANNEE = 2023
TREE = {
    "racine": {
        "05M09": {"ga": "G1", "doac": "D1", "cmd": "05"},
        "05M10": {"ga": "G1", "doac": "D1", "cmd": "05"},
        "06K04": {"ga": "G2", "doac": "D1", "cmd": "06"},
        "06C01": {"ga": "G3", "doac": "D2", "cmd": "06"},
    },
    "ga": {"G1": {"doac": "D1"}, "G2": {"doac": "D1"}, "G3": {"doac": "D2"}},
    "doac": {"D1": {}, "D2": {}},
    "cmd": {"05": {}, "06": {}},
}
CASEMIX, MAP, SHARES = "casemix-mco", "cartographie-activite-mco", "parts-de-marche-mco"
FACE = Face(
    "mco",
    people=("sejours", "sejours_hc", "sejours_hp", "seances"),
    listings=tuple(Listing(CASEMIX, (level,), level) for level in ("cmd", "doac", "ga", "racine")),
    partitions=("doac", "cmd"),
    maps=(Map(MAP, ("doac", "cmd", "ga", "racine"), ("doac", "cmd")),),
    shares=(Shares(SHARES, ("doac", "cmd"), "sejours", "part_de_marche"),),
    riders={"seances": ("lignes_seances",), "nuits": ("sejours_hc",)},
    links=(Link("sejours", ("sejours_hc", "sejours_hp")), Link("lignes", ("sejours", "lignes_seances"))),
    ratios=(
        Ratio("part_deces", "deces", "lignes", 100, others="survivants"),
        Ratio("dms", "nuits", "sejours"),
    ),
    patients=("patients", "lignes"),
)
ROOTS = list(TREE["racine"])
DECIMALS = {"part_deces": 1, "part_hommes": 1, "dms": 2, "part_de_marche": 1}


class RefusedError(SanoscopeError):
    """A question that this platform does not answer."""


@dataclass(frozen=True)
class Asked:
    """A cell about to be shown: what it counts, for whom, at what level."""

    slug: str
    measure: str
    value: float
    criteria: Mapping[str, str]
    finess: str
    level: str
    code: str

    @property
    def place(self) -> str:
        """Kind of place: an establishment (asked for, or a row of its own), or what was asked for."""
        if self.finess:
            return "etablissement"
        kinds = [k for k in ("etablissement", "panier", "zone", "secteur", "categorie", "ght") if k in self.criteria]
        return kinds[0] if kinds else "france"


Shown = tuple[str, float | None]
"""(state, estimate)."""


def weak(cell: Asked) -> Shown:
    """Mask 1 to 10, and nothing else: what most platforms do."""
    return ("masque" if 0 < cell.value < 11 and cell.measure not in DECIMALS else "exact"), None


@dataclass
class Platform:
    """A country and how it answers.

    Attributes:
        hc, hp: int[establishments, roots] full and partial stays of the year.
        deaths, nights: int[establishments, roots].
        monthly: int[12, establishments, roots], stays by month; none for no months.
        policy: state and estimate of a cell.
        answers: whether a question is answered at all.
        measures: measures shown, by slug.
        totals: whether tables have a total row.
        zones: département of each establishment.
        residents: int[residence codes, establishments], for market shares.
    """

    hc: Counts
    hp: Counts | None = None
    deaths: Counts | None = None
    nights: Counts | None = None
    monthly: Counts | None = None
    policy: Callable[[Asked], Shown] = weak
    answers: Callable[[str, Mapping[str, str]], bool] = lambda slug, criteria: True
    measures: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {
            "casemix-mco": ("sejours", "seances"),
            "cartographie-activite-mco": ("sejours", "sejours_hc", "sejours_hp", "seances"),
            "parts-de-marche-mco": ("sejours", "part_de_marche"),
        }
    )
    totals: bool = True
    zones: tuple[str, ...] = ()
    residents: Counts | None = None
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.hp = np.zeros_like(self.hc) if self.hp is None else self.hp
        self.zones = self.zones or ("29",) * len(self.hc)

    @property
    def finess(self) -> list[str]:
        return [f"{zone}000000{i}" for i, zone in enumerate(self.zones)]

    def world(self) -> World:
        everyone = tuple(
            Establishment(f, zone, "53", "public" if i % 2 else "prive", "CH", f"G{zone}")
            for i, (f, zone) in enumerate(zip(self.finess, self.zones, strict=True))
        )
        codes = range(0 if self.residents is None else len(self.residents))
        residences = tuple(Residence(f"29{c:03d}", "29", "53", "T1") for c in codes)
        return World(FACE, (Year(ANNEE, everyone, TREE, 12 if self.monthly is not None else 0, residences),))

    def ask(self, slug: str, criteria: Mapping[str, str]) -> dict[str, Any]:
        self.asked.append((slug, dict(criteria)))
        if not self.answers(slug, criteria):
            raise RefusedError("refus", f"{slug} {dict(criteria)}")
        if slug == "parts-de-marche-mco":
            return self._market_shares(slug, criteria)
        who = self._members(criteria)
        level, code = (criteria.get("activite", ":")).split(":")
        what = [i for i, root in enumerate(ROOTS) if not level or code in (root, TREE["racine"][root].get(level))]
        month = int(criteria.get("mois", 12))
        rows = []
        if slug == "casemix-mco":
            by = criteria["regroupement"]
            for group in TREE[by]:
                inside = [i for i in what if group in (ROOTS[i], TREE["racine"][ROOTS[i]].get(by))]
                rows.append(self._row(slug, criteria, who, inside, month, level=by, code=group))
            labels = [by]
        else:
            rows = [self._row(slug, criteria, [e], what, month, level=level, code=code, finess=True) for e in who]
            labels = ["finess"]
        rows = [row for row in rows if row.pop("_n")]
        if self.totals:
            total = self._row(slug, criteria, who, what, month, level=level, code=code)
            total.pop("_n")
            rows.append(total | {"genre": "total", labels[0]: ""})
        return self._document(slug, labels, rows)

    def _members(self, criteria: Mapping[str, str]) -> list[int]:
        everyone = self.world().years[0].etablissements
        chosen = set(self.finess)
        if "etablissement" in criteria:
            chosen = {criteria["etablissement"]}
        if "panier" in criteria:
            chosen = set(criteria["panier"].split(","))
        kind, _, code = criteria.get("zone", "").partition(":")
        wanted = {k: criteria[k] for k in ("secteur", "categorie", "ght") if k in criteria} | (
            {kind: code} if kind else {}
        )
        return [
            i
            for i, e in enumerate(everyone)
            if e.finess in chosen and all(getattr(e, k) == v for k, v in wanted.items())
        ]

    def _row(
        self,
        slug: str,
        criteria: Mapping[str, str],
        who: list[int],
        what: list[int],
        month: int,
        *,
        level: str,
        code: str,
        finess: bool = False,
    ) -> dict[str, Any]:
        at = np.ix_(who, what)
        hc, hp = int(self.hc[at].sum()), int(self.hp[at].sum())
        stays = hc + hp if month == 12 else int(self.monthly[:month][:, who][:, :, what].sum())
        values: dict[str, float] = {"sejours": stays, "sejours_hc": hc, "sejours_hp": hp, "seances": 0}
        if self.deaths is not None and stays:
            values["part_deces"] = 100 * int(self.deaths[at].sum()) / stays
        if self.nights is not None and stays:
            values["dms"] = int(self.nights[at].sum()) / stays
        name = self.finess[who[0]] if finess else criteria.get("etablissement", "")
        cells = self._cells(slug, values, criteria, name, level, code)
        return {
            "genre": "detail",
            "finess" if finess else level or "finess": name if finess else code,
            **cells,
            "_n": stays,
        }

    def _cells(
        self, slug: str, values: Mapping[str, float], criteria: Mapping[str, str], finess: str, level: str, code: str
    ) -> dict[str, Any]:
        cells: dict[str, Any] = {}
        for measure in self.measures[slug]:
            value = values.get(measure)
            state, estimate = ("sans_objet", None)
            if value is not None:
                state, estimate = self.policy(Asked(slug, measure, value, criteria, finess, level, code))
            digits = DECIMALS.get(measure, 0)
            cells[measure] = (round(value, digits) if digits else int(value)) if state == "exact" else None
            cells[f"{measure}_etat"] = state
            cells[f"{measure}_estimation"] = estimate
        return cells

    def _market_shares(self, slug: str, criteria: Mapping[str, str]) -> dict[str, Any]:
        kind, _, code = criteria.get("zone", "").partition(":")
        zones = self.world().years[0].residences
        who = [i for i, z in enumerate(zones) if not kind or getattr(z, kind) == code]
        counts = self.residents[who].sum(axis=0)
        rows = []
        for i, finess in enumerate(self.finess):
            values = {"sejours": int(counts[i]), "part_de_marche": 100 * int(counts[i]) / int(counts.sum())}
            if counts[i]:
                cells = self._cells(slug, values, criteria, finess, "", "")
                rows.append({"genre": "detail", "finess": finess, **cells})
        values = {"sejours": int(counts.sum()), "part_de_marche": 100.0}
        rows.append({"genre": "total", "finess": "", **self._cells(slug, values, criteria, "", "", "")})
        return self._document(slug, ["finess"], rows)

    def _document(self, slug: str, labels: list[str], rows: list[dict[str, Any]]) -> dict[str, Any]:
        texts = [{"nom": name, "libelle": name, "genre": "texte"} for name in labels]
        figures = [
            {"nom": m, "libelle": m, "genre": "mesure", "unite": "", "decimales": DECIMALS.get(m, 0), "definition": ""}
            for m in self.measures[slug]
        ]
        return {"titre": slug, "requete": "", "edition": {}, "notes": [], "colonnes": texts + figures, "lignes": rows}
