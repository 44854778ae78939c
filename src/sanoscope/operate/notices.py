"""A report sent by mail and posted to an address; what fails is said, and undoes nothing."""

from email.message import EmailMessage
from urllib.request import Request, urlopen

from sanoscope.operate.mail import TIMEOUT, server
from sanoscope.operate.report import SENT, Named, Report, as_html, as_json, as_text
from sanoscope.workspace import Settings


def send(report: Report, settings: Settings) -> tuple[Named, ...]:
    """Send a report wherever the settings say, and return what became of it; addresses are not repeated."""
    ways = {"courriel": (_mail, settings.courriel_pour), "webhook": (_post, settings.webhook)}
    said = []
    for name, (way, wanted) in ways.items():
        if wanted:
            try:
                way(report, settings)
                said.append(Named(name, SENT))
            except (OSError, ValueError) as error:
                said.append(Named(name, f"non envoyé ({type(error).__name__})"))
    return tuple(said)


def _mail(report: Report, settings: Settings) -> None:
    message = EmailMessage()
    message["Subject"] = f"Sanoscope. {report.titre}"
    message["From"] = settings.courriel_de
    message["To"] = settings.courriel_pour
    message.set_content(as_text(report))
    message.add_alternative(as_html(report), subtype="html")
    with server(settings) as smtp:
        smtp.send_message(message)


def _post(report: Report, settings: Settings) -> None:
    if not settings.webhook.startswith(("http://", "https://")):
        raise ValueError("http")
    body = as_json(report).encode()
    with urlopen(Request(settings.webhook, body, {"Content-Type": "application/json"}), timeout=TIMEOUT):
        pass
