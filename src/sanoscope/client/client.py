"""The client: questions in, `Reponse` out."""

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Any, Self, TypeAlias, cast
from urllib.parse import quote

import pyarrow as pa

from sanoscope.client.cache import Cached
from sanoscope.client.refusal import refusal
from sanoscope.client.reponse import Reponse
from sanoscope.client.shapes import Code, CritereDit, Decrite, Detaillee, EditionPubliee, Trouvailles
from sanoscope.client.transport import Http, Reply, Transport

AT_ONCE = 4
"""Questions that `Client.plusieurs` asks at the same time."""

Critere: TypeAlias = str | int | date | Iterable[str | int] | None
"""The value of a criterion: several are given as a list; None is not given."""


class Client:
    """What a Sanoscope answers, with the same code on the address of a site and on a workspace.

    >>> with Client("https://stats.exemple.fr") as client:  # doctest: +SKIP
    ...     client.demander("casemix-mco", annee=2023, zone="departement:29").polars()

    Args:
        source: the address of a site (``https://…``), or the directory of a workspace, answered in this process.
        key: a key of the API (``sanoscope access key``): what its account may see is answered, small counts too where
            they are asked for (``version="complete"``), and the journal of the workspace has each question. Without
            it, on a site and on a workspace alike, what is open to anybody is answered, and nothing else.
        cache: directory where answers are kept, shared between processes; by default none is.
        delai: seconds that an answer may take.

    Raises:
        NotFoundError: the directory is no workspace.
    """

    def __init__(
        self,
        source: str | PathLike[str],
        key: str | None = None,
        *,
        cache: str | PathLike[str] | None = None,
        delai: float = 60.0,
    ) -> None:
        answering = _transport(source, key or "", delai)
        self._transport: Transport = Cached(answering, Path(cache), own=bool(key)) if cache else answering

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of what is held open."""
        self.close()

    def __repr__(self) -> str:
        """Return who it asks."""
        return f"Client({self._transport.place!r})"

    def close(self) -> None:
        """Let go of what is held open."""
        self._transport.close()

    def catalogue(self) -> list[Decrite]:
        """Return the restitutions, and what may be asked of each."""
        return cast("list[Decrite]", self._json("/api/v1/catalogue"))

    def restitution(self, slug: str) -> Detaillee:
        """Return a restitution with its notice and its measures.

        Raises:
            NotFoundError: there is none of this name.
        """
        return cast("Detaillee", self._json(f"/api/v1/restitutions/{_part(slug)}"))

    def criteres(self, slug: str, *, edition: str = "") -> list[CritereDit]:
        """Return the criteria of a restitution, each with its values, or the levels whose codes it takes (`codes`).

        Raises:
            NotFoundError: there is no such restitution or edition.
        """
        told: Any = self._json(f"/api/v1/restitutions/{_part(slug)}/criteres", edition=edition)
        return cast("list[CritereDit]", told["criteres"])

    def codes(self, niveau: str, q: str = "", *, parent: str = "", edition: str = "") -> list[Code]:
        """Return the codes of a level (``racine``, ``departement``, ``etablissement``…), all pages together.

        Args:
            niveau: the level.
            q: how words of their labels, or they themselves, begin; all of them by default.
            parent: LEVEL:CODE that they are in, e.g. ``departement:29``.
            edition: as it knows them; the one that is published by default.

        Raises:
            NotFoundError: there is no such level or edition.
        """
        found: list[Code] = []
        page = 1
        while True:
            asked: dict[str, Critere] = {"q": q, "parent": parent, "edition": edition, "page": page}
            reply = self._reply(f"/api/v1/codes/{_part(niveau)}", asked)
            found += json.loads(reply.body)["codes"]
            if 'rel="next"' not in reply.headers.get("link", ""):
                return found
            page += 1

    def editions(self) -> list[EditionPubliee]:
        """Return the published editions, the latest first."""
        return cast("list[EditionPubliee]", self._json("/api/v1/editions"))

    def changements(self, depuis: date | str = "") -> dict[str, Any]:
        """Return what was published since a day, the latest first: editions, their restitutions, ways back.

        Raises:
            CriterionError: ``depuis`` is no day, written YYYY-MM-DD.
        """
        return cast("dict[str, Any]", self._json("/api/v1/changements", depuis=depuis))

    def ecarts(self, slug: str, avec: str, **criteres: Critere) -> dict[str, Any]:
        """Return what moved in an answer since an edition; only what is exact in both is compared.

        Args:
            slug: the restitution.
            avec: name of the edition before.
            criteres: as of `demander`; ``edition`` is the one after.

        Raises:
            SanoscopeError: those of `demander`.
        """
        return self._beside(slug, "ecarts", {**criteres, "avec": avec})

    def carte(self, slug: str, **criteres: Critere) -> dict[str, Any]:
        """Return the rows of an answer where they are, as GeoJSON (degrees, WGS 84), figures with their states.

        Raises:
            NotFoundError: ``carte-absente``: the restitution has no map.
            SanoscopeError: those of `demander`.
        """
        return self._beside(slug, "carte", criteres)

    def graphiques(self, slug: str, **criteres: Critere) -> dict[str, Any]:
        """Return the charts of an answer, as Vega-Lite.

        Raises:
            SanoscopeError: those of `demander`.
        """
        return self._beside(slug, "graphiques", criteres)

    def chercher(self, texte: str, limite: int = 10) -> Trouvailles:
        """Return what a text finds: restitutions, indicators, activities, establishments, zones, and what answers.

        Args:
            texte: words, a code, a FINESS, a place.
            limite: results of each kind, at most.

        Raises:
            CriterionError: there is nothing to look for in it, or it is too long.
        """
        return cast("Trouvailles", self._json("/api/v1/recherche", q=texte, limite=limite))

    def demander(self, slug: str, **criteres: Critere) -> Reponse:
        """Return the answer of a restitution.

        Args:
            slug: the restitution.
            criteres: as in a form, an address or a command: ``annee=[2022, 2023]``, ``zone="departement:29"``.

        Raises:
            NotFoundError: there is no such restitution or edition, or the edition does not have its figures.
            CriterionError: an unknown criterion or value, or a combination that means nothing; says what is allowed.
            ForbiddenError: it is not for who asks.
            LaterError: not now, even after having waited; ``after``: when (s).
            SanoscopeError: ``service-injoignable``, ``reponse-illisible``.
        """
        reply = self._reply(f"/api/v1/restitutions/{_part(slug)}/donnees", {**criteres, "format": "arrow"})
        return Reponse(slug, _read(reply.body), self._transport.site)

    def plusieurs(self, questions: Iterable[tuple[str, Mapping[str, Critere]]]) -> list[Reponse]:
        """Return the answers to several questions, in their order; a few are asked at the same time.

        Args:
            questions: (restitution, criteria).

        Raises:
            SanoscopeError: the first refusal, those of `demander`.
        """
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(lambda one: self.demander(one[0], **one[1]), list(questions)))

    def _beside(self, slug: str, what: str, criteria: Mapping[str, Critere]) -> dict[str, Any]:
        return cast("dict[str, Any]", self._json(f"/api/v1/restitutions/{_part(slug)}/{what}", **criteria))

    def _json(self, path: str, **criteria: Critere) -> object:
        return json.loads(self._reply(path, criteria).body)

    def _reply(self, path: str, criteria: Mapping[str, Critere]) -> Reply:
        """Return an answer of success; criteria that are empty are not given."""
        written = {name: _written(value) for name, value in criteria.items()}
        reply = self._transport.get(path, {name: text for name, text in written.items() if text}, {})
        if reply.status != 200:
            raise refusal(reply, self._transport.place)
        return reply


def _transport(source: str | PathLike[str], key: str, timeout: float) -> Transport:
    if isinstance(source, str) and source.startswith(("https://", "http://")):
        return Http(source, key, timeout=timeout)
    from sanoscope.client.local import Local

    return Local(Path(source), key)


def _read(data: bytes) -> pa.Table:
    """Return a table from a stream of Arrow: columns with their types, and in its schema what is said of them."""
    return pa.ipc.open_stream(data).read_all()


def _written(value: Critere) -> str:
    """Return a criterion as it is written in an address."""
    match value:
        case None:
            return ""
        case str():
            return value
        case date():
            return value.isoformat()
        case int():
            return str(value)
        case _:
            return ",".join(map(str, value))


def _part(text: str) -> str:
    """Return a text as a part of a path."""
    return quote(text, safe="")
