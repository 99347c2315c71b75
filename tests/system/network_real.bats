#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# network_real.bats - a container between two hosts: web servers, names, a firewall of the real world

load lib.bash
load network.bash

setup() {
	need_network
	local program
	for program in nginx dnsmasq nft; do
		command -v "$program" >/dev/null || skip_because "$program is not installed"
	done
	dir=$BATS_TEST_TMPDIR
	fixtures=$BATS_TEST_DIRNAME/../fixtures
	mkdir "$dir/www"
	echo hello >"$dir/www/small"
	head -c 20000000 /dev/urandom >"$dir/www/big"
	sum=$(sha256sum <"$dir/www/big" | cut -d' ' -f1)
	cat >"$dir/get.py" <<-'END'
		import hashlib, sys, urllib.request
		for url in sys.argv[1:]:
		    try:
		        with urllib.request.urlopen(url, timeout=20) as page:
		            print(hashlib.sha256(page.read()).hexdigest())
		    except OSError as e:
		        print(e)
	END
	sed -i 's/^\t*//' "$dir/get.py"
}

teardown() {
	:
}

# between_hosts: standard input is the script for outside.sh.
between_hosts() {
	cat >"$dir/script"
	export dir fixtures
	run --separate-stderr timeout 100 unshare --user --map-root-user --mount --net sh \
		"$fixtures/outside.sh" "$dir" "$dir/script"
	# shellcheck disable=SC2154 # is run's
	[ "$status" = 0 ] || {
		echo "$output"
		echo "$stderr"
		return 1
	}
}

networks() {
	echo slirp4netns
	[ ! -x /usr/bin/pasta ] || echo pasta
}

@test "a web server outside: found by its name, all of its bytes, and it sees the host's address" {
	local net
	for net in $(networks); do
		rm -f "$dir"/log-*
		net=$net between_hosts <<-'END'
			serve_web a 80
			serve_names a 198.51.100.2
			on_a nft -f - <<-RULES
				table inet t {
					counter others {}
					chain in {
						type filter hook input priority 0
						iif eth0 ip saddr != 198.51.100.1 counter name others
					}
				}
			RULES
			urun run --network "$net" -v "$dir/get.py:/get.py:ro" host: \
				python3 /get.py http://web.example/big http://none.example/
			cut -d' ' -f1,9,10 "$dir/log-80"
			on_a nft list counter inet t others | grep packets
		END
		assert_output "$sum
<urlopen error [Errno -3] Temporary failure in name resolution>
198.51.100.1 200 20000000
		packets 0 bytes 0"
	done
}

@test "an answer that no datagram holds comes by a connection" {
	local net
	for net in $(networks); do
		net=$net between_hosts <<-'END'
			serve_names a 198.51.100.2
			urun run --network "$net" -v "$fixtures/netserver.py:/server.py:ro" host: sh -c '
				server=$(sed -n "s/nameserver //p" /etc/resolv.conf)
				python3 /server.py ask "$server" big.example
				python3 /server.py asktcp "$server" big.example'
		END
		assert_output $'big.example: cut off\nbig.example: 1506 bytes'
	done
}

@test "outbound_addr: the other host sees the address that was chosen" {
	between_hosts <<-'END'
		serve_web a 80
		for option in outbound_addr=203.0.113.1 outbound_addr=to-b mtu=1500; do
			urun run --network "slirp4netns:$option" -v "$dir/get.py:/get.py:ro" host: \
				python3 /get.py http://198.51.100.2/big
		done
		cut -d' ' -f1,9,10 "$dir/log-80"
	END
	assert_output "$sum
$sum
$sum
203.0.113.1 200 20000000
203.0.113.1 200 20000000
198.51.100.1 200 20000000"
}

@test "the host's firewall is the container's" {
	local net
	local -A refused=([slirp4netns]="[Errno 111] Connection refused" [pasta]="timed out")
	for net in $(networks); do
		net=$net between_hosts <<-'END'
			serve_web a 80
			serve_web b 81
			nft -f - <<-RULES
				table inet t {
					chain out {
						type filter hook output priority 0
						ip daddr 203.0.113.2 tcp dport 81 reject with tcp reset
					}
				}
			RULES
			urun run --network "$net" -v "$dir/get.py:/get.py:ro" host: \
				python3 /get.py http://203.0.113.2:81/big http://198.51.100.2/big
		END
		# Debian 12's pasta leaves it without an answer.
		assert_output "<urlopen error ${refused[$net]}>
$sum"
	done
}

