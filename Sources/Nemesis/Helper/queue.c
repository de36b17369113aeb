/* Makes packets late, lets some overtake the others, doubles and damages them: those that a rule of the
 * packet filter hands over by NFQUEUE, of which the kernel tells over netlink (nfnetlink_queue).
 *
 * A packet stays in the kernel until its verdict; here are its number and the time when it is due, in a
 * heap. Of one that is doubled or damaged there is a copy too. All of this is of fixed size: where the
 * kernel's queue is full, it lets packets pass at once; where no copy has room, a packet is only late.
 *
 * The second packet of a doubled one is sent by a raw socket of this node to this node itself, so it
 * comes in by the loopback interface, where the rule does not look.
 */
#include "queue.h"
#include "system.h"

enum {
  most_held = 8192,
  most_copies = 512,
  most_read = 64, /* before those that are due pass */
  largest = 65536,
  message_memory = 4 << 20, /* of the socket, for what was not read yet */
  millisecond = 1000000,
  look_every = 50 * millisecond, /* for the file that ends it */
  none = -1,
};
enum { netlink = 16, internet = 2, internet6 = 10, raw = 3, netfilter = 12, raw_protocol = 255 };
enum { request = 1, acknowledge = 4, answer = 2, packet_type = 3 << 8, verdict_type, config_type };
enum { has_header = 1, has_payload = 10, has_verdict = 2, accept = 1 };

/* A packet whose verdict is not given. */
struct held {
  long due; /* nanoseconds, on the monotonic clock */
  unsigned id;
  short copy; /* its place in `copies`, or none */
  unsigned char is_doubled, is_damaged;
};
static struct held held[most_held];
static int held_count;

struct header {
  unsigned length;
  unsigned short type, flags;
  unsigned sequence, port;
  unsigned char family, version;
  unsigned short queue;
};

/* Copies are kept behind the verdict that they may have to be sent with. */
struct verdict {
  struct header header;
  unsigned short length, kind;
  unsigned verdict, id;
  unsigned short payload_length, payload_kind;
  unsigned char payload[largest];
};
static struct verdict copies[most_copies];
static short unused_copies[most_copies];
static int unused_count;

static struct { long number, delay, jitter, reorder, duplicate, corrupt; } asked;
static long socket, sockets[2]; /* netlink; raw, of IPv4 and of IPv6 */

static long now(void) {
  struct moment at;
  call(clock_call, 1, &at);
  return at.seconds * second + at.rest;
}

/* xorshift64 (Marsaglia 2003) */
static unsigned long state;
static unsigned long draw(unsigned long below) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (state >> 16) % below;
}
static int chance(long percent) { return (long)draw(100) < percent; }

/* MARK: the heap: none is due before the one at half its index */

static int is_before(const struct held *a, const struct held *b) {
  return a->due != b->due ? a->due < b->due : (int)(a->id - b->id) < 0;
}

static void push(struct held packet) {
  int i = held_count++;
  for (; i > 0 && is_before(&packet, &held[(i - 1) / 2]); i = (i - 1) / 2) held[i] = held[(i - 1) / 2];
  held[i] = packet;
}

static struct held pop(void) {
  struct held first = held[0], last = held[--held_count];
  int i = 0, child;
  while ((child = 2 * i + 1) < held_count) {
    if (child + 1 < held_count && is_before(&held[child + 1], &held[child])) child++;
    if (!is_before(&held[child], &last)) break;
    held[i] = held[child];
    i = child;
  }
  held[i] = last;
  return first;
}

/* MARK: packets */

static int is_version_4(const unsigned char *packet) { return packet[0] >> 4 == 4; }

/* How long a packet says that it is. */
static long length_of(const unsigned char *packet) {
  return is_version_4(packet) ? packet[2] << 8 | packet[3] : 40 + (packet[4] << 8 | packet[5]);
}

/* Flips a bit behind the header of IP, where the checksum of TCP, UDP or ICMP sees it. */
static void damage(unsigned char *packet, long length) {
  long header = is_version_4(packet) ? packet[0] % 16 * 4 : 40;
  if (header < length) packet[header + draw(length - header)] ^= 1 << draw(8);
}

/* Sends the copy to where the packet was sent to. */
static void send_again(const unsigned char *packet) {
  struct {
    unsigned short family, port;
    unsigned char rest[24];
  } to = {0};
  int is_4 = is_version_4(packet);
  to.family = is_4 ? internet : internet6;
  memcpy(to.rest + (is_4 ? 0 : 4), packet + (is_4 ? 16 : 24), is_4 ? 4 : 16);
  call(send_call, sockets[!is_4], packet, length_of(packet), 0x40, &to, is_4 ? 16 : 28); /* MSG_DONTWAIT */
}

static void send_message(struct header *header, long length, int type, int flags) {
  *header = (struct header){
    .length = length, .type = type, .flags = request | flags,
    .queue = __builtin_bswap16(asked.number)
  };
  call(send_call, socket, header, length);
}

static void pass(struct held packet) {
  static struct verdict plain;
  struct verdict *verdict = packet.copy == none ? &plain : &copies[packet.copy];
  long length = __builtin_offsetof(struct verdict, payload_length);
  verdict->length = 12;
  verdict->kind = has_verdict;
  verdict->verdict = __builtin_bswap32(accept);
  verdict->id = __builtin_bswap32(packet.id);
  if (packet.is_damaged) {
    verdict->payload_length = 4 + length_of(verdict->payload);
    verdict->payload_kind = has_payload;
    length += verdict->payload_length;
  }
  send_message(&verdict->header, length, verdict_type, 0);
  if (packet.copy == none) return;
  if (packet.is_doubled) send_again(verdict->payload);
  unused_copies[unused_count++] = packet.copy;
}

