import Domain

/// What the groups of a report are called: one number for each combination of names that its dimensions have,
/// in the order in which they were met.
struct UsageNameTable {
    /// The names of one dimension, and the combinations that end with them.
    private struct Level {
        let isNumeric: Bool
        var texts: [String] = []
        var numbers: [String: Int32] = [:]
        /// Of each combination: that of the dimensions before, and its own name.
        var parents: [Int32] = []
        var values: [Int32] = []
        var children: [UInt64: Int32] = [:]

        init(_ dimension: UsageQuery.Dimension) { isNumeric = dimension.isNumber }

        mutating func number(of text: String, behind parent: Int32) -> Int32 {
            let value = numbers[text] ?? Int32(texts.count)
            if value == texts.count {
                texts.append(text)
                numbers[text] = value
            }
            let key = UInt64(parent) << 32 | UInt64(value)
            if let known = children[key] { return known }
            let number = Int32(parents.count)
            parents.append(parent)
            values.append(value)
            children[key] = number
            return number
        }

        /// Of each combination, by those of the dimensions before.
        func ranks(behind parents: [Int32]) -> [Int32] {
            let sorted = texts.indices.sorted { isBefore(texts[$0], texts[$1]) }
            var ranks = [UInt64](repeating: 0, count: texts.count)
            for (rank, value) in sorted.enumerated() { ranks[value] = UInt64(rank) }
            let keys = values.indices.map { index in
                UInt64(parents[Int(self.parents[index])]) << 32 | ranks[Int(values[index])]
            }
            var result = [Int32](repeating: 0, count: keys.count)
            for (rank, index) in keys.indices.sorted(by: { keys[$0] < keys[$1] }).enumerated() {
                result[index] = Int32(rank)
            }
            return result
        }

        func isBefore(_ left: String, _ right: String) -> Bool {
            guard isNumeric, let first = Int(left), let second = Int(right) else { return left < right }
            return first < second
        }
    }

    private var levels: [Level]
    /// As of the last ``rank()``.
    private(set) var ranks: [Int32] = [0]

    init(_ dimensions: [UsageQuery.Dimension]) { levels = dimensions.map { Level($0) } }

    /// How many combinations there are.
    var count: Int { levels.last?.parents.count ?? 1 }

    /// - Parameter text: the name in a dimension, by its place.
    mutating func number(_ text: (Int) throws -> String) rethrows -> Int32 {
        var number: Int32 = 0
        for index in levels.indices {
            number = levels[index].number(of: try text(index), behind: number)
        }
        return number
    }

    /// In the order of the dimensions.
    func names(of number: Int32) -> [String] {
        var names: [String] = []
        var number = number
        for level in levels.reversed() {
            names.append(level.texts[Int(level.values[Int(number)])])
            number = level.parents[Int(number)]
        }
        return names.reversed()
    }

    /// Puts in order what was met since the last time; then ``ranks`` has the place of each combination.
    mutating func rank() {
        guard ranks.count < count else { return }
        ranks = levels.reduce([0]) { ranks, level in level.ranks(behind: ranks) }
    }

    func isBefore(_ left: [String], _ right: [String]) -> Bool {
        for (index, level) in levels.enumerated() where left[index] != right[index] {
            return level.isBefore(left[index], right[index])
        }
        return false
    }
}
