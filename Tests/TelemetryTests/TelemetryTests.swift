import Domain
import Glibc
import Testing

@testable import Telemetry

struct TelemetryTests {
    private func record(_ outcome: Outcome) -> ExchangeRecord {
        var record = ExchangeRecord(
            id: RequestID(process: 0, sequence: 1), startedAt: Timestamp(milliseconds: 0), method: "POST",
            endpoint: "chat_completions", outcome: outcome)
        record.durationNanoseconds = 2_000_000
        record.requestBytes = 3
        record.status = 200
        return record
    }

    @Test func `a page adds the workers up`() throws {
        let workers = [ExchangeMetrics(), ExchangeMetrics()]
        for worker in workers {
            worker.began()
            worker.count(record(.completed))
        }
        workers[0].began()
        workers[0].began()
        workers[0].count(record(.failed(.connect)))
        let page = String(
            decoding: MetricsPage(workers: workers, accessLog: try AccessLog(.off)).prometheusText(),
            as: UTF8.self)
        for line in [
            #"latchkey_requests_total{endpoint="chat_completions",outcome="completed"} 2"#,
            #"latchkey_requests_total{endpoint="chat_completions",outcome="failed"} 1"#,
            "latchkey_requests_in_flight 1",
            #"latchkey_upstream_failures_total{reason="upstream_connect"} 1"#,
            #"latchkey_responses_total{status="200"} 3"#, "latchkey_request_bytes_total 9",
            #"latchkey_request_duration_seconds_bucket{le="0.001"} 0"#,
            #"latchkey_request_duration_seconds_bucket{le="0.005"} 3"#,
            #"latchkey_request_duration_seconds_bucket{le="+Inf"} 3"#,
            "latchkey_request_duration_seconds_count 3",
            "latchkey_permit_defects_total 0",
        ] {
            #expect(page.contains("\n\(line)\n"))
        }
    }

    @Test func `a line of the access log is one JSON object`() {
        var bytes: [UInt8] = []
        var record = record(.rejected(.revokedCredential))
        record.model = "a\"\n"
        record.write(to: &bytes)
        let line = String(decoding: bytes, as: UTF8.self)
        #expect(line.hasPrefix(#"{"time":"1970-01-01T00:00:00.000Z","id":"0000000000000001""#))
        #expect(line.contains(#""outcome":"rejected","reason":"revoked_credential""#))
        #expect(line.contains(#""duration_us":2000"#))
        #expect(line.hasSuffix("}\n") && line.split(separator: "\n").count == 1)
    }

    @Test func `a log that nobody takes is bounded, and counts what it drops`() throws {
        signal(SIGPIPE, SIG_IGN)
        // A pipe that is never read from: the writer blocks once it is full.
        let path = "/tmp/latchkey-telemetry-\(getpid())"
        #expect(mkfifo(path, 0o600) == 0)
        defer { unlink(path) }
        let reader = open(path, O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        let log = try AccessLog(.file(path))
        let line = [UInt8](repeating: 0x61, count: 1 << 20)
        for _ in 0..<64 { log.append(line) }
        #expect(log.droppedLines > 0 && log.droppedLines < 64)
        // The end of the process does not wait for ever either.
        log.flush()
    }

    @Test func `every line is written before the end`() throws {
        let path = "/tmp/latchkey-telemetry-lines-\(getpid())"
        defer { unlink(path) }
        let log = try AccessLog(.file(path))
        for number in 0..<1000 { log.append(Array("\(number)\n".utf8)) }
        log.flush()
        let file = open(path, O_RDONLY)
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 8192)
        let count = read(file, &bytes, bytes.count)
        let expected = (0..<1000).map { "\($0)\n" }.joined()
        #expect(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self) == expected)
        #expect(log.droppedLines == 0)
    }

    @Test func `lines that cannot be written are counted`() throws {
        let log = try AccessLog(.file("/dev/full"))
        for _ in 0..<5 { log.append(Array("{}\n".utf8)) }
        log.flush()
        #expect(log.droppedLines == 5)
    }
}
