#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# images_list.bats - what ps, images, history and inspect print, as scripts for podman read it

load lib.bash
load images.bash

setup_file() {
	images_setup basic gzip deep
}

setup() {
	need_images
	store_setup
}

teardown() {
	if [ -n "${launcher:-}" ]; then
		kill -KILL "$launcher" 2>/dev/null || true
		wait "$launcher" 2>/dev/null || true
		wait_until is_gone ${payload:+"$payload"}
	fi
	store_teardown
}

# --- standard output ---

@test "what cannot be written to standard output is said by every verb that prints" {
	pull basic
	urun run --name kept -u 0 --entrypoint sh basic -c 'echo x >/file'
	urun volume create vol
	for words in images "images -q" "images --format json" "history basic" "inspect basic" \
		"inspect kept" "ps -a" "ps -aq" "ps -a --format json" "diff kept" "system df" \
		"system df --format json" "volume ls" "volume inspect vol" "export kept" \
		"save basic" "tag --help" "pull -q oci:$IMAGES/basic:latest" \
		"create --entrypoint true basic" "commit -q kept" "volume create"; do
		run --separate-stderr sh -c "exec timeout 60 urun $words >&-"
		[ "$status" = 125 ] && [[ "$stderr" == *"standard output"* ]] || {
			echo "closed, by: urun $words: $status, $stderr"
			return 1
		}
		run --separate-stderr sh -c "exec timeout 60 urun $words >/dev/full"
		[ "$status" = 125 ] && [[ "$stderr" == *"No space left on device"* ]] || {
			echo "full, by: urun $words: $status, $stderr"
			return 1
		}
	done
	# What prints nothing needs none.
	run -0 --separate-stderr sh -c 'exec urun tag basic other >&-'
	[ -z "$stderr" ]
	run -0 --separate-stderr sh -c 'exec urun run --rm --entrypoint true basic >&-'
	[ -z "$stderr" ]
}

# --- ps ---

# json OPTIONS EXPRESSION: of `urun ps --format json`, the list being p
json() {
	# shellcheck disable=SC2086
	urun ps $1 --format json | python3 -c "import json,sys; p = json.load(sys.stdin); print(($2))"
}

# Three that are kept: made, ended with 3, and one that runs.
three() {
	pull basic
	urun create --name made --label k=1 -v "$BATS_TEST_TMPDIR:/host:ro" --entrypoint sh basic \
		-c 'a command that is long' >/dev/null
	run -3 urun run --name ended -v vol:/v -u 0 --entrypoint sh basic -c 'echo x >/file; exit 3'
	spawn --name runs --entrypoint sleep basic 99
}

@test "ps: the table as podman prints it" {
	three
	id() { urun ps -aq -f "name=^$1\$"; }
	run -0 urun ps -a
	output=$(sed -E 's/(Less than a|[0-9]+) seconds?( ago)?/T\2/g; s/ +/ /g; s/ $//' <<<"$output")
	assert_output "CONTAINER ID IMAGE COMMAND CREATED STATUS PORTS NAMES
$(id made) localhost/basic:latest sh -c a command t... T ago Created made
$(id ended) localhost/basic:latest sh -c echo x >/fi... T ago Exited (3) T ago ended
$(id runs) localhost/basic:latest sleep 99 T ago Up T runs"
	run -0 urun ps --noheading --format 'table {{.Names}}\t{{.State}}'
	assert_output 'runs        running'
}

