"""A hand-made table that holds every state: what formats are tried on."""

from sanoscope.query.table import Figure, Label, Measured, State, Table

E, M, A, S, NA, MISSING = (
    State.EXACT,
    State.MASKED,
    State.APPROXIMATE,
    State.SECRET,
    State.NOT_APPLICABLE,
    State.NOT_AVAILABLE,
)


def measured(
    name: str,
    states: tuple[State, ...],
    values: tuple[Figure, ...],
    *,
    estimates: tuple[Figure, ...] = (),
    margins: tuple[Figure, ...] = (),
    decimals: int = 0,
    unit: str = "",
) -> Measured:
    return Measured(
        name, name.capitalize(), unit, decimals, f"Ce que sont les {name}.", values, states, estimates, margins
    )


def one(*, estimate: Figure, margin: Figure, decimals: int = 0) -> Measured:
    """A column of one approximate cell."""
    margins = () if margin is None else (margin,)
    return measured("sejours", (A,), (None,), estimates=(estimate,), margins=margins, decimals=decimals)


def every_state() -> Table:
    """Six establishments and a total; séjours are approached with margins, the age without, séances are exact."""
    names = ("CH A", "CH B", "CH C", "CH D", "CH E", "=1+1", "Total")
    return Table(
        title="Essai",
        query="annee=2023",
        labels=(Label("finess", "FINESS", (*"123456", "")), Label("raison_sociale", "Raison sociale", names)),
        figures=(
            measured(
                "sejours",
                (E, M, A, S, NA, MISSING, E),
                (4321, None, None, None, None, None, 9000),
                estimates=(None, None, 1234, None, None, None, None),
                margins=(None, None, 12, None, None, None, None),
            ),
            measured(
                "age",
                (E, A, A, NA, NA, MISSING, E),
                (50.0, None, None, None, None, None, 61.25),
                estimates=(None, 70.126, 71.5, None, None, None, None),
                decimals=2,
                unit="ans",
            ),
            measured("seances", (E,) * 7, (0, 0, 0, 12, 0, 0, 12)),
        ),
        kinds=("detail",) * 6 + ("total",),
        edition="petite",
        state="en cours",
        made="2024-01-02",
        notes=("Une note.",),
    )
