import Domain
import Foundation
import GRDB

/// The labels of an access token, as its column and one by one.
extension LabelSet {
    /// nil for what no version wrote.
    init?(json text: String) {
        guard case .object(let members) = try? JSONValue(parsing: Array(text.utf8)) else { return nil }
        var values: [String: String] = [:]
        for member in members {
            guard let value = member.value.string else { return nil }
            values[member.key] = value
        }
        try? self.init(values)
    }

    /// nil without any.
    var json: String? {
        guard !isEmpty else { return nil }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(values)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// One by one, in place of those that the access token has had. The column of its row is not touched.
    func write(of id: AccessTokenID, in database: Database) throws {
        try database.execute(
            sql: "DELETE FROM access_token_labels WHERE access_token = ?", arguments: [id.rawValue])
        for (name, value) in sorted {
            try database.execute(
                sql: "INSERT INTO access_token_labels (access_token, name, value) VALUES (?, ?, ?)",
                arguments: [id.rawValue, name, value])
        }
    }
}
