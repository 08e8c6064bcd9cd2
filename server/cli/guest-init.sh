# First program of a micro guest, in busybox' shell. The kernel's command line says what it shall be:
#   pb.name=NAME            its name, also towards DHCP servers
#   pb.ethN=dhcp            asks for an address (the default of every NIC); again whenever the cable is plugged in
#   pb.ethN=ADDRESS/PREFIX  has this address (several with commas)
#   pb.ethN=none            is up without an address
#   pb.route=GATEWAY        default route
#   pb.forward=1            routes between its NICs
# What it says of itself on the serial line begins with `patchbay: `.
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for word in $(cat /proc/cmdline); do
  case "$word" in pb.*=*) echo "${word#pb.}" ;; esac
done >/settings
setting() { sed -n "s/^$1=//p" /settings; }
say() { echo "patchbay: $*" >/dev/console; }
name=$(setting name)
hostname "${name:-guest}"
ip link set lo up
if [ "$(setting forward)" = 1 ]; then
  echo 1 >/proc/sys/net/ipv4/ip_forward
  echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
fi
mkdir -p /www /state
echo "$(hostname)" >/www/index.html
httpd -h /www

# Follows one NIC: sets it up, asks for an address when the cable comes, and ends when it is gone.
follow() {
  nic=$1 mode=$(setting "$1") had=0
  say "$nic has $(cat /sys/class/net/$nic/address)"
  ip link set "$nic" up
  case "${mode:=dhcp}" in
  dhcp | none) ;;
  *)
    for address in $(echo "$mode" | tr , ' '); do ip addr add "$address" dev "$nic"; done
    gateway=$(setting route)
    [ -z "$gateway" ] || ip route add default via "$gateway" 2>/dev/null
    ;;
  esac
  while carrier=$(cat /sys/class/net/$nic/carrier 2>/dev/null); do
    if [ "$carrier" != "$had" ]; then
      had=$carrier
      [ "$carrier" = 1 ] && say "$nic is plugged in" || say "$nic is unplugged"
      # What it says last is where it is reached: at its address, once there is a cable.
      case "$mode $carrier" in *"/"*" 1") say "$nic is at $mode" ;; esac
      if [ "$mode" = dhcp ]; then
        [ ! -f /state/$nic.pid ] || kill "$(cat /state/$nic.pid)" 2>/dev/null
        rm -f /state/$nic.pid
        ip addr flush dev "$nic" scope global
        [ "$carrier" = 0 ] || udhcpc -f -i "$nic" -t 3 -T 1 -A 2 -x "hostname:$(hostname)" \
          -s /bin/on-dhcp -p /state/$nic.pid >/dev/null 2>&1 &
      fi
    fi
    sleep 1
  done
  [ ! -f /state/$nic.pid ] || kill "$(cat /state/$nic.pid)" 2>/dev/null
  rm -rf /state/$nic.pid /state/$nic
  say "$nic is gone"
}

say "up after $(cut -d' ' -f1 /proc/uptime) s"
# A shell for whoever looks at the serial line.
( while :; do setsid sh -c 'exec sh -i </dev/ttyS0 >/dev/ttyS0 2>&1'; done ) &
while :; do
  for nic in /sys/class/net/*; do
    nic=${nic##*/}
    [ "$nic" = lo ] || [ -d /state/$nic ] || { mkdir /state/$nic; follow "$nic" & }
  done
  sleep 1
done
