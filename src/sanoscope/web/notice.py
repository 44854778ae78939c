"""The notice of a restitution: Markdown of the catalogue, in the language of the page, paragraph by paragraph."""

from collections.abc import Callable
from functools import partial

from markupsafe import Markup

from sanoscope.catalogue.restitution import Restitution
from sanoscope.web.language import NAMES, Language, language
from sanoscope.web.markdown import paragraphs, to_html, with_links


def notices() -> dict[str, Callable[[str], str]]:
    """Return how each language of the site says a text of the catalogue, paragraph by paragraph, French first."""
    return {code: partial(_said, language(code)) for code in NAMES}


def _said(spoken: Language, text: str) -> str:
    return "\n\n".join(map(spoken.gettext, paragraphs(text)))


def notice_html(restitution: Restitution, spoken: Language, *, level: int = 3) -> Markup:
    """Return the notice of a restitution as HTML, its headings from a level on."""
    return to_html(with_links(_said(spoken, restitution.notice), spoken.href), level=level)
