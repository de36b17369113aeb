# Says "tick" and what time it is, ten times a second, to whoever connects; writes to its data, which it does not sync.
# At a signal it starts a process that keeps the processor busy (USR1), or that takes 200 MB (USR2).
use strict;
use IO::Socket::IP;
use Time::HiRes;

$SIG{CHLD} = "IGNORE";
$SIG{USR1} = sub { if (fork() == 0) { $0 = "busy"; 1 while 1 } };
$SIG{USR2} = sub { if (fork() == 0) { $0 = "hungry"; my $memory = "x" x 200_000_000; sleep } };
my $server = IO::Socket::IP->new(LocalHost => "::", LocalPort => 7000, Listen => 50, ReuseAddr => 1) or die $@;
if (fork() == 0) {
  close $server;
  while (getppid() > 1) {
    if (open(my $file, ">>", "/data/db/ticks")) { print $file "t\n"; close $file }
    Time::HiRes::sleep(0.5);
  }
  exit;
}
while (1) {
  my $client = $server->accept or next;
  if (fork() == 0) {
    close $server;
    $client->autoflush(1);
    while (print $client "tick ", Time::HiRes::time(), "\n") { Time::HiRes::sleep(0.1) }
    exit;
  }
  close $client;
}
