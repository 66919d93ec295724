// Typed doors to libcurl's variadic functions (Swift cannot call C varargs), and the Linux calls the transfer loop needs.
#pragma once
#include <curl/curl.h>
#include <linux/aio_abi.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef size_t (*lk_data_callback)(char *, size_t, size_t, void *);
typedef int (*lk_prereq_callback)(void *, char *, char *, int, int);
typedef int (*lk_close_callback)(void *, curl_socket_t);
typedef curl_socket_t (*lk_opensocket_callback)(void *, curlsocktype, struct curl_sockaddr *);
typedef int (*lk_debug_callback)(CURL *, curl_infotype, char *, size_t, void *);
typedef int (*lk_socket_callback)(CURL *, curl_socket_t, int, void *, void *);
typedef int (*lk_timer_callback)(CURLM *, long, void *);

static inline CURLcode lk_easy_set_long(CURL *h, CURLoption o, long v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode lk_easy_set_offset(CURL *h, CURLoption o, curl_off_t v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode lk_easy_set_pointer(CURL *h, CURLoption o, const void *v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode lk_easy_set_data_callback(CURL *h, CURLoption o, lk_data_callback v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode lk_easy_set_prereq_callback(CURL *h, lk_prereq_callback v) { return curl_easy_setopt(h, CURLOPT_PREREQFUNCTION, v); }
static inline CURLcode lk_easy_set_close_callback(CURL *h, lk_close_callback v) { return curl_easy_setopt(h, CURLOPT_CLOSESOCKETFUNCTION, v); }
static inline CURLcode lk_easy_set_opensocket_callback(CURL *h, lk_opensocket_callback v) { return curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, v); }
static inline CURLcode lk_easy_set_debug_callback(CURL *h, lk_debug_callback v) { return curl_easy_setopt(h, CURLOPT_DEBUGFUNCTION, v); }
static inline CURLcode lk_easy_get_long(CURL *h, CURLINFO i, long *v) { return curl_easy_getinfo(h, i, v); }
static inline CURLcode lk_easy_get_offset(CURL *h, CURLINFO i, curl_off_t *v) { return curl_easy_getinfo(h, i, v); }
static inline CURLcode lk_easy_get_pointer(CURL *h, CURLINFO i, void **v) { return curl_easy_getinfo(h, i, v); }
static inline CURLMcode lk_multi_set_long(CURLM *m, CURLMoption o, long v) { return curl_multi_setopt(m, o, v); }
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
