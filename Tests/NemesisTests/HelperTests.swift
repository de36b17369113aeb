import FoundationEssentials
import TestSupport
import Testing

/// What is uploaded to nodes is what its source says.
struct HelperTests {
  @Test func theStoredProgramsAreThoseThatTheSourceGives() async throws {
    let scratch = try Scratch()
    let made = try await program([
      "make", "--no-print-directory", "-C", repository, "helper", "HELPER=\(scratch.path)/",
    ])
    #expect(made.status == 0, "\(made.text)")
    for processor in ["x86_64", "aarch64"] {
      let stored = FileManager.default.contents(
        atPath: "\(repository)/Sources/Nemesis/Helper/helper.\(processor)")
      #expect(stored != nil)
      #expect(FileManager.default.contents(atPath: scratch.path + "/helper.\(processor)") == stored)
    }
  }

  #if arch(x86_64)
    /// A jump takes five bytes: a thread that is within them when it is stopped would go on in its midst.
    @Test(.enabled(if: isRoot, "needs root: a program of another is traced"))
    func noJumpIsPutUnderAThread() async throws {
      let scratch = try Scratch()
      let source = try scratch.write(Self.withinTheFunction, to: "within.c")
      let within = scratch.path + "/within"
      let made = try await program(["clang", "-O1", "-o", within, source])
      #expect(made.status == 0, "\(made.text)")
      let helper = "\(repository)/Sources/Nemesis/Helper/helper.x86_64"
      let copy = scratch.path + "/helper"
      let ended = try await program([
        "sh", "-c",
        """
        cp \(helper) \(copy) && chmod 700 \(copy) || exit 1
        \(within) \(scratch.path)/child &
        until [ -s \(scratch.path)/child ]; do sleep 0.05; done
        child=$(cat \(scratch.path)/child)
        \(copy) skew $child 5000 0; echo "within: $?"
        kill -CONT $child; sleep 0.2
        \(copy) skew $child 5000 0; echo "outside: $?"
        sleep 0.2; kill -0 $child && echo alive; kill -KILL $child; wait
        """,
      ])
      #expect(ended.output == "within: 11\noutside: 0\nalive\n", "\(ended.text)")
    }

    /// Leaves a child, which asks for the time for ever, stopped one instruction into the function, and writes its
    /// number to a file.
    private static let withinTheFunction = """
      #define _GNU_SOURCE
      #include <dlfcn.h>
      #include <signal.h>
      #include <stdio.h>
      #include <sys/ptrace.h>
      #include <sys/user.h>
      #include <sys/wait.h>
      #include <time.h>
      #include <unistd.h>

      int main(int count, char **arguments) {
        void *vdso = dlopen("linux-vdso.so.1", RTLD_LAZY | RTLD_NOLOAD);
        unsigned long function = (unsigned long)dlsym(vdso, "__vdso_clock_gettime");
        pid_t child = fork();
        if (child == 0) {
          struct timespec now;
          for (;;) clock_gettime(CLOCK_REALTIME, &now);
        }
        struct user_regs_struct registers;
        int status;
        ptrace(PTRACE_ATTACH, child, 0, 0);
        waitpid(child, &status, 0);
        // The first instruction may have one byte or four.
        do {
          ptrace(PTRACE_SINGLESTEP, child, 0, 0);
          waitpid(child, &status, 0);
          ptrace(PTRACE_GETREGS, child, 0, &registers);
        } while (registers.rip <= function || registers.rip >= function + 5);
        kill(child, SIGSTOP);
        ptrace(PTRACE_DETACH, child, 0, SIGSTOP);
        FILE *file = fopen(arguments[1], "w");
        fprintf(file, "%d", child);
        fclose(file);
        waitpid(child, &status, 0);
        return 0;
      }
      """
  #endif
}
