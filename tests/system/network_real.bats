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
	# Debian 12's pasta forwards datagrams to the resolver, and no connection.
	between_hosts <<-'END'
		serve_names a 198.51.100.2
		urun run --network slirp4netns -v "$fixtures/netserver.py:/server.py:ro" host: \
			sh -c 'python3 /server.py ask 10.0.2.3 big.example; python3 /server.py asktcp 10.0.2.3 big.example'
	END
	assert_output $'big.example: cut off\nbig.example: 1506 bytes'
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
