"""The page of the form (step 2): what can be asked of a restitution, its notice beside it."""

from fastapi import Request
from fastapi.responses import HTMLResponse

from sanoscope.catalogue.restitution import Restitution
from sanoscope.errors import CriterionError
from sanoscope.query.service import Service
from sanoscope.web import language as languages
from sanoscope.web.form import form_fields
from sanoscope.web.notice import notice_html
from sanoscope.web.site import page


def form_page(
    request: Request,
    service: Service,
    restitution: Restitution,
    given: dict[str, str],
    error: CriterionError | None = None,
) -> HTMLResponse:
    """Return the form of a restitution, filled with what was given, with what was wrong in it."""
    edition = service.edition()
    return page(
        request,
        "formulaire.html",
        400 if error else 200,
        restitution=restitution,
        siblings=service.catalogue.restitutions.values(),
        edition=edition,
        fields=form_fields(restitution, edition, given),
        error=error,
        notice=notice_html(restitution, languages.of(request)),
    )
