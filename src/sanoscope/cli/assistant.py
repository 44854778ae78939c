"""``sanoscope assistant``: the server of MCP on a site or a workspace."""

import os
from pathlib import Path

from sanoscope.cli.common import workspace_of
from sanoscope.client import Client
from sanoscope.errors import SanoscopeError

KEY = "SANOSCOPE_CLE"
"""Variable that holds a key of the API: the arguments of a process are read by whoever is on the machine."""


def answer_assistant(address: str, workspace: Path | None) -> None:
    """Answer on the standard input and output until they are closed.

    Args:
        address: of a site; "" for a workspace.
        workspace: its directory; None for the current one or one above.

    Raises:
        SanoscopeError: ``options``: both are given; ``assistant-absent``: the extra is not installed.
        NotFoundError: there is no workspace.
    """
    if address and workspace:
        raise SanoscopeError("options", "Donnez --adresse ou --workspace, et pas les deux.")
    try:
        from sanoscope.client.assistant import server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("mcp", "mcp_types"):
            raise
        raise SanoscopeError(
            "assistant-absent",
            "Le serveur de l'assistant n'est pas installé.",
            todo="Installez-le : pip install 'sanoscope[assistant]'.",
        ) from error
    with Client(address or workspace_of(workspace).root, os.environ.get(KEY)) as client:
        server(client).run("stdio")
