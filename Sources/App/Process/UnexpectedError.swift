import Foundation
import NIOCore
import Storage
import Vault

/// An error that nothing on its way has explained: what kind it is, and the system's reason where there is
/// one. What else it holds may be anything, and is not shown.
package struct UnexpectedError: ExplainedError {
    package let message: String
    package let hint: String?

    /// - Parameter folder: of the store that it may be about.
    package init(_ error: any Error, folder: String? = nil) {
        switch error {
        case let error as any ExplainedError: (message, hint) = (error.message, error.hint)
        case let error as StoreError:
            let explained = InstallationError.store(error, folder: folder ?? "the data folder")
            (message, hint) = (explained.message, explained.hint)
        case let error as VaultError:
            let explained = InstallationError.vault(error)
            (message, hint) = (explained.message, explained.hint)
        default:
            let reason = Self.code(of: error).map { ": " + String(cString: strerror($0)).lowercased() } ?? ""
            message = "unexpected error: \(type(of: error))\(reason)"
            hint =
                reason.isEmpty
                ? "this is a defect of Latchkey: report it, with the command that you ran" : nil
        }
    }

    /// The `errno` behind it.
    private static func code(of error: any Error) -> Int32? {
        if let error = error as? IOError { return error.errnoCode }
        if let error = error as? POSIXError { return error.code.rawValue }
        let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        return [error as NSError, underlying].compactMap { $0 }
            .first { $0.domain == NSPOSIXErrorDomain }.map { Int32(truncatingIfNeeded: $0.code) }
    }
}
