#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# images_login.bats - credentials for registries, and what registries have

load lib.bash
load images.bash

setup_file() {
	images_setup gzip
}

setup() {
	need_images
	need skopeo
	store_setup
	cd "$BATS_TEST_TMPDIR"
	unset REGISTRY_AUTH_FILE
	export HOME=$PWD/home XDG_RUNTIME_DIR=$PWD/runtime XDG_CONFIG_HOME=$PWD/config
	mkdir -m 700 home runtime config
	export CONTAINERS_REGISTRIES_CONF=$PWD/registries.conf
	: >registries.conf
	auth=$XDG_RUNTIME_DIR/containers/auth.json
}

teardown() {
	end_servers
	store_teardown
}

# credentials FILE HOST: what is stored, USER:PASSWORD
credentials() {
	python3 -c 'import base64, json, sys
print(base64.b64decode(json.load(open(sys.argv[1]))["auths"][sys.argv[2]]["auth"]).decode())' "$@"
}

# at_terminal: python from standard input, with terminal.py
at_terminal() {
	{
		echo 'from terminal import *'
		cat
	} | PYTHONPATH=$URUN_STAGE/tests/system PYTHONDONTWRITEBYTECODE=1 timeout 60 python3 - "$@"
}

# put NAME...: images in the registry $address
put() {
	for name; do
		skopeo copy -q ${copy:---dest-tls-verify=false} "oci:$IMAGES/gzip:latest" "docker://$address/$name"
	done
}

@test "credentials are checked, then stored where podman stores them, for the user alone" {
	serve registry.py --user me:secret
	run -125 urun login --tls-verify=false -u me -p wrong-one "$address"
	assert_contains "login to '$address': invalid username or password: registry '$address': not allowed"
	assert_contains "Nothing was stored"
	refute_contains "urun login"
	refute_contains wrong-one
	[ ! -e "$auth" ]
	umask 022
	run -0 urun login --tls-verify=false -u me -p secret "$address"
	assert_output "Login Succeeded!"
	[ "$(stat -c %a "$auth")" = 600 ]
	[ "$(stat -c %a "$XDG_RUNTIME_DIR/containers")" = 700 ]
	[ "$(credentials "$auth" "$address")" = me:secret ]
	run -0 urun login --get-login "$address"
	assert_output me
	run -0 skopeo login --get-login "$address"
	assert_output me
	run -0 urun login --tls-verify=false "$address"
	assert_output "Existing credentials are valid. Already logged in to $address"
}

@test "the password comes from standard input" {
	serve registry.py --user me:secret
	printf 'secret\n' >password
	run -0 urun login --tls-verify=false -v -u me --password-stdin "$address" <password
	assert_output "Login Succeeded!
Used: $auth"
	[ "$(credentials "$auth" "$address")" = me:secret ]
	run -125 urun login --tls-verify=false --password-stdin "$address" <password
	assert_contains "--username"
	run -125 urun login --tls-verify=false -u me -p x --password-stdin "$address" <password
	assert_contains "one of them"
	run -125 urun login --tls-verify=false -u me --password-stdin "$address" </dev/null
	assert_contains "is empty"
	urun logout "$address"
	run -125 urun login --tls-verify=false "$address" <password
	assert_contains "no terminal"
	refute_contains secret
}

@test "what else is in the file stays, and logout removes what login stored" {
	serve registry.py --user me:secret
	mkdir -p "${auth%/*}"
	echo '{"other": {"key": [1]}, "auths": {"example.org": {"auth": "YTpi", "more": 2}}}' >"$auth"
	chmod 644 "$auth"
	urun login --tls-verify=false -u me -p secret "$address"
	[ "$(stat -c %a "$auth")" = 600 ]
	[ "$(credentials "$auth" example.org)" = a:b ]
	run -0 urun logout "$address"
	assert_output "Removed login credentials for $address"
	run -0 python3 -c 'import json,sys; print(json.dumps(json.load(open(sys.argv[1]))))' "$auth"
	assert_output '{"other": {"key": [1]}, "auths": {"example.org": {"auth": "YTpi", "more": 2}}}'
	run -125 urun logout "$address"
	assert_contains "no credentials for $address"
	run -125 urun login --get-login "$address"
	assert_contains "not logged in to '$address'"
	run -0 urun logout --all
	assert_output "Removed login credentials for all registries"
	run -0 python3 -c 'import json,sys; print(json.dumps(json.load(open(sys.argv[1]))))' "$auth"
	assert_output '{"other": {"key": [1]}, "auths": {}}'
	run -125 urun logout --all "$address"
}

