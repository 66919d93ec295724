import Domain
import HTTP
import NIOCore
import Providers
import Upstream

/// One `GET` for an object of an upstream, whose answer is read for its status and its usage. Confined to a
/// worker's event loop.
final class ObjectQuestion {
    /// Until the answer is whole.
    private static let timeout = TimeAmount.seconds(30)
    /// The longest answer that is read: a response holds all of its output.
    private static let limit = 64 << 20

    private let kind: EndpointKind
    private let verdict: EventLoopPromise<ObjectVerdict>
    private var transfer: (any Transfer)?
    private var meter: UsageMeter?
    private var left = ObjectQuestion.limit

    private init(_ kind: EndpointKind, _ verdict: EventLoopPromise<ObjectVerdict>) {
        self.kind = kind
        self.verdict = verdict
    }

    static func ask(
        _ path: String, _ kind: EndpointKind, _ route: ProjectRoute, on worker: Worker
    ) -> EventLoopFuture<ObjectVerdict> {
        let question = ObjectQuestion(kind, worker.eventLoop.makePromise())
        switch route.target.upstream {
        case .dummy:
            let request = DummyRequest(
                method: "GET", target: "/v1" + path, body: [], project: route.id.rawValue, now: worker.now)
            let transfer = DummyTransfer(
                request, body: .none, service: worker.dummy, eventLoop: worker.eventLoop, sink: question)
            question.transfer = transfer
            transfer.start()
        case .remote(let target):
            guard route.target.key != nil else { return worker.eventLoop.makeSucceededFuture(.unasked) }
            var head = worker.transfers.makeHead()
            var path = path
            path.withUTF8 { head.begin(.get, to: target, UnsafeRawBufferPointer($0)) }
            HeaderPolicy.addIdentity(to: &head)
            route.target.addFields(to: &head)
            let request = UpstreamRequest(to: target, method: .get, head: head, body: .none)
            question.transfer = worker.transfers.start(request, sink: question)
        }
        let bound = NIOLoopBound(question, eventLoop: worker.eventLoop)
        let timer = worker.eventLoop.scheduleTask(in: timeout) { bound.value.end(.unanswered) }
        question.verdict.futureResult.whenComplete { _ in timer.cancel() }
        return question.verdict.futureResult
    }

    /// The first time counts; what still comes is not waited for.
    private func end(_ verdict: ObjectVerdict) {
        guard let transfer else { return }
        self.transfer = nil
        transfer.cancel()
        self.verdict.succeed(verdict)
    }

    private func verdict(of meter: UsageMeter) -> ObjectVerdict {
        let reading = meter.finish()
        guard reading.isWhole else { return .unanswered }
        switch (reading.status, reading.usage) {
        case (.inProgress, _): return .underWay
        case (_, let usage?):
            return .ended(
                ObjectEnd(
                    usage: usage, images: reading.toolImages,
                    accuracy: reading.isExact ? .exact : .estimated,
                    modelAnswered: meter.model.map { LedgerText($0) }, tier: reading.tier))
        case (nil, nil): return .unanswered
        case (_, nil): return .endedUntold
        }
    }
}

extension ObjectQuestion: TransferSink {
    func transferMayDispatch() -> Bool { true }

    func transferDidReceiveHead(_ head: ResponseHead) {
        switch head.status {
        case 200..<300: meter = UsageMeter(kind, form: .json)
        case 404, 410: end(.gone)
        default: end(.unanswered)
        }
    }

    func transferDidReceiveBody(_ bytes: ByteBuffer) {
        left -= bytes.readableBytes
        guard left >= 0 else { return end(.unanswered) }
        bytes.withUnsafeReadableBytes { meter?.take($0) }
    }

    func transferDidTakeUpload() {}

    func transferDidEnd(_ failure: UpstreamFailure?) {
        guard failure == nil, let meter else { return end(.unanswered) }
        end(verdict(of: meter))
    }

    func transferDidDeliver() {}
}
