import Domain
import Foundation
import Logging
import Testing
import Vault

@testable import App

@Suite struct SettingsTests {
    func settings(_ environment: [String: String]) throws -> Settings {
        try Settings(from: SettingsSource(environment: environment))
    }

    func failure(_ environment: [String: String]) -> SettingsError? {
        #expect(throws: SettingsError.self) { _ = try settings(environment) }
    }

    @Test func `a server to try out has a data folder of its own, unless one is set`() throws {
        let unset = try Settings(from: SettingsSource(environment: [:]), isDemo: true)
        #expect(unset.dataFolder == "./demo" && unset.masterKeyFile == "./demo/master.key")
        let set = try Settings(
            from: SettingsSource(environment: ["LATCHKEY_DATA_DIR": "./data"]), isDemo: true)
        #expect(set.dataFolder == "./data")
    }

    @Test func `nothing set gives the documented defaults`() throws {
        let settings = try settings(["PATH": "/bin", "LATCHKEY_THREADS": ""])
        #expect(settings.listen == ListenAddress(host: "127.0.0.1", port: 8080))
        #expect(settings.trustedProxies == [])
        #expect(settings.corsOrigins == .none)
        #expect(settings.dataFolder == "./data")
        #expect(settings.masterKeyFile == "./data/master.key")
        #expect(settings.masterKey == nil)
        #expect(settings.adminKey == nil)
        #expect(settings.alarmURL == nil && settings.alarmSecretFile == nil)
        #expect(settings.alarmExpiryWarning == .seconds(7 * 86_400))
        #expect(settings.alarmSpendFactor == 0 && !settings.alarmSpendFreeze)
        #expect(settings.logLevel == .info)
        #expect(settings.accessLog == .standardOutput)
        #expect(settings.threads == ProcessInfo.processInfo.activeProcessorCount)
        #expect(settings.upstreamProxy == nil && settings.upstreamClientCertificateFile == nil)
        #expect(settings.upstreamCAFile == nil)
        #expect(!settings.allowsLinkLocalUpstreams)
        #expect(settings.upstreamConnectTimeout == .seconds(5))
        #expect(settings.upstreamFirstByteTimeout == .seconds(600))
        #expect(settings.upstreamIdleTimeout == .seconds(300))
        #expect(settings.maximumJSONBody == 96 << 20)
        #expect(settings.maximumHeldBodies == 512 << 20)
        #expect(settings.maximumUpload == 512 << 20)
        #expect(settings.streamBuffer == 64 << 10)
        #expect(settings.maximumTarget == 8 << 10)
        #expect(settings.maximumHeader == 16 << 10)
        #expect(settings.maximumHeaders == 32 << 10)
        #expect(settings.maximumHeaderCount == 100)
        #expect(settings.maximumConnections == 10_000)
        #expect(settings.maximumInFlight == 4_000)
        #expect(settings.journalSlots == 16_384)
        #expect(settings.completionTokens == 128_000 && settings.untoldTokensPerSecond == 3000)
        #expect(settings.ledgerRetention == .seconds(400 * 86_400))
        #expect(settings.headTimeout == .seconds(10))
        #expect(settings.bodyTimeout == .seconds(30))
        #expect(settings.keepAliveTimeout == .seconds(75))
        #expect(settings.writeTimeout == .seconds(60))
        #expect(settings.drainTimeout == .seconds(600))
    }

