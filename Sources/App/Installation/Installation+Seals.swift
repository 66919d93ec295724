import Domain
import Storage
import Vault

/// The one time that a folder of an earlier version is sealed as this one does it.
extension Installation {
    /// The keys with the audit's head, so that no chain is begun anew on this folder; and every upstream key,
    /// which was sealed for its row alone, for its project and its server. What does not open stays as it is
    /// and is refused from now on, and so is whatever a copy of before is put in its place. Does nothing
    /// where it was done.
    func upgradeSeals(
        of store: Store, _ keyRing: KeyRing, under masterKey: MasterKey, at now: Timestamp
    ) async throws(InstallationError) -> KeyRing {
        guard keyRing.sealedHead == nil else { return keyRing }
        let new: [SealedKey]
        do {
            let old = try await store.sealedKeys()
            let credentials = try await store.allCredentials()
            new = keyRing.rewrapped(under: masterKey, replacing: old, at: try await store.auditHead())
            try await store.upgradeSeals(
                old, with: new, and: credentials.compactMap(keyRing.rebound), at: now)
        } catch {
            throw .store(error, folder: settings.dataFolder)
        }
        let upgraded = try self.keyRing(masterKey, new).keyRing
        store.trustAudit(upgraded.auditHash, sealedHead: upgraded.sealedHead)
        return upgraded
    }
}