@test "ps --format json: keys and kinds as podman has them" {
	three
	before=$(date +%s)
	[ "$(json -a '[c["Names"] for c in p]')" = "[['made'], ['ended'], ['runs']]" ]
	[ "$(json -a '[c["State"] for c in p]')" = "['created', 'exited', 'running']" ]
	[ "$(json -a '[c["Exited"] for c in p]')" = "[False, True, False]" ]
	[ "$(json -a '[c["ExitCode"] for c in p]')" = "[0, 3, 0]" ]
	[ "$(json -a '[c["Pid"] for c in p]')" = "[0, 0, $payload]" ]
	[ "$(json -a 'p[0]["Command"], p[2]["Command"]')" = \
		"(['sh', '-c', 'a command that is long'], ['sleep', '99'])" ]
	[ "$(json -a '[sorted(c["Mounts"]) for c in p]')" = "[['/data', '/host'], ['/data', '/v'], ['/data']]" ]
	[ "$(json -a 'p[0]["Labels"]["k"], p[0]["Ports"], p[0]["Networks"], p[0]["AutoRemove"]')" = "('1', [], [], False)" ]
	[ "$(json -a "[abs(c['Created'] - $before) < 60 for c in p]")" = "[True, True, True]" ]
	[ "$(json -a "[abs(c['StartedAt'] - $before) < 60 for c in p]")" = "[False, True, True]" ]
	[ "$(json -a "[abs(c['ExitedAt'] - $before) < 60 for c in p]")" = "[False, True, False]" ]
	[ "$(json -a 'p[0]["StartedAt"], p[2]["ExitedAt"]')" = "(-62135596800, -62135596800)" ]
	[ "$(json -a 'p[1]["StartedAt"] <= p[1]["ExitedAt"], p[0]["Status"]')" = "(True, 'Created')" ]
	[ "$(json -a '["Size" in c for c in p]')" = "[False, False, False]" ]
}

@test "ps: the fields of templates" {
	three
	run -0 urun ps -a --format '{{.Names}} {{.Pid}} {{.ExitCode}} {{.Exited}} {{.State}} {{.Ports}}|{{.Networks}}|{{.Command}}'
	assert_output "made 0 0 false created ||sh -c a command t...
ended 0 3 true exited ||sh -c echo x >/fi...
runs $payload 0 false running ||sleep 99"
	run -0 urun ps -a --no-trunc --format '{{.Command}}' -f name=made
	assert_output 'sh -c a command that is long'
	run -0 urun ps --format '{{len .Id}} {{len .ID}} {{len .ImageID}}'
	assert_output '64 12 12'
	run -0 urun ps -q --format '{{.Names}}'
	assert_output runs
}

@test "ps: --latest, --last, and that all are listed as they were made" {
	three
	run -0 urun ps -l --format '{{.Names}}'
	assert_output runs
	run -0 urun ps --latest -f status=exited --format '{{.Names}}'
	assert_output ended
	run -0 urun ps -n 2 --format '{{.Names}}'
	assert_output $'ended\nruns'
	run -0 urun ps --last 9 --format '{{.Names}}'
	assert_output $'made\nended\nruns'
	for n in 0 -1 x ""; do
		run -125 urun ps --last "$n"
		assert_output "urun: --last: '$n': a number, 1 or more"
	done
	run -125 urun ps -l -n 2
	assert_output "urun: --latest does not go with --last"
}

@test "ps --sort: by each field" {
	three
	sorted() {
		run -0 urun ps -a --sort "$1" --format '{{.Names}}'
		assert_output "$2"
	}
	sorted created $'made\nended\nruns'
	sorted names $'ended\nmade\nruns'
	sorted status $'made\nended\nruns'
	sorted command $'made\nended\nruns'
	sorted image $'made\nended\nruns'
	sorted runningfor $'made\nended\nruns'
	sorted size $'made\nruns\nended'
	sorted id "$(urun ps -a --no-trunc --format '{{.ID}} {{.Names}}' | sort | cut -d' ' -f2)"
	run -125 urun ps --sort age
	assert_output "urun: --sort: 'age': created, command, id, image, names, runningfor, size or status"
}

@test "ps --size: what changes take on the disk" {
	three
	upper=$(used "containers/$(urun ps -aq --no-trunc -f name=ended)/upper")
	layers=$(used 'layers/*')
	run -0 urun ps -a -s --format json -f name=ended
	[ "$(python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["Size"])' <<<"$output")" = \
		"{'rootFsSize': $layers, 'rwSize': $upper}" ]
	run -0 urun ps -as -f name=ended
	[[ "$output" == *" SIZE"*"B (virtual "*"B)" ]]
	run -0 urun ps -a --format '{{.Size}}' -f name=ended
	[[ "$output" =~ ^[0-9.]+kB\ \(virtual\ [0-9.]+[kM]B\)$ ]]
	run -125 urun ps -qs
	assert_output "urun: --quiet does not go with --size or --ns"
	run -125 urun ps -s --ns
	assert_output "urun: --size does not go with --ns"
}

