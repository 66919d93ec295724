import Admin
import App
import ArgumentParser

/// `--expires-in`: `90s`, `45m`, `12h`, `30d` or `never`.
struct Expiry: Equatable {
    let wire: ExpiryField

    /// Throws what stands behind "the value is invalid".
    init(parsing argument: String) throws {
        guard argument != "never" else {
            wire = .never
            return
        }
        guard let milliseconds = Quantities.milliseconds(argument), milliseconds >= 1000,
            milliseconds % 1000 == 0
        else {
            throw ValidationError("it has to be a time of whole seconds, as 90s, 45m, 12h or 30d, or never")
        }
        wire = .after(seconds: milliseconds / 1000)
    }

    init(days: Int64) { wire = .after(seconds: days * 86_400) }
}
