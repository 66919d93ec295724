import Domain
import Gateway
import HTTPTypes
import Storage
import Synchronization
import Testing
import Vault

@testable import Admin

/// An access token that was seen expired while the clock was ahead stays refused once that is put right.
@Suite struct SeenExpiryTests {
    private let ahead = Timestamp(seconds: 1_800_000_000)
    private let right = Timestamp(seconds: 1_700_000_000)

    /// One that is not in memory, whose end is past by the clock that is ahead, and to come by the right one.
    private func dormant(_ fixture: AdminFixture) async throws -> AccessToken {
        let project = try await fixture.control.project("acme")
        let minted = fixture.keyRing.mint(.accessToken)
        let accessToken = AccessToken(
            id: AccessTokenID(digits: minted.idDigits), project: project.id,
            name: try #require(Label("bob")), hash: minted.hash, createdAt: Timestamp(seconds: 1_600_000_000),
            expiresAt: right.adding(milliseconds: 1000))
        try await fixture.store.issueAccessToken(accessToken, by: .console(at: accessToken.createdAt))
        return accessToken
    }

    private enum Order: CaseIterable { case recordedFirst, wokenFirst }

    @Test(arguments: Order.allCases)
    private func `whether its expiry is recorded before it is loaded again or after, it is refused`(
        _ order: Order
    ) async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let accessToken = try await dormant(fixture)
        fixture.state.now.withLock { $0 = right }
        func wake() async throws -> Int {
            try await fixture.control.wakeAccessTokens(
                endingAfter: Timestamp(seconds: 1_600_000_000), upTo: ahead)
        }
        switch order {
        case .recordedFirst:
            try await fixture.control.recordExpiry(of: accessToken.id, seenAt: ahead)
            #expect(try await wake() == 0)
        case .wokenFirst:
            #expect(try await wake() == 1)
            _ = try await fixture.holders.holder(of: accessToken.hash)
            try await fixture.control.recordExpiry(of: accessToken.id, seenAt: ahead)
        }
        await #expect(throws: Rejection.expiredCredential) {
            _ = try await fixture.holders.holder(of: accessToken.hash)
        }
        #expect(try await fixture.store.accessToken(accessToken.id)?.expiredAt == ahead)
    }

    @Test func `one whose end was put off meanwhile stays valid`() async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let accessToken = try await dormant(fixture)
        let change = #"{"expires_in":60}"#
        #expect(try await fixture.send(.patch, "/manage/tokens/\(accessToken.id)", change).status == 200)
        try await fixture.control.recordExpiry(of: accessToken.id, seenAt: ahead)
        _ = try await fixture.holders.holder(of: accessToken.hash)
    }
}
