# SPDX-License-Identifier: Apache-2.0
#
# libcore.a: what is described and how it is done; libengine.a: the doing. The filter that is
# built in is made by urun-seccomp, which itself needs the core.

noinst_LIBRARIES += libcore.a libengine.a

libcore_a_CPPFLAGS = $(AM_CPPFLAGS)
libcore_a_CFLAGS = $(AM_CFLAGS) $(CAP_CFLAGS) $(JANSSON_CFLAGS)
libcore_a_SOURCES = \
	src/base/arena.c src/base/arena.h \
	src/base/err.c src/base/err.h \
	src/base/json.c src/base/json.h \
	src/base/macros.h \
	src/base/mountattr.h \
	src/base/parse.c src/base/parse.h \
	src/sys/apparmor.c src/sys/apparmor.h \
	src/sys/cgroup.c src/sys/cgroup.h \
	src/sys/channel.c src/sys/channel.h \
	src/sys/clock.c src/sys/clock.h \
	src/sys/copy.c src/sys/copy.h \
	src/sys/cred.c src/sys/cred.h \
	src/sys/device_filter.c src/sys/device_filter.h \
	src/sys/dir.c src/sys/dir.h \
	src/sys/fd.c src/sys/fd.h \
	src/sys/follow.c src/sys/follow.h \
	src/sys/fuse.c src/sys/fuse.h \
	src/sys/helper.c src/sys/helper.h \
	src/sys/host.c src/sys/host.h \
	src/sys/host_cgroup.c \
	src/sys/lines.c src/sys/lines.h \
	src/sys/lock.c src/sys/lock.h \
	src/sys/lsm.c src/sys/lsm.h \
	src/sys/mnt.c src/sys/mnt.h \
	src/sys/net.c src/sys/net.h \
	src/sys/outfile.c src/sys/outfile.h \
	src/sys/newid.c src/sys/newid.h \
	src/sys/path.c src/sys/path.h \
	src/sys/probe.c src/sys/probe.h \
	src/sys/proc_list.c src/sys/proc_list.h \
	src/sys/process.c src/sys/process.h \
	src/sys/reap.c src/sys/reap.h \
	src/sys/rlimit.c src/sys/rlimit.h \
	src/sys/sched.c src/sys/sched.h \
	src/sys/seccomp.c src/sys/seccomp.h \
	src/sys/signals.c src/sys/signals.h \
	src/sys/space.c src/sys/space.h \
	src/sys/tree.c src/sys/tree.h \
	src/sys/tty.c src/sys/tty.h \
	src/sys/upper.c src/sys/upper.h \
	src/sys/usage.c src/sys/usage.h \
	src/sys/userdb.c src/sys/userdb.h \
	src/sys/uts.c src/sys/uts.h \
	src/sys/watch.c src/sys/watch.h \
	src/spec/defaults.c src/spec/defaults.h \
	src/spec/mountopt.c src/spec/mountopt.h \
	src/spec/oci.h \
	src/spec/network.c \
	src/spec/oci_copy.c \
	src/spec/oci_devices.c \
	src/spec/oci_hooks.c \
	src/spec/oci_parts.c src/spec/oci_parts.h \
	src/spec/oci_read.c \
	src/spec/oci_read_fs.c \
	src/spec/oci_read_linux.c \
	src/spec/oci_read_mounts.c \
	src/spec/oci_read_network.c \
	src/spec/oci_read_ops.c \
	src/spec/oci_read_process.c \
	src/spec/oci_read_resources.c \
	src/spec/oci_refuse.c \
	src/spec/oci_sched.c \
	src/spec/oci_state.c \
	src/spec/oci_unknown.c \
	src/spec/oci_write.c \
	src/spec/oci_write_resources.c \
	src/spec/resolver.c \
	src/spec/resources.c src/spec/resources.h \
	src/spec/seccomp_profile.c src/spec/seccomp_profile.h \
	src/spec/spec.c src/spec/spec.h \
	src/spec/words.c src/spec/words.h \
	src/image/config.c \
	src/image/container.c src/image/container.h \
	src/image/container_name.c \
	src/image/container_ports.c \
	src/image/container_state.c \
	src/image/digest.c src/image/digest.h \
	src/image/document.c src/image/document.h \
	src/image/fsck.c src/image/fsck.h \
	src/image/manifest.c src/image/manifest.h \
	src/image/platform.c \
	src/image/ref.c src/image/ref.h \
	src/image/store.c src/image/store.h \
	src/image/store_find.c \
	src/image/store_garbage.c \
	src/image/volume.c src/image/volume.h \
	src/plan/cgroup.c src/plan/cgroup.h \
	src/plan/devices.c src/plan/devices.h \
	src/plan/idmap.c src/plan/idmap.h \
	src/plan/plan.c src/plan/plan.h \
	src/plan/plan_json.c

