import Domain

/// What the settled requests of one worker came to: tokens by class, cost, and how sure of it we are.
///
/// It counts what was charged when a request ended. The ledger, which also knows what a crash left and what
/// was charged before, is the truth; these are its pulse. Sums wrap round, as counters may.
struct ChargeCounts: Sendable {
    private(set) var prompt: UInt64 = 0
    private(set) var cachedPrompt: UInt64 = 0
    private(set) var cacheWritePrompt: UInt64 = 0
    private(set) var audioPrompt: UInt64 = 0
    private(set) var imagePrompt: UInt64 = 0
    private(set) var completion: UInt64 = 0
    private(set) var reasoning: UInt64 = 0
    private(set) var audioCompletion: UInt64 = 0
    private(set) var imageCompletion: UInt64 = 0
    private(set) var nanoUSD: UInt64 = 0
    private(set) var accuracy = CountTable()

    mutating func add(_ settled: ExchangeRecord.Settled) {
        let usage = settled.usage
        prompt &+= UInt64(clamping: usage.prompt)
        cachedPrompt &+= UInt64(clamping: usage.cachedPrompt)
        cacheWritePrompt &+= UInt64(clamping: usage.cacheWritePrompt)
        audioPrompt &+= UInt64(clamping: usage.audioPrompt)
        imagePrompt &+= UInt64(clamping: usage.imagePrompt)
        completion &+= UInt64(clamping: usage.completion)
        reasoning &+= UInt64(clamping: usage.reasoning)
        audioCompletion &+= UInt64(clamping: usage.audioCompletion)
        imageCompletion &+= UInt64(clamping: usage.imageCompletion)
        nanoUSD &+= UInt64(clamping: settled.cost.nanoUSD)
        accuracy.add(settled.accuracy.rawValue)
    }

    mutating func add(_ other: ChargeCounts) {
        prompt &+= other.prompt
        cachedPrompt &+= other.cachedPrompt
        cacheWritePrompt &+= other.cacheWritePrompt
        audioPrompt &+= other.audioPrompt
        imagePrompt &+= other.imagePrompt
        completion &+= other.completion
        reasoning &+= other.reasoning
        audioCompletion &+= other.audioCompletion
        imageCompletion &+= other.imageCompletion
        nanoUSD &+= other.nanoUSD
        accuracy.add(other.accuracy)
    }

    /// The classes that the totals hold, by name.
    var details: [(name: String, count: UInt64)] {
        [
            ("cached_prompt", cachedPrompt), ("cache_write_prompt", cacheWritePrompt),
            ("audio_prompt", audioPrompt), ("image_prompt", imagePrompt), ("reasoning", reasoning),
            ("audio_completion", audioCompletion), ("image_completion", imageCompletion),
        ]
    }
}
