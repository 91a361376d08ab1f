; The zone of the tests.
@     SOA ns1 dns-admin (
        1      ; serial
        7200 30M 3D
        900 )  ; negative answers
      NS  ns1
      NS  ns2.@Z
ns1   A   192.0.2.53
ns2   A   192.0.2.54

www       60/30 DYNA geoip!www     ; steered by the map
          MX  10 mail
near      300   DYNA geoip!near
www-us    600   DYNA geoip!www/us
cdn       120   DYNC geoip!cdn
lb        180   DYNA multifo!lb
both      180   DYNA multifo!both
pair      180   DYNA simplefo!pair
share     180   DYNA weighted!share
groups    180   DYNA weighted!groups
names     180   DYNC weighted!names
chain     180   DYNA metafo!chain
zeros     600   DYNA null
home      600   DYNA static!home
away      600   DYNC static!elsewhere
mail      2     A    192.0.2.25
alias           CNAME www
long            TXT  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
$INCLUDE includes/offices offices
after     A 192.0.2.70
