# Prints the users of OpenVPN servers, by names: Net-SNMP's module SNMP (Debian: libsnmp-perl).
#
#   perl users_perl.pl HOST[:PORT]
#
# It finds MIB modules where Net-SNMP's tools do.
use strict;
use warnings;
use SNMP;

SNMP::loadModules('OPENVPN-MANAGEMENT-MIB');
my $session = SNMP::Session->new(
    DestHost  => shift,
    Version   => 3,
    SecName   => 'ovpnmonitor',
    SecLevel  => 'authPriv',
    AuthProto => 'SHA-256',
    AuthPass  => 'a long password',
    PrivProto => 'AES',
    PrivPass  => 'another long password',
    UseEnums  => 1,
) or die "no session\n";

my @columns = qw(ovpnUserInstanceName ovpnUserName ovpnUserOnline ovpnUserBytesIn ovpnUserBytesOut);
my @found   = $session->bulkwalk(0, 25, SNMP::VarList->new(map { [$_] } @columns));
die "$session->{ErrorStr}\n" if $session->{ErrorNum};

# Columns that have no value for a user are shorter: rows are made by the instance.
my %row;
for my $column (@found) {
    $row{ $_->iid }{ $_->tag } = $_->val for @$column;
}
for my $user (map { $row{$_} } sort keys %row) {
    printf "%s/%s online=%s in=%s out=%s\n", map { $user->{$_} } @columns;
}
