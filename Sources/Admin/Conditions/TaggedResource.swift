/// A resource that is shown with an `ETag`.
protocol TaggedResource: Encodable {
    /// It without what changes by itself: counters, the last use, what is shown once.
    var lasting: Self { get }
}

extension ProjectResource: TaggedResource {
    var lasting: Self {
        var copy = self
        copy.limits = limits.map(\.lasting)
        return copy
    }
}

extension AccessTokenResource: TaggedResource {
    var lasting: Self {
        var copy = self
        copy.limits = limits.map(\.lasting)
        copy.lastUsedAt = nil
        (copy.token, copy.baseURL, copy.isBaseURLAssumed) = (nil, nil, nil)
        if status == "expired" { copy.status = "active" }
        return copy
    }
}

extension ManagementKeyResource: TaggedResource {
    var lasting: Self {
        var copy = self
        copy.key = nil
        return copy
    }
}

extension InvitationResource: TaggedResource {
    var lasting: Self {
        var copy = self
        (copy.url, copy.baseURL, copy.isBaseURLAssumed) = (nil, nil, nil)
        if status == "expired" { copy.status = "open" }
        return copy
    }
}

extension CredentialResource: TaggedResource {
    var lasting: Self { self }
}

extension PriceResource: TaggedResource {
    var lasting: Self { self }
}

extension LimitResource {
    /// A top-up ends with its period: it is none of what was set.
    fileprivate var lasting: Self {
        var copy = self
        copy.toppedUp = amount
        copy.used = amount
        copy.reserved = amount
        copy.remaining = amount
        copy.resetsAt = nil
        return copy
    }
}
