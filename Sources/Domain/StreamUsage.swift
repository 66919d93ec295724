/// How the usage of a stream becomes known where its client does not ask for it.
package enum StreamUsage: String, CaseIterable, Hashable, Sendable {
    /// The upstream is asked in the client's stead, and what it adds to the stream is taken out again: exact.
    case inject
    /// No byte is touched; the usage is estimated, and marked so.
    case observe
}