    @Test func `every setting can be set`() throws {
        let settings = try settings([
            "LATCHKEY_LISTEN": "[::1]:0", "LATCHKEY_DATA_DIR": "/var/lib/latchkey/",
            "LATCHKEY_TRUSTED_PROXIES": "10.0.0.0/8, fd00::/8 ,192.0.2.1",
            "LATCHKEY_CORS_ORIGINS": "https://app.example.com, http://localhost:3000",
            "LATCHKEY_MASTER_KEY": String(repeating: "aF", count: 32),
            "LATCHKEY_ADMIN_KEY": String(repeating: "k", count: 32), "LATCHKEY_LOG_LEVEL": "TRACE",
            "LATCHKEY_ACCESS_LOG": "off", "LATCHKEY_THREADS": "3",
            "LATCHKEY_UPSTREAM_CLIENT_CERT_FILE": "client.pem",
            "LATCHKEY_UPSTREAM_PROXY": "HTTP://user:p%40ss@Proxy.test:3128/",
            "LATCHKEY_UPSTREAM_CA_FILE": "ca.pem", "LATCHKEY_UPSTREAM_CONNECT_TIMEOUT": "250ms",
            "LATCHKEY_UPSTREAM_ALLOW_LINK_LOCAL": "on",
            "LATCHKEY_UPSTREAM_FIRST_BYTE_TIMEOUT": "2m", "LATCHKEY_UPSTREAM_IDLE_TIMEOUT": "1h",
            "LATCHKEY_MAX_JSON_BODY": "10KiB", "LATCHKEY_MAX_HELD_BODIES": "10240",
            "LATCHKEY_MAX_UPLOAD": "1GiB", "LATCHKEY_STREAM_BUFFER": "8KiB", "LATCHKEY_MAX_TARGET": "100",
            "LATCHKEY_MAX_HEADER": "300", "LATCHKEY_MAX_HEADERS": "600", "LATCHKEY_MAX_HEADER_COUNT": "9",
            "LATCHKEY_MAX_CONNECTIONS": "5", "LATCHKEY_MAX_IN_FLIGHT": "4", "LATCHKEY_HEAD_TIMEOUT": "1s",
            "LATCHKEY_MAX_CONNECTIONS_PER_ADDRESS": "3", "LATCHKEY_MAX_ADMIN_CONNECTIONS": "2",
            "LATCHKEY_MAX_IN_FLIGHT_PER_TOKEN": "1", "LATCHKEY_MIN_BODY_RATE": "2KiB",
            "LATCHKEY_BODY_TIMEOUT": "2s", "LATCHKEY_KEEP_ALIVE_TIMEOUT": "3s",
            "LATCHKEY_WRITE_TIMEOUT": "4s",
            "LATCHKEY_DRAIN_TIMEOUT": "1d", "LATCHKEY_JOURNAL_SLOTS": "4", "LATCHKEY_COMPLETION_TOKENS": "7",
            "LATCHKEY_UNTOLD_TOKENS_PER_SECOND": "8",
            "LATCHKEY_LEDGER_RETENTION": "30d",
            "LATCHKEY_ALARM_URL": "https://alarms.test/hook?key=1", "LATCHKEY_ALARM_SECRET_FILE": "secret",
            "LATCHKEY_ALARM_EXPIRY_WARNING": "0", "LATCHKEY_ALARM_SPEND_FACTOR": "10",
            "LATCHKEY_ALARM_SPEND_FREEZE": "on",
        ])
        #expect(settings.listen == ListenAddress(host: "::1", port: 0))
        #expect(settings.listen.isLoopback)
        #expect(settings.trustedProxies == ["10.0.0.0/8", "fd00::/8", "192.0.2.1"])
        #expect(
            settings.corsOrigins
                == (try CrossOrigins(parsing: "http://localhost:3000,https://app.example.com")))
        #expect(settings.masterKeyFile == "/var/lib/latchkey/master.key")
        #expect(settings.masterKey?.byteCount == 64)
        #expect(settings.adminKey?.byteCount == 32)
        #expect(settings.logLevel == .trace)
        #expect(settings.accessLog == .off)
        #expect(settings.threads == 3)
        #expect(settings.upstreamClientCertificateFile == "client.pem")
        #expect(settings.upstreamProxy?.description == "http://proxy.test:3128")
        #expect(settings.upstreamCAFile == "ca.pem")
        #expect(settings.allowsLinkLocalUpstreams)
        #expect(settings.upstreamConnectTimeout == .milliseconds(250))
        #expect(settings.upstreamFirstByteTimeout == .seconds(120))
        #expect(settings.upstreamIdleTimeout == .seconds(3600))
        #expect(settings.maximumJSONBody == 10_240)
        #expect(settings.maximumHeldBodies == 10_240)
        #expect(settings.maximumUpload == 1 << 30)
        #expect(settings.streamBuffer == 8192 && settings.maximumTarget == 100)
        #expect(settings.maximumHeader == 300 && settings.maximumHeaders == 600)
        #expect(settings.maximumHeaderCount == 9)
        #expect(settings.maximumConnections == 5 && settings.maximumInFlight == 4)
        #expect(settings.maximumAddressConnections == 3 && settings.maximumAdminConnections == 2)
        #expect(settings.maximumTokenInFlight == 1 && settings.minimumBodyRate == 2048)
        #expect(settings.headTimeout == .seconds(1) && settings.bodyTimeout == .seconds(2))
        #expect(settings.keepAliveTimeout == .seconds(3) && settings.writeTimeout == .seconds(4))
        #expect(settings.drainTimeout == .seconds(86_400))
        #expect(settings.completionTokens == 7 && settings.untoldTokensPerSecond == 8)
        #expect(settings.alarmURL?.text == "https://alarms.test/hook?key=1")
        #expect(settings.alarmSecretFile == "secret" && settings.alarmExpiryWarning == nil)
        #expect(settings.alarmSpendFactor == 10 && settings.alarmSpendFreeze)
        #expect(settings.journalSlots == 4 && settings.ledgerRetention == .seconds(30 * 86_400))
    }

    @Test(arguments: [
        "http://127.0.0.1:9", "http://[::1]/x", "http://localhost:80/?y", "https://alarms.test:8443",
    ])
    func `alarms are sent by https, or by http to this machine`(_ url: String) throws {
        let environment = ["LATCHKEY_ALARM_URL": url, "LATCHKEY_ALARM_SECRET_FILE": "secret"]
        #expect(try settings(environment).alarmURL?.text == url)
    }

    @Test func `a retention of 0 is for ever`() throws {
        #expect(try self.settings(["LATCHKEY_LEDGER_RETENTION": "0"]).ledgerRetention == nil)
    }

    @Test func `an address and an access token have a share of what there is`() throws {
        let usual = try settings([:])
        #expect(usual.maximumAddressConnections == 2500 && usual.maximumTokenInFlight == 2000)
        #expect(usual.maximumAdminConnections == 256 && usual.minimumBodyRate == 1024)
        let small = try settings(["LATCHKEY_MAX_CONNECTIONS": "3", "LATCHKEY_MAX_IN_FLIGHT": "1"])
        #expect(small.maximumAddressConnections == 1 && small.maximumTokenInFlight == 1)
    }

    @Test func `the journal has room for all that may be under way`() {
        let error = failure(["LATCHKEY_MAX_IN_FLIGHT": "20000"])
        #expect(error?.message.hasPrefix("LATCHKEY_JOURNAL_SLOTS") == true)
        #expect(error?.message.contains("LATCHKEY_MAX_IN_FLIGHT") == true)
    }

    @Test(arguments: [
        ("LATCHKEY_LISTEN", "8080"), ("LATCHKEY_LISTEN", "::1:80"), ("LATCHKEY_LISTEN", "h:65536"),
        ("LATCHKEY_LISTEN", "h:+1"), ("LATCHKEY_LISTEN", ":80"), ("LATCHKEY_MASTER_KEY", "abc"),
        ("LATCHKEY_LOG_LEVEL", "loud"), ("LATCHKEY_THREADS", "0"), ("LATCHKEY_THREADS", "many"),
        ("LATCHKEY_UPSTREAM_CONNECT_TIMEOUT", "5"),
        ("LATCHKEY_UPSTREAM_PROXY", "proxy.test:3128"), ("LATCHKEY_UPSTREAM_PROXY", "http://proxy.test"),
        ("LATCHKEY_UPSTREAM_PROXY", "ftp://proxy.test:21"),
        ("LATCHKEY_UPSTREAM_PROXY", "http://a b@p.test:1"),
        ("LATCHKEY_UPSTREAM_PROXY", "http://p.test:1/x"),
        ("LATCHKEY_UPSTREAM_PROXY", "http://u:p/w@p.test:1"),
        ("LATCHKEY_UPSTREAM_PROXY", "socks5://p.test:0"), ("LATCHKEY_UPSTREAM_PROXY", "http://u:p@[::1]"),
        ("LATCHKEY_UPSTREAM_CONNECT_TIMEOUT", "0s"), ("LATCHKEY_UPSTREAM_ALLOW_LINK_LOCAL", "yes"),
        ("LATCHKEY_UPSTREAM_IDLE_TIMEOUT", "-5s"), ("LATCHKEY_JOURNAL_SLOTS", "0"),
        ("LATCHKEY_MAX_CONNECTIONS_PER_ADDRESS", "0"), ("LATCHKEY_MAX_IN_FLIGHT_PER_TOKEN", "many"),
        ("LATCHKEY_MIN_BODY_RATE", "0"), ("LATCHKEY_MAX_ADMIN_CONNECTIONS", "0"),
        ("LATCHKEY_LEDGER_RETENTION", "400"), ("LATCHKEY_LEDGER_RETENTION", "0d"),
        ("LATCHKEY_MAX_UPLOAD", "5MB"), ("LATCHKEY_MAX_UPLOAD", "99999999999GiB"),
        ("LATCHKEY_MAX_JSON_BODY", "1GiB"),
        ("LATCHKEY_TRUSTED_PROXIES", "proxy.test"), ("LATCHKEY_TRUSTED_PROXIES", "10.0.0.1\n"),
        ("LATCHKEY_CORS_ORIGINS", "https://a.test/"), ("LATCHKEY_CORS_ORIGINS", "https://a.test,b\n"),
        ("LATCHKEY_ALARM_URL", "http://alarms.test/"), ("LATCHKEY_ALARM_URL", "alarms.test"),
        ("LATCHKEY_ALARM_URL", "http://127.0.0.1@alarms.test/"), ("LATCHKEY_ALARM_URL", "dummy:"),
        ("LATCHKEY_ALARM_URL", "http://127.0.0.1.alarms.test/"), ("LATCHKEY_ALARM_URL", "https://x/#y"),
        ("LATCHKEY_ALARM_URL", "https://alarms.test/without-a-secret"),
        ("LATCHKEY_ALARM_EXPIRY_WARNING", "7"), ("LATCHKEY_ALARM_SPEND_FACTOR", "-1"),
        ("LATCHKEY_ALARM_SPEND_FREEZE", "on"),
        ("LATCHKEY_URL", "ftp://x"), ("LATCHKEY_URL", "http://x/path"), ("LATCHKEY_URL", "dummy:"),
        ("LATCHKEY_ADMIN_KEY", "31-characters-are-one-too-few-x"),
        ("LATCHKEY_ADMIN_KEY", "lkm_that-is-long-enough-and-still-not-one-of-ours"),
    ])
    func `a value that makes no sense is refused with its name and place`(_ name: String, _ value: String)
        throws
    {
        let error = try #require(failure([name: value]))
        #expect(error.message.hasPrefix("LATCHKEY_"))
        #expect(error.message.contains("(environment)") || name == "LATCHKEY_MAX_JSON_BODY")
        #expect(!error.message.contains("\n"))
        #expect(error.hint?.isEmpty == false)
    }

    @Test(arguments: [
        ("10.0.0.0/8,nginx", "entry 2, 'nginx': it has to begin with an IP address"),
        ("10.0.0.0/8,", "entry 2, '': it has to begin with an IP address"),
        (" 10.1.0.0/8 ,::1", "entry 1, '10.1.0.0/8': its address has bits set behind the first 8"),
        ("::1,::1/129", "entry 2, '::1/129': what follows '/' has to be a number from 0 to 128"),
        ("::1\t", #"entry 1, '::1\t': it has to begin with an IP address"#),
    ])
    func `of the trusted proxies the one that is none is named`(_ text: String, _ reason: String) {
        #expect(
            failure(["LATCHKEY_TRUSTED_PROXIES": text])
                == .invalidValue("LATCHKEY_TRUSTED_PROXIES", .environment, reason: reason))
    }

    @Test func `an error never quotes a secret`() throws {
        for name in ["LATCHKEY_ADMIN_KEY", "LATCHKEY_MASTER_KEY"] {
            let error = try #require(failure([name: "canary with spaces"]))
            #expect(!String(describing: error).contains("canary"))
            #expect(!error.message.contains("canary"))
        }
    }

    @Test func `a name that is no setting stops the start and the nearest one is suggested`() throws {
        let slip = try #require(failure(["LATCHKEY_LISTN": "x"]))
        #expect(slip == .unknownName("LATCHKEY_LISTN", .environment, suggestion: "LATCHKEY_LISTEN"))
        #expect(slip.hint == "did you mean LATCHKEY_LISTEN?")
        #expect(
            failure(["LATCHKEY_COMPLETELY_UNRELATED_THING": "x"])
                == .unknownName("LATCHKEY_COMPLETELY_UNRELATED_THING", .environment, suggestion: nil))
    }

    @Test func `the environment wins over the file, and the file over the default`() throws {
        let file = try EnvironmentFile(
            parsing: "LATCHKEY_LISTEN=127.0.0.1:1\nLATCHKEY_THREADS=2\nOTHER=3", path: ".env")
        let environment = EnvironmentFile.Entry(
            name: "LATCHKEY_LISTEN", value: "127.0.0.1:9", origin: .environment)
        let settings = try Settings(from: SettingsSource(entries: file.entries + [environment]))
        #expect(settings.listen.port == 9)
        #expect(settings.threads == 2)
        let unknown = try EnvironmentFile(parsing: "\nLATCHKEY_THREAD=2", path: ".env")
        #expect(
            throws: SettingsError.unknownName(
                "LATCHKEY_THREAD", .file(path: ".env", line: 2), suggestion: "LATCHKEY_THREADS")
        ) { try SettingsSource(entries: unknown.entries) }
    }

    @Test func `secrets cannot be printed with the settings`() throws {
        let key = String(repeating: "canary", count: 6)
        let source = try SettingsSource(environment: ["LATCHKEY_ADMIN_KEY": key])
        var dumped = ""
        dump(source, to: &dumped)
        try dump(Settings(from: source), to: &dumped)
        #expect(!dumped.contains("canary"))
    }

    @Test func `the example file lists every setting with its default`() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../.env.example")
        #expect(try String(contentsOf: path, encoding: .utf8) == SettingDeclaration.exampleFile)
        #expect(Set(SettingDeclaration.all.map(\.name)).count == SettingDeclaration.all.count)
        #expect(SettingDeclaration.all.allSatisfy { $0.name.hasPrefix("LATCHKEY_") })
    }
}