@test "ps --ns: the namespaces of those that run" {
	three
	number() { readlink "/proc/$payload/ns/$1" | tr -dc 0-9; }
	run -0 urun ps -a --ns -f name=runs
	output=$(sed -E 's/ +/ /g' <<<"$output")
	assert_output "CONTAINER ID NAMES PID CGROUPNS IPC MNT NET PIDNS USERNS UTS
$(urun ps -q) runs $payload $(number cgroup) $(number ipc) $(number mnt) $(number net) $(number pid) $(number user) $(number uts)"
	[ "$(json '-a --ns' '[c["Namespaces"].get("Net") for c in p]')" = "[None, None, '$(number net)']" ]
	run -0 urun ps -a --format '{{.Names}}:{{.NET}}:{{.Namespaces.MNT}}'
	assert_output "made::
ended::
runs:$(number net):$(number mnt)"
}

@test "ps: filters" {
	three
	fits() {
		run -0 urun ps -a --format '{{.Names}}' "${@:2}"
		assert_output "$1"
	}
	fits ended -f exited=3
	fits "" -f exited=4
	fits made -f name='^(made|run)$'
	fits $'made\nended' -f name=ed\$ -f name=made
	fits runs -f "id=$(urun ps -q)"
	fits ended -f volume=vol
	fits ended -f volume=/v
	fits made -f volume=/host
	fits made -f before=ended
	fits runs -f since=ended
	fits $'made\nruns' -f status=created -f status=running
	fits made -f label=k=1 -f ancestor=basic
	run -0 urun ps --format '{{.Names}}' -f exited=3
	assert_output ended
	run -125 urun ps -f exited=300
	assert_output "urun: --filter exited=300: a number from 0 to 255"
	run -125 urun ps -f since=gone
	assert_contains "urun: --filter since: 'gone': no such container"
	run -125 urun ps -f 'name=('
	assert_output "urun: --filter name=(: it is no regular expression"
}

@test "ps and inspect: one that runs with --rm is listed with all that it is told by" {
	pull basic
	spawn --rm --name gone --label k=v -v vol:/v -v "$BATS_TEST_TMPDIR:/host" --entrypoint sleep basic 99
	[ "$(json '' 'p[0]["Names"], p[0]["Command"], p[0]["AutoRemove"], p[0]["Labels"]["k"], p[0]["Pid"]')" = \
		"(['gone'], ['sleep', '99'], True, 'v', $payload)" ]
	run -0 urun ps -q -f volume=vol -f volume=/host -f label=k=v
	[ -n "$output" ]
	[[ "$(urun ps --format '{{.Status}}')" == "Up "* ]]
}

@test "ps: of more words than a record keeps, the first" {
	pull basic
	# shellcheck disable=SC2046
	spawn --rm --label "l=$(head -c 20000 /dev/zero | tr '\0' x)" --entrypoint sleep basic $(seq 101 6000)
	[ "$(json '' 'p[0]["Command"][:2], p[0]["Command"][-1], sum(len(w) for w in p[0]["Command"]) < 20000')" = \
		"(['sleep', '101'], '...', True)" ]
}

# --- the last run ---

@test "a container whose urun was killed has ended by a signal, at nobody knows what time" {
	pull basic
	run -3 urun run --name victim --entrypoint sh basic -c 'exit 3'
	run -0 urun inspect -f '{{.State.Status}} {{.State.ExitCode}} {{.State.Pid}}' victim
	assert_output 'exited 3 0'
	urun rm victim
	spawn --name victim --entrypoint sleep basic 99
	started=$(urun inspect -f '{{.State.StartedAt}}' victim)
	[[ "$started" == 20*Z ]]
	kill -KILL "$launcher"
	wait "$launcher" || true
	wait_until is_gone "$payload"
	run -0 urun inspect -f '{{.State.Status}} {{.State.ExitCode}} {{.State.StartedAt}} {{.State.FinishedAt}}' victim
	assert_output "exited 137 $started 0001-01-01T00:00:00Z"
	run -0 urun ps -a --format '{{.Status}}'
	assert_output 'Exited (137)'
}

