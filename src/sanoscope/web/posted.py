"""What a reader's form posts: from our own pages only, of a bounded size, read without any library of forms."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl

from fastapi import Request

from sanoscope.api.posted import LARGEST, check_origin, received
from sanoscope.errors import CriterionError
from sanoscope.sentence import Sentence

FIELDS = 1000


@dataclass(frozen=True, slots=True)
class Posted:
    """A form that was posted.

    Attributes:
        fields: (name, text), in order.
        files: contents by name of the field, those left empty not there.
    """

    fields: tuple[tuple[str, str], ...]
    files: dict[str, bytes]

    def text(self, name: str) -> str:
        """Return the first text of a name, "" for none."""
        return next((text for field, text in self.fields if field == name), "")


def posting(largest: int = LARGEST) -> Callable[[Request], Awaitable[Posted]]:
    """Return a dependency that gives what is posted.

    It raises `RefusedError`, and CriterionError ``envoi-trop-grand`` or ``envoi-illisible``.
    """

    async def posted(request: Request) -> Posted:
        check_origin(request)
        body = await received(request, largest, Sentence("Ne gardez que la colonne des FINESS."))
        return parsed(body, request.headers.get("content-type", ""))

    return posted


def parsed(body: bytes, content_type: str) -> Posted:
    """Return a form's fields and files from its body.

    Raises:
        CriterionError: ``envoi-illisible``.
    """
    kind = content_type.partition(";")[0].strip().lower()
    try:
        if kind == "application/x-www-form-urlencoded":
            pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS, errors="strict")
            return Posted(tuple(pairs), {})
        if kind == "multipart/form-data":
            return _multipart(body, content_type)
    except ValueError as error:
        raise _unreadable() from error
    raise _unreadable()


def _multipart(body: bytes, content_type: str) -> Posted:
    header = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1")
    message = BytesParser(policy=HTTP).parsebytes(header + body)
    if not message.is_multipart():
        raise ValueError("no parts")
    fields: list[tuple[str, str]] = []
    files: dict[str, bytes] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(content, bytes):
            raise ValueError("a part without a name")
        if part.get_filename() is not None:
            if content:
                files.setdefault(name, content)
        elif "filename" not in str(part.get("content-disposition", "")):  # an empty file field has an empty filename
            fields.append((name, content.decode()))
    return Posted(tuple(fields), files)


def _unreadable() -> CriterionError:
    return CriterionError(
        "envoi-illisible",
        Sentence("Cet envoi n'est pas celui d'un formulaire en UTF-8."),
        todo=Sentence("Envoyez depuis la page."),
    )
