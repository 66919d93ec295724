import Domain
import HTTP
import NIOCore
import Upstream

/// One `GET` for the models of an upstream, of which only the answer's status matters. Confined to a worker's
/// event loop.
final class UpstreamQuestion {
    /// Whoever asks is waiting in front of a screen.
    private static let patience = TimeAmount.seconds(15)

    private let answer: EventLoopPromise<UpstreamVerdict?>
    private var transfer: (any Transfer)?

    private init(_ answer: EventLoopPromise<UpstreamVerdict?>) { self.answer = answer }

    static func ask(_ route: ProjectRoute, on worker: Worker) -> EventLoopFuture<UpstreamVerdict?> {
        guard case .remote(let target) = route.own.upstream else {
            return worker.eventLoop.makeSucceededFuture(.dummy)
        }
        let question = UpstreamQuestion(worker.eventLoop.makePromise())
        let path: StaticString = "/models"
        var head = worker.transfers.makeHead()
        head.begin(
            .get, to: target, UnsafeRawBufferPointer(start: path.utf8Start, count: path.utf8CodeUnitCount))
        route.own.addFields(to: &head)
        let request = UpstreamRequest(to: target, method: .get, head: head, body: .none)
        question.transfer = worker.transfers.start(request, sink: question)
        let bound = NIOLoopBound(question, eventLoop: worker.eventLoop)
        let timer = worker.eventLoop.scheduleTask(in: patience) {
            bound.value.end(.failed(.firstByteTimeout))
        }
        question.answer.futureResult.whenComplete { _ in timer.cancel() }
        return question.answer.futureResult
    }

    /// The first time counts; what still comes is not waited for.
    private func end(_ verdict: UpstreamVerdict) {
        guard let transfer else { return }
        self.transfer = nil
        transfer.cancel()
        answer.succeed(verdict)
    }
}

extension UpstreamQuestion: TransferSink {
    func transferMayDispatch() -> Bool { true }
    func transferDidReceiveHead(_ head: ResponseHead) { end(.answered(status: head.status)) }
    func transferDidReceiveBody(_: ByteBuffer) {}
    func transferDidTakeUpload() {}
    func transferDidEnd(_ failure: UpstreamFailure?) { end(.failed(failure ?? .protocolViolation)) }
    func transferDidDeliver() {}
}
