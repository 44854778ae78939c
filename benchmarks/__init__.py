"""Measurements, each a ratio taken in one run: `make bench`."""

from pathlib import Path

from sanoscope import workspace as workspaces
from sanoscope.workspace import Workspace

DEMO = Path("demo-workspace")


def demo() -> Workspace:
    """Return the demo workspace.

    Raises:
        FileNotFoundError: there is no demo edition: run ``make demo`` first.
    """
    if not (DEMO / "editions" / "current").exists():
        raise FileNotFoundError("pas d'édition de démonstration : lancez d'abord « make demo »")
    return workspaces.load(DEMO)
