import Testing

@testable import Domain

/// How prices are written, and that a misspelt one is refused.
struct PriceDocumentTests {
    private func fault(_ price: String) -> String? {
        do throws(PriceDocument.Invalid) {
            _ = try PriceDocument.price(parsing: Array(price.utf8))
            return nil
        } catch {
            return error.description
        }
    }

    @Test(
        arguments: [
            (#"{"prompt":"1","completion":"2"}"#, nil), ("{", "the text is not JSON"),
            ("[]", "the text is not an object"),
            (#"{"completion":"2"}"#, "/prompt is missing"), (#"{"prompt":"1"}"#, "/completion is missing"),
            (#"{"prompt":1,"completion":"2"}"#, "/prompt is not an amount"),
            (#"{"prompt":"-1","completion":"2"}"#, "/prompt is not an amount"),
            (#"{"prompt":"1e2","completion":"2"}"#, "/prompt is not an amount"),
            (#"{"prompt":"1","completion":"2","cached":"1"}"#, "/cached is not a field that is known"),
            (#"{"prompt":"1","completion":"2","a/b~":1}"#, "/a~1b~0 is not a field that is known"),
            (#"{"prompt":"1","prompt":"1","completion":"2"}"#, "/prompt stands there twice"),
            (#"{"prompt":"1","completion":"2","max_completion":0}"#, "/max_completion is not a whole number"),
            (
                #"{"prompt":"1","completion":"2","max_completion":1.5}"#,
                "/max_completion is not a whole number"
            ),
            (#"{"prompt":"1","completion":"2","reads_more":false}"#, "/reads_more is not true"),
            (#"{"prompt":"1","completion":"2","flex":{"prompt":"1"}}"#, "/flex/completion is missing"),
            (
                #"{"prompt":"1","completion":"2","flex":{"prompt":"1","completion":"1","flex":{}}}"#,
                "/flex/flex is not"
            ),
            (
                #"{"prompt":"1","completion":"2","long":{"prompt":"1","completion":"1","x":1}}"#,
                "/long/x is not"
            ),
            (#"{"prompt":"1","completion":"2","long":3}"#, "/long is not an object"),
        ] as [(String, String?)])
    func `a price is read strictly`(price: String, expected: String?) {
        let fault = fault(price)

        #expect(expected.map { fault?.hasPrefix($0) == true } ?? (fault == nil), "\(fault ?? "accepted")")
    }

    @Test func `a list says where it is wrong`() {
        func fault(_ text: String) -> String? {
            do throws(PriceDocument.Invalid) {
                _ = try PriceDocument.table(parsing: Array(text.utf8))
                return nil
            } catch {
                return error.description
            }
        }
        #expect(fault(#"{"version":1,"date":"d","source":"s","models":{}}"#) == nil)
        #expect(fault(#"{"version":1,"date":"d","source":"s"}"#) == "/models is missing")
        #expect(fault(#"{"date":"d","source":"s","models":{}}"#) == "/version is missing")
        #expect(
            fault(#"{"version":1,"date":"d","source":"s","models":{"m":{"prompt":"1"}}}"#)
                == "/models/m/completion is missing")
        #expect(
            fault(#"{"version":1,"date":"d","source":"s","models":{},"x":1}"#)
                == "/x is not a field that is known")
    }

    @Test func `what is written is read as the same`() throws {
        for (id, price) in try PriceTable.shipped().prices {
            let text = PriceDocument.text(of: price)
            #expect(try PriceDocument.price(parsing: Array(text.utf8)) == price, "\(id)")
        }
    }

    @Test(arguments: ["refuse", "allow", "2.50/10.00"])
    func `a rule for unpriced models is written as it is read`(text: String) throws {
        #expect(try #require(UnpricedRule(text)).description == text)
    }

    @Test(arguments: ["", "Refuse", "1", "1/", "/1", "1/2/3", "-1/2", "free"])
    func `another rule is refused`(text: String) {
        #expect(UnpricedRule(text) == nil)
    }

    @Test(arguments: ["1:refuse", "4096:clamp"])
    func `a cap is written as it is read`(text: String) throws {
        #expect(try #require(OutputCap(text)).description == text)
    }

    @Test func `a cap without a mode refuses`() {
        #expect(OutputCap("7")?.mode == .refuse)
    }

    @Test(arguments: [
        "", "0", "-1", "+1", "1:", ":clamp", "1:Clamp", "1:clamp:2", "1.5", "99999999999999999999",
    ])
    func `another cap is refused`(text: String) {
        #expect(OutputCap(text) == nil)
    }
}
