@ SOA ns1 hostmaster (1 2h 15m 2w 5m)
@ NS ns1
ns1 A 192.0.2.53
www 60 DYNA simplefo!www
