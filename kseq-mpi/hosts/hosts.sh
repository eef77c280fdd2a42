#!/bin/sh
# Hosts on one machine: network namespaces kseq1, kseq2, .. with names and addresses of their own, on one bridge. Root's.
#
#   hosts.sh up N [RATE]   makes N of them; RATE (such as 1gbit) limits what each may send
#   hosts.sh HOST COMMAND  runs a command there, as ssh does: what mpirun starts its daemons with
#   hosts.sh down          removes them
set -eu
case $1 in
up)
    ip link add kseq0 type bridge
    ip link set kseq0 up
    for i in $(seq "$2"); do
        ip netns add "kseq$i"
        ip link add "kseq$i" type veth peer name eth0 netns "kseq$i"
        ip link set "kseq$i" master kseq0 up
        ip -n "kseq$i" address add "10.77.0.$i/24" dev eth0
        ip -n "kseq$i" link set eth0 up
        ip -n "kseq$i" link set lo up
        if [ -n "${3:-}" ]; then
            ip netns exec "kseq$i" tc qdisc add dev eth0 root tbf rate "$3" burst 256k latency 100ms
        fi
    done
    ;;
down)
    for link in $(ip -o link | grep -o 'kseq[0-9]*' | sort -u); do
        ip link delete "$link"
    done
    for host in $(ip netns list | grep -o '^kseq[0-9]*'); do
        ip netns delete "$host"
    done
    ;;
*)
    host=$1
    shift
    exec ip netns exec "$host" unshare --uts sh -c 'hostname "$0" && exec sh -c "$*"' "$host" "$@"
    ;;
esac