@test "credentials of another program's file are told of, and stay" {
	mkdir -p "$HOME/.docker"
	echo '{"auths": {"example.org": {"auth": "YTpi"}}}' >"$HOME/.docker/config.json"
	run -0 urun login --get-login example.org
	assert_output a
	run -125 urun logout example.org
	assert_contains "$HOME/.docker/config.json"
	[ "$(credentials "$HOME/.docker/config.json" example.org)" = a:b ]
}

@test "--authfile and REGISTRY_AUTH_FILE say where" {
	serve registry.py --user me:secret
	urun login --tls-verify=false --authfile mine -u me -p secret "$address"
	[ "$(credentials mine "$address")" = me:secret ]
	[ "$(stat -c %a mine)" = 600 ]
	REGISTRY_AUTH_FILE=$PWD/named urun login --tls-verify=false -u me -p secret "$address"
	[ "$(credentials named "$address")" = me:secret ]
	[ ! -e "$auth" ]
	run -0 urun logout --authfile mine "$address"
	run -125 urun login --get-login --authfile mine "$address"
}

@test "credentials of a namespace of a registry" {
	serve registry.py --user me:secret
	run -0 urun login --tls-verify=false -u me -p secret "https://$address/team/"
	[ "$(credentials "$auth" "$address/team")" = me:secret ]
	pull gzip
	run -0 urun push -q --tls-verify=false localhost/gzip "$address/team/gzip:1"
	run -125 urun push -q --tls-verify=false localhost/gzip "$address/none/gzip:1"
	run -0 urun logout "$address/team"
}

@test "what a registry says of credentials that it refuses is shown, and moves no cursor" {
	serve registry.py
	serve proxy.py --bearer own --no-tokens '{"details": "closed\u001b[2J\u009b2J account\n"}' "$address"
	run -125 urun login --tls-verify=false -u me -p hidden-one "$address"
	assert_contains "refuses the credentials of the command line: closed\\x1b[2J"
	assert_contains " account\\x0a"
	refute_contains $'\e'
	refute_contains $'\u9b'
	refute_contains hidden-one
	[ ! -e "$auth" ]
}

@test "a registry's URL: its API is no namespace, and a password in it is not shown" {
	serve registry.py --user me:secret
	for url in "https://$address/v2/" "http://$address/v1" "https://$address//"; do
		run -0 urun login --tls-verify=false -u me -p secret "$url"
		run -0 urun login --get-login "$address"
		assert_output me
		run -0 urun logout "$url"
		assert_output "Removed login credentials for $address"
	done
	for words in "https://me:hidden-one@$address" "me:hidden-one@$address/team" "-u me:hidden-one $address"; do
		run -125 urun login --tls-verify=false -p x $words
		refute_contains hidden-one
	done
	run -125 urun logout "me:hidden-one@$address"
	assert_contains "the registry's name has a user in it"
	refute_contains hidden-one
}

@test "without a registry: the first that is searched, or a word about it" {
	serve registry.py --user me:secret
	run -125 urun login -u me -p secret
	assert_contains "no registry was given"
	assert_contains "unqualified-search-registries"
	echo "unqualified-search-registries = [\"$address\", \"example.org\"]" >registries.conf
	run -0 urun login --tls-verify=false -u me -p secret
	[ "$(credentials "$auth" "$address")" = me:secret ]
	run -0 urun logout
	assert_output "Removed login credentials for $address"
}

