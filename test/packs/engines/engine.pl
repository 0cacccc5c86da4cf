# Patterns on messages by Perl's regular expressions, which PCRE follows. See engines.ts for the lines in and out.
use strict;
use warnings;
use Encode qw(decode encode);
use MIME::Base64;

sub from { decode("UTF-8", decode_base64($_[0])) }
sub to { defined $_[0] ? encode_base64(encode("UTF-8", $_[0]), "") : "~" }

chomp(my $count = <STDIN>);
my @patterns = map { chomp(my $line = <STDIN>); my $text = from($line); qr/$text/ } 1 .. $count;
while (my $line = <STDIN>) {
  chomp $line;
  my $message = from($line);
  my @fields;
  for my $pattern (@patterns) {
    my @matches;
    pos($message) = 0;
    while ($message =~ /$pattern/g) {
      push @matches, join(",", map { to(defined $-[$_] ? substr($message, $-[$_], $+[$_] - $-[$_]) : undef) } 0 .. $#-);
    }
    push @fields, @matches ? join(";", @matches) : "-";
  }
  print join("\t", @fields), "\n";
}
