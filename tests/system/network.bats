#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# network.bats - who connects a container, its names, its published ports

load lib.bash
load network.bash

# A connection to a port of the host is taken and reset, not left without an answer.
is_reset() {
	run -0 timeout 10 python3 -c "
import socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
try:
    print(s.recv(1))
except ConnectionResetError:
    print('reset')" "$1"
	assert_output reset
}

@test "--network auto: an interface, a route and a resolver" {
	run -0 urun run --network auto "rootfs:$DEBIAN" sh -c 'ls /sys/class/net; cat /sys/class/net/tap0/mtu /etc/resolv.conf
		tail -n +2 /proc/net/route | cut -f1-3,8'
	[[ "$output" == $'lo\ntap0\n65520\nnameserver 10.0.2.3\n'* ]]
	assert_contains $'tap0\t00000000\t0202000A\t00000000'
	assert_contains $'tap0\t0002000A\t00000000\t00FFFFFF'
}

@test "--network none: the loopback interface alone" {
	run -0 urun run --network none "rootfs:$DEBIAN" sh -c 'ls /sys/class/net; cat /etc/resolv.conf'
	assert_output $'lo\n# this container has no network'
}

@test "the host's loopback is closed, and open on request" {
	serve echo 127.0.0.1
	run -1 urun run --network slirp4netns host: python3 -c "import socket; socket.create_connection(('10.0.2.2', $port), 5)"
	run -0 urun run --network slirp4netns:allow_host_loopback=true host: python3 -c "
import socket
s = socket.create_connection(('host.containers.internal', $port), 5)
s.sendall(b'hello')
print(s.recv(5), s.getpeername()[0])"
	assert_output "b'hello' 10.0.2.2"
}

@test "options of slirp4netns: MTU, subnet, IPv6 that can be used at once" {
	run -0 urun run --network slirp4netns:mtu=1400,cidr=10.9.8.0/24,enable_ipv6=true \
		--hostname box "rootfs:$DEBIAN" sh -c '
		cat /sys/class/net/tap0/mtu /etc/resolv.conf; grep box /etc/hosts
		n=0
		while ! grep -q "^fd00" /proc/net/if_inet6 && [ $n -lt 50 ]; do sleep 0.1; n=$((n + 1)); done
		grep "^fd00" /proc/net/if_inet6 | cut -d" " -f5'
	# 00: permanent and not tentative, or 80 in addition: see if_addr.h
	[[ "$output" =~ ^$'1400\nnameserver 10.9.8.3\n10.9.8.100\tbox\n'(00|80)$ ]]
}

@test "/etc/hosts: the container's own name and the host's" {
	run -0 urun run --network auto --name web$$ --hostname box --add-host db:192.0.2.7 "rootfs:$DEBIAN" cat /etc/hosts
	assert_contains "192.0.2.7	db"
	assert_contains "10.0.2.100	box web$$"
}

@test "names are resolved by the host's resolver, and by the next one when that changes" {
	command -v unshare >/dev/null || skip_because "no unshare(1)"
	mkdir "$BATS_TEST_TMPDIR/run"
	cat >"$BATS_TEST_TMPDIR/script" <<-'END'
		set -e
		ip link set lo up
		etc=$1/etc
		mkdir "$etc"
		cp -a /etc/passwd /etc/group /etc/nsswitch.conf /etc/hosts /etc/ld.so.* /etc/python3* "$etc/" 2>/dev/null || true
		echo "nameserver 127.0.0.1" >"$1/resolv.conf"
		# Where it leads to neither /etc nor /run: slirp4netns's sandbox shows neither.
		ln -s "$1/resolv.conf" "$etc/resolv.conf"
		mount --bind "$etc" /etc
		python3 "$2" dns 127.0.0.1 192.0.2.11 <"$1/hold" >"$1/a" &
		python3 "$2" dns 127.0.0.2 192.0.2.12 <"$1/hold" >"$1/b" &
		exec 9>"$1/hold"
		while ! [ -s "$1/a" ] || ! [ -s "$1/b" ]; do sleep 0.05; done
		mkfifo "$1/go"
		urun run -i --network slirp4netns host: python3 -c '
		import socket, sys, time
		print(socket.gethostbyname("one.example"), flush=True)
		sys.stdin.readline()
		for _ in range(100):
		    if socket.gethostbyname("two.example") == "192.0.2.12":
		        break
		    time.sleep(0.1)
		print(socket.gethostbyname("two.example"))
		' <"$1/go" >"$1/out" &
		exec 8>"$1/go"
		while ! [ -s "$1/out" ]; do sleep 0.05; done
		echo "nameserver 127.0.0.2" >"$1/resolv.conf"
		echo >&8
		exec 8>&-
		wait $!
		cat "$1/out"
	END
	sed -i 's/^\t*//' "$BATS_TEST_TMPDIR/script"
	mkfifo "$BATS_TEST_TMPDIR/hold"
	run -0 --separate-stderr timeout 60 unshare --user --map-root-user --mount --net sh \
		"$BATS_TEST_TMPDIR/script" "$BATS_TEST_TMPDIR" "$server"
	assert_output $'192.0.2.11\n192.0.2.12'
}

