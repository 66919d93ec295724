import Glibc

/// How many file descriptors this process may have open, and how many it needs: a process that starts with
/// fewer fails somewhere in the middle, with an error that names something else.
package enum DescriptorLimit {
    /// For any command: the standard streams, the store with its log and lock, a connection, the resolver.
    package static let commandNeed = 24

    /// For a server: the store with its readers, signals, listeners and log; for each thread its event loop,
    /// libcurl's sockets and their signal; and a few exchanges, of two descriptors each.
    package static func serverNeed(threads: Int) -> Int { 40 + 8 * threads }

    static var current: Int { limits.map { Int(clamping: $0.rlim_cur) } ?? Int.max }

    /// As many as the system allows this process. Throws where that is fewer than `need`.
    package static func raise(toAtLeast need: Int = commandNeed) throws(TooLow) {
        if var raised = limits {
            raised.rlim_cur = raised.rlim_max
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised)
        }
        try check(current, need)
    }

    static func check(_ limit: Int, _ need: Int) throws(TooLow) {
        guard limit >= need else { throw TooLow(limit: limit, need: need) }
    }

    private static var limits: rlimit? {
        var limits = rlimit()
        return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0 ? limits : nil
    }

    package struct TooLow: ExplainedError, Equatable {
        let limit: Int
        let need: Int

        package var message: String { "the limit on open files is \(limit), and at least \(need) are needed" }
        package var hint: String? {
            "raise the hard limit (ulimit -n): LimitNOFILE= in a systemd unit, --ulimit nofile= in Docker"
        }
    }
}
