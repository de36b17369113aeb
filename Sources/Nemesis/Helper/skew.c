/* Gives a running process another wall clock, whatever language it is written in: the functions that
 * tell the time are in the vDSO, which the kernel maps into every process, and of which a process has
 * a copy of its own once it is written to. The first bytes of three of them become a jump to code of
 * ours in the unused end of the last page. Other clocks, files' times and timers stay as they are.
 *
 * The bytes are changed while all threads are stopped by ptrace, and only where none of them is
 * within these bytes; the kernel lets them go on when this program ends, however it ends. Our code
 * stays where it is when the first bytes are put back: a thread may still be in it.
 */
#if defined(__x86_64__)
#include "skew.h"
#include "system.h"

enum { no_process = -3, again = -11, not_supported = -95, no_room = -28 };

/* What is copied into the process: this, then the functions. It is in the section of the functions
 * so that they find it at the same distance in the process. */
struct copied {
  char mark[8];
  long ahead, drift, since; /* nanoseconds, microseconds a second, nanoseconds since 1970 */
  unsigned char first[3][8]; /* the bytes that the jumps replace */
};
extern struct copied copied __attribute__((visibility("hidden")));
extern char __start_skewing[], __stop_skewing[];
__asm__(".pushsection skewing, \"ax\", @progbits\n.globl copied\ncopied:\n.ascii \"FLskew01\"\n"
        ".fill 48, 1, 0\n.popsection");

#define INTO_PROCESS __attribute__((section("skewing"), noinline, used))

__attribute__((always_inline)) static inline long skewed(long seconds, long nanoseconds) {
  long now = seconds * second + nanoseconds;
  return now + copied.ahead + (now - copied.since) / 1000 * copied.drift / 1000;
}

INTO_PROCESS static long clock_gettime(long clock, struct moment *at) {
  long error = call(clock_call, clock, at);
  int wall = (int)clock == 0 || (int)clock == 5; /* CLOCK_REALTIME, CLOCK_REALTIME_COARSE */
  if (error || !wall) return error;
  long now = skewed(at->seconds, at->rest);
  at->seconds = now / second;
  at->rest = now % second;
  return 0;
}

INTO_PROCESS static long gettimeofday(struct moment *at, long zone) {
  long error = call(96, at, zone);
  if (error || !at) return error;
  long now = skewed(at->seconds, at->rest * 1000);
  at->seconds = now / second;
  at->rest = now % second / 1000;
  return 0;
}

INTO_PROCESS static long time(long *at) {
  struct moment now;
  call(clock_call, 5, &now);
  long seconds = skewed(now.seconds, now.rest) / second;
  if (at) *at = seconds;
  return seconds;
}

/* A process's vDSO as it is. */
static struct {
  long memory;         /* a descriptor of the process's memory */
  unsigned long start; /* where the vDSO is */
  long size, copy;     /* in whole pages; the offset of what was copied, or of where there is room */
  int is_copied;
  long functions[3]; /* their offsets */
  unsigned char image[32768];
} target;

static const struct { const char *name; void *ours; } replaced[3] = {
  {"__vdso_clock_gettime", (void *)clock_gettime},
  {"__vdso_gettimeofday", (void *)gettimeofday},
  {"__vdso_time", (void *)time},
};

static long at(long offset, int bytes) {
  long value = 0;
  if (offset < 0 || offset + bytes > (long)sizeof target.image) return 0;
  for (int i = bytes - 1; i >= 0; i--) value = value << 8 | target.image[offset + i];
  return value;
}

static long open_of(const char *pid, const char *file, int flags) {
  char path[64] = "/proc/";
  int length = 6;
  while (*pid >= '0' && *pid <= '9' && length < 30) path[length++] = *pid++;
  if (*pid) return no_process;
  while ((path[length] = *file++)) length++;
  return call(openat_call, here, path, flags);
}

static unsigned long start_of_vdso(const char *pid) {
  unsigned long entries[128] = {0};
  long file = open_of(pid, "/auxv", 0);
  if (file < 0 || call(read_call, file, entries, sizeof entries - 16) <= 0) return 0;
  for (int i = 0; entries[i]; i += 2)
    if (entries[i] == 33) return entries[i + 1]; /* AT_SYSINFO_EHDR */
  return 0;
}

/* Finds the functions in the table of dynamic symbols. */
static long find_functions(long headers, long count) {
  for (long i = 0; i < count; i++) {
    long header = headers + i * 64;
    if (at(header + 4, 4) != 11) continue; /* SHT_DYNSYM */
    long symbols = at(header + 24, 8), end = symbols + at(header + 32, 8);
    long names = at(headers + at(header + 40, 4) * 64 + 24, 8);
    for (long symbol = symbols; symbol < end; symbol += 24)
      for (int f = 0; f < 3; f++) {
        long name = names + at(symbol, 4);
        if (name > 0 && name < target.size && same((char *)target.image + name, replaced[f].name))
          target.functions[f] = at(symbol + 8, 8);
      }
  }
  for (int f = 0; f < 3; f++)
    if (target.functions[f] <= 0 || target.functions[f] + 5 > target.size) return not_supported;
  return 0;
}

