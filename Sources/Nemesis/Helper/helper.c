/* What a shell cannot do on a node. Freestanding: no libc, no start files, so that one static file of
 * a few kilobytes runs on every Linux of its processor. Built by `make helper`.
 *
 *   helper power-off PATH   cuts the power of the file system that PATH is on: it is shut down without
 *                           writing anything more, its journal neither (EXT4_IOC_SHUTDOWN and
 *                           XFS_IOC_GOINGDOWN have the same number and the same flags).
 *   helper fail-io PATH     the same after everything was written: from then on all is an I/O error.
 *   helper reset            restarts the machine at once, without writing anything. In a PID namespace
 *                           of its own the kernel ends that instead.
 *   helper queue NUMBER DELAY JITTER REORDER DUPLICATE CORRUPT STOP    see queue.c
 *   helper skew PID AHEAD DRIFT, helper unskew PID, helper ahead PID, helper skewed    see skew.c
 *
 * Exits with 0, or with the number of the error; with 255 where the arguments make no sense.
 */
#include "queue.h"
#include "skew.h"
#include "system.h"

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n  mov %rsp, %rdi\n  and $-16, %rsp\n  call start\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n_start:\n  mov x0, sp\n  bl start\n");
#endif

__attribute__((no_builtin, used)) void *memset(void *start, int byte, unsigned long count) {
  for (unsigned long i = 0; i < count; i++) ((char *)start)[i] = (char)byte;
  return start;
}
__attribute__((no_builtin, used)) void *memcpy(
    void *restrict to, const void *restrict from, unsigned long count) {
  for (unsigned long i = 0; i < count; i++) ((char *)to)[i] = ((const char *)from)[i];
  return to;
}

enum { shutdown_request = 0x8004587d, write_all = 0, no_log_flush = 2, read_only = 0 };

static long shut_down(const char *path, unsigned flag) {
  long file = call(openat_call, here, path, read_only);
  if (file < 0) return file;
  return call(ioctl_call, file, shutdown_request, &flag);
}

/* The two numbers that keep anybody from restarting by mistake, and RB_AUTOBOOT. */
static long reset(void) { return call(reboot_call, 0xfee1dead, 0x28121969, 0x01234567); }

static long run(long count, char **arguments) {
  const char *name = count > 1 ? arguments[1] : "";
  if (count == 3 && same(name, "power-off")) return shut_down(arguments[2], no_log_flush);
  if (count == 3 && same(name, "fail-io")) return shut_down(arguments[2], write_all);
  if (count == 2 && same(name, "reset")) return reset();
  if (count == 9 && same(name, "queue")) return queue(arguments + 2);
  if (count == 5 && same(name, "skew")) return skew(arguments[2], arguments[3], arguments[4]);
  if (count == 3 && same(name, "unskew")) return unskew(arguments[2]);
  if (count == 3 && same(name, "ahead")) return print_ahead(arguments[2]);
  if (count == 2 && same(name, "skewed")) return print_skewed();
  return -255;
}

/* The stack as the kernel leaves it: the number of arguments, then the arguments. */
__attribute__((noreturn, used)) void start(long *stack) {
  call(exit_call, -run(stack[0], (char **)(stack + 1)));
  __builtin_unreachable();
}
