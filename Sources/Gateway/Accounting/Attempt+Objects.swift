import Domain

/// Work that goes on after the request for it: a response in the background, a batch, a run. Its request is
/// charged the reservation until the end is known; a request that only asks how it goes is charged nothing
/// but itself.
extension Attempt {
    /// The upstream works on, whatever becomes of the request.
    private var outlasts: Bool {
        switch consumption {
        case .batch, .run: true
        case .response: bound.openEnds.contains(.background)
        default: false
        }
    }

    /// The answer begins work, or was left before it reported its end. Usage beside a status that is no end
    /// is that of a part.
    func goesOn(_ reading: UsageReading, isComplete: Bool) -> Bool {
        guard consumption != .free else { return false }
        let isEnd = reading.status?.isEnd ?? (reading.usage != nil)
        return outlasts ? !isEnd : isComplete && reading.status == .inProgress
    }

    /// The reservation.
    func findingOfWork() -> Finding {
        var finding = Finding(charge: most)
        finding.usage = Usage(prompt: bound.prompt, completion: bound.completion)
        finding.accuracy = .estimated
        finding.isPriced = price != nil || finding.usage.isNothing
        finding.begins = ObjectTerms(price: terms, thread: threadID)
        return finding
    }

    /// nil where no object that goes on is concerned, or its id is not known.
    func objectRole(_ finding: Finding) -> ObjectRole? {
        // The id last: it makes a string, and nearly no answer is of such an object.
        guard finding.begins != nil || finding.endsObject, objectID != nil else { return nil }
        if let terms = finding.begins { return .begins(terms) }
        return consumption == .free ? .reports(tier: tierServed) : .completes
    }
}

extension Usage {
    /// No price would make it cost anything.
    var isNothing: Bool { tokens == 0 && audioMilliseconds == 0 }
}