/* Reads the vDSO and finds what is where. */
static long look_at(const char *pid) {
  target.start = start_of_vdso(pid);
  target.memory = open_of(pid, "/mem", 2);
  if (target.memory < 0) return target.memory;
  for (int f = 0; f < 3; f++) target.functions[f] = 0;
  if (!target.start || call(pread_call, target.memory, target.image, 4096, target.start) != 4096)
    return not_supported;
  long headers = at(40, 8), count = at(60, 2);
  target.size = (headers + count * 64 + 4095) / 4096 * 4096;
  int is_elf_64 = at(0, 4) == 0x464c457f && at(4, 1) == 2;
  if (!is_elf_64 || target.size <= 0 || target.size > (long)sizeof target.image - 8)
    return not_supported;
  if (call(pread_call, target.memory, target.image, target.size, target.start) != target.size)
    return not_supported;
  long last = target.size - 1;
  while (last > 0 && !target.image[last]) last--;
  target.copy = (last + 64) / 64 * 64;
  target.is_copied = 0;
  for (long offset = 0; offset < target.size; offset += 64) {
    if (at(offset, 8) != *(long *)copied.mark) continue;
    target.copy = offset;
    target.is_copied = 1;
  }
  return find_functions(headers, count);
}

static int is_skewed(void) { return target.is_copied && target.image[target.functions[0]] == 0xe9; }

static long put(long offset, const void *bytes, long count) {
  long written = call(pwrite_call, target.memory, bytes, count, target.start + offset);
  return written == count ? 0 : written < 0 ? written : -5;
}

/* MARK: threads */

enum { ptrace_peek_user = 3, ptrace_seize = 0x4206, ptrace_interrupt = 0x4207, all_kinds = 0x40000000 };

/* Calls `each` with the names of a folder that are numbers, and adds up what it gives; an error ends it. */
static long for_each(long folder, long (*each)(const char *)) {
  static char entries[8192];
  long sum = 0, count;
  while ((count = call(list_call, folder, entries, sizeof entries)) > 0)
    for (long i = 0; i < count; i += *(unsigned short *)(entries + i + 16)) {
      const char *name = entries + i + 19;
      if (*name < '0' || *name > '9') continue;
      long result = each(name);
      if (result < 0) return result;
      sum += result;
    }
  return count < 0 ? count : sum;
}

/* 1 where the thread was stopped, 0 where it was already or has ended. */
static long stop_thread(const char *name) {
  long thread = number(name);
  int status;
  if (call(ptrace_call, ptrace_seize, thread) < 0) return 0;
  call(ptrace_call, ptrace_interrupt, thread);
  call(wait_call, thread, &status, all_kinds);
  return 1;
}

static long is_in_the_way(const char *name) {
  long place = 0;
  if (call(ptrace_call, ptrace_peek_user, number(name), 16 * 8, &place) < 0) return 0;
  place -= target.start;
  for (int f = 0; f < 3; f++)
    if (place > target.functions[f] && place < target.functions[f] + 5) return again;
  return 0;
}

/* Stops threads until none is left that was not, since they may start others. */
static long stop_threads(const char *pid) {
  long stopped = 0, more;
  do {
    more = for_each(open_of(pid, "/task", 0), stop_thread);
    if (more < 0) return more;
    stopped += more;
  } while (more);
  if (!stopped) return -1;
  return for_each(open_of(pid, "/task", 0), is_in_the_way);
}

/* MARK: what the program does */

long skew(const char *pid, const char *ahead, const char *drift) {
  struct moment now;
  long error = stop_threads(pid);
  if (!error) error = look_at(pid);
  if (error) return error;
  long size = __stop_skewing - __start_skewing;
  if (target.copy + size > target.size) return no_room;
  if (!target.is_copied) {
    error = put(target.copy, __start_skewing, size);
    for (int f = 0; f < 3 && !error; f++)
      error = put(target.copy + 32 + f * 8, target.image + target.functions[f], 8);
  }
  call(clock_call, 0, &now);
  long numbers[3] = {number(ahead) * 1000000, number(drift), now.seconds * second + now.rest};
  if (!error) error = put(target.copy + 8, numbers, sizeof numbers);
  for (int f = 0; f < 3 && !error; f++) {
    unsigned char jump[5] = {0xe9};
    long ours = target.copy + ((char *)replaced[f].ours - __start_skewing);
    *(int *)(jump + 1) = (int)(ours - (target.functions[f] + 5));
    error = put(target.functions[f], jump, sizeof jump);
  }
  return error;
}

long unskew(const char *pid) {
  long error = stop_threads(pid);
  if (!error) error = look_at(pid);
  if (error || !target.is_copied) return error;
  for (int f = 0; f < 3 && !error; f++)
    error = put(target.functions[f], target.image + target.copy + 32 + f * 8, 5);
  return error;
}

static void print(long value) {
  char text[24];
  int length = sizeof text;
  unsigned long rest = value < 0 ? -(unsigned long)value : (unsigned long)value;
  text[--length] = '\n';
  do text[--length] = (char)('0' + rest % 10);
  while (rest /= 10);
  if (value < 0) text[--length] = '-';
  call(write_call, 1, text + length, sizeof text - length);
}

/* Asks a copy of the very code that the process runs; it needs nothing that is not copied. */
long print_ahead(const char *pid) {
  struct moment theirs = {0}, ours = {0};
  long error = look_at(pid);
  if (error) return error;
  long ahead = 0;
  if (is_skewed()) {
    long code = call(mmap_call, 0, target.size, 7, 0x22, -1); /* anonymous, may be executed */
    if (code < 0 && code > -4096) return code;
    for (long i = 0; i < target.size; i++) ((unsigned char *)code)[i] = target.image[i];
    ((long (*)(long, struct moment *))(code + target.functions[0]))(0, &theirs);
    call(clock_call, 0, &ours);
    long between = (theirs.seconds - ours.seconds) * second + theirs.rest - ours.rest;
    ahead = (between + (between < 0 ? -500000 : 500000)) / 1000000;
  }
  print(ahead);
  return 0;
}

static long print_if_skewed(const char *name) {
  if (!look_at(name) && is_skewed()) print(number(name));
  call(3, target.memory); /* close */
  return 0;
}

long print_skewed(void) { return for_each(call(openat_call, here, "/proc", 0), print_if_skewed); }
#endif
