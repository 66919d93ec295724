package import Domain

/// What an attempt that is over holds of its limits, and what it came to. The next attempt is charged that in
/// the same step in which it takes from them, so that nobody comes between the two; where there is no next
/// one, ``end(at:)`` charges it.
package struct Settling: Sendable {
    let reservation: Reservation
    let charge: Charge

    package init(_ reservation: Reservation, as charge: Charge) {
        self.reservation = reservation
        self.charge = charge
    }

    /// Without effect where it is charged already.
    package func end(at nanoseconds: UInt64) { reservation.settle(charge, at: nanoseconds) }
}