@test "each run has its own start and end" {
	pull basic
	run -0 urun create --name again --entrypoint sh basic -c 'exit 4'
	run -0 urun inspect -f '{{.State.Status}} {{.State.StartedAt}} {{.State.FinishedAt}}' again
	assert_output 'created 0001-01-01T00:00:00Z 0001-01-01T00:00:00Z'
	run -4 urun start again
	first=$(urun inspect -f '{{.State.StartedAt}} {{.State.FinishedAt}}' again)
	sleep 0.1
	run -4 urun start again
	second=$(urun inspect -f '{{.State.StartedAt}} {{.State.FinishedAt}}' again)
	[[ "${first#* }" > "${first% *}" && "${second% *}" > "${first#* }" && "${second#* }" > "${second% *}" ]]
	run -0 find "$URUN_ROOT/containers" -maxdepth 2 -name process
	assert_output ""
	# What an earlier version has written.
	echo 5 >"$URUN_ROOT/containers/$(urun ps -aq --no-trunc)/exit"
	run -0 urun inspect -f '{{.State.Status}} {{.State.ExitCode}} {{.State.FinishedAt}}' again
	assert_output 'exited 5 0001-01-01T00:00:00Z'
}

# --- inspect ---

@test "inspect of a container: its state, and where its namespaces are from" {
	pull basic
	run -3 urun run --name ended --network host --entrypoint sh basic -c 'exit 3'
	run -0 urun inspect -f '{{.State.Status}} {{.State.Running}} {{.State.Pid}} {{.State.ExitCode}} {{.HostConfig.NetworkMode}} {{.HostConfig.PidMode}} {{.HostConfig.AutoRemove}} {{.NetworkSettings.IPAddress}}|{{.Config.Image}}' ended
	assert_output 'exited false 0 3 host private false |localhost/basic:latest'
	run -0 urun inspect -f '{{.State.StartedAt}} {{.State.FinishedAt}} {{.Created}}' ended
	[[ "$output" =~ ^(20[0-9T:-]{17}\.[0-9]{9}Z ?){3}$ ]]
	# What nobody watches is not told.
	run -125 urun inspect -f '{{.State.OOMKilled}}' ended
	spawn --rm --name runs --entrypoint sleep basic 99
	run -0 urun inspect -f '{{.State.Status}} {{.State.Running}} {{.State.Pid}} {{.HostConfig.AutoRemove}} {{.Path}} {{.Args}}' runs
	assert_output "running true $payload true sleep [99]"
	run -0 urun create --name made basic
	run -0 urun inspect -f '{{.HostConfig.NetworkMode}} {{.State.Status}}' made
	assert_output 'slirp4netns created'
}

@test "inspect of an image: podman's keys are there" {
	pull basic
	run -0 urun image inspect basic
	python3 - "$output" <<-'END'
		import json, sys
		(i,) = json.loads(sys.argv[1])
		keys = """Id Digest RepoTags RepoDigests Parent Comment Created Config Version Author Architecture
		Os Size VirtualSize GraphDriver RootFS Labels Annotations ManifestType User History""".split()
		missing = [k for k in keys if k not in i]
		assert not missing, missing
		assert i["Created"] == "2023-11-14T22:13:20Z" and i["User"] == "app"
		assert i["ManifestType"] == "application/vnd.oci.image.manifest.v1+json"
		assert i["Annotations"] == {} and i["Config"]["StopSignal"] == "SIGINT"
	END
}

# --- history ---

# aged HOURS [NOTE]: an image of two steps, the first with a layer; the second as long ago.
aged() {
	python3 - "$IMAGES/basic" "$BATS_TEST_TMPDIR/aged" "$1" "${2:-a note}" <<-'END'
		import datetime, hashlib, json, os, shutil, sys
		old, new, ago, note = sys.argv[1:]
		shutil.copytree(old, new)
		blob = lambda d: json.load(open(f"{new}/blobs/sha256/{d[7:]}"))
		def put(doc):
		    text = json.dumps(doc).encode()
		    digest = hashlib.sha256(text).hexdigest()
		    open(f"{new}/blobs/sha256/{digest}", "wb").write(text)
		    return {"digest": f"sha256:{digest}", "size": len(text)}
		os.chmod(f"{new}/index.json", 0o644)
		index = json.load(open(f"{new}/index.json"))
		manifest = blob(index["manifests"][0]["digest"])
		config = blob(manifest["config"]["digest"])
		then = datetime.datetime.utcnow() - datetime.timedelta(hours=float(ago))
		config["history"] = [
		    {"created": "2023-11-14T22:13:20Z", "created_by": "COPY " + "x" * 60},
		    {"created": then.strftime("%Y-%m-%dT%H:%M:%SZ"), "created_by": "CMD sh", "comment": note,
		     "empty_layer": True}]
		manifest["config"].update(put(config))
		index["manifests"][0].update(put(manifest))
		json.dump(index, open(f"{new}/index.json", "w"))
	END
	urun pull -q "oci:$BATS_TEST_TMPDIR/aged:latest" >/dev/null
}

