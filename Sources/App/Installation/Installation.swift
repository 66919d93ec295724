package import Domain
import Foundation
package import Storage
package import Vault

/// What `init` makes and `serve` opens: the data folder, the master key, the store and the keys in it.
///
/// Making it is all or nothing: an attempt that was cut off can be repeated, and a master key file that is
/// there is used, never written over.
package struct Installation: Sendable {
    /// The first management key; `text` is nil where the operator brought it.
    package struct FirstKey: Sendable {
        package let id: ManagementKeyID
        package let text: Secret?
    }

    package struct Opened: Sendable {
        package let store: Store
        package let keyRing: KeyRing
    }

    let settings: Settings

    package init(_ settings: Settings) { self.settings = settings }

    /// True where the folder holds a store. Throws where this user cannot look, and where only remains of one
    /// are there.
    package var exists: Bool {
        get throws(InstallationError) {
            do {
                return try Store.exists(in: settings.dataFolder)
            } catch {
                throw .store(error, folder: settings.dataFolder)
            }
        }
    }

    /// Makes all there is to make, with `settings.adminKey` as the first management key, or a new one.
    package func create(at now: Timestamp) async throws(InstallationError) -> (Opened, FirstKey) {
        guard try !exists else { throw .alreadyInitialised(folder: settings.dataFolder) }
        try makeFolder()
        let (keyRing, sealed) = KeyRing.generate(masterKey: try masterKey(creating: true))
        let (key, text) = firstKey(keyRing, at: now)
        do {
            let store = try await Store.create(
                in: settings.dataFolder, sealedKeys: sealed, managementKey: key,
                auditHash: keyRing.auditHash, by: .console(at: now))
            return (Opened(store: store, keyRing: keyRing), FirstKey(id: key.id, text: text))
        } catch {
            throw .store(error, folder: settings.dataFolder)
        }
    }

    /// The same for a process that ends then.
    package func initialise(at now: Timestamp) async throws(InstallationError) -> FirstKey {
        let (opened, key) = try await create(at: now)
        do {
            try opened.store.close()
        } catch {
            throw .store(error, folder: settings.dataFolder)
        }
        return key
    }

    /// Opens what ``create(at:)`` made, and holds its folder until the store is let go of. Refuses a folder
    /// that others than its owner may use.
    package func open() async throws(InstallationError) -> Opened {
        if try exists, let exposed { throw exposed }
        guard try exists else { throw .notInitialised(folder: settings.dataFolder) }
        let masterKey = try masterKey(creating: false)
        let store: Store
        let sealed: [SealedKey]
        do {
            store = try Store.open(settings.dataFolder)
            sealed = try await store.sealedKeys()
        } catch {
            throw .store(error, folder: settings.dataFolder)
        }
        let keyRing = try openVault(masterKey, sealed)
        do {
            try await store.beginAudit(keyRing.auditHash, sealedHead: keyRing.sealedHead)
        } catch {
            throw .store(error, folder: settings.dataFolder)
        }
        return Opened(store: store, keyRing: keyRing)
    }

    /// The vault as ``keyRing(_:_:)`` finds it; of the two master keys, only the one that counts is left.
    func openVault(_ masterKey: MasterKey, _ sealed: [SealedKey]) throws(InstallationError) -> KeyRing {
        let (keyRing, next) = try keyRing(masterKey, sealed)
        guard let masterKeyFile else { return keyRing }
        guard next != nil else {
            // One that stays opens nothing, and the next rotation throws it away.
            try? masterKeyFile.discardNext()
            return keyRing
        }
        do {
            try masterKeyFile.commitNext()
        } catch {
            throw .masterKeyFile(error, path: masterKeyFile.path)
        }
        return keyRing
    }

    /// The vault under this master key; or under the one beside it in a file (`next`), where a rotation was
    /// cut off between its transaction and the file's new name. Changes nothing.
    func keyRing(
        _ masterKey: MasterKey, _ sealed: [SealedKey]
    ) throws(InstallationError) -> (keyRing: KeyRing, next: MasterKey?) {
        do {
            return (try KeyRing(masterKey: masterKey, sealed: sealed), next: nil)
        } catch .masterKeyWrong {
            guard let masterKeyFile, let next = try nextMasterKey(masterKeyFile),
                let keyRing = try? KeyRing(masterKey: next, sealed: sealed)
            else { throw .vault(.masterKeyWrong) }
            return (keyRing, next: next)
        } catch {
            throw .vault(error)
        }
    }

    /// nil if the master key is not in a file.
    private var masterKeyFile: MasterKeyFile? {
        settings.masterKey == nil ? MasterKeyFile(path: settings.masterKeyFile) : nil
    }

    /// nil where no rotation was cut off.
    private func nextMasterKey(_ file: MasterKeyFile) throws(InstallationError) -> MasterKey? {
        do {
            return try file.next.read()
        } catch .missing {
            return nil
        } catch {
            throw .masterKeyFile(error, path: file.next.path)
        }
    }

    /// From the setting, else from the file.
    func masterKey(creating: Bool) throws(InstallationError) -> MasterKey {
        if let text = settings.masterKey {
            do {
                return try MasterKey(hexadecimal: text)
            } catch {
                throw .vault(error)
            }
        }
        let file = MasterKeyFile(path: settings.masterKeyFile)
        do {
            do {
                return try file.read()
            } catch .missing where creating {
                return try file.create()
            }
        } catch {
            throw .masterKeyFile(error, path: file.path)
        }
    }

    /// Makes the folder where it is missing. One that is this user's is closed to others; refuses another's
    /// that others may change.
    func makeFolder() throws(InstallationError) {
        do {
            try Store.prepare(settings.dataFolder)
        } catch {
            throw .store(error, folder: settings.dataFolder)
        }
        if let exposed { throw exposed }
    }

    /// The folder, or the first file of it, that others than its owner may use (`FileProtection`).
    var exposed: InstallationError? {
        let folder = settings.dataFolder
        for file in StoreFile.allCases {
            // Whatever is not there, or cannot be looked at, is told by those who open it.
            guard let exposure = (try? FileProtection(path: file.path(in: folder)))?.exposure else {
                continue
            }
            return .exposed(file, exposure, folder: folder)
        }
        return nil
    }

    private func firstKey(_ keyRing: KeyRing, at now: Timestamp) -> (ManagementKey, Secret?) {
        guard let label = Label("first") else { preconditionFailure("the literal keeps the rule") }
        guard let given = settings.adminKey else {
            let minted = keyRing.mint(.managementKey)
            let id = ManagementKeyID(digits: minted.idDigits)
            return (
                ManagementKey(id: id, name: label, hash: minted.hash, role: .admin, createdAt: now),
                minted.text
            )
        }
        let digits = given.withUnsafeBytes { CredentialFormat.id(of: $0, kind: .managementKey) }
        let id = ManagementKeyID(digits: digits ?? RandomDigits.draw())
        return (
            ManagementKey(id: id, name: label, hash: keyRing.hash(given), role: .admin, createdAt: now), nil
        )
    }
}
