/// Of the requests of a sum, those that used something for which no price was known. Of the ledger's rows it
/// is told by the version of the prices, which is zero then.
extension Schema {
    static let unpricedUsage = ["usage_rollups", "project_rollups", "instance_rollups"].map {
        "ALTER TABLE \($0) ADD COLUMN unpriced BIGINT NOT NULL DEFAULT 0"
    }
}
