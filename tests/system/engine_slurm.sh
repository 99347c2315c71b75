#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# engine_slurm.sh - a job step of Slurm in a container, by urun-oci
#
# Root's test: its daemons start the steps of users. They live in mount and network namespaces of their own,
# with the loopback interface alone, and with their configuration, keys and state in a folder of the test's.
set -u

# shellcheck source=tests/system/root.bash
. "$(dirname "$(readlink -f "$0")")/root.bash"

if [ "${1-}" != inside ]; then
	[ "$(id -u)" = 0 ] || skip "Slurm's daemons need root"
	[ -f tests/stage.env ] || skip "nothing is staged: 'make check' does that"
	[ -z "${URUN_ASAN-}" ] || skip "what Slurm starts is not measured by a sanitizer"
	for program in munged slurmctld slurmd srun ip; do
		command -v $program >/dev/null ||
			skip "no $program: './autogen.sh --packages peers' installs it"
	done
	# shellcheck source=/dev/null
	. tests/stage.env
	export URUN_STAGE URUN_TEST_CACHE URUN_TEST_USER
	[ -d "$URUN_TEST_CACHE/busybox" ] || skip "no busybox"
	exec unshare --mount --net --propagation private "$(readlink -f "$0")" inside
fi

top=$(mktemp -d /tmp/slurm.XXXXXX)
chmod 755 "$top"
ip link set lo up
# Names are looked up only where there is another address than that of the loopback.
ip address add 10.99.99.1/32 dev lo
mkdir -p "$top/etc" "$top/munge" "$top/ctl" "$top/spool" "$top/states" "$top/bundle"
chown munge "$top/munge"
chown "$URUN_TEST_USER" "$top/states" "$top/bundle"
mkdir -p /etc/slurm
mount --bind "$top/etc" /etc/slurm

host=$(hostname -s)
cat >"$top/etc/slurm.conf" <<END
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$top/munge/socket
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
ReturnToService=2
SlurmctldPidFile=$top/ctl.pid
SlurmdPidFile=$top/d.pid
StateSaveLocation=$top/ctl
SlurmdSpoolDir=$top/spool
SlurmctldLogFile=$top/ctl.log
SlurmdLogFile=$top/d.log
SelectType=select/cons_tres
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
NodeName=$host NodeAddr=127.0.0.1 CPUs=1 State=UNKNOWN
PartitionName=p Nodes=ALL Default=YES State=UP
END
# The lines of docs/engines.md, with the test's own folder.
run="$URUN_STAGE/bin/urun-oci --root=$top/states"
cat >"$top/etc/oci.conf" <<END
RunTimeQuery="$run state %n.%u.%j.%s.%t"
RunTimeKill="$run kill -a %n.%u.%j.%s.%t"
RunTimeDelete="$run delete --force %n.%u.%j.%s.%t"
RunTimeRun="$run run %n.%u.%j.%s.%t -b %b"
END
dd if=/dev/urandom of="$top/munge/key" bs=1024 count=1 2>/dev/null
chown munge "$top/munge/key"
chmod 400 "$top/munge/key"

as() { setpriv --reuid "$1" --regid "$1" --init-groups env -i PATH=/usr/bin:/bin:/usr/sbin HOME=/ "${@:2}"; }
# Not by as(): $! would be the shell that runs the function, and the daemon would outlive that.
setpriv --reuid munge --regid munge --init-groups munged --foreground --force \
	--socket "$top/munge/socket" --key-file "$top/munge/key" --log-file "$top/munge/log" \
	--pid-file "$top/munge/pid" --seed-file "$top/munge/seed" >/dev/null 2>&1 &
daemons=$!
slurmctld -D -c >/dev/null 2>&1 &
daemons+=" $!"
slurmd -D -c >/dev/null 2>&1 &
daemons+=" $!"
finish() {
	# shellcheck disable=SC2086 # numbers
	kill $daemons
	# shellcheck disable=SC2086
	wait $daemons
	umount /etc/slurm
	rm -rf "$top"
}
trap finish EXIT
for ((i = 0; i < 100; i++)); do
	[ "$(timeout 5 sinfo -h -o %T 2>/dev/null)" != idle ] || break
	sleep 0.2
done

cp -a "$URUN_TEST_CACHE/busybox" "$top/bundle/rootfs"
chown -R "$URUN_TEST_USER" "$top/bundle/rootfs"
as "$URUN_TEST_USER" "$URUN_STAGE/bin/urun-oci" spec --rootless --bundle "$top/bundle"
sed -i 's/"terminal": true/"terminal": false/; s/"readonly": true/"readonly": false/' "$top/bundle/config.json"

step() { timeout 60 setpriv --reuid "$URUN_TEST_USER" --regid "$URUN_TEST_USER" --init-groups env -i PATH=/usr/bin:/bin HOME=/ srun "$@"; }

echo 1..4
is "a step without a container" "$(step id -u)" "$(id -u "$URUN_TEST_USER")"
# shellcheck disable=SC2016 # the shell inside
is "a step in a container: its root, its name, the job's environment, the exit code" \
	"$(step --container="$top/bundle" sh -c 'id -u; hostname; [ -n "$SLURM_JOB_ID" ] && echo job; exit 4' 2>/dev/null; echo $?)" \
	$'0\nurun\njob\n4'
step --container="$top/bundle" sleep 6001.5 >/dev/null 2>&1 &
waiter=$!
for ((i = 0; i < 100; i++)); do
	pgrep -fx 'sleep 6001.5' >/dev/null && break
	sleep 0.1
done
as "$URUN_TEST_USER" scancel -u "$URUN_TEST_USER"
wait $waiter
is "one that is cancelled ends" "$? $(pgrep -fcx 'sleep 6001.5')" "143 0"
for ((i = 0; i < 50; i++)); do
	[ -n "$(ls "$top/states")" ] || break
	sleep 0.1
done
is "nothing is left" "$(ls "$top/states")" ""
