import Domain

/// The way of the bytes that lie in one piece, which is nearly all of them: the same reading, without a turn
/// through the modes for every sign. Wherever something is cut off or unusual, it is left to the modes.
extension UsageScanner {
    /// Reads members of the path's object from in front of a key on.
    func members(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        var index = start
        while true {
            index = pastSpace(base, index, end)
            guard index < end, base[index] == JSONBytes.quote else { return index }
            let key = index &+ 1
            let quote = JSONBytes.stringEnd(base, key, end)
            guard quote < end, base[quote] == JSONBytes.quote else { return index }
            let colon = pastSpace(base, quote &+ 1, end)
            guard colon < end, base[colon] == 0x3A else { return index }
            let value = pastSpace(base, colon &+ 1, end)
            guard value < end, base[value] > 0x20 else { return index }
            let role = role(base, key, quote &- key, end)

            switch base[value] {
            case JSONBytes.quote:
                let text = value &+ 1
                let close = JSONBytes.stringEnd(base, text, end)
                guard close < end, base[close] == JSONBytes.quote else { return leave(role, at: value) }
                if role != .none { keepWhole(base + text, close &- text, as: role) }
                index = close &+ 1
            case 0x7B:
                self.role = role
                openObject()
                index = value &+ 1
                if mode == .key { continue }
                index = skip(base, index, end)
                guard mode == .rest else { return index }
            case 0x5B:
                index = value &+ 1
                if role == .choices || role == .output {
                    guard index < end, base[index] > 0x20 else { return leave(role, at: value) }
                    if base[index] == 0x5D {
                        index &+= 1
                        closeEmptyChoices()
                    } else {
                        beginFilledChoices()
                    }
                } else {
                    self.role = role
                    openArray()
                }
                if mode == .skip { index = skip(base, index, end) }
                guard mode == .rest else { return index }
            default:
                index = value
                if role.isScalar {
                    guard let close = keepDigits(base, value, end, as: role) else {
                        return leave(role, at: value)
                    }
                    index = close
                } else {
                    if role == .extra, base[value] != Self.null { hasExtra = true }
                    while index < end, base[index] > 0x20, base[index] != 0x2C, base[index] != 0x7D {
                        index &+= 1
                    }
                }
            }

            mode = .rest
            while true {
                index = pastSpace(base, index, end)
                guard index < end else { return index }
                if base[index] == 0x2C { break }
                guard base[index] == 0x7D else { return index }
                index &+= 1
                closeNode()
                guard mode == .rest else { return index }
            }
            index &+= 1
            mode = .key
        }
    }

    /// The value at `index` is left to the modes.
    private func leave(_ role: Role, at index: Int) -> Int {
        self.role = role
        mode = .value
        return index
    }

    /// A string without escapes that lies in one piece.
    private func keepWhole(_ text: UnsafePointer<UInt8>, _ count: Int, as role: Role) {
        switch role {
        case .delta:
            hasContent = true
            contentBytes &+= Int64(count)
        case .error: hasError = true
        case .none, .key, .model, .objectID, .threadID, .status, .type, .object, .tier, .choices, .output,
            .response,
            .usage, .inputDetails, .outputDetails, .groq, .toolUsage, .imageUsage, .extra, .prompt, .input,
            .completion, .total, .seconds, .cached, .cacheWrite, .missed, .audio, .image, .reasoning,
            .cacheRead, .cacheCreation, .background:
            keep(text, count, as: role)
        }
    }

    /// A number of at most 15 digits and nothing else; returns where it ends, nil for any other spelling.
    private func keepDigits(
        _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int, as role: Role
    ) -> Int? {
        var index = start
        var value: Int64 = 0
        while index < end, base[index] &- 0x30 < 10 {
            value = value &* 10 &+ Int64(base[index] &- 0x30)
            index &+= 1
        }
        guard index < end, index > start, index &- start <= 15, !JSONBytes.isScalar(base[index]) else {
            return nil
        }
        keep(role == .seconds ? value &* 1000 : value, as: role)
        return index
    }

    /// Goes over spaces; in an event not over the end of the line.
    @inline(__always)
    private func pastSpace(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        var index = start
        while index < end, base[index] <= 0x20 {
            let byte = base[index]
            guard byte == 0x20 || byte == 0x09 || (!isEvent && (byte == 0x0A || byte == 0x0D)) else { break }
            index = JSONBytes.pastIndent(base, index &+ 1, end)
        }
        return index
    }

    // MARK: - Off the path

    /// Goes over a value off the path from between its strings on, until it is closed, its line ends, or a
    /// string is cut off or has an escape.
    func skip(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        var index = start
        var depth = depth
        while index < end {
            let byte = base[index]
            guard Self.marks >> UInt64(byte & 63) & 1 == 1 else {
                index &+= 1
                continue
            }
            switch byte {
            case JSONBytes.quote:
                var isContent = countsContent && isBehindColon(base, start, index)
                while true {
                    if isContent, firstText < 0 {
                        firstText = index
                        firstTextDepth = depth
                        firstTextKey = contentKey
                        if contentKey == .finishReason { isOddHead = true }
                    }
                    let text = index &+ 1
                    let close = JSONBytes.stringEnd(base, text, end)
                    guard close < end, base[close] == JSONBytes.quote else {
                        self.depth = depth
                        isContentString = isContent
                        scratch.clear()
                        mode = .skipString
                        return text
                    }
                    if isContent {
                        contentBytes &+= Int64(close &- text)
                        if contentKey != .text { passLabel(close &- text, depth: depth) }
                        if firstText == text &- 1 { firstTextEnd = close &+ 1 }
                    } else if countsContent {
                        contentKey = ContentKey(base + text, close &- text)
                    }
                    index = close &+ 1
                    // The next string may follow at once.
                    guard index &+ 1 < end, base[index &+ 1] == JSONBytes.quote,
                        base[index] == 0x3A || base[index] == 0x2C
                    else { break }
                    isContent = countsContent && base[index] == 0x3A
                    index &+= 1
                }
                continue
            case 0x7B where depth == 2 && contentKey == .usage && isInChoices:
                openChoiceUsage()
                return index &+ 1
            case 0x7B, 0x5B: depth &+= 1
            case 0x7D, 0x5D:
                depth &-= 1
                if depth == 0 {
                    mode = node == .outside ? .closed : .rest
                    return index &+ 1
                }
            case 0x0A, 0x0D:
                guard isEvent else {
                    index = JSONBytes.pastIndent(base, index &+ 1, end)
                    continue
                }
                self.depth = depth
                rememberLast(base, start, index)
                return index
            default: break
            }
            index &+= 1
        }
        self.depth = depth
        rememberLast(base, start, end)
        return end
    }

    /// The low six bits of a quote, the brackets and the ends of a line, a bit each: what is not among them
    /// (and stands outside of strings in JSON) is passed with one look.
    private static let marks: UInt64 =
        1 << 0x22 | 1 << 0x3B | 1 << 0x3D | 1 << 0x1B | 1 << 0x1D | 1 << 0x0A | 1 << 0x0D

    /// The string at `index` is a member's value.
    @inline(__always)
    private func isBehindColon(_ base: UnsafePointer<UInt8>, _ start: Int, _ index: Int) -> Bool {
        var before = index &- 1
        while before >= start {
            if base[before] > 0x20 { return base[before] == 0x3A }
            before &-= 1
        }
        return lastByte == 0x3A
    }

    private func rememberLast(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) {
        var before = end &- 1
        while before >= start {
            if base[before] > 0x20 {
                lastByte = base[before]
                return
            }
            before &-= 1
        }
    }
}
