/* What a shell cannot do on a node. Freestanding: no libc, no start files, so that one static file of
 * about a kilobyte runs on every Linux of its processor. Built by `make helper`.
 *
 *   helper power-off PATH   cuts the power of the file system that PATH is on: it is shut down without
 *                           writing anything more, its journal neither (EXT4_IOC_SHUTDOWN and
 *                           XFS_IOC_GOINGDOWN have the same number and the same flag).
 *
 * Exits with 0, or with the number of the error; with 255 where the arguments make no sense.
 */
enum { shutdown_request = 0x8004587d, no_log_flush = 2, read_only = 0, here = -100 };

#if defined(__x86_64__)
enum { openat_call = 257, ioctl_call = 16, exit_call = 231 };
static long call(long number, long a, long b, long c) {
  long result;
  register long d __asm__("r10") = 0;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(d)
                   : "rcx", "r11", "memory");
  return result;
}
__asm__(".globl _start\n_start:\n  mov %rsp, %rdi\n  and $-16, %rsp\n  call start\n");
#elif defined(__aarch64__)
enum { openat_call = 56, ioctl_call = 29, exit_call = 94 };
static long call(long number, long a, long b, long c) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = 0;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
  return x0;
}
__asm__(".globl _start\n_start:\n  mov x0, sp\n  bl start\n");
#endif

static int same(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

static long power_off(const char *path) {
  unsigned flag = no_log_flush;
  long file = call(openat_call, here, (long)path, read_only);
  if (file < 0) return file;
  return call(ioctl_call, file, shutdown_request, (long)&flag);
}

/* The stack as the kernel leaves it: the number of arguments, then the arguments. */
__attribute__((noreturn, used)) void start(long *stack) {
  char **arguments = (char **)(stack + 1);
  long result = -255;
  if (stack[0] == 3 && same(arguments[1], "power-off")) result = power_off(arguments[2]);
  call(exit_call, -result, 0, 0);
  __builtin_unreachable();
}
