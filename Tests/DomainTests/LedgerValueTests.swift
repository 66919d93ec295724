import Domain
import Testing

@Suite struct LedgerValueTests {
    @Test func `ids rise with the generation first, and fit a signed integer`() {
        let first = LedgerID(generation: 1, sequence: LedgerID.largestSequence)
        let second = LedgerID(generation: 2, sequence: 0)
        #expect(first < second)
        #expect(first.rawValue + 1 == second.rawValue)
        let last = LedgerID(generation: LedgerID.largestGeneration, sequence: LedgerID.largestSequence)
        #expect(last.rawValue == .max)
    }

    @Test func `long text is cut behind a whole character`() {
        #expect(LedgerText("gpt-4.1").rawValue == "gpt-4.1")
        let exact = String(repeating: "a", count: LedgerText.limit)
        #expect(LedgerText(exact).rawValue == exact)
        #expect(LedgerText(exact + "b").rawValue == exact)
        #expect(LedgerText("abc" + String(repeating: "é", count: 100)).rawValue.utf8.count == 127)
    }

    @Test(arguments: [
        ("127.0.0.1", ClientClass.loopback), ("::1", .loopback), ("::ffff:127.3.3.3", .loopback),
        ("10.1.2.3", .privateNetwork), ("172.31.0.1", .privateNetwork), ("172.32.0.1", .publicNetwork),
        ("192.168.9.9", .privateNetwork),
        ("169.254.1.1", .privateNetwork), ("100.64.0.1", .privateNetwork), ("fd00::1", .privateNetwork),
        ("fe80::1", .privateNetwork),
        ("8.8.8.8", .publicNetwork), ("2001:4860::8888", .publicNetwork),
    ])
    func `a client is loopback, private or public`(address: String, expected: ClientClass) throws {
        let address: IPAddress = try #require(IPAddress(address))
        #expect(ClientClass(of: address) == expected)
        #expect(ClientClass(of: nil) == .unknown)
    }

    @Test func `an exchange falls under sixteen counters and no more`() {
        var accounts = AccountPeriods()
        for number in 0..<Int32(AccountPeriods.capacity) {
            let isTaken = accounts.append(AccountPeriod(account: number, start: Timestamp(seconds: 7)))
            #expect(isTaken)
        }
        let isTaken = accounts.append(AccountPeriod(account: 99, start: Timestamp(seconds: 7)))
        #expect(!isTaken)
        #expect(accounts.map(\.account) == Array(0..<16))
        #expect(accounts != [])
    }

    @Test func `a table is written as RFC 4180 has it, and no cell is a formula`() {
        var csv = CSVText()
        csv.append(row: ["model", "cost_usd"])
        csv.append(row: ["gpt-4.1", "0.05"])
        csv.append(row: ["a,b", "say \"hi\"", "two\nlines", ""])
        csv.append(row: ["=1+1", "+1", "-1", "@x", "\tx", "\r=x", "\n=x", "a=b", "=\"x\""])
        #expect(
            csv.text == "model,cost_usd\r\ngpt-4.1,0.05\r\n\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\r\n"
                + "'=1+1,'+1,'-1,'@x,'\tx,\"'\r=x\",\"'\n=x\",a=b,\"'=\"\"x\"\"\"\r\n")
    }
}
