package import Vault

/// Why the settings do not stand: what is wrong, where it stands, and what to do. No case holds a secret's
/// value.
package enum SettingsError: ExplainedError, Equatable {
    case unreadableFile(path: String, FileFailure)
    /// It is no text.
    case malformedFile(path: String, reason: String)
    /// Others than its owner may use it; `secret` is the setting that they must not see.
    case exposedFile(path: String, FileExposure, secret: String?)
    case malformedLine(SettingOrigin, reason: String)
    /// The name stands twice in one file: which one is meant cannot be told.
    case repeatedName(String, SettingOrigin, first: SettingOrigin)
    case unknownName(String, SettingOrigin, suggestion: String?)
    case invalidValue(String, SettingOrigin, reason: String)

    /// One line, lower-case, without a full stop.
    package var message: String {
        switch self {
        case .unreadableFile(let path, let failure): "cannot read \(path): \(failure.reason)"
        case .malformedFile(let path, let reason): "cannot read \(path): \(reason)"
        case .exposedFile(let path, let exposure, let secret?):
            "\(path) holds \(secret) and \(exposure.clause)"
        case .exposedFile(let path, let exposure, nil): "\(path) \(exposure.clause)"
        case .malformedLine(let origin, let reason): "\(origin): \(reason)"
        case .repeatedName(let name, let origin, let first):
            "\(origin): \(name) stands here again, first at \(first)"
        case .unknownName(let name, let origin, _): "there is no setting \(name) (\(origin))"
        case .invalidValue(let name, let origin, let reason): "\(name) (\(origin)) is not valid: \(reason)"
        }
    }

    package var isWrongUsage: Bool { true }

    package var hint: String? {
        switch self {
        case .unreadableFile(_, let failure):
            failure.hint ?? "give this user the right to read it, or move it away"
        case .malformedFile: "correct it, or move it away"
        case .exposedFile(let path, let exposure, let secret):
            exposure.hint(path, closed: secret == nil ? "go-w" : "600")
        case .malformedLine: "a line is NAME=value, a comment that begins with '#', or empty"
        case .repeatedName: "leave one of the two lines"
        case .unknownName(_, _, let suggestion?): "did you mean \(suggestion)?"
        case .unknownName(_, _, nil): "take it away; .env.example lists every setting"
        case .invalidValue(let name, _, _): "correct it, or take \(name) away to have the default"
        }
    }
}

/// Where a setting's value comes from.
package enum SettingOrigin: Hashable, Sendable, CustomStringConvertible {
    case environment
    case file(path: String, line: Int)
    case defaultValue

    package var description: String {
        switch self {
        case .environment: "environment"
        case .file(let path, let line): "\(path):\(line)"
        case .defaultValue: "default"
        }
    }
}
