"""What is compared: nginx and Latchkey, each in front of the same two upstreams, and those upstreams.

Both do a proxy's work: swap the credential, keep upstream connections alive, write an access log to a file.
"""

import json
import os
import secrets
import subprocess
import sys
from dataclasses import dataclass

from processes import BenchError, Service, free_port

UPSTREAM_KEY = "sk-bench"
CONNECTIONS = 16_384
LIMITS = ["requests=1000000000/day", "tokens=1000000000000/month", "concurrency=10000"]
"""None is ever met: what is measured is that they are looked after."""

ANSWER = json.dumps({
    "id": "chatcmpl-bench", "object": "chat.completion", "created": 1700000000, "model": "bench",
    "choices": [{
        "index": 0, "finish_reason": "stop",
        "message": {"role": "assistant", "content": "The quick brown fox jumps over the lazy dog. " * 6}}],
    "usage": {
        "prompt_tokens": 180, "completion_tokens": 60, "total_tokens": 240,
        "prompt_tokens_details": {"cached_tokens": 0}, "completion_tokens_details": {"reasoning_tokens": 0}}})
"""0.6 KiB."""


@dataclass
class Target:
    """Where a load goes, and as whom."""

    port: int
    authorization: str

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/v1/chat/completions"


@dataclass
class Contestant:
    name: str
    service: Service
    chat: Target
    tls_chat: Target
    """Its upstream is the same as that of `chat`, behind TLS."""
    streams: Target
    tls_streams: Target | None


@dataclass
class Upstreams:
    """Where the upstreams listen, and the certificate of those behind TLS."""

    chat: int
    tls_chat: int
    streams: int
    tls_streams: int
    certificate: str


def start_upstreams(stack, folder):
    certificate = str(folder / "upstream.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", certificate + ".key",
         "-out", certificate], check=True, capture_output=True)
    return Upstreams(*start_chat_upstream(stack, folder, certificate),
                     *start_stream_upstream(stack, folder, certificate), certificate)


def nginx_binary():
    path = os.environ.get("PATH", "") + ":/usr/sbin"
    return next(
        file for folder in path.split(":") if os.access(file := os.path.join(folder, "nginx"), os.X_OK))


