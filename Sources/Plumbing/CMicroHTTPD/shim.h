#pragma once
#include <microhttpd.h>
#include <stdint.h>

// Swift cannot call variadic functions: one typed wrapper for each use.

typedef void *(*sluice_mhd_target_callback)(
    void *context, const char *target, struct MHD_Connection *connection);

struct sluice_mhd_options {
  int listening_descriptor;
  unsigned int threads;
  unsigned int connection_limit;
  unsigned int idle_timeout_seconds;
  size_t connection_memory_bytes;
  void *context;
  MHD_AcceptPolicyCallback admits;
  MHD_NotifyConnectionCallback on_connection;
  sluice_mhd_target_callback on_target;
  MHD_AccessHandlerCallback on_request;
  MHD_RequestCompletedCallback on_completed;
};

static inline struct MHD_Daemon *sluice_mhd_start(const struct sluice_mhd_options *options) {
  unsigned int flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME
      | MHD_ALLOW_UPGRADE;
  flags |= MHD_is_feature_supported(MHD_FEATURE_EPOLL) == MHD_YES ? MHD_USE_EPOLL : MHD_USE_POLL;
  struct MHD_OptionItem pool[] = {
    { options->threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END,
      (intptr_t) options->threads, NULL },
    { MHD_OPTION_END, 0, NULL },
  };
  return MHD_start_daemon(
      flags, 0, options->admits, options->context, options->on_request, options->context,
      MHD_OPTION_NOTIFY_CONNECTION, options->on_connection, options->context,
      MHD_OPTION_LISTEN_SOCKET, options->listening_descriptor,
      MHD_OPTION_CONNECTION_LIMIT, options->connection_limit,
      MHD_OPTION_CONNECTION_TIMEOUT, options->idle_timeout_seconds,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, options->connection_memory_bytes,
      MHD_OPTION_URI_LOG_CALLBACK, options->on_target, options->context,
      MHD_OPTION_NOTIFY_COMPLETED, options->on_completed, options->context,
      MHD_OPTION_ARRAY, pool,
      MHD_OPTION_END);
}

// NULL when the library cannot say; points into the connection.
static inline const struct sockaddr *sluice_mhd_client_address(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  return info ? info->client_addr : NULL;
}

// The number that on_connection stored for this connection; 0 when it stored none.
static inline uintptr_t sluice_mhd_number(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info ? (uintptr_t) info->socket_context : 0;
}

// -1 when the library cannot say.
static inline int sluice_mhd_descriptor(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info ? info->connect_fd : -1;
}

// HTTP/1.0 clients that ask for keep-alive wait for this header in the answer.
static inline void sluice_mhd_send_keep_alive(struct MHD_Response *response) {
  MHD_set_response_options(response, MHD_RF_SEND_KEEP_ALIVE_HEADER, MHD_RO_END);
}

static inline void sluice_mhd_upgrade_close(struct MHD_UpgradeResponseHandle *handle) {
  MHD_upgrade_action(handle, MHD_UPGRADE_ACTION_CLOSE);
}