@test "--publish: TCP and UDP, both families, halves of connections" {
	local a b
	a=$(free_port) b=$(free_port)
	inside_server -p "$a:8080" -p "$b:8080/udp"
	run -0 python3 "$server" client 127.0.0.1 "$a" 5000000
	run -0 python3 "$server" client ::1 "$a" 1000
	run -0 python3 -c "
import socket
for f, to in (socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1'):
    s = socket.socket(f, socket.SOCK_DGRAM)
    s.settimeout(5)
    s.sendto(b'ping', (to, $b))
    print(s.recv(9))"
	assert_output $'b\'ping\'\nb\'ping\''
}

@test "--publish: an answer leaves from the address that was asked" {
	local a
	a=$(free_port)
	command -v unshare >/dev/null || skip_because "no unshare(1)"
	cat >"$BATS_TEST_TMPDIR/ask.py" <<-'END'
		import socket, sys
		port = int(sys.argv[1])
		def ask(s, address):
		    s.sendto(address.encode(), (address, port))
		    data, peer = s.recvfrom(100)
		    print(data.decode(), peer[0])
		for family, addresses in (
		        (socket.AF_INET, ("192.0.2.1", "192.0.2.2", "192.0.2.1")),
		        (socket.AF_INET6, ("2001:db8::1", "2001:db8::2"))):
		    with socket.socket(family, socket.SOCK_DGRAM) as s:
		        s.bind((addresses[0], 0))
		        s.settimeout(5)
		        for address in addresses:
		            ask(s, address)
	END
	cat >"$BATS_TEST_TMPDIR/script" <<-'END'
		set -e
		ip link set lo up
		for a in 192.0.2.1/32 192.0.2.2/32 2001:db8::1/128 2001:db8::2/128; do
			ip address add "$a" dev lo
		done
		mkfifo "$1/hold"
		urun run -i -p "$3:8080/udp" -v "$2:/server.py:ro" host: python3 /server.py \
			echo 0.0.0.0 8080 <"$1/hold" >"$1/out" &
		exec 9>"$1/hold"
		while ! [ -s "$1/out" ]; do sleep 0.05; done
		python3 "$1/ask.py" "$3"
		exec 9>&-
		wait $!
	END
	sed -i 's/^\t*//' "$BATS_TEST_TMPDIR/ask.py"
	run -0 --separate-stderr timeout 60 unshare --user --map-root-user --mount --net sh \
		"$BATS_TEST_TMPDIR/script" "$BATS_TEST_TMPDIR" "$server" "$a"
	assert_output "192.0.2.1 192.0.2.1
192.0.2.2 192.0.2.2
192.0.2.1 192.0.2.1
2001:db8::1 2001:db8::1
2001:db8::2 2001:db8::2"
}

@test "--publish: one address alone" {
	local a
	a=$(free_port)
	inside_server -p "127.0.0.1:$a:8080"
	run -0 python3 "$server" client 127.0.0.1 "$a" 1000
	run -0 ss -Hltn "sport = :$a"
	[[ "$output" == *"127.0.0.1:$a "* ]] && [ "$(wc -l <<<"$output")" = 1 ]
}

@test "a published port that nobody listens to inside is refused, not silent" {
	local a
	a=$(free_port)
	spawn -p "127.0.0.1:$a:81" "rootfs:$DEBIAN" sleep 60
	is_reset "$a"
}

@test "a port that is taken, forbidden or nobody's is told before anything starts" {
	serve echo 127.0.0.1
	run -125 urun run -p "127.0.0.1:$port:80" "rootfs:$DEBIAN" true
	assert_output "urun: publish port 127.0.0.1:$port/tcp: Address already in use
  Choose another; 'ss -lnpt sport = :$port' shows who has it"
	run -125 urun run -p "127.0.0.1:$port:80/udp" "rootfs:$DEBIAN" true
	assert_contains "'ss -lnpu sport = :$port'"
	run -125 urun run -p 192.0.2.77:8080:80 "rootfs:$DEBIAN" true
	assert_output "urun: publish port 192.0.2.77:8080/tcp: Cannot assign requested address
  No interface of this host has the address"
	[ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -gt 80 ] ||
		skip_because "port 80 is free to all on this host"
	run -125 urun run -p 80:80 "rootfs:$DEBIAN" true
	assert_contains "publish port 80/tcp: Permission denied"
	assert_contains "sudo sysctl net.ipv4.ip_unprivileged_port_start=80"
}

@test "a thousand published ports, and one of them taken" {
	local first=20000
	spawn -p "127.0.0.1:$first-$((first + 999)):1-1000" "rootfs:$DEBIAN" sleep 60
	[ "$(ss -Hltn "sport >= :$first and sport <= :$((first + 999))" | wc -l)" = 1000 ]
	# What the payload may open is what it would be without.
	run -0 prlimit --nofile=200:2000 urun run -p "127.0.0.1:$((first + 2000))-$((first + 2499)):1-500" \
		"rootfs:$DEBIAN" sh -c 'ulimit -Sn; ulimit -Hn'
	assert_output $'200\n2000'
	run -125 urun run -p "127.0.0.1:$((first - 5))-$((first + 5)):1-11" "rootfs:$DEBIAN" true
	assert_contains "publish port 127.0.0.1:$first/tcp: Address already in use"
	kill "$launcher"
	wait "$launcher" || true
	[ -z "$(ss -Hltn "sport >= :$first and sport <= :$((first + 999))")" ]
}

@test "what serves the network has no right to anything, and no descriptor too many" {
	local a slirp net
	a=$(free_port)
	spawn -p "127.0.0.1:$a:80" "rootfs:$DEBIAN" sleep 60
	slirp=$(child slirp4netns) net=$(child urun-net)
	run -0 grep -E '^(CapEff|CapBnd|NoNewPrivs):' "/proc/$net/status"
	assert_output $'CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1'
	run -0 grep -E '^(NoNewPrivs|Seccomp):' "/proc/$slirp/status"
	assert_output $'NoNewPrivs:\t1\nSeccomp:\t2'
	# 0, 1, 2, the socket, HOLD, epoll
	[ "$(find "/proc/$net/fd" -mindepth 1 2>/dev/null | wc -l)" -le 6 ]
	[[ "$(tr '\0' ' ' <"/proc/$slirp/cmdline")" == *"--enable-sandbox --enable-seccomp"*"--disable-host-loopback"* ]]
}

@test "ports and helpers end with the container, whatever ends it" {
	local a slirp net
	a=$(free_port)
	for how in TERM KILL; do
		spawn -p "127.0.0.1:$a:80" "rootfs:$DEBIAN" sleep 60
		slirp=$(child slirp4netns) net=$(child urun-net)
		[ -n "$(ss -Hltn "sport = :$a")" ]
		kill -"$how" "$launcher"
		wait "$launcher" || true
		wait_until is_gone "$slirp"
		wait_until is_gone "$net"
		[ -z "$(ss -Hltn "sport = :$a")" ]
	done
	launcher=
}

@test "a helper that is killed: the container is told, and goes on" {
	local a
	a=$(free_port)
	spawn -p "127.0.0.1:$a:80" "rootfs:$DEBIAN" sleep 60
	kill -KILL "$(child urun-net)"
	wait_until grep -q . "$BATS_TEST_TMPDIR/err"
	run cat "$BATS_TEST_TMPDIR/err"
	assert_output "urun: note: urun-net has ended (signal 9): the published ports lead nowhere any more"
	kill -KILL "$(child slirp4netns)"
	wait_until grep -q slirp4netns "$BATS_TEST_TMPDIR/err"
	run tail -n 1 "$BATS_TEST_TMPDIR/err"
	assert_output "urun: note: slirp4netns has ended (signal 9): this container has no network any more"
	kill -0 "$payload"
	# Its interface is gone: what it sends fails at once.
	! grep -q tap0 "/proc/$payload/net/dev"
}

# without FILE COMMAND...: where that file is none
without() {
	local file=$1
	shift
	# shellcheck disable=SC2016 # the inner shell's
	unshare --user --map-root-user --mount sh -c 'mount --bind /dev/null "$0" && exec "$@"' "$file" "$@"
}

@test "no backend, no /dev/net/tun: refused, with what mends it" {
	# With one id, a root folder would keep the file that is mounted for apt: so it is the host's.
	command -v unshare >/dev/null || skip_because "no unshare(1)"
	mkdir "$BATS_TEST_TMPDIR/empty"
	# shellcheck disable=SC2016 # the inner shell's
	run -125 --separate-stderr unshare --user --map-root-user --mount sh -c \
		'mount --bind "$0" /dev/net && exec "$@"' "$BATS_TEST_TMPDIR/empty" \
		urun run --network auto host: true
	# shellcheck disable=SC2154 # is run's
	output=$stderr
	assert_output "urun: network: /dev/net/tun cannot be opened
  sudo modprobe tun, and sudo chmod 666 /dev/net/tun; or --network none, or --network host"
	run -125 without /usr/bin/slirp4netns urun run --network slirp4netns host: true
	assert_contains "--network slirp4netns: it is not installed"
	assert_contains "Install the package slirp4netns; or --network none"
	run -125 without /dev/net/tun urun run --network auto host: true
	assert_contains "slirp4netns did not connect the network: "
	refute_contains "child failed"
	# The last two would have pasta make a namespace of its own.
	for word in --no-such-option /bin/true --pcap; do
		run -125 urun run --network "pasta:$word" host: true
		assert_contains "pasta did not connect the network: "
	done
}

@test "many connections leave no descriptor behind" {
	local a net before
	a=$(free_port)
	inside_server -p "127.0.0.1:$a:8080"
	net=$(child urun-net)
	run -0 timeout 120 python3 "$server" many 127.0.0.1 "$a" 100
	# Pipes are kept for the next who needs one: as many as were needed at once, 32 at most.
	before=$(find "/proc/$net/fd" -mindepth 1 -lname 'socket:*' | wc -l)
	run -0 timeout 120 python3 "$server" many 127.0.0.1 "$a" 2000
	wait_until no_more_sockets_than "$before" "$net"
	[ "$(find "/proc/$net/fd" -mindepth 1 | wc -l)" -le 75 ]
}

no_more_sockets_than() {
	[ "$(find "/proc/$2/fd" -mindepth 1 -lname 'socket:*' | wc -l)" -le "$1" ]
}

@test "ends and resets of either side reach the other, behind what was sent before" {
	local a inside=odd i
	a=$(free_port)
	inside_server -p "127.0.0.1:$a:8080"
	for i in $(seq 10); do
		run -0 timeout 60 python3 "$server" edges 127.0.0.1 "$a"
		assert_output "50000 bytes, reset
1000 bytes, reset
1000 bytes, end
1000 bytes, end
1000 bytes, end
reset"
	done
	wait_until has_lines 61 "$BATS_TEST_TMPDIR/out"
	run -0 sort "$BATS_TEST_TMPDIR/out"
	assert_output "$(printf '8080\n'
		yes early | head -n 10
		yes 'first 2000 bytes, end' | head -n 10
		yes 'first 2000 bytes, reset' | head -n 10
		yes 'last 2000 bytes, end' | head -n 10
		yes 'last 2000 bytes, reset' | head -n 10
		yes reset | head -n 10)"
}

