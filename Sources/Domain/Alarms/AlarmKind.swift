/// What alarms are about; the raw values are what a receiver reads.
package enum AlarmKind: String, CaseIterable, Hashable, Sendable {
    case honeyTokenUsed = "honey_token_used"
    case leakedTokenRevoked = "leaked_token_revoked"
    case quotaWarning = "quota_warning"
    case quotaExhausted = "quota_exhausted"
    case spendSpeed = "spend_speed"
    case tokenExpiring = "token_expiring"
    case upstreamKeyRefused = "upstream_key_refused"
    case auditFailing = "audit_failing"
    case ledgerFailing = "ledger_failing"
    case clockJumped = "clock_jumped"
    case test
}
