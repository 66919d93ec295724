import Domain

/// The lines of a stream of events, and what of them goes to the scanner.
extension UsageMeter {
    /// Reads on at `start` and returns `end`; or, where it is to stop there, the index behind the event that
    /// ends a stream whose usage was asked for, and says so in the frame.
    func scanEvents(
        _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int, stopsAtUsageChunk: Bool
    ) -> Int {
        var index = start
        while index < end {
            switch frame.line {
            case .data: index = scanner.scan(base, index, end)
            case .other: index = JSONBytes.lineEnd(base, index, end)
            case .name:
                let close = JSONBytes.lineEnd(base, index, end)
                frame.nameText.append(base + index, count: close - index)
                index = close
            case .dataSpace:
                frame.line = .data
                if base[index] == 0x20 { index &+= 1 }
                continue
            case .nameSpace:
                frame.line = .name
                if base[index] == 0x20 { index &+= 1 }
                continue
            case .field:
                index = scanField(base, index, end)
                continue
            case .mark:
                index = scanMark(base, index)
                continue
            case .start:
                let byte = base[index]
                if frame.isBehindReturn {
                    frame.isBehindReturn = false
                    if byte == 0x0A {
                        index &+= 1
                        continue
                    }
                }
                if byte == 0x0A || byte == 0x0D {
                    index = passLineEnd(base, index, end)
                    let isUsageChunk = stopsAtUsageChunk && frame.hasData && scanner.isUsageChunk
                    keepPattern(base, index)
                    endEvent()
                    frame.endEvent()
                    guard isUsageChunk else { continue }
                    frame.isBehindUsageChunk = true
                    return index
                }
                index = beginLine(base, index, end)
                continue
            }
            guard index < end else { break }
            index = passLineEnd(base, index, end)
            endLine()
        }
        return index
    }

    /// In front of a line that is not blank.
    @inline(__always)
    private func beginLine(_ base: UnsafePointer<UInt8>, _ index: Int, _ end: Int) -> Int {
        if base[index] == 0x3A {
            frame.line = .other
            return index &+ 1
        }
        if !frame.isOpen {
            frame.isOpen = true
            frame.start = index
            if let text = pattern.text(base, index, end) { return beginLike(base, text, end) }
        }
        guard index &+ 8 <= end, JSONBytes.word(base, index) & 0xFF_FFFF_FFFF == 0x3A_6174_6164 /* data: */
        else {
            frame.line = .field
            frame.field = 0
            frame.fieldLength = 0
            return index
        }
        beginData()
        frame.line = .data
        return index &+ (base[index &+ 5] == 0x20 ? 6 : 5)
    }

    /// In front of the first text of an event that began like the one that is kept.
    @inline(__always)
    private func beginLike(_ base: UnsafePointer<UInt8>, _ text: Int, _ end: Int) -> Int {
        if let rest = pattern.rest(base, text, end) {
            adoptLike(contentBytes: rest.count)
            frame.isOpen = false
            return rest.end
        }
        frame.hasData = true
        frame.line = .data
        scanner.resume(depth: pattern.depth, key: pattern.key)
        return text
    }

    /// Keeps how the event that ends at `end` was written, if it began in these bytes.
    private func keepPattern(_ base: UnsafePointer<UInt8>, _ end: Int) {
        let start = frame.start
        guard kind == .chatCompletions || kind == .completions, start >= 0, scanner.firstText > start,
            !scanner.isOddHead
        else { return }
        let textEnd = scanner.firstTextEnd
        pattern.keep(
            UnsafeBufferPointer(start: base + start, count: end - start),
            text: scanner.firstText - start..<max(textEnd, scanner.firstText) - start,
            depth: scanner.firstTextDepth, key: scanner.firstTextKey,
            tellsMore: !scanner.saysOnlyText || frame.name != .none)
    }

    private func beginData() {
        if frame.hasData { scanner.breakLine() }
        frame.hasData = true
    }

    /// Inside a field's name, to behind its colon or to the end of its line.
    private func scanField(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        var index = start
        while index < end {
            let byte = base[index]
            if byte == 0x3A {
                if frame.isDataField {
                    beginData()
                    frame.line = .dataSpace
                } else if frame.isNameField {
                    frame.nameText.clear()
                    frame.line = .nameSpace
                } else {
                    frame.line = .other
                }
                return index &+ 1
            }
            if byte == 0x0A || byte == 0x0D {
                // A name alone is a field without a value.
                if frame.isDataField { beginData() }
                if frame.isNameField { frame.name = .none }
                frame.line = .other
                return index
            }
            frame.takeField(byte)
            index &+= 1
        }
        return index
    }

    /// A byte order mark in front of the stream is no part of its first line.
    private func scanMark(_ base: UnsafePointer<UInt8>, _ index: Int) -> Int {
        let mark: StaticString = "\u{FEFF}"
        if frame.marked < mark.utf8CodeUnitCount, base[index] == mark.utf8Start[frame.marked] {
            frame.marked += 1
            return index &+ 1
        }
        frame.line = .start
        guard frame.marked > 0, frame.marked < mark.utf8CodeUnitCount else { return index }
        // The beginning of a mark is the beginning of a field that nobody knows.
        frame.line = .other
        frame.isOpen = true
        frame.start = index
        return index
    }

    /// Goes over a line feed, a carriage return, or both.
    @inline(__always)
    private func passLineEnd(_ base: UnsafePointer<UInt8>, _ index: Int, _ end: Int) -> Int {
        guard base[index] == 0x0D else { return index &+ 1 }
        guard index &+ 1 < end else {
            frame.isBehindReturn = true
            return end
        }
        return base[index &+ 1] == 0x0A ? index &+ 2 : index &+ 1
    }

    private func endLine() {
        if frame.line == .name {
            let kind = kind
            frame.name = frame.nameText.withBytes { name in
                name.isEmpty ? .none : EventName(name, from: kind)
            }
            // One that did not fit is one that nobody knows.
            if frame.nameText.isOverfull { frame.name = .other }
        }
        frame.line = .start
    }
}
