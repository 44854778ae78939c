"""Fields taken over from the edition before, as they are: what has not changed is not made again.

The files are shared by hard links where the disk can, else copied. Nobody writes to the files of an edition, so
neither edition changes when the other is sealed or removed.
"""

from pathlib import Path

from sanoscope.catalogue.field import Champ
from sanoscope.edition import manifest as manifests
from sanoscope.edition.manifest import ManifestChamp, Recette
from sanoscope.edition.noised import KEY_FILE
from sanoscope.edition.opening import certificate
from sanoscope.edition.stores import fingerprint
from sanoscope.workspace import share


class Before:
    """The edition before, and what of it the one that is being made takes over.

    Args:
        place: its directory; None where there is none, or nothing is to be taken over.
        work: directory of the edition that is being made.
    """

    def __init__(self, place: Path | None, work: Path) -> None:
        self.place, self.work = place, work
        self.known = manifests.fields(place) if place else {}

    def take(self, champ: Champ, wanted: Recette) -> ManifestChamp | None:
        """Take a field over and return what is to be said of it; None where it must be built.

        It must be: of another recipe, not there, not as it was built, or told with the noise of another key.
        """
        of = self.known.get(champ.champ)
        if self.place is None or of is None or of.recette != wanted or not self._same_key(self.place):
            return None
        prints = {
            manifests.database(champ.champ, public=False): of.empreinte,
            manifests.database(champ.champ, public=True): of.empreinte_ouverte,
        }
        proofs = [certificate(self.place, champ, year).relative_to(self.place) for year in of.annees]
        names = [*prints, *(str(path) for path in (proofs if champ.publication.feuillets else []))]
        if not all((self.place / name).is_file() for name in names):
            return None
        for name in names:
            share(self.place / name, self.work / name)
        if any(fingerprint(self.work / name) != kept for name, kept in prints.items()):
            for name in names:
                (self.work / name).unlink()
            return None
        return of.model_copy(update={"repris": of.repris or self.place.name})

    def _same_key(self, place: Path) -> bool:
        kept, now = (side / manifests.SECURE / KEY_FILE for side in (place, self.work))
        return kept.is_file() and kept.read_bytes() == now.read_bytes()
