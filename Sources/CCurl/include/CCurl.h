// HTTP POST over libcurl's easy interface.
//
// libcurl is loaded with dlopen at the first use, not linked: a process that never talks to a
// cluster does not pay for loading it and its two dozen dependencies.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The longest response body that is accepted.
enum { CCURL_MAX_BODY = 1 << 20 };

// One keep-alive connection to one server. Used by one thread at a time.
typedef struct ccurl_connection ccurl_connection;

typedef enum {
  // A complete response arrived: status, body and body_length are set.
  CCURL_REPLY,
  // No byte of the request left: it certainly had no effect.
  CCURL_NOT_SENT,
  // Some of the request may have been sent and no complete response arrived.
  CCURL_LOST,
} ccurl_outcome;

typedef struct {
  ccurl_outcome outcome;
  // The HTTP status of a CCURL_REPLY.
  long status;
  // The body of a CCURL_REPLY; valid until the next call on the connection.
  const uint8_t *body;
  size_t body_length;
  // libcurl's code (CURLE_...) and what it says about it; valid like body.
  int code;
  const char *error;
  bool timed_out;
} ccurl_result;

// NULL when libcurl is usable, else why not and which package to install. Thread-safe.
const char *ccurl_load_error(void);

// A connection that opens itself when it is first used; NULL when libcurl is missing or memory is.
ccurl_connection *ccurl_open(void);

void ccurl_close(ccurl_connection *connection);

// Posts a JSON body and waits for the whole answer, at most timeout_ms (connecting included).
void ccurl_post(
    ccurl_connection *connection, const char *url, const uint8_t *body, size_t length,
    long timeout_ms, ccurl_result *result);