@test "a registry with TLS, and a host that is none" {
	serve registry.py --tls --user me:secret
	run -125 urun login -u me -p secret "$address"
	assert_contains certificate
	[ ! -e "$auth" ]
	run -0 urun login --cert-dir "$folder/certs" -u me -p secret "$address"
	run -125 urun login -u me -p secret 'a b'
	assert_contains "no name of a host"
	run -125 urun login -u a:b -p secret "$address"
	assert_contains "without a colon"
}

@test "at a terminal: the password is not shown, and the terminal is left as it was" {
	serve registry.py --user me:secret
	at_terminal "$address" <<-'END'
		host = sys.argv[1]
		with Terminal('urun', 'login', '--tls-verify=false', host) as t:
		    t.expect('Username: ')
		    t.type('me\n')
		    t.expect('Password: ')
		    assert not t.modes()[3] & termios.ECHO
		    t.type('secret\n')
		    t.expect('Login Succeeded!')
		    t.expect_ended(0)
		    assert b'secret' not in t.everything
	END
	[ "$(credentials "$auth" "$address")" = me:secret ]
}

@test "at a terminal: a signal while the password is typed" {
	serve registry.py --user me:secret
	at_terminal "$address" <<-'END'
		host = sys.argv[1]
		def login():
		    return Terminal('urun', 'login', '--tls-verify=false', '-u', 'me', host)
		with login() as t:
		    t.expect('Password: ')
		    t.type('sec\x03')
		    t.expect_ended(130)
		    assert b'sec' not in t.everything
		for signo in signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT:
		    with login() as t:
		        t.expect('Password: ')
		        t.kill(signo)
		        t.expect_ended(128 + signo)
		# stopped, and gone on with
		with Shell() as s:
		    before = s.modes()
		    s.start('urun login --tls-verify=false -u me ' + host)
		    s.expect('Password: ')
		    s.type('wrong\x1a')
		    s.prompt()
		    equal(s.modes()[3] & termios.ECHO, before[3] & termios.ECHO)
		    s.start('fg')
		    s.expect('Password: ')
		    s.type('secret\n')
		    s.expect('Login Succeeded!')
		    s.prompt()
		    assert b'secret' not in s.everything and b'wrong' not in s.everything
		# the end of input, and nothing
		for keys in b'\x04', b'\n':
		    with login() as t:
		        t.expect('Password: ')
		        t.type(keys)
		        t.expect('nothing was typed')
		        t.expect_ended(125)
	END
}

@test "a password is on no command line, and a helper gets it by a pipe alone" {
	python3 - >port <<-'END' 3>&- &
		import socket, sys
		s = socket.socket()
		s.bind(("127.0.0.1", 0))
		s.listen()
		print(s.getsockname()[1], flush=True)
		kept = []
		s.settimeout(20)
		try:
		    while True:
		        kept.append(s.accept())
		except OSError:
		    pass
	END
	server=$!
	wait_until test -s port
	echo hidden-one | urun login --tls-verify=false -u me --password-stdin "127.0.0.1:$(cat port)" >out 2>&1 3>&- &
	launcher=$!
	wait_until pgrep -u "$(id -u)" -f "urun-image login.*127.0.0.1:$(cat port)"
	run pgrep -u "$(id -u)" -fl hidden-one
	assert_output ""
	kill "$launcher" "$server"
	wait "$launcher" "$server" || true

	serve registry.py --user me:hidden-one
	mkdir bin "${auth%/*}"
	cat >bin/docker-credential-kept <<-'END'
		#!/bin/sh
		{ echo "$@"; env; tr '\0' ' ' <"/proc/$$/cmdline"; } >>"$HOME/seen"
		[ "$1" != store ] || cat >"$HOME/stored"
	END
	chmod 755 bin/docker-credential-kept
	echo "{\"credHelpers\": {\"$address\": \"kept\"}}" >"$auth"
	echo hidden-one | PATH=$PWD/bin:$PATH urun login --tls-verify=false -u me --password-stdin "$address"
	grep -q hidden-one "$HOME/stored"
	run -0 cat "$HOME/seen"
	assert_contains store
	refute_contains hidden-one
	run -1 grep -r hidden-one "$auth"
}

