#!/bin/sh
# First process of a lab: lab-init.sh COMMAND...
# Runs the lab's agent and starts it again when it dies. Its standard input is a pipe held by the machine agent: when
# that closes, this process ends, and with it the kernel ends everything in the lab's process namespace.
# As process 1 it inherits orphans; `wait` collects them.
trap 'exit 0' TERM INT HUP
exec 3<&0 </dev/null
# A signal with a handler reaches process 1 from inside; SIGKILL would not.
( while read -r _; do :; done <&3; kill -TERM 1 ) &
while :; do
  "$@" 3<&- &
  wait "$!"
  # Not faster than once a second, so that an agent that cannot start does not eat a core.
  sleep 1 3<&- &
  wait "$!"
done
