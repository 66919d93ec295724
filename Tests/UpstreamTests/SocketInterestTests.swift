import CCurl
import Glibc
import Testing

@testable import Upstream

/// What of a socket reaches libcurl, on real descriptors.
@Suite(.serialized) struct SocketInterestTests {
    /// Two ends of a connection.
    private func pair() throws -> (near: Int32, far: Int32) {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        return (ends[0], ends[1])
    }

    /// The set's next event, if there is one now.
    private func event(of interest: SocketInterest) -> epoll_event? {
        var event = epoll_event()
        return epoll_wait(interest.set, &event, 1, 0) == 1 ? event : nil
    }

    /// What libcurl is told of the set's next event.
    private func selection(_ interest: inout SocketInterest) -> Int32? {
        guard let event = event(of: interest) else { return nil }
        return interest.selection(for: event.data.fd, events: event.events)
    }

    private func say(_ socket: Int32) { _ = write(socket, "x", 1) }

    @Test func `a wish is met, changed and dropped`() throws {
        var interest = SocketInterest()
        let (near, far) = try pair()
        interest.open(near)
        interest.update(near, CURL_POLL_OUT)
        #expect(selection(&interest) == CURL_CSELECT_OUT)
        interest.update(near, CURL_POLL_IN)
        #expect(selection(&interest) == nil)
        say(far)
        #expect(selection(&interest) == CURL_CSELECT_IN)
        interest.update(near, CURL_POLL_INOUT)
        #expect(selection(&interest) == CURL_CSELECT_IN | CURL_CSELECT_OUT)
        interest.update(near, CURL_POLL_REMOVE)
        #expect(selection(&interest) == nil)
        interest.forget(near)
        for socket in [near, far, interest.set] { close(socket) }
    }

    @Test func `an idle connection stays registered until it has an event that nobody wants`() throws {
        var interest = SocketInterest()
        let (near, far) = try pair()
        interest.open(near)
        interest.update(near, CURL_POLL_IN)
        interest.update(near, CURL_POLL_REMOVE)
        say(far)
        let unwanted = try #require(event(of: interest), "it is still in the set")
        #expect(interest.selection(for: near, events: unwanted.events) == nil)
        #expect(event(of: interest) == nil, "and now it is not, although the byte is still there")
        interest.update(near, CURL_POLL_IN)
        #expect(selection(&interest) == CURL_CSELECT_IN)
        for socket in [near, far, interest.set] { close(socket) }
    }

    @Test func `a peer that went away is an error, and an end to read`() throws {
        var interest = SocketInterest()
        let (near, far) = try pair()
        interest.open(near)
        interest.update(near, CURL_POLL_IN)
        close(far)
        #expect(selection(&interest) == CURL_CSELECT_IN | CURL_CSELECT_ERR)
        for socket in [near, interest.set] { close(socket) }
    }

    @Test func `what is no connection of ours leaves the set at once`() throws {
        var interest = SocketInterest()
        let (near, far) = try pair()
        interest.update(near, CURL_POLL_IN)
        interest.update(near, CURL_POLL_REMOVE)
        say(far)
        #expect(event(of: interest) == nil)
        for socket in [near, far, interest.set] { close(socket) }
    }

    /// libcurl's resolver closes its sockets without telling, and the next connection gets their number.
    @Test(arguments: [CURL_POLL_IN, CURL_POLL_OUT, CURL_POLL_INOUT], [CURL_POLL_IN, CURL_POLL_OUT])
    func `a number that comes back belongs to the new socket`(_ old: Int32, _ new: Int32) throws {
        var interest = SocketInterest()
        let resolver = try pair()
        interest.update(resolver.near, old)
        let (near, far) = try pair()
        try #require(dup2(near, resolver.near) == resolver.near)
        close(near)
        interest.open(resolver.near)
        interest.update(resolver.near, new)
        say(far)
        #expect(selection(&interest) == (new == CURL_POLL_IN ? CURL_CSELECT_IN : CURL_CSELECT_OUT))
        for socket in [resolver.near, resolver.far, far, interest.set] { close(socket) }
    }

    @Test func `a number that comes back without a word is registered when its wish differs`() throws {
        var interest = SocketInterest()
        let first = try pair()
        interest.update(first.near, CURL_POLL_IN)
        let (near, far) = try pair()
        try #require(dup2(near, first.near) == first.near)
        close(near)
        interest.update(first.near, CURL_POLL_OUT)
        #expect(selection(&interest) == CURL_CSELECT_OUT)
        for socket in [first.near, first.far, far, interest.set] { close(socket) }
    }

    @Test func `a forgotten socket, and one never heard of, can be forgotten again`() throws {
        var interest = SocketInterest()
        interest.forget(4000)
        let (near, far) = try pair()
        interest.open(near)
        interest.update(near, CURL_POLL_IN)
        interest.forget(near)
        interest.forget(near)
        close(near)
        say(far)
        #expect(event(of: interest) == nil)
        for socket in [far, interest.set] { close(socket) }
    }
}
