/// A text that a regular expression matches: for the `pattern` of a JSON schema.
///
/// Knows literals, escapes, classes, groups, alternatives and counts; anchors are taken as they are meant at
/// the ends. Anything else (look-around, references, boundaries) is refused.
struct DummyPattern {
    private indirect enum Node {
        case scalar(Unicode.Scalar)
        case sequence([Node])
        case choice([Node])
        case repeated(Node, least: Int, most: Int?)
    }

    /// The expression, or some count in it, is beyond what is understood here.
    struct Unsupported: Error {}

    /// The longest text that is made, in Unicode scalars; also the largest count in an expression.
    static let lengthLimit = 1000
    private static let depthLimit = 32

    private let node: Node

    init(_ expression: String) throws(Unsupported) {
        var reader = Reader(scalars: Array(expression.unicodeScalars)[...])
        node = try reader.choice(depth: 0)
        guard reader.scalars.isEmpty else { throw Unsupported() }
    }

    /// The shortest text it makes with at least so many scalars: repetitions are lengthened until there are
    /// enough. nil if that makes more than `most`.
    func text(atLeast least: Int, atMost most: Int) -> String? {
        for extra in 0...Self.lengthLimit {
            var scalars = String.UnicodeScalarView()
            append(node, extra: extra, to: &scalars)
            if scalars.count > min(most, Self.lengthLimit) { return nil }
            if scalars.count >= least { return String(scalars) }
        }
        return nil
    }

    private func append(_ node: Node, extra: Int, to text: inout String.UnicodeScalarView) {
        guard text.count <= Self.lengthLimit else { return }
        switch node {
        case .scalar(let scalar): text.append(scalar)
        case .sequence(let nodes): for node in nodes { append(node, extra: extra, to: &text) }
        case .choice(let nodes): if let first = nodes.first { append(first, extra: extra, to: &text) }
        case .repeated(let node, let least, let most):
            for _ in 0..<min(least + extra, most ?? .max) {
                guard text.count <= Self.lengthLimit else { return }
                append(node, extra: extra, to: &text)
            }
        }
    }

    // MARK: - Reading

    private struct Reader {
        var scalars: ArraySlice<Unicode.Scalar>

        mutating func choice(depth: Int) throws(Unsupported) -> Node {
            guard depth < DummyPattern.depthLimit else { throw Unsupported() }
            var nodes = [try sequence(depth: depth)]
            while take("|") { nodes.append(try sequence(depth: depth)) }
            return nodes.count == 1 ? nodes[0] : .choice(nodes)
        }

        private mutating func sequence(depth: Int) throws(Unsupported) -> Node {
            var nodes: [Node] = []
            while let next = scalars.first, next != "|", next != ")" {
                if take("^") || take("$") { continue }
                let atom = try atom(depth: depth)
                nodes.append(try counted(atom))
            }
            return .sequence(nodes)
        }

        private mutating func atom(depth: Int) throws(Unsupported) -> Node {
            guard let next = scalars.popFirst() else { throw Unsupported() }
            switch next {
            case "(":
                if take("?") { guard take(":") else { throw Unsupported() } }
                let inner = try choice(depth: depth + 1)
                guard take(")") else { throw Unsupported() }
                return inner
            case "[": return .scalar(try classMember())
            case ".": return .scalar("a")
            case "\\":
                guard let member = try escape().first else { throw Unsupported() }
                return .scalar(member.lowerBound)
            case "*", "+", "?", "{": throw Unsupported()
            default: return .scalar(next)
            }
        }

        private mutating func counted(_ node: Node) throws(Unsupported) -> Node {
            var result = node
            if take("*") {
                result = .repeated(node, least: 0, most: nil)
            } else if take("+") {
                result = .repeated(node, least: 1, most: nil)
            } else if take("?") {
                result = .repeated(node, least: 0, most: 1)
            } else if take("{") {
                let least = try number()
                var most: Int? = least
                if take(",") { most = scalars.first == "}" ? nil : try number() }
                guard take("}"), most ?? least >= least else { throw Unsupported() }
                result = .repeated(node, least: least, most: most)
            } else {
                return node
            }
            // Lazy or greedy, it matches the same texts.
            _ = take("?")
            return result
        }

        private mutating func number() throws(Unsupported) -> Int {
            var digits = ""
            while let next = scalars.first, ("0"..."9").contains(next) {
                digits.unicodeScalars.append(next)
                scalars.removeFirst()
            }
            guard let number = Int(digits), number <= DummyPattern.lengthLimit else { throw Unsupported() }
            return number
        }

        /// A scalar that the class has, behind its opening bracket.
        private mutating func classMember() throws(Unsupported) -> Unicode.Scalar {
            let isNegated = take("^")
            var ranges: [ClosedRange<Unicode.Scalar>] = []
            var isFirst = true
            while let next = scalars.popFirst() {
                if next == "]", !isFirst { return try Self.member(of: ranges, isNegated: isNegated) }
                isFirst = false
                let found = next == "\\" ? try escape() : [next...next]
                if found.count == 1, found[0].lowerBound == found[0].upperBound, scalars.first == "-",
                    scalars.dropFirst().first != "]"
                {
                    scalars.removeFirst()
                    guard let end = scalars.popFirst() else { throw Unsupported() }
                    let upper = end == "\\" ? try escape().first?.lowerBound : end
                    guard let upper, found[0].lowerBound <= upper else { throw Unsupported() }
                    ranges.append(found[0].lowerBound...upper)
                } else {
                    ranges += found
                }
            }
            throw Unsupported()
        }

        private static func member(
            of ranges: [ClosedRange<Unicode.Scalar>], isNegated: Bool
        ) throws(Unsupported) -> Unicode.Scalar {
            if !isNegated, let first = ranges.first { return first.lowerBound }
            let usual: [Unicode.Scalar] = ["a", "A", "0", "-", " ", "é", "中"]
            guard let found = usual.first(where: { scalar in !ranges.contains { $0.contains(scalar) } })
            else { throw Unsupported() }
            return found
        }

        /// What an escape stands for, behind its backslash.
        private mutating func escape() throws(Unsupported) -> [ClosedRange<Unicode.Scalar>] {
            guard let next = scalars.popFirst() else { throw Unsupported() }
            switch next {
            case "d": return ["0"..."9"]
            case "w": return ["a"..."z", "A"..."Z", "0"..."9", "_"..."_"]
            case "s": return [" "..." ", "\t"..."\r"]
            case "D", "S": return ["a"..."a"]
            case "W": return ["-"..."-"]
            case "n": return ["\n"..."\n"]
            case "r": return ["\r"..."\r"]
            case "t": return ["\t"..."\t"]
            case "x": return try code(digits: 2)
            case "u": return try code(digits: 4)
            default:
                guard !next.properties.isAlphabetic, !("0"..."9").contains(next) else { throw Unsupported() }
                return [next...next]
            }
        }

        private mutating func code(digits: Int) throws(Unsupported) -> [ClosedRange<Unicode.Scalar>] {
            let text = String(String.UnicodeScalarView(scalars.prefix(digits)))
            scalars = scalars.dropFirst(digits)
            guard text.unicodeScalars.count == digits, let value = UInt32(text, radix: 16),
                let scalar = Unicode.Scalar(value)
            else { throw Unsupported() }
            return [scalar...scalar]
        }

        private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
            guard scalars.first == scalar else { return false }
            scalars.removeFirst()
            return true
        }
    }
}
