import Domain
import Synchronization

/// What all projects made at the dummy provider: in memory alone, gone with the process, and bounded.
///
/// A project keeps its latest 1,000 objects and 16 MiB; the oldest are forgotten. All projects together keep
/// 64 MiB: beyond that, the project that was not used for the longest time is forgotten whole. No project
/// sees another's.
final class DummyMemory: Sendable {
    private struct State {
        var shelves: [String: DummyShelf] = [:]
        var calls: UInt64 = 0
    }

    let bounds: DummyShelf.Bounds
    private let byteLimit: Int
    private let state = Mutex(State())

    init(bounds: DummyShelf.Bounds = DummyShelf.Bounds(), byteLimit: Int = 64 << 20) {
        self.bounds = bounds
        self.byteLimit = byteLimit
    }

    func nextNumber() -> UInt64 {
        state.withLock { state in
            state.calls += 1
            return state.calls
        }
    }

    var byteCount: Int { state.withLock { $0.shelves.values.reduce(0) { $0 + $1.byteCount } } }

    /// The project's objects at this moment, to be read or changed.
    func with<Result: Sendable>(
        _ project: String, at now: Timestamp,
        _ body: (inout DummyShelf, DummyShelf.Bounds) -> sending Result
    ) -> Result {
        state.withLock { state in
            var shelf = state.shelves.removeValue(forKey: project) ?? DummyShelf()
            shelf.bring(to: now)
            state.calls += 1
            shelf.lastUse = state.calls
            let result = body(&shelf, bounds)
            if !shelf.objects.isEmpty { state.shelves[project] = shelf }
            forgetProjects(except: project, in: &state)
            return result
        }
    }

    private func forgetProjects(except project: String, in state: inout State) {
        var total = state.shelves.values.reduce(0) { $0 + $1.byteCount }
        while total > byteLimit,
            let oldest = state.shelves.filter({ $0.key != project }).min(by: {
                $0.value.lastUse < $1.value.lastUse
            })
        {
            state.shelves[oldest.key] = nil
            total -= oldest.value.byteCount
        }
    }
}
