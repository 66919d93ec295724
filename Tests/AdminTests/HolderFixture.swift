import Domain
import Foundation
import Synchronization
import Telemetry
import Vault

@testable import Gateway

/// What the data path knows, as far as holders and the calendar are concerned: the code that admits, over a
/// directory that tests fill.
final class HolderFixture: AccessInquiry {
    let book = QuotaBook(defaultPeriods: HolderFixture.utc)
    let honey = HoneyUses()
    private let directory: Mutex<AccessDirectory>
    private let keyRing: KeyRing
    private let now: @Sendable () -> Timestamp

    init(keyRing: KeyRing, now: @escaping @Sendable () -> Timestamp) {
        self.keyRing = keyRing
        self.now = now
        directory = Mutex(AccessDirectory(quotas: book))
    }

    var moment: QuotaMoment { QuotaMoment(wall: now(), nanoseconds: UInt64(now().milliseconds) * 1_000_000) }

    func put(_ project: Project) { directory.withLock { $0.put(project, key: nil) } }
    func put(_ accessToken: AccessToken) { directory.withLock { $0.put(accessToken) } }

    private var admission: Admission {
        Admission(
            keys: keyRing, metrics: ExchangeMetrics(), recordExpiry: { _, _ in },
            recordHoneyUse: { [honey] id, _, _ in honey.note(id) })
    }

    func holder(of authorization: [UInt8]?) async throws(Rejection) -> Holder {
        let directory = directory.withLock { $0 }
        guard let authorization else { return try admission.holder(of: nil, at: now(), in: directory) }
        let (admission, now) = (admission, now())
        return try authorization.withUnsafeBytes { bytes in
            Result { () throws(Rejection) in try admission.holder(of: bytes, at: now, in: directory) }
        }.get()
    }

    func holder(of hash: CredentialHash) async throws(Rejection) -> Holder {
        try admission.holder(of: hash, at: now(), in: directory.withLock { $0 })
    }

    private static let utc: PeriodRule = { window, moment in
        guard let rule = periods("UTC") else { preconditionFailure("there is UTC") }
        return rule(window, moment)
    }

    /// Only where clocks change on whole hours.
    static func periods(_ zone: String) -> PeriodRule? {
        guard let timeZone = TimeZone(identifier: zone) else { return nil }
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = timeZone
        let units: [LimitWindow: Calendar.Component] = [
            .hour: .hour, .day: .day, .week: .weekOfYear, .month: .month,
        ]
        return { [calendar] window, moment in
            let date = Date(timeIntervalSince1970: Double(moment.milliseconds) / 1000)
            guard let unit = units[window], let interval = calendar.dateInterval(of: unit, for: date) else {
                preconditionFailure("no calendar window")
            }
            return Period(
                start: Timestamp(seconds: Int64(interval.start.timeIntervalSince1970)),
                end: Timestamp(seconds: Int64(interval.end.timeIntervalSince1970)))
        }
    }
}