/* Keeps a copy where a lot falls on the packet, and there is room, and it is whole. */
static void copy(struct held *packet, const unsigned char *payload, long length) {
  packet->is_doubled = chance(asked.duplicate);
  packet->is_damaged = chance(asked.corrupt);
  int is_whole = length >= 20 && length == length_of(payload);
  if (!(packet->is_doubled || packet->is_damaged) || !is_whole || !unused_count) {
    packet->is_doubled = packet->is_damaged = 0;
    return;
  }
  packet->copy = unused_copies[--unused_count];
  memcpy(copies[packet->copy].payload, payload, length);
  if (packet->is_damaged) damage(copies[packet->copy].payload, length);
}

static void take(const unsigned char *message, long length) {
  struct held packet = {.due = now(), .copy = none};
  const unsigned char *header = 0, *payload = 0;
  long size, payload_length = 0;
  for (long i = sizeof(struct header); i + 4 <= length; i += (size + 3) / 4 * 4) {
    size = *(unsigned short *)(message + i);
    if (size < 4 || i + size > length) break;
    int kind = *(unsigned short *)(message + i + 2) & 0x3fff;
    if (kind == has_header) header = message + i + 4;
    if (kind == has_payload) payload = message + i + 4, payload_length = size - 4;
  }
  if (!header) return;
  packet.id = __builtin_bswap32(*(unsigned *)header);
  copy(&packet, payload, payload_length);
  if (!chance(asked.reorder)) {
    long late = asked.delay - asked.jitter + (long)draw(2 * asked.jitter + 1);
    if (late > 0) packet.due += late;
  }
  if (held_count < most_held) push(packet); else pass(packet);
}

/* Reads a message: 1 for a packet, the answer's number for an answer, an error where there is none. */
static long receive(void) {
  static unsigned char message[largest + 1024];
  long length = call(receive_call, socket, message, sizeof message, 0x40); /* MSG_DONTWAIT */
  if (length < (long)sizeof(struct header)) return length < 0 ? length : 1;
  int type = ((struct header *)message)->type;
  if (type == answer) return *(int *)(message + 16);
  if (type == packet_type) take(message, length);
  return 1;
}

/* MARK: the queue */

/* The kernel has done what a message asks when the call that sends it is back. */
static void set_length(long count) {
  struct {
    struct header header;
    unsigned short size, kind;
    unsigned count;
  } message = {.size = 8, .kind = 3, .count = __builtin_bswap32(count)};
  send_message(&message.header, sizeof message, config_type, 0);
}

static long bind(void) {
  struct {
    struct header header;
    unsigned short command_size, command_kind;
    unsigned command;
    unsigned short copying_size, copying_kind;
    unsigned range;
    unsigned mode;
    unsigned short mask_size, mask_kind;
    unsigned mask;
    unsigned short flags_size, flags_kind;
    unsigned flags;
  } message = {
    .command_size = 8, .command_kind = 1, .command = 1, /* NFQNL_CFG_CMD_BIND */
    .copying_size = 9, .copying_kind = 2, .range = ~0u, .mode = 2, /* NFQNL_COPY_PACKET, all of it */
    .mask_size = 8, .mask_kind = 4, .mask = __builtin_bswap32(1),
    .flags_size = 8, .flags_kind = 5, .flags = __builtin_bswap32(1), /* NFQA_CFG_F_FAIL_OPEN */
  };
  send_message(&message.header, sizeof message, config_type, acknowledge);
  long answered;
  while ((answered = receive()) == 1) {}
  set_length(most_held);
  return answered;
}

static long open_sockets(void) {
  int memory = message_memory;
  socket = call(socket_call, netlink, raw, netfilter);
  sockets[0] = call(socket_call, internet, raw, raw_protocol);
  sockets[1] = call(socket_call, internet6, raw, raw_protocol);
  if (socket < 0) return socket;
  if (sockets[0] < 0) return sockets[0];
  call(set_option_call, socket, 1, 33, &memory, sizeof memory); /* SO_RCVBUFFORCE */
  return 0; /* a node may be without IPv6 */
}

long queue(char **settings) {
  long *values = &asked.number;
  for (int i = 0; i < 6; i++) values[i] = number(settings[i]);
  asked.delay *= millisecond;
  asked.jitter *= millisecond;
  state = now() | 1;
  while (unused_count < most_copies) unused_copies[unused_count] = unused_count, unused_count++;
  long error = open_sockets();
  if (!error) error = bind();
  if (error) return error;

  long look = 0;
  for (long at; (at = now()) < look || call(access_call, here, settings[6], 0) < 0;) {
    if (at >= look) look = at + look_every;
    long next = held_count && held[0].due < look ? held[0].due : look;
    struct moment wait = {0, next > at ? next - at : 0};
    struct { int file; short events, happened; } poll = {socket, 1, 0};
    call(poll_call, &poll, 1, &wait);
    for (int i = 0; i < most_read && receive() == 1; i++) {}
    while (held_count && held[0].due <= now()) pass(pop());
  }
  /* From here on the kernel lets packets pass at once: what has come before that is all there is. */
  set_length(0);
  while (receive() != -11) {}
  while (held_count) pass(pop());
  return 0;
}
