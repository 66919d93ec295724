import Domain
import Logging

/// Every setting there is. Durations: ``Quantities/durationRule``; sizes: ``Quantities/sizeRule``.
extension Setting where Value == ListenAddress {
    static let listen = Setting(
        "LATCHKEY_LISTEN", "host:port", default: "127.0.0.1:8080", "Where the server listens."
    ) { text throws(InvalidSetting) in
        guard let address = ListenAddress(text) else {
            throw InvalidSetting("it has to be host:port, as 127.0.0.1:8080 or [::1]:8080")
        }
        return address
    }
}

extension Setting where Value == ListenAddress? {
    static let adminListen = Setting(
        "LATCHKEY_ADMIN_LISTEN", "host:port", default: nil,
        "Where /manage, /admin and /metrics are served instead; left empty: on LATCHKEY_LISTEN too."
    ) { text throws(InvalidSetting) in
        guard !text.isEmpty else { return nil }
        return try Setting<ListenAddress>.listen.parse(text)
    }
}

extension Setting where Value == [AddressRange] {
    static let trustedProxies = Setting(
        "LATCHKEY_TRUSTED_PROXIES", "addresses", default: nil,
        "Proxies whose X-Forwarded-For is believed, as 10.0.0.0/8, ::1; left empty: none."
    ) { text throws(InvalidSetting) in
        var ranges: [AddressRange] = []
        guard !text.isEmpty else { return ranges }
        for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
            let entry = entry.drop { $0 == " " }
            let end = entry.lastIndex { $0 != " " }.map(entry.index(after:)) ?? entry.endIndex
            do throws(AddressRange.Malformed) {
                ranges.append(try AddressRange(parsing: entry[..<end]))
            } catch {
                // An entry may hold anything, and errors are one line.
                let shown = entry[..<end].unicodeScalars.map { $0.escaped(asASCII: true) }.joined()
                throw InvalidSetting("entry \(ranges.count + 1), '\(shown)': \(error.reason)")
            }
        }
        return ranges
    }
}

extension Setting where Value == Set<String> {
    static let upstreamHosts = Setting(
        "LATCHKEY_UPSTREAM_HOSTS", "hosts", default: nil,
        "Upstream hosts that a management key of one project may set, as api.openai.com, 10.0.0.5; left "
            + "empty: none."
    ) { text throws(InvalidSetting) in
        var hosts: Set<String> = []
        guard !text.isEmpty else { return hosts }
        for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
            let entry = entry.drop { $0 == " " }
            let end = entry.lastIndex { $0 != " " }.map(entry.index(after:)) ?? entry.endIndex
            guard case .remote(let origin, "/v1") = try? UpstreamURL(parsing: "https://\(entry[..<end])"),
                origin.authority == entry[..<end].lowercased()
            else {
                // An entry may hold anything, and errors are one line.
                let shown = entry[..<end].unicodeScalars.map { $0.escaped(asASCII: true) }.joined()
                throw InvalidSetting("entry '\(shown)': it must be a host name or an address, without a port")
            }
            hosts.insert(origin.host)
        }
        return hosts
    }
}

extension Setting where Value == CrossOrigins {
    static let corsOrigins = Setting(
        "LATCHKEY_CORS_ORIGINS", "origins", default: nil,
        "Origins whose web pages may call /v1 and /me, as https://app.example.com, or * for all; left "
            + "empty: none."
    ) { text throws(InvalidSetting) in
        do throws(WebOrigin.Malformation) {
            return try CrossOrigins(parsing: text)
        } catch {
            // An entry may hold anything, and errors are one line.
            let shown = error.entry.unicodeScalars.map { $0.escaped(asASCII: true) }.joined()
            throw InvalidSetting("entry '\(shown)': \(error.reason)")
        }
    }
}

extension Setting where Value == String {
    static let dataFolder = Setting(
        "LATCHKEY_DATA_DIR", "folder", default: "./data", "The folder of the database and the master key."
    ) { $0 }
}

extension Setting where Value == String? {
    static let masterKeyFile = Setting(
        "LATCHKEY_MASTER_KEY_FILE", "file", default: nil,
        "The file of the master key; left empty: master.key in the data folder."
    ) { $0.isEmpty ? nil : $0 }

