/// Whether a request is a browser's question instead of a call.
extension RequestHead {
    /// nil where it is none: any other method than OPTIONS costs one comparison.
    var preflight: CrossOriginPolicy.Preflight? {
        guard method == .options else { return nil }
        return CrossOriginPolicy.Preflight(
            origin: text(of: "origin"), method: text(of: "access-control-request-method"),
            headers: text(of: "access-control-request-headers"))
    }
}
