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

    @Test func `a page tells every attempt by its upstream and its number`() throws {
        let worker = ExchangeMetrics()
        worker.began()
        var record = record(.completed)
        let failures: [UpstreamFailure] = [.connect, .reset, .connect]
        for (index, failure) in failures.enumerated() {
            let target = AttemptTarget(number: Int32(index + 1), upstream: "one.example")
            record.failedAttempts.append(ExchangeRecord.FailedAttempt(target, failure))
        }
        record.target = AttemptTarget(number: 4, upstream: "two.example")
        worker.count(record)
        let page = String(
            decoding: MetricsPage(workers: [worker], accessLog: try AccessLog(.off)).prometheusText(),
            as: UTF8.self)
        for line in [
            #"latchkey_upstream_attempts_total{upstream="one.example",attempt="1"} 1"#,
            #"latchkey_upstream_attempts_total{upstream="one.example",attempt="2"} 1"#,
            #"latchkey_upstream_attempts_total{upstream="one.example",attempt="3 or more"} 1"#,
            #"latchkey_upstream_attempts_total{upstream="two.example",attempt="3 or more"} 1"#,
            #"latchkey_upstream_failures_total{reason="upstream_connect"} 2"#,
            #"latchkey_upstream_failures_total{reason="upstream_reset"} 1"#,
        ] {
            #expect(page.contains("\n\(line)\n"))
        }
    }

    @Test func `a page adds up what requests came to`() throws {
        let workers = [ExchangeMetrics(), ExchangeMetrics()]
        var record = record(.completed)
        var usage = Usage(prompt: 100, completion: 20)
        usage.cachedPrompt = 60
        usage.reasoning = 5
        record.settled = .init(usage: usage, cost: Money(nanoUSD: 1_500_000_001), accuracy: .exact)
        for worker in workers {
            for _ in 0..<3 { worker.began() }
            worker.count(record)
        }
        record.settled = .init(usage: Usage(), cost: .zero, accuracy: .unknown)
        workers[1].count(record)
        record.settled = nil
        workers[1].count(record)
        let page = String(
            decoding: MetricsPage(workers: workers, accessLog: try AccessLog(.off)).prometheusText(),
            as: UTF8.self)
        for line in [
            #"latchkey_tokens_total{class="prompt"} 200"#, #"latchkey_tokens_total{class="completion"} 40"#,
            #"latchkey_token_details_total{class="cached_prompt"} 120"#,
            #"latchkey_token_details_total{class="reasoning"} 10"#,
            "latchkey_cost_dollars_total 3.000000002", #"latchkey_charges_total{accuracy="exact"} 2"#,
            #"latchkey_charges_total{accuracy="unknown"} 1"#,
        ] {
            #expect(page.contains("\n\(line)\n"))
        }
        #expect(!page.contains(#"class="audio_prompt""#))
    }

    @Test func `refusals by a limit are counted by what it counts`() throws {
        let limit = try Limit(parsing: "tokens=20000/minute")
        let state = LimitState(
            owner: .accessToken, limit: limit, allowance: 20_000, used: 20_000, reserved: 0, resetsAt: nil)
        let worker = ExchangeMetrics()
        for cause in [LimitRefusal.Cause.rate(retryAfter: 5), .rate(retryAfter: 9), .heldByReservations] {
            worker.began()
            worker.count(record(.rejected(.limited(LimitRefusal(cause, state: state, needed: 1)))))
        }
        let page = String(
            decoding: MetricsPage(workers: [worker], accessLog: try AccessLog(.off)).prometheusText(),
            as: UTF8.self)
        #expect(page.contains(#"latchkey_limit_refusals_total{metric="tokens",cause="rate"} 2"#))
        #expect(page.contains(#"latchkey_limit_refusals_total{metric="tokens",cause="held"} 1"#))
        #expect(page.contains(#"latchkey_rejections_total{reason="rate_limited"} 3"#))
        #expect(page.contains("latchkey_cost_dollars_total 0.000000000"))
    }

    @Test func `a page tells how the ledger fares`() throws {
        let ledger = LedgerMetrics { 7 }
        ledger.countRows(500)
        ledger.countRows(3)
        ledger.setPending(9)
        ledger.setPending(4)
        ledger.countFailure()
        ledger.countDamaged(2)
        ledger.setPendingObjects(8)
        ledger.setPendingObjects(6)
        ledger.countCorrections(5)
        ledger.countAbandoned(1)
        let page = String(
            decoding: MetricsPage(workers: [], accessLog: try AccessLog(.off), ledger: ledger)
                .prometheusText(), as: UTF8.self)
        for line in [
            "latchkey_ledger_rows_total 503", "latchkey_ledger_pending 4", "latchkey_ledger_failures_total 1",
            "latchkey_ledger_damaged_total 2", "latchkey_journal_slots_in_use 7",
            "latchkey_objects_pending 6", "latchkey_objects_corrected_total 5",
            "latchkey_objects_abandoned_total 1", "# TYPE latchkey_objects_pending gauge",
            "# TYPE latchkey_ledger_pending gauge", "# TYPE latchkey_ledger_rows_total counter",
        ] {
            #expect(page.contains("\n\(line)\n"))
        }
    }

    @Test func `the page shows what became of alarms`() throws {
        let alarms = AlarmMetrics()
        alarms.countRaised(.test)
        alarms.countRaised(.test)
        alarms.countRaised(.quotaWarning)
        alarms.countDelivery()
        alarms.countFailure()
        alarms.countFailure()
        alarms.countLost(3)
        alarms.setWaiting(4)
        let page = String(
            decoding: MetricsPage(workers: [], accessLog: try AccessLog(.off), alarms: alarms)
                .prometheusText(), as: UTF8.self)
        for line in [
            #"latchkey_alarms_total{kind="quota_warning"} 1"#, #"latchkey_alarms_total{kind="test"} 2"#,
            "latchkey_alarms_waiting 4", "latchkey_alarm_deliveries_total 1",
            "latchkey_alarm_failures_total 2", "latchkey_alarms_lost_total 3",
        ] {
            #expect(page.contains("\n\(line)\n"))
        }
    }

    @Test func `a status that no one knows is counted as another`() throws {
        let worker = ExchangeMetrics()
        var record = record(.completed)
        for status in [100, 599, 99, 600, 999, -1, .max] {
            record.status = status
            worker.began()
            worker.count(record)
        }
        let page = String(
            decoding: MetricsPage(workers: [worker, worker], accessLog: try AccessLog(.off)).prometheusText(),
            as: UTF8.self)
        let statuses = page.split(separator: "\n").filter { $0.hasPrefix("latchkey_responses_total{") }
        #expect(
            statuses == [
                #"latchkey_responses_total{status="100"} 2"#, #"latchkey_responses_total{status="599"} 2"#,
                #"latchkey_responses_total{status="other"} 10"#,
            ])
    }

    @Test func `every outcome has its own count`() throws {
        let worker = ExchangeMetrics()
        let outcomes: [Outcome] = [
            .completed, .rejected(.overloaded), .failed(.reset), .clientGone, .revoked,
        ]
        for (index, outcome) in outcomes.enumerated() {
            for _ in 0...index { worker.count(record(outcome)) }
        }
        let samples = worker.snapshot.requests.samples
        #expect(samples.map(\.label) == Array(repeating: "chat_completions", count: 5))
        let counts = Dictionary(
            uniqueKeysWithValues: samples.map { (ExchangeMetrics.outcomes[$0.column], $0.count) })
        for (index, outcome) in outcomes.enumerated() {
            #expect(counts[outcome.name] == UInt64(index + 1))
        }
    }

    @Test func `labels without end are counted under one`() {
        var table = CountTable(columns: 2)
        for index in 0..<1000 { table.add("label\(index)", column: 1) }
        #expect(table.labels.count == CountTable.capacity + 1)
        let samples = table.samples
        #expect(samples.map(\.count).reduce(0, +) == 1000)
        #expect(
            samples.first { $0.label == CountTable.overflow }?.count == 1000 - UInt64(CountTable.capacity))
        #expect(samples.allSatisfy { $0.column == 1 })
    }

    @Test func `a line stays the same whoever writes it, from second to second`() {
        var writer = LineWriter()
        var record = record(.failed(.connect))
        record.client = "2001:db8:1111:2222:3333:4444:5555:6666"
        record.project = ProjectID("proj_0123456789ab")
        record.accessToken = AccessTokenID("ABCDEFGHIJKL")
        record.requestBytes = .max
        record.model = String(repeating: "m", count: 10_000)
        record.settled = .init(
            usage: Usage(prompt: .max, completion: .max), cost: .max, accuracy: .estimated)
        record.target = AttemptTarget(
            number: .max, upstream: String(repeating: "u", count: 100),
            credential: CredentialID("cred_0123456789ab"))
        for milliseconds: Int64 in [0, 999, 1000, 1_800_000_000_123, 1_799_999_999_999, 5, -1] {
            record.startedAt = Timestamp(milliseconds: milliseconds)
            var line: [UInt8] = []
            writer.append(record, to: &line)
            #expect(
                String(decoding: line, as: UTF8.self) == """
                    {"time":"\(record.startedAt.rfc3339)","id":"0000000000000001",\
                    "client":"2001:db8:1111:2222:3333:4444:5555:6666",\
                    "project":"proj_0123456789ab","token":"ABCDEFGHIJKL","method":"POST",\
                    "endpoint":"chat_completions","model":"\(record.model ?? "")","status":200,\
                    "outcome":"failed","reason":"upstream_connect","request_bytes":9223372036854775807,\
                    "response_bytes":0,"duration_us":2000,"first_byte_us":null,\
                    "prompt_tokens":9223372036854775807,"completion_tokens":9223372036854775807,\
                    "cost_usd":9223372036.854775807,"accuracy":"estimated","attempts":2147483647,\
                    "upstream":"\(String(repeating: "u", count: 64))","credential":"cred_0123456789ab"}

                    """)
        }
    }

    @Test func `a line of the access log is one JSON object`() {
        var bytes: [UInt8] = []
        var record = record(.rejected(.revokedCredential))
        record.model = "a\"\n"
        var writer = LineWriter()
        writer.append(record, to: &bytes)
        let line = String(decoding: bytes, as: UTF8.self)
        #expect(
            line.hasPrefix(
                #"{"time":"1970-01-01T00:00:00.000Z","id":"0000000000000001","client":null,"project":null,"#))
        #expect(line.contains(#""outcome":"rejected","reason":"revoked_credential""#))
        #expect(line.contains(#""duration_us":2000"#))
        #expect(
            line.contains(
                #","prompt_tokens":null,"completion_tokens":null,"cost_usd":null,"accuracy":null,"#
                    + #""attempts":null,"#
                    + #""upstream":null,"credential":null}"#))
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

    @Test func `a log that was moved away goes on in a new file, without losing a line`() throws {
        let path = "/tmp/latchkey-telemetry-rotated-\(getpid())"
        defer { for name in [path, path + ".1"] { unlink(name) } }
        let log = try AccessLog(.file(path))
        for number in 0..<100 {
            log.append(Array("\(number)\n".utf8))
            if number == 50 {
                #expect(rename(path, path + ".1") == 0)
                #expect(try log.reopen() == path)
            }
        }
        log.flush()

        let old = contents(of: path + ".1")
        let new = contents(of: path)
        #expect(old + new == (0..<100).map { "\($0)\n" }.joined())
        #expect(new.hasSuffix("\n99\n"))
        #expect(log.droppedLines == 0)
    }

    @Test func `a log that cannot be opened again stays where it is`() throws {
        let folder = "/tmp/latchkey-telemetry-gone-\(getpid())"
        #expect(mkdir(folder, 0o700) == 0)
        let path = folder + "/log"
        let log = try AccessLog(.file(path))
        let moved = folder + "-moved"
        #expect(rename(folder, moved) == 0)
        defer { #expect(unlink(moved + "/log") == 0 && rmdir(moved) == 0) }

        let error = #expect(throws: AccessLog.CannotOpen.self) { try log.reopen() }

        #expect(error?.path == path && error?.code == ENOENT)
        log.append(Array("still here\n".utf8))
        log.flush()
        #expect(contents(of: moved + "/log") == "still here\n")
    }

    @Test func `a pipe that is not read keeps nobody waiting who opens the log again`() throws {
        let path = "/tmp/latchkey-telemetry-pipe-\(getpid())"
        defer { unlink(path) }
        let log = try AccessLog(.file(path))
        #expect(unlink(path) == 0 && mkfifo(path, 0o600) == 0)

        let error = #expect(throws: AccessLog.CannotOpen.self) { try log.reopen() }

        #expect(error?.code == ENXIO)
    }

    @Test func `a log that is no file is not opened again`() throws {
        #expect(try AccessLog(.off).reopen() == nil)
    }

    private func contents(of path: String) -> String {
        let file = open(path, O_RDONLY)
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 8192)
        let count = read(file, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    @Test func `the page tells how many descriptors are open, of how many`() throws {
        func open() throws -> Int? {
            let page = String(
                decoding: MetricsPage(workers: [], accessLog: try AccessLog(.off)).prometheusText(),
                as: UTF8.self)
            var limits = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
            #expect(page.contains("\nprocess_max_fds \(limits.rlim_cur)\n"))
            return page.split(separator: "\n").first { $0.hasPrefix("process_open_fds ") }
                .flatMap { Int($0.dropFirst("process_open_fds ".count)) }
        }
        // Other tests open files, too, but not so many.
        let before = try #require(try open())
        let opened = (0..<500).map { _ in Glibc.open("/dev/null", O_RDONLY) }
        defer { for file in opened { close(file) } }

        let after = try #require(try open())

        #expect((400...600).contains(after - before))
    }

    @Test func `lines that cannot be written are counted`() throws {
        let log = try AccessLog(.file("/dev/full"))
        for _ in 0..<5 { log.append(Array("{}\n".utf8)) }
        log.flush()
        #expect(log.droppedLines == 5)
    }
}
