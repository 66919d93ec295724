import Domain

/// The `usage` that stands in a choice: Moonshot's streams tell it in the first one of their last chunk,
/// beside `finish_reason`.
extension UsageScanner {
    /// Inside `choices` of an event, and not inside another part of the output.
    var isInChoices: Bool {
        isEvent && countsContent && choices == .filled && (kind == .chatCompletions || kind == .completions)
    }

    /// Behind the bracket that opens it, in the object of a choice.
    func openChoiceUsage() {
        parent = .choice
        node = .usage
        open = UsageTally()
        // A second one may be that of its choice alone.
        if hasChoiceUsage { open.marks.insert(.odd) }
        hasChoiceUsage = true
        hasUsageObject = true
        // An event like this one may tell other numbers in front of its text.
        if firstText < 0 { isOddHead = true }
        mode = .key
    }

    /// Behind the bracket that closes it: goes on with the choice.
    func leaveChoiceUsage() {
        node = .root
        depth = 2
        countsContent = true
        contentKey = .text
        lastByte = 0x7D
        mode = .skip
    }
}
