"""``sanoscope publish``: an edition is served once no control blocks it; until then the old one serves on."""

from collections.abc import Sequence
from pathlib import Path

from sanoscope.catalogue.load import Catalogue
from sanoscope.edition import publication
from sanoscope.edition.check import Controle, check, kept
from sanoscope.errors import SanoscopeError
from sanoscope.workspace import Settings


def release(
    directory: Path, name: str, catalogue: Catalogue, settings: Settings, *, malgre_tout: str = ""
) -> list[Controle]:
    """Publish an edition that no control blocks, and return what the controls found.

    They are made only where what `check` kept is not of this edition, these thresholds and this published edition.

    Args:
        directory: the editions of the workspace.
        name: the edition.
        catalogue: its controls.
        settings: memory and threads, and the threshold of small counts.
        malgre_tout: why it is published although a control blocks it; kept in the record of publications. It is not
            heard where integrity or disclosure is at stake.

    Raises:
        NotFoundError: ``edition-introuvable``.
        SanoscopeError: ``edition-bloquee``, ``edition-alteree``, ``controles-invalides``.
    """
    found = kept(directory, name, catalogue, settings)
    if found is None:
        found = check(directory, name, catalogue, settings)
    blocking = [control for control in found if not control.bon]
    final = [control for control in blocking if control.sans_appel]
    reason = " ".join(malgre_tout.split())
    if final or (blocking and not reason):
        raise _blocked(name, blocking, final)
    codes = sorted({control.code for control in blocking})
    publication.publish(directory, name, despite={"malgre_tout": reason, "controles": codes} if codes else None)
    return found


def _blocked(name: str, blocking: Sequence[Controle], final: Sequence[Controle]) -> SanoscopeError:
    told = "\n".join(f"- [{c.code}] {c.nom} : {c.detail}. {c.que_faire}" for c in blocking)
    rest = (
        "Elle ne peut pas être publiée malgré cela."
        if final
        else f"Pour la publier quand même : « sanoscope publish {name} --malgre-tout RAISON »."
    )
    return SanoscopeError(
        "edition-bloquee",
        f"L'édition « {name} » est bloquée par {len(blocking)} contrôle(s) ; celle qui est publiée le reste.\n{told}",
        todo=rest,
    )
