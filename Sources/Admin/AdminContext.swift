package import Domain
package import Hummingbird

/// What the management API knows of one request besides the request itself.
package struct AdminContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// Set by ``ProblemMiddleware`` before anything else runs; it stands in every answer.
    package var requestID: Domain.RequestID?

    package init(source: some RequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
    }
}
