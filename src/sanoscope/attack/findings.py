"""What the attacker found, and the report that says it, in French."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

Kind = Literal["exact", "montre", "contradiction", "etroit"]

MEANING: dict[Kind, str] = {
    "montre": "Effectifs de 1 à 10 montrés tels quels",
    "exact": "Effectifs de 1 à 10 retrouvés exactement",
    "contradiction": "Réponses qui se contredisent",
    "etroit": "Effectifs de 1 à 10 réduits à trois valeurs ou moins",
}
"""What each kind of finding is, worst first."""

FAILS: frozenset[Kind] = frozenset({"exact", "montre"})
"""What the promise excludes. A contradiction misleads readers and the attacker alike; it betrays no one."""

SHOWN = 15


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a reader can infer.

    Attributes:
        kind: see `MEANING`.
        key: of what, in words: year, place, activity, measure.
        low, high: values that remain; equal where it is exact.
        how: the way it was found.
    """

    kind: Kind
    key: str
    low: int
    high: int
    how: str

    def __str__(self) -> str:
        """Return one line."""
        if self.kind == "contradiction":
            return f"{self.key} ({self.how})"
        value = f"= {self.low}" if self.low == self.high else f"de {self.low} à {self.high}"
        return f"{self.key} : {value} ({self.how})"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of what was done: a label, a value, a unit ("" for a count)."""

    label: str
    value: float
    unit: str = ""

    def __str__(self) -> str:
        """Return one line, French digits."""
        digits = f"{self.value:,.0f}" if float(self.value).is_integer() else f"{self.value:,.1f}"
        return f"{self.label} : {digits.replace(',', ' ').replace('.', ',')} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Report:
    """All that was found.

    Attributes:
        title: what was attacked.
        findings: in the order they were found.
        figures: what was asked, known, computed.
        unfinished: what time, or the platform, did not allow, in French.
    """

    title: str
    findings: tuple[Finding, ...]
    figures: tuple[Figure, ...]
    unfinished: tuple[str, ...] = ()

    @property
    def tient(self) -> bool:
        """Nothing small is shown, nothing small can be pinned."""
        return not any(finding.kind in FAILS for finding in self.findings)

    def of(self, kind: Kind) -> tuple[Finding, ...]:
        """Return the findings of a kind."""
        return tuple(finding for finding in self.findings if finding.kind == kind)

    def figure(self, label: str) -> float:
        """Return a figure by its label.

        Raises:
            KeyError: there is none.
        """
        return {figure.label: figure.value for figure in self.figures}[label]

    def __str__(self) -> str:
        """Return the report, as a person reads it."""
        lines = [self.title, "=" * len(self.title), "", "Verdict : " + ("tient." if self.tient else "NE TIENT PAS.")]
        lines += ["", *(f"- {figure}" for figure in self.figures)]
        for kind, meaning in MEANING.items():
            found = self.of(kind)
            lines += ["", f"{meaning} : {len(found)}"]
            ways = Counter(finding.how for finding in found)
            lines += [f"  par {how} : {count}" for how, count in ways.most_common()]
            lines += [f"  - {finding}" for finding in found[:SHOWN]]
            lines += [f"  … et {len(found) - SHOWN} autres"] if len(found) > SHOWN else []
        if self.unfinished:
            lines += ["", "Non achevé :", *(f"- {text}" for text in self.unfinished)]
        return "\n".join(lines) + "\n"
