import HTTPTypes
import Storage
import Testing

@testable import Admin

@Suite struct StrictBodyTests {
    private static let token = #""project":"acme","name":"n","expires_in":9"#

    @Test(arguments: [
        (
            "projects", #"{"name":"b","limits":[{"metric":"requests","amount":1,"window":"day","x":1}]}"#,
            "/limits/0/x"
        ),
        (
            "projects", #"{"name":"b","limits":[{"metric":"requests","amount":[],"window":"day"}]}"#,
            "/limits/0/amount"
        ),
        (
            "projects", #"{"name":"b","limits":[{"metric":"tokens","amount":1e400,"window":"day"}]}"#,
            "/limits/0/amount"
        ),
        (
            "projects", #"{"name":"b","limits":["requests=1/day",{"metric":7,"amount":1}]}"#,
            "/limits/1/metric"
        ),
        ("projects", #"{"name":"b","limits":["requests=1/day",7]}"#, "/limits/1"),
        ("projects", #"{"name":"b","limits":{"metric":"requests"}}"#, "/limits"),
        ("tokens", #"{\#(token),"models":["a",1]}"#, "/models/1"),
        ("tokens", #"{\#(token),"models":["a","b c"]}"#, "/models/1"),
        ("tokens", #"{\#(token),"endpoints":["models","x"]}"#, "/endpoints/1"),
        ("tokens", #"{\#(token),"networks":[null]}"#, "/networks/0"),
        (
            "tokens", #"{\#(token),"limits":[{"metric":"cost","amount":5,"window":"day"}]}"#,
            "/limits/0/amount"
        ),
    ])
    func `what is wrong within an object or a list is refused with a pointer to it`(
        _ list: String, _ body: String, _ pointer: String
    ) async throws {
        let fixture = try await AdminFixture()
        try await fixture.project("acme")
        let answer = try await fixture.send(.post, "/manage/\(list)", body)
        #expect(answer.status == 422, "\(answer.text)")
        #expect(try answer.problem().errors?.map(\.pointer) == [pointer])
        #expect(try await fixture.store.listAccessTokens(limit: 5).items.isEmpty)
    }

    @Test(arguments: [
        (#"{"prompt":"1","completion":"2","flex":{"prompt":"1","completion":"2","x":1}}"#, "/flex/x"),
        (#"{"prompt":"1","completion":"2","flex":{"prompt":"1"}}"#, "/flex/completion"),
        (#"{"prompt":"1","completion":"2","flex":[]}"#, "/flex"),
        (#"{"prompt":1,"completion":"2"}"#, "/prompt"),
        (#"{"prompt":"1","completion":"2","reads_more":false}"#, "/reads_more"),
    ])
    func `what is wrong within a price is refused with a pointer to it`(
        _ body: String, _ pointer: String
    ) async throws {
        let fixture = try await AdminFixture()
        let answer = try await fixture.send(.put, "/manage/prices/some-model", body)
        #expect(answer.status == 422)
        #expect(try answer.problem().errors?.map(\.pointer) == [pointer])
    }

    @Test func `a body that lies in itself a thousand times deep is refused`() async throws {
        let fixture = try await AdminFixture()
        for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
            let deep = String(repeating: open, count: 5000) + "1" + String(repeating: close, count: 5000)
            let answer = try await fixture.send(.post, "/manage/projects", #"{"name":\#(deep)}"#)
            #expect([400, 422].contains(answer.status))
        }
    }
}
