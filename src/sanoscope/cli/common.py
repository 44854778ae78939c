"""What commands have in common: where they write, how they say an error, the workspace that they work in."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from sanoscope import logs
from sanoscope import workspace as workspaces
from sanoscope.errors import SanoscopeError
from sanoscope.operate.lines import say_refusal
from sanoscope.workspace import Workspace

out, err = Console(soft_wrap=True), Console(stderr=True, soft_wrap=True)

WorkspaceOption = Annotated[
    Path | None, typer.Option("--workspace", help="L'espace de travail ; sinon le dossier courant ou un parent.")
]


@contextmanager
def saying(command: str = "") -> Iterator[None]:
    """Say an expected error plainly and exit with 1; of a command that keeps a log, there too."""
    try:
        yield
    except SanoscopeError as error:
        if command:
            say_refusal(command, error)
        err.print(f"[bold red]Erreur[/] {escape(f'[{error.code}]')}", highlight=False)
        err.print(str(error), highlight=False, markup=False)
        raise typer.Exit(1) from error


def workspace_of(directory: Path | None, *, logged: bool = False) -> Workspace:
    """Return the workspace asked for; ``logged``: what is done in it goes to the log that its settings say."""
    place = workspaces.load(directory) if directory else workspaces.find()
    if logged:
        logs.configure(place.settings)
    return place
