import Testing

/// Everything here talks to real servers on two cores, one test after the other.
@Suite(.serialized) enum RemoteShellTests {}
