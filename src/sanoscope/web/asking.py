"""The page of the form (step 2): what can be asked of a restitution, its notice beside it."""

from collections.abc import Iterable
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import HTMLResponse

from sanoscope.access.scope import Scope
from sanoscope.api.reader import reader, site_of
from sanoscope.api.replies import status_of
from sanoscope.catalogue.restitution import Restitution
from sanoscope.errors import CriterionError
from sanoscope.query.answer import check_published
from sanoscope.query.criteria import BESIDE, taken
from sanoscope.query.openness import openness
from sanoscope.query.origin import origin_of, published
from sanoscope.query.service import Service
from sanoscope.web import language as languages
from sanoscope.web.following import of_restitution
from sanoscope.web.form import Form
from sanoscope.web.language import marked
from sanoscope.web.menu import fields
from sanoscope.web.notice import notice_html
from sanoscope.web.site import page
from sanoscope.web.structured import of_restitution as of_restitution_data
from sanoscope.web.wishes import SCOPES, Pairs, criteria, scope_of

COUNT = "compter"
"""Parameter by which the form asks, without script, how many rows the answer will have."""

HIDDEN = BESIDE
"""What an answer may be asked beside its criteria: kept when the question is changed."""


@dataclass(frozen=True, slots=True)
class Hint:
    """How many rows an answer will have, totals included and counted apart, or why there will be none."""

    rows: int = 0
    totals: int = 0
    error: CriterionError | None = None


def wished(service: Service, restitution: Restitution, items: Iterable[tuple[str, str]]) -> Pairs:
    """Return the criteria that a form or an address gives.

    Raises:
        CriterionError: a field of the form says nothing that can be asked.
        NotFoundError: the edition named is not published.
    """
    sent = [(name, value) for name, value in items if name != COUNT]
    pinned = next((value.strip() for name, value in sent if name == "edition"), "")
    return criteria(sent, restitution, service.answering(restitution, pinned))


def hint(service: Service, restitution: Restitution, items: Iterable[tuple[str, str]], scope: Scope) -> Hint:
    """Return how many rows will answer: those of the answer itself, which is kept for who asks it next."""
    try:
        _, table = service.ask(restitution.slug, wished(service, restitution, items), scope)
    except CriterionError as error:
        return Hint(error=error)
    return Hint(len(table), table.kinds.count("total"))


def form_page(
    request: Request,
    service: Service,
    restitution: Restitution,
    given: dict[str, str],
    error: CriterionError | None = None,
    *,
    counted: bool = False,
) -> HTMLResponse:
    """Return the form of a restitution, filled with what was given, with what was wrong in it.

    Args:
        request, service, restitution: for whom, from what, of what.
        given: by name of field, boxes joined.
        error: why the question was refused.
        counted: say how many rows the answer will have.
    """
    form = form_of(service, restitution, given, languages.of(request))
    fields = form.fields()
    scope = reader(request).scope
    wrong = concerned(service, restitution, given, error, scope) if error else ""
    scoped = scope_of(given)
    settings = service.workspace.settings
    origin = origin_of(restitution, service.catalogue, form.edition.manifest)
    told = of_restitution_data(
        published(origin, settings, site_of(request, settings)), restitution, form.edition, languages.of(request)
    )
    return page(
        request,
        "formulaire.html",
        status_of(error) if error else 200,
        restitution=restitution,
        siblings=siblings(service, restitution, scope),
        edition=form.edition,
        fields=fields,
        error=error,
        fautif=wrong,
        caches={n: given[n] for n in (*taken(restitution), *HIDDEN) if n in given and n not in fields and n != wrong},
        hors_portee=[n for n in SCOPES["agrege"] if n in given and scoped != "agrege" and "portee" not in given],
        apercu=hint(service, restitution, given.items(), scope) if counted else None,
        notice=notice_html(restitution, languages.of(request)),
        structured=told if restitution.acces == "libre" and not error else "",
        offre=of_restitution(service, restitution),
    )


def form_of(service: Service, restitution: Restitution, given: dict[str, str], language: languages.Language) -> Form:
    """Return the form of a restitution, filled with what was given."""
    pinned = given.get("edition", "")
    edition = service.answering(restitution, pinned)
    champ = service.catalogue.champ(restitution)
    every = service.catalogue.mesures(restitution)
    crossed = {name: every[name].libelle for name in restitution.croisees}
    return Form(restitution, champ, edition, openness(service, restitution, edition), given, language, crossed)


def siblings(service: Service, restitution: Restitution, scope: Scope) -> dict[str, list[Restitution]]:
    """Return, by heading, the restitutions of the same field, itself among them, and the same question in others.

    A question asked of several fields has one name, with the field's at its end: ``casemix-mco``, ``casemix-smr``.
    """
    known = [r for r in service.offered() if scope.may_read(r)]
    name = fields(service.catalogue)[restitution.champ]
    found = {
        name: [r for r in known if r.champ == restitution.champ],
        marked("La même question, ailleurs"): [
            r for r in known if r.champ != restitution.champ and _question(r) == _question(restitution)
        ],
    }
    return {heading: sorted(of, key=lambda r: (r.sous_theme, r.titre)) for heading, of in found.items() if of}


def _question(restitution: Restitution) -> str:
    return restitution.slug.removesuffix(f"-{restitution.champ}")


def concerned(
    service: Service, restitution: Restitution, given: dict[str, str], error: CriterionError, scope: Scope
) -> str:
    """Return the field that an error is about, "" for none.

    A crossing that is not published does not say which of its criteria is one too many: the first without which the
    question would be answered.
    """
    if error.criterion or error.code != "non-publie":
        return error.criterion
    for name in ("regroupement", "mois", "activite", "zone"):
        rest = [(n, v) for n, v in given.items() if n not in (name, f"niveau_{name}")]
        if name in given and _answered(service, restitution, rest, scope):
            return name
    return ""


def _answered(service: Service, restitution: Restitution, items: Pairs, scope: Scope) -> bool:
    """Tell whether a question has an answer; reads no figure."""
    try:
        query, edition = service.question(restitution.slug, wished(service, restitution, items), scope)
        check_published(query, scope, service.catalogue, edition)
    except CriterionError:
        return False
    return True
