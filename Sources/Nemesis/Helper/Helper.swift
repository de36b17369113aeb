import Cluster
import FoundationEssentials

/// The program for what a shell cannot do; see `helper.c`.
enum Helper {
  static let need = NodeNeed(
    "Faultline's helper is built for x86-64 and arm64, and needs base64 (coreutils) to get there",
    test: "command -v base64 && case $(uname -m) in x86_64|aarch64) ;; *) false ;; esac")

  /// Puts the program into the fault's folder: `$fault/programs/helper`. It is on a file system of
  /// its own because `/run` often forbids to execute.
  static let install = """
    mkdir -p "$fault/programs"
    mount -t tmpfs -o size=64k,mode=700 faultline "$fault/programs" || exit 1
    case $(uname -m) in
    x86_64) base64 -d > "$fault/programs/helper" <<'HELPER'
    \(text(PackageResources.helper_x86_64))
    HELPER
    ;;
    aarch64) base64 -d > "$fault/programs/helper" <<'HELPER'
    \(text(PackageResources.helper_aarch64))
    HELPER
    ;;
    esac
    chmod 700 "$fault/programs/helper" || exit 1

    """

  /// Sets `status` to how a command of it ends; 11, try again, is tried again.
  static let patiently = """
    patiently() {
      attempts=0
      while "$fault/programs/helper" "$@"; status=$?; [ $status -eq 11 ] && [ $attempts -lt 50 ]; do
        sleep 0.02; attempts=$((attempts + 1))
      done
    }

    """

  /// Takes it away again, also where it is not there.
  static let remove = """
    if grep -q " $fault/programs " /proc/self/mounts; then umount "$fault/programs" || exit 1; fi

    """

  private static func text(_ program: [UInt8]) -> String { Data(program).base64EncodedString() }
}
