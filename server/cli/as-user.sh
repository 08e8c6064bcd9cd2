#!/bin/sh
# as-user.sh CHECKOUT SEEN-CHECKOUT NODE SEEN-NODE COMMAND...
# Runs a command that changes the user, where that user cannot reach the checkout or node (both below /root, say).
# Started as root in a mount namespace of its own: what is mounted here is seen by the command alone and goes with it.
set -eu
mount --rbind -- "$1" "$2"
mount --bind -- "$3" "$4"
shift 4
exec "$@"