@test "published ports: what was sent before the container's end arrives" {
	local a inside=parting count=4000000
	# Without a pid namespace all of the container's that is left is ended, and who hands it on is not.
	for way in "" "--pid host"; do
		a=$(free_port)
		rm -f "$BATS_TEST_TMPDIR/hold"
		# shellcheck disable=SC2086 # words
		inside_server $way -p "127.0.0.1:$a:8080"
		run -0 timeout 30 python3 "$server" slow 127.0.0.1 "$a"
		assert_output "4000000 bytes, end"
		wait_for_launcher 7
	done
}

@test "published ports: what was sent arrives at a client that goes on sending" {
	local a inside=parting count=2000000
	a=$(free_port)
	inside_server -p "127.0.0.1:$a:8080"
	run -0 timeout 30 python3 -c "
import socket, time
s = socket.create_connection(('127.0.0.1', $a))
time.sleep(0.5)
s.sendall(b'more')
time.sleep(0.2)
n = 0
try:
    while data := s.recv(1 << 16):
        n += len(data)
except ConnectionResetError:
    pass
print(n)"
	assert_output 2000000
	wait_for_launcher 7
}

@test "published ports: who is too slow at the end, or cut off by a kill, sees no end but a reset" {
	local a inside=parting count=8000000 how
	a=$(free_port)
	for how in end KILL; do
		rm -f "$BATS_TEST_TMPDIR/hold"
		[ "$how" = end ] || count=80000000
		inside_server -p "127.0.0.1:$a:8080"
		run -0 timeout 30 python3 -c "
import os, signal, socket, time
s = socket.create_connection(('127.0.0.1', $a))
s.recv(1 << 16)
if '$how' == 'KILL':
    os.kill($launcher, signal.SIGKILL)
else:
    time.sleep(3)
try:
    while s.recv(1 << 16):
        pass
    print('end')
except ConnectionResetError:
    print('reset')"
		assert_output reset
		wait "$launcher" || true
	done
	launcher=
}

