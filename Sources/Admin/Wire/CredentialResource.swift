/// What may be told of an upstream credential: never its key.
package struct CredentialResource: Codable, Equatable, Sendable {
    package var id: String
    package var name: String
    /// `active` or `retired`.
    package var status: String
    package var createdAt: String
    @Nullable package var retiredAt: String? = nil
    /// When a retired one is removed; nil: by hand.
    @Nullable package var keptUntil: String? = nil

    package enum CodingKeys: String, CodingKey {
        case id, name, status
        case createdAt = "created_at"
        case retiredAt = "retired_at"
        case keptUntil = "kept_until"
    }
}

/// `POST /manage/projects/{id}/credentials`: the new key is the active one, the one before is kept.
package struct RotateCredentialRequest: RequestBody {
    package static let fields: [Field] = ["name", "key", OverlapField.field]
    package var name: String
    package var key: String
    package var overlap: OverlapField

    package init(name: String, key: String, overlap: OverlapField) {
        self.name = name
        self.key = key
        self.overlap = overlap
    }

    private enum CodingKeys: String, CodingKey { case name, key }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        key = try container.decode(String.self, forKey: .key)
        overlap = try OverlapField(from: decoder)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(key, forKey: .key)
        try overlap.encode(to: encoder)
    }
}

/// `POST /manage/projects/{id}/credentials/{credential}/activate`.
package struct ActivateCredentialRequest: RequestBody {
    package static let fields: [Field] = [OverlapField.field]
    package static let mayBeLeftOut = true
    package var overlap: OverlapField

    package init(overlap: OverlapField) { self.overlap = overlap }
    package init(from decoder: any Decoder) throws { overlap = try OverlapField(from: decoder) }
    package func encode(to encoder: any Encoder) throws { try overlap.encode(to: encoder) }
}

/// For how long the credential that was the active one is kept: `overlap_seconds`; until it is removed where
/// it is left out or `null`.
package struct OverlapField: Codable, Equatable, Sendable {
    package var overlapSeconds: Given<Int64>

    package init(seconds: Int64?) { overlapSeconds = seconds.map { .value($0) } ?? .left }

    static let field = Field("overlap_seconds", mayBeNull: true)
    /// A year.
    private static let longest: Int64 = 31_536_000

    private enum CodingKeys: String, CodingKey { case overlapSeconds = "overlap_seconds" }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        overlapSeconds = try container.decode(Given<Int64>.self, forKey: .overlapSeconds)
    }

    /// nil: until it is removed. Throws where it is out of bounds.
    func seconds() throws(Problem) -> Int64? {
        switch overlapSeconds {
        case .left, .null: return nil
        case .value(let seconds):
            guard (0...Self.longest).contains(seconds) else {
                throw .invalid(
                    "overlap_seconds", "it has to be a number of seconds from 0 to \(Self.longest), or null")
            }
            return seconds
        }
    }
}
