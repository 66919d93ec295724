import Domain

/// An expiry on the wire, as the lifetime that it means.
extension ExpiryField {
    /// Throws where it makes no sense at `now`. `prefix`: what the fields' names begin with.
    func lifetime(at now: Timestamp, prefix: String = "") throws(Problem) -> Lifetime {
        switch self {
        case .never: return .endless
        case .after(let seconds):
            guard (1...Lifetime.longest).contains(seconds) else {
                throw .invalid(
                    "\(prefix)expires_in", "it has to be a number of seconds from 1 to \(Lifetime.longest)")
            }
            return .seconds(seconds)
        case .at(let text):
            guard let moment = Timestamp(rfc3339: text) else {
                throw .invalid(
                    "\(prefix)expires_at", "it has to be an RFC 3339 time, as 2030-01-31T12:00:00Z")
            }
            guard moment > now else {
                throw .invalid("\(prefix)expires_at", "it has to lie in the future")
            }
            return .until(moment)
        }
    }
}
