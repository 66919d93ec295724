import Domain
import Testing

@testable import Gateway

struct RoutePlanTests {
    private let targets: [Target]

    init() throws {
        targets = try (0..<5).map { number in
            Target(try UpstreamURL(parsing: "https://\(number).example/v1"), key: nil)
        }
    }

    @Test(arguments: 0..<5) func `each target is given once, in order`(others: Int) {
        var plan = RoutePlan(targets[0], Array(targets[1..<1 + others]))
        for number in 0...others {
            let left = plan.remaining.count
            #expect(plan.hasNext && left == others + 1 - number)
            let next = plan.next(after: number == 0 ? nil : .reset)
            #expect(next === targets[number])
        }
        #expect(!plan.hasNext && plan.remaining.isEmpty)
        let (after, none) = (plan.next(after: .reset), plan.next(after: nil))
        #expect(after == nil && none == nil)
    }

    @Test(arguments: [
        UpstreamFailure.cancelled, .exhausted, .outOfDescriptors, .credentialRevealed, .unreadableModelList,
    ])
    func `what would be the same elsewhere is tried nowhere else`(failure: UpstreamFailure) {
        var plan = RoutePlan(targets[0], [targets[1]])
        _ = plan.next(after: nil)
        let next = plan.next(after: failure)
        #expect(next == nil && plan.hasNext)
    }
}
