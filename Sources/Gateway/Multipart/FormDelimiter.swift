import Domain

import Glibc

/// What stands between the parts of a form: a line that begins with two hyphens and the boundary (RFC 2046,
/// section 5.1.1).
///
/// Such a line ends a part whatever follows, so it is refused unless spaces, or two hyphens, and the line's
/// end follow; and also where only a line feed stands in front of it, for there readers disagree.
struct FormDelimiter: ~Copyable {
    /// Where one stands: the content in front of it ends, the line behind it begins.
    struct Place {
        var end: Int
        var next: Int
        var isLast: Bool
    }

    /// Two hyphens, and at most 70 bytes of a boundary.
    private var text = BoundedBytes<72>()

    /// By the value of the field `content-type`. Throws ``Rejection/malformedForm(_:)`` where it is none of a
    /// form, or has no boundary that every reader takes for the same.
    init(contentType: UnsafeRawBufferPointer) throws(Rejection) {
        var parameters = HeaderParameters(contentType, in: .boundary)
        guard parameters.type.folds(to: "multipart/form-data") else { throw .malformedForm(.boundary) }
        while let (name, value) = try parameters.next() {
            // In another spelling (`boundary*`) too.
            let isNear = name.count >= 8 && UnsafeRawBufferPointer(rebasing: name[..<8]).folds(to: "boundary")
            guard isNear else { continue }
            guard name.count == 8, text.isEmpty, Self.isBoundary(value) else {
                throw .malformedForm(.boundary)
            }
            text.replace(with: "--")
            if let base = value.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) {
                text.append(base, count: value.bytes.count)
            }
        }
        guard !text.isEmpty else { throw .malformedForm(.boundary) }
    }

    private static func isBoundary(_ value: HeaderParameters.Value) -> Bool {
        let bytes = value.bytes
        guard !value.hasEscapes, (1...70).contains(bytes.count), bytes[bytes.count - 1] != 0x20 else {
            return false
        }
        return bytes.allSatisfy { byte in
            switch byte {
            case 0x30...0x3A, 0x41...0x5A, 0x61...0x7A, 0x27...0x29, 0x2B...0x2F, 0x3D, 0x3F, 0x5F, 0x20: true
            default: false
            }
        }
    }

    /// The line begins with a boundary.
    func begins(_ line: UnsafeRawBufferPointer) -> Bool {
        text.withBytes { text in
            guard let base = line.baseAddress, let start = text.baseAddress, line.count >= text.count
            else { return false }
            return memcmp(base, start, text.count) == 0
        }
    }

    /// The first one of a body.
    func first(in body: UnsafeRawBufferPointer) throws(Rejection) -> Place {
        if begins(body) { return try place(in: body, at: 0, end: 0) }
        guard let place = try next(in: body, from: 0) else { throw .malformedForm(.delimiter) }
        return place
    }

    /// The next one behind `start`, where some content begins.
    func next(in body: UnsafeRawBufferPointer, from start: Int) throws(Rejection) -> Place? {
        // The line feed in front of the content too: what begins with a boundary is not content to everyone.
        guard let found = find(in: body, from: max(0, start - 1)) else { return nil }
        guard found > start, body[found - 1] == 0x0D else { throw .malformedForm(.delimiter) }
        return try place(in: body, at: found + 1, end: found - 1)
    }

    /// The line feed in front of the next line that begins with a boundary.
    private func find(in body: UnsafeRawBufferPointer, from start: Int) -> Int? {
        text.withBytes { text in
            let length = text.count
            guard let base = body.baseAddress, let text = text.baseAddress else { return nil }
            var index = start
            while index < body.count, let feed = memchr(base + index, 0x0A, body.count - index) {
                index = UnsafeRawPointer(feed) - base + 1
                // A body may be made of line feeds and hyphens alone.
                while index < body.count, body[index] == 0x0A { index += 1 }
                guard body.count - index >= length, body[index] == 0x2D else { continue }
                if memcmp(base + index, text, length) == 0 { return index - 1 }
            }
            return nil
        }
    }

    private func place(
        in body: UnsafeRawBufferPointer, at start: Int, end: Int
    ) throws(Rejection) -> Place {
        var index = start + text.withBytes(\.count)
        let isLast = index + 1 < body.count && body[index] == 0x2D && body[index + 1] == 0x2D
        if isLast { index += 2 }
        while index < body.count, body[index] == 0x20 || body[index] == 0x09 { index += 1 }
        if isLast, index == body.count { return Place(end: end, next: index, isLast: true) }
        guard index + 1 < body.count, body[index] == 0x0D, body[index + 1] == 0x0A else {
            throw .malformedForm(.delimiter)
        }
        return Place(end: end, next: index + 2, isLast: isLast)
    }
}
