import Admin
package import Domain
import Foundation
package import Logging
package import Vault

/// What the server runs with: every setting parsed and checked once, at the start.
///
/// Each is declared in `Setting+Catalogue.swift`; secrets are `Secret` and can be neither printed nor
/// encoded.
package struct Settings: Sendable {
    package var listen: ListenAddress
    /// The operators' own; nil serves them on ``listen``.
    package var adminListen: ListenAddress?
    /// What the links of invitations begin with; nil is where it listens.
    package var publicURL: ServerURL?
    /// Whose X-Forwarded-For is believed.
    package var trustedProxies: [AddressRange]
    package var corsOrigins: CrossOrigins
    /// Which upstreams a management key of one project may set: host names in lower case.
    package var upstreamHosts: Set<String>
    package var dataFolder: String
    /// 64 hex digits; it wins over ``masterKeyFile``.
    package var masterKey: Secret?
    package var masterKeyFile: String
    /// For `init` alone: the server never reads it.
    package var adminKey: Secret?
    /// nil: GitHub's alerts are not taken.
    package var githubWebhookSecretFile: String?
    /// nil: alarms are sent nowhere.
    package var alarmURL: WebhookURL?
    /// There where ``alarmURL`` is.
    package var alarmSecretFile: String?
    /// nil: that access tokens are about to expire is not told.
    package var alarmExpiryWarning: Duration?
    /// 0: spend speed is not watched.
    package var alarmSpendFactor: Int
    package var alarmSpendFreeze: Bool
    package var logLevel: Logger.Level
    package var accessLog: AccessLogDestination
    package var threads: Int
    /// nil connects to upstreams directly.
    package var upstreamProxy: EgressProxyURL?
    /// PEM; nil trusts the system's certificates.
    package var upstreamCAFile: String?
    /// PEM, certificate and key; nil shows upstreams none.
    package var upstreamClientCertificateFile: String?
    /// Link-local and cloud metadata addresses, too.
    package var allowsLinkLocalUpstreams: Bool
    package var upstreamConnectTimeout: Duration
    package var upstreamFirstByteTimeout: Duration
    package var upstreamIdleTimeout: Duration
    /// Bytes of one JSON body, of all held bodies together, and of one streamed body.
    package var maximumJSONBody: Int
    package var maximumHeldBodies: Int
    package var maximumUpload: Int
    /// Bytes of one stream, each way, that wait to be taken.
    package var streamBuffer: Int
    /// Bytes of a request's target, of one header line, and of the whole head; and how many header lines.
    package var maximumTarget: Int
    package var maximumHeader: Int
    package var maximumHeaders: Int
    package var maximumHeaderCount: Int
    package var maximumConnections: Int
    /// Of one address.
    package var maximumAddressConnections: Int
    /// Beside ``maximumConnections``, for operators.
    package var maximumAdminConnections: Int
    package var maximumInFlight: Int
    /// Of one access token.
    package var maximumTokenInFlight: Int
    /// Bytes of a body in a second, at least.
    package var minimumBodyRate: Int
    /// Places of the in-flight journal: at least ``maximumInFlight``.
    package var journalSlots: Int
    /// Reserved for each choice where nothing else bounds it.
    package var completionTokens: Int
    /// Of each choice: what an answer that did not report its usage is charged by.
    package var untoldTokensPerSecond: Int
    /// Of ledger rows; nil is for ever.
    package var ledgerRetention: Duration?
    package var headTimeout: Duration
    package var bodyTimeout: Duration
    package var keepAliveTimeout: Duration
    package var writeTimeout: Duration
    package var drainTimeout: Duration

    /// The data folder of a server to try out, unless LATCHKEY_DATA_DIR names one: that of `init` stays as it
    /// is.
    static let demoFolder = "./demo"

    /// `isDemo`: for `serve --dev`.
    package init(from source: SettingsSource, isDemo: Bool = false) throws(SettingsError) {
        listen = try source.value(.listen)
        adminListen = try source.value(.adminListen)
        publicURL = try source.value(.publicURL)
        trustedProxies = try source.value(.trustedProxies)
        corsOrigins = try source.value(.corsOrigins)
        upstreamHosts = try source.value(.upstreamHosts)
        dataFolder =
            isDemo && source.origin(Setting<String>.dataFolder) == .defaultValue
            ? Self.demoFolder : try source.value(.dataFolder)
        masterKey = try Self.masterKey(source)
        masterKeyFile = try source.value(.masterKeyFile) ?? Self.path("master.key", in: dataFolder)
        adminKey = try Self.adminKey(source)
        githubWebhookSecretFile = try source.value(.githubWebhookSecretFile)
        alarmURL = try source.value(.alarmURL)
        alarmSecretFile = try source.value(.alarmSecretFile)
        alarmExpiryWarning = try source.value(.alarmExpiryWarning)
        alarmSpendFactor = try source.value(.alarmSpendFactor)
        alarmSpendFreeze = try source.value(.alarmSpendFreeze)
        logLevel = try source.value(.logLevel)
        accessLog = try source.value(.accessLog)
        threads = try source.value(.threads) ?? ProcessInfo.processInfo.activeProcessorCount
        upstreamProxy = try Self.upstreamProxy(source)
        upstreamCAFile = try source.value(.upstreamCAFile)
        upstreamClientCertificateFile = try source.value(.upstreamClientCertificateFile)
        allowsLinkLocalUpstreams = try source.value(.allowsLinkLocalUpstreams)
        upstreamConnectTimeout = try source.value(.upstreamConnectTimeout)
        upstreamFirstByteTimeout = try source.value(.upstreamFirstByteTimeout)
        upstreamIdleTimeout = try source.value(.upstreamIdleTimeout)
        maximumJSONBody = try source.value(.maximumJSONBody)
        maximumHeldBodies = try source.value(.maximumHeldBodies)
        maximumUpload = try source.value(.maximumUpload)
        streamBuffer = try source.value(.streamBuffer)
        maximumTarget = try source.value(.maximumTarget)
        maximumHeader = try source.value(.maximumHeader)
        maximumHeaders = try source.value(.maximumHeaders)
        maximumHeaderCount = try source.value(.maximumHeaderCount)
        maximumConnections = try source.value(.maximumConnections)
        maximumAddressConnections =
            try source.value(.maximumAddressConnections) ?? max(1, maximumConnections / 4)
        maximumAdminConnections = try source.value(.maximumAdminConnections)
        maximumInFlight = try source.value(.maximumInFlight)
        maximumTokenInFlight = try source.value(.maximumTokenInFlight) ?? max(1, maximumInFlight / 2)
        minimumBodyRate = try source.value(.minimumBodyRate)
        journalSlots = try source.value(.journalSlots)
        completionTokens = try source.value(.completionTokens)
        untoldTokensPerSecond = try source.value(.untoldTokensPerSecond)
        ledgerRetention = try source.value(.ledgerRetention)
        headTimeout = try source.value(.headTimeout)
        bodyTimeout = try source.value(.bodyTimeout)
        keepAliveTimeout = try source.value(.keepAliveTimeout)
        writeTimeout = try source.value(.writeTimeout)
        drainTimeout = try source.value(.drainTimeout)
        _ = try source.value(Setting<ServerURL>.url)
        // Port 0 is another one each time.
        guard adminListen != listen || listen.port == 0 else {
            throw .invalidValue(
                "LATCHKEY_ADMIN_LISTEN", source.origin(Setting<ListenAddress?>.adminListen),
                reason: "it has to be another address than LATCHKEY_LISTEN, or empty")
        }
        guard alarmURL == nil || alarmSecretFile != nil else {
            throw .invalidValue(
                "LATCHKEY_ALARM_URL", source.origin(Setting<WebhookURL?>.alarmURL),
                reason: "it takes LATCHKEY_ALARM_SECRET_FILE beside it, to sign what is sent there")
        }
        guard !alarmSpendFreeze || alarmSpendFactor > 0 else {
            throw .invalidValue(
                "LATCHKEY_ALARM_SPEND_FREEZE", source.origin(Setting<Bool>.alarmSpendFreeze),
                reason: "it takes LATCHKEY_ALARM_SPEND_FACTOR beside it")
        }
        guard maximumHeldBodies >= maximumJSONBody else {
            throw .invalidValue(
                "LATCHKEY_MAX_HELD_BODIES", source.origin(Setting<Int>.maximumHeldBodies),
                reason: "it has to hold at least one body of LATCHKEY_MAX_JSON_BODY")
        }
        guard journalSlots >= maximumInFlight else {
            throw .invalidValue(
                "LATCHKEY_JOURNAL_SLOTS", source.origin(Setting<Int>.journalSlots),
                reason: "it has to be at least LATCHKEY_MAX_IN_FLIGHT")
        }
    }

    /// True where clients may reach the server by another address than the one it listens on, and nothing
    /// tells which.
    package var lacksPublicURL: Bool {
        publicURL == nil && !(listen.isLoopback && trustedProxies.isEmpty)
    }

    /// `name` in the folder at `folder`.
    package static func path(_ name: String, in folder: String) -> String {
        folder.hasSuffix("/") ? folder + name : folder + "/" + name
    }

    private static func masterKey(_ source: SettingsSource) throws(SettingsError) -> Secret? {
        guard let (key, origin) = source.secret(.masterKey) else { return nil }
        let isHex = key.withUnsafeBytes { bytes in
            bytes.count == 64
                && bytes.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) }
        }
        guard isHex else {
            throw .invalidValue("LATCHKEY_MASTER_KEY", origin, reason: "it has to be 64 hex digits")
        }
        return key
    }

    private static func adminKey(_ source: SettingsSource) throws(SettingsError) -> Secret? {
        guard let (key, origin) = source.secret(.adminKey) else { return nil }
        try checkAdminKey(key, origin)
        return key
    }

    private static func upstreamProxy(_ source: SettingsSource) throws(SettingsError) -> EgressProxyURL? {
        guard let (text, origin) = source.secret(.upstreamProxy), text.byteCount > 0 else { return nil }
        do throws(InvalidSetting) {
            return try EgressProxyURL(parsing: text)
        } catch {
            throw .invalidValue("LATCHKEY_UPSTREAM_PROXY", origin, reason: error.reason)
        }
    }

    static func checkAdminKey(_ key: Secret, _ origin: SettingOrigin) throws(SettingsError) {
        guard let flaw = ManagementKeyRule.flaw(in: key) else { return }
        throw .invalidValue("LATCHKEY_ADMIN_KEY", origin, reason: flaw)
    }
}

/// What the commands that talk to a server need: where it is, and the management key.
package struct ClientSettings: Sendable {
    package var url: ServerURL
    package var adminKey: Secret?

    package init(from source: SettingsSource) throws(SettingsError) {
        url = try source.value(.url)
        guard let (key, origin) = source.secret(.adminKey) else { return }
        try Settings.checkAdminKey(key, origin)
        adminKey = key
    }
}
