import Domain
import Logging

/// The list of all settings, and the file that shows them.
extension SettingDeclaration {
    /// In the order of `.env.example`.
    package static let all: [SettingDeclaration] = [
        Setting<ListenAddress>.listen.declaration, Setting<ListenAddress?>.adminListen.declaration,
        Setting<[AddressRange]>.trustedProxies.declaration, Setting<CrossOrigins>.corsOrigins.declaration,
        Setting<Set<String>>.upstreamHosts.declaration,
        Setting<String>.dataFolder.declaration, masterKey, Setting<String?>.masterKeyFile.declaration,
        adminKey, Setting<ServerURL>.url.declaration, Setting<ServerURL?>.publicURL.declaration,
        Setting<String?>.githubWebhookSecretFile.declaration,
        Setting<WebhookURL?>.alarmURL.declaration, Setting<String?>.alarmSecretFile.declaration,
        Setting<Duration?>.alarmExpiryWarning.declaration, Setting<Int>.alarmSpendFactor.declaration,
        Setting<Bool>.alarmSpendFreeze.declaration,
        Setting<Logger.Level>.logLevel.declaration,
        Setting<AccessLogDestination>.accessLog.declaration, Setting<Int?>.threads.declaration,
        upstreamProxy, Setting<String?>.upstreamCAFile.declaration,
        Setting<String?>.upstreamClientCertificateFile.declaration,
        Setting<Bool>.allowsLinkLocalUpstreams.declaration,
        Setting<Duration>.upstreamConnectTimeout.declaration,
        Setting<Duration>.upstreamFirstByteTimeout.declaration,
        Setting<Duration>.upstreamIdleTimeout.declaration,
        Setting<Int>.maximumJSONBody.declaration, Setting<Int>.maximumHeldBodies.declaration,
        Setting<Int>.maximumUpload.declaration, Setting<Int>.streamBuffer.declaration,
        Setting<Int>.maximumTarget.declaration, Setting<Int>.maximumHeader.declaration,
        Setting<Int>.maximumHeaders.declaration, Setting<Int>.maximumHeaderCount.declaration,
        Setting<Int>.maximumConnections.declaration,
        Setting<Int?>.maximumAddressConnections.declaration,
        Setting<Int>.maximumAdminConnections.declaration,
        Setting<Int>.maximumInFlight.declaration, Setting<Int?>.maximumTokenInFlight.declaration,
        Setting<Int>.journalSlots.declaration, Setting<Int>.completionTokens.declaration,
        Setting<Int>.untoldTokensPerSecond.declaration,
        Setting<Duration?>.ledgerRetention.declaration,
        Setting<Duration>.headTimeout.declaration, Setting<Duration>.bodyTimeout.declaration,
        Setting<Int>.minimumBodyRate.declaration,
        Setting<Duration>.keepAliveTimeout.declaration, Setting<Duration>.writeTimeout.declaration,
        Setting<Duration>.drainTimeout.declaration,
    ]

    /// The whole of `.env.example`.
    package static var exampleFile: String {
        let head = """
            # Latchkey's settings, with their defaults. Copy this file to .env beside it, or set the \
            environment,
            # which wins. A name that is none of these stops the start. (In the environment, what Kubernetes \
            and
            # container links write for a service named latchkey, as LATCHKEY_SERVICE_HOST, is passed over.)


            """
        return head + all.map(\.example).joined(separator: "\n")
    }
}
