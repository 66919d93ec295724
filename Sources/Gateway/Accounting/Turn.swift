import Domain

/// Which of a request's attempts is to be opened.
struct Turn {
    let target: Target
    let client: ClientClass
    /// From 1 up.
    var number: Int32 = 1
    /// What the exchange as a whole is still to be charged: its one request, or none.
    var requests: Int64 = 1
    /// Of the attempt before it; nil where that held nothing.
    var last: Settling?
}
