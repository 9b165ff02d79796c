# Carries packets between two TUN devices, each late by a fixed time, some never: a bad link for kernels without netem.
# perl link.pl <first device> <second device> <delay in ms> <loss in percent>; ends when its standard input does.
use strict;
use warnings;
use Fcntl;
use Time::HiRes qw(time);

use constant { TUNSETIFF => 0x400454ca, IFF_TUN_NO_PI => 0x1001, QUEUE => 10_000 };

my ($first, $second, $delay, $loss) = @ARGV;
my @devices = map {
    sysopen(my $handle, "/dev/net/tun", O_RDWR | O_NONBLOCK) or die "/dev/net/tun: $!";
    ioctl($handle, TUNSETIFF, pack("a16 s x22", $_, IFF_TUN_NO_PI)) or die "$_: $!";
    $handle;
} $first, $second;

srand(1);
my @waiting = ([], []);
while (1) {
    my $readable = "";
    vec($readable, fileno($_), 1) = 1 for @devices, *STDIN;
    my ($due) = sort { $a <=> $b } map { $_->[0][0] } grep { @$_ } @waiting;
    my $pause = defined $due ? $due - time : undef;
    select($readable, undef, undef, defined $pause && $pause < 0 ? 0 : $pause);
    last if vec($readable, fileno(STDIN), 1) && !sysread(STDIN, my $nothing, 1);
    for my $side (0, 1) {
        my $queue = $waiting[1 - $side];
        for (1 .. 64) {
            my $got = sysread($devices[$side], my $packet, 2048);
            last if !$got;
            push @$queue, [time + $delay / 1000, $packet] if rand(100) >= $loss && @$queue < QUEUE;
        }
        my $now = time;
        while (@$queue && $queue->[0][0] <= $now) {
            syswrite($devices[1 - $side], (shift @$queue)->[1]);
        }
    }
}
