/// What operators tag an access token with, so that reports and lists can go by it: names and values, as
/// `team` and `search`. At most ``maximum``, each name once.
package struct LabelSet: Hashable, Sendable {
    /// A report reads all labels of all access tokens.
    package static let maximum = 16
    package static let nameRule = "1 to 63 characters of a-z, 0-9, '_', '.' and '-'"
    package static let valueRule = "at most 255 characters, none of them a control character or invisible"

    package private(set) var values: [String: String] = [:]

    package init() {}

    /// What breaks a rule.
    package enum Malformed: Error, Hashable, Sendable {
        /// The name that it is.
        case name(String)
        /// The name whose value it is.
        case value(String)
        case tooMany
    }

    package init(_ values: [String: String]) throws(Malformed) {
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            guard Self.isName(name) else { throw .name(name) }
            guard Self.isValue(value) else { throw .value(name) }
        }
        guard values.count <= Self.maximum else { throw .tooMany }
        self.values = values
    }

    package var isEmpty: Bool { values.isEmpty }

    /// By name.
    package var sorted: [(name: String, value: String)] {
        values.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    }

    package subscript(name: String) -> String? { values[name] }

    /// These with other values for some names; nil takes one away. Invisible characters are refused in new
    /// values only.
    package func merging(_ changes: [String: String?]) throws(Malformed) -> LabelSet {
        var values = values
        for (name, value) in changes {
            guard Self.isName(name) else { throw .name(name) }
            if let value, value.unicodeScalars.contains(where: HiddenCharacters.isRefusedInNames) {
                throw .value(name)
            }
            values[name] = value
        }
        return try LabelSet(values)
    }

    package static func isName(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x5F || byte == 0x2E
                    || byte == 0x2D
            }
    }

    private static func isValue(_ text: String) -> Bool {
        text.count <= 255 && text.utf8.count <= 1020
            && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
    }
}

extension LabelSet: CustomStringConvertible {
    /// `cost_centre=42, team=search`; `none` without any.
    package var description: String {
        isEmpty ? "none" : sorted.map { "\($0.name)=\($0.value)" }.joined(separator: ", ")
    }
}
