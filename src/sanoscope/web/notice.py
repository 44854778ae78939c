"""The notice of a restitution: Markdown of the catalogue, in the language of the page, paragraph by paragraph."""

from markupsafe import Markup

from sanoscope.catalogue.restitution import Restitution
from sanoscope.web.language import Language
from sanoscope.web.markdown import paragraphs, to_html, with_links


def notice_html(restitution: Restitution, language: Language, *, level: int = 3) -> Markup:
    """Return the notice of a restitution as HTML, its headings from a level on."""
    written = "\n\n".join(map(language.gettext, paragraphs(restitution.notice)))
    return to_html(with_links(written, language.href), level=level)
