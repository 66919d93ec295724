/// One place of a held JSON body that is sent on otherwise than it came.
package struct BodyEdit: Hashable, Sendable {
    /// The bytes that are replaced; empty where something is put in between.
    package var range: Range<Int>
    /// The key of a member that is put in, nil where only a value is replaced.
    package var key: BodyPeek.Key?
    package var value: Int64

    /// What stands in the place of `range`: a number, or a member and the comma behind it.
    package var replacement: [UInt8] {
        guard let key else { return Array(String(value).utf8) }
        return Array("\"\(key.rawValue)\":\(value),".utf8)
    }
}
