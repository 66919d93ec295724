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
            _ = try await open()
            checks += [Check("master key"), Check("store")]
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
