/// A new value of one of the ``Grants``; nil lifts the restriction.
package enum GrantChange: Hashable, Sendable {
    case models([ModelPattern]?)
    case endpoints(Set<EndpointKind>?)
    case networks([AddressRange]?)
    case notBefore(Timestamp?)
    case idleSeconds(Int64?)
    case outputCap(OutputCap?)
    case unboundedOutput(UnboundedOutput?)
}

extension Grants {
    package mutating func apply(_ change: GrantChange) {
        switch change {
        case .models(let models): self.models = models
        case .endpoints(let endpoints): self.endpoints = endpoints
        case .networks(let networks): self.networks = networks
        case .notBefore(let moment): notBefore = moment
        case .idleSeconds(let seconds): idleSeconds = seconds
        case .outputCap(let cap): outputCap = cap
        case .unboundedOutput(let rule): unboundedOutput = rule
        }
    }
}