@test "a web server inside: for the address that it is published on, and no other" {
	local net
	for net in $(networks); do
		net=$net between_hosts <<-'END'
			web_config /tmp 8080 | sed "s,$dir/www,/www," >"$dir/inside.conf"
			mkfifo "$dir/hold"
			exec 9<>"$dir/hold"
			start urun run -i --network "$net" -p 203.0.113.1:8080:8080 -v "$dir/www:/www:ro" \
				-v "$dir/inside.conf:/inside.conf:ro" host: \
				sh -c 'nginx -c /inside.conf -e /tmp/e & read -r _; cut -d" " -f9,10 /tmp/log-8080' <"$dir/hold"
			wait_for on_b python3 -c "import urllib.request; urllib.request.urlopen('http://203.0.113.1:8080/small')"
			on_b python3 "$dir/get.py" http://203.0.113.1:8080/big
			on_a python3 "$dir/get.py" http://198.51.100.1:8080/big
			python3 "$dir/get.py" http://127.0.0.1:8080/big
		END
		rm "$dir/hold"
		assert_output "$sum
<urlopen error [Errno 111] Connection refused>
<urlopen error [Errno 111] Connection refused>"
	done
}

@test "a name server inside: asked by datagram and by connection, on both addresses" {
	between_hosts <<-'END'
		start urun run -p 5300:5353 -p 5300:5353/udp host: \
			dnsmasq -d -C /dev/null --port=5353 --pid-file= --no-resolv --no-hosts --address=/web.example/192.0.2.9
		wait_for on_a python3 "$fixtures/netserver.py" asktcp 198.51.100.1:5300 web.example
		for how in ask asktcp; do
			on_a python3 "$fixtures/netserver.py" "$how" 198.51.100.1:5300 web.example
			on_b python3 "$fixtures/netserver.py" "$how" 203.0.113.1:5300 web.example
		done
	END
	assert_output "web.example: 192.0.2.9
web.example: 192.0.2.9
web.example: 192.0.2.9
web.example: 192.0.2.9"
}

# Prints /etc/resolv.conf each time that it is another one, until it has the word "last". By one read(2):
# who asks for more behind a shorter text gets the rest of the next one.
watcher='
	seen=
	for i in $(seq 600); do
		now=$(dd if=/etc/resolv.conf bs=65536 count=1 2>/dev/null)
		[ "$now" = "$seen" ] || printf "%s\n--\n" "$now"
		seen=$now
		case $now in *last*) exit ;; esac
		sleep 0.05
	done'

@test "resolv.conf follows the host's" {
	local net
	local -A first=([slirp4netns]=10.0.2.3 [pasta]=198.51.100.2 [host]=198.51.100.2)
	local -A second=([slirp4netns]=10.0.2.3 [pasta]=203.0.113.2 [host]=203.0.113.2)
	export watcher
	# To who is inside the file is read-only: urun writes it all the same.
	for net in $(networks) host "host --read-only"; do
		net=$net between_hosts <<-'END'
			# shellcheck disable=SC2086
			start urun run --network $net host: sh -c "$watcher" >"$dir/out"
			urun=${started%% *}
			wait_for grep -qx -- -- "$dir/out"
			printf 'search one.example\nnameserver 203.0.113.2\n' >"$dir/resolv.conf"
			wait_for grep -qx "search one.example" "$dir/out"
			# pasta has nobody to ask for the container then: it keeps what it has.
			[ "$net" = pasta ] ||
				printf 'nameserver 127.0.0.53\nnameserver 203.0.113.2\nsearch last.example\n' >"$dir/resolv.conf"
			[ "$net" != pasta ] || {
				start urun run --network host host: \
					sh -c 'until grep -q 127.0.0.53 /etc/resolv.conf; do sleep 0.05; done; echo seen' >"$dir/seen"
				printf 'nameserver 127.0.0.53\nsearch two.example\n' >"$dir/resolv.conf"
				wait_for grep -qx seen "$dir/seen"
				printf 'nameserver 203.0.113.2\nsearch last.example\n' >"$dir/resolv.conf"
			}
			wait "$urun"
		END
		run -0 cat "$dir/out"
		case $net in
		host*) assert_output "nameserver 198.51.100.2
--
search one.example
nameserver 203.0.113.2
--
nameserver 127.0.0.53
nameserver 203.0.113.2
search last.example
--" ;;
		*) assert_output "nameserver ${first[$net]}
--
nameserver ${second[$net]}
search one.example
--
nameserver ${second[$net]}
search last.example
--" ;;
		esac
	done
}

