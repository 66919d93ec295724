import Domain
import Foundation
import Storage
import Vault

/// Looking without changing anything: what `doctor` reports.
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

    /// Looks at the folder, its modes, the master key and, where no server has it open, the store. Changes
    /// nothing.
    package func inspect() async -> [Check] {
        let folder = settings.dataFolder
        guard exists else { return [Check("data folder", InstallationError.notInitialised(folder: folder))] }
        var checks = [Check("data folder"), Check("data folder: mode", exposure(folder))]
        do {
            _ = try masterKey(creating: false)
        } catch {
            return checks + [Check("master key", error)]
        }
        do {
            let store = try await open().store
            checks += [Check("master key"), Check("store"), await ledgerCheck(store)]
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
        var hint: String? { "the file was changed by something else; go back to a backup of it" }

        private static func words(_ difference: LedgerCheck.Difference) -> String {
            switch difference {
            case .rollup(let quarter):
                let start = Timestamp(milliseconds: quarter).rfc3339
                return "the usage of the quarter of an hour from \(start) is not what its rows come to"
            case .account(let account, let used, let told):
                return "the counter of limit \(account) says \(used), and its rows \(told)"
            }
        }
    }

    private func exposure(_ folder: String) -> ExposedFolder? {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: folder),
            let mode = attributes[.posixPermissions] as? NSNumber, mode.intValue & 0o077 != 0
        else { return nil }
        return ExposedFolder(folder: folder, mode: mode.intValue)
    }

    private struct ExposedFolder: ExplainedError {
        var folder: String
        var mode: Int
        var message: String {
            "others than its owner can look into \(folder) (mode \(String(mode, radix: 8)))"
        }
        var hint: String? { "run: chmod 700 \(folder)" }
    }
}
