package import Domain
package import Hummingbird
import NIOCore

/// What the management API knows of one request besides the request itself.
package struct AdminContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// Set by ``ProblemMiddleware`` before anything else runs; it stands in every answer.
    package var requestID: Domain.RequestID?
    /// The client's connection; nil where the router is called without one.
    let channel: (any Channel)?

    package init(source: some RequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = (source as? ApplicationRequestContextSource)?.channel
    }
}
