"""As much of an IMAP server (RFC 3501) as reading a mailbox needs, over TLS."""

import re
import socketserver
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID


def certificate(file):
    """Write a certificate for 127.0.0.1 and its key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    file.write_bytes(
        made.public_bytes(pem)
        + key.private_bytes(
            pem,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


PASSWORD = "a password"


class Mailbox:
    def __init__(self, mails):
        self.mails = mails
        self.seen = set()


class _Session(socketserver.StreamRequestHandler):
    def handle(self):
        box = self.server.box
        self._say("* OK here")
        for line in self.rfile:
            tag, _space, command = line.decode().strip().partition(" ")
            upper = command.upper()
            if upper.startswith("CAPABILITY"):
                self._say("* CAPABILITY IMAP4rev1")
            elif upper.startswith("LOGIN") and PASSWORD not in command:
                self._say(f"{tag} NO wrong password")
                continue
            elif upper.startswith("UID SEARCH"):
                unseen = [n for n in range(len(box.mails)) if n not in box.seen]
                self._say("* SEARCH " + " ".join(str(n + 1) for n in unseen))
            elif upper.startswith("UID FETCH"):
                self._fetch(box, command)
            elif upper.startswith("UID STORE"):
                box.seen.add(int(command.split()[2]) - 1)
            elif upper.startswith("LOGOUT"):
                self._say("* BYE")
            self._say(f"{tag} OK done")

    def _fetch(self, box, command):
        number = int(command.split()[2])
        most = int(re.search(r"<0\.(\d+)>", command)[1])
        raw = box.mails[number - 1][:most]
        self._say(f"* {number} FETCH (UID {number} BODY[]<0> {{{len(raw)}}}")
        self.wfile.write(raw)
        self._say(")")

    def _say(self, line):
        self.wfile.write(f"{line}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request, client_address):
        """A client that does not trust us hangs up."""


@contextmanager
def serving(mails, *, file):
    """Give the mailbox and its port; ``file`` holds the certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with _Server(("127.0.0.1", 0), _Session, bind_and_activate=True) as server:
        server.box = Mailbox(mails)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.box, server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
