import Domain
import Testing
import Vault

@testable import App

@Suite struct LinkVariablesTests {
    /// As Kubernetes writes them for a Service named `latchkey` with two ports, and for others beside it.
    private static let kubernetes = [
        "LATCHKEY_SERVICE_HOST": "10.96.12.7", "LATCHKEY_SERVICE_PORT": "8080",
        "LATCHKEY_SERVICE_PORT_HTTP": "8080", "LATCHKEY_SERVICE_PORT_HTTP_ADMIN": "9090",
        "LATCHKEY_PORT": "tcp://10.96.12.7:8080", "LATCHKEY_PORT_8080_TCP": "tcp://10.96.12.7:8080",
        "LATCHKEY_PORT_8080_TCP_PROTO": "tcp", "LATCHKEY_PORT_8080_TCP_PORT": "8080",
        "LATCHKEY_PORT_8080_TCP_ADDR": "10.96.12.7", "LATCHKEY_PORT_53_UDP": "udp://10.96.12.7:53",
        "LATCHKEY_ADMIN_SERVICE_HOST": "fd00::7", "LATCHKEY_ADMIN_SERVICE_PORT": "9090",
        "LATCHKEY_ADMIN_PORT": "tcp://[fd00::7]:9090", "LATCHKEY_ADMIN_PORT_9090_TCP": "tcp://[fd00::7]:9090",
        "LATCHKEY_ADMIN_PORT_9090_TCP_ADDR": "fd00::7", "LATCHKEY_2_PORT_9_SCTP_PROTO": "sctp",
    ]

    /// As links write them for containers with the aliases `latchkey` and `latchkey-1`.
    private static let links = [
        "LATCHKEY_NAME": "/web/latchkey", "LATCHKEY_PORT": "tcp://172.17.0.5:8000",
        "LATCHKEY_PORT_8000_TCP_START": "tcp://172.17.0.5:8000",
        "LATCHKEY_PORT_8000_TCP_END": "tcp://172.17.0.5:8002",
        "LATCHKEY_PORT_8000_TCP_PORT_START": "8000", "LATCHKEY_PORT_8000_TCP_PORT_END": "8002",
        "LATCHKEY_ENV_LATCHKEY_LISTEN": "0.0.0.0:80", "LATCHKEY_ENV_http_proxy": "http://proxy.test",
        "LATCHKEY_1_NAME": "/web/latchkey-1", "LATCHKEY_1_ENV_PATH_ENV_X": "",
    ]

    @Test(arguments: [kubernetes, links])
    func `what an orchestrator writes for a service of our name is passed over`(
        _ environment: [String: String]
    ) throws {
        let variables = environment.merging(["LATCHKEY_THREADS": "3"]) { $1 }

        let settings = try Settings(from: SettingsSource(environment: variables))

        #expect(settings.threads == 3)
        #expect(settings.listen == ListenAddress(host: "127.0.0.1", port: 8080))
    }

    @Test(arguments: [
        ("LATCHKEY_PORT", "8080"), ("LATCHKEY_PORT", "http://10.0.0.1:80"),
        ("LATCHKEY_PORT", "tcp://host:80"),
        ("LATCHKEY_PORT", "tcp://10.0.0.1"), ("LATCHKEY_PORT", "tcp://10.0.0.1:65536"), ("LATCHKEY_PORT", ""),
        ("LATCHKEY_SERVICE_HOST", "proxy.test"), ("LATCHKEY_SERVICE_PORT", "http"),
        ("LATCHKEY_PORT_8080_TCP_PROTO", "http"), ("LATCHKEY_PORT_80_HTTP", "tcp://10.0.0.1:80"),
        ("LATCHKEY_PORT_8080_TCP_ADDR", "here"), ("LATCHKEY_NAME", "acme"), ("LATCHKEY_NAME", "/acme"),
        ("LATCHKEY_ENV_LISTEN", "127.0.0.1:80"), ("LATCHKEY_SERVICE", "10.0.0.1"),
    ])
    func `the same name with a value of a person's stops the start`(_ name: String, _ value: String) {
        let error = #expect(throws: SettingsError.self) {
            try SettingsSource(environment: [name: value])
        }
        guard case .unknownName(name, .environment, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `a slip of the hand stops the start beside them, and the setting is suggested`() {
        #expect(
            throws: SettingsError.unknownName("LATCHKEY_LISTN", .environment, suggestion: "LATCHKEY_LISTEN")
        ) {
            try SettingsSource(environment: Self.kubernetes.merging(["LATCHKEY_LISTN": "x"]) { $1 })
        }
    }

    @Test(arguments: kubernetes.sorted { $0.key < $1.key }.map { "\($0)=\($1)" })
    func `in a file they are the operator's own, and stop the start`(_ line: String) throws {
        let file = try EnvironmentFile(parsing: line, path: ".env")
        let error = #expect(throws: SettingsError.self) { try SettingsSource(entries: file.entries) }
        guard case .unknownName(_, .file(path: ".env", line: 1), _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: SettingDeclaration.all.map(\.name))
    func `no setting looks like one of them`(_ name: String) {
        for value in ["10.0.0.1", "8080", "tcp://10.0.0.1:8080", "tcp", "/web/latchkey"] {
            #expect(!LinkVariables([name: value, "LATCHKEY_NAME": "/web/latchkey"]).contain(name))
        }
    }
}
