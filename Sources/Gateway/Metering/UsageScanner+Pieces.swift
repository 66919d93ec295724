import Domain

/// Strings and numbers that come in pieces, or are written in an unusual way.
extension UsageScanner {
    func beginText() {
        scratch.clear()
        hasEscapes = false
        mode = .text
    }

    /// Inside a string that is passed over; stops behind its quote, or where the line ends.
    func passString(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        let (index, isOver) = stringEnd(base, start, end)
        let count = index &- start &- (isOver ? 1 : 0)
        if isContentString {
            contentBytes &+= Int64(count)
            if mode == .skipString, contentKey != .text { passLabel(count, depth: depth) }
        } else if countsContent, mode == .skipString {
            scratch.append(base + start, count: count)
            if isOver { contentKey = scratch.withBytes { ContentKey(cut: $0) } }
        }
        guard isOver else { return index }
        lastByte = JSONBytes.quote
        mode = mode == .string ? .rest : .skip
        return index
    }

    func collectString(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        let (index, isOver) = stringEnd(base, start, end)
        scratch.append(base + start, count: index - start - (isOver ? 1 : 0))
        guard isOver else { return index }
        finishText()
        return index
    }

    /// Goes on inside a string, to behind its quote, to the end of the line, or to the end.
    private func stringEnd(
        _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int
    ) -> (index: Int, isOver: Bool) {
        var index = start
        while index < end {
            let byte: UInt8
            if isEscaped {
                byte = base[index]
            } else {
                index = JSONBytes.stringEnd(base, index, end)
                guard index < end else { break }
                byte = base[index]
                if byte == JSONBytes.quote { return (index &+ 1, true) }
            }
            if isEvent, byte == 0x0A || byte == 0x0D { break }
            let begins = !isEscaped && byte == JSONBytes.backslash
            if begins { hasEscapes = true }
            isEscaped = begins
            index &+= 1
        }
        return (index, false)
    }

    /// A string that came in pieces or has escapes. One that is too long or no text is read as an empty one.
    private func finishText() {
        if scratch.isOverfull {
            if role == .extra { hasExtra = true }
            if role.isCount { open.marks.insert(.odd) }
            scratch.clear()
        } else if hasEscapes {
            scratch.replace(with: scratch.withBytes { JSONText.decode($0) } ?? "")
        }
        let role = role
        mode = role == .key ? .colon : .rest
        scratch.withBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            keep(base.assumingMemoryBound(to: UInt8.self), bytes.count, as: role)
        }
    }

    func collectCount(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        var index = start
        while index < end, JSONBytes.isScalar(base[index]) { index &+= 1 }
        scratch.append(base + start, count: index &- start)
        if index < end { finishCount() }
        return index
    }

    func finishCount() {
        mode = .rest
        guard role != .background else {
            isBackground = scratch.withBytes { $0.spells("true") }
            return
        }
        let role = role
        if scratch.isOverfull {
            open.marks.insert(.odd)
        } else {
            scratch.withBytes { keepWritten($0, as: role) }
        }
    }

    /// Bytes of a string that is no text of the model's, inside the output.
    func passLabel(_ count: Int, depth: Int) {
        guard contentKey != .usage else { return }
        labelBytes &+= Int64(count)
        if contentKey == .finishReason, depth == 2, count > 0, choices == .filled { hasFinishReason = true }
    }
}

extension ContentKey {
    /// A key that came in pieces; nothing of one that is too long.
    fileprivate init(cut key: UnsafeRawBufferPointer) {
        guard let base = key.baseAddress else {
            self = .text
            return
        }
        self.init(base.assumingMemoryBound(to: UInt8.self), key.count)
    }
}
