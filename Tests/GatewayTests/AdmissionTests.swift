import Domain
import Synchronization
import Telemetry
import Testing
import Vault

@testable import Gateway

struct AdmissionTests {
    private final class Clock: Sendable {
        let now = Mutex(Timestamp(seconds: 100))
        let recorded = Mutex<[(AccessTokenID, Timestamp)]>([])
        let honey = Mutex<[(AccessTokenID, Timestamp)]>([])
    }

    private let keys: KeyRing
    private let clock = Clock()
    private let metrics = ExchangeMetrics()
    private let admission: Admission
    private var directory = AccessDirectory(quotas: QuotaBook(defaultPeriods: QuotaFixture.utc))
    private var project: Project
    private var accessToken: AccessToken
    private let bearer: String

    init() throws {
        keys = KeyRing.generate(masterKey: .generate()).0
        let clock = clock
        admission = Admission(
            keys: keys, metrics: metrics,
            recordExpiry: { id, now in clock.recorded.withLock { $0.append((id, now)) } },
            recordHoneyUse: { id, now, _ in clock.honey.withLock { $0.append((id, now)) } })
        project = Project(
            id: ProjectID(unchecked: "proj_000000000001"), name: try #require(ProjectName("acme")),
            upstream: .dummy,
            state: .active, createdAt: Timestamp(seconds: 0), updatedAt: Timestamp(seconds: 0))
        let minted = keys.mint(.accessToken)
        accessToken = AccessToken(
            id: AccessTokenID(digits: minted.idDigits), project: project.id, name: try #require(Label("bob")),
            hash: minted.hash, createdAt: Timestamp(seconds: 0), expiresAt: nil)
        bearer = "Bearer " + minted.text.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        directory.put(project, key: nil)
        directory.put(accessToken)
    }

    private func admit(
        _ authorization: String?, in directory: AccessDirectory
    ) throws(Rejection) -> Permit {
        let now = clock.now.withLock { $0 }
        guard var text = authorization else {
            return try admission.admit(authorization: nil, at: now, in: directory)
        }
        let decision = text.withUTF8 { bytes in
            Result { () throws(Rejection) in
                try admission.admit(authorization: UnsafeRawBufferPointer(bytes), at: now, in: directory)
            }
        }
        return try decision.get()
    }

    private func rejection(_ authorization: String?) -> Rejection? {
        do throws(Rejection) {
            let permit = try admit(authorization, in: directory)
            #expect(permit.settle())
            return nil
        } catch {
            return error
        }
    }

    @Test func `a known access token comes in, in any case of the scheme`() {
        #expect(rejection(bearer) == nil)
        #expect(rejection("bEARER   " + bearer.dropFirst(7)) == nil)
        #expect(rejection(nil) == .missingCredential)
        #expect(rejection(bearer + " ") == .malformedCredential)
        #expect(rejection("Bearer lk_") == .malformedCredential)
    }

    @Test func `what is sent in place of an access token is told by its form alone`() {
        for value in [
            "", "Bearer", "Bearer ", "Bearer  ", "Basic eDp5", String(bearer.dropFirst(7)),
            "Bearer " + bearer,
        ] {
            #expect(rejection(value) == .misplacedCredential(.scheme), "\(value)")
        }
        let key = keys.mint(.managementKey).text.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        #expect(rejection("Bearer " + key) == .misplacedCredential(.managementKey))
        #expect(rejection("Bearer lkm_x") == .misplacedCredential(.managementKey))
        #expect(rejection("Bearer lki_x") == .misplacedCredential(.invitation))
        for value in ["Bearer sk-proj-x", "bearer x", "Bearer LK_x", "Bearer lk"] {
            #expect(rejection(value) == .misplacedCredential(.foreign), "\(value)")
        }
        for mistake in CredentialMistake.allCases {
            let rejection = Rejection.misplacedCredential(mistake)
            #expect(rejection.apiError.status == 401 && rejection.apiError.code == "invalid_api_key")
            #expect(rejection.reason == Rejection.unknownCredential.reason)
            #expect(rejection.apiError.message.contains("lk_"))
            #expect(rejection.denial == .malformedCredential)
        }
    }

    @Test mutating func `expiry is exact, told once, and a clock that goes back revives nothing`() {
        accessToken.expiresAt = Timestamp(seconds: 200)
        directory.put(accessToken)
        clock.now.withLock { $0 = Timestamp(milliseconds: 199_999) }
        #expect(rejection(bearer) == nil)
        clock.now.withLock { $0 = Timestamp(seconds: 200) }
        #expect(rejection(bearer) == .expiredCredential)
        clock.now.withLock { $0 = Timestamp(seconds: 150) }
        #expect(rejection(bearer) == .expiredCredential)
        #expect(clock.recorded.withLock { $0.map(\.0) } == [accessToken.id])
        #expect(clock.recorded.withLock { $0.map(\.1) } == [Timestamp(seconds: 200)])
    }

