/// Whatever can tell its counters as Prometheus text.
package protocol MetricsSource: Sendable {
    func prometheusText() -> [UInt8]
}
