import Domain
import Foundation
import GRDB

/// Invitations: read from rows, and the texts that their columns hold.
extension Row {
    func invitation() throws -> Invitation {
        var order = AccessTokenOrder(
            project: try parsed("project") { ProjectID($0) }, name: try parsed("name") { Label($0) },
            lifetime: try parsed("lifetime") { Lifetime(stored: $0) })
        order.owner = try optionalParsed("owner") { Label($0) }
        order.labels = try labels()
        order.grants = try grants()
        order.limits = try parsed("limits") { LimitSet(stored: $0) }
        var invitation = Invitation(
            id: try parsed("id") { InvitationID($0) }, hash: try hash("hash"), order: order,
            createdAt: try moment("created_at"), expiresAt: try moment("expires_at"))
        invitation.revokedAt = try optionalMoment("revoked_at")
        if let moment = try optionalMoment("claimed_at") {
            invitation.claim = Invitation.Claim(
                at: moment, address: try optionalParsed("claimed_from") { IPAddress($0) },
                accessToken: try parsed("access_token") { AccessTokenID($0) })
        }
        return invitation
    }
}

extension Lifetime {
    fileprivate init?(stored text: String) {
        let words = text.split(separator: " ")
        switch (words.first, words.count == 2 ? Int64(words[1]) : nil) {
        case ("endless", nil) where words.count == 1: self = .endless
        case ("seconds", let seconds?): self = .seconds(seconds)
        case ("until", let milliseconds?): self = .until(Timestamp(milliseconds: milliseconds))
        default: return nil
        }
    }

    var stored: String {
        switch self {
        case .endless: "endless"
        case .seconds(let seconds): "seconds \(seconds)"
        case .until(let moment): "until \(moment.milliseconds)"
        }
    }
}

extension LimitSet {
    fileprivate init?(stored text: String) {
        guard let texts = try? JSONDecoder().decode([String].self, from: Data(text.utf8)),
            let limits = try? texts.map({ try Limit(parsing: $0) }), let set = try? LimitSet(limits)
        else { return nil }
        self = set
    }

    var stored: String {
        var writer = JSONWriter()
        writer.array { list in
            for limit in limits { list.element(limit.description) }
        }
        return writer.text
    }
}
