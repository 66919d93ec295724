import Synchronization

/// The bounds of the data path, from the settings, and what is held against the one that all loops share.
package final class GatewayLimits: Sendable {
    /// Bytes of a JSON body, which is held whole.
    package let jsonBody: Int
    /// Bytes of a body that is streamed through.
    package let upload: Int
    /// Bytes of all held bodies together.
    package let heldBodies: Int
    private let held = Atomic<Int>(0)

    /// Bytes of an upload between the client and libcurl, and bytes discarded after an early answer before
    /// the connection is closed instead.
    static let uploadWindow = 64 * 1024
    static let discardedBytes = 256 * 1024

    package init(jsonBody: Int, upload: Int, heldBodies: Int) {
        self.jsonBody = jsonBody
        self.upload = upload
        self.heldBodies = heldBodies
    }

    /// False, and nothing is taken, where that would be too much.
    func hold(_ bytes: Int) -> Bool {
        let now = held.add(bytes, ordering: .relaxed).newValue
        if now <= heldBodies { return true }
        release(bytes)
        return false
    }

    func release(_ bytes: Int) { held.subtract(bytes, ordering: .relaxed) }
}