@test "a resolver on the host's loopback: pasta asks it for the container" {
	[ -x /usr/bin/pasta ] || skip_because "pasta is not installed"
	between_hosts <<-'END'
		start dnsmasq -d -C /dev/null --pid-file= --no-resolv --no-hosts --address=/web.example/192.0.2.8 \
			--listen-address=127.0.0.53 --bind-interfaces 2>"$dir/names"
		wait_for grep -q started "$dir/names"
		echo "nameserver 127.0.0.53" >"$dir/resolv.conf"
		urun run --network pasta host: sh -c 'cat /etc/resolv.conf; getent hosts web.example'
	END
	assert_output $'nameserver 10.0.2.3\n192.0.2.8       web.example'
}

@test "a resolver on an address of the host: pasta asks it where the container has that address, too" {
	[ -x /usr/bin/pasta ] || skip_because "pasta is not installed"
	between_hosts <<-'END'
		ip address add 2001:db8:5::1/64 dev to-a nodad
		on_a ip address add 2001:db8:5::2/64 dev eth0 nodad
		ip -6 route add default via 2001:db8:5::2
		start dnsmasq -d -C /dev/null --pid-file= --no-resolv --no-hosts --address=/web.example/192.0.2.8 \
			--listen-address=198.51.100.1,203.0.113.1,2001:db8:5::1,::1 --bind-interfaces 2>"$dir/names"
		wait_for grep -q started "$dir/names"
		for address in 198.51.100.1 203.0.113.1 2001:db8:5::1 ::1; do
			echo "nameserver $address" >"$dir/resolv.conf"
			urun run --network pasta host: sh -c 'cat /etc/resolv.conf; getent ahostsv4 web.example | head -n 1'
		done
	END
	# The address of another interface is the host's from inside as well.
	assert_output "nameserver 10.0.2.3
192.0.2.8       STREAM web.example
nameserver 203.0.113.1
192.0.2.8       STREAM web.example
nameserver fd00::3
192.0.2.8       STREAM web.example
nameserver fd00::3
192.0.2.8       STREAM web.example"
}

@test "pasta with one family: no server of the other one" {
	[ -x /usr/bin/pasta ] || skip_because "pasta is not installed"
	between_hosts <<-'END'
		ip address add 2001:db8:5::1/64 dev to-a nodad
		on_a ip address add 2001:db8:5::2/64 dev eth0 nodad
		ip -6 route add default via 2001:db8:5::2
		serve_names a 198.51.100.2
		start dnsmasq -d -C /dev/null --pid-file= --no-resolv --no-hosts --address=/web.example/192.0.2.8 \
			--listen-address=127.0.0.1,::1 --bind-interfaces 2>"$dir/names"
		wait_for grep -q started "$dir/names"
		for servers in "198.51.100.2 2001:db8:5::2" "127.0.0.1 ::1"; do
			printf 'nameserver %s\n' $servers >"$dir/resolv.conf"
			for word in -4 --ipv6-only; do
				urun run --network "pasta:$word" host: sh -c 'cat /etc/resolv.conf; getent hosts web.example'
			done
		done
	END
	assert_output "nameserver 198.51.100.2
198.51.100.2    web.example
nameserver 2001:db8:5::2
198.51.100.2    web.example
nameserver 10.0.2.3
192.0.2.8       web.example
nameserver fd00::3
192.0.2.8       web.example"
}

@test "resolv.conf: a link that leads elsewhere, and a file that is replaced" {
	export watcher
	between_hosts <<-'END'
		mkdir "$dir/etc"
		cp -a /etc/passwd /etc/group /etc/nsswitch.conf /etc/ld.so.* "$dir/etc/" 2>/dev/null || true
		umount "$(realpath /etc/resolv.conf)"
		echo "nameserver 192.0.2.1" >"$dir/one"
		ln -s "$dir/one" "$dir/etc/resolv.conf"
		mount --bind "$dir/etc" /etc
		start urun run --network host host: sh -c "$watcher" >"$dir/out"
		urun=${started%% *}
		wait_for grep -qx "nameserver 192.0.2.1" "$dir/out"
		echo "nameserver 192.0.2.2" >"$dir/new"
		mv "$dir/new" "$dir/one"
		wait_for grep -qx "nameserver 192.0.2.2" "$dir/out"
		mkdir "$dir/two"
		echo "nameserver 192.0.2.3" >"$dir/two/file"
		ln -s "$dir/two/file" "$dir/etc/new"
		mv "$dir/etc/new" /etc/resolv.conf
		wait_for grep -qx "nameserver 192.0.2.3" "$dir/out"
		echo "# last" >"$dir/two/file"
		wait "$urun"
		tail -n 2 "$dir/out"
	END
	assert_output $'# last\n--'
}