@test "published ports: who reads nothing does not keep a container that has ended" {
	local a inside=flood client
	a=$(free_port)
	inside_server -p "127.0.0.1:$a:8080"
	mkfifo "$BATS_TEST_TMPDIR/late"
	python3 "$server" late 127.0.0.1 "$a" <"$BATS_TEST_TMPDIR/late" >"$BATS_TEST_TMPDIR/had" 3>&- &
	client=$!
	exec {late}>"$BATS_TEST_TMPDIR/late"
	wait_for_launcher 7
	# Then it learns that this is not all.
	exec {late}>&-
	wait "$client"
	run -0 cat "$BATS_TEST_TMPDIR/had"
	[[ "$output" == *" bytes, reset" ]]
}

has_ended() {
	! kill -0 "$1"
}

# wait_for_launcher CODE: within ten seconds it ends with that.
wait_for_launcher() {
	local code=0
	wait_until has_ended "$launcher"
	wait "$launcher" || code=$?
	launcher=
	[ "$code" = "$1" ]
}

has_lines() {
	[ "$(wc -l <"$2")" -ge "$1" ]
}

@test "descriptors are used up: connections wait, and none is lost" {
	local a net
	# Where there is room above the caller's limit, urun puts the port's socket there: another
	# number of those below it would be free.
	ulimit -Sn "$(ulimit -Hn)"
	a=$(free_port)
	inside_server -p "127.0.0.1:$a:8080"
	net=$(child urun-net)
	# It takes as many as it may have.
	run -0 sed -n 's/^Max open files *//p' "/proc/$net/limits"
	[ "$(cut -d' ' -f1 <<<"$output")" = "$(ulimit -Hn)" ]
	# Numbers below 12: five are its own, six are three connections, one is not enough for a fourth.
	prlimit --pid "$net" --nofile=12:12
	run -0 timeout 100 python3 "$server" queue 127.0.0.1 "$a" 8 "$net"
	assert_output "3 3 2"
	wait_until no_more_sockets_than 2 "$net"
}

