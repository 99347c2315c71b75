# SPDX-License-Identifier: Apache-2.0
#
# A target is one function that takes bytes. `make check` replays its corpus; after
#	CC=clang configure --enable-asan --enable-fuzzers
# `make fuzz FUZZ_SECONDS=300` looks for more, each target in turn, and leaves what it finds in
# fuzz-work/. `make fuzz-merge` adds to the corpora in the sources what reaches new code.

fuzz_targets = archive auth bwrap channel manifest oci options proc process ref search seccomp_profile state template toml unpack userdb
fuzz_libs = tests/fuzz/libfuzz.a libcore.a $(CAP_LIBS) $(JANSSON_LIBS) $(SECCOMP_LIBS) $(MATH_LIBS)

# No file of the host is read by the command line that is tried.
fuzz_fake = -Wl,--wrap=fd_read_file -Wl,--wrap=uts_hostname

# Nobody is asked: an input has the answers.
fuzz_no_network = -Wl,--wrap=http_send -Wl,--wrap=http_certs_read

# What the targets have in common, and what they test that is in no library of its own.
check_LIBRARIES += tests/fuzz/libfuzz.a
tests_fuzz_libfuzz_a_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/helpers $(SECCOMP_CFLAGS)
tests_fuzz_libfuzz_a_SOURCES = \
	helpers/seccomp_program.c helpers/seccomp_program.h \
	src/cli/urun/limit_options.c src/cli/urun/limit_options.h \
	src/cli/urun/mount_options.c \
	src/cli/options.c src/cli/options.h \
	src/cli/urun/registry_options.c src/cli/urun/registry_options.h \
	src/cli/urun/request.c src/cli/urun/request.h \
	src/cli/urun/network.c \
	src/cli/urun/run_options.c \
	tests/fuzz/bpf.c tests/fuzz/bpf.h \
	tests/fuzz/fuzz.c tests/fuzz/fuzz.h

# One library a target: the replaying test and the fuzzer are linked from the same objects.
check_LIBRARIES += \
	tests/fuzz/libarchive.a \
	tests/fuzz/libauth.a \
	tests/fuzz/libbwrap.a \
	tests/fuzz/libchannel.a \
	tests/fuzz/libmanifest.a \
	tests/fuzz/liboci.a \
	tests/fuzz/liboptions.a \
	tests/fuzz/libproc.a \
	tests/fuzz/libprocess.a \
	tests/fuzz/libref.a \
	tests/fuzz/libsearch.a \
	tests/fuzz/libseccomp_profile.a \
	tests/fuzz/libstate.a \
	tests/fuzz/libtemplate.a \
	tests/fuzz/libtoml.a \
	tests/fuzz/libunpack.a \
	tests/fuzz/libuserdb.a
tests_fuzz_libarchive_a_SOURCES = tests/fuzz/archive.c $(image_files_sources)
tests_fuzz_libarchive_a_CPPFLAGS = $(image_cppflags)
tests_fuzz_libarchive_a_CFLAGS = $(image_cflags)
tests_fuzz_libauth_a_SOURCES = tests/fuzz/auth.c \
	helpers/image/auth.c helpers/image/auth_helper.c helpers/image/auth_write.c \
	helpers/image/base64.c helpers/image/conf_path.c helpers/image/policy.c
tests_fuzz_libauth_a_CPPFLAGS = $(image_cppflags)
tests_fuzz_libbwrap_a_SOURCES = tests/fuzz/bwrap.c \
	src/cli/bwrap/options.c src/cli/bwrap/sandbox.c
tests_fuzz_libchannel_a_SOURCES = tests/fuzz/channel.c
tests_fuzz_libmanifest_a_SOURCES = tests/fuzz/manifest.c
tests_fuzz_liboci_a_SOURCES = tests/fuzz/oci.c
tests_fuzz_liboptions_a_SOURCES = tests/fuzz/options.c \
	src/cli/urun/grants.c src/cli/urun/policy.c src/cli/urun/sandbox.c
tests_fuzz_libproc_a_SOURCES = tests/fuzz/proc.c
tests_fuzz_libprocess_a_SOURCES = tests/fuzz/process.c
tests_fuzz_libref_a_SOURCES = tests/fuzz/ref.c
tests_fuzz_libsearch_a_SOURCES = tests/fuzz/search.c
tests_fuzz_libsearch_a_CPPFLAGS = $(image_cppflags)
tests_fuzz_libsearch_a_CFLAGS = $(image_cflags)
tests_fuzz_libseccomp_profile_a_SOURCES = tests/fuzz/seccomp_profile.c
tests_fuzz_libseccomp_profile_a_CPPFLAGS = $(tests_fuzz_libfuzz_a_CPPFLAGS)
tests_fuzz_libstate_a_SOURCES = tests/fuzz/state.c \
	src/engine/gate.c src/engine/state.c
