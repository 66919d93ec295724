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

    /// Looks at the folder, its modes, the master key and, where no server has it open, the store. That
    /// is opened as a start does: one of an earlier version is migrated, and what was left unfinished is removed.
    package func inspect() async -> [Check] {
        do throws(InstallationError) {
            guard try exists else { throw .notInitialised(folder: settings.dataFolder) }
        } catch {
            return [Check("data folder", error)]
        }
        var checks = [Check("data folder"), Check("data folder: mode", exposed)]
        do {
            _ = try masterKey(creating: false)
        } catch {
            return checks + [Check("master key", error)]
        }
        do {
            let opened = try await openAnyhow()
            checks += [
                Check("master key"), Check("store"), await keyCheck(opened), await ledgerCheck(opened.store),
            ]
        } catch .store(.locked, _) {
            // A server runs on it, so it has opened it.
            checks += [Check("master key"), Check("store: in use by a server")]
        } catch .vault(let error) {
            checks.append(Check("master key", InstallationError.vault(error)))
        } catch {
            checks += [Check("master key"), Check("store", error)]
        }
        return checks
    }

    /// A server opens all of them when it starts.
    private func keyCheck(_ opened: Opened) async -> Check {
        let name = "store: upstream keys open"
        do {
            _ = try await opened.access(at: .now(), folder: settings.dataFolder)
            return Check(name)
        } catch {
            return Check(name, error)
        }
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
