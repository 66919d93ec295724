import Admin
import Domain
import Storage
import Vault

/// What `doctor` reports of this machine.
extension Installation {
    /// One thing that was looked at; `failure` is nil where it is as it should be.
    package struct Check: Sendable {
        package let name: String
        package let failure: (any ExplainedError)?

        init(_ name: String, _ failure: (any ExplainedError)? = nil) {
            self.name = name
            self.failure = failure
        }
    }

    /// Looks at the folder, its modes, the master key and, if no server has it open, the store. Makes,
    /// changes and removes no file; no server can start on the folder meanwhile.
    package func inspect() async -> [Check] {
        do throws(InstallationError) {
            guard try exists else { throw .notInitialised(folder: settings.dataFolder) }
        } catch {
            return [Check("data folder", error)]
        }
        var checks = [Check("data folder", inaccessible), Check("data folder: mode", exposed)]
        do {
            let masterKey = try masterKey(creating: false)
            checks += await inspectStore(masterKey)
        } catch {
            checks.append(Check("master key", error))
        }
        return checks
    }

    private var inaccessible: InstallationError? {
        do {
            try Store.requireAccess(to: settings.dataFolder)
            return nil
        } catch {
            return .store(error, folder: settings.dataFolder)
        }
    }

    private func inspectStore(_ masterKey: MasterKey) async -> [Check] {
        do throws(InstallationError) {
            let (store, sealed, isOutdated) = try await look()
            let keyRing = try keyRing(masterKey, sealed).keyRing
            let name = "store: of an earlier version, will be migrated at the next start"
            guard !isOutdated, keyRing.sealedHead != nil else { return [Check("master key"), Check(name)] }
            return [Check("master key"), Check("store")] + (await keyChecks(store, keyRing))
                + [await ledgerCheck(store), await auditCheck(store, keyRing)]
        } catch .store(.locked, _) {
            // A server runs on it, so it has opened it.
            return [Check("master key"), Check("store: in use by a server")]
        } catch {
            guard case .store = error else { return [Check("master key", error)] }
            return [Check("master key"), Check("store", error)]
        }
    }

    private func look() async throws(InstallationError) -> (Store, [SealedKey], isOutdated: Bool) {
        do {
            let store = try Store.look(at: settings.dataFolder)
            return (store, try await store.sealedKeys(), try await store.isOutdated())
        } catch {
            throw .store(error, folder: settings.dataFolder)
        }
    }

    /// One for each upstream key that does not open, the retired ones too, and for each that is in use and is
    /// not its server's; success if there is none.
    private func keyChecks(_ store: Store, _ keyRing: KeyRing) async -> [Check] {
        let name = "store: upstream keys open"
        var checks: [Check] = []
        do {
            for credential in try await store.allCredentials() {
                let project = try await store.project(credential.project)
                guard let failure = keyRing.failure(of: credential, for: project) else { continue }
                checks.append(Check(name, failure))
            }
        } catch {
            checks.append(Check(name, InstallationError.store(error, folder: settings.dataFolder)))
        }
        return checks.isEmpty ? [Check(name)] : checks
    }

    /// Reckons the ledger's sums again from its rows, for which nobody waits while no server runs.
    private func ledgerCheck(_ store: Store) async -> Check {
        let name = "store: ledger adds up"
        do {
            let check = try await store.checkLedger()
            return Check(name, check.differences.isEmpty ? nil : LedgerDifference(check: check))
        } catch {
            return Check(name, InstallationError.store(error, folder: settings.dataFolder))
        }
    }

    /// Looks through all events, for which nobody waits while no server runs.
    private func auditCheck(_ store: Store, _ keyRing: KeyRing) async -> Check {
        let name = "store: audit is whole"
        store.trustAudit(keyRing.auditHash, sealedHead: keyRing.sealedHead)
        do {
            let bad = try await store.verifyAudit().firstBad
            return Check(name, bad.map { AuditFlaw(bad: $0) })
        } catch {
            return Check(name, InstallationError.store(error, folder: settings.dataFolder))
        }
    }

    private struct AuditFlaw: ExplainedError {
        var bad: AuditVerdict.Bad
        var message: String { "the audit is broken at event \(bad.sequence): \(bad.flaw.clause)" }
        var hint: String? {
            "something else changed the database; compare with an export, or put the last backup back: "
                + "latchkey restore BACKUP --replace"
        }
    }

    private struct LedgerDifference: ExplainedError {
        var check: LedgerCheck
        var message: String {
            let first = check.differences.first.map(Self.words) ?? ""
            let more = check.differences.count - 1
            return "\(first)\(more > 0 ? ", and \(more) more" : "")"
        }
        var hint: String? {
            "something else changed the database; put the last backup back: latchkey restore BACKUP --replace"
        }

        private static func words(_ difference: LedgerCheck.Difference) -> String {
            switch difference {
            case .rollup(let quarter):
                let start = Timestamp(milliseconds: quarter).rfc3339
                return "the usage of the quarter of an hour from \(start) is not what its rows come to"
            case .group(let quarter):
                let start = Timestamp(milliseconds: quarter).rfc3339
                return "the usage by project or model from \(start) is not that of its access tokens"
            case .account(let account, let used, let told):
                return "the counter of limit \(account) says \(used), and its rows \(told)"
            }
        }
    }
}

extension KeyRing {
    /// Why the key of the credential cannot be used; nil if it can.
    fileprivate func failure(of credential: UpstreamCredential, for project: Project?) -> InstallationError? {
        do throws(InstallationError) {
            guard let project, credential.retiredAt == nil else {
                do throws(VaultError) {
                    _ = try open(credential)
                } catch {
                    throw .retiredUpstreamKey(
                        error, id: credential.id.rawValue, project: project?.name.rawValue ?? "")
                }
                return nil
            }
            _ = try key(of: credential, for: project)
            return nil
        } catch {
            return error
        }
    }
}
