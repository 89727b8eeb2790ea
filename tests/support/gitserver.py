"""git's own smart HTTP backend behind TLS on the loopback: a real git server, that can be told to misbehave."""

from __future__ import annotations

import base64
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from tests.support.registry import Registry, git

_HEADERS = {"GIT_PROTOCOL": "Git-Protocol", "HTTP_CONTENT_ENCODING": "Content-Encoding"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server answered, or is to answer.

    Only `sent` bytes of the body go out if that is set; the connection is then dropped without a word, or, with
    `stalls`, kept silent until the test ends.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    sent: int | None = None
    stalls: bool = False


Trouble = Callable[[str, Answer], Answer]  # takes the path that was asked for, and what git would answer


def status(code: int, text: str = "", kind: str = "text/plain") -> Trouble:
    """Answer everything with this status; git shows `text` to its user, if it is plain text."""
    return lambda path, answer: Answer(status=code, headers=(("Content-Type", kind),), body=text.encode())


def redirect(url: str) -> Trouble:
    """Send everything to the same path below `url`."""
    return lambda path, answer: Answer(status=302, headers=(("Location", url + path),))


def log_in(path: str, answer: Answer) -> Answer:
    """Send everything to a page to log in, as single sign-on does."""
    if path == "/login":
        return Answer(headers=(("Content-Type", "text/html"),), body=b"<html>Who are you?</html>")
    return Answer(status=302, headers=(("Location", "/login"),))


def cut(after: int, *, stalls: bool = False) -> Trouble:
    """Send only this many bytes of each pack, then drop the connection, or keep it silent."""
    return lambda path, answer: _with_pack(
        answer, lambda: Answer(headers=answer.headers, body=answer.body, sent=after, stalls=stalls)
    )


def say(text: str, band: int) -> Trouble:
    """Say something instead of sending a pack: on band 2 as a remark, on band 3 as a fatal error, with 0 as neither."""
    said = text.encode()
    body = _packet(b"ERR " + said) if band == 0 else _packet(b"packfile\n") + _packet(bytes([band]) + said)
    return lambda path, answer: _with_pack(answer, lambda: Answer(headers=answer.headers, body=body))


def _with_pack(answer: Answer, otherwise: Callable[[], Answer]) -> Answer:
    return otherwise() if b"packfile\n" in answer.body else answer


def _packet(data: bytes) -> bytes:
    return b"%04x" % (len(data) + 4) + data


@dataclass
class HttpsServer:
    """Serves the bare repositories below `root` at `url`, to those who know `login` (user and password) if it is set.

    `trouble` is how it misbehaves from now on, None for not at all; `asked` is what it was asked, a line a request.
    A client trusts it by `GIT_SSL_CAINFO`, which names `certificate`. It runs as long as it is entered. A `plain` one
    speaks no TLS, and stands for a proxy that lets nobody through.
    """

    root: Path
    login: tuple[str, str] | None = None
    trouble: Trouble | None = None
    plain: bool = False
    asked: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.root.mkdir(parents=True, exist_ok=True)
        self._ended = threading.Event()
        self._server = _Listener(self, None if self.plain else _certify(self.certificate, self.root / "key.pem"))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()  # waits for the threads of all requests
        self._thread.join()

    @property
    def certificate(self) -> Path:
        return self.root / "certificate.pem"

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        return f"{'http' if self.plain else 'https'}://{self.address}"

    def serve(self, registry: Registry, name: str = "tool.git") -> str:
        """Serve what `registry` holds now as the repository `name`, and return its URL."""
        serve(registry, self.root / name)
        return f"{self.url}/{name}"

    def answer(self, asked: BaseHTTPRequestHandler, body: bytes) -> Answer:
        """Return the answer to a request, such as it is with the trouble that was asked for."""
        self.asked.append(asked.requestline)
        if self.login and asked.headers.get("Authorization") != self._authorisation:
            return Answer(status=401, headers=(("WWW-Authenticate", 'Basic realm="git"'),))
        path, _, query = asked.path.partition("?")
        answer = _run_backend({**self._environment(asked), "PATH_INFO": path, "QUERY_STRING": query}, body)
        return self.trouble(asked.path, answer) if self.trouble else answer

    def stall(self) -> None:
        """Wait until the server is left."""
        self._ended.wait(60)

    @property
    def _authorisation(self) -> str:
        return "Basic " + base64.b64encode(":".join(self.login or ()).encode()).decode()

    def _environment(self, asked: BaseHTTPRequestHandler) -> dict[str, str]:
        passed = {name: asked.headers[header] for name, header in _HEADERS.items() if header in asked.headers}
        return {
            "PATH": self._path,
            "HOME": str(self.root),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": asked.command,
            "CONTENT_TYPE": asked.headers.get("Content-Type", ""),
            "REMOTE_ADDR": "127.0.0.1",
            "REMOTE_USER": self.login[0] if self.login else "",
            **passed,
        }

    @cached_property
    def _path(self) -> str:
        return str(Path(found).parent) if (found := shutil.which("git")) else ""


def serve(registry: Registry, path: Path) -> None:
    """Make a bare repository of `registry` at `path`, or bring the one that is there up to date; pushes are allowed."""
    if not path.exists():
        git(registry.path, "init", "-q", "--bare", "--", str(path))
        with (path / "config").open("a") as config:
            config.write("[http]\n\treceivepack\n[uploadpack]\n\tallowFilter\n\tallowAnySHA1InWant\n")
    git(registry.path, "push", "-q", "--mirror", "--", str(path))


class _Listener(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for them

    def __init__(self, owner: HttpsServer, context: ssl.SSLContext | None) -> None:
        self.owner = owner
        self._context = context
        super().__init__(("127.0.0.1", 0), _Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Speak TLS in the request's own thread, so that a client that breaks off holds nobody up."""
        request.settimeout(30)
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or each answer waits for 40 ms
        if self._context is None:
            _Handler(request, client_address, self)
            return
        with suppress(ssl.SSLError, ConnectionError), self._context.wrap_socket(request, server_side=True) as secure:
            _Handler(secure, client_address, self)


class _Handler(BaseHTTPRequestHandler):
    server: _Listener

    def do_GET(self) -> None:
        self._reply(self.server.owner.answer(self, b""))

    def do_POST(self) -> None:
        self._reply(self.server.owner.answer(self, self._body()))

    def do_CONNECT(self) -> None:
        self.server.owner.asked.append(self.requestline)
        self._reply(Answer(status=403))

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _reply(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in (*answer.headers, ("Content-Length", str(len(answer.body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body[: answer.sent])
        self.wfile.flush()
        if answer.stalls:
            self.server.owner.stall()
        elif answer.sent is None and isinstance(self.connection, ssl.SSLSocket):
            with suppress(OSError):
                self.connection.unwrap()

    def log_message(self, *arguments: Any) -> None:
        pass


def _run_backend(environment: dict[str, str], body: bytes) -> Answer:
    """Return what git's own backend, which is a CGI program, answers."""
    done = subprocess.run(
        ["git", "http-backend"],
        env={**environment, "CONTENT_LENGTH": str(len(body))},
        input=body,
        capture_output=True,
        timeout=60,
        check=False,
    )
    head, _, rest = done.stdout.partition(b"\r\n\r\n")
    if not head:
        raise RuntimeError(f"git http-backend said: {done.stderr.decode()}")
    pairs = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n")]
    code = next((int(value.split()[0]) for name, value in pairs if name == "Status"), 200)
    return Answer(status=code, headers=tuple((name, value) for name, value in pairs if name != "Status"), body=rest)


def _certify(certificate: Path, key: Path) -> ssl.SSLContext:
    """Write a key, and a certificate for 127.0.0.1 that it has signed itself; return what speaks TLS with them."""
    if not shutil.which("openssl"):
        raise RuntimeError("these tests make a certificate with openssl, which is not on the PATH: install it")
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
            "-keyout", str(key), "-out", str(certificate),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
