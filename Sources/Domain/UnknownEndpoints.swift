/// What becomes of a request to an endpoint that Latchkey does not know.
package enum UnknownEndpoints: String, CaseIterable, Hashable, Sendable {
    case refuse
    case allow
}
