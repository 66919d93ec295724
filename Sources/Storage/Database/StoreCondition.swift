/// What is known of whether the store can be written.
package enum StoreCondition: Hashable, Sendable {
    /// Nothing was kept and nobody asked since it was opened.
    case unknown
    case writable
    /// What the last change or ping failed of, where it was not the change itself.
    case failing(StoreError)
}
