"""What a content coding and HEAD change of an answer: the tag of a packed one is its own, HEAD has no body."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CODING = "gzip"


class Tagged:
    """ASGI middleware, outside of what packs: a strong tag is of one representation (RFC 9110, 8.8.3.3).

    Inside, tags are those of what is not packed, in requests as in answers.

    Args:
        app: who answers and packs.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and the answer back with the tag of its coding."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        known = ",".join(headers.getlist("if-none-match")) if CODING in headers.get("accept-encoding", "") else ""
        if f'-{CODING}"' in known:
            others = [(name, value) for name, value in scope["headers"] if name != b"if-none-match"]
            plain = known.replace(f'-{CODING}"', '"').encode("latin-1")
            scope = {**scope, "headers": [*others, (b"if-none-match", plain)]}

        async def tagged(message: Message) -> None:
            if message["type"] == "http.response.start":
                _tag(MutableHeaders(scope=message), message["status"], known)
            await send(message)

        await self._app(scope, receive, tagged)


def _tag(headers: MutableHeaders, status: int, known: str) -> None:
    """Say of an answer with a tag that it depends on the coding, and of which coding the tag is."""
    etag = headers.get("etag", "")
    if not etag:
        return
    packed = f'{etag[:-1]}-{CODING}"'
    if not etag.startswith("W/") and (headers.get("content-encoding") == CODING or (status == 304 and packed in known)):
        headers["etag"] = packed
    varied = [one.strip() for one in ",".join(headers.getlist("vary")).split(",") if one.strip()]
    headers["vary"] = ", ".join(dict.fromkeys([*varied, "Accept-Encoding"]))


class Headed:
    """ASGI middleware: in the API, HEAD is GET without its body (RFC 9110, 9.3.2).

    Args:
        app: who answers to GET.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope.get("method") != "HEAD" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return

        async def headed(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app({**scope, "method": "GET"}, receive, headed)
