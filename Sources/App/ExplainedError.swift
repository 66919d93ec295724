/// An error that an operator reads: one lower-case line that says what is wrong, and one that says what to
/// do. Neither holds a secret.
package protocol ExplainedError: Error {
    var message: String { get }
    var hint: String? { get }
    /// True where the command line or a setting has to change before the same can work.
    var isWrongUsage: Bool { get }
}

extension ExplainedError {
    package var isWrongUsage: Bool { false }
}