libengine_a_SOURCES = \
	src/stage/become_root.c \
	src/stage/cgroup.c \
	src/stage/command.c \
	src/stage/console.c \
	src/stage/copyup.c \
	src/stage/creds.c \
	src/stage/cwd.c \
	src/stage/devtree.c \
	src/stage/exec.c \
	src/stage/filter.c \
	src/stage/hooks.c src/stage/hooks.h \
	src/stage/idmap.c \
	src/stage/idmapped.c \
	src/stage/join.c \
	src/stage/label.c \
	src/stage/limits.c \
	src/stage/loopback.c \
	src/stage/mounts.c \
	src/stage/net.h \
	src/stage/nest.c \
	src/stage/network.c \
	src/stage/oom_score.c \
	src/stage/own.c \
	src/stage/overlay.c \
	src/stage/pasta.c \
	src/stage/personality.c \
	src/stage/pivot.c \
	src/stage/ports.c \
	src/stage/reaper.c \
	src/stage/rootfs.c \
	src/stage/sched.c \
	src/stage/scratch.c \
	src/stage/session.c \
	src/stage/slirp4netns.c \
	src/stage/sources.c \
	src/stage/stage.h src/stage/stages.c \
	src/stage/stdio.c \
	src/stage/streams.c \
	src/stage/sysctl.c \
	src/stage/user.c \
	src/stage/time.c \
	src/stage/uts.c \
	src/engine/builder.c src/engine/builder.h \
	src/engine/bundle.c src/engine/bundle.h \
	src/engine/cgroup.c src/engine/cgroup.h \
	src/engine/criu.c src/engine/criu.h \
	src/engine/enter.c src/engine/enter.h \
	src/engine/end.c src/engine/end.h \
	src/engine/gate.c src/engine/gate.h \
	src/engine/guard.c src/engine/guard.h \
	src/engine/inside.c src/engine/inside.h \
	src/engine/joined.c src/engine/joined.h \
	src/engine/lifecycle.c src/engine/lifecycle.h \
	src/engine/limits.c src/engine/limits.h \
	src/engine/merged.c src/engine/merged.h \
	src/engine/network.c src/engine/network.h \
	src/engine/noted.c src/engine/noted.h \
	src/engine/relay.c src/engine/relay.h \
	src/engine/resolver.c src/engine/resolver.h \
	src/engine/run.c src/engine/run.h src/engine/session.h \
	src/engine/forward.c src/engine/steps.c src/engine/terminal.c \
	src/engine/sockets.c src/engine/sockets.h \
	src/engine/state.c src/engine/state.h \
	src/engine/unshare.c src/engine/unshare.h \
	src/engine/userns.c src/engine/userns.h

# Templates and tables, for what tests them without the rest.
template_sources = \
	src/cli/urun/format.c src/cli/urun/format.h \
	src/cli/urun/template.c src/cli/urun/template.h \
	src/cli/urun/template_call.c \
	src/cli/urun/template_parse.c \
	src/cli/urun/template_private.h \
	src/cli/urun/template_value.c

bin_PROGRAMS += urun
urun_LDFLAGS = $(AM_LDFLAGS) $(URUN_LDFLAGS)
urun_LDADD = libengine.a libcore.a $(CAP_LIBS) $(JANSSON_LIBS) $(MATH_LIBS)
urun_SOURCES = $(template_sources) \
	src/cli/options.c src/cli/options.h \
	src/cli/urun/cmd.h src/cli/urun/main.c \
	src/cli/urun/archive_verbs.c \
	src/cli/urun/login_verbs.c \
	src/cli/urun/push.c \
	src/cli/urun/registry_options.c src/cli/urun/registry_options.h \
	src/cli/urun/search.c \
	src/cli/urun/container_files.c \
	src/cli/urun/containers.c src/cli/urun/containers.h \
	src/cli/urun/doctor.c \
	src/cli/urun/grants.c src/cli/urun/grants.h \
	src/cli/urun/image_verbs.c \
	src/cli/urun/images.c src/cli/urun/images.h \
	src/cli/urun/info.c \
	src/cli/urun/inspect.c src/cli/urun/inspect.h \
	src/cli/urun/history.c \
	src/cli/urun/limit_options.c src/cli/urun/limit_options.h \
	src/cli/urun/list.c src/cli/urun/list.h \
	src/cli/urun/pause.c \
	src/cli/urun/policy.c src/cli/urun/policy.h \
	src/cli/urun/port.c \
	src/cli/urun/ps.c \
	src/cli/urun/mount_options.c \
	src/cli/urun/mounts.c \
	src/cli/urun/network.c src/cli/urun/network.h \
	src/cli/urun/request.c src/cli/urun/request.h \
	src/cli/urun/run.c \
	src/cli/urun/running.c src/cli/urun/running.h \
	src/cli/urun/run_options.c src/cli/urun/run_options.h \
	src/cli/urun/sandbox.c src/cli/urun/sandbox.h \
	src/cli/urun/stats.c \
	src/cli/urun/system_verbs.c \
	src/cli/urun/top.c \
	src/cli/urun/transfer.c src/cli/urun/transfer.h \
	src/cli/urun/update.c \
	src/cli/urun/verb.c src/cli/urun/verb.h \
	src/cli/urun/volume_verbs.c src/cli/urun/volumes.c src/cli/urun/volumes.h

src/stage/libengine_a-filter.$(OBJEXT) src/stage/filter.$(OBJEXT): policy/seccomp_builtin.h
src/cli/urun/policy.$(OBJEXT): policy/sandbox_policies.h

bin_PROGRAMS += urun-oci
urun_oci_LDFLAGS = $(urun_LDFLAGS)
urun_oci_LDADD = $(urun_LDADD)
urun_oci_SOURCES = \
	src/cli/options.c src/cli/options.h \
	src/cli/oci/checkpoint.c \
	src/cli/oci/create.c \
	src/cli/oci/events.c \
	src/cli/oci/exec.c \
	src/cli/oci/features.c \
	src/cli/oci/lifecycle.c \
	src/cli/oci/main.c src/cli/oci/oci.h \
	src/cli/oci/say.c \
	src/cli/oci/spec.c \
	src/cli/oci/state.c \
	src/cli/oci/update.c

bin_PROGRAMS += urun-bwrap
urun_bwrap_LDFLAGS = $(urun_LDFLAGS)
urun_bwrap_LDADD = $(urun_LDADD)
urun_bwrap_SOURCES = \
	src/cli/bwrap/bwrap.h \
	src/cli/bwrap/main.c \
	src/cli/bwrap/options.c \
	src/cli/bwrap/sandbox.c