tests_fuzz_libtemplate_a_SOURCES = tests/fuzz/template.c $(template_sources)
tests_fuzz_libtoml_a_SOURCES = tests/fuzz/toml.c \
	helpers/image/conf_path.c helpers/image/registries.c \
	helpers/image/toml.c helpers/image/toml_text.c
tests_fuzz_libtoml_a_CPPFLAGS = $(image_cppflags)
tests_fuzz_libunpack_a_SOURCES = tests/fuzz/unpack.c \
	helpers/image/hash.c helpers/image/inflate.c helpers/image/unpack.c \
	helpers/image/unpack_confine.c helpers/image/unpack_entry.c
tests_fuzz_libunpack_a_CPPFLAGS = $(image_cppflags)
tests_fuzz_libunpack_a_CFLAGS = $(image_cflags)
tests_fuzz_libuserdb_a_SOURCES = tests/fuzz/userdb.c

fuzz_replays = \
	tests/fuzz/replay-archive \
	tests/fuzz/replay-auth \
	tests/fuzz/replay-bwrap \
	tests/fuzz/replay-channel \
	tests/fuzz/replay-manifest \
	tests/fuzz/replay-oci \
	tests/fuzz/replay-options \
	tests/fuzz/replay-proc \
	tests/fuzz/replay-process \
	tests/fuzz/replay-ref \
	tests/fuzz/replay-search \
	tests/fuzz/replay-seccomp_profile \
	tests/fuzz/replay-state \
	tests/fuzz/replay-template \
	tests/fuzz/replay-toml \
	tests/fuzz/replay-unpack \
	tests/fuzz/replay-userdb
check_PROGRAMS += $(fuzz_replays)
TESTS += $(fuzz_replays)

