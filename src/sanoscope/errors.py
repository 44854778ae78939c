"""The one error family: what was wrong, with which value, what is allowed, what to do next."""

from collections.abc import Iterable
from difflib import get_close_matches

from sanoscope.sentence import Name, Sentence


class SanoscopeError(Exception):
    """An error a person can act on.

    Args:
        code: stable identifier for machines (kebab-case French words).
        message: what was wrong and with which value, in French.
        allowed: what would have been accepted; shown in full up to a readable length.
        todo: what to do next, in French.
    """

    def __init__(self, code: str, message: str, *, allowed: Iterable[str] = (), todo: str = "") -> None:
        self.code = code
        self.message = message
        self.allowed = tuple(allowed)
        self.todo = todo
        super().__init__(str(self))

    def __str__(self) -> str:
        """Return the message, what is allowed and what to do, on one line each."""
        parts = [self.message]
        if self.allowed:
            parts.append("Sont admis : " + ", ".join(_shortened(self.allowed)) + ".")
        if self.todo:
            parts.append(self.todo)
        return "\n".join(parts)


class CriterionError(SanoscopeError):
    """A criterion, a value or a combination of a query that cannot be answered.

    Args:
        code, message, allowed, todo: as of any error.
        criterion: the criterion that it concerns, "" for none in particular.
    """

    def __init__(
        self, code: str, message: str, *, allowed: Iterable[str] = (), todo: str = "", criterion: str = ""
    ) -> None:
        super().__init__(code, message, allowed=allowed, todo=todo)
        self.criterion = criterion


class ForbiddenError(CriterionError):
    """A question that is not for who asks it."""


class SignInError(SanoscopeError):
    """Something shown to say who asks, that is not admitted."""


class RefusedError(SanoscopeError):
    """A request made in a reader's name by somebody else."""


class LaterError(SanoscopeError):
    """A request that is not taken now.

    Args:
        code, message, todo: as of any error.
        after: when trying again may make sense (s).
    """

    def __init__(self, code: str, message: str, *, todo: str, after: int) -> None:
        super().__init__(code, message, todo=todo)
        self.after = after


class TooOftenError(LaterError):
    """A request of a reader who has made too many of them."""


class BusyError(LaterError):
    """A request that this machine cannot answer now, or not at all if it always asks for so much."""


class NotYetError(LaterError):
    """A request of what is being made."""


class TooLongError(BusyError):
    """A question whose time is over."""


class UnsupportedError(SanoscopeError):
    """A request that makes sense, for what is not done here."""


class NotAcceptableError(SanoscopeError):
    """A request for forms of an answer that it does not have."""


class InputFileError(SanoscopeError):
    """A file that cannot be read as what it claims to be."""


class NotFoundError(SanoscopeError):
    """A restitution, an edition or a workspace that does not exist."""


ASKED = (
    Sentence("Vouliez-vous dire « %(a)s » ?"),
    Sentence("Vouliez-vous dire « %(a)s » ou « %(b)s » ?"),
    Sentence("Vouliez-vous dire « %(a)s » ou « %(b)s » ou « %(c)s » ?"),
)


def suggest(value: str, allowed: Iterable[str]) -> str:
    """Return « Vouliez-vous dire … ? » when something allowed is close to value, else an empty text."""
    close = get_close_matches(value, list(allowed), n=3, cutoff=0.6)
    return Sentence(ASKED[len(close) - 1], **dict(zip("abc", map(Name, close), strict=False))) if close else ""


def _shortened(values: tuple[str, ...], limit: int = 40) -> list[str]:
    if len(values) <= limit:
        return list(values)
    return [*values[:limit], f"… ({len(values)} en tout)"]
