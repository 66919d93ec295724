/// What becomes of a request that names no maximum of output and whose model's own does not fit into what is
/// left of a quota.
package enum UnboundedOutput: String, CaseIterable, Hashable, Sendable {
    /// A smaller maximum is written into the request.
    case fit
    case refuse
}
