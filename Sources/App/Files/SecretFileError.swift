import Glibc
package import Vault

/// Why the secret in a file was not read.
package struct SecretFileError: ExplainedError, Equatable {
    package let message: String
    package let hint: String?

    /// - Parameters:
    ///   - name: what the file is: "alarm secret file".
    ///   - setting: the setting or option that names it.
    package init(_ failure: SecretFile.Failure, of name: String, at path: String, setting: String) {
        switch failure {
        case .missing:
            message = "there is no \(name) at \(path)"
            hint = "\(setting) must name a file that this user may read"
        case .notAFile:
            message = "the \(name) \(path) is not a regular file"
            hint = "\(setting) must name a file that this user may read"
        case .exposed(let exposure):
            message = "the \(name) \(path) \(exposure.clause)"
            hint = exposure.hint(path)
        case .tooShort(let minimum):
            message = "the secret in the \(name) \(path) is shorter than \(minimum) bytes"
            hint = "write a longer one into it: openssl rand -hex 32"
        case .tooLong(let maximum):
            message = "the \(name) \(path) is longer than \(maximum) bytes"
            hint = "it must hold the secret in its first and only line"
        case .notOneLine:
            message = "the \(name) \(path) has more than one line"
            hint = "it must hold the secret in its first and only line"
        case .system(let code):
            let failure = FileFailure(code, at: path)
            message = "cannot read the \(name) \(path): \(failure.reason)"
            hint = failure.hint ?? "\(setting) must name a file that this user may read"
        }
    }
}
