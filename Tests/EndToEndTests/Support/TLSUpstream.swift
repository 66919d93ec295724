import Foundation

/// An upstream behind TLS, a process of its own: Python's, which speaks HTTP/1.1, or nginx, which speaks
/// HTTP/2 too. It answers every request with the protocol's name. Either ends when its standard input does,
/// so that it never outlives the tests.
final class TLSUpstream: Sendable {
    let port: Int
    private let process: Process
    private let input = Pipe()

    /// Python's. `/v1/chat/cut` and `/v1/chat/endless` are cut off without the end that TLS has: mid-length,
    /// and where the close is the body's end.
    init(_ certificate: TLSFolder.Certificate, in folder: TLSFolder) throws {
        let output = Pipe()
        process = Self.process(
            ["python3", "-c", Self.script, folder.file(certificate), folder.key], input, output)
        try process.run()
        var line = Data()
        while line.last != 0x0A, let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty
        {
            line += byte
        }
        port = Int(String(decoding: line.dropLast(), as: UTF8.self)) ?? 0
    }

    /// nginx with HTTP/2, in `folder`. Waits until it listens.
    init(http2In folder: TLSFolder) throws {
        let probe = RawSocket.makeSocket()
        port = try ScriptedUpstream.listen(probe, backlog: 1)
        close(probe)
        let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        let configuration = """
            daemon off; master_process off; pid \(folder.path)/pid; error_log stderr error;
            events { worker_connections 64; }
            http {
                access_log off;
                \(kinds.map { "\($0)_temp_path \(folder.path)/\($0);" }.joined(separator: " "))
                server {
                    listen 127.0.0.1:\(port) ssl http2;
                    ssl_certificate \(folder.file(.valid));
                    ssl_certificate_key \(folder.key);
                    # Through a second server, for `return` alone answers before it has the body, and resets \
            the stream.
                    location / {
                        proxy_set_header Protocol $server_protocol;
                        proxy_pass http://unix:\(folder.path)/back;
                    }
                }
                server {
                    listen unix:\(folder.path)/back;
                    location / { return 200 $http_protocol; }
                }
            }
            """
        let file = folder.path + "/nginx.conf"
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: file))
        process = Self.process(
            [
                "python3", "-c", Self.keeper, Self.nginx ?? "nginx", "-e", "stderr", "-p", folder.path, "-c",
                file,
            ], input, FileHandle.nullDevice)
        try process.run()
        let deadline = ContinuousClock.now + .seconds(5)
        while true {
            do {
                _ = try RawSocket.connect(to: port)
                return
            } catch {
                guard ContinuousClock.now < deadline, process.isRunning else { throw error }
            }
        }
    }

    /// Comes last in a test: until then it serves.
    func stop() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    static let nginx: String? = {
        let folders =
            (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":") + ["/usr/sbin"]
        return folders.map { "\($0)/nginx" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    private static func process(_ words: [String], _ input: Pipe, _ output: Any) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        return process
    }

    /// Runs a command until its own input ends. (A child of ours has signals blocked: it is not asked
    /// nicely.)
    private static let keeper = """
        import subprocess, sys

        child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
        sys.stdin.read()
        child.kill()
        child.wait()
        """

    private static let script = """
        import http.server, os, socket, ssl, sys, threading

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                self.rfile.read(int(self.headers.get("content-length", "0")))
                body = self.request_version.encode()
                self.send_response(200)
                is_cut = self.path in ("/v1/chat/cut", "/v1/chat/endless")
                if self.path == "/v1/chat/endless":
                    body = b'{"cut":'
                    self.send_header("content-type", "application/json")
                else:
                    self.send_header("content-length", str(len(body) + (100 if is_cut else 0)))
                self.end_headers()
                self.wfile.write(body)
                if is_cut:
                    self.wfile.flush()
                    self.close_connection = True
                    socket.socket(fileno=os.dup(self.connection.fileno())).shutdown(socket.SHUT_RDWR)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
        server = Server(("127.0.0.1", 0), Handler)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
        sys.stdin.read()
        """
}
