/* Gives a running process another wall clock, whatever language it is written in: the functions that
 * tell the time are in the vDSO, which the kernel maps into every process, and of which a process has
 * a copy of its own once it is written to. The first bytes of these functions become a jump to code of
 * ours in the unused end of the last page. Other clocks, files' times and timers stay as they are.
 *
 * The bytes are changed while all threads are stopped by ptrace, and only where none of them is
 * within these bytes; the kernel lets them go on when this program ends, however it ends. Our code
 * stays where it is when the first bytes are put back: a thread may still be in it.
 */
#include "skew.h"
#include "system.h"

enum { none = -1, no_process = -3, again = -11, not_supported = -95, no_room = -28 };

/* What is copied into the process: this, then the functions. It is in the section of the functions
 * so that they find it at the same distance in the process. */
struct copied {
  char mark[8];
  long ahead, drift, since; /* nanoseconds, microseconds a second, nanoseconds since 1970 */
  unsigned char first[3][8]; /* the bytes that the jumps replace */
};
extern struct copied copied __attribute__((visibility("hidden")));
extern char __start_skewing[], __stop_skewing[];
__asm__(".pushsection skewing, \"ax\", %progbits\n.balign 8\n.globl copied\ncopied:\n"
        ".ascii \"FLskew01\"\n.fill 48, 1, 0\n.popsection");

#define INTO_PROCESS __attribute__((section("skewing"), noinline, used))
#define IN_PLACE __attribute__((always_inline)) static inline

IN_PLACE const struct copied *beside(void); /* what was copied together with the code that asks */

IN_PLACE long skewed(long seconds, long nanoseconds) {
  const struct copied *copied = beside();
  long now = seconds * second + nanoseconds;
  return now + copied->ahead + (now - copied->since) / 1000 * copied->drift / 1000;
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
  long error = call(time_of_day_call, at, zone);
  if (error || !at) return error;
  long now = skewed(at->seconds, at->rest * 1000);
  at->seconds = now / second;
  at->rest = now % second / 1000;
  return 0;
}

/* MARK: what differs between processors */

struct replaced { const char *name; void *ours; };

#if defined(__x86_64__)
INTO_PROCESS static long time(long *at) {
  struct moment now;
  call(clock_call, 5, &now);
  long seconds = skewed(now.seconds, now.rest) / second;
  if (at) *at = seconds;
  return seconds;
}

static const struct replaced replaced[] = {
  {"__vdso_clock_gettime", (void *)clock_gettime},
  {"__vdso_gettimeofday", (void *)gettimeofday},
  {"__vdso_time", (void *)time},
};

/* A thread may be within the bytes of a jump: where its place is among its registers. */
enum { jump_size = 5, place_register = 16 * 8 };

static void make_jump(unsigned char *jump, long distance) {
  jump[0] = 0xe9;
  *(int *)(jump + 1) = (int)(distance - jump_size);
}

IN_PLACE const struct copied *beside(void) { return &copied; }

static void make_executable(long start, long end) { (void)start, (void)end; }

#elif defined(__aarch64__)
static const struct replaced replaced[] = {
  {"__kernel_clock_gettime", (void *)clock_gettime},
  {"__kernel_gettimeofday", (void *)gettimeofday},
};

/* A jump is one instruction: no thread is within it. */
enum { jump_size = 4, place_register = none };

static void make_jump(unsigned char *jump, long distance) {
  *(unsigned *)jump = 0x14000000 | (distance / 4 & 0x3ffffff);
}

/* The compiler would take `adrp`, which counts in pages: the copy is elsewhere within its page. */
IN_PLACE const struct copied *beside(void) {
  const struct copied *place;
  __asm__("adr %0, copied" : "=r"(place));
  return place;
}

/* Instructions are not fetched from the cache that they were written to. No cache has shorter lines. */
static void make_executable(long start, long end) {
  for (long line = start; line < end; line += 16)
    __asm__ volatile("dc cvau, %0" : : "r"(line) : "memory");
  __asm__ volatile("dsb ish" : : : "memory");
  for (long line = start; line < end; line += 16) __asm__ volatile("ic ivau, %0" : : "r"(line));
  __asm__ volatile("dsb ish\n isb" : : : "memory");
}
#endif

enum { function_count = sizeof replaced / sizeof *replaced };

/* MARK: the vDSO */

/* A process's vDSO as it is. */
static struct {
  long memory;         /* a descriptor of the process's memory */
  unsigned long start; /* where the vDSO is */
  long page, size;     /* the size of a page, and of the vDSO, in whole pages */
  long copy;           /* the offset of what was copied, or of where there is room */
  int is_copied;
  long functions[function_count]; /* their offsets */
  unsigned char image[65536 + 8]; /* one page of the largest kind, or a few of 4 KiB */
} target;

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

/* Reads what the kernel told the process about the vDSO. */
static void find_vdso(const char *pid) {
  unsigned long entries[128] = {0};
  long file = open_of(pid, "/auxv", 0);
  call(read_call, file, entries, sizeof entries - 16);
  call(close_call, file);
  target.start = target.page = 0;
  for (int i = 0; entries[i]; i += 2) {
    if (entries[i] == 6) target.page = entries[i + 1];   /* AT_PAGESZ */
    if (entries[i] == 33) target.start = entries[i + 1]; /* AT_SYSINFO_EHDR */
  }
}

