package import Domain
package import Storage
package import Vault

/// What is done to the store as a whole while the server runs: copies of it, and another master key. One
/// after another.
package struct Maintenance: Sendable {
    let store: Store
    private let keyRing: KeyRing
    private let masterKey: MasterKeySource
    private let queue: ChangeQueue

    package init(
        store: Store, keyRing: KeyRing, masterKey: MasterKeySource, now: @escaping @Sendable () -> Timestamp
    ) {
        self.store = store
        self.keyRing = keyRing
        self.masterKey = masterKey
        queue = ChangeQueue(now: now)
    }

    package func makeBackup(by context: ChangeContext) async throws -> (file: BackupFile, head: AuditHead) {
        try await queue.run(context) { [self] context in
            try await store.makeBackup(sealedBy: keyRing.backupHash, by: context)
        }
    }

    package func deleteBackup(_ name: String, by context: ChangeContext) async throws {
        try await queue.run(context) { [self] context in try await store.deleteBackup(name, by: context) }
    }

    /// Makes a new master key and wraps the vault's keys anew, under it alone. Nobody waits for it: what the
    /// server works with stays as it is.
    ///
    /// In this order, so that whenever it is cut off one of the two files opens the vault: the new key beside
    /// the old one, on the disk · the wrapped keys and the event in one transaction · the new key in the old
    /// one's place. The start finishes what was cut off. Throws a 409 ``Problem`` where the server has no
    /// file that it may replace.
    package func rotateMasterKey(by context: ChangeContext) async throws {
        try await queue.run(context) { [self] context in
            guard case .file(let file) = masterKey else { throw Problem.masterKeyHeld }
            let old = try await store.sealedKeys()
            let new: MasterKey
            do throws(MasterKeyFile.Failure) {
                // The key to come may be thrown away below only where it is not the one that counts.
                guard Self.opens(try file.read(), old) else { throw .malformed }
                new = try file.createNext()
            } catch {
                throw Problem.masterKeyFile(error)
            }
            let head = try await store.auditHead()
            try await store.replaceSealedKeys(
                old, with: keyRing.rewrapped(under: new, replacing: old, at: head), by: context)
            do {
                try file.commitNext()
            } catch {
                throw Problem.masterKeyLeftBeside
            }
        }
    }

    private static func opens(_ key: MasterKey, _ sealed: [SealedKey]) -> Bool {
        (try? KeyRing(masterKey: key, sealed: sealed)) != nil
    }
}

extension Problem {
    fileprivate static let masterKeyHeld = Problem.conflict(
        """
        The master key is set by LATCHKEY_MASTER_KEY, which the server cannot change: put it into the file \
        that LATCHKEY_MASTER_KEY_FILE names (0600), take LATCHKEY_MASTER_KEY away, start again, and \
        rotate then
        """)

    /// The keys are wrapped under it already, and the next start puts it in its place or tells why it cannot.
    fileprivate static let masterKeyLeftBeside = Problem(
        "internal", "Internal error", status: 500,
        detail: """
            The master key was rotated, but its file could not be replaced: the new key stands beside it, \
            with '.next' \
            behind its name. Move it to the old one's place.
            """)

    fileprivate static func masterKeyFile(_ failure: MasterKeyFile.Failure) -> Problem {
        switch failure {
        case .missing: .conflict("The master key file is gone: put it back first")
        case .malformed: .conflict("The master key file does not hold the key that the server runs with")
        case .notAFile:
            .conflict("The master key file is a link or no plain file: the server does not replace it")
        case .exposed: .conflict("The master key file is accessible to other users: make it 0600 first")
        case .exists: .conflict("Another rotation is under way")
        case .system(let code):
            .conflict("The master key file cannot be replaced: its folder is not writable (errno \(code))")
        }
    }
}
