# SPDX-License-Identifier: Apache-2.0
#
# Run as an ordinary user, whoever calls make: see fixtures/. Each file is one test program.

if HAVE_BATS
system_tests = \
	tests/system/run.bats \
	tests/system/bad.bats \
	tests/system/cgroups.bats \
	tests/system/containers.bats \
	tests/system/doctor.bats \
	tests/system/document.bats \
	tests/system/engine_podman.bats \
	tests/system/fallback.bats \
	tests/system/ids.bats \
	tests/system/images.bats \
	tests/system/images_admin.bats \
	tests/system/images_list.bats \
	tests/system/images_archive.bats \
	tests/system/images_commit.bats \
	tests/system/images_full.bats \
	tests/system/images_kill.bats \
	tests/system/images_login.bats \
	tests/system/images_mount.bats \
	tests/system/images_one_id.bats \
	tests/system/images_push.bats \
	tests/system/images_races.bats \
	tests/system/images_registry.bats \
	tests/system/images_volumes.bats \
	tests/system/kill.bats \
	tests/system/locks.bats \
	tests/system/mounts.bats \
	tests/system/joined.bats \
	tests/system/network.bats \
	tests/system/network_real.bats \
	tests/system/network_soak.bats \
	tests/system/bwrap.bats \
	tests/system/bwrap_callers.bats \
	tests/system/bwrap_peer.bats \
	tests/system/oci.bats \
	tests/system/oci_cgroups.bats \
	tests/system/oci_exec.bats \
	tests/system/oci_faults.bats \
	tests/system/oci_hooks.bats \
	tests/system/oci_listener.bats \
	tests/system/oci_spec.bats \
	tests/system/process.bats \
	tests/system/rootfs.bats \
	tests/system/sandbox.bats \
	tests/system/stats.bats \
	tests/system/top.bats
TESTS += $(system_tests)
endif

# Root's own.
TESTS += tests/system/engine_containerd.sh tests/system/engine_podman_root.sh \
	tests/system/engine_slurm.sh
EXTRA_DIST += tests/system/root.bash \
	tests/system/engine_containerd.sh tests/system/engine_podman_root.sh \
	tests/system/engine_slurm.sh

# Runs a command with chosen system calls refused: for the fallbacks.
check_PROGRAMS += urun-refuse
urun_refuse_SOURCES = tests/system/refuse.c
urun_refuse_CPPFLAGS = $(AM_CPPFLAGS) $(SECCOMP_CFLAGS)
urun_refuse_LDADD = $(SECCOMP_LIBS)

# What a program inside finds when it tries. Runs in root folders that have no libraries.
check_PROGRAMS += urun-probe
urun_probe_SOURCES = tests/system/probe.c
urun_probe_CFLAGS = $(HARDEN_CFLAGS) $(WARN_CFLAGS) -fno-sanitize=all
urun_probe_LDFLAGS = $(HARDEN_LDFLAGS) -static

EXTRA_DIST += \
	$(system_tests) \
	tests/system/lib.bash tests/system/fs.bash tests/system/images.bash \
	tests/system/network.bash tests/system/oci.bash tests/system/oci_agent.py \
	tests/system/oci_killer.py tests/system/oci_socket.py \
	tests/system/process.bash tests/system/terminal.py tests/system/killer.py \
	tests/system/image_full.py tests/system/image_killer.py tests/system/image_races.py \
	tests/fixtures/as-user.sh \
	tests/fixtures/delegated.sh \
	tests/fixtures/imagelayout.py \
	tests/fixtures/images.py \
	tests/fixtures/limit.sh \
	tests/fixtures/merge.py \
	tests/fixtures/proxy.py \
	tests/fixtures/netserver.py \
	tests/fixtures/outside.sh \
	tests/fixtures/registry.py \
	tests/fixtures/rootfs.sh \
	tests/fixtures/stage.sh \
	tests/fixtures/tree.py

# Before the first test: programs and root folders where the test user can reach them.
check_DATA = tests/stage.env
tests/stage.env: urun$(EXEEXT) urun-oci$(EXEEXT) $(pkglibexec_PROGRAMS) $(check_PROGRAMS) \
		$(system_tests) tests/system/lib.bash tests/system/fs.bash \
		tests/system/images.bash tests/system/network.bash \
		tests/system/oci.bash tests/system/oci_agent.py tests/system/oci_killer.py \
		tests/system/oci_socket.py \
		tests/system/image_killer.py \
		tests/system/image_races.py tests/system/image_full.py \
		tests/fixtures/images.py \
		tests/fixtures/imagelayout.py \
		tests/fixtures/merge.py tests/fixtures/proxy.py \
		tests/fixtures/registry.py tests/fixtures/tree.py \
		tests/fixtures/stage.sh \
		tests/fixtures/rootfs.sh
	$(AM_V_GEN)$(srcdir)/tests/fixtures/stage.sh $(abs_builddir) $(abs_srcdir) && \
	  $(srcdir)/tests/fixtures/rootfs.sh $(abs_builddir)
# A first container, as the README's first command runs it. Without a network, which a machine inside
# of another container may have no /dev/net/tun for.
try: urun$(EXEEXT) $(pkglibexec_PROGRAMS)
	@$(srcdir)/tests/fixtures/stage.sh $(abs_builddir) $(abs_srcdir)
	@echo "\$$ urun run --network none host: id"
	@$(srcdir)/tests/fixtures/as-user.sh $(abs_builddir) urun run --network none host: id
	@echo "urun works here. Next: make check, sudo make install, urun doctor"

mostlyclean-local: clean-stage
clean-stage:
	if test -f tests/stage.env; then . ./tests/stage.env; rm -rf "$$URUN_STAGE"; \
	  rm -f tests/stage.env; fi
.PHONY: clean-stage try
