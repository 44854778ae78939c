"""``sanoscope serve``: one process or several on one address; asked to stop, each ends what it is answering."""

import os
import socket
import tempfile

import uvicorn
from uvicorn.supervisors import Multiprocess

from sanoscope import logs
from sanoscope.edition.publication import current
from sanoscope.errors import SanoscopeError
from sanoscope.serve.app import COMPLETE, PLACE, create_app
from sanoscope.serve.door import SENDING
from sanoscope.serve.metrics import SHARED
from sanoscope.workspace import Workspace

HEADERS = 32 * 1024
"""Bytes of the line and the headers of a request; an address is at most half of it (`api.limits.ADDRESS_LARGEST`)."""

STARTING = 60
"""Seconds without a sign after which a process is taken for lost; a busy machine takes some to read the catalogue."""


def listen(host: str, port: int) -> socket.socket:
    """Return what listens at an address.

    Raises:
        SanoscopeError: ``adresse-prise``: it cannot be listened to.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise SanoscopeError(
            "adresse-prise",
            f"On ne peut pas écouter sur {host}, port {port} ({error.strerror}).",
            todo="Donnez-en d'autres : --host, --port, ou les réglages service.hote et service.port.",
        ) from error


def run(workspace: Workspace, listening: socket.socket, *, processes: int = 1, complete: bool = False) -> None:
    """Serve a workspace until asked to stop (SIGTERM, Ctrl-C).

    Args:
        workspace: what is served; its log is configured.
        listening: where.
        processes: how many answer; one that dies is replaced.
        complete: small counts are given too, to those who may see them.
    """
    settings = workspace.settings
    logs.say("service", etat="ouvert", edition=current(workspace.editions))
    stopping = round(SENDING) + settings.attente + settings.duree_question

    def config(app: object, *, factory: bool = False) -> uvicorn.Config:
        return uvicorn.Config(
            app,  # type: ignore[arg-type]
            factory=factory,
            workers=processes,
            http="h11",
            ws="none",
            log_config=None,
            access_log=False,  # an address holds what a reader typed
            server_header=False,
            h11_max_incomplete_event_size=HEADERS,
            timeout_graceful_shutdown=stopping,
            timeout_worker_healthcheck=STARTING,
        )

    logs.guard()
    if processes == 1:
        uvicorn.Server(config(create_app(workspace, complete=complete))).run(sockets=[listening])
    else:
        with tempfile.TemporaryDirectory(prefix="sanoscope-") as shared:
            os.environ |= {PLACE: str(workspace.root), SHARED: shared} | ({COMPLETE: "oui"} if complete else {})
            Multiprocess(config(f"{create_app.__module__}:of_environment", factory=True), sockets=[listening]).run()
    logs.say("service", etat="fermé", edition="")
