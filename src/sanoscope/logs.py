"""The log: one line an event, made of the fields that are declared here, and of nothing else.

What a file holds, what a reader typed, whose address it is, what an exception says never enter a line, because no
field takes free text: each takes a count, a duration, or a word of a declared form; another value is `UNSAID`.
"""

import logging
import os
import re
import sys
import threading
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import structlog

from sanoscope.workspace import LEVELS, Settings

UNSAID = "?"
"""In the place of what does not have the form of its field."""

Form = Callable[[Any], bool]


def _matching(pattern: str) -> Form:
    whole = re.compile(pattern)
    return lambda value: isinstance(value, str) and whole.fullmatch(value) is not None


def _count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _number(value: Any) -> bool:
    return type(value) in (int, float)


@dataclass(frozen=True, slots=True)
class Several:
    """A list of values of one form."""

    form: Form


WORD = _matching(r"[a-zà-ÿ]+(?:[ _-][a-zà-ÿ]+){0,9}")
"""A word of ours: a code of error, a step, a state, the name of a criterion."""

NAME = _matching(r"[\w.-]{1,80}|")
"""The name of an edition; "" for none."""

SLUG = _matching(r"[a-z0-9-]{1,80}|")
TYPE = _matching(r"[A-Za-z_]{1,60}")
PLACE = _matching(r"\w+\.py:\d+|")
COUNTED = dict.fromkeys(
    ("fichiers", "recus", "connus", "refuses", "laisses", "lignes_lues", "lignes_acceptees", "lignes_refusees"), _count
)
EVENTS: Mapping[str, Mapping[str, Form | Several]] = {
    "requete": {
        "identifiant": _matching(r"[0-9a-f]{32}"),
        "route": _matching(r"/[\w./{}:-]*|autre"),
        "methode": _matching(r"[A-Z]{3,7}|autre"),
        "statut": _count,
        "ms": _number,
        "attente_ms": _number,
        "octets": _count,
        "restitution": SLUG,
        "edition": NAME,
        "criteres": Several(WORD),
        "questions": _count,
        "de_memoire": _count,
    },
    "service": {"etat": WORD, "edition": NAME},
    "etape": {"commande": WORD, "etape": WORD, "secondes": _number},
    "reception": {"commande": WORD, **COUNTED},
    "construction": {
        "commande": WORD,
        "edition": NAME,
        "champs": _count,
        "lignes": _count,
        "retenues": _count,
        "remplacees": _count,
        "secondes": _number,
    },
    "publication": {"commande": WORD, "edition": NAME, "controles": _count, "alertes": _count, "secondes": _number},
    "mise-a-jour": {
        "etat": WORD,
        "code": _count,
        "edition": NAME,
        "avant": NAME,
        "reprise": WORD,
        "controles": _count,
        "alertes": _count,
        "gardees": _count,
        "purgees": _count,
        "secondes": _number,
        **COUNTED,
    },
    "courriels": {
        "partis": _count,
        "laisses": _count,
        "abandonnes": _count,
        "erreur": _matching(r"[A-Za-z_]{0,60}"),
    },
    "sauvegarde": {
        "commande": WORD,
        "edition": NAME,
        "fichiers": _count,
        "octets": _count,
        "lignes": _count,
        "doutes": _count,
        "secondes": _number,
    },
    "refus": {"commande": WORD, "code": WORD},
    "connexion": {"fournisseur": SLUG, "code": WORD, "raison": WORD},
    "panne": {
        "identifiant": _matching(r"[0-9a-f]{32}|"),
        "route": _matching(r"/[\w./{}:-]*|autre|"),
        "erreur": TYPE,
        "lieu": PLACE,
        "pile": Several(PLACE),
    },
    "bibliotheque": {"source": _matching(r"[\w.]{1,60}"), "erreur": _matching(r"[A-Za-z_]{0,60}"), "lieu": PLACE},
}
"""What may be said, by event: the form of each field."""

COMMON = ("instant", "niveau", "evenement", "processus")
"""Fields of every line: when (UTC), how grave, what, which process."""

DEPTH = 12
"""Places of a stack that are told, the last ones."""

_NAMES = {level: name for name, level in LEVELS.items()}
_log: Any = None


