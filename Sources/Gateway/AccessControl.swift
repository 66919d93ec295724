package import Domain
import NIOCore
import Synchronization
package import Vault

/// What the control plane tells the data path of its committed changes.
package protocol AccessPublishing: Sendable {
    /// `key` nil keeps the one it has. Returns when no request that a closed project would refuse can be
    /// dispatched any more, and its running ones are cut.
    func put(_ project: Project, key: UpstreamKey?) async
    /// The same for an access token.
    func put(_ accessToken: AccessToken) async
    /// The same for several at once: they wait for the event loops once.
    func put(_ accessTokens: [AccessToken]) async
    /// Requests that are admitted from now on are charged by these.
    func put(_ prices: PriceTable) async
}

/// The one writer of the access directory, and the bridge from the control plane (async) to the event loops.
///
/// A change closes its gates, makes a new snapshot, hands it to every loop and, where something was closed,
/// has the loop cut what was admitted before. Each loop does both in one task, so when all have answered
/// nothing of the closed token is on its way, whatever it was waiting for.
package final class AccessControl: AccessPublishing {
    let workers: Workers
    package let quotas: QuotaBook
    private let directory: Mutex<AccessDirectory>

    package init(workers: Workers, quotas: QuotaBook) {
        self.workers = workers
        self.quotas = quotas
        directory = Mutex(AccessDirectory(quotas: quotas))
    }

    package func put(_ project: Project, key: UpstreamKey?) async {
        await put(project, key: key, beside: nil)
    }

    /// `beside`: targets beside the project's own upstream, in the order in which they are tried; nil keeps
    /// those it has.
    package func put(_ project: Project, key: UpstreamKey?, beside: [Target]?) async {
        await publish(cutting: project.state != .active) { $0.put(project, key: key, beside: beside) }
    }

    package func put(_ accessToken: AccessToken) async {
        await put([accessToken])
    }

    package func put(_ accessTokens: [AccessToken]) async {
        await publish(cutting: accessTokens.contains(where: \.isClosed)) { directory in
            for accessToken in accessTokens { directory.put(accessToken) }
        }
    }

    /// The start: everything there is, in one snapshot.
    package func load(_ projects: [(Project, key: UpstreamKey?)], _ accessTokens: [AccessToken]) async {
        await publish(cutting: false) { directory in
            for (project, key) in projects { directory.put(project, key: key) }
            for accessToken in accessTokens { directory.put(accessToken) }
        }
    }

    private func publish(cutting: Bool, _ change: (inout AccessDirectory) -> Void) async {
        let snapshot = directory.withLock { directory in
            change(&directory)
            return directory
        }
        await workers.onEach { worker in
            worker.take(snapshot)
            if cutting { worker.cutClosed() }
        }
    }
}
