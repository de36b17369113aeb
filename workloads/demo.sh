#!/bin/bash
# The main job twice: etcd read through its leader, which must be linearizable, and etcd read from
# whichever member the client talks to, where a violation must be found.
set -uo pipefail
faultline=${1:-dist/faultline}
folder=$(dirname "${BASH_SOURCE[0]}")

run() { # workload, the exit status that is expected
  echo
  echo "== faultline run $1 --lab 5"
  "$faultline" run "$1" --lab 5
  local status=$?
  [ $status -eq "$2" ] && return
  echo "the demo expected exit status $2 and got $status" >&2
  exit $status
}

run "$folder/etcd-register.toml" 0
run "$folder/etcd-stale-reads.toml" 1
cat <<EOF

Both runs did what they should: etcd's linearizable reads held through every fault, and its
serializable reads were caught being stale.

Look at
  runs/etcd-stale-reads/latest/report.html   what went wrong, drawn and in words
  runs/etcd-register/latest/report.html      five nodes under faults: latency, availability, evidence
Try next
  $faultline show runs/etcd-stale-reads/latest | less
  $faultline check runs/etcd-stale-reads/latest
  $faultline lab up --nodes 3 && $faultline lab exec n1 -- ip address && $faultline lab down
  $faultline run $folder/etcd-register.toml --lab 5 --dry-run | less
EOF
