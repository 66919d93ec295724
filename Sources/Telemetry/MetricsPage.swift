import Domain

/// Whoever can write itself in Prometheus' text format.
package protocol MetricsSource: Sendable {
    func prometheusText() -> [UInt8]
}

/// Every metric there is, in Prometheus' text exposition format 0.0.4: this file is the catalogue.
package struct MetricsPage: MetricsSource {
    private let workers: [ExchangeMetrics]
    private let accessLog: AccessLog
    private let ledger: LedgerMetrics
    private let alarms: AlarmMetrics
    private let connections: @Sendable () -> ConnectionNumbers

    package init(
        workers: [ExchangeMetrics], accessLog: AccessLog, ledger: LedgerMetrics = LedgerMetrics(),
        alarms: AlarmMetrics = AlarmMetrics(),
        connections: @escaping @Sendable () -> ConnectionNumbers = { ConnectionNumbers() }
    ) {
        self.workers = workers
        self.accessLog = accessLog
        self.ledger = ledger
        self.alarms = alarms
        self.connections = connections
    }

    package func prometheusText() -> [UInt8] {
        var total = ExchangeMetrics.Counters()
        for worker in workers { total.add(worker.snapshot) }
        var page = Page()
        page.family("latchkey_requests_total", .counter, "Settled requests below /v1.")
        for (endpoint, column, count) in total.requests.samples {
            page.sample("endpoint=\"\(endpoint)\",outcome=\"\(ExchangeMetrics.outcomes[column])\"", count)
        }
        page.family("latchkey_requests_in_flight", .gauge, "Requests that were begun and are not settled.")
        page.sample(total.began - total.settled)
        page.family("latchkey_dispatched_total", .counter, "Requests that were sent to an upstream.")
        page.sample(total.dispatched)
        page.family("latchkey_responses_total", .counter, "Responses by status, as clients got them.")
        for (status, count) in total.statuses.samples {
            page.sample("status=\"\(status)\"", count)
        }
        page.family("latchkey_rejections_total", .counter, "Requests refused before anyone was contacted.")
        for (reason, _, count) in total.rejections.samples {
            page.sample("reason=\"\(reason)\"", count)
        }
        page.family(
            "latchkey_upstream_failures_total", .counter, "Requests without a complete upstream answer.")
        for (reason, _, count) in total.upstreamFailures.samples {
            page.sample("reason=\"\(reason)\"", count)
        }
        page.family(
            "latchkey_upstream_attempts_total", .counter,
            "Attempts that were made for requests, by upstream and by which of the request's it was.")
        for (upstream, column, count) in total.attempts.samples {
            page.sample("upstream=\"\(upstream)\",attempt=\"\(ExchangeMetrics.attempts[column])\"", count)
        }
        page.family("latchkey_request_bytes_total", .counter, "Bytes of request bodies.")
        page.sample(total.requestBytes)
        page.family("latchkey_response_bytes_total", .counter, "Bytes of response bodies.")
        page.sample(total.responseBytes)
        page.family(
            "latchkey_request_duration_seconds", .histogram, "From a request's head to its settlement.")
        page.histogram(total.duration)
        page.family(
            "latchkey_first_byte_seconds", .histogram, "From a request's head to the answer's first byte.")
        page.histogram(total.firstByte)
        page.family(
            "latchkey_permit_defects_total", .counter, "Permits dropped unsettled: a defect of the proxy.")
        page.sample(total.permitDefects)
        page.family(
            "latchkey_access_log_dropped_total", .counter,
            "Lines dropped because the log could not be written.")
        page.sample(accessLog.droppedLines)
        page.family(
            "latchkey_limit_refusals_total", .counter,
            "Requests refused by a limit, by what it counts and why it was reached.")
        for (metric, column, count) in total.limitRefusals.samples {
            page.sample("metric=\"\(metric)\",cause=\"\(ExchangeMetrics.causes[column])\"", count)
        }
        add(total.charges, to: &page)
        add(ledger.snapshot, to: &page)
        add(alarms.snapshot, to: &page)
        add(connections(), to: &page)
        add(OpenFiles(), to: &page)
        return page.bytes
    }

    private func add(_ numbers: ConnectionNumbers, to page: inout Page) {
        page.family("latchkey_upstream_connections", .gauge, "Connections to upstreams that stand, by use.")
        page.sample("state=\"active\"", numbers.active)
        page.sample("state=\"idle\"", numbers.idle)
        page.family(
            "latchkey_upstream_connections_waiting", .gauge, "Requests that wait for a connection to be made."
        )
        page.sample(numbers.waiting)
        page.family("latchkey_upstream_connections_made_total", .counter, "Connections made to upstreams.")
        page.sample(numbers.made)
        page.family(
            "latchkey_upstream_connections_reused_total", .counter,
            "Requests sent on a connection that stood already.")
        page.sample(numbers.reused)
    }

    /// By the names that Prometheus' own clients have for them.
    private func add(_ files: OpenFiles, to page: inout Page) {
        if let count = files.count {
            page.family("process_open_fds", .gauge, "Open file descriptors.")
            page.sample(UInt64(count))
        }
        page.family("process_max_fds", .gauge, "The limit on open file descriptors.")
        page.sample(UInt64(files.limit))
    }

    private func add(_ charges: ChargeCounts, to page: inout Page) {
        page.family("latchkey_tokens_total", .counter, "Tokens charged when requests ended.")
        page.sample(#"class="prompt""#, charges.prompt)
        page.sample(#"class="completion""#, charges.completion)
        page.family(
            "latchkey_token_details_total", .counter, "Of these tokens: those of a class of their own.")
        for (name, count) in charges.details where count > 0 { page.sample("class=\"\(name)\"", count) }
        page.family("latchkey_cost_dollars_total", .counter, "US dollars charged when requests ended.")
        page.sample(dollars: charges.nanoUSD)
        page.family("latchkey_charges_total", .counter, "Charged requests by how sure their usage is.")
        for (accuracy, _, count) in charges.accuracy.samples {
            page.sample("accuracy=\"\(accuracy)\"", count)
        }
    }

    private func add(_ ledger: LedgerMetrics.Counters, to page: inout Page) {
        page.family("latchkey_ledger_rows_total", .counter, "Rows committed to the ledger.")
        page.sample(ledger.rows)
        page.family("latchkey_ledger_pending", .gauge, "Settled requests that wait for their ledger row.")
        page.sample(ledger.pending)
        page.family("latchkey_ledger_failures_total", .counter, "Commits of ledger rows that failed.")
        page.sample(ledger.failures)
        page.family(
            "latchkey_ledger_damaged_total", .counter,
            "Ledger rows that are lost because the journal was damaged.")
        page.sample(ledger.damaged)
        page.family(
            "latchkey_objects_pending", .gauge,
            "Background responses, batches and runs charged at their reservation until their end is known.")
        page.sample(ledger.pendingObjects)
        page.family(
            "latchkey_objects_corrected_total", .counter,
            "Background responses, batches and runs whose row was corrected to what they used.")
        page.sample(ledger.corrections)
        page.family(
            "latchkey_objects_abandoned_total", .counter,
            "Background responses, batches and runs that stay at their reservation.")
        page.sample(ledger.abandoned)
        page.family(
            "latchkey_journal_slots_in_use", .gauge, "Requests under way or without a committed ledger row.")
        page.sample(ledger.slotsInUse)
    }

    private func add(_ alarms: AlarmMetrics.Counters, to page: inout Page) {
        page.family("latchkey_alarms_total", .counter, "Alarms raised, by what they are about.")
        for (kind, count) in alarms.raised.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            page.sample("kind=\"\(kind.rawValue)\"", count)
        }
        page.family("latchkey_alarms_waiting", .gauge, "Alarms that wait for their delivery.")
        page.sample(alarms.waiting)
        page.family("latchkey_alarm_deliveries_total", .counter, "Alarms that their receiver took.")
        page.sample(alarms.delivered)
        page.family(
            "latchkey_alarm_failures_total", .counter,
            "Deliveries of alarms that their receiver did not take.")
        page.sample(alarms.failures)
        page.family(
            "latchkey_alarms_lost_total", .counter,
            "Alarms that are not delivered any more: too many waited, or one waited for too long.")
        page.sample(alarms.lost)
    }

    private struct Page {
        enum Kind: String { case counter, gauge, histogram }
        private(set) var bytes: [UInt8] = []
        private var name = ""

        mutating func family(_ name: String, _ kind: Kind, _ help: String) {
            self.name = name
            bytes += Array("# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n".utf8)
        }

        mutating func sample(_ value: UInt64) { bytes += Array("\(name) \(value)\n".utf8) }

        /// Exactly, from nano-dollars.
        mutating func sample(dollars nano: UInt64) {
            let fraction = String(nano % 1_000_000_000)
            let zeros = String(repeating: "0", count: 9 - fraction.count)
            bytes += Array("\(name) \(nano / 1_000_000_000).\(zeros)\(fraction)\n".utf8)
        }

        mutating func sample(_ labels: String, _ value: UInt64) {
            bytes += Array("\(name){\(labels)} \(value)\n".utf8)
        }

        mutating func histogram(_ histogram: Histogram) {
            var cumulative: UInt64 = 0
            for (label, count) in zip(Histogram.labels + ["+Inf"], histogram.counts) {
                cumulative += count
                bytes += Array("\(name)_bucket{le=\"\(label)\"} \(cumulative)\n".utf8)
            }
            bytes += Array("\(name)_sum \(Double(histogram.sum) / 1e9)\n\(name)_count \(cumulative)\n".utf8)
        }
    }
}