def say(event: str, level: str = "info", **fields: Any) -> None:
    """Write a line; nothing where no log was asked for (`configure`).

    Args:
        event: a key of `EVENTS`.
        level: a key of `LEVELS`.
        fields: those of the event; a field that it does not have is left out.
    """
    if _log is not None:
        _log.log(LEVELS[level], event, **fields)


def crash(error: BaseException, **fields: Any) -> None:
    """Write what broke: the type of an exception and where it was raised, never what it says."""
    say("panne", "erreur", **broken(error.__traceback__, type(error)), **fields)


def broken(trace: TracebackType | None, kind: type[BaseException] | None) -> dict[str, Any]:
    """Return the type of an exception and the places of its stack, as fields."""
    places = []
    while trace:
        places.append(f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}")
        trace = trace.tb_next
    places = places[-DEPTH:]
    return {"erreur": kind.__name__ if kind else "", "lieu": places[-1] if places else "", "pile": places}


def configure(settings: Settings, stream: TextIO | None = None) -> None:
    """Write the log as the settings say, that of the libraries and of what breaks among it.

    Args:
        settings: ``niveau`` and ``format``.
        stream: where; the error output, as it is at each line, where none is given.
    """
    global _log  # noqa: PLW0603 - a process has one log
    stderr = stream or sys.stderr
    plain = settings.format == "texte" or (settings.format == "auto" and stderr.isatty())
    end: structlog.typing.Processor = _plain if plain else structlog.processors.JSONRenderer(ensure_ascii=False)
    _log = structlog.wrap_logger(
        _Lines(stream),
        processors=[_allowed, end],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[settings.niveau]),
        cache_logger_on_first_use=True,
    )
    logging.captureWarnings(True)  # noqa: FBT003 - its one argument
    logging.basicConfig(handlers=[_Libraries()], level=logging.WARNING, force=True)
    sys.excepthook = _unexpected


def guard() -> None:
    """Let nothing that breaks in a thread or in a destructor be written but as a line of the log."""
    threading.excepthook = lambda told: crash(told.exc_value or told.exc_type())
    sys.unraisablehook = lambda told: crash(told.exc_value or told.exc_type())


def silence() -> None:
    """Write nothing more."""
    global _log  # noqa: PLW0603 - a process has one log
    _log = None


class _Lines:
    """Writes lines, each whole, to the error output as it is then."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def msg(self, message: str) -> None:
        stream = self._stream or sys.stderr
        stream.write(message + "\n")
        stream.flush()

    log = debug = info = warn = warning = error = critical = fatal = exception = msg


class _Libraries(logging.Handler):
    """What libraries say, without a word of theirs: which one, how grave, the type of the exception if there is one."""

    def emit(self, record: logging.LogRecord) -> None:
        level = "erreur" if record.levelno >= logging.ERROR else "alerte"
        kind, _, trace = record.exc_info if record.exc_info else (None, None, None)
        told = broken(trace, kind)
        say("bibliotheque", level, source=record.name, erreur=told["erreur"], lieu=told["lieu"])


def _unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        say("panne", "erreur", **broken(trace, kind))


def _allowed(_: Any, method: str, fields: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Keep of a line what its event has, each field in its form."""
    event = fields["event"]
    forms = EVENTS[event]
    level = {"debug": 10, "info": 20, "warning": 30, "error": 40}[method]
    head = {
        "instant": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "niveau": _NAMES[level],
        "evenement": event,
        "processus": os.getpid(),
    }
    return head | {name: _formed(fields[name], form) for name, form in forms.items() if name in fields}


def _formed(value: Any, form: Form | Several) -> Any:
    if isinstance(form, Several):
        return [_formed(each, form.form) for each in value] if isinstance(value, list | tuple) else UNSAID
    return value if form(value) else UNSAID


def _plain(_: Any, __: str, fields: MutableMapping[str, Any]) -> str:
    """Return a line for a terminal."""
    head = f"{fields.pop('instant')} {fields.pop('niveau'):<6} {fields.pop('evenement')}"
    told = (f"{name}={','.join(map(str, v)) if isinstance(v, list) else v}" for name, v in fields.items())
    return " ".join([head, *told])
