/// An access token that would be admitted, with the project it belongs to: what ``Admission`` knows of
/// whoever calls, before it looks at the request.
package struct Holder: Sendable {
    package let grant: AccessGrant
    package let route: ProjectRoute
}
