/// The holder of an access token that is valid, and the project it belongs to: what ``Admission`` knows of
/// the caller before it looks at the request.
package struct Holder: Sendable {
    package let grant: AccessGrant
    package let route: ProjectRoute
}
