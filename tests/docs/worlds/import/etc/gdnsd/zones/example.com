$TTL 3600
@     SOA ns1 hostmaster (
        5
        7200
        900
        1209600
        300 )
@     NS  ns1
ns1   A   192.0.2.53
mail  A   192.0.2.25
www   60/30 DYNA geoip!www
