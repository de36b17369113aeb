import FoundationEssentials
import Glibc
import Subprocess
import Testing

@testable import Lab

extension RealNodes {
  @Suite("Reaching a lab from the host")
  struct ReachingTests {
    /// OpenSSH's client with the configuration as it is written, and a program with a difficult name in the place of
    /// ours that does what `lab proxy` does.
    @Test func sshWorksWithTheConfiguration() async throws {
      try await withLab("ssh", nodes: 2) { lab in
        let holder = try #require(LabProcesses(of: lab).holder)
        let directory = FileManager.default.temporaryDirectory.path + "/it's 100% \(lab.name)"
        try FileManager.default.createDirectory(
          atPath: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let program = directory + "/pro xy"
        let script = """
          #!/bin/bash
          [ "$1 $2 $3 $4" = 'lab proxy --name \(lab.name)' ] || exit 9
          exec nsenter --net=/proc/\(holder)/ns/net bash -c \
            'exec 3<>"/dev/tcp/$0/$1"; cat <&3 & cat >&3; kill $!' "$5" "$6"
          """
        try Data(script.utf8).write(to: URL(filePath: program))
        chmod(program, 0o755)
        try Data(lab.sshConfig(executable: program).utf8)
          .write(to: URL(filePath: directory + "/config"))
        for host in lab.nodes.flatMap({ [$0.name, $0.ip] }) {
          let answer = try await run(
            "timeout",
            ["20", "ssh", "-F", directory + "/config", host, "hostname; echo $PATH; pwd"])
          let node = try #require(lab.nodes.first { host == $0.name || host == $0.ip })
          #expect(
            answer.text
              == "\(node.name)\n/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n/root\n"
          )
          #expect(answer.status == 0)
        }
      }
    }

    /// A node's `cat` sends all back after the end of the input: half-closing works, nothing is lost in either direction.
    @Test func proxyPassesBytesBothWaysAndHalfCloses() async throws {
      try await withLab("proxy", nodes: 1) { lab in
        let server = Task {
          try await lab.sh(
            "n1",
            "python3 -c 'import socket; s=socket.create_server((\"\", 7000)); open(\"/tmp/ready\",\"w\"); c,_=s.accept(); d=b\"\".join(iter(lambda: c.recv(65536), b\"\")); c.sendall(d)'"
          )
        }
        let listens = try await eventually {
          try await lab.sh("n1", "test -e /tmp/ready").status == 0
        }
        #expect(listens)
        let sent = Data((0..<300_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 7) })
        let directory = FileManager.default.temporaryDirectory.path
        let input = "\(directory)/\(lab.name).in"
        let output = "\(directory)/\(lab.name).out"
        defer { for file in [input, output] { unlink(file) } }
        try sent.write(to: URL(filePath: input))
        let from = open(input, O_RDONLY)
        let to = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { for descriptor in [from, to] { close(descriptor) } }
        try lab.proxy(host: "n1", port: 7000, input: from, output: to)
        #expect(FileManager.default.contents(atPath: output) == sent)
        #expect(try await server.value.status == 0)
        #expect(throws: LabError.self) { try lab.proxy(host: "n1", port: 7001) }
        #expect(throws: LabError.self) { try lab.proxy(host: "192.0.2.1", port: 80) }
        #expect(!lab.isInside)
      }
    }

    @Test func thisProgramGoesOnInside() async throws {
      try await withLab("inside", nodes: 1) { lab in
        await #expect(processExitsWith: .exitCode(42)) { [name = lab.name as String] in
          let lab = try LocalLab.find(name)
          var environment = ProcessInfo.processInfo.environment.filter {
            !$0.key.contains("EXIT_TEST") && !$0.key.contains("EXITTEST")
          }
          environment["FAULTLINE_TEST_INSIDE"] = name
          try lab.reexecuteInside(
            arguments: CommandLine.arguments.filter { _ in true } + ["--filter", "isInsideProbe"],
            environment: environment)
        }
      }
    }

    /// Not a test of its own: what the program above does when it has been executed again.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["FAULTLINE_TEST_INSIDE"] != nil))
    func isInsideProbe() async throws {
      let name = try #require(ProcessInfo.processInfo.environment["FAULTLINE_TEST_INSIDE"])
      let lab = try LocalLab.find(name)
      let answers = try await lab.status().condition == .up
      exit(lab.isInside && answers ? 42 : 1)
    }
  }
}
