import Domain

/// The value of the field Date (RFC 9110 6.6.1) in the answers of one event loop: written anew when its
/// second is over.
final class DateField {
    static let length = 29

    private var second = Int64.min
    private var text: [UInt8] = []

    func write(_ now: Timestamp, with pen: inout Pen) {
        let second = now.milliseconds / 1000
        if second != self.second {
            self.second = second
            text = Array(now.httpDate.utf8)
        }
        pen.put(text)
    }
}
