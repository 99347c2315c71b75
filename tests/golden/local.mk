# SPDX-License-Identifier: Apache-2.0
#
# The layers spec and plan and the command line of `urun run`, without a system call:
# golden cases, and unit tests. `make update-golden` rewrites what the cases expect; read
# the diff.

check_LIBRARIES += tests/golden/libgolden.a
tests_golden_libgolden_a_SOURCES = \
	src/cli/urun/limit_options.c src/cli/urun/limit_options.h \
	src/cli/urun/mount_options.c \
	src/cli/options.c src/cli/options.h \
	src/cli/urun/registry_options.c src/cli/urun/registry_options.h \
	src/cli/urun/request.c src/cli/urun/request.h \
	src/cli/urun/network.c \
	src/cli/urun/run_options.c \
	tests/golden/diff.c tests/golden/diff.h \
	tests/golden/fake.c tests/golden/fake.h \
	tests/golden/layout.c tests/golden/layout.h \
	tests/golden/words.c tests/golden/words.h

# The machine that tests/golden/fake.c is.
golden_fake = -Wl,--wrap=fd_read_file -Wl,--wrap=uts_hostname -Wl,--wrap=cgroup_disk_of \
	-Wl,--wrap=net_read_addresses
golden_libs = libcore.a $(CAP_LIBS) $(JANSSON_LIBS) $(MATH_LIBS)

check_PROGRAMS += tests/golden/golden
TESTS += tests/golden/golden$(EXEEXT)
tests_golden_golden_SOURCES = tests/golden/golden.c
tests_golden_golden_CPPFLAGS = $(AM_CPPFLAGS) \
	-DGOLDEN_CASES=\"$(abs_srcdir)/tests/golden/cases\"
tests_golden_golden_LDFLAGS = $(AM_LDFLAGS) $(golden_fake)
tests_golden_golden_LDADD = tests/golden/libgolden.a $(golden_libs)
EXTRA_DIST += tests/golden/cases tests/golden/test.h

.PHONY: update-golden
update-golden: tests/golden/golden$(EXEEXT)
	tests/golden/golden$(EXEEXT) --update

if HAVE_CMOCKA
golden_units = \
	tests/golden/plan_build \
	tests/golden/plan_cgroup \
	tests/golden/plan_engine \
	tests/golden/plan_idmap \
	tests/golden/run_argv \
	tests/golden/spec_defaults \
	tests/golden/spec_mountopt \
	tests/golden/spec_path \
	tests/golden/spec_resolver \
	tests/golden/spec_seccomp \
	tests/golden/spec_validate
check_PROGRAMS += $(golden_units)
TESTS += $(golden_units)
endif

tests_golden_plan_build_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_golden_plan_build_LDADD = $(golden_libs) $(CMOCKA_LIBS)
tests_golden_plan_cgroup_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_golden_plan_cgroup_LDADD = $(golden_libs) $(CMOCKA_LIBS)
tests_golden_plan_engine_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_golden_plan_engine_LDADD = $(golden_libs) $(CMOCKA_LIBS)
tests_golden_plan_idmap_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_golden_plan_idmap_LDADD = $(golden_libs) $(CMOCKA_LIBS)
tests_golden_run_argv_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_golden_run_argv_LDFLAGS = $(AM_LDFLAGS) $(golden_fake)
tests_golden_run_argv_LDADD = tests/golden/libgolden.a $(golden_libs) $(CMOCKA_LIBS)
tests_golden_spec_defaults_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_golden_spec_defaults_LDADD = $(golden_libs) $(CMOCKA_LIBS)
tests_golden_spec_mountopt_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_golden_spec_mountopt_LDADD = $(golden_libs) $(CMOCKA_LIBS)
tests_golden_spec_path_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_golden_spec_path_LDADD = $(golden_libs) $(CMOCKA_LIBS)
tests_golden_spec_resolver_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_golden_spec_resolver_LDADD = $(golden_libs) $(CMOCKA_LIBS)
tests_golden_spec_seccomp_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_golden_spec_seccomp_LDADD = $(golden_libs) $(CMOCKA_LIBS)
tests_golden_spec_validate_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_golden_spec_validate_LDADD = $(golden_libs) $(CMOCKA_LIBS)
