import Dispatch
import Glibc

/// Takes the signals that a server lives by, from the moment it is made until it is let go of, and hands them
/// on one at a time.
///
/// They come on a queue that does nothing else and needs no thread of the concurrency pool: the signal that
/// ends a server which hangs comes through where tasks do not.
final class SignalWatch {
    enum Signal: CaseIterable, Sendable {
        case hangup, interrupt, terminate

        var number: Int32 {
            switch self {
            case .hangup: SIGHUP
            case .interrupt: SIGINT
            case .terminate: SIGTERM
            }
        }

        var name: String {
            switch self {
            case .hangup: "SIGHUP"
            case .interrupt: "SIGINT"
            case .terminate: "SIGTERM"
            }
        }
    }

    private let sources: [any DispatchSourceSignal]

    /// Returns when no signal is missed any more. `receive` must not wait for anything.
    init(_ receive: @escaping @Sendable (Signal) -> Void) async {
        let queue = DispatchQueue(label: "signals")
        var sources: [any DispatchSourceSignal] = []
        for signal in Signal.allCases {
            let source = DispatchSource.makeSignalSource(signal: signal.number, queue: queue)
            source.setEventHandler { receive(signal) }
            await withCheckedContinuation { registered in
                source.setRegistrationHandler { registered.resume() }
                source.activate()
            }
            sources.append(source)
        }
        self.sources = sources
    }

    deinit { sources.forEach { $0.cancel() } }
}
