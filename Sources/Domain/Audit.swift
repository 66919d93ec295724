/// On whose behalf a change is made, and from where. Every change of the store takes one and writes it down.
package struct Principal: Hashable, Sendable, CustomStringConvertible {
    package enum Identity: Hashable, Sendable {
        case managementKey(ManagementKeyID)
        case invitation(InvitationID)
        case console, system, holder, github
    }

    package let identity: Identity
    /// Where the call came from; nil where there was none, or nobody knows.
    package var address: IPAddress?

    package init(_ identity: Identity, from address: IPAddress? = nil) {
        self.identity = identity
        self.address = address
    }

    /// A management key, over `/manage`.
    package static func managementKey(_ id: ManagementKeyID) -> Principal { Principal(.managementKey(id)) }
    /// Whoever claimed an invitation.
    package static func invitation(_ id: InvitationID) -> Principal { Principal(.invitation(id)) }
    /// The person at the machine who ran a command that opens the store itself (`init`, `serve --dev`).
    package static let console = Principal(.console)
    /// The server, on its own account.
    package static let system = Principal(.system)
    /// Whoever sent an access token to have it revoked.
    package static let holder = Principal(.holder)
    /// GitHub's secret scanning, which found an access token.
    package static let github = Principal(.github)

    /// The same, as it called from `address`.
    package func calling(from address: IPAddress?) -> Principal { Principal(identity, from: address) }

    /// Whose; the address is told beside it.
    package var description: String {
        switch identity {
        case .managementKey(let id): "management_key:\(id)"
        case .invitation(let id): "invitation:\(id)"
        case .console: "console"
        case .system: "system"
        case .holder: "holder"
        case .github: "github"
        }
    }
}

/// What happened to what, by whom; written in the transaction of the change it tells of. Never holds a
/// secret.
package struct AuditEvent: Hashable, Sendable {
    package enum Action: String, Sendable, CaseIterable {
        /// Somebody was not let in, so many times within a minute.
        case accessDenied = "access.denied"
        case storeInitialised = "store.initialise"
        /// The events of an earlier version were put into the hash chain.
        /// A copy of the store was made.
        case backupCreated = "backup.create"
        case backupDeleted = "backup.delete"
        /// The store is a copy that was put back.
        case storeRestored = "store.restore"
        /// The vault's keys were wrapped anew, under another master key.
        case masterKeyRotated = "master_key.rotate"
        case auditChained = "audit.chain"
        /// The keys of an earlier version were sealed anew: with the audit's head, and upstream keys for
        /// their servers.
        case sealsUpgraded = "store.reseal"
        case projectCreated = "project.create"
        case projectUpdated = "project.update"
        case credentialSet = "credential.set"
        case credentialRotated = "credential.rotate"
        case credentialActivated = "credential.activate"
        case credentialRemoved = "credential.remove"
        case projectLimitToppedUp = "project.limit_top_up"
        case projectLimitReset = "project.limit_reset"
        case tokenIssued = "token.issue"
        case tokenUpdated = "token.update"
        case tokenRevoked = "token.revoke"
        case tokenSuspended = "token.suspend"
        case tokenResumed = "token.resume"
        /// Of the one that was rotated; its successor is in the details.
        case tokenRotated = "token.rotate"
        /// Of the one that has ended; its successor is in the details.
        case tokenReissued = "token.reissue"
        case tokenExpired = "token.expire"
        /// Somebody used one that is there to be found; how often since the last such event is in the
        /// details.
        case honeyTokenUsed = "token.honey_used"
        case tokenLimitToppedUp = "token.limit_top_up"
        case tokenLimitReset = "token.limit_reset"
        case invitationCreated = "invitation.create"
        case invitationRevoked = "invitation.revoke"
        case invitationClaimed = "invitation.claim"
        case managementKeyCreated = "management_key.create"
        case managementKeyRevoked = "management_key.revoke"
        case priceSet = "price.set"
        /// A model was left without a price.
        case priceRemoved = "price.remove"
        /// What was set for a model was taken back.
        case priceReset = "price.reset"
        case alarmTested = "alarm.test"
        /// A new program brought a new list.
        case pricesShipped = "prices.ship"
    }

    package var principal: Principal
    package var action: Action
    /// The id of what was changed.
    package var subject: String
    /// What a reader wants to know of it: field names and their new values, in this order.
    package var details: [Detail]

    package struct Detail: Hashable, Sendable {
        package var name: String
        package var value: String
        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }

        /// A value that was replaced, in front of the one that replaced it.
        package static func before(_ name: String, _ value: String) -> Detail {
            Detail(name + "_before", value)
        }
    }

    package init(principal: Principal, action: Action, subject: String, details: [Detail] = []) {
        self.principal = principal
        self.action = action
        self.subject = subject
        self.details = details
    }
}