def start_nginx(stack, folder, name, workers, http):
    """An nginx with nothing of the system's configuration; `http` is the text of its http block."""
    home = folder / name
    home.mkdir()
    user = "user root;" if os.getuid() == 0 else ""
    temporary = "\n".join(
        f"{kind}_temp_path {home}/{kind};" for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
    configuration = home / "nginx.conf"
    configuration.write_text(f"""
        daemon off; {user} worker_processes {workers}; pid {home}/pid; error_log {home}/error.log error;
        worker_rlimit_nofile {CONNECTIONS};
        events {{ worker_connections {CONNECTIONS}; }}
        http {{
            {temporary}
            keepalive_timeout 1h; keepalive_requests 1000000000; tcp_nodelay on;
            {http}
        }}""")
    service = Service(
        [nginx_binary(), "-e", str(home / "error.log"), "-c", str(configuration), "-p", str(home)], home / "output")
    stack.callback(service.stop)
    return service


def start_chat_upstream(stack, folder, certificate):
    """One worker that consumes the request's body and answers a constant. Returns its ports, without TLS and with."""
    port, tls_port = free_port(), free_port()
    start_nginx(stack, folder, "upstream", 1, f"""
        access_log off; default_type application/json;
        server {{
            listen 127.0.0.1:{port} backlog=4096;
            listen 127.0.0.1:{tls_port} ssl backlog=4096;
            ssl_certificate {certificate}; ssl_certificate_key {certificate}.key;
            location = /v1/chat/completions {{ return 200 '{ANSWER}'; }}
        }}""").wait_for(f"http://127.0.0.1:{port}/")
    return port, tls_port


def start_stream_upstream(stack, folder, certificate):
    """Returns its ports, without TLS and with."""
    port, tls_port = free_port(), free_port()
    script = os.path.join(os.path.dirname(__file__), "stream_upstream.py")
    service = Service(
        [sys.executable, "-B", script, str(port), str(tls_port), certificate, certificate + ".key"],
        folder / "stream_upstream")
    stack.callback(service.stop)
    service.wait_for(f"http://127.0.0.1:{port}/")
    return port, tls_port


def start_nginx_proxy(stack, folder, upstreams):
    chat, tls_chat, streams = free_port(), free_port(), free_port()

    def part(name, port, upstream, more, scheme="http"):
        return f"""
            upstream {name} {{
                server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 1000000000; keepalive_timeout 1h;
            }}
            server {{
                listen 127.0.0.1:{port} backlog=4096;
                location /v1/ {{
                    proxy_pass {scheme}://{name}; proxy_http_version 1.1; proxy_set_header Connection "";
                    proxy_set_header Authorization "Bearer {UPSTREAM_KEY}"; proxy_read_timeout 300s; {more}
                }}
            }}"""

    service = start_nginx(stack, folder, "nginx", os.cpu_count(), f"""
        access_log {folder}/nginx.access.log;
        {part("chat", chat, upstreams.chat, "")}
        {part("tls", tls_chat, upstreams.tls_chat, "", "https")}
        {part("streams", streams, upstreams.streams, "proxy_buffering off;")}""")
    service.wait_for(f"http://127.0.0.1:{chat}/")
    return Contestant(
        "nginx", service, *(Target(port, "Bearer bench") for port in [chat, tls_chat, streams]), None)


def start_latchkey(stack, folder, name, binary, upstreams, under=(), **settings):
    """`under` is a command that runs the server, such as valgrind."""
    home = folder / name
    home.mkdir()
    binary = os.path.abspath(binary)
    if not os.access(binary, os.X_OK):
        raise BenchError(f"There is no {binary}. Hint: make build")
    port = free_port()
    # The server refuses variables it does not know; its output, the access log among it, goes to a file.
    serving = {k: v for k, v in os.environ.items() if not k.startswith("LATCHKEY_")}
    serving |= {
        "LATCHKEY_DATA_DIR": str(home / "data"), "LATCHKEY_LISTEN": f"127.0.0.1:{port}",
        "LATCHKEY_UPSTREAM_CA_FILE": upstreams.certificate, "LATCHKEY_MAX_IN_FLIGHT": "16000",
        "SWIFT_BACKTRACE": "enable=no", **settings}
    asking = serving | {
        "LATCHKEY_URL": f"http://127.0.0.1:{port}", "LATCHKEY_ADMIN_KEY": "admin-" + secrets.token_hex(24)}

    def run(*arguments, standard_input=""):
        result = subprocess.run(
            [binary, *arguments], env=asking, cwd=home, input=standard_input, capture_output=True, text=True,
            timeout=60)
        if result.returncode != 0:
            raise BenchError(f"latchkey {' '.join(arguments)}:\n{result.stdout}{result.stderr}")
        return result.stdout

    run("init")
    service = Service([*under, binary, "serve"], home / "output", environment=serving, folder=home)
    stack.callback(service.stop)
    service.wait_for(f"http://127.0.0.1:{port}/ready")

    # Of a base from before there were limits, nothing more is asked than it has.
    has_limits = "--limit" in run("token", "issue", "--help")
    limits = [word for limit in LIMITS for word in ("--limit", limit)] if has_limits else []

    def target(project, upstream, scheme="http"):
        run("project", "create", project, "--upstream-url", f"{scheme}://127.0.0.1:{upstream}/v1",
            "--upstream-key-file", "-", "--json", standard_input=UPSTREAM_KEY)
        issued = run(
            "token", "issue", "--project", project, "--name", "bench", "--expires-in", "1d", *limits, "--json")
        return Target(port, "Bearer " + json.loads(issued)["token"])

    return Contestant(
        name, service, target("chat", upstreams.chat), target("tls-chat", upstreams.tls_chat, "https"),
        target("streams", upstreams.streams), target("tls-streams", upstreams.tls_streams, "https"))
