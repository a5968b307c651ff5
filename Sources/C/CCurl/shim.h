#pragma once
// The variadic functions of libcurl, one per type of argument, and the one union: neither comes through to Swift.
#define CURL_DISABLE_TYPECHECK 1
#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>

static inline CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode ccurl_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(easy, option, value);
}
/// For strings (libcurl copies them), lists, buffers and user data (it does not).
static inline CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, const void *value) {
  return curl_easy_setopt(easy, option, value);
}
static inline CURLcode ccurl_set_write(CURL *easy, curl_write_callback function, void *context) {
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
  return curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, function);
}
static inline CURLcode ccurl_set_header(CURL *easy, curl_write_callback function, void *context) {
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, context);
  return curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, function);
}
static inline CURLcode ccurl_set_read(CURL *easy, curl_read_callback function, void *context) {
  curl_easy_setopt(easy, CURLOPT_READDATA, context);
  return curl_easy_setopt(easy, CURLOPT_READFUNCTION, function);
}
static inline CURLcode ccurl_set_seek(CURL *easy, curl_seek_callback function, void *context) {
  curl_easy_setopt(easy, CURLOPT_SEEKDATA, context);
  return curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, function);
}
static inline CURLcode ccurl_set_prerequest(CURL *easy, curl_prereq_callback function, void *context) {
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, context);
  return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, function);
}
static inline curl_socket_t ccurl_open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
  (void)purpose;
  // 02000000 is SOCK_CLOEXEC: a program that is started meanwhile must not hold our connections open.
  curl_socket_t made = socket(address->family, address->socktype | 02000000, address->protocol);
  int size = 1460;
  // No more than a wish: what it is for works without it, less evenly.
  if (context && made >= 0) setsockopt(made, IPPROTO_TCP, TCP_MAXSEG, &size, sizeof size);
  return made;
}
/// Sockets that started programs do not inherit; with segments no larger than those of an Ethernet, if asked for.
static inline CURLcode ccurl_set_private_sockets(CURL *easy, bool small_segments) {
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, small_segments ? easy : NULL);
  return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, ccurl_open_socket);
}
/// Lets the other end send no more than this before somebody has taken it.
static inline void ccurl_set_window(curl_socket_t open, int bytes) {
  // The first ends the system's own growing of the buffer, which would lift the second.
  int room = bytes / 2;
  setsockopt(open, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  setsockopt(open, IPPROTO_TCP, TCP_WINDOW_CLAMP, &bytes, sizeof bytes);
}
static inline CURLcode ccurl_get_long(CURL *easy, CURLINFO info, long *value) {
  return curl_easy_getinfo(easy, info, value);
}

static inline CURLMcode ccurl_multi_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}
static inline CURLMcode ccurl_multi_socket(CURLM *multi, curl_socket_callback function, void *context) {
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
  return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, function);
}
static inline CURLMcode ccurl_multi_timer(CURLM *multi, curl_multi_timer_callback function, void *context) {
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
  return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, function);
}
static inline CURLcode ccurl_message_result(const CURLMsg *message) { return message->data.result; }
static inline CURLcode ccurl_global_init(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }
