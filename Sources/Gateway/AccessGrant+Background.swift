import Domain

/// Responses in the background that no reservation bounds.
extension AccessGrant {
    /// In the background a hosted tool works on in as many rounds as it likes, after its request: where
    /// tokens or cost are limited by a quota, the access token must be granted the endpoint by name. nil
    /// where it is, or nothing depends on it.
    func refusal(
        ofBackground peek: borrowing BodyPeek, to kind: EndpointKind, at now: @autoclosure () -> QuotaMoment
    ) -> Rejection? {
        let openEnds: OpenEnds = [.background, .builtInTool]
        guard kind == .responses, peek.openEnds.isSuperset(of: openEnds) else { return nil }
        return refusal(of: kind, legible: .model, at: now())
    }
}
