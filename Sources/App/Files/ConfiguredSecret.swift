package import Vault

/// A secret in a file of its own, which a setting names: one line of 16 to 4,096 bytes. It is read once, at
/// the start.
package struct ConfiguredSecret: Sendable {
    /// What is signed with it comes over the network, and can be guessed at by whoever has one signature.
    static let minimum = 16
    /// Shorter than any file that was meant for something else.
    private static let maximum = 4096

    /// What it is, as `doctor` lists it: "alarm secret".
    package let name: String
    let setting: String
    let path: String

    package func read() throws(SecretFileError) -> Secret {
        do {
            return try SecretFile(path: path).line(atLeast: Self.minimum, atMost: Self.maximum)
        } catch {
            throw SecretFileError(error, of: "\(name) file", at: path, setting: setting)
        }
    }
}

extension Settings {
    var alarmSecret: ConfiguredSecret? {
        alarmSecretFile.map {
            ConfiguredSecret(name: "alarm secret", setting: "LATCHKEY_ALARM_SECRET_FILE", path: $0)
        }
    }

    var githubWebhookSecret: ConfiguredSecret? {
        githubWebhookSecretFile.map {
            ConfiguredSecret(
                name: "GitHub webhook secret", setting: "LATCHKEY_GITHUB_WEBHOOK_SECRET_FILE", path: $0)
        }
    }

    /// Those that are configured.
    package var secrets: [ConfiguredSecret] { [alarmSecret, githubWebhookSecret].compactMap(\.self) }

    /// Throws an ``ExplainedError`` where a file that a setting names cannot be used.
    func checkFiles() throws {
        if let upstreamCAFile { try AuthorityFile.check(upstreamCAFile) }
        if let upstreamClientCertificateFile {
            try ClientCertificateFile.check(upstreamClientCertificateFile)
        }
        for secret in secrets { _ = try secret.read() }
    }
}
