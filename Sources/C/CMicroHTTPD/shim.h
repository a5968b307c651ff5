#pragma once
// The variadic function of libmicrohttpd, as it is used here, and constants that are casts: neither comes through to Swift.
#include <microhttpd.h>

typedef void *(*cmhd_uri_callback)(void *context, const char *uri, struct MHD_Connection *connection);
typedef size_t (*cmhd_unescape_callback)(void *context, struct MHD_Connection *connection, char *text);

struct cmhd_options {
  int socket;
  size_t connection_memory;
  unsigned int connection_limit;
  unsigned int idle_seconds;
  void *context;
  MHD_AccessHandlerCallback access;
  cmhd_uri_callback begin;
  MHD_RequestCompletedCallback completed;
};

static size_t cmhd_leave_escaped(void *context, struct MHD_Connection *connection, char *text) {
  (void)context;
  (void)connection;
  return __builtin_strlen(text);
}

/// A daemon without a thread: epoll, suspended connections, nothing decoded, strict about what HTTP forbids.
static inline struct MHD_Daemon *cmhd_start(const struct cmhd_options *options) {
  return MHD_start_daemon(
      MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, options->access, options->context,
      MHD_OPTION_LISTEN_SOCKET, options->socket,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, options->connection_memory,
      MHD_OPTION_CONNECTION_LIMIT, options->connection_limit,
      MHD_OPTION_CONNECTION_TIMEOUT, options->idle_seconds,
      MHD_OPTION_URI_LOG_CALLBACK, options->begin, options->context,
      MHD_OPTION_UNESCAPE_CALLBACK, (cmhd_unescape_callback)cmhd_leave_escaped, NULL,
      MHD_OPTION_NOTIFY_COMPLETED, options->completed, options->context,
      MHD_OPTION_STRICT_FOR_CLIENT, 1,
      // The loop's thread blocks every signal; without this word from us there is no sendfile.
      MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
      MHD_OPTION_END);
}

static inline int cmhd_epoll_descriptor(struct MHD_Daemon *daemon) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
  return info ? info->epoll_fd : -1;
}

static inline unsigned int cmhd_connections(struct MHD_Daemon *daemon) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
  return info ? info->num_connections : 0;
}

static inline int cmhd_socket(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info ? info->connect_fd : -1;
}

static inline void cmhd_headers(struct MHD_Connection *connection, MHD_KeyValueIteratorN iterator, void *context) {
  MHD_get_connection_values_n(connection, MHD_HEADER_KIND, iterator, context);
}

static inline struct MHD_Response *cmhd_response(const void *bytes, size_t size) {
  return MHD_create_response_from_buffer(size, (void *)bytes, MHD_RESPMEM_MUST_COPY);
}

/// Milliseconds until `MHD_run` must be called; -1: not before something happens.
static inline long long cmhd_timeout(struct MHD_Daemon *daemon) {
  MHD_UNSIGNED_LONG_LONG timeout = 0;
  if (MHD_get_timeout(daemon, &timeout) != MHD_YES) return -1;
  return timeout > 86400000 ? 86400000 : (long long)timeout;
}

static const ssize_t cmhd_end_of_stream = -1;
static const ssize_t cmhd_end_with_error = -2;
static const uint64_t cmhd_size_unknown = UINT64_MAX;
