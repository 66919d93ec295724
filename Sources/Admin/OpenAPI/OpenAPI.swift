/// The description of the management API (OpenAPI 3.1): `openapi.json` beside this file, written by hand. The
/// tests hold it to the routes, and a live server to it.
package enum OpenAPI {
    package static var text: [UInt8] { PackageResources.openapi_json }
}
