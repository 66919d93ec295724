import Domain
import Testing

struct MoneyTests {
    @Test(arguments: [
        ("5", 5_000_000_000, "5.00"), ("5.00", 5_000_000_000, "5.00"), ("0.00000015", 150, "0.00000015"),
        ("0", 0, "0.00"), ("9223372036.854775807", Int64.max, "9223372036.854775807"),
    ])
    func `a decimal string is read to the nano-dollar and written shortest`(
        text: String, nano: Int64, written: String
    ) {
        #expect(Money(text)?.nanoUSD == nano)
        #expect(Money(nanoUSD: nano).description == written)
    }

    @Test(arguments: [
        "", ".", "5.", ".5", "-1", "+1", "1e3", " 1", "1.0000000000", "1.2.3", "9223372036.854775808",
    ])
    func `anything else is refused`(text: String) { #expect(Money(text) == nil) }

    @Test func `a sum too large for the type stays the largest`() {
        #expect(Money.max + Money(nanoUSD: 1) == .max)
        #expect(Money(nanoUSD: -5).description == "-0.000000005")
    }
}
