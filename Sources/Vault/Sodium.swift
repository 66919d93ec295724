import CSodium

/// libsodium's start: everything that draws random bytes or allocates guarded memory goes through here first.
enum Sodium {
    /// Evaluated once, by the first thread that asks (Swift's lazy constants are thread-safe).
    private static let isReady = sodium_init() >= 0

    /// Traps where libsodium cannot start: there is no safe way on without a source of random bytes.
    static func start() {
        precondition(isReady, "libsodium could not start")
    }
}
