#include "CCurl.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// CURLOPT_PREREQFUNCTION, which the classification rests on, came with 7.80.
enum { OLDEST_VERSION = 0x075000 };

static struct {
  CURLcode (*global_init)(long);
  curl_version_info_data *(*version_info)(CURLversion);
  CURL *(*easy_init)(void);
  CURLcode (*easy_setopt)(CURL *, CURLoption, ...);
  CURLcode (*easy_perform)(CURL *);
  CURLcode (*easy_getinfo)(CURL *, CURLINFO, ...);
  void (*easy_cleanup)(CURL *);
  const char *(*easy_strerror)(CURLcode);
  struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
  void (*slist_free_all)(struct curl_slist *);
} curl;

static pthread_once_t load_once = PTHREAD_ONCE_INIT;
static char load_error[512];

static bool resolve(void *library) {
  const struct {
    const char *name;
    void *slot;
  } symbols[] = {
      {"curl_global_init", &curl.global_init},
      {"curl_version_info", &curl.version_info},
      {"curl_easy_init", &curl.easy_init},
      {"curl_easy_setopt", &curl.easy_setopt},
      {"curl_easy_perform", &curl.easy_perform},
      {"curl_easy_getinfo", &curl.easy_getinfo},
      {"curl_easy_cleanup", &curl.easy_cleanup},
      {"curl_easy_strerror", &curl.easy_strerror},
      {"curl_slist_append", &curl.slist_append},
      {"curl_slist_free_all", &curl.slist_free_all},
  };
  for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
    void *address = dlsym(library, symbols[i].name);
    if (address == NULL) {
      snprintf(load_error, sizeof load_error, "libcurl.so.4 has no %s", symbols[i].name);
      return false;
    }
    memcpy(symbols[i].slot, &address, sizeof address);
  }
  return true;
}

static void load(void) {
  void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    snprintf(
        load_error, sizeof load_error,
        "libcurl cannot be loaded (%s): install Debian's package libcurl4", dlerror());
    return;
  }
  if (!resolve(library)) return;
  const curl_version_info_data *version = curl.version_info(CURLVERSION_NOW);
  if (version->version_num < OLDEST_VERSION) {
    snprintf(
        load_error, sizeof load_error, "libcurl %s is too old: 7.80 or later is needed",
        version->version);
    return;
  }
  CURLcode code = curl.global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) {
    snprintf(
        load_error, sizeof load_error, "libcurl does not start: %s", curl.easy_strerror(code));
  }
}

const char *ccurl_load_error(void) {
  pthread_once(&load_once, load);
  return load_error[0] == '\0' ? NULL : load_error;
}

struct ccurl_connection {
  CURL *handle;
  struct curl_slist *headers;
  uint8_t *body;
  size_t length, capacity;
  // How often, in the current call, libcurl was about to send the request.
  int sends;
  char error[CURL_ERROR_SIZE];
};

// Called when a connection stands and the request is about to be sent on it. libcurl silently
// repeats a request, a POST too, when a reused connection dies before the first byte of the answer.
// The server may have carried out the first copy: a second one would make one write take effect
// twice, or a compare-and-set that succeeded report failure. So there is no second time.
static int before_request(
    void *context, char *remote_ip, char *local_ip, int remote_port, int local_port) {
  (void)remote_ip, (void)local_ip, (void)remote_port, (void)local_port;
  ccurl_connection *connection = context;
  if (connection->sends > 0) return CURL_PREREQFUNC_ABORT;
  connection->sends = 1;
  return CURL_PREREQFUNC_OK;
}

static size_t receive(char *bytes, size_t size, size_t count, void *context) {
  ccurl_connection *connection = context;
  size_t more = size * count;
  if (more > CCURL_MAX_BODY - connection->length) return 0;
  if (connection->length + more > connection->capacity) {
    size_t capacity = 2 * (connection->length + more);
    uint8_t *body = realloc(connection->body, capacity);
    if (body == NULL) return 0;
    connection->body = body;
    connection->capacity = capacity;
  }
  memcpy(connection->body + connection->length, bytes, more);
  connection->length += more;
  return more;
}

static void configure(ccurl_connection *connection) {
  CURL *handle = connection->handle;
  curl.easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  // An empty proxy also overrides http_proxy and its kin: the traffic goes to the node or nowhere.
  curl.easy_setopt(handle, CURLOPT_PROXY, "");
  curl.easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl.easy_setopt(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  curl.easy_setopt(handle, CURLOPT_MAXCONNECTS, 1L);
  curl.easy_setopt(handle, CURLOPT_HTTPHEADER, connection->headers);
  curl.easy_setopt(handle, CURLOPT_ERRORBUFFER, connection->error);
  curl.easy_setopt(handle, CURLOPT_PREREQFUNCTION, before_request);
  curl.easy_setopt(handle, CURLOPT_PREREQDATA, connection);
  curl.easy_setopt(handle, CURLOPT_WRITEFUNCTION, receive);
  curl.easy_setopt(handle, CURLOPT_WRITEDATA, connection);
}

ccurl_connection *ccurl_open(void) {
  if (ccurl_load_error() != NULL) return NULL;
  ccurl_connection *connection = calloc(1, sizeof *connection);
  if (connection == NULL) return NULL;
  connection->handle = curl.easy_init();
  connection->headers = curl.slist_append(NULL, "Content-Type: application/json");
  // Without "Expect:", libcurl waits for a "100 Continue" before it sends a large body.
  struct curl_slist *headers = curl.slist_append(connection->headers, "Expect:");
  if (connection->handle == NULL || headers == NULL) {
    ccurl_close(connection);
    return NULL;
  }
  connection->headers = headers;
  configure(connection);
  return connection;
}

void ccurl_close(ccurl_connection *connection) {
  if (connection == NULL) return;
  if (connection->handle != NULL) curl.easy_cleanup(connection->handle);
  curl.slist_free_all(connection->headers);
  free(connection->body);
  free(connection);
}

void ccurl_post(
    ccurl_connection *connection, const char *url, const uint8_t *body, size_t length,
    long timeout_ms, ccurl_result *result) {
  CURL *handle = connection->handle;
  connection->length = 0;
  connection->sends = 0;
  connection->error[0] = '\0';
  curl.easy_setopt(handle, CURLOPT_URL, url);
  curl.easy_setopt(handle, CURLOPT_POSTFIELDS, (const char *)body);
  curl.easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)length);
  curl.easy_setopt(handle, CURLOPT_TIMEOUT_MS, timeout_ms);
  curl.easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms);

  CURLcode code = curl.easy_perform(handle);
  memset(result, 0, sizeof *result);
  result->code = code;
  result->timed_out = code == CURLE_OPERATION_TIMEDOUT;
  result->error = connection->error[0] != '\0' ? connection->error : curl.easy_strerror(code);
  if (code == CURLE_WRITE_ERROR) result->error = "the response is longer than 1 MiB";
  if (code == CURLE_ABORTED_BY_CALLBACK) {
    result->error = "the connection was closed before the first byte of the response";
  }
  if (code == CURLE_OK) {
    result->outcome = CCURL_REPLY;
    curl.easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &result->status);
    result->body = connection->body;
    result->body_length = connection->length;
  } else {
    result->outcome = connection->sends == 0 ? CCURL_NOT_SENT : CCURL_LOST;
  }
}
