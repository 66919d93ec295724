import Storage

@testable import App

extension ChangeContext {
    /// The person at the machine, now.
    static var console: ChangeContext { .console(at: .now()) }
}