    @Test mutating func `what was written down as expired stays so`() {
        accessToken.expiresAt = Timestamp(seconds: 200)
        accessToken.expiredAt = Timestamp(seconds: 250)
        directory.put(accessToken)
        #expect(rejection(bearer) == .expiredCredential)
        #expect(clock.recorded.withLock { $0.isEmpty })
    }

    @Test mutating func `revoked wins, closes what was admitted before, and is final`() throws {
        let old = directory
        let permit = try admit(bearer, in: old)
        #expect(permit.isOpen)
        accessToken.expiresAt = Timestamp(seconds: 1)
        accessToken.revokedAt = Timestamp(seconds: 90)
        directory.put(accessToken)
        #expect(rejection(bearer) == .revokedCredential)
        #expect(!permit.isOpen && permit.closure == .revokedCredential)
        #expect(throws: Rejection.revokedCredential) { try admit(bearer, in: old) }
        accessToken.revokedAt = nil
        directory.put(accessToken)
        #expect(rejection(bearer) == .revokedCredential)
        #expect(permit.settle() && !permit.settle())
    }

    @Test mutating func `one that is revoked and was not in memory does not come in`() throws {
        let minted = keys.mint(.accessToken)
        var other = accessToken
        other.id = AccessTokenID(digits: minted.idDigits)
        other.hash = minted.hash
        other.revokedAt = Timestamp(seconds: 90)
        directory.put(other)
        #expect(directory.grant(for: minted.hash) == nil)
        let text = "Bearer " + minted.text.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        #expect(rejection(text) == .unknownCredential)
        #expect(Rejection.unknownCredential.apiError == Rejection.revokedCredential.apiError)
        #expect(Rejection.unknownCredential.reason == Rejection.revokedCredential.reason)
    }

    @Test mutating func `a suspended one is refused until it is resumed, and what came before stays cut`()
        throws
    {
        let permit = try admit(bearer, in: directory)
        accessToken.suspendedAt = Timestamp(seconds: 90)
        directory.put(accessToken)
        #expect(rejection(bearer) == .suspendedCredential)
        #expect(Rejection.suspendedCredential.reason == Rejection.revokedCredential.reason)
        #expect(Rejection.suspendedCredential.apiError == Rejection.revokedCredential.apiError)
        accessToken.suspendedAt = nil
        directory.put(accessToken)
        #expect(rejection(bearer) == nil)
        #expect(!permit.isOpen && permit.closure == .suspendedCredential)
        #expect(permit.settle())
        accessToken.suspendedAt = Timestamp(seconds: 95)
        directory.put(accessToken)
        accessToken.revokedAt = Timestamp(seconds: 96)
        directory.put(accessToken)
        accessToken.suspendedAt = nil
        directory.put(accessToken)
        #expect(rejection(bearer) == .revokedCredential)
        accessToken.revokedAt = nil
        directory.put(accessToken)
        #expect(rejection(bearer) == .revokedCredential)
    }

    @Test mutating func `a disabled project refuses until it is active, and what came before stays cut`()
        throws
    {
        let permit = try admit(bearer, in: directory)
        project.state = .disabled
        directory.put(project, key: nil)
        #expect(rejection(bearer) == .projectDisabled)
        project.state = .active
        directory.put(project, key: nil)
        #expect(rejection(bearer) == nil)
        #expect(!permit.isOpen && permit.closure == .projectDisabled)
        #expect(permit.settle())
    }

    @Test mutating func `a honey token is told of, and refused as one that nobody knows`() throws {
        accessToken.isHoney = true
        directory.put(accessToken)
        let refused = try #require(rejection(bearer))
        #expect(refused == .honeyCredential(accessToken.id))
        #expect(refused.apiError == Rejection.unknownCredential.apiError)
        #expect(refused.reason == Rejection.unknownCredential.reason)
        #expect(clock.honey.withLock { $0.map(\.0) } == [accessToken.id])
        #expect(clock.honey.withLock { $0.map(\.1) } == [Timestamp(seconds: 100)])
        // Whoever only asks about it raises no alarm.
        #expect(throws: refused) {
            try admission.holder(of: accessToken.hash, at: Timestamp(seconds: 80), in: directory)
        }
        accessToken.revokedAt = Timestamp(seconds: 90)
        directory.put(accessToken)
        #expect(rejection(bearer) == .revokedCredential)
        #expect(clock.honey.withLock { $0.count } == 1)
    }

    @Test func `a permit that is dropped unsettled is counted`() throws {
        _ = try admit(bearer, in: directory)
        let page = MetricsPage(workers: [metrics], accessLog: try AccessLog(.off))
        #expect(
            String(decoding: page.prometheusText(), as: UTF8.self).contains(
                "latchkey_permit_defects_total 1\n"))
    }
}
