"""Run every measurement and print the report that docs/mesures.md keeps."""

import os
import platform
import sys

import duckdb
import numpy
import pyarrow

from benchmarks import api, disclosure, intake, pages, queries, search


def main() -> None:
    versions = f"Python {platform.python_version()}, DuckDB {duckdb.__version__}, PyArrow {pyarrow.__version__}"
    print(f"{os.cpu_count()} processeurs, {versions}, NumPy {numpy.__version__}.")
    reports = {
        "Réception": intake.run,
        "Questions, édition de démonstration": queries.run,
        "Pages, édition de démonstration": pages.run,
        "API au-dessus de la question, édition de démonstration": api.run,
        "Recherche, édition de démonstration": search.run,
        "Protection": disclosure.run,
    }
    for title, measure in reports.items():
        print(f"\n## {title}\n")
        try:
            print("\n".join(measure()))
        except FileNotFoundError as error:
            sys.exit(str(error))


if __name__ == "__main__":
    main()
