import ArgumentParser
import Domain
import Testing

@testable import Admin
@testable import Command

@Suite struct UsageCommandTests {
    private let amounts = UsageAmounts(
        requests: 12, promptTokens: 3400, completionTokens: 56, cachedTokens: 7, reasoningTokens: 8,
        audioTokens: 0, costUSD: "1.25", estimatedRequests: 1, unpricedRequests: 2)

    private var report: UsageResource {
        var row = UsageRowResource(amounts: amounts)
        row.day = "2026-11-01"
        row.model = "=gpt"
        return UsageResource(
            from: "2026-11-01T00:00:00.000Z", to: "2026-12-01T00:00:00.000Z", timeZone: "UTC", rows: [row],
            total: amounts)
    }

    @Test func `a table has numbers to the right and the sum below`() {
        #expect(
            UsageCommand.table(report, ["day", "model"]).text == """
                DAY         MODEL  REQUESTS  PROMPT  COMPLETION  CACHED  REASONING  AUDIO  COST USD  \
                ESTIMATED  UNPRICED
                2026-11-01  =gpt         12    3400          56       7          8      0      1.25          \
                1         2
                total                    12    3400          56       7          8      0      1.25          \
                1         2
                """)
    }

    @Test func `attempts are shown by their number, upstream and credential`() {
        var (first, second) = (UsageRowResource(amounts: amounts), UsageRowResource(amounts: amounts))
        (first.attempt, first.upstream, first.credential) = (1, "a.example.com", "cred_aaaaaaaaaaaa")
        (second.attempt, second.upstream, second.credential) = (2, "b.example.com", "")
        second.amounts.requests = 0
        var report = report
        report.rows = [first, second]
        let groups = ["attempt", "upstream", "credential"]
        #expect(
            UsageCommand.table(report, groups).text.split(separator: "\n").map { $0.prefix(54) } == [
                "ATTEMPT  UPSTREAM       CREDENTIAL         REQUESTS  P",
                "1        a.example.com  cred_aaaaaaaaaaaa        12   ",
                "2        b.example.com                            0   ",
                "total                                            12   ",
            ])
        #expect(
            UsageCommand.csv(report, groups).hasPrefix(
                "attempt,upstream,credential,requests,") == true)
        #expect(UsageCommand.csv(report, groups).contains("\r\n2,b.example.com,,0,3400,"))
    }

    @Test(arguments: [
        "usage --csv --json", "usage --month 2026-11 --to 2026-12-01", "token reissue",
        "token reissue 0123456789ab --expires-in 30",
        "price set m --prompt 1", "price set m --prompt 1 --completion 1 --file x",
        "price set m", "price remove", "token explain", "token explain x --tokens many",
    ])
    func `a wrong line is refused as wrong usage`(_ line: String) {
        let error = #expect(throws: (any Error).self) {
            try Latchkey.parseAsRoot(line.split(separator: " ").map(String.init))
        }
        #expect(error.map { Latchkey.exitCode(for: $0) } == .validationFailure)
    }

    @Test func `all of a price is shown, tiers behind their names`() throws {
        let price = try JSONValue(
            parsing: Array(#"{"prompt":"1.00","flex":{"prompt":"0.50"},"reads_more":true,"n":8}"#.utf8))
        #expect(
            PriceCommand.rows(of: price).map { [$0.name, $0.value] } == [
                ["prompt", "1.00"], ["flex.prompt", "0.50"], ["reads_more", "true"], ["n", "8"],
            ])
    }

    @Test func `an explanation says every reason`() {
        let refusals = [
            ExplanationResource.Refusal(reason: "quota_spent", status: 429, message: "It is used up."),
            ExplanationResource.Refusal(reason: "model_not_granted", status: 403, message: "Not granted."),
        ]
        let refused = ExplanationResource(admitted: false, tokens: 5, costUSD: "0.10", refusals: refusals)
        #expect(
            TokenCommand.Explain.text(refused) == """
                It would be refused (5 tokens and 0.10 USD at most):
                  429 quota_spent: It is used up.
                  403 model_not_granted: Not granted.
                """)
        let admitted = ExplanationResource(admitted: true, tokens: 5, costUSD: "0.10", refusals: [])
        #expect(TokenCommand.Explain.text(admitted) == "It would be admitted: 5 tokens and 0.10 USD at most.")
        var fitted = admitted
        fitted.outputLimit = 4
        #expect(TokenCommand.Explain.text(fitted).contains("Its output is limited to 4 tokens"))
    }
}