/* Finds the functions in the table of dynamic symbols. */
static long find_functions(long headers, long count) {
  for (long i = 0; i < count; i++) {
    long header = headers + i * 64;
    if (at(header + 4, 4) != 11) continue; /* SHT_DYNSYM */
    long symbols = at(header + 24, 8), end = symbols + at(header + 32, 8);
    long names = at(headers + at(header + 40, 4) * 64 + 24, 8);
    for (long symbol = symbols; symbol < end; symbol += 24)
      for (int f = 0; f < function_count; f++) {
        long name = names + at(symbol, 4);
        if (name > 0 && name < target.size && same((char *)target.image + name, replaced[f].name))
          target.functions[f] = at(symbol + 8, 8);
      }
  }
  for (int f = 0; f < function_count; f++)
    if (target.functions[f] <= 0 || target.functions[f] + jump_size > target.size) return not_supported;
  return 0;
}

/* Reads the vDSO and finds what is where. */
static long look_at(const char *pid) {
  find_vdso(pid);
  target.memory = open_of(pid, "/mem", 2);
  if (target.memory < 0) return target.memory;
  for (int f = 0; f < function_count; f++) target.functions[f] = 0;
  if (!target.start || !target.page) return not_supported;
  if (call(pread_call, target.memory, target.image, 4096, target.start) != 4096) return not_supported;
  long headers = at(40, 8), count = at(60, 2);
  target.size = (headers + count * 64 + target.page - 1) / target.page * target.page;
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

/* Where the first bytes of a function are kept. */
static long first(int f) { return target.copy + __builtin_offsetof(struct copied, first[f]); }

static int is_skewed(void) {
  return target.is_copied && at(target.functions[0], jump_size) != at(first(0), jump_size);
}

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
  if (call(ptrace_call, ptrace_peek_user, number(name), place_register, &place) < 0) return 0;
  place -= target.start;
  for (int f = 0; f < function_count; f++)
    if (place > target.functions[f] && place < target.functions[f] + jump_size) return again;
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
  return stopped ? 0 : -1;
}

/* Stops the process where its vDSO may be changed, and looks at that. */
static long stop(const char *pid) {
  long error = stop_threads(pid);
  if (!error) error = look_at(pid);
  if (error || place_register == none) return error;
  return for_each(open_of(pid, "/task", 0), is_in_the_way);
}

/* MARK: what the program does */

static long nanoseconds(struct moment at) { return at.seconds * second + at.rest; }

long skew(const char *pid, const char *ahead, const char *drift) {
  struct moment now;
  long error = stop(pid);
  if (error) return error;
  long size = __stop_skewing - __start_skewing;
  if (target.copy + size > target.size) return no_room;
  if (!target.is_copied) {
    unsigned char *copy = target.image + target.copy;
    memcpy(copy, __start_skewing, size);
    for (int f = 0; f < function_count; f++)
      memcpy(target.image + first(f), target.image + target.functions[f], jump_size);
    error = put(target.copy, copy, size);
  }
  call(clock_call, 0, &now);
  long numbers[3] = {number(ahead) * 1000000, number(drift), nanoseconds(now)};
  if (!error) error = put(target.copy + 8, numbers, sizeof numbers);
  for (int f = 0; f < function_count && !error; f++) {
    unsigned char jump[jump_size];
    long ours = target.copy + ((char *)replaced[f].ours - __start_skewing);
    make_jump(jump, ours - target.functions[f]);
    error = put(target.functions[f], jump, jump_size);
  }
  return error;
}

long unskew(const char *pid) {
  long error = stop(pid);
  if (error || !target.is_copied) return error;
  for (int f = 0; f < function_count && !error; f++)
    error = put(target.functions[f], target.image + first(f), jump_size);
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

/* Asks a copy of the very code that the process runs; it needs nothing that is not copied. Of some
 * answers that counts during which least time went by: others may have had the processor meanwhile. */
long print_ahead(const char *pid) {
  struct moment before, theirs, after;
  long error = look_at(pid);
  if (error) return error;
  long ahead = 0, shortest = 0;
  if (is_skewed()) {
    long code = call(mmap_call, 0, target.size, 7, 0x22, -1); /* anonymous, may be executed */
    if (code < 0 && code > -4096) return code;
    memcpy((void *)code, target.image, target.size);
    make_executable(code, code + target.size);
    for (int i = 0; i < 20; i++) {
      call(clock_call, 0, &before);
      ((long (*)(long, struct moment *))(code + target.functions[0]))(0, &theirs);
      call(clock_call, 0, &after);
      long took = nanoseconds(after) - nanoseconds(before);
      if (i > 0 && took >= shortest) continue;
      shortest = took;
      ahead = nanoseconds(theirs) - nanoseconds(before);
    }
    ahead = (ahead + (ahead < 0 ? -500000 : 500000)) / 1000000;
  }
  print(ahead);
  return 0;
}

static long print_if_skewed(const char *name) {
  if (!look_at(name) && is_skewed()) print(number(name));
  call(close_call, target.memory);
  return 0;
}

long print_skewed(void) { return for_each(call(openat_call, here, "/proc", 0), print_if_skewed); }
