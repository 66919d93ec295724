import Domain
import Foundation
import Testing

@testable import Admin

@Suite struct WireTests {
    func problem<Body: RequestBody>(_: Body.Type, _ json: String) -> Problem? {
        #expect(throws: Problem.self) { _ = try Body.parse(Data(json.utf8)) }
    }

    @Test func `an unknown field is refused with a pointer to it`() {
        let found = problem(CreateProjectRequest.self, #"{"name":"a","upstream/url":"x","~":1}"#)
        #expect(found?.status == 422)
        #expect(found?.errors?.map(\.pointer) == ["/upstream~1url", "/~0"])
    }

    @Test func `wrong types, nulls and missing fields are refused with a pointer`() {
        for (json, pointer) in [
            (#"{"name":1}"#, "/name"), (#"{"name":null}"#, "/name"), (#"{}"#, "/name"),
            (#"{"name":"a","upstream_url":["x"]}"#, "/upstream_url"),
            (#"{"name":"a","upstream_url":null}"#, "/upstream_url"),
        ] {
            #expect(problem(CreateProjectRequest.self, json)?.errors?.map(\.pointer) == [pointer])
        }
        for json in ["", "[]", "nonsense", "\"text\"", "null"] {
            #expect(problem(CreateProjectRequest.self, json) == .malformedBody)
        }
    }

    @Test func `a problem never quotes the value`() {
        for json in [#"{"key":["canary"]}"#, #"{"key":"canary"#, #"{"key":"x","other":"canary"}"#] {
            #expect(problem(SetCredentialRequest.self, json).map { "\($0)".contains("canary") } == false)
        }
    }

    @Test func `an expiry is said in one of two ways, and never is said too`() throws {
        func expiry(_ member: String) throws -> ExpiryField {
            try IssueAccessTokenRequest.parse(Data(#"{"project":"p","name":"n",\#(member)}"#.utf8)).expiry
        }
        #expect(try expiry(#""expires_in":60"#) == .after(seconds: 60))
        #expect(try expiry(#""expires_in":null"#) == .never)
        #expect(try expiry(#""expires_at":null"#) == .never)
        #expect(try expiry(#""expires_at":"2030-01-01T00:00:00Z""#) == .at("2030-01-01T00:00:00Z"))
        let missing = problem(IssueAccessTokenRequest.self, #"{"project":"p","name":"n"}"#)
        #expect(missing?.errors?.map(\.pointer) == ["/expires_in"])
        let both = problem(
            IssueAccessTokenRequest.self, #"{"project":"p","name":"n","expires_in":1,"expires_at":null}"#)
        #expect(both?.errors?.map(\.pointer) == ["/expires_at"])
        let fraction = problem(IssueAccessTokenRequest.self, #"{"project":"p","name":"n","expires_in":1.5}"#)
        #expect(fraction?.errors?.map(\.pointer) == ["/expires_in"])
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00.000Z", Int64(0)), ("2026-11-21T03:26:01.123Z", 1_795_231_561_123),
        ("2024-02-29T23:59:59.999Z", 1_709_251_199_999), ("9999-12-31T23:59:59.000Z", 253_402_300_799_000),
    ])
    func `moments are written and read as RFC 3339`(_ text: String, _ milliseconds: Int64) {
        #expect(Timestamp(milliseconds: milliseconds).rfc3339 == text)
        #expect(Timestamp(rfc3339: text)?.milliseconds == milliseconds)
    }

    @Test func `offsets and fractions are understood`() {
        #expect(Timestamp(rfc3339: "2026-11-21T05:26:01+02:00") == Timestamp(rfc3339: "2026-11-21T03:26:01Z"))
        #expect(Timestamp(rfc3339: "1970-01-01T00:00:00.5-00:30")?.milliseconds == 1_800_500)
        #expect(Timestamp(rfc3339: "1970-01-01t00:00:00.123456789z")?.milliseconds == 123)
    }

    @Test(arguments: [
        "", "2026-11-21", "2026-11-21T03:26:01", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-11-21T24:00:00Z", "2026-11-21T03:26:01.Z", "2026-11-21T03:26:01Z ", "1969-12-31T23:59:59Z",
        "2026-11-21T03:26:01+25:00", "9999-12-31T23:59:59-00:01", "1970-01-01T00:00:00+00:01",
    ])
    func `what is no moment is refused`(_ text: String) { #expect(Timestamp(rfc3339: text) == nil) }

    @Test func `changes run in the order in which they were asked for, to the end`() async throws {
        let queue = ChangeQueue { Timestamp(milliseconds: 0) }
        actor Journal {
            var lines: [String] = []
            func note(_ line: String) { lines.append(line) }
        }
        let journal = Journal()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<50 {
                group.addTask {
                    try await queue.run {
                        await journal.note("begin \(index)")
                        await Task.yield()
                        await journal.note("end \(index)")
                    }
                }
            }
            try await group.waitForAll()
        }
        let lines = await journal.lines
        #expect(lines.count == 100)
        for pair in stride(from: 0, to: 100, by: 2) {
            #expect(lines[pair].replacingOccurrences(of: "begin", with: "end") == lines[pair + 1])
        }
    }

    @Test func `a change whose caller is cancelled still runs to its end`() async throws {
        let queue = ChangeQueue { Timestamp(milliseconds: 0) }
        let (began, signal) = AsyncStream.makeStream(of: Void.self)
        let (release, releaser) = AsyncStream.makeStream(of: Void.self)
        let (ended, finished) = AsyncStream.makeStream(of: Bool.self)
        let caller = Task {
            try await queue.run {
                signal.yield()
                for await _ in release { break }
                finished.yield(Task.isCancelled)
            }
        }
        for await _ in began { break }
        caller.cancel()
        releaser.yield()
        for await wasCancelled in ended {
            #expect(!wasCancelled)
            break
        }
        _ = await caller.result
    }
}
