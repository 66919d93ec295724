extension LineageQuotas {
    /// True where some limit on cost is about this model.
    package func limitsCost(of model: String?) -> Bool { hasLimits }
}
