import Domain
import HTTPTypes
import Storage
import Testing

@testable import Admin

@Suite struct PriceRoutesTests {
    private let price = #"{"prompt":"1.00","completion":"2.50"}"#

    private func show(_ model: String, _ fixture: AdminFixture) async throws -> PriceResource {
        let answer = try await fixture.send(.get, "/manage/prices/\(model)")
        #expect(answer.status == 200)
        return try answer.decoded()
    }

    @Test func `the list says its version and where it is from, and pages through all models`() async throws {
        let fixture = try await AdminFixture()
        var models: [String] = []
        var cursor: String?
        repeat {
            let path = "/manage/prices?limit=50" + (cursor.map { "&cursor=\($0)" } ?? "")
            let page: PriceListResource = try await fixture.send(.get, path).decoded()
            #expect(page.version == 0)
            #expect(page.date.count == 10)
            #expect(!page.source.isEmpty)
            models += page.items.map(\.model)
            cursor = page.nextCursor
        } while cursor != nil
        #expect(models == (try PriceTable.shipped().prices.keys.sorted()))
        let some: PriceListResource = try await fixture.send(.get, "/manage/prices?model=gpt-4.1*").decoded()
        #expect(some.items.map(\.model).contains("gpt-4.1"))
        #expect(some.items.allSatisfy { $0.model.hasPrefix("gpt-4.1") && $0.origin == "shipped" })
    }

    @Test func `a price is set, shown, published in a new version, and taken back`() async throws {
        let fixture = try await AdminFixture()
        let old = try await show("gpt-4.1", fixture)
        #expect(old.origin == "shipped")
        let set = try await fixture.send(.put, "/manage/prices/gpt-4.1", price)
        #expect(set.status == 200)
        #expect(try set.decoded(PriceResource.self).origin == "set")
        #expect(try await show("gpt-4.1", fixture).price?["prompt"] == .string("1.00"))
        #expect(try await show("gpt-4.1-2025-04-14", fixture).origin == "inherited")
        #expect(try await fixture.send(.delete, "/manage/prices/gpt-4.1").status == 200)
        #expect(try await show("gpt-4.1", fixture) == old)
        #expect(fixture.published.events == [.prices(version: 1), .prices(version: 2)])
    }

    @Test func `a model can be left without a price, and named with a slash`() async throws {
        let fixture = try await AdminFixture()
        let removed = try await fixture.send(.delete, "/manage/prices/gpt-4.1?unpriced=true")
        #expect(try removed.decoded(PriceResource.self) == PriceResource(model: "gpt-4.1", origin: "removed"))
        #expect(try await show("gpt-4.1", fixture).price == nil)
        #expect(try await fixture.send(.put, "/manage/prices/org%2Fllama", price).status == 200)
        #expect(try await show("org%2Fllama", fixture).model == "org/llama")
        let gone = try await fixture.send(.delete, "/manage/prices/org%2Fllama")
        #expect(gone.status == 200)
        #expect(try gone.decoded(PriceResource.self).price == nil)
        #expect(try await fixture.send(.get, "/manage/prices/org%2Fllama").status == 404)
        #expect(try await fixture.send(.delete, "/manage/prices/org%2Fllama").status == 404)
    }

    @Test(
        arguments: [
            (#"{"prompt":"1.00"}"#, 422, "/completion"), (#"{"prompt":1,"completion":"1"}"#, 422, "/prompt"),
            (#"{"prompt":"1","completion":"1","cheap":"1"}"#, 422, "/cheap"),
            (#"{"prompt":"1","completion":"1","flex":{"prompt":"1"}}"#, 422, "/flex/completion"),
            ("[]", 400, nil), ("{", 400, nil),
        ] as [(String, Int, String?)])
    func `a price that is none is refused where it is wrong`(
        _ body: String, _ status: Int, _ pointer: String?
    )
        async throws
    {
        let fixture = try await AdminFixture()
        let answer = try await fixture.send(.put, "/manage/prices/gpt-4.1", body)
        #expect(answer.status == status)
        #expect(try answer.problem().errors?.first?.pointer == pointer)
        #expect(fixture.published.events.isEmpty)
        #expect(try await show("gpt-4.1", fixture).origin == "shipped")
    }

    @Test func `what was set holds after a restart, and a list that was spoilt is not charged by`()
        async throws
    {
        let fixture = try await AdminFixture()
        let now = Timestamp(seconds: 1)
        #expect(try await PriceList.load(from: fixture.store, at: now).table.version == 1)
        #expect(try await fixture.send(.put, "/manage/prices/gpt-4.1", price).status == 200)
        #expect(try await fixture.send(.delete, "/manage/prices/o3?unpriced=true").status == 200)
        let list = try await PriceList.load(from: fixture.store, at: now)
        #expect(list.table.version == 3)
        #expect(list.table.price(of: "gpt-4.1")?.standard.rates.completion == Money("2.50"))
        #expect(list.table.price(of: "o3") == nil)
        _ = try await fixture.store.setPrice("{}", of: "x", by: .console(at: now))
        await #expect(throws: StoreError.corrupt) { try await PriceList.load(from: fixture.store, at: now) }
    }
}