@test "history: as podman prints it" {
	aged 340
	urun tag aged other:2
	id=$(urun images -q aged)
	whole=$(urun inspect -f '{{.Id}}' aged)
	run -0 urun history aged
	size=$(grep -o '[0-9.]* MB' <<<"$output")
	output=$(sed -E 's/ +$//; s/  +/|/g' <<<"$output")
	assert_output "ID|CREATED|CREATED BY|SIZE|COMMENT
$id|2 weeks ago|CMD sh|0 B|a note
<missing>|$((($(date +%s) - 1700000000) / 31536000)) years ago|COPY xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...|$size"
	run -0 urun history -q aged
	assert_output "$id
<missing>"
	run -0 urun history -q --no-trunc aged
	assert_output "$whole
<missing>"
	run -0 urun history --no-trunc --format '{{.CreatedBy}}|{{.Comment}}|{{.Tags}}' aged
	assert_output "CMD sh|a note|[localhost/aged:latest localhost/other:2]
COPY $(printf 'x%.0s' $(seq 60))||[]"
	run -0 urun history --format '{{.CreatedSince}}|{{.CreatedAt}}' aged
	[[ "$output" == "2 weeks ago|20"*$'\n'*"|2023-11-14 22:13:20 +0000 UTC" ]]
	run -0 urun history -H=false --format '{{.Created}}|{{.Size}}' aged
	[ "${lines[1]}" = "2023-11-14T22:13:20Z|$(python3 -c 'import json,sys; print(json.load(sys.stdin)[1]["size"])' < <(urun history --format json aged))" ]
	[[ "${lines[0]}" == 20*Z"|0" ]]
	run -0 urun history --format json aged
	python3 - "$output" "$whole" <<-'END'
		import json, sys
		steps, id = json.loads(sys.argv[1]), sys.argv[2]
		assert [s["id"] for s in steps] == [id, "<missing>"]
		assert steps[1]["created"] == steps[1]["Created"] == "2023-11-14T22:13:20Z"
		assert steps[0]["comment"] == "a note" and steps[0]["size"] == 0 < steps[1]["size"]
		assert steps[0]["tags"] == ["localhost/aged:latest", "localhost/other:2"] and "tags" not in steps[1]
		assert steps[1]["CreatedBy"] == "COPY " + "x" * 60
	END
	run -125 urun history --format '{{.Nope}}' aged
	assert_contains "there is no field 'Nope'"
}

@test "history: what an image says cannot write to a terminal" {
	aged 1 "$(printf '\033]0;title\007')"
	run -0 script -qec "urun history aged" /dev/null
	refute_contains "$(printf '\033')"
	assert_contains '\x1b]0;title\x07'
	assert_contains "About an hour ago"
}

# --- images ---

# Two images, one of them with three names; deep is older here than basic.
several() {
	pull basic
	aged 1
	urun tag basic other:2 example.org/team/zzz:1
}

# lists TEXT OPTION...: the names that are listed.
lists() {
	run -0 urun images --format '{{.Repository}}:{{.Tag}}' "${@:2}"
	assert_output "$1"
}

@test "images: names, patterns and ids" {
	several
	all=$'localhost/basic:latest\nlocalhost/aged:latest\nlocalhost/other:2\nexample.org/team/zzz:1'
	lists "$all"
	lists localhost/basic:latest 'b*'
	lists localhost/other:2 'oth*'
	lists localhost/other:2 'other:*'
	lists localhost/other:2 other:2
	lists "" oth
	lists $'localhost/basic:latest\nlocalhost/aged:latest\nlocalhost/other:2' 'localhost/*'
	lists example.org/team/zzz:1 'example.org/*/z*'
	lists "" 'example.org/*'
	basic=$(urun inspect -f '{{.Id}}' basic)
	aged=$(urun inspect -f '{{.Id}}' aged)
	run -0 urun images -q
	assert_output "${basic:0:12}
${aged:0:12}"
	run -0 urun images -q --no-trunc basic
	assert_output "sha256:$basic"
	run -0 urun run --rm --entrypoint echo "$output" found
	assert_output found
	run -0 urun images --format '{{.ID}} {{.Id}}' basic
	assert_output "${basic:0:12} $basic"
	run -0 urun images --no-trunc --format '{{.ID}}' basic
	assert_output "sha256:$basic"
}