# --- search ---

@test "search looks through the catalogue of a registry that has no search" {
	serve registry.py
	put team/alpha:1 team/beta:1 other/alpha:1
	run -0 urun search --tls-verify=false --format '{{.Index}} {{.Name}}' "$address/alpha"
	assert_output "$address $address/other/alpha
$address $address/team/alpha"
	run -0 urun search --tls-verify=false --limit 1 --format '{{.Name}}' "$address/alpha"
	assert_output "$address/other/alpha"
	run -0 urun search --tls-verify=false --format '{{.Name}}' "$address/"
	[ "${#lines[@]}" = 3 ]
	run -0 urun search --tls-verify=false "$address/beta"
	[[ "${lines[0]}" =~ ^NAME\ +DESCRIPTION$ ]]
	[[ "${lines[1]}" =~ ^$address/team/beta ]]
	run -0 urun search --tls-verify=false --format json "$address/beta"
	[ "$(python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["Name"])' <<<"$output")" = "$address/team/beta" ]
	run -0 urun search --tls-verify=false --filter is-official=true --format '{{.Name}}' "$address/alpha"
	assert_output ""
	run -125 urun search --tls-verify=false --filter colour=red "$address/alpha"
	assert_contains "there is no filter 'colour'"
	run -125 urun search --tls-verify=false --limit 101 "$address/alpha"
	assert_contains "at most 100"
}

@test "search in the registries that are configured; one that does not answer is told of" {
	serve registry.py
	put team/alpha:1
	run -125 urun search alpha
	assert_contains "unqualified-search-registries"
	echo "unqualified-search-registries = [\"$address\", \"127.0.0.1:1\"]" >registries.conf
	run -0 --separate-stderr urun search --tls-verify=false --format '{{.Name}}' alpha
	assert_output "$address/team/alpha"
	[[ "$stderr" == *"127.0.0.1:1"* ]]
	echo 'unqualified-search-registries = ["127.0.0.1:1"]' >registries.conf
	run -125 urun search --tls-verify=false alpha
	assert_contains "127.0.0.1:1"
}

@test "search with TLS and a password" {
	serve registry.py --tls --user me:secret
	copy="--dest-tls-verify=false --dest-creds me:secret" put team/alpha:1
	run -125 urun search --cert-dir "$folder/certs" "$address/alpha"
	assert_contains "urun login $address"
	run -125 urun search --creds me:secret "$address/alpha"
	assert_contains certificate
	run -0 urun search --cert-dir "$folder/certs" --creds me:secret --format '{{.Name}}' "$address/alpha"
	assert_output "$address/team/alpha"
	urun login --cert-dir "$folder/certs" -u me -p secret "$address"
	run -0 urun search --cert-dir "$folder/certs" --list-tags --format '{{.Name}} {{.Tag}}' "$address/team/alpha"
	assert_output "$address/team/alpha 1"
}

@test "search: what is typed for one registry goes to no other" {
	serve registry.py
	registry=$address
	serve proxy.py --bearer own --log "$PWD/log" "$registry"
	echo "unqualified-search-registries = [\"$address\", \"127.0.0.1:1\"]" >registries.conf
	for word in alpha '--list-tags alpha'; do
		run -125 urun search --tls-verify=false --creds me:hidden-one $word
		assert_contains "credentials are for one registry, and 2 are searched"
		assert_contains "Name it: HOST/alpha"
		refute_contains hidden-one
	done
	[ ! -s log ]
	echo "unqualified-search-registries = [\"$address\"]" >registries.conf
	run -0 urun search --tls-verify=false --creds me:hidden-one alpha
	grep -qE '^main GET /token[^ ]* - Basic$' log
}

