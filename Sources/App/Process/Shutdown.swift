import Dispatch
import Glibc
import Synchronization

/// How a running server ends: what each signal to stop does.
///
/// ```
/// first ──▶ drain: nothing new is taken, what is in flight may end, for as long as ``DrainState`` allows
/// second ─▶ cut: what is in flight is ended by us, settled and written down
/// third ──▶ end: the process exits as in a crash, and the journal knows the rest; so it does
///            ``patience`` after the second
/// ```
///
/// Nothing in here waits: it is called where signals come in.
final class Shutdown: Sendable {
    /// What a server that was told twice may take to write down what it cut off, in seconds.
    static let patience = 5
    /// Of the process that ends before its time.
    static let status: Int32 = 1

    struct Actions: Sendable {
        let drain: @Sendable (SignalWatch.Signal) -> Void
        let cut: @Sendable () -> Void
        /// Of the process. Not a word to anyone, and nothing of the library's: what does not end may be
        /// waiting there.
        var end: @Sendable () -> Void = { _exit(Shutdown.status) }
    }

    typealias Timer = @Sendable (_ seconds: Int, @escaping @Sendable () -> Void) -> Void

    private let actions: Actions
    private let after: Timer
    private let signals = Atomic<Int>(0)

    /// - Parameter after: for tests.
    init(_ actions: Actions, after: Timer? = nil) {
        self.actions = actions
        // A queue that does nothing else, like the signals'.
        let queue = DispatchQueue(label: "shutdown")
        self.after = after ?? { queue.asyncAfter(deadline: .now() + .seconds($0), execute: $1) }
    }

    func stop(_ signal: SignalWatch.Signal) {
        switch signals.add(1, ordering: .relaxed).newValue {
        case 1: actions.drain(signal)
        case 2:
            after(Self.patience, actions.end)
            actions.cut()
        default: actions.end()
        }
    }
}
