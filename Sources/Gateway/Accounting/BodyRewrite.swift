import Domain
import NIOCore

/// What is changed in a held body before it is sent on: the cap on output, the question for a stream's usage,
/// and the model's name where it has another one at the target. Everything else stays as it came.
struct BodyRewrite {
    /// The stream will tell its usage, which its client did not ask for.
    private(set) var isInjected = false
    private var edits: [(range: Range<Int>, bytes: [UInt8])] = []

    /// `plan`: how the body is made to keep to the cap on output.
    init(
        of body: ByteBuffer, _ peek: borrowing BodyPeek, by plan: OutputPlan,
        for demand: borrowing AccessDemand
    ) throws(Rejection) {
        let injects = peek.stream == true && demand.holder.route.streamUsage == .inject
        guard plan.limit != nil || injects || demand.targetModel != nil else { return }
        if let name = demand.targetModel, let range = peek.modelRange {
            var json = JSONWriter()
            json.element(name)
            edits.append((range, json.bytes))
        }
        if injects {
            let kind = demand.endpoint.kind
            let splice = try body.withUnsafeReadableBytes { bytes throws(Rejection) in
                try StreamUsageSplice.plan(for: bytes, peek, to: kind)
            }
            isInjected = splice != nil
            if let splice { edits.append((splice.range, Array(splice.bytes))) }
        }
        for case let edit? in [plan.first, plan.second] { edits.append((edit.range, edit.replacement)) }
        if plan.isToBeNamed, let limit = plan.limit {
            name(maximum: limit, in: body, peek, for: demand.endpoint.consumption)
        }
        sort()
    }

    private mutating func sort() { edits.sort { $0.range.lowerBound < $1.range.lowerBound } }

    /// How much longer the body gets.
    var growth: Int { edits.reduce(0) { $0 + $1.bytes.count - $1.range.count } }

    /// The body, which names no maximum, is to name this one for each choice.
    mutating func name(
        maximum: Int64, in body: ByteBuffer, _ peek: borrowing BodyPeek, for consumption: Consumption
    ) {
        let edit = body.withUnsafeReadableBytes {
            OutputPlan.edit(naming: maximum, for: consumption, peek, $0)
        }
        guard let edit else { return }
        edits.append((edit.range, edit.replacement))
        sort()
    }

    /// In one copy; none where nothing changes.
    func apply(to body: inout ByteBuffer) {
        guard !edits.isEmpty else { return }
        var changed = ByteBufferAllocator().buffer(
            capacity: body.readableBytes + edits.reduce(0) { $0 + $1.bytes.count })
        body.withUnsafeReadableBytes { bytes in
            var start = 0
            for edit in edits {
                changed.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[start..<edit.range.lowerBound]))
                changed.writeBytes(edit.bytes)
                start = edit.range.upperBound
            }
            changed.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[start...]))
        }
        body = changed
    }
}
