/// `PUT /manage/projects/{id}/credential`.
package struct SetCredentialRequest: RequestBody {
    package static let fields: [Field] = ["key"]
    package var key: String
    package init(key: String) { self.key = key }
}
