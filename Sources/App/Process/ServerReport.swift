import Domain
import Dispatch
import Glibc
import Logging
import Telemetry

/// What a server says of its own start and end, on standard error: plain lines where that is a terminal, and
/// log records elsewhere.
///
/// What it says is written one after another, by a queue of its own: nobody waits for a reader that does not
/// read, but for ``stopped(after:_:)``.
struct ServerReport: Sendable {
    private let logger: Logger
    private let isOnTerminal: Bool
    private let queue = DispatchQueue(label: "report")

    init(logger: Logger) {
        self.logger = logger
        isOnTerminal = isatty(STDERR_FILENO) == 1
    }

    /// The terminal was closed since the start.
    var hasLostTerminal: Bool { isOnTerminal && isatty(STDERR_FILENO) == 0 }

    /// One record for each address; a terminal gets ``ready(at:operatorsAt:)``.
    func listening(_ address: ListenAddress, for plane: String) {
        guard !isOnTerminal else { return }
        say {
            $0.info(
                "listening",
                metadata: [
                    "address": "\(address)", "for": "\(plane)", "descriptors": "\(DescriptorLimit.current)",
                ])
        }
    }

    /// The addresses are the same where there is one listener.
    func ready(at address: ListenAddress, operatorsAt management: ListenAddress) {
        if isOnTerminal { say { _ in Self.print(Self.ready(at: address, operatorsAt: management)) } }
    }

    /// - Parameter count: of the exchanges in flight.
    func draining(_ count: Int, by signal: SignalWatch.Signal, within limit: Duration) {
        guard isOnTerminal else {
            return say {
                $0.notice(
                    "draining; a second signal ends it now",
                    metadata: [
                        "signal": "\(signal.name)", "streams": "\(count)",
                        "within": "\(limit.components.seconds)s",
                    ])
            }
        }
        guard count > 0 else { return }
        // The terminal has echoed ^C.
        let newline = signal == .interrupt ? "\n" : ""
        say { _ in Self.print(newline + Self.draining(count, by: signal)) }
    }

    /// The last line; it is out when this returns.
    func stopped(after duration: Duration?, _ cut: DrainState.Cut?) {
        if cut?.cause == .timeout {
            say { $0.warning("the time to drain is over: what was running was cut off") }
        }
        if isOnTerminal {
            say { _ in Self.print(Self.stopped(after: duration, cut)) }
        } else {
            say {
                $0.notice(
                    "stopped",
                    metadata: ["after": "\(Self.seconds(duration))s", "cut": "\(cut?.count ?? 0)"])
            }
        }
        queue.sync {}
    }

    /// SIGHUP.
    func reopen(_ accessLog: AccessLog) {
        say { logger in
            do throws(AccessLog.CannotOpen) {
                guard let path = try accessLog.reopen() else {
                    return logger.notice("SIGHUP: the access log is no file, and nothing is opened again")
                }
                logger.notice("the access log was opened again", metadata: ["path": "\(path)"])
            } catch {
                let reason = FileFailure(error.code, at: error.path).reason
                logger.error(
                    "the access log cannot be opened again; it goes on in the file that is open",
                    metadata: ["path": "\(error.path)", "reason": "\(reason)"])
            }
        }
    }

    private func say(_ words: @escaping @Sendable (Logger) -> Void) {
        queue.async { [logger] in words(logger) }
    }

    private static func print(_ line: String) {
        var text = line + "\n"
        _ = text.withUTF8 { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}

// MARK: - The lines

extension ServerReport {
    static func ready(at address: ListenAddress, operatorsAt management: ListenAddress) -> String {
        let more = management == address ? "" : ", management on http://\(management)"
        return "latchkey: listening on http://\(address)\(more); press Ctrl-C to stop"
    }

    static func draining(_ count: Int, by signal: SignalWatch.Signal) -> String {
        let again = signal == .interrupt ? "press Ctrl-C again to end now" : "a second signal ends it now"
        return "latchkey: draining, \(streams(count)); \(again)"
    }

    /// - Parameter duration: since it was told to stop.
    static func stopped(after duration: Duration?, _ cut: DrainState.Cut?) -> String {
        let end = "latchkey: stopped after \(seconds(duration)) s"
        guard let cut, cut.count > 0 else { return end }
        return end + "; \(streams(cut.count)) cut off"
    }

    private static func streams(_ count: Int) -> String { count == 1 ? "1 stream" : "\(count) streams" }

    /// With one decimal.
    private static func seconds(_ duration: Duration?) -> String {
        let tenths = Int(((duration ?? .zero) / .milliseconds(100)).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
