import Foundation
import Vault

/// The settings' texts, from the environment and a `.env` file; the environment wins, an empty text means the
/// default.
///
/// Owns the check for names that are no setting. Holds secrets as `Secret` from the moment they are read.
package struct SettingsSource: Sendable {
    private var texts: [String: (value: String, origin: SettingOrigin)] = [:]
    private var secrets: [String: (value: Secret, origin: SettingOrigin)] = [:]

    /// What the process's environment held of them; it holds them no more.
    static let environmentSecrets = EnvironmentSecrets.take(
        SettingDeclaration.all.filter(\.isSecret).map(\.name))

    /// This process's environment, and `.env` in the working folder where there is one.
    ///
    /// - Parameter overrides: of the environment.
    package static func current(overriding overrides: [String: String] = [:]) throws(SettingsError)
        -> SettingsSource
    {
        let secrets = environmentSecrets
        let environment = ProcessInfo.processInfo.environment.merging(overrides) { $1 }
        var source = try SettingsSource(environment: environment, file: ".env")
        for (name, value) in secrets {
            source.secrets[name] = value.byteCount == 0 ? nil : (value, .environment)
        }
        return source
    }

    /// - Parameter file: read where it exists.
    package init(environment: [String: String], file path: String? = nil) throws(SettingsError) {
        let links = LinkVariables(environment)
        let variables = environment.filter { !links.contain($0.key) }.map {
            EnvironmentFile.Entry(name: $0.key, value: $0.value, origin: .environment)
        }
        var entries: [EnvironmentFile.Entry] = []
        if let path, let file = try EnvironmentFile(at: path) { entries = file.entries }
        try self.init(entries: entries + variables.sorted { $0.name < $1.name })
    }

    /// Later entries win over earlier ones.
    init(entries: [EnvironmentFile.Entry]) throws(SettingsError) {
        let declared = Dictionary(uniqueKeysWithValues: SettingDeclaration.all.map { ($0.name, $0) })
        for entry in entries where entry.name.hasPrefix("LATCHKEY_") {
            guard let declaration = declared[entry.name] else {
                throw .unknownName(entry.name, entry.origin, suggestion: Self.suggestion(for: entry.name))
            }
            if declaration.isSecret {
                secrets[entry.name] = entry.value.isEmpty ? nil : (Secret(utf8: entry.value), entry.origin)
            } else {
                texts[entry.name] = entry.value.isEmpty ? nil : (entry.value, entry.origin)
            }
        }
    }

    /// The nearest declared name, where a slip of the hand can have made `name` of it.
    private static func suggestion(for name: String) -> String? {
        let nearest = SettingDeclaration.all
            .map { (name: $0.name, distance: editDistance($0.name, name)) }
            .min { $0.distance < $1.distance }
        guard let nearest, nearest.distance <= 4 else { return nil }
        return nearest.name
    }

    func value<Value>(_ setting: Setting<Value>) throws(SettingsError) -> Value {
        let name = setting.declaration.name
        let found = texts[name] ?? (setting.declaration.initial ?? "", .defaultValue)
        do {
            return try setting.parse(found.value)
        } catch {
            throw .invalidValue(name, found.origin, reason: error.reason)
        }
    }

    func origin<Value>(_ setting: Setting<Value>) -> SettingOrigin {
        texts[setting.declaration.name]?.origin ?? .defaultValue
    }

    func secret(_ declaration: SettingDeclaration) -> (value: Secret, origin: SettingOrigin)? {
        secrets[declaration.name]
    }
}