@test "resolv.conf: what was asked for, or written inside, stays" {
	between_hosts <<-'END'
		mkfifo "$dir/hold"
		exec 9<>"$dir/hold"
		start urun run -i --network host host: sh -c 'echo "nameserver 192.0.2.77" >/etc/resolv.conf
			echo up; read -r _; cat /etc/resolv.conf' <"$dir/hold" >"$dir/own"
		one=${started%% *}
		start urun run -i --network slirp4netns --dns 192.0.2.78 --dns-search asked.example host: \
			sh -c 'echo up; read -r _; cat /etc/resolv.conf' <"$dir/hold" >"$dir/asked"
		two=${started%% *}
		wait_for grep -qx up "$dir/own"
		wait_for grep -qx up "$dir/asked"
		# Started last, it has the change last.
		start urun run -i --network host host: sh -c 'echo up
			until grep -q 203.0.113.2 /etc/resolv.conf; do sleep 0.05; done
			echo seen; read -r _; cat /etc/resolv.conf' <"$dir/hold" >"$dir/other"
		three=${started%% *}
		wait_for grep -qx up "$dir/other"
		printf 'search one.example\nnameserver 203.0.113.2\noptions ndots:2\n' >"$dir/resolv.conf"
		wait_for grep -qx seen "$dir/other"
		printf '\n\n\n' >&9
		wait "$one" "$two" "$three"
		cat "$dir/own" "$dir/asked" "$dir/other"
	END
	assert_output "up
nameserver 192.0.2.77
up
nameserver 192.0.2.78
search asked.example
options ndots:2
up
seen
search one.example
nameserver 203.0.113.2
options ndots:2"
}

@test "resolv.conf: a link that leads nowhere yet, and a folder that is made anew" {
	export watcher
	between_hosts <<-'END'
		mkdir "$dir/etc"
		cp -a /etc/passwd /etc/group /etc/nsswitch.conf /etc/ld.so.* "$dir/etc/" 2>/dev/null || true
		umount "$(realpath /etc/resolv.conf)"
		mkdir "$dir/links"
		ln -s ../run/resolve/stub "$dir/links/stub"
		ln -s "$dir/links/stub" "$dir/etc/resolv.conf"
		mount --bind "$dir/etc" /etc
		start urun run --network host host: sh -c "echo up; $watcher" >"$dir/out"
		urun=${started%% *}
		wait_for grep -qx up "$dir/out"
		mkdir -p "$dir/run/resolve"
		echo "nameserver 192.0.2.1" >"$dir/run/resolve/stub"
		wait_for grep -qx "nameserver 192.0.2.1" "$dir/out"
		rm -r "$dir/run"
		mkdir -p "$dir/run/resolve"
		echo "nameserver 192.0.2.2" >"$dir/run/resolve/stub"
		wait_for grep -qx "nameserver 192.0.2.2" "$dir/out"
		echo "# last" >"$dir/other"
		ln -sfn "$dir/other" "$dir/links/stub"
		wait "$urun"
		tail -n 2 "$dir/out"
	END
	assert_output $'# last\n--'
}

@test "resolv.conf: a container that keeps the file locked does not stop its launcher" {
	cat >"$dir/lock.py" <<-'END'
		import ctypes, os, threading, time
		KEEP_SIZE, PUNCH_HOLE = 1, 2
		libc = ctypes.CDLL(None)
		def lock():
		    fd = os.open("/etc/resolv.conf", os.O_RDWR)
		    while True:
		        for how in KEEP_SIZE, KEEP_SIZE | PUNCH_HOLE:
		            libc.fallocate(fd, how, ctypes.c_long(4096), ctypes.c_long(1 << 28))
		for _ in range(64):
		    threading.Thread(target=lock, daemon=True).start()
		print("up", flush=True)
		time.sleep(99)
	END
	sed -i 's/^\t*//' "$dir/lock.py"
	between_hosts <<-'END'
		start urun run --network host -v "$dir/lock.py:/lock.py:ro" host: python3 /lock.py >"$dir/out"
		urun=${started%% *}
		wait_for grep -qx up "$dir/out"
		echo "nameserver 203.0.113.2" >"$dir/resolv.conf"
		# For a second it does not look.
		for i in $(seq 60); do
			sleep 0.05
			grep -h '^State:.D' "/proc/$urun/status" || true
		done
		kill "$urun"
		wait "$urun" || echo "$?"
	END
	assert_output 143
}
