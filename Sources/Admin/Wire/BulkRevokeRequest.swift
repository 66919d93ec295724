/// `POST /manage/tokens/bulk-revoke`: whether it is only asked what would be revoked has to be said.
package struct BulkRevokeRequest: RequestBody {
    package static let fields: [Field] = ["filter", "dry_run"]

    package var filter: AccessTokenFilterFields
    package var dryRun: Bool

    package init(_ filter: AccessTokenFilterFields, dryRun: Bool) {
        self.filter = filter
        self.dryRun = dryRun
    }

    package enum CodingKeys: String, CodingKey {
        case filter
        case dryRun = "dry_run"
    }
}

/// What was revoked, or would be: access tokens that were not revoked before.
package struct BulkRevokeResource: Codable, Equatable, Sendable {
    package var dryRun: Bool
    package var count: Int
    /// Newest first; as they were where it is a dry run.
    package var items: [AccessTokenResource]

    package enum CodingKeys: String, CodingKey {
        case count, items
        case dryRun = "dry_run"
    }

    /// The text before the items: there may be too many to hold them all.
    static func start(dryRun: Bool, count: Int) -> String {
        #"{"count":\#(count),"dry_run":\#(dryRun),"items":["#
    }
    static let end = "]}"
}
