/// Typed ids: a project's id cannot be passed where an access token's is asked for.
///
/// Every id is text that is safe to show anywhere. A row's id is its kind's prefix and 12 base62 digits
/// (71 random bits); a credential's id is the 12 digits that stand in the credential itself.
package protocol Identifier: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// What the text begins with, `""` for the ids of credentials.
    static var prefix: String { get }
    var rawValue: String { get }
    init(unchecked rawValue: String)
}

extension Identifier {
    package static var digits: Int { 12 }

    /// nil where the text is not `prefix` and 12 base62 digits.
    package init?(_ text: some StringProtocol) {
        var text = String(text)
        guard let id = text.withUTF8({ Self(bytes: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = id
    }

    /// nil where the bytes are not `prefix` and 12 base62 digits.
    package init?(bytes: UnsafeRawBufferPointer) {
        let prefix = Self.prefix.utf8
        guard bytes.count == prefix.count + Self.digits, bytes.starts(with: prefix),
            Base62.isValid(UnsafeRawBufferPointer(rebasing: bytes[prefix.count...]))
        else { return nil }
        self.init(unchecked: String(decoding: bytes, as: UTF8.self))
    }

    /// A new id from twelve base62 digits that the caller drew at random.
    package init(digits: [UInt8]) {
        self.init(unchecked: Self.prefix + String(decoding: digits, as: UTF8.self))
    }

    package var description: String { rawValue }
    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// A project's id: `proj_` and 12 digits.
package struct ProjectID: Identifier {
    package static let prefix = "proj_"
    package let rawValue: String
    package init(unchecked rawValue: String) { self.rawValue = rawValue }
}

/// An upstream credential's id: `cred_` and 12 digits.
package struct CredentialID: Identifier {
    package static let prefix = "cred_"
    package let rawValue: String
    package init(unchecked rawValue: String) { self.rawValue = rawValue }
}

/// The public 12 characters of an access token (`lk_` **id** `_` …).
package struct AccessTokenID: Identifier {
    package static let prefix = ""
    package let rawValue: String
    package init(unchecked rawValue: String) { self.rawValue = rawValue }
}

/// The public 12 characters of a management key (`lkm_` **id** `_` …).
package struct ManagementKeyID: Identifier {
    package static let prefix = ""
    package let rawValue: String
    package init(unchecked rawValue: String) { self.rawValue = rawValue }
}

/// An alarm's id: `alarm_` and 12 digits.
package struct AlarmID: Identifier {
    package static let prefix = "alarm_"
    package let rawValue: String
    package init(unchecked rawValue: String) { self.rawValue = rawValue }

    /// It need not be hard to guess, only new.
    package static func random() -> AlarmID {
        AlarmID(digits: (0..<digits).map { _ in Base62.alphabet[Int.random(in: 0..<62)] })
    }
}
