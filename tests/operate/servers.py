"""Servers on this machine that hold a drop folder, S3 and SFTP, behind a line that can be cut."""

import contextlib
import errno
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import boto3
import paramiko
import pytest
from moto.server import ThreadedMotoServer

USER, PASSWORD = "depot-utilisateur", "depot-motdepasse"


class Line:
    """A TCP line to a port of this machine that is cut, or tells, after so many bytes from the server.

    Attributes:
        port: where it is entered.
        sent: bytes that have come from the server since `after`.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._limit, self._does, self.sent = -1, self.cut, 0
        self._down = False
        threading.Thread(target=self._accept, daemon=True).start()

    def after(self, limit: int, does: Callable[[], None] | None = None) -> None:
        """Once ``limit`` bytes more have come from the server, do something, once; by default, cut the line."""
        with self._lock:
            self._limit, self._does, self.sent = limit, does or self.cut, 0

    def cut(self) -> None:
        """Cut all that goes through; who comes again while it is cut has another line."""
        cut, self._open = self._open, []
        for end in cut:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def down(self) -> None:
        """Cut it for good: who comes again is not answered."""
        self._down = True
        self.cut()

    def up(self) -> None:
        """Let through again."""
        self._down = False

    def close(self) -> None:
        """Close it."""
        self.down()
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            if self._down:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self._to))
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open += [near, far]
            threading.Thread(target=self._pour, args=(near, far, False), daemon=True).start()
            threading.Thread(target=self._pour, args=(far, near, True), daemon=True).start()

    def _pour(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 14):
                if counted and self._reached(len(data)):
                    self._does()
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _reached(self, size: int) -> bool:
        with self._lock:
            self.sent += size
            if self._limit < 0 or self.sent < self._limit:
                return False
            self._limit = -1
            return True


class Server(Protocol):
    """A server that holds a drop folder.

    Attributes:
        address: the URL of the folder.
        line: what one goes through to it.
        secrets: what no report and no log may have.
    """

    address: str
    line: Line
    secrets: tuple[str, ...]

    def put(self, name: str, data: bytes) -> None:
        """Put a whole file there at once."""

    def delete(self, name: str) -> None:
        """Remove a file."""


class S3:
    """A bucket."""

    def __init__(self, direct: int, line: Line) -> None:
        self.bucket = f"seau-{uuid4().hex}"  # such servers of one process share what they hold
        self.address, self.line = f"s3://{self.bucket}/depot", line
        self.secrets: tuple[str, ...] = (USER, PASSWORD)
        self.client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{direct}", region_name="eu-west-3")
        self.client.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})

    def put(self, name: str, data: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=f"depot/{name}", Body=data)

    def delete(self, name: str) -> None:
        self.client.delete_object(Bucket=self.bucket, Key=f"depot/{name}")


@contextmanager
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    """A bucket of a server of this test alone."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    direct = server.get_host_and_port()[1]
    line = Line(direct)
    for name, value in {
        "AWS_ACCESS_KEY_ID": USER,
        "AWS_SECRET_ACCESS_KEY": PASSWORD,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{line.port}",
        "AWS_DEFAULT_REGION": "eu-west-3",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    try:
        yield S3(direct, line)
    finally:
        line.close()
        server.stop()


class Sftp:
    """A folder of an SSH server."""

    def __init__(self, root: Path, line: Line) -> None:
        self.root, self.line = root, line
        self.address = f"sftp://{USER}:{PASSWORD}@127.0.0.1:{line.port}/depot"
        self.secrets: tuple[str, ...] = (USER, PASSWORD)
        self.refused = ""
        """Name of a folder that may not be listed."""
        self.account = paramiko.ECDSAKey.generate()
        """The key of who may come in without a password."""

    def put(self, name: str, data: bytes) -> None:
        path = self.root / "depot" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        hidden = path.with_name(f".{path.name}")
        hidden.write_bytes(data)
        hidden.replace(path)

    def delete(self, name: str) -> None:
        (self.root / "depot" / name).unlink()


@contextmanager
def sftp(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sftp]:
    """A folder of an SSH server of this test alone, whose key is known."""
    key = paramiko.ECDSAKey.generate()
    listening = socket.create_server(("127.0.0.1", 0))
    (root / "depot").mkdir(parents=True)
    line = Line(listening.getsockname()[1])
    server = Sftp(root, line)
    threading.Thread(target=_answer, args=(listening, key, server), daemon=True).start()
    home = root / "maison"
    (home / ".ssh").mkdir(parents=True)
    known = f"[127.0.0.1]:{line.port} {key.get_name()} {key.get_base64()}\n"
    (home / ".ssh" / "known_hosts").write_text(known, encoding="utf-8")
    monkeypatch.setenv("HOME", str(home))
    try:
        yield server
    finally:
        line.close()
        listening.close()


PASSWORDS: list[str] = []
"""Passwords that an SSH server was told."""


def _answer(listening: socket.socket, key: paramiko.PKey, server: Sftp) -> None:
    while True:
        try:
            channel, _ = listening.accept()
        except OSError:
            return
        transport = paramiko.Transport(channel)
        transport.add_server_key(key)
        transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Folder, of=server)
        with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
            transport.start_server(server=_Door(server), event=threading.Event())


class _Door(paramiko.ServerInterface):
    def __init__(self, of: Sftp) -> None:
        self._of = of

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        right = (username, key.asbytes()) == (USER, self._of.account.asbytes())
        return paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED

    def check_auth_password(self, username: str, password: str) -> int:
        PASSWORDS.append(password)
        right = (username, password) == (USER, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        return "publickey,password"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED


class _Folder(paramiko.SFTPServerInterface):
    """Reads the files of a folder."""

    def __init__(self, server: Any, *words: Any, of: Sftp, **named: Any) -> None:
        super().__init__(server, *words, **named)
        self._of = of

    def _at(self, path: str) -> Path:
        return self._of.root / self.canonicalize(path).lstrip("/")

    def list_folder(self, path: str) -> Any:
        if self._of.refused and path.endswith(self._of.refused):
            return paramiko.SFTP_PERMISSION_DENIED
        try:
            inside = sorted(self._at(path).iterdir())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or errno.EIO)
        return [paramiko.SFTPAttributes.from_stat(one.lstat(), one.name) for one in inside]

    def stat(self, path: str) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat(self._at(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or errno.EIO)

    lstat = stat

    def open(self, path: str, flags: int, attr: Any) -> Any:
        try:
            stream = self._at(path).open("rb")
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or errno.EIO)
        handle = paramiko.SFTPHandle(flags)
        handle.readfile = stream  # type: ignore[attr-defined]
        handle.filename = path  # type: ignore[attr-defined]
        return handle