@test "the user's share of memory for pipes is used up: bytes go on through small ones" {
	local a
	a=$(free_port)
	inside_server -p "127.0.0.1:$a:8080"
	run -0 --separate-stderr timeout 60 python3 -c "
import fcntl, os, subprocess, sys
F_SETPIPE_SZ = 1031
all = []
try:
    while len(all) < 400:
        all.append(os.pipe())
        fcntl.fcntl(all[-1][1], F_SETPIPE_SZ, 1 << 20)
except PermissionError:
    print('used up')
sys.exit(subprocess.call(['python3', *sys.argv[1:]]))" "$server" client 127.0.0.1 "$a" 20000000
	assert_output "used up"
}

@test "pasta: the host's own address, published ports" {
	local a
	need_pasta
	run -0 urun run --network pasta "rootfs:$DEBIAN" sh -c 'ls /sys/class/net | grep -vxc lo'
	assert_output 1
	a=$(free_port)
	inside_server --network pasta -p "127.0.0.1:$a:8080"
	run -0 python3 "$server" client 127.0.0.1 "$a" 100000
	kill -KILL "$(child pas)"
	wait_until grep -q "pasta has ended (signal 9)" "$BATS_TEST_TMPDIR/err"
	kill -KILL "$launcher"
	wait "$launcher" || true
	# It has nothing but its launcher to end it.
	spawn --network pasta "rootfs:$DEBIAN" sleep 60
	local pasta
	pasta=$(child pas)
	kill -KILL "$launcher"
	wait "$launcher" || true
	wait_until is_gone "$pasta"
	launcher=
}

