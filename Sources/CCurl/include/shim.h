// Typed doors to libcurl's variadic functions (Swift cannot call C varargs), and the Linux calls the transfer loop needs.
#pragma once
#include <curl/curl.h>
#include <dlfcn.h>
#include <linux/aio_abi.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef size_t (*lk_data_callback)(char *, size_t, size_t, void *);
typedef int (*lk_close_callback)(void *, curl_socket_t);
typedef curl_socket_t (*lk_opensocket_callback)(void *, curlsocktype, struct curl_sockaddr *);
typedef int (*lk_socket_callback)(CURL *, curl_socket_t, int, void *, void *);
typedef int (*lk_timer_callback)(CURLM *, long, void *);

static inline CURLcode lk_easy_set_long(CURL *h, CURLoption o, long v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode lk_easy_set_offset(CURL *h, CURLoption o, curl_off_t v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode lk_easy_set_pointer(CURL *h, CURLoption o, const void *v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode lk_easy_set_data_callback(CURL *h, CURLoption o, lk_data_callback v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode lk_easy_set_close_callback(CURL *h, lk_close_callback v) { return curl_easy_setopt(h, CURLOPT_CLOSESOCKETFUNCTION, v); }
static inline CURLcode lk_easy_set_opensocket_callback(CURL *h, lk_opensocket_callback v) { return curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, v); }
static inline CURLcode lk_easy_get_long(CURL *h, CURLINFO i, long *v) { return curl_easy_getinfo(h, i, v); }
static inline CURLcode lk_easy_get_socket(CURL *h, CURLINFO i, curl_socket_t *v) { return curl_easy_getinfo(h, i, v); }
static inline CURLcode lk_easy_get_pointer(CURL *h, CURLINFO i, void **v) { return curl_easy_getinfo(h, i, v); }

// Tells OpenSSL never to shake hands again on a connection (SSL_OP_NO_RENEGOTIATION), for which libcurl has no option.
// The function is found in the library that libcurl brings along; another TLS library than OpenSSL is left alone.
static inline CURLcode lk_forbid_renegotiation(CURL *h, void *context, void *unused) {
    const char *library = curl_version_info(CURLVERSION_NOW)->ssl_version;
    void *function = dlsym(RTLD_DEFAULT, "SSL_CTX_set_options");
    (void)h;
    (void)unused;
    if (function && library && strncmp(library, "OpenSSL/", 8) == 0)
        ((unsigned long long (*)(void *, unsigned long long))function)(context, 1ull << 30);
    return CURLE_OK;
}

// What a TLS library without such a callback says is of no interest.
static inline void lk_easy_forbid_renegotiation(CURL *h) {
    (void)curl_easy_setopt(h, CURLOPT_SSL_CTX_FUNCTION, lk_forbid_renegotiation);
}

// Whether the other side has ended TLS (close_notify), after libcurl has told of an end: with OpenSSL it says the same
// of a connection that just ended, which anybody on the way can bring about. Other TLS libraries call that an error.
static inline int lk_easy_has_ended_tls(CURL *h) {
    struct curl_tlssessioninfo *session = NULL;
    void *function = dlsym(RTLD_DEFAULT, "SSL_get_shutdown");
    if (curl_easy_getinfo(h, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || !session || !function) return 1;
    if (session->backend != CURLSSLBACKEND_OPENSSL || !session->internals) return 1;
    // SSL_RECEIVED_SHUTDOWN
    return (((int (*)(const void *))function)(session->internals) & 2) != 0;
}

static inline CURLSHcode lk_share(CURLSH *s, curl_lock_data v) { return curl_share_setopt(s, CURLSHOPT_SHARE, v); }
static inline CURLMcode lk_multi_set_pointer(CURLM *m, CURLMoption o, void *v) { return curl_multi_setopt(m, o, v); }
static inline CURLMcode lk_multi_set_socket_callback(CURLM *m, lk_socket_callback v) { return curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, v); }
static inline CURLMcode lk_multi_set_timer_callback(CURLM *m, lk_timer_callback v) { return curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, v); }

// The octets of an IPv4 or IPv6 address and their number; 0 for any other family. What libcurl hands over is longer
// than its declared type: the address is read where it stands, never copied as a struct sockaddr.
static inline int lk_address_octets(const struct curl_sockaddr *address, unsigned char octets[16]) {
    switch (address->family) {
    case AF_INET: memcpy(octets, &((const struct sockaddr_in *)&address->addr)->sin_addr, 4); return 4;
    case AF_INET6: memcpy(octets, &((const struct sockaddr_in6 *)&address->addr)->sin6_addr, 16); return 16;
    default: return 0;
    }
}

static inline curl_socket_t lk_socket(const struct curl_sockaddr *address) {
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// What a connection without TLS does with its descriptor, which does not block; -1 with errno where it fails.

static inline ssize_t lk_receive(int descriptor, void *bytes, size_t count) { return recv(descriptor, bytes, count, 0); }

static inline ssize_t lk_peek(int descriptor) {
    char byte;
    return recv(descriptor, &byte, 1, MSG_PEEK);
}

static inline ssize_t lk_send(int descriptor, struct iovec *parts, size_t count) {
    struct msghdr message;
    memset(&message, 0, sizeof message);
    message.msg_iov = parts;
    message.msg_iovlen = count;
    return sendmsg(descriptor, &message, MSG_NOSIGNAL);
}

// Kernel asynchronous I/O, of which only IOCB_CMD_POLL is used (Linux 4.18): "write to this eventfd when that
// descriptor is readable". glibc has no wrappers for these calls.

static inline int lk_aio_setup(unsigned count, aio_context_t *context) { return (int)syscall(SYS_io_setup, count, context); }

static inline int lk_aio_signal_when_readable(aio_context_t context, int descriptor, int event) {
    struct iocb request;
    struct iocb *requests[1] = { &request };
    memset(&request, 0, sizeof request);
    request.aio_lio_opcode = IOCB_CMD_POLL;
    request.aio_fildes = (unsigned)descriptor;
    request.aio_buf = POLLIN;
    request.aio_flags = IOCB_FLAG_RESFD;
    request.aio_resfd = (unsigned)event;
    return (int)syscall(SYS_io_submit, context, 1, requests);
}

static inline int lk_aio_forget_completed(aio_context_t context) {
    struct io_event events[64];
    struct timespec none = { 0, 0 };
    return (int)syscall(SYS_io_getevents, context, 0, 64, events, &none);
}
