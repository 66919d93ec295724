import Admin
import App
import ArgumentParser

/// `--expires-in`: `90s`, `45m`, `12h`, `30d` or `never`.
struct Expiry: ExpressibleByArgument, Equatable {
    let wire: IssueAccessTokenRequest.Expiry
    private let text: String

    init?(argument: String) {
        text = argument
        guard argument != "never" else {
            wire = .never
            return
        }
        guard let milliseconds = Quantities.milliseconds(argument), milliseconds >= 1000, milliseconds % 1000 == 0
        else { return nil }
        wire = .after(seconds: milliseconds / 1000)
    }

    init(days: Int64) {
        wire = .after(seconds: days * 86_400)
        text = "\(days)d"
    }

    var defaultValueDescription: String { text }

    static func == (left: Expiry, right: Expiry) -> Bool { left.wire == right.wire }
}
