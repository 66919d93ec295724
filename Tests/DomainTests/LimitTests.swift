import Domain
import Testing

/// How limits are written and read.
struct LimitTests {
    @Test(
        arguments: [
            ("requests=100/lifetime", .requests, 100, .lifetime, nil),
            ("cost=5.00/month", .cost, 5_000_000_000, .month, nil),
            ("cost=0.000000001/second", .cost, 1, .second, nil),
            ("tokens=20000/minute", .tokens, 20000, .minute, nil),
            ("concurrency=4", .concurrency, 4, nil, nil),
            ("concurrency=0:gpt-*", .concurrency, 0, nil, "gpt-*"),
            ("tokens=1000/day:gpt-4.1*", .tokens, 1000, .day, "gpt-4.1*"),
            ("requests=0/hour:ft:gpt-4o:acme::1", .requests, 0, .hour, "ft:gpt-4o:acme::1"),
            ("requests=9223372036854775807/week:org/llama=2", .requests, .max, .week, "org/llama=2"),
        ] as [(String, LimitMetric, Int64, LimitWindow?, String?)])
    func `a limit is what it reads as, and is written the same way`(
        text: String, metric: LimitMetric, amount: Int64, window: LimitWindow?, models: String?
    ) throws {
        let limit = try Limit(parsing: text)

        #expect(limit.id.metric == metric && limit.amount == amount && limit.id.window == window)
        #expect(limit.id.models?.description == models)
        #expect(limit.description == text)
        #expect(try LimitID(parsing: limit.id.description) == limit.id)
    }

    @Test(
        arguments: [
            ("", .missingAmount), ("requests", .missingAmount), ("requests/day", .missingAmount),
            ("=1/day", .unknownMetric("")), ("Requests=1/day", .unknownMetric("Requests")),
            (" requests=1/day", .unknownMetric(" requests")), ("money=1/day", .unknownMetric("money")),
            ("requests=/day", .malformedAmount("", .requests)),
            ("requests=", .malformedAmount("", .requests)),
            ("requests=-1/day", .malformedAmount("-1", .requests)),
            ("requests=1.5/day", .malformedAmount("1.5", .requests)),
            ("requests=1e3/day", .malformedAmount("1e3", .requests)),
            ("requests=١/day", .malformedAmount("١", .requests)),
            ("tokens=9223372036854775808/day", .malformedAmount("9223372036854775808", .tokens)),
            ("cost=1,5/day", .malformedAmount("1,5", .cost)),
            ("cost=$5/day", .malformedAmount("$5", .cost)),
            ("cost=0.0000000001/day", .malformedAmount("0.0000000001", .cost)),
            ("requests=1", .missingWindow(.requests)), ("cost=5:gpt-4*", .missingWindow(.cost)),
            ("requests=1/", .unknownWindow("")), ("requests=1/year", .unknownWindow("year")),
            ("requests=1/day/x", .unknownWindow("day/x")), ("requests=1/day ", .unknownWindow("day ")),
            ("concurrency=4/day", .windowOfConcurrency), ("concurrency=4/", .windowOfConcurrency),
            ("requests=1/day:", .malformedPattern("")), ("requests=1/day:a b", .malformedPattern("a b")),
            (
                "requests=1/day:" + String(repeating: "a", count: 129),
                .malformedPattern(String(repeating: "a", count: 129))
            ),
        ] as [(String, LimitTextError)])
    func `what is no limit is told apart`(text: String, error: LimitTextError) {
        #expect(throws: error) { try Limit(parsing: text) }
        #expect(!error.message.isEmpty && !error.message.hasSuffix("."))
    }

    @Test func `a message says what may stand there`() {
        #expect(LimitTextError.unknownMetric("x").message.contains("requests, tokens, cost, concurrency"))
        #expect(
            LimitTextError.unknownWindow("x").message.contains(
                "second, minute, hour, day, week, month, lifetime"))
    }

    @Test(arguments: ["requests", "requests/", "concurrency/day", "x/day", "requests=1/day", "tokens/day:"])
    func `what is no limit's identity is refused`(text: String) {
        #expect(throws: LimitTextError.self) { try LimitID(parsing: text) }
    }

    @Test func `an identity is all but the amount`() throws {
        let id = try Limit(parsing: "tokens=1/day:a*").id

        #expect(try Limit(parsing: "tokens=2/day:a*").id == id)
        for other in ["tokens=1/day", "tokens=1/day:a", "tokens=1/week:a*", "cost=1/day:a*"] {
            #expect(try Limit(parsing: other).id != id)
        }
    }

    @Test func `an owner has each limit once, and not too many`() throws {
        let limits = try ["requests=1/day", "requests=1/hour", "requests=1/day:a*"].map {
            try Limit(parsing: $0)
        }
        #expect(try LimitSet(limits).limits == limits)
        #expect(throws: LimitSet.Malformed.repeated(limits[0].id)) {
            try LimitSet(limits + [Limit(limits[0].id, amount: 7)])
        }
        let many = try (0...LimitSet.maximum).map { try Limit(parsing: "requests=1/minute:m\($0)") }
        #expect(throws: LimitSet.Malformed.tooMany) { try LimitSet(many) }
        #expect(try LimitSet(Array(many.dropLast())).limits.count == LimitSet.maximum)
        let quotas = try (0...LimitSet.maximumQuotas).map { try Limit(parsing: "requests=1/day:m\($0)") }
        #expect(throws: LimitSet.Malformed.tooManyQuotas) { try LimitSet(quotas) }
        #expect(try LimitSet(quotas.dropLast() + many.prefix(8)).limits.count == LimitSet.maximum)
    }
}