@test "images --sort: by each field" {
	several
	pull deep
	lists $'localhost/basic:latest\nlocalhost/aged:latest\nlocalhost/other:2\nexample.org/team/zzz:1\nlocalhost/deep:latest' --sort created
	lists $'example.org/team/zzz:1\nlocalhost/aged:latest\nlocalhost/basic:latest\nlocalhost/deep:latest\nlocalhost/other:2' --sort repository
	lists $'example.org/team/zzz:1\nlocalhost/other:2\nlocalhost/basic:latest\nlocalhost/aged:latest\nlocalhost/deep:latest' --sort tag
	lists localhost/deep:latest --sort size deep
	run -0 urun images --sort size --format '{{.VirtualSize}}'
	[ "$output" = "$(sort -n <<<"$output")" ]
	run -0 urun images --sort id --no-trunc --format '{{.ID}}'
	[ "$output" = "$(sort <<<"$output")" ]
	run -125 urun images --sort age
	assert_output "urun: --sort: 'age': created, id, repository, size or tag"
	run -125 urun images --history
	assert_contains "unknown flag: --history"
}

@test "images: the last made comes first" {
	pull basic
	run -0 urun create --name c basic
	urun commit -q c newer >/dev/null
	urun tag basic again
	lists $'localhost/newer:latest\nlocalhost/basic:latest\nlocalhost/again:latest'
	lists localhost/newer:latest -f since=basic
	lists localhost/newer:latest -f after=basic
	lists $'localhost/basic:latest\nlocalhost/again:latest' -f before=newer
	lists $'localhost/basic:latest\nlocalhost/again:latest' -f until=24h
	lists $'localhost/basic:latest\nlocalhost/again:latest' -f until=1700000001
	lists "" -f until=2020-01-01T00:00:00Z
	run -125 urun images -f until=soon
	assert_contains "--filter until=soon"
}

@test "images: filters by id, containers, labels, and those that can only be true or false" {
	several
	pull deep
	run -0 urun create --name c deep
	lists localhost/deep:latest -f containers=true
	lists $'localhost/basic:latest\nlocalhost/aged:latest\nlocalhost/other:2\nexample.org/team/zzz:1' -f containers=false
	lists localhost/deep:latest -f "id=$(urun images -q deep)"
	lists localhost/deep:latest -f "id=$(urun images -q --no-trunc deep)"
	lists localhost/deep:latest -f 'label!=org.example.name'
	lists "" -f readonly=true
	lists localhost/deep:latest -f readonly=false -f reference=deep
	lists $'localhost/other:2\nlocalhost/deep:latest' -f reference=deep -f reference='*:2'
	for key in containers dangling readonly; do
		run -125 urun images -f "$key=x"
		assert_output "urun: --filter $key=x: true or false"
	done
}

@test "images --format json: an entry for each name, with podman's keys" {
	several
	run -0 urun create --name c basic
	run -0 urun images --format json
	python3 - "$output" "$(urun inspect -f '{{.Id}} {{.Digest}}' basic)" <<-'END'
		import json, sys
		all, (id, digest) = json.loads(sys.argv[1]), sys.argv[2].split()
		assert [i["Repository"] + ":" + i["Tag"] for i in all] == [i["Names"][0] for i in all]
		i = all[0]
		assert i["Names"] == i["RepoTags"] == ["localhost/basic:latest", "localhost/other:2", "example.org/team/zzz:1"]
		assert i["RepoDigests"] == [f"{n}@{digest}" for n in ("localhost/basic", "localhost/other", "example.org/team/zzz")]
		assert sorted(all[2]["Names"]) == sorted(i["Names"]) and all[2]["Names"][0] == "localhost/other:2"
		assert (i["Id"], i["Digest"], i["Containers"]) == (id, digest, 1)
		assert (i["Created"], i["CreatedAt"]) == (1700000000, "2023-11-14T22:13:20Z")
		assert i["VirtualSize"] == i["Size"] > 0 and i["SharedSize"] == 0 and i["ParentId"] == ""
		assert i["Labels"]["org.example.name"] == "basic" and "Dangling" not in i
	END
	urun untag aged
	run -0 urun images -f dangling=true --format '{{.Dangling}} {{.Names}} {{.Containers}}'
	assert_output 'true [] 0'
}
