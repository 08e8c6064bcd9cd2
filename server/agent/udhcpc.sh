#!/bin/sh
# Called by busybox udhcpc in a lab guest's namespace with what it got. $interface, $ip, $mask, $lease, $router, $dns,
# $domain, $mtu come from it; $PATCHBAY_GUEST is the guest's folder. Values are used as arguments only.
case "$1" in
  deconfig)
    ip -4 address flush dev "$interface"
    ip link set dev "$interface" up
    rm -f "$PATCHBAY_GUEST/resolv.conf"
    ;;
  bound | renew)
    # With the lease's time, the kernel shows the address as dynamic, and takes it away when nobody renews it.
    ip -4 address replace "$ip/${mask:-24}" broadcast + dev "$interface" \
      valid_lft "${lease:-forever}" preferred_lft "${lease:-forever}"
    [ -n "$mtu" ] && ip link set dev "$interface" mtu "$mtu"
    # Addresses of an earlier network would keep answering.
    ip -4 -o address show dev "$interface" | while read -r _ _ _ had _; do
      [ "$had" = "$ip/${mask:-24}" ] || ip -4 address del "$had" dev "$interface"
    done
    for gateway in $router; do
      ip -4 route replace default via "$gateway" dev "$interface"
      break
    done
    {
      [ -n "$domain" ] && printf 'search %s\n' "$domain"
      for server in $dns; do printf 'nameserver %s\n' "$server"; done
    } >"$PATCHBAY_GUEST/resolv.conf"
    ;;
esac
exit 0
