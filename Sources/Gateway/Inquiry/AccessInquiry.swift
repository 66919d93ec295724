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
        }
    }

    package func holder(of hash: CredentialHash) async throws(Rejection) -> Holder {
        try await ask { worker, now in
            Result { () throws(Rejection) in
                try worker.admission.holder(of: hash, at: now, in: worker.directory)
            }
        }
    }

    private func ask(
        _ question: @escaping @Sendable (Worker, Timestamp) -> Result<Holder, Rejection>
    ) async throws(Rejection) -> Holder {
        let answer: Result<Holder, Rejection>
        do {
            answer = try await workers.onOne { question($0, $0.settlement.wallClock()) }
        } catch {
            // The loops are shut down.
            throw .draining
        }
        return try answer.get()
    }
}
