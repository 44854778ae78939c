"""The attacker on published tables that were masked cell by cell: what comes back, and how long it takes.

``python -m benchmarks.attack FOLDER``: the folder holds smr_2025_etab_cm_gn_gme.csv.gz and mco_cartographie/.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from sanoscope.attack.published import attack_mco, attack_smr

PUBLISHED = Path("../shared/data/published")


def run(folder: Path = PUBLISHED) -> Iterator[str]:
    """Yield the lines of a report."""
    for report in (
        attack_smr(folder / "smr_2025_etab_cm_gn_gme.csv.gz"),
        attack_mco((folder / "mco_cartographie").glob("*.csv")),
    ):
        yield f"{report.title}"
        yield from (f"- {figure}" for figure in report.figures)


if __name__ == "__main__":
    print("\n".join(run(*map(Path, sys.argv[1:2]))))
