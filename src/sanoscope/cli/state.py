"""What ``sanoscope state`` says: where the state is, its version, its rows."""

from collections.abc import Iterator

from sanoscope.state.database import engine_of, reading_as_it_is, rows, shown, version
from sanoscope.state.tables import VERSIONS
from sanoscope.workspace import Workspace


def told(workspace: Workspace) -> Iterator[str]:
    """Yield what there is to say of a workspace's state, changing nothing of it.

    Raises:
        UnavailableError: ``etat-indisponible``.
        SanoscopeError: ``etat-adresse``.
    """
    engine = engine_of(workspace)
    yield f"État : {'PostgreSQL' if engine.dialect.name == 'postgresql' else 'SQLite'}, {shown(engine.url)}"
    with reading_as_it_is(workspace) as state:
        known = version(state) if state else None
        yield f"Version : {_said(known)}"
        if state and known is not None:
            yield from (f"{table} : {count} lignes" for table, count in rows(state).items())


def _said(known: str | None) -> str:
    if known is None:
        return "aucune ; l'état sera fait par la première écriture"
    if known == VERSIONS[-1]:
        return f"{known}, celle de ce logiciel"
    if known and known not in VERSIONS:
        return f"{known}, plus récente que ce logiciel, qui connaît {VERSIONS[-1]}"
    return (
        f"{known or 'sans numéro'} ; « sanoscope state upgrade » la porte à {VERSIONS[-1]}, sinon la première écriture"
    )
