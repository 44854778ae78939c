"""A mail server of the tests: it keeps what it is given, refuses or breaks off where it is told to."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from socketserver import StreamRequestHandler, ThreadingTCPServer

SECONDS = 30
"""After which a wait is a failure."""


@dataclass(frozen=True)
class Letter:
    """A mail that the server took: whom to, as its envelope says; its bytes."""

    to: tuple[str, ...]
    data: bytes

    @property
    def message(self) -> EmailMessage:
        """It, read."""
        read = message_from_bytes(self.data, policy=default)
        assert isinstance(read, EmailMessage)
        return read

    @property
    def text(self) -> str:
        """Its body."""
        return str(self.message.get_content()).replace("\r\n", "\n")


@dataclass
class MailServer:
    """What the server has, and how it is to behave.

    Attributes:
        letters: the mails taken, in order.
        refused: recipients that it does not take; ``broken``: those on which it breaks off.
        taken: called with each mail, before it is said to be taken.
    """

    address: str = ""
    letters: list[Letter] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    taken: Callable[[Letter], None] = lambda _: None
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def keep(self, letter: Letter) -> None:
        with self._changed:
            self.letters.append(letter)
            self._changed.notify_all()
        self.taken(letter)

    def wait(self, count: int) -> list[Letter]:
        """Return the mails once there are so many."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.letters) >= count, SECONDS), len(self.letters)
            return list(self.letters)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run a mail server on a free port of this machine."""
    kept = MailServer()

    class Talk(StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 essai")
            to: list[str] = []
            for line in self.rfile:
                word = line[:4].upper()
                if word == b"RCPT":
                    who = line.decode().partition("<")[2].partition(">")[0]
                    if who in kept.broken:
                        return
                    if who not in kept.refused:
                        to.append(who)
                    self.say("550 inconnu" if who in kept.refused else "250 bien")
                elif word == b"DATA":
                    self.say("354 dites")
                    kept.keep(Letter(tuple(to), b"".join(iter(self.rfile.readline, b".\r\n"))))
                    self.say("250 pris")
                elif word == b"QUIT":
                    self.say("221 bien")
                    return
                else:
                    if word in (b"MAIL", b"RSET"):
                        to = []
                    self.say("250 bien")

        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    class Quiet(ThreadingTCPServer):
        daemon_threads, allow_reuse_address = True, True

        def handle_error(self, *_: object) -> None:
            """A client that was killed is none of our errors."""

    with Quiet(("127.0.0.1", 0), Talk) as server:
        kept.address = f"127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield kept
        server.shutdown()
