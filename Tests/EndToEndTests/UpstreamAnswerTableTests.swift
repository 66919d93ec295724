import Foundation
import HTTP
import HTTPSamples
import Synchronization
import Testing

@testable import App

/// Whatever an upstream may send in response to one project is relayed, cut off or refused as stated, and
/// none of it reaches the next request: neither of another project with the same upstream nor of the same
/// one.
@Suite(.serialized) @EndToEnd struct UpstreamAnswerTableTests {
    nonisolated private static let rounds = ProcessInfo.processInfo.environment["VERIFY"] == "1" ? 4 : 1
    /// Ours to say, whatever the upstream said, or not for clients.
    private static let own = [
        "connection", "content-length", "transfer-encoding", "x-latchkey-request-id", "x-accel-buffering",
        "set-cookie",
    ]

    /// Sends each sample when it is asked for, in two pieces, and answers all else with its name.
    private final class SampleUpstream: Sendable {
        let upstream: ScriptedUpstream
        let isSent: Door

        init() throws {
            let isSent = Door()
            self.isSent = isSent
            upstream = try ScriptedUpstream { connection in
                connection.sendsAtOnce()
                while true {
                    let asked = try connection.readMessage(within: 60000)
                    let words = asked.start.split(whereSeparator: { $0 == " " || $0 == "/" }).map(String.init)
                    guard words.count > 5, words[3] == "sample", let index = Int(words[4]),
                        let place = Int(words[5])
                    else {
                        try connection.send(SampleUpstream.answer(words.count > 3 ? words[3] : ""))
                        continue
                    }
                    defer { isSent.open() }
                    let sample = RawAnswers.all[index]
                    // It may be refused, and the connection closed, before all of it is sent.
                    try connection.send(Array(sample.bytes[..<place]))
                    try connection.send(Array(sample.bytes[place...]))
                    if sample.needsClose { return connection.close() }
                }
            }
        }

        private static func answer(_ text: String) -> String {
            "HTTP/1.1 200 OK\r\nX-Own: \(text)\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)"
        }
    }

    private func ask(
        _ server: Latchkey, _ method: String, _ path: String, _ access: Latchkey.Access
    ) throws -> RelayedAnswer {
        let client = try server.connect()
        try client.send(request(method, "/v1/files/" + path, access, "Connection: close\r\n"))
        _ = try client.readToEnd(within: 10000)
        return RelayedAnswer(client.received, hasBody: method != "HEAD")
    }

    private func check(_ answer: RelayedAnswer, _ sample: RawAnswer) {
        let name = Comment(rawValue: sample.name)
        guard let head = sample.head else {
            #expect(answer.status == 502 && answer.isComplete, name)
            #expect(answer["x-latchkey-error"] == reason(sample), name)
            return
        }
        let lines = RelayedAnswer.lines(head)
        #expect(answer.status == Int(lines[0].split(separator: " ")[1]), name)
        #expect(answer["x-latchkey-error"] == nil, name)
        let relayed = answer.without(Self.own)
        let sent = lines.dropFirst().map(RelayedAnswer.field)
            .filter { !Self.own.contains($0.name.lowercased()) }
        #expect(relayed == sent, name)
        #expect(answer.body == sample.body, name)
        if case .cut = sample.expected {
            #expect(!answer.isComplete, name)
        } else {
            #expect(answer.isComplete, name)
        }
    }

    /// A connection that ended without a byte of a head was lost, by whatever else the upstream is at fault.
    private func reason(_ sample: RawAnswer) -> String {
        let ended = sample.bytes.isEmpty || sample.bytes.suffix(4) == Array("\r\n\r\n".utf8)[...]
        return sample.expected == .refused(.endedBeforeHead) && ended ? "upstream_reset" : "upstream_protocol"
    }

    @Test(arguments: 0..<rounds)
    func `each response reaches whom it is for, and nobody else`(_ round: Int) async throws {
        let source = try SampleUpstream()
        let server = try await Latchkey(["LATCHKEY_THREADS": "1", "LATCHKEY_LOG_LEVEL": "info"])
        let access = try await server.access(to: source.upstream)
        let other = try await server.issue(
            for: server.project("other", at: source.upstream.port, key: "sk-of-the-other-project"))
        var random = SplitMix64(seed: UInt64(round + 1))
        for (index, sample) in RawAnswers.all.enumerated() {
            let place = Int.random(in: 0...sample.bytes.count, using: &random)
            let answer = try ask(server, sample.method, "sample/\(index)/\(place)", access)
            check(answer, sample)
            try #require(source.isSent.pass())
            for (victim, access) in [("other-\(index)", other), ("same-\(index)", access)] {
                let answer = try ask(server, "GET", victim, access)
                #expect(answer.status == 200 && answer.isComplete, Comment(rawValue: sample.name))
                #expect(answer["x-own"] == victim && answer.body == Array(victim.utf8))
            }
        }
        #expect(await server.isIdle())
        let count = RawAnswers.all.count * 3
        #expect(count >= 360)
        #expect(server.metric("latchkey_requests_total") == count)
        #expect(server.metric("latchkey_dispatched_total") == count)
        #expect(server.metric("latchkey_permit_defects_total") == 0)
        #expect(await server.accessLogLines(count).count == count)
        for connection in source.upstream.connections {
            let keys = [Latchkey.upstreamKey, "sk-of-the-other-project"].filter {
                connection.received.firstRange(of: Array("Bearer \($0)\r\n".utf8)) != nil
            }
            #expect(keys.count == 1, "a connection belongs to one project")
        }
        await server.stop()
    }
}
