#!/bin/sh
# What busybox' DHCP client calls in a micro guest.
case "$1" in
deconfig) ip -4 addr flush dev "$interface" scope global ;;
bound | renew)
  [ -z "$mtu" ] || ip link set dev "$interface" mtu "$mtu"
  ip addr replace "$ip/${mask:-24}" dev "$interface"
  # A default route that it was given stays.
  grep -q '^route=' /settings ||
    for gateway in $router; do ip route replace default via "$gateway" dev "$interface"; break; done
  : >/etc/resolv.conf
  for server in $dns; do echo "nameserver $server" >>/etc/resolv.conf; done
  [ "$1" != bound ] || echo "patchbay: $interface is at $ip/${mask:-24}" >/dev/console
  ;;
esac
