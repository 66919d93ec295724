/// What the router sends up its channel when it begins to read the body of its request: a client that waits
/// to be asked for it (`Expect: 100-continue`) is asked then, and not before its management key was looked
/// at.
package struct BodyWanted: Sendable {
    package init() {}
}
