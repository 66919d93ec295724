import Domain
package import Gateway
import HTTPTypes

/// What the holder of an access token is told of it, and what operators ask in its place: by the code that
/// admits, from the counters that decide.
package struct HolderDesk: Sendable {
    private let inquiry: any AccessInquiry
    private let prices: PriceControl
    private let moment: @Sendable () -> QuotaMoment

    /// `moment`: by the clocks of the data path.
    package init(
        inquiry: any AccessInquiry, prices: PriceControl, moment: @escaping @Sendable () -> QuotaMoment
    ) {
        self.inquiry = inquiry
        self.prices = prices
        self.moment = moment
    }

    /// Who calls with this header, from where they may. `client` is nil where the address is unknown.
    func holder(of headers: HTTPFields, from client: IPAddress?) async throws(Rejection) -> Holder {
        let values = headers[values: .authorization]
        guard values.count <= 1 else { throw .malformedRequest(.authorization) }
        let holder = try await inquiry.holder(of: values.first.map { Array($0.utf8) })
        guard holder.grant.grants.allows(from: client) else { throw .addressNotGranted }
        return holder
    }

    /// The limits of its line of rotations, and those of its project.
    func limits(of holder: Holder) -> (own: [LimitState], project: [LimitState]) {
        let now = moment()
        return (holder.grant.quotas.states(at: now), holder.grant.quotas.project.states(at: now))
    }

    func explain(_ question: AccessQuestion, to holder: Holder) -> AccessExplanation {
        holder.explain(question, prices: prices.current.table, at: moment())
    }

    /// An access token that is not admitted at all has that one reason.
    func explain(_ question: AccessQuestion, for accessToken: AccessToken) async -> AccessExplanation {
        do throws(Rejection) {
            return explain(question, to: try await inquiry.holder(of: accessToken.hash))
        } catch {
            return AccessExplanation(charge: .none, rejections: [error])
        }
    }
}
