// Typed doors to libcurl's variadic functions (Swift cannot call C varargs), and the Linux calls the transfer loop needs.
#pragma once
#include <curl/curl.h>
#include <sys/epoll.h>

typedef size_t (*lk_data_callback)(char *, size_t, size_t, void *);
typedef int (*lk_prereq_callback)(void *, char *, char *, int, int);
typedef int (*lk_close_callback)(void *, curl_socket_t);
typedef int (*lk_socket_callback)(CURL *, curl_socket_t, int, void *, void *);
typedef int (*lk_timer_callback)(CURLM *, long, void *);

static inline CURLcode lk_easy_set_long(CURL *h, CURLoption o, long v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode lk_easy_set_offset(CURL *h, CURLoption o, curl_off_t v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode lk_easy_set_pointer(CURL *h, CURLoption o, const void *v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode lk_easy_set_data_callback(CURL *h, CURLoption o, lk_data_callback v) { return curl_easy_setopt(h, o, v); }
static inline CURLcode lk_easy_set_prereq_callback(CURL *h, lk_prereq_callback v) { return curl_easy_setopt(h, CURLOPT_PREREQFUNCTION, v); }
static inline CURLcode lk_easy_set_close_callback(CURL *h, lk_close_callback v) { return curl_easy_setopt(h, CURLOPT_CLOSESOCKETFUNCTION, v); }
static inline CURLcode lk_easy_get_long(CURL *h, CURLINFO i, long *v) { return curl_easy_getinfo(h, i, v); }
static inline CURLcode lk_easy_get_pointer(CURL *h, CURLINFO i, void **v) { return curl_easy_getinfo(h, i, v); }
static inline CURLMcode lk_multi_set_long(CURLM *m, CURLMoption o, long v) { return curl_multi_setopt(m, o, v); }
static inline CURLMcode lk_multi_set_pointer(CURLM *m, CURLMoption o, void *v) { return curl_multi_setopt(m, o, v); }
static inline CURLMcode lk_multi_set_socket_callback(CURLM *m, lk_socket_callback v) { return curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, v); }
static inline CURLMcode lk_multi_set_timer_callback(CURLM *m, lk_timer_callback v) { return curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, v); }
