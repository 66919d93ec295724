package import Domain

/// On whose behalf a change is made, when, and under which conditions: what every change of the store is
/// handed, from the request down to its transaction.
///
/// The principal and the time are written down with the change. The conditions are those of a request:
/// neither holds unless it is checked in the transaction of the change itself.
package struct ChangeContext: Sendable {
    package let principal: Principal
    /// The control plane sets it anew when the change's turn has come.
    package var now: Timestamp
    /// The change is made once, whatever the number of requests; nil makes it every time.
    package var claim: IdempotencyClaim?
    /// The change is made only to what is as the client saw it; nil makes it in any case.
    package var ifMatch: IfMatch?

    package init(by principal: Principal, at now: Timestamp) {
        self.principal = principal
        self.now = now
    }

    /// The person at the machine.
    package static func console(at now: Timestamp) -> ChangeContext { ChangeContext(by: .console, at: now) }

    /// The server, on its own account.
    package static func system(at now: Timestamp) -> ChangeContext { ChangeContext(by: .system, at: now) }
}
