import Domain
import Synchronization
import Telemetry
import Testing
import Vault

@testable import Gateway

/// What is written down of requests whose credential no snapshot has.
@Suite struct AbsentTokensTests {
    private final class Store: Sendable {
        let accessTokens = Mutex<[CredentialHash: AccessToken]>([:])
        let looks = Mutex<[Int]>([])
        let expired = Mutex<[AccessTokenID]>([])
        /// The first look waits for it.
        let gate: AsyncStream<Void>
        let open: AsyncStream<Void>.Continuation

        init() { (gate, open) = AsyncStream.makeStream(of: Void.self) }

        func look(_ hashes: [CredentialHash]) async -> [AccessToken] {
            looks.withLock { $0.append(hashes.count) }
            for await _ in gate { break }
            return accessTokens.withLock { known in hashes.compactMap { known[$0] } }
        }
    }

    private let store = Store()
    private let absent: AbsentTokens
    private let now = Timestamp(seconds: 1000)

    init() {
        let store = store
        absent = AbsentTokens(look: store.look) { id, _ in store.expired.withLock { $0.append(id) } }
    }

    private func accessToken(_ number: Int, _ change: (inout AccessToken) -> Void = { _ in }) throws
        -> AccessToken
    {
        var accessToken = AccessToken(
            id: AccessTokenID(unchecked: "Token000\(number + 1000)"),
            project: ProjectID(unchecked: "proj_000000000001"), name: try #require(Label("bob")),
            hash: CredentialHash(UInt64(number), 1, 1, 1), createdAt: Timestamp(seconds: 0), expiresAt: nil)
        change(&accessToken)
        return accessToken
    }

    /// Every combination of what may stand against an access token.
    private func everyKind() throws -> [AccessToken] {
        try (0..<64).map { number in
            try accessToken(number) { accessToken in
                if number & 1 != 0 { accessToken.revokedAt = Timestamp(seconds: 900) }
                if number & 2 != 0 { accessToken.suspendedAt = Timestamp(seconds: 900) }
                if number & 4 != 0 { accessToken.expiresAt = now }
                if number & 8 != 0 {
                    accessToken.expiresAt = accessToken.expiresAt ?? Timestamp(seconds: 2000)
                    accessToken.expiredAt = Timestamp(seconds: 950)
                }
                if number & 16 != 0 { accessToken.grants.notBefore = Timestamp(seconds: 1001) }
                if number & 32 != 0 { accessToken.isHoney = true }
            }
        }
    }

    @Test func `one that is not in memory is refused for what one in memory would be`() throws {
        let admission = Admission(
            keys: KeyRing.generate(masterKey: .generate()).0, metrics: ExchangeMetrics(),
            recordExpiry: { _, _ in }, recordHoneyUse: { _, _, _ in })
        let project = Project(
            id: ProjectID(unchecked: "proj_000000000001"), name: try #require(ProjectName("acme")),
            upstream: .dummy, state: .active, createdAt: Timestamp(seconds: 0),
            updatedAt: Timestamp(seconds: 0))
        var told: Set<String> = []
        for accessToken in try everyKind() {
            var directory = AccessDirectory(quotas: QuotaBook(defaultPeriods: QuotaFixture.utc))
            directory.put(project, key: nil)
            // It was there before it was revoked.
            var before = accessToken
            before.revokedAt = nil
            directory.put(before)
            directory.put(accessToken)
            var expected: Rejection?
            do throws(Rejection) {
                _ = try admission.holder(of: accessToken.hash, at: now, in: directory)
            } catch {
                expected = error
            }
            #expect(accessToken.refusal(at: now) == expected, "\(accessToken)")
            told.insert(expected?.internalReason ?? "none")
        }
        #expect(told.count == 6)
    }

    @Test func `several are looked up together, and each is told apart`() async throws {
        let (revoked, expired, seen, living) = (
            try accessToken(1) { $0.revokedAt = Timestamp(seconds: 5) },
            try accessToken(2) { $0.expiresAt = Timestamp(seconds: 999) },
            try accessToken(3) {
                $0.expiresAt = Timestamp(seconds: 5)
                $0.expiredAt = Timestamp(seconds: 6)
            },
            try accessToken(4) { $0.expiresAt = Timestamp(seconds: 1001) }
        )
        store.accessTokens.withLock { known in
            for accessToken in [revoked, expired, seen, living] { known[accessToken.hash] = accessToken }
        }
        let answers = Mutex<[UInt64: AbsentTokens.Refused?]>([:])
        for number in 0...4 as ClosedRange<UInt64> {
            let isTaken = absent.identify(CredentialHash(number, 1, 1, 1), at: now) { refused in
                answers.withLock { $0[number] = refused }
            }
            #expect(isTaken)
        }
        // The first look was begun with what was there; all others wait for it together.
        store.open.finish()
        await absent.drain()
        let told = answers.withLock { $0 }
        #expect(told.count == 5)
        #expect(told[0].flatMap { $0 }?.id == nil)
        #expect(told[1].flatMap { $0 }?.rejection == .revokedCredential)
        #expect(told[2].flatMap { $0 }?.rejection == .expiredCredential)
        #expect(told[3].flatMap { $0 }?.rejection == .expiredCredential)
        #expect(told[4].flatMap { $0 }?.id == nil)
        #expect(told[1].flatMap { $0 }?.id == revoked.id)
        #expect(told[1].flatMap { $0 }?.project == revoked.project)
        #expect(store.looks.withLock { $0.reduce(0, +) } == 5)
        #expect(store.looks.withLock { $0.count } <= 2)
        // A first sight of the end is written down, so that a clock that goes back does not revive it.
        #expect(store.expired.withLock { $0 } == [expired.id])
    }

    @Test func `more than it holds are not asked about, and the next is once there is room`() async throws {
        let answered = Mutex(0)
        let count: @Sendable (AbsentTokens.Refused?) -> Void = { _ in answered.withLock { $0 += 1 } }
        // The first look takes some of them out of the line before it waits.
        var taken = 0
        while absent.identify(CredentialHash(UInt64(taken), 2, 2, 2), at: now, answer: count) { taken += 1 }
        #expect(taken >= AbsentTokens.questionLimit)
        #expect(taken <= 2 * AbsentTokens.questionLimit)
        #expect(answered.withLock { $0 } == 0)
        store.open.finish()
        await absent.drain()
        #expect(answered.withLock { $0 } == taken)
        #expect(await absent.identify(CredentialHash(7, 7, 7, 7), at: now)?.id == nil)
        #expect(store.looks.withLock { $0.max() } ?? 0 <= 256)
    }
}
