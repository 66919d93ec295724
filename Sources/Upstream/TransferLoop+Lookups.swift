import Domain

/// What ``NameLookups`` hears of.
extension TransferLoop {
    /// The name of the transfer's host is answered.
    func didFindAddress(of transfer: CurlTransfer) {
        transfer.hasAddress = true
        if !lookups.isEmpty { lookups.end(.answered, of: transfer.request.origin.host) }
    }

    /// Nobody waits for the transfer any more. False where it can end at once, for its name is not being looked up.
    ///
    /// A look-up goes on, without the request: it is not sent, and no socket is opened for it.
    func abandonLookup(of transfer: CurlTransfer) -> Bool {
        guard transfer.handle != nil, !transfer.hasAddress, transfer.round != round else { return false }
        transfer.request.body = .none
        transfer.uploads.removeAll()
        lookups.abandon(transfer.request.origin.host)
        return true
    }

    /// The transfer ends before the address of its host is known.
    func noteLookup(of transfer: CurlTransfer, _ failure: UpstreamFailure?) {
        let end: NameLookups.End =
            switch failure {
            // That there is no such name is an answer, too; so is an address that is not called.
            case .resolve, .addressForbidden, .connect: .answered
            case .connectTimeout: .unanswered(wasAbandoned: transfer.isAbandoned)
            default: .notBegun
            }
        lookups.end(end, of: transfer.request.origin.host)
    }
}
