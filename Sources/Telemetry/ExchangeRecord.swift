package import Domain

/// What is known of an exchange once it is over: for the counters and the access log. No secret, no path, no
/// prompt. There is one of each exchange: it is lent, never copied.
package struct ExchangeRecord: ~Copyable, Sendable {
    package var id: RequestID
    /// The client's IP address in canonical text; nil where it is unknown.
    package var client: String?
    package var startedAt: Timestamp
    package var method: StaticString
    /// A bounded name of what was called, `none` where the request did not get that far.
    package var endpoint: String
    package var project: ProjectID?
    package var accessToken: AccessTokenID?
    /// The model that was asked for, where the body was read.
    package var model: String?
    /// As sent to the client; nil where nothing was sent.
    package var status: Int?
    package var outcome: Outcome
    package var wasDispatched: Bool
    /// Of the last attempt; nil where there was none.
    package var target: AttemptTarget?
    /// The attempts before that one.
    package var failedAttempts: [FailedAttempt] = []
    /// Of the bodies, without framing.
    package var requestBytes: Int
    package var responseBytes: Int
    /// From the request's head to settlement, and to the first byte of the answer.
    package var durationNanoseconds: Int64
    package var firstByteNanoseconds: Int64?
    /// What it came to; nil where nothing was dispatched, which costs nothing.
    package var settled: Settled?

    package struct FailedAttempt: Sendable {
        package let target: AttemptTarget
        package let failure: UpstreamFailure

        package init(_ target: AttemptTarget, _ failure: UpstreamFailure) {
            self.target = target
            self.failure = failure
        }
    }

    package struct Settled: Sendable {
        package var usage: Usage
        package var cost: Money
        package var accuracy: Accuracy

        package init(usage: Usage, cost: Money, accuracy: Accuracy) {
            self.usage = usage
            self.cost = cost
            self.accuracy = accuracy
        }

        /// As sure as the less sure of the two is.
        package mutating func add(_ other: Settled?) {
            guard let other else { return }
            usage.add(other.usage)
            cost += other.cost
            if accuracy == .exact { accuracy = other.accuracy }
        }
    }

    package init(
        id: RequestID, startedAt: Timestamp, method: StaticString, endpoint: String, outcome: Outcome
    ) {
        self.id = id
        self.startedAt = startedAt
        self.method = method
        self.endpoint = endpoint
        self.outcome = outcome
        wasDispatched = false
        requestBytes = 0
        responseBytes = 0
        durationNanoseconds = 0
    }
}