    static let githubWebhookSecretFile = Setting(
        "LATCHKEY_GITHUB_WEBHOOK_SECRET_FILE", "file", default: nil,
        "The file (mode 0600) of the secret, of 16 bytes at least, that GitHub signs its alerts with; left "
            + "empty: none are taken."
    ) { $0.isEmpty ? nil : $0 }

    static let alarmSecretFile = Setting(
        "LATCHKEY_ALARM_SECRET_FILE", "file", default: nil,
        "The file (mode 0600) of the secret, of 16 bytes at least, that alarms are signed with."
    ) { $0.isEmpty ? nil : $0 }

    static let upstreamCAFile = Setting(
        "LATCHKEY_UPSTREAM_CA_FILE", "file", default: nil,
        "PEM certificates to trust for upstreams; left empty: the system's."
    ) { $0.isEmpty ? nil : $0 }

    static let upstreamClientCertificateFile = Setting(
        "LATCHKEY_UPSTREAM_CLIENT_CERT_FILE", "file", default: nil,
        "The PEM file (mode 0600) of the certificate that upstreams are shown, and of its key; left empty: "
            + "none."
    ) { $0.isEmpty ? nil : $0 }
}

extension Setting where Value == WebhookURL? {
    static let alarmURL = Setting(
        "LATCHKEY_ALARM_URL", "URL", default: nil,
        "Where alarms are sent, by https, or by http on this machine; left empty: they are only logged and "
            + "listed."
    ) { text throws(InvalidSetting) in
        guard !text.isEmpty else { return nil }
        return try WebhookURL(parsing: text)
    }
}

extension SettingDeclaration {
    static let masterKey = SettingDeclaration(
        name: "LATCHKEY_MASTER_KEY", kind: "64 hex digits, secret", initial: nil,
        summary: "The master key itself; it wins over the file.", isSecret: true)

    static let adminKey = SettingDeclaration(
        name: "LATCHKEY_ADMIN_KEY", kind: "at least 32 characters, secret", initial: nil,
        summary: "The management key: init takes it instead of making one, the client commands send it.",
        isSecret: true)

    static let upstreamProxy = SettingDeclaration(
        name: "LATCHKEY_UPSTREAM_PROXY", kind: "URL, secret", initial: nil,
        summary:
            "The proxy that upstreams are reached through, as http://user:password@proxy.example.com:3128, "
            + "or socks5://…; left empty: none.",
        isSecret: true)
}

extension Setting where Value == ServerURL {
    static let url = Setting(
        "LATCHKEY_URL", "URL", default: "http://127.0.0.1:8080", "Where the client commands find the server."
    ) { text throws(InvalidSetting) in
        do throws(ServerURL.Malformed) {
            return try ServerURL(parsing: text)
        } catch {
            throw InvalidSetting(error.reason)
        }
    }
}

extension Setting where Value == ServerURL? {
    static let publicURL = Setting(
        "LATCHKEY_PUBLIC_URL", "URL", default: nil,
        "Where clients reach the server, as https://llm.example.com, for base URLs, links and errors; left "
            + "empty: where it listens."
    ) { text throws(InvalidSetting) in
        guard !text.isEmpty else { return nil }
        do throws(ServerURL.Malformed) {
            return try ServerURL(parsing: text)
        } catch {
            throw InvalidSetting(error.reason)
        }
    }
}