@test "the tags of a repository" {
	serve registry.py
	put team/alpha:1 team/alpha:2 team/alpha:latest
	run -0 urun search --tls-verify=false --list-tags "$address/team/alpha"
	[[ "${lines[0]}" =~ ^NAME\ +TAG$ ]]
	[[ "${lines[1]}" =~ ^$address/team/alpha\ +(1|2|latest)$ ]]
	[ "${#lines[@]}" = 4 ]
	# in the order that the registry has
	run -0 urun search --tls-verify=false --list-tags --format '{{.Tag}}' "$address/team/alpha"
	[ "$(sort <<<"$output")" = "1
2
latest" ]
	first=${lines[0]}
	run -0 urun search --tls-verify=false --list-tags --limit 1 --format '{{.Tag}}' "$address/team/alpha"
	assert_output "$first"
	run -0 urun search --tls-verify=false --list-tags --format json "$address/team/alpha"
	[ "$(python3 -c 'import json,sys; l = json.load(sys.stdin); print(len(l), l[0]["Name"], *sorted(l[0]["Tags"]))' <<<"$output")" = \
		"1 $address/team/alpha 1 2 latest" ]
	run -125 urun search --tls-verify=false --list-tags "$address/team/none"
	assert_contains "$address/team/none"
	run -125 urun search --tls-verify=false --list-tags "$address/team/alpha:1"
	assert_contains "no tag"
}

@test "a search of version 1, and one whose answer is hostile" {
	serve registry.py
	python3 - >answer <<-'END'
		import json
		print(json.dumps({"num_results": 3, "results": [
		    {"name": "team/one", "description": "first\n\x1b[2Jline " + "x" * 100000,
		     "star_count": 12, "is_official": True},
		    {"name": "two", "description": "", "star_count": 3, "is_automated": True},
		    {"name": "three"}] + [{"name": "more/n%d" % i} for i in range(200)]}))
	END
	serve proxy.py --search "$PWD/answer" --log "$PWD/log" "$address"
	run -0 urun search --tls-verify=false --compatible --limit 3 "$address/x y"
	refute_contains $'\e'
	assert_contains "$address/team/one"
	assert_contains "..."
	assert_contains "[OK]"
	[ "${#lines[@]}" = 4 ]
	grep -q '^main GET /v1/search?q=x%20y&n=3 ' log
	run -0 urun search --tls-verify=false --no-trunc "$address/x"
	refute_contains $'\e'
	[ "${#lines[@]}" = 26 ]
	[ "${#output}" -lt 60000 ]
	run -0 urun search --tls-verify=false --filter stars=3 --format '{{.Name}} {{.Stars}}' "$address/x"
	assert_output "$address/team/one 12
$address/two 3"
	run -0 urun search --tls-verify=false --filter is-official=true --format '{{.Name}}' "$address/x"
	assert_output "$address/team/one"
	echo '{"results": [{"name": "x", "description": "\u009b2J\u007f\u001b"}]}' >answer
	for format in table json '{{json .}}' '{{.Description}}'; do
		run -0 urun search --tls-verify=false --format "$format" "$address/x"
		case $format in
		json) assert_contains '"Description": "\u009B2J\u007F\u001B"' ;;
		table) assert_contains '\xc2\x9b2J\x7f\x1b' ;;
		esac
		[ "$format" != json ] && [ "$format" != table ] || refute_contains $'\u9b'
	done
	echo '{"results": [{"name": "../x\u001b[2J"}]}' >answer
	run -125 urun search --tls-verify=false "$address/x"
	assert_contains "is no name of a repository"
	refute_contains $'\e'
	echo '{"results": [{"name": "x", "star_count": -1}]}' >answer
	run -125 urun search --tls-verify=false "$address/x"
	assert_contains "star_count"
	# no search, but a page: then the catalogue
	echo '<html>' >answer
	put team/alpha:1
	run -0 urun search --tls-verify=false --format '{{.Name}}' "$address/alpha"
	assert_output "$address/team/alpha"
}
