package import Domain

/// What the store keeps of credentials that were found somewhere.
package struct LeakedRecords: Hashable, Sendable {
    package var accessTokens: [AccessToken] = []
    package var managementKeys: [ManagementKey] = []
    package var invitations: [Invitation] = []

    package init() {}

    package var isEmpty: Bool { count == 0 }

    package var count: Int { accessTokens.count + managementKeys.count + invitations.count }

    package mutating func append(_ other: LeakedRecords) {
        accessTokens += other.accessTokens
        managementKeys += other.managementKeys
        invitations += other.invitations
    }

    /// The same in parts of so many records: access tokens, then invitations. All management keys are in one,
    /// for which of them stays depends on the others.
    package func parts(of limit: Int) -> [LeakedRecords] {
        var parts = accessTokens.chunks(of: limit).map { chunk in
            var part = LeakedRecords()
            part.accessTokens = chunk
            return part
        }
        parts += invitations.chunks(of: limit).map { chunk in
            var part = LeakedRecords()
            part.invitations = chunk
            return part
        }
        if !managementKeys.isEmpty {
            var part = LeakedRecords()
            part.managementKeys = managementKeys
            parts.append(part)
        }
        return parts
    }
}

extension Array {
    fileprivate func chunks(of limit: Int) -> [[Element]] {
        stride(from: 0, to: count, by: limit).map { Array(self[$0..<Swift.min($0 + limit, count)]) }
    }
}
