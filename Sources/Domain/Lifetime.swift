/// How long a new access token works. A duration counts from the moment at which the token is made, which
/// only its maker knows.
package enum Lifetime: Hashable, Sendable {
    case endless
    case seconds(Int64)
    case until(Timestamp)

    /// In seconds. A century: what is meant to be longer is meant to be endless.
    package static let longest: Int64 = 36_525 * 86_400

    /// The first moment at which what was made at `start` works no more; nil never comes.
    package func end(from start: Timestamp) -> Timestamp? {
        switch self {
        case .endless: nil
        case .seconds(let seconds): start.adding(seconds: seconds)
        case .until(let moment): moment
        }
    }
}
