import Testing
import Vault

@Suite struct WebhookSignatureTests {
    /// The example in GitHub's documentation of webhooks.
    private let secret = Secret(utf8: "It's a Secret to Everybody")
    private let body = Array("Hello, World!".utf8)
    private let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

    @Test func `the published example is valid`() {
        #expect(WebhookSignature.isValid(signature, of: body, under: secret))
        #expect(
            WebhookSignature.isValid("sha256=" + signature.dropFirst(7).uppercased(), of: body, under: secret)
        )
    }

    @Test func `what is signed is the published example, and valid`() {
        #expect(WebhookSignature.sign(body, under: secret) == signature)
        #expect(WebhookSignature.isValid(WebhookSignature.sign([], under: secret), of: [], under: secret))
    }

    @Test func `another body, secret or signature is not`() {
        #expect(!WebhookSignature.isValid(signature, of: body + [0x0A], under: secret))
        #expect(!WebhookSignature.isValid(signature, of: [], under: secret))
        #expect(!WebhookSignature.isValid(signature, of: body, under: Secret(utf8: "It's a Secret")))
        let digits = Array(signature.utf8)
        for index in digits.indices {
            var changed = digits
            changed[index] = changed[index] == 0x30 ? 0x31 : 0x30
            let text = String(decoding: changed, as: UTF8.self)
            #expect(!WebhookSignature.isValid(text, of: body, under: secret), "\(text)")
        }
        for text in [
            "", "sha256=", String(signature.dropFirst(7)), signature + "0", signature + "zz",
            "sha1=" + signature,
        ] {
            #expect(!WebhookSignature.isValid(text, of: body, under: secret), "\(text)")
        }
    }
}
