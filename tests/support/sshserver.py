"""A real OpenSSH server on the loopback, which lets its users run git and nothing else."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.support.gitserver import serve
from tests.support.registry import Registry

INSTALL = "make servers installs openssh-server where it may"
_PLACES = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
_CONFIG = """\
HostKey {root}/host_key
AuthorizedKeysFile {root}/authorized_keys
ForceCommand {root}/command
AcceptEnv GIT_PROTOCOL
AllowUsers {user}
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
PubkeyAuthentication yes
StrictModes no
UsePAM no
UseDNS no
PidFile none
LogLevel VERBOSE
"""
_COMMAND = """\
#!/bin/sh
export HOME='{root}' GIT_CONFIG_NOSYSTEM=1 PATH='{path}'
exec git shell -c "$SSH_ORIGINAL_COMMAND"
"""


@dataclass
class SshServer:
    """Serves the bare repositories below `root` over ssh, to whoever holds `key`, as long as it is entered.

    One sshd is started for each connection, as inetd would: the port is never anybody else's, and none outlives the
    test. `log` is what they said.
    """

    root: Path
    _ended: bool = field(default=False, init=False)

    def __enter__(self) -> Self:
        self._sshd = _find("sshd")
        self.root.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where sshd, as root, gives up its powers
        for name in ("host_key", "key", "other_key"):
            make_key(self.root / name)
        shutil.copy(self.root / "key.pub", self.root / "authorized_keys")
        self._write("sshd_config", _CONFIG.format(root=self.root, user=self.user))
        self._write("command", _COMMAND.format(root=self.root, path=os.environ["PATH"])).chmod(0o755)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.trust(self.known_hosts)
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port)).close()  # wakes the thread
        self._thread.join()
        self._listener.close()

    @property
    def user(self) -> str:
        """Who logs in: whoever runs the tests, as only root could be somebody else."""
        return getpass.getuser()

    @property
    def key(self) -> Path:
        """The identity file that opens the server."""
        return self.root / "key"

    @property
    def other_key(self) -> Path:
        """An identity file that it does not know."""
        return self.root / "other_key"

    @property
    def known_hosts(self) -> Path:
        """A file of known hosts that names this server with its key."""
        return self.root / "known_hosts"

    @property
    def log(self) -> str:
        return (self.root / "log").read_text()

    def trust(self, path: Path, key: Path | None = None) -> None:
        """Write a file of known hosts by which this server has its own host key, or the key pair `key`."""
        public = (key or self.root / "host_key").with_suffix(".pub").read_text()
        path.write_text(f"[127.0.0.1]:{self.port} {public}")

    def serve(self, registry: Registry, name: str = "tool.git") -> str:
        """Serve what `registry` holds now as the repository `name`, and return its URL."""
        serve(registry, self.root / name)
        return self.url(name)

    def url(self, name: str) -> str:
        return f"ssh://{self.user}@127.0.0.1:{self.port}{self.root}/{name}"

    def command(self, *, key: Path | None = None, known_hosts: Path | None = None, asks: bool = False) -> str:
        """Return a value for GIT_SSH_COMMAND: with this identity and these known hosts, and nothing of the user's.

        It fails where ssh would have to ask, unless `asks`.
        """
        rules = "" if asks else " -o StrictHostKeyChecking=yes -o BatchMode=yes"
        return (
            f"ssh -F /dev/null -i {key or self.key} -o IdentitiesOnly=yes -o IdentityAgent=none"
            f" -o UserKnownHostsFile={known_hosts or self.known_hosts} -o GlobalKnownHostsFile=/dev/null"
            f" -o ConnectTimeout=20{rules}"
        )

    def _write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.write_text(text)
        return path

    def _accept(self) -> None:
        """Start an sshd for every connection, and wait for all of them in the end."""
        running: list[subprocess.Popen[bytes]] = []
        with (self.root / "log").open("ab") as log:
            while True:
                connection, _ = self._listener.accept()
                with connection:
                    if self._ended:
                        break
                    end = connection.fileno()
                    words = [self._sshd, "-i", "-e", "-f", str(self.root / "sshd_config")]
                    running.append(subprocess.Popen(words, stdin=end, stdout=end, stderr=log))
        for one in running:
            try:
                one.wait(10)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()


def make_key(path: Path) -> None:
    """Write a key pair without a passphrase, unless it is there."""
    if not path.exists():
        words = [_find("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-C", path.name, "-f", str(path)]
        subprocess.run(words, check=True, capture_output=True)


def _find(name: str) -> str:
    found = shutil.which(name, path=_PLACES)
    if not found:
        raise RuntimeError(f"these tests need OpenSSH's {name}, which is not on this machine: {INSTALL}")
    return found
