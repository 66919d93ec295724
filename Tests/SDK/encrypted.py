"""An upstream behind TLS, and an authority of the test's own that signs for it. Needs openssl."""

import socket
import ssl
import subprocess

from upstream import Upstream
from user import give

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


class Authority:
    """Its certificate is the file `authority.pem` of a folder that the server's user can read."""

    def __init__(self, folder):
        self.folder = folder
        self.file = folder / "authority.pem"
        self._openssl(
            "req", "-x509", "-keyout", "authority.key", "-out", "authority.pem", "-subj", "/CN=authority", *KEY)
        folder.chmod(0o755)
        give(self.file)

    def context(self, names):
        """What a server takes that proves it has these names, as in `DNS:api.test,IP:127.0.0.1`."""
        self._openssl("req", "-keyout", "server.key", "-out", "request", "-subj", "/CN=server", *KEY)
        (self.folder / "names").write_text(f"subjectAltName={names}\n")
        self._openssl(
            "x509", "-req", "-in", "request", "-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial",
            "-days", "2", "-extfile", "names", "-out", "server.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "server.pem", self.folder / "server.key")
        return context

    def _openssl(self, *arguments):
        subprocess.run(
            ["openssl", *arguments], cwd=self.folder, check=True, capture_output=True, stdin=subprocess.DEVNULL)


class EncryptedUpstream(Upstream):
    def __init__(self, context):
        self._context = context
        super().__init__()
        self.url = f"https://127.0.0.1:{self.port}/v1"

    def _serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            encrypted = self._context.wrap_socket(connection, server_side=True)
        except OSError:
            connection.close()
            return
        super()._serve(encrypted)