corpus = -DFUZZ_CORPUS=\"$(abs_srcdir)/tests/fuzz/corpus
tests_fuzz_replay_archive_SOURCES = tests/fuzz/replay.c
tests_fuzz_replay_archive_CPPFLAGS = $(AM_CPPFLAGS) $(corpus)/archive\"
tests_fuzz_replay_archive_LDADD = tests/fuzz/libarchive.a $(fuzz_libs) $(image_libs)
tests_fuzz_replay_auth_SOURCES = tests/fuzz/replay.c
tests_fuzz_replay_auth_CPPFLAGS = $(AM_CPPFLAGS) $(corpus)/auth\"
tests_fuzz_replay_auth_LDADD = tests/fuzz/libauth.a $(fuzz_libs)
tests_fuzz_replay_bwrap_SOURCES = tests/fuzz/replay.c
tests_fuzz_replay_bwrap_CPPFLAGS = $(AM_CPPFLAGS) $(corpus)/bwrap\"
tests_fuzz_replay_bwrap_LDADD = tests/fuzz/libbwrap.a $(fuzz_libs)
tests_fuzz_replay_channel_SOURCES = tests/fuzz/replay.c
tests_fuzz_replay_channel_CPPFLAGS = $(AM_CPPFLAGS) $(corpus)/channel\"
tests_fuzz_replay_channel_LDADD = tests/fuzz/libchannel.a $(fuzz_libs)
tests_fuzz_replay_manifest_SOURCES = tests/fuzz/replay.c
tests_fuzz_replay_manifest_CPPFLAGS = $(AM_CPPFLAGS) $(corpus)/manifest\"
tests_fuzz_replay_manifest_LDADD = tests/fuzz/libmanifest.a $(fuzz_libs)
tests_fuzz_replay_oci_SOURCES = tests/fuzz/replay.c
tests_fuzz_replay_oci_CPPFLAGS = $(AM_CPPFLAGS) $(corpus)/oci\"
tests_fuzz_replay_oci_LDADD = tests/fuzz/liboci.a $(fuzz_libs)
tests_fuzz_replay_options_SOURCES = tests/fuzz/replay.c
tests_fuzz_replay_options_CPPFLAGS = $(AM_CPPFLAGS) $(corpus)/options\"
tests_fuzz_replay_options_LDFLAGS = $(AM_LDFLAGS) $(fuzz_fake)
tests_fuzz_replay_options_LDADD = tests/fuzz/liboptions.a $(fuzz_libs)
tests_fuzz_replay_proc_SOURCES = tests/fuzz/replay.c
tests_fuzz_replay_proc_CPPFLAGS = $(AM_CPPFLAGS) $(corpus)/proc\"
tests_fuzz_replay_proc_LDADD = tests/fuzz/libproc.a $(fuzz_libs)
tests_fuzz_replay_process_SOURCES = tests/fuzz/replay.c
tests_fuzz_replay_process_CPPFLAGS = $(AM_CPPFLAGS) $(corpus)/process\"
tests_fuzz_replay_process_LDADD = tests/fuzz/libprocess.a $(fuzz_libs)
tests_fuzz_replay_ref_SOURCES = tests/fuzz/replay.c
tests_fuzz_replay_ref_CPPFLAGS = $(AM_CPPFLAGS) $(corpus)/ref\"
tests_fuzz_replay_ref_LDADD = tests/fuzz/libref.a $(fuzz_libs)
tests_fuzz_replay_search_SOURCES = tests/fuzz/replay.c
tests_fuzz_replay_search_CPPFLAGS = $(AM_CPPFLAGS) $(corpus)/search\"
tests_fuzz_replay_search_LDFLAGS = $(AM_LDFLAGS) $(fuzz_no_network) -pthread
tests_fuzz_replay_search_LDADD = tests/fuzz/libsearch.a libimage.a $(fuzz_libs) $(image_libs)
tests_fuzz_replay_seccomp_profile_SOURCES = tests/fuzz/replay.c
tests_fuzz_replay_seccomp_profile_CPPFLAGS = $(AM_CPPFLAGS) $(corpus)/seccomp_profile\"
tests_fuzz_replay_seccomp_profile_LDADD = tests/fuzz/libseccomp_profile.a $(fuzz_libs)
tests_fuzz_replay_state_SOURCES = tests/fuzz/replay.c
tests_fuzz_replay_state_CPPFLAGS = $(AM_CPPFLAGS) $(corpus)/state\"
tests_fuzz_replay_state_LDADD = tests/fuzz/libstate.a $(fuzz_libs)
tests_fuzz_replay_template_SOURCES = tests/fuzz/replay.c
tests_fuzz_replay_template_CPPFLAGS = $(AM_CPPFLAGS) $(corpus)/template\"
tests_fuzz_replay_template_LDADD = tests/fuzz/libtemplate.a $(fuzz_libs)
tests_fuzz_replay_toml_SOURCES = tests/fuzz/replay.c
tests_fuzz_replay_toml_CPPFLAGS = $(AM_CPPFLAGS) $(corpus)/toml\"
tests_fuzz_replay_toml_LDADD = tests/fuzz/libtoml.a $(fuzz_libs)
tests_fuzz_replay_unpack_SOURCES = tests/fuzz/replay.c
tests_fuzz_replay_unpack_CPPFLAGS = $(AM_CPPFLAGS) $(corpus)/unpack\"
tests_fuzz_replay_unpack_LDFLAGS = $(AM_LDFLAGS) -pthread
tests_fuzz_replay_unpack_LDADD = tests/fuzz/libunpack.a $(fuzz_libs) $(image_libs)
tests_fuzz_replay_userdb_SOURCES = tests/fuzz/replay.c
tests_fuzz_replay_userdb_CPPFLAGS = $(AM_CPPFLAGS) $(corpus)/userdb\"
tests_fuzz_replay_userdb_LDADD = tests/fuzz/libuserdb.a $(fuzz_libs)

FUZZ_SECONDS = 30
.PHONY: fuzz fuzz-merge

if FUZZERS
check_PROGRAMS += fuzz-archive fuzz-auth fuzz-bwrap fuzz-channel fuzz-manifest fuzz-oci fuzz-options fuzz-proc fuzz-process fuzz-ref fuzz-search \
	fuzz-seccomp_profile fuzz-state fuzz-template fuzz-toml fuzz-unpack fuzz-userdb
fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
fuzz_archive_SOURCES =
fuzz_archive_LDFLAGS = $(fuzz_ldflags)
fuzz_archive_LDADD = tests/fuzz/libarchive.a $(fuzz_libs) $(image_libs)
fuzz_auth_SOURCES =
fuzz_auth_LDFLAGS = $(fuzz_ldflags)
fuzz_auth_LDADD = tests/fuzz/libauth.a $(fuzz_libs)
fuzz_bwrap_SOURCES =
fuzz_bwrap_LDFLAGS = $(fuzz_ldflags)
fuzz_bwrap_LDADD = tests/fuzz/libbwrap.a $(fuzz_libs)
fuzz_channel_SOURCES =
fuzz_channel_LDFLAGS = $(fuzz_ldflags)
fuzz_channel_LDADD = tests/fuzz/libchannel.a $(fuzz_libs)
fuzz_manifest_SOURCES =
fuzz_manifest_LDFLAGS = $(fuzz_ldflags)
fuzz_manifest_LDADD = tests/fuzz/libmanifest.a $(fuzz_libs)
fuzz_oci_SOURCES =
fuzz_oci_LDFLAGS = $(fuzz_ldflags)
fuzz_oci_LDADD = tests/fuzz/liboci.a $(fuzz_libs)
fuzz_options_SOURCES =
fuzz_options_LDFLAGS = $(fuzz_ldflags) $(fuzz_fake)
fuzz_options_LDADD = tests/fuzz/liboptions.a $(fuzz_libs)
fuzz_proc_SOURCES =
fuzz_proc_LDFLAGS = $(fuzz_ldflags)
fuzz_proc_LDADD = tests/fuzz/libproc.a $(fuzz_libs)
fuzz_process_SOURCES =
fuzz_process_LDFLAGS = $(fuzz_ldflags)
fuzz_process_LDADD = tests/fuzz/libprocess.a $(fuzz_libs)
fuzz_ref_SOURCES =
fuzz_ref_LDFLAGS = $(fuzz_ldflags)
fuzz_ref_LDADD = tests/fuzz/libref.a $(fuzz_libs)
fuzz_search_SOURCES =
fuzz_search_LDFLAGS = $(fuzz_ldflags) $(fuzz_no_network) -pthread
fuzz_search_LDADD = tests/fuzz/libsearch.a libimage.a $(fuzz_libs) $(image_libs)
fuzz_seccomp_profile_SOURCES =
fuzz_seccomp_profile_LDFLAGS = $(fuzz_ldflags)
fuzz_seccomp_profile_LDADD = tests/fuzz/libseccomp_profile.a $(fuzz_libs)
fuzz_state_SOURCES =
fuzz_state_LDFLAGS = $(fuzz_ldflags)
fuzz_state_LDADD = tests/fuzz/libstate.a $(fuzz_libs)
fuzz_template_SOURCES =
fuzz_template_LDFLAGS = $(fuzz_ldflags)
fuzz_template_LDADD = tests/fuzz/libtemplate.a $(fuzz_libs)
fuzz_toml_SOURCES =
fuzz_toml_LDFLAGS = $(fuzz_ldflags)
fuzz_toml_LDADD = tests/fuzz/libtoml.a $(fuzz_libs)
fuzz_unpack_SOURCES =
fuzz_unpack_LDFLAGS = $(fuzz_ldflags) -pthread
fuzz_unpack_LDADD = tests/fuzz/libunpack.a $(fuzz_libs) $(image_libs)
fuzz_userdb_SOURCES =
fuzz_userdb_LDFLAGS = $(fuzz_ldflags)
fuzz_userdb_LDADD = tests/fuzz/libuserdb.a $(fuzz_libs)

fuzz: $(fuzz_targets:%=fuzz-%)
	set -e; for t in $(fuzz_targets); do \
	  $(MKDIR_P) fuzz-work/$$t; \
	  ./fuzz-$$t -max_total_time=$(FUZZ_SECONDS) -timeout=20 -print_final_stats=1 \
	    -dict=$(srcdir)/tests/fuzz/dict/$$t -artifact_prefix=fuzz-work/$$t- \
	    fuzz-work/$$t $(srcdir)/tests/fuzz/corpus/$$t; \
	done
fuzz-merge: $(fuzz_targets:%=fuzz-%)
	set -e; for t in $(fuzz_targets); do \
	  $(MKDIR_P) fuzz-work/$$t; \
	  ./fuzz-$$t -merge=1 $(srcdir)/tests/fuzz/corpus/$$t fuzz-work/$$t; \
	done
else
fuzz fuzz-merge:
	@echo "this build has no fuzzers: CC=clang configure --enable-asan --enable-fuzzers" >&2; \
	  false
endif

if HAVE_CMOCKA
check_PROGRAMS += tests/fuzz/spec_oci tests/fuzz/spec_process
TESTS += tests/fuzz/spec_oci tests/fuzz/spec_process
tests_fuzz_spec_oci_SOURCES = tests/fuzz/spec_oci.c
tests_fuzz_spec_oci_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_fuzz_spec_oci_LDADD = libcore.a $(CAP_LIBS) $(JANSSON_LIBS) $(CMOCKA_LIBS) $(MATH_LIBS)
tests_fuzz_spec_process_SOURCES = tests/fuzz/spec_process.c
tests_fuzz_spec_process_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_fuzz_spec_process_LDADD = $(tests_fuzz_spec_oci_LDADD)
endif

EXTRA_DIST += tests/fuzz/corpus tests/fuzz/dict
