"""What may stand where a carrier should: nobody, somebody else's certificate, a machine that answers nonsense."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOOPBACK = "127.0.0.1"


@dataclass
class Machine:
    """A machine that says the same to everybody.

    `heard` is what it was sent. `drip_s` is the gap between the bytes of its answer's body. One that is hasty answers
    the first bytes that it gets, whatever they are.
    """

    answer: bytes
    drip_s: float = 0.0
    is_hasty: bool = False
    heard: list[bytes] = field(default_factory=list)
    url: str = ""
    closing: threading.Event = field(default_factory=threading.Event)

    def serve(self, listener: socket.socket) -> None:
        """Answer one after the other, each in a thread of its own."""
        while not self.closing.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(20)
            self.heard.append(connection.recv(65536) if self.is_hasty else read_request(connection))
            if not self.drip_s:
                connection.sendall(self.answer)
                return
            head, mark, body = self.answer.partition(b"\r\n\r\n")
            connection.sendall(head + mark)
            for place in range(len(body)):
                connection.sendall(body[place : place + 1])
                if self.closing.wait(self.drip_s):
                    return


def read_request(connection: socket.socket) -> bytes:
    """One request, head and body."""
    found = b""
    while b"\r\n\r\n" not in found:
        piece = connection.recv(65536)
        if not piece:
            return found
        found += piece
    head, _, body = found.partition(b"\r\n\r\n")
    sizes = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < int(sizes[0] if sizes else 0):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def spell(status: str, body: bytes = b"", *headers: str, form: str = "application/json") -> bytes:
    """An answer of HTTP."""
    head = [
        f"HTTP/1.1 {status}",
        f"Content-Type: {form}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


@contextmanager
def machine(
    answer: bytes, drip_s: float = 0.0, is_hasty: bool = False, tls: ssl.SSLContext | None = None
) -> Iterator[Machine]:
    """Such a machine, until the with-block ends."""
    found = Machine(answer, drip_s, is_hasty)
    with ExitStack() as ended:
        listener = ended.enter_context(socket.create_server((LOOPBACK, 0), backlog=64))
        found.url = f"http{'s' if tls else ''}://{LOOPBACK}:{listener.getsockname()[1]}"
        served = tls.wrap_socket(listener, server_side=True) if tls else listener
        ended.callback(found.closing.set)
        ended.callback(served.close)
        threading.Thread(target=found.serve, args=(served,), daemon=True).start()
        yield found


@contextmanager
def nobody() -> Iterator[str]:
    """An address where connections are refused: bound, so that no other program takes it, but not listened on."""
    with socket.socket() as bound:
        bound.bind((LOOPBACK, 0))
        yield f"http://{LOOPBACK}:{bound.getsockname()[1]}"


@contextmanager
def closed_gate() -> Iterator[str]:
    """An address where connections are neither taken nor refused: its queue is full, and nobody takes from it."""
    with ExitStack() as ended:
        listener = ended.enter_context(socket.socket())
        listener.bind((LOOPBACK, 0))
        listener.listen(0)
        for _ in range(4):
            waiting = ended.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://{LOOPBACK}:{listener.getsockname()[1]}"


def unknown_certificate(folder: Path) -> ssl.SSLContext:
    """TLS with a certificate for this machine that nobody whom we trust has signed."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "carrier.invalid")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(7).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))]), critical=False)
    pem = serialization.Encoding.PEM
    plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "both.pem").write_bytes(plain + made.sign(key, hashes.SHA256()).public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context
