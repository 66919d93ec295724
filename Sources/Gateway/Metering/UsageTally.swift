import Domain

/// The counts of one `usage` object as it spells them, before anything is concluded from them: a slot for
/// each thing that is counted, whatever name it comes under.
///
/// Of two names for one thing the larger count stands, and the object is ``Marks/odd``. No count is larger
/// than ``limit``, so that sums of a few of them cannot overflow.
struct UsageTally {
    /// No answer is charged for more tokens of a class: what says so is in error, or lies.
    static let limit: Int64 = 100_000_000

    enum Slot: Int {
        case prompt, completion, total
        /// Of audio: milliseconds.
        case duration
        case cached
        /// Of a prompt that is told in two parts (DeepSeek): what was not in the cache.
        case missed
        case cacheWrite, audioPrompt, imagePrompt, reasoning, audioCompletion, imageCompletion
    }

    struct Marks: OptionSet {
        let rawValue: UInt8

        /// A count is no whole number of at least zero, is above ``UsageTally/limit``, or is told twice and
        /// not the same.
        static let odd = Marks(rawValue: 1 << 0)
        /// The input is called `prompt_tokens`, which contains what came from the cache.
        static let promptName = Marks(rawValue: 1 << 1)
        /// Cached tokens are named as in Anthropic's API, where `input_tokens` does not contain them.
        static let cacheApart = Marks(rawValue: 1 << 2)
        /// There was an object of the input's or the output's classes.
        static let inputClasses = Marks(rawValue: 1 << 3)
        static let outputClasses = Marks(rawValue: 1 << 4)
    }

    /// None is above ``limit``.
    private var counts = InlineArray<12, Int32>(repeating: 0)
    /// A bit for each slot that was told.
    private var told: UInt16 = 0
    var marks: Marks = []

    subscript(_ slot: Slot) -> Int64 { Int64(counts[slot.rawValue]) }

    func tells(_ slot: Slot) -> Bool { told >> UInt16(slot.rawValue) & 1 == 1 }

    /// A number that counts tokens or time is there, be it zero.
    var hasCount: Bool { told & 0b1111 != 0 }

    /// A number that counts tokens or time is above zero.
    private var countsSomething: Bool {
        counts[0] != 0 || counts[1] != 0 || counts[2] != 0 || counts[3] != 0
    }

    mutating func keep(_ value: Int64, in slot: Slot) {
        if value > Self.limit { marks.insert(.odd) }
        let value = Int32(min(value, Self.limit))
        if tells(slot), counts[slot.rawValue] != value { marks.insert(.odd) }
        counts[slot.rawValue] = max(counts[slot.rawValue], value)
        told |= 1 &<< UInt16(slot.rawValue)
    }

    /// Takes over what a later object of the same answer says, which counts the whole answer once more: the
    /// last number above zero stands, what it leaves out stays as it was. A total that shrinks is odd, and
    /// the larger one stays.
    mutating func adopt(_ later: UsageTally) {
        guard later.countsSomething else { return }
        marks.formUnion(later.marks)
        for index in 0..<12 {
            let isSum = index <= Slot.duration.rawValue
            let count = later.counts[index]
            if isSum, index != Slot.total.rawValue, count != 0, count < counts[index] {
                marks.insert(.odd)
            } else if count != 0 {
                counts[index] = count
            }
        }
        // The sum is that of the object it is in, and of no other.
        counts[Slot.total.rawValue] = later.counts[Slot.total.rawValue]
        told |= later.told
        if !later.tells(.total) { told &= ~(1 &<< UInt16(Slot.total.rawValue)) }
    }
}