@test "signals to the caller's job are not for what serves the network" {
	pidfile=$BATS_TEST_TMPDIR/pid
	setsid urun run --pidfile "$pidfile" -p "127.0.0.1:$(free_port):80" "rootfs:$DEBIAN" \
		sh -c 'trap "" INT; while :; do sleep 1; done' 3>&- &
	launcher=$!
	wait_until test -s "$pidfile"
	payload=$(cat "$pidfile")
	wait_until is_executed "$payload"
	slirp=$(child slirp4netns) net=$(child urun-net)
	# The shell's own child may be another one: the launcher leads its group.
	kill -INT "-$launcher"
	sleep 1
	kill -0 "$payload" && kill -0 "$slirp" && kill -0 "$net"
	! is_gone "$slirp" && ! is_gone "$net"
}

@test "pasta: what listens to the container's loopback alone is for nobody outside" {
	local a
	need_pasta
	a=$(free_port)
	spawn --network pasta -p "127.0.0.1:$a:8080" -v "$server:/server.py:ro" host: \
		sh -c 'sleep 60 | python3 /server.py echo 127.0.0.1 8080'
	wait_until grep -qx 8080 "$BATS_TEST_TMPDIR/out"
	is_reset "$a"
}

@test "pasta: whatever ids are mapped" {
	need_pasta
	local ids
	for ids in auto keep-id nomap keep-id:uid=200,gid=210; do
		run -0 urun run --network pasta --userns "$ids" host: sh -c 'ls /sys/class/net | grep -vxc lo'
		assert_output 1
	done
}

@test "pasta: published ports where the id maps leave 0 out" {
	local a net
	need_pasta
	a=$(free_port)
	inside_server --network pasta --uidmap 5:0:1 --gidmap 5:0:1 -u 5:5 -p "127.0.0.1:$a:8080"
	run -0 python3 "$server" client 127.0.0.1 "$a" 100000
	net=$(child urun-net)
	run -1 grep -E '^Cap(Inh|Prm|Eff|Amb):.*[1-9a-f]$' "/proc/$net/status"
}

@test "pasta: a short option with its value, and one that is the beginning of another" {
	need_pasta
	run -0 urun run --network "pasta:-t$(free_port),--dns,192.0.2.53" host: true
	run -125 urun run --network "pasta:--dns-f,192.0.2.53" host: true
	assert_output "urun: --network: '--dns-f': that is urun's to say to pasta"
}

@test "pasta: an option that it does not know is named" {
	need_pasta
	local option
	for option in "--nosuch" "--nosuch=x" "--no-such"; do
		run -125 urun run --network "pasta:$option" host: true
		assert_output "urun: pasta did not connect the network: unrecognized option '$option'
  man pasta lists what it can be told"
	done
	run -125 urun run --network pasta:-Z host: true
	assert_output "urun: pasta did not connect the network: invalid option -- 'Z'
  man pasta lists what it can be told"
	run -125 urun run --network pasta:--pcap host: true
	assert_output "urun: pasta did not connect the network: option '--pcap' requires an argument
  man pasta lists what it can be told"
	# What is wrong about a value is said last.
	run -125 urun run --network pasta:--address,1.2.3.4.5 host: true
	assert_output "urun: pasta did not connect the network: Invalid address: 1.2.3.4.5
  --network none does without it"
}
