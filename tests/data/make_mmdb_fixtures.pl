#!/usr/bin/env perl
# Writes the MaxMind DB files of this folder (README.md says what is in them). Debian package libmaxmind-db-writer-perl.
#
#   cd tests/data && ./make_mmdb_fixtures.pl
use strict;
use warnings;
use utf8;

use MaxMind::DB::Writer::Tree;

my %types = (
    autonomous_system_number => 'uint32', city => 'map', code => 'utf8_string', continent => 'map', country => 'map',
    en => 'utf8_string', fr => 'utf8_string', iso_code => 'utf8_string', latitude => 'double', location => 'map',
    longitude => 'double', names => 'map', registered_country => 'map', subdivisions => ['array', 'map'],
    autonomous_system_organization => 'utf8_string', accuracy_radius => 'uint16',
);
my %flat_types = (
    %types,
    city => 'utf8_string', country_code => 'utf8_string', latitude => 'float', longitude => 'float',
    postcode => 'utf8_string', state1 => 'utf8_string',
);

# continent, country, subdivision (code and name), city, latitude, longitude
my %places = (
    london    => ['EU', 'GB', 'ENG', 'England',       'London',     51.5,    -0.12],
    ashburn   => ['NA', 'US', 'VA',  'Virginia',      'Ashburn',    39.04,   -77.49],
    singapore => ['AS', 'SG', undef, undef,           'Singapore',  1.29,    103.85],
    paris     => ['EU', 'FR', 'IDF', 'Île-de-France', 'Paris',      48.86,   2.35],
    tokyo     => ['AS', 'JP', '13',  'Tokyo',         'Tokyo',      35.69,   139.69],
    sydney    => ['OC', 'AU', 'NSW', 'New South Wales', 'Sydney',   -33.87,  151.21],
    sao_paulo => ['SA', 'BR', 'SP',  'São Paulo',     'São Paulo',  -23.55,  -46.63],
);

# README.md lists the same. One is inside of another: 198.51.100.128/25.
my @networks = (
    ['81.2.69.0/24',      'london',    20712],
    ['192.0.2.0/24',      'ashburn',   64496],
    ['198.51.100.0/24',   'singapore', 64497],
    ['198.51.100.128/25', 'sydney',    64498],
    ['203.0.113.0/24',    'paris',     64499],
    ['100.64.0.0/10',     'tokyo',     64500],
    ['2001:db8:1::/48',   'london',    64501],
    ['2001:db8:2::/48',   'ashburn',   64502],
    ['2001:db8:3::/48',   'singapore', 64503],
    ['2001:db8:4::/48',   'paris',     64504],
    ['2001:db8:5:0:8000::/65', 'sydney', 64505],
    ['2001:db8:6::1/128', 'sao_paulo', 64506],
);

# What a client has that asks from this machine itself: its source address decides.
my @loopback_networks = (
    ['127.1.0.0/16', 'singapore', 64497],
    ['127.2.0.0/16', 'paris',     64499],
);

# The networks, with these elsewhere.
sub moved {
    my (%places) = @_;
    return [map { [$_->[0], $places{ $_->[0] } // $_->[1], $_->[2]] } @networks];
}

sub is_v6 { $_[0] =~ /:/ }

sub nested_country {
    my ($continent, $country) = @{ $places{ $_[0] } };
    return { continent => { code => $continent }, country => { iso_code => $country } };
}

sub nested_city {
    my (undef, undef, $code, $subdivision, $city, $latitude, $longitude) = @{ $places{ $_[0] } };
    my $record = nested_country($_[0]);
    $record->{city} = { names => { en => $city, fr => "$city (fr)" } };
    $record->{location} = { latitude => $latitude, longitude => $longitude, accuracy_radius => 20 };
    $record->{registered_country} = { iso_code => 'CH' };
    $record->{subdivisions} = [{ iso_code => $code, names => { en => $subdivision } }, { iso_code => 'XXX' }]
        if defined $code;
    return $record;
}

sub flat_city {
    my (undef, $country, undef, $subdivision, $city, $latitude, $longitude) = @{ $places{ $_[0] } };
    return {
        country_code => $country, state1 => $subdivision // '', city => $city, postcode => '',
        latitude => $latitude, longitude => $longitude,
    };
}

sub flat_country { return { country_code => $places{ $_[0] }[1] } }

sub asn { return { autonomous_system_number => $_[1], autonomous_system_organization => "AS of $_[0]" } }

# Nested files are in both families with IPv4 aliased, as MaxMind's are.
sub write_file {
    my ($name, %is) = @_;
    my $tree = MaxMind::DB::Writer::Tree->new(
        ip_version            => $is{ip_version},
        record_size           => $is{record_size},
        database_type         => $is{type},
        languages             => ['en'],
        description           => { en => 'Rhumb test data' },
        alias_ipv6_to_ipv4    => $is{aliased} // 0,
        remove_reserved_networks => 0,
        map_key_type_callback => sub { ($is{flat} ? \%flat_types : \%types)->{ $_[0] } },
    );
    for my $network (@{ $is{networks} // \@networks }) {
        my ($prefix, $place, $asn) = @$network;
        next if is_v6($prefix) && ($is{ip_version} == 4);
        next if !is_v6($prefix) && $is{v6_only};
        $tree->insert_network($prefix, $is{record}->($place, $asn));
    }
    # Without a country and a place of its own, and one that is only registered somewhere.
    if ($is{type} eq 'Test-City') {
        $tree->insert_network('198.18.0.0/16', { continent => { code => 'EU' } });
        $tree->insert_network('198.19.0.0/16', { registered_country => { iso_code => 'DE' } });
    }
    # Not the clock's time: the files must come out the same every time.
    $tree->_set_build_epoch($is{built} // 1_767_225_600);  # 2026-01-01
    open my $file, '>:raw', $name or die "$name: $!";
    $tree->write_tree($file);
    close $file or die "$name: $!";
}

write_file('city.mmdb', type => 'Test-City', ip_version => 6, record_size => 28, aliased => 1, record => \&nested_city);
write_file('city-next.mmdb', type => 'Test-City', ip_version => 6, record_size => 28, aliased => 1, record => \&nested_city,
    networks => moved('203.0.113.0/24' => 'ashburn'), built => 1_769_904_000);  # 2026-02-01
write_file('city-wrong.mmdb', type => 'Test-City', ip_version => 6, record_size => 28, aliased => 1, record => \&nested_city,
    networks => moved('100.64.0.0/10' => 'paris'), built => 1_772_323_200);  # 2026-03-01
write_file('country.mmdb', type => 'Test-Country', ip_version => 6, record_size => 24, aliased => 1, record => \&nested_country);
write_file('asn.mmdb', type => 'Test-ASN', ip_version => 6, record_size => 32, aliased => 1, record => \&asn);
write_file('flat-city-ipv4.mmdb', type => 'city ipv4', ip_version => 4, record_size => 28, flat => 1, record => \&flat_city);
write_file('flat-city-ipv6.mmdb', type => 'city ipv6', ip_version => 6, record_size => 28, flat => 1, v6_only => 1, record => \&flat_city);
write_file('flat-country.mmdb', type => 'country ipvAll', ip_version => 6, record_size => 24, flat => 1, record => \&flat_country);
write_file('loopback.mmdb', type => 'Test-Loopback', ip_version => 4, record_size => 24, networks => \@loopback_networks, record => \&nested_city);
