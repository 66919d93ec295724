package import Domain
import NIOCore

/// Asks the data path who holds an access token, by the code that admits. It counts as no use.
package protocol AccessInquiry: Sendable {
    /// `authorization`: the value of the one Authorization header, nil without one.
    func holder(of authorization: [UInt8]?) async throws(Rejection) -> Holder
    func holder(of hash: CredentialHash) async throws(Rejection) -> Holder
}

extension AccessControl: AccessInquiry {
    package func holder(of authorization: [UInt8]?) async throws(Rejection) -> Holder {
        try await ask { worker, now in
            guard let authorization else {
                return Result { () throws(Rejection) in
                    try worker.admission.holder(of: nil, at: now, in: worker.directory)
                }
            }
            return authorization.withUnsafeBytes { bytes in
                Result { () throws(Rejection) in
                    try worker.admission.holder(of: bytes, at: now, in: worker.directory)
                }
            }
        } hash: { worker in
            authorization?.withUnsafeBytes { worker.admission.hash(ofBearer: $0) }
        }
    }

    package func holder(of hash: CredentialHash) async throws(Rejection) -> Holder {
        try await ask { worker, now in
            Result { () throws(Rejection) in
                try worker.admission.holder(of: hash, at: now, in: worker.directory)
            }
        } hash: { _ in
            hash
        }
    }

    /// `hash`: of the credential, in case that it is not in memory.
    private func ask(
        _ question: @escaping @Sendable (Worker, Timestamp) -> Result<Holder, Rejection>,
        hash: @escaping @Sendable (Worker) -> CredentialHash?
    ) async throws(Rejection) -> Holder {
        let answer: Result<Holder, Rejection>
        let absent: (tokens: AbsentTokens, hash: CredentialHash?, at: Timestamp)
        do {
            (answer, absent) = try await workers.onOne { worker in
                let now = worker.settlement.wallClock()
                return (question(worker, now), (worker.settlement.absent, hash(worker), now))
            }
        } catch {
            // The loops are shut down.
            throw .draining
        }
        if case .failure(.unknownCredential) = answer, let hash = absent.hash,
            let refused = await absent.tokens.identify(hash, at: absent.at)
        {
            throw refused.rejection
        }
        return try answer.get()
    }
}