extension Setting where Value == Logger.Level {
    static let logLevel = Setting(
        "LATCHKEY_LOG_LEVEL", "level", default: "info",
        "The least level logged: trace, debug, info, notice, warning, error or critical."
    ) { text throws(InvalidSetting) in
        guard let level = Logger.Level(rawValue: text.lowercased()) else {
            throw InvalidSetting(
                "it has to be one of " + Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return level
    }
}

extension Setting where Value == AccessLogDestination {
    static let accessLog = Setting(
        "LATCHKEY_ACCESS_LOG", "'-', 'off' or a file", default: "-",
        "Where the access log goes: '-' is standard output."
    ) { AccessLogDestination($0) }
}

extension Setting where Value == Int {
    static let maximumJSONBody = size(
        "LATCHKEY_MAX_JSON_BODY", "96MiB",
        "The largest request body of JSON, or of a form that is charged; it is held in memory.")
    static let maximumHeldBodies = size(
        "LATCHKEY_MAX_HELD_BODIES", "512MiB", "The most memory that all held request bodies take together.")
    static let maximumUpload = size(
        "LATCHKEY_MAX_UPLOAD", "512MiB", "The largest streamed request body.")
    static let streamBuffer = size(
        "LATCHKEY_STREAM_BUFFER", "64KiB",
        "What of one stream may wait, each way, for the other side to take it.",
        in: 4096...16_777_216)
    static let maximumTarget = size(
        "LATCHKEY_MAX_TARGET", "8KiB", "The longest request target: path and query.", in: 64...49_152)
    static let maximumHeader = size(
        "LATCHKEY_MAX_HEADER", "16KiB", "The longest header line of a request.", in: 256...49_152)
    static let maximumHeaders = size(
        "LATCHKEY_MAX_HEADERS", "32KiB", "The largest head of a request: all its lines.", in: 512...57_344)

    static let maximumHeaderCount = number(
        "LATCHKEY_MAX_HEADER_COUNT", "100", "How many header lines a request may have.", in: 8...1000)
    static let maximumConnections = number(
        "LATCHKEY_MAX_CONNECTIONS", "10000", "How many clients may be connected at once; more get a 503.",
        in: 1...1_000_000)
    static let maximumInFlight = number(
        "LATCHKEY_MAX_IN_FLIGHT", "4000", "How many requests may be under way at once; more get a 503.",
        in: 1...1_000_000)
    static let maximumAdminConnections = number(
        "LATCHKEY_MAX_ADMIN_CONNECTIONS", "256",
        "How many connections there may be beside these: LATCHKEY_ADMIN_LISTEN's own, else for what is not "
            + "the API.",
        in: 1...1_000_000)
    static let minimumBodyRate = size(
        "LATCHKEY_MIN_BODY_RATE", "1KiB",
        "What of a request's body must come in a second, on average, once it has taken LATCHKEY_BODY_TIMEOUT."
    )
    static let journalSlots = number(
        "LATCHKEY_JOURNAL_SLOTS", "16384",
        "How many requests may be under way or wait for their ledger row, 1.1 KiB each; more get a 503.",
        in: 1...4_000_000)
    static let completionTokens = number(
        "LATCHKEY_COMPLETION_TOKENS", "128000",
        "The output tokens that a quota reserves where neither the request nor its model names a maximum.",
        in: 1...100_000_000)
    static let untoldTokensPerSecond = number(
        "LATCHKEY_UNTOLD_TOKENS_PER_SECOND", "3000",
        "How fast an upstream generates one choice at most: what an answer is charged by that did not "
            + "report its usage.",
        in: 1...100_000_000)

    static let alarmSpendFactor = number(
        "LATCHKEY_ALARM_SPEND_FACTOR", "0",
        "The alarm of spend speed: how many times its usual cost of an hour a project may spend; 0 is any.",
        in: 0...1_000_000)

    private static func size(
        _ name: String, _ initial: String, _ summary: String, in range: ClosedRange<Int> = 1...Int.max
    ) -> Self {
        Setting(name, "size", default: initial, summary) { text throws(InvalidSetting) in
            guard let bytes = Quantities.bytes(text), bytes > 0 else {
                throw InvalidSetting("it has to be \(Quantities.sizeRule)")
            }
            guard range.contains(bytes) else {
                throw InvalidSetting("it has to be from \(range.lowerBound) to \(range.upperBound) bytes")
            }
            return bytes
        }
    }

    private static func number(
        _ name: String, _ initial: String, _ summary: String, in range: ClosedRange<Int>
    ) -> Self {
        Setting(name, "number", default: initial, summary) { text throws(InvalidSetting) in
            guard let number = Int(text), range.contains(number) else {
                throw InvalidSetting("it has to be a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
    }
}

extension Setting where Value == Int? {
    static let threads = number(
        "LATCHKEY_THREADS", "How many event loops run; left empty: one per core.", in: 1...1024)
    static let maximumAddressConnections = number(
        "LATCHKEY_MAX_CONNECTIONS_PER_ADDRESS",
        "How many of them one address may have, trusted proxies apart; left empty: a quarter.",
        in: 1...1_000_000)
    static let maximumTokenInFlight = number(
        "LATCHKEY_MAX_IN_FLIGHT_PER_TOKEN",
        "How many of them one access token may have; more get a 429; left empty: half.", in: 1...1_000_000)

    private static func number(_ name: String, _ summary: String, in range: ClosedRange<Int>) -> Self {
        Setting(name, "number", default: nil, summary) { text throws(InvalidSetting) in
            guard !text.isEmpty else { return nil }
            guard let number = Int(text), range.contains(number) else {
                throw InvalidSetting("it has to be a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
    }
}

extension Setting where Value == Duration? {
    /// The default lets a month be compared with the same month of the year before, row by row.
    static let ledgerRetention = Setting(
        "LATCHKEY_LEDGER_RETENTION", "duration or 0", default: "400d",
        "How long the rows of the ledger are kept; 0 is for ever. Sums are always kept."
    ) { text throws(InvalidSetting) in
        guard text != "0" else { return nil }
        guard let duration = Quantities.duration(text), duration > .zero else {
            throw InvalidSetting("it has to be 0, or \(Quantities.durationRule)")
        }
        return duration
    }
}

extension Setting where Value == Duration? {
    static let alarmExpiryWarning = Setting(
        "LATCHKEY_ALARM_EXPIRY_WARNING", "duration or 0", default: "7d",
        "How long before an access token expires an alarm says so; 0 is never."
    ) { text throws(InvalidSetting) in
        guard text != "0" else { return nil }
        guard let duration = Quantities.duration(text), duration >= .seconds(1) else {
            throw InvalidSetting("it has to be 0, or \(Quantities.durationRule)")
        }
        return duration
    }
}

extension Setting where Value == Bool {
    static let allowsLinkLocalUpstreams = flag(
        "LATCHKEY_UPSTREAM_ALLOW_LINK_LOCAL",
        "Whether upstreams may have link-local and cloud metadata addresses, as 169.254.169.254.")
    static let alarmSpendFreeze = flag(
        "LATCHKEY_ALARM_SPEND_FREEZE",
        "Whether the alarm of spend speed disables the project, until it is made active again.")

    private static func flag(_ name: String, _ summary: String) -> Self {
        Setting(name, "on or off", default: "off", summary) { text throws(InvalidSetting) in
            switch text {
            case "on": return true
            case "off": return false
            default: throw InvalidSetting("it has to be on or off")
            }
        }
    }
}

extension Setting where Value == Duration {
    static let upstreamConnectTimeout = duration(
        "LATCHKEY_UPSTREAM_CONNECT_TIMEOUT", "5s", "How long a connection to an upstream may take.")
    static let upstreamFirstByteTimeout = duration(
        "LATCHKEY_UPSTREAM_FIRST_BYTE_TIMEOUT", "600s",
        "How long an upstream may take until its answer begins.")
    static let upstreamIdleTimeout = duration(
        "LATCHKEY_UPSTREAM_IDLE_TIMEOUT", "300s", "How long an upstream's answer may stand still.")
    static let headTimeout = duration(
        "LATCHKEY_HEAD_TIMEOUT", "10s", "How long the head of a request may take, from its first byte on.")
    static let bodyTimeout = duration(
        "LATCHKEY_BODY_TIMEOUT", "30s", "How long a request's body may stand still.")
    static let keepAliveTimeout = duration(
        "LATCHKEY_KEEP_ALIVE_TIMEOUT", "75s", "How long a connection is kept without a request.")
    static let writeTimeout = duration(
        "LATCHKEY_WRITE_TIMEOUT", "60s", "How long a client may take nothing of what waits for it.")
    static let drainTimeout = duration(
        "LATCHKEY_DRAIN_TIMEOUT", "600s", "How long running streams may go on after SIGTERM.")

    private static func duration(_ name: String, _ initial: String, _ summary: String) -> Self {
        Setting(name, "duration", default: initial, summary) { text throws(InvalidSetting) in
            guard let duration = Quantities.duration(text), duration > .zero else {
                throw InvalidSetting("it has to be \(Quantities.durationRule)")
            }
            return duration
        }
    }
}
