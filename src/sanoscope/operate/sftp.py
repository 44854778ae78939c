"""A drop folder behind SFTP, by fsspec, of which three things are not left as they come.

Who answers must be known: its key is in ``known_hosts``, else nothing is said to it, not even a password. It must
answer within a time: a connection that is cut off in silence would be waited for for ever. And a folder that cannot be
listed is an error, not an empty one.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paramiko
from fsspec.implementations.sftp import SFTPFileSystem

WAIT = 60
"""How long an answer is waited for (seconds)."""

KNOWN = Path("/etc/ssh/ssh_known_hosts")
"""The keys of servers that this machine knows, beside those that its user does (``~/.ssh/known_hosts``)."""


class KnownSFTP(SFTPFileSystem):  # type: ignore[misc]  # fsspec has no types
    """The files of a server whose key is known."""

    cachable = False
    """A connection is of one refresh."""

    def _connect(self) -> None:
        client = paramiko.SSHClient()
        client.load_system_host_keys()
        if KNOWN.is_file():
            client.load_system_host_keys(str(KNOWN))
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        client.connect(self.host, timeout=WAIT, banner_timeout=WAIT, auth_timeout=WAIT, **self.ssh_kwargs)
        self.client, self.ftp = client, client.open_sftp()
        self.ftp.get_channel().settimeout(WAIT)

    def reconnect(self) -> None:
        """Connect again, after a cut."""
        self.client.close()
        self._connect()

    def walk(self, path: str, *words: Any, **options: Any) -> Iterator[Any]:
        """Yield what is in a folder, and in its own; one that cannot be listed is an error."""
        return iter(super().walk(path, *words, **(options | {"on_error": "raise"})))
