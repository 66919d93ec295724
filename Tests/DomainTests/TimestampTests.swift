import Domain
import Foundation
import Testing

struct TimestampTests {
    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"), (1_796_031_509, "Mon, 30 Nov 2026 09:38:29 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
    ])
    func `a date is written as HTTP writes it`(seconds: Int, text: String) {
        #expect(Timestamp(milliseconds: Int64(seconds) * 1000).httpDate == text)
        #expect(Timestamp(milliseconds: Int64(seconds) * 1000 + 999).httpDate == text)
    }

    @Test func `both forms say what Foundation says`() {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(secondsFromGMT: 0)
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT' yyyy-MM-dd'T'HH:mm:ss'.000Z'"
        // Some days more than a month, so that all days, weekdays and months come.
        for seconds in stride(from: Int64(-2_000_000_000), to: 5_000_000_000, by: 2_987_654) {
            let moment = Timestamp(seconds: seconds)
            let expected = format.string(from: Date(timeIntervalSince1970: Double(seconds)))
            #expect("\(moment.httpDate) \(moment.rfc3339)" == expected)
        }
    }

    @Test func `a moment that cannot be written is written as the nearest that can`() {
        #expect(Timestamp(milliseconds: .min).rfc3339 == "0000-01-01T00:00:00.000Z")
        #expect(Timestamp(milliseconds: -62_167_219_200_001).rfc3339 == "0000-01-01T00:00:00.000Z")
        #expect(Timestamp(milliseconds: 253_402_300_800_000).rfc3339 == "9999-12-31T23:59:59.999Z")
        #expect(Timestamp(milliseconds: .max).httpDate == "Fri, 31 Dec 9999 23:59:59 GMT")
    }

    @Test func `sums and differences of moments saturate`() {
        let (first, last) = (Timestamp(milliseconds: .min), Timestamp(milliseconds: .max))
        #expect(last.adding(milliseconds: 1) == last && first.adding(milliseconds: -1) == first)
        #expect(Timestamp(seconds: .max) == last && Timestamp(seconds: .min) == first)
        #expect(last.adding(seconds: .max) == last && first.adding(seconds: .min) == first)
        #expect(Timestamp(seconds: 0).adding(seconds: -.max) == first)
        #expect(last.milliseconds(since: first) == .max && first.milliseconds(since: last) == .min)
    }
}
