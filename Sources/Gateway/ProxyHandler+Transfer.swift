import Domain
import HTTP
import NIOCore
import Upstream

/// What the transfer reports of the upstream's response.
extension ProxyHandler: TransferSink {
    func transferMayDispatch() -> Bool {
        guard let current, let permit = current.admitted?.permit, let attempt = current.attempt else {
            return false
        }
        // Within the start of the transfer it is as late as when the attempt was opened.
        if attempt.transfer != nil { attempt.dispatchedAt = NIODeadline.now().uptimeNanoseconds }
        return permit.isOpen
    }

    func transferDidReceiveHead(_ head: ResponseHead) {
        if let target = current?.attempt?.target,
            head.lines.withUnsafeReadableBytes({ target.isRevealed(in: $0) })
        {
            return perform(current?.machine.upstreamEnd(.credentialRevealed) ?? .none)
        }
        if let current, !current.isHead, current.modelList != nil, (200..<300).contains(head.status) {
            current.modelList?.begin(head)
        } else {
            take(head)
        }
    }

    private func take(_ head: ResponseHead) {
        guard let current else { return }
        let action = current.machine.upstreamHead(head.status, hasNext: hasNext(current))
        // Of an answer that is not relayed too: an error of the upstream's used nothing.
        if action != .none { current.attempt?.status = head.status }
        if action == .relayHead { relayHead(head) } else { perform(action) }
    }

    func transferDidReceiveBody(_ bytes: ByteBuffer) {
        if current?.modelList?.head != nil { return hold(answer: bytes) }
        perform(current?.machine.upstreamBody(bytes.readableBytes) ?? .none, bytes)
    }

    /// A piece of a list of models, which is not relayed before it is whole.
    private func hold(answer bytes: ByteBuffer) {
        guard let current, !current.machine.isEnded else { return }
        guard worker.capacity.holdBody(bytes.readableBytes) else {
            return perform(current.machine.upstreamEnd(.exhausted))
        }
        current.reserved += bytes.readableBytes
        if current.modelList?.take(bytes) == false {
            perform(current.machine.upstreamEnd(.unreadableModelList))
        }
    }

    /// False where the list of models that was held, if one was, cannot be relayed.
    private func relayHeldAnswer() -> Bool {
        guard let current, !current.machine.isEnded, let head = current.modelList?.head else { return true }
        guard let list = current.modelList?.finish() else { return false }
        // The exchange ends now, but its client may leave the list in memory for a while.
        let reserved = current.reserved
        current.reserved = 0
        take(head)
        if list.readableBytes > 0 { perform(current.machine.upstreamBody(list.readableBytes), list) }
        let release = { [capacity = worker.capacity] in capacity.releaseBody(reserved) }
        if let connection { connection.whenWritten(release) } else { release() }
        return true
    }

    func transferDidTakeUpload() { connection?.readOn() }

    func transferDidEnd(_ failure: UpstreamFailure?) {
        guard let permit = current?.admitted?.permit else { return }
        if failure == .cancelled, !permit.isOpen {
            perform(current?.machine.accessClosed(permit.closure) ?? .none)
        } else if failure == nil, !relayHeldAnswer() {
            perform(current?.machine.upstreamEnd(.unreadableModelList) ?? .none)
        } else {
            let isCutOff = failure == nil && current?.answerEnd?.isWhole == false
            guard let current else { return }
            perform(
                current.machine.upstreamEnd(isCutOff ? .truncated : failure, hasNext: hasNext(current)))
        }
    }

    func transferDidDeliver() { flush() }
}
