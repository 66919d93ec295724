"""A proxy that a server reaches its upstreams through: HTTP CONNECT and SOCKS5, with or without a password.

It connects whatever it is asked for to one port of this machine, so that a name which only it knows leads there too.
"""

import base64
import socket
import struct
import threading

PATIENCE = 20.0


class EgressProxy:
    """`asked` has host and port of every request to connect, `credentials` what came with it: None or (user, password).

    `refuse` is what it does instead of connecting: a status line's end, as "407 Proxy Authentication Required", "close"
    or "hang".
    """

    def __init__(self, port, context=None):
        self.asked = []
        self.credentials = []
        self.heads = []
        self.refuse = None
        self._target = ("127.0.0.1", port)
        self._context = context
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._ended.set()
        # Who waits in accept() goes on with the number of the descriptor, which is soon another's.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
            first = receive(connection, 1)
            if first == b"\x05":
                self._socks(connection)
            else:
                self._http(connection, first)
        except OSError:
            pass
        finally:
            connection.close()

    def _http(self, connection, head):
        while not head.endswith(b"\r\n\r\n"):
            head += receive(connection, 1)
        self.heads.append(head)
        first, *lines = head.decode().rstrip("\r\n").split("\r\n")
        method, target, _ = first.split(" ")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        user = password = None
        if "proxy-authorization" in fields:
            kind, _, text = fields["proxy-authorization"].partition(" ")
            assert kind == "Basic"
            user, _, password = base64.b64decode(text).decode().partition(":")
        host, _, port = target.rpartition(":")
        self._note(f"{method} {host}", int(port), user, password)
        if self._refuses(connection):
            return
        self._relay(connection, b"HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy\r\n\r\n")

    def _socks(self, connection):
        methods = receive(connection, receive(connection, 1)[0])
        user = password = None
        if 2 in methods:
            connection.sendall(b"\x05\x02")
            assert receive(connection, 1) == b"\x01"
            user = receive(connection, receive(connection, 1)[0]).decode()
            password = receive(connection, receive(connection, 1)[0]).decode()
            connection.sendall(b"\x01\x00")
        else:
            connection.sendall(b"\x05\x00")
        version, command, _, kind = receive(connection, 4)
        assert (version, command) == (5, 1)
        if kind == 1:
            host = socket.inet_ntoa(receive(connection, 4))
        else:
            assert kind == 3
            host = receive(connection, receive(connection, 1)[0]).decode()
        self._note(f"SOCKS {'name' if kind == 3 else 'address'} {host}", *struct.unpack("!H", receive(connection, 2)),
                   user, password)
        if self._refuses(connection):
            return
        self._relay(connection, b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")

    def _note(self, host, port, user, password):
        self.credentials.append(None if user is None else (user, password))
        self.asked.append((host, port))

    def _refuses(self, connection):
        if self.refuse == "hang":
            self._ended.wait(PATIENCE)
        elif self.refuse == "socks":
            connection.sendall(b"\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00")
        elif self.refuse and self.refuse != "close":
            connection.sendall(f"HTTP/1.1 {self.refuse}\r\nContent-Length: 6\r\n\r\nsorry\n".encode())
        return self.refuse is not None

    def _relay(self, connection, established):
        with socket.create_connection(self._target, timeout=PATIENCE) as upstream:
            connection.sendall(established)
            threading.Thread(target=copy, args=(upstream, connection), daemon=True).start()
            copy(connection, upstream)


def receive(connection, count):
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise ConnectionError("the other side has ended")
        data += piece
    return data


def copy(source, target):
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
        shut(target)
    except (OSError, ValueError):
        shut(target)


def shut(connection):
    try:
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
    except OSError:
        pass
