import Domain

/// Whose request it is: what grants, the access log and the ledger know of the client.
struct Client {
    let address: IPAddress
    /// In canonical text.
    let text: String
    let kind: ClientClass

    init(_ address: IPAddress) {
        self.address = address
        text = address.description
        kind = ClientClass(of: address)
    }
}
