import Domain
import NIOCore
package import Providers
import Synchronization

/// The dummy provider as the event loops use it: it answers on another thread, for an answer may take longer
/// than a loop may be held up; and it keeps what uploads may hold in memory within a bound.
package final class DummyService: Sendable {
    /// Of all uploads that are being received, together, in bytes. Bodies that the data path holds itself are
    /// counted there.
    package static let uploadLimit = 64 << 20

    private let provider: DummyProvider
    private let perform: @Sendable (@escaping @Sendable () -> Void) -> Void
    private let uploads = Atomic<Int>(0)

    /// `perform` runs work on a thread that may be busy for a while, soon and not in the call.
    package init(
        provider: DummyProvider, perform: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void
    ) {
        self.provider = provider
        self.perform = perform
    }

    /// Returns false if there is no room for so many bytes; they are to be given back with ``release(_:)``.
    func hold(_ bytes: Int) -> Bool {
        let held = uploads.add(bytes, ordering: .relaxed).newValue
        guard held > Self.uploadLimit else { return true }
        release(bytes)
        return false
    }

    func release(_ bytes: Int) { uploads.subtract(bytes, ordering: .relaxed) }

    /// Calls `then` with the answer on the event loop. `request` makes the request on the thread that answers
    /// it.
    func answer(
        on eventLoop: any EventLoop, _ request: @escaping @Sendable () -> DummyRequest,
        then: @escaping @Sendable (DummyAnswer) -> Void
    ) {
        let provider = provider
        perform {
            let answer = provider.answer(to: request())
            eventLoop.execute { then(answer) }
        }
    }
}
