import Domain
import Foundation
import GRDB

/// The labels of an access token: read from its row, and written as its column and one by one.
extension Row {
    func labels() throws -> LabelSet {
        guard let text: String = try optional("labels") else { return LabelSet() }
        guard let values = try? JSONDecoder().decode([String: String].self, from: Data(text.utf8)),
            let labels = try? LabelSet(values)
        else { throw StoreError.corrupt }
        return labels
    }
}

extension LabelSet {
    /// nil without any.
    var json: String? {
        guard !isEmpty else { return nil }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(values)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// In place of those that the access token has had. Its row has to be there.
    func write(of id: AccessTokenID, in database: Database) throws {
        try database.execute(
            sql: "UPDATE access_tokens SET labels = ? WHERE id = ?", arguments: [json, id.rawValue])
        try database.execute(
            sql: "DELETE FROM access_token_labels WHERE access_token = ?", arguments: [id.rawValue])
        for (name, value) in sorted {
            try database.execute(
                sql: "INSERT INTO access_token_labels (access_token, name, value) VALUES (?, ?, ?)",
                arguments: [id.rawValue, name, value])
        }
    }
}
