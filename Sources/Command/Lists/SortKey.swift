import ArgumentParser

/// A value of `--sort`: a key, or `-key` for the reverse.
struct SortKey {
    let key: String
    let isDescending: Bool

    /// Throws what there is to sort by where that is not among `keys`.
    init(parsing argument: String, of keys: [String]) throws {
        isDescending = argument.hasPrefix("-")
        key = String(argument.dropFirst(isDescending ? 1 : 0))
        guard keys.contains(key) else {
            throw ValidationError(
                "there is no --sort by '\(argument)': it takes \(keys.joined(separator: ", ")), with '-' "
                    + "in front for the reverse"
            )
        }
    }

    /// What completes a value.
    static func completions(_ keys: [String]) -> CompletionKind { .list(keys.flatMap { [$0, "-" + $0] }) }

    static func help(_ keys: [String]) -> ArgumentHelp {
        ArgumentHelp(
            "Sort by \(keys.joined(separator: ", ")); with '-' in front in reverse.", valueName: "key")
    }

    /// Throws what is wrong with a value of `--limit`.
    static func checkLimit(_ limit: Int?) throws {
        guard limit ?? 1 > 0 else { throw ValidationError("the number of --limit must be 1 or more") }
    }

    func sort<Item>(_ items: inout [Item], _ isBefore: (Item, Item) -> Bool) {
        items.sort { isDescending ? isBefore($1, $0) : isBefore($0, $1) }
    }
}
