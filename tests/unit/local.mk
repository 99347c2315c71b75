# SPDX-License-Identifier: Apache-2.0
#
# One program a module of base and sys, by cmocka; layers.sh looks at the sources alone.

TESTS += tests/unit/layers.sh
EXTRA_DIST += tests/unit/layers.sh

if HAVE_CMOCKA
unit_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
unit_ldflags = $(AM_LDFLAGS) -pie
unit_ldadd = tests/unit/libsupport.a libcore.a $(CMOCKA_LIBS) $(CAP_LIBS) $(JANSSON_LIBS) $(MATH_LIBS)
unit_programs = \
	tests/unit/base_arena \
	tests/unit/base_err \
	tests/unit/base_json \
	tests/unit/base_parse \
	tests/unit/cli_template \
	tests/unit/engine_inside \
	tests/unit/helper_seccomp_program \
	tests/unit/image_archive \
	tests/unit/image_auth \
	tests/unit/image_digest \
	tests/unit/image_inflate \
	tests/unit/image_manifest \
	tests/unit/image_policy \
	tests/unit/image_ref \
	tests/unit/image_registries \
	tests/unit/image_registry \
	tests/unit/image_registry_auth \
	tests/unit/image_registry_real \
	tests/unit/image_source \
	tests/unit/image_toml \
	tests/unit/image_pack \
	tests/unit/image_unpack \
	tests/unit/sys_cgroup \
	tests/unit/sys_channel \
	tests/unit/sys_copy \
	tests/unit/sys_cred \
	tests/unit/sys_device_filter \
	tests/unit/sys_dir \
	tests/unit/sys_fd \
	tests/unit/sys_follow \
	tests/unit/sys_helper \
	tests/unit/sys_host \
	tests/unit/sys_lines \
	tests/unit/sys_lock \
	tests/unit/sys_mnt \
	tests/unit/sys_net \
	tests/unit/sys_newid \
	tests/unit/sys_outfile \
	tests/unit/sys_path \
	tests/unit/sys_proc_list \
	tests/unit/sys_process \
	tests/unit/sys_rlimit \
	tests/unit/sys_sched \
	tests/unit/sys_seccomp \
	tests/unit/sys_signals \
	tests/unit/sys_tty \
	tests/unit/sys_upper \
	tests/unit/sys_usage \
	tests/unit/sys_userdb \
	tests/unit/sys_uts

check_PROGRAMS += $(unit_programs)
TESTS += $(unit_programs)

check_LIBRARIES += tests/unit/libsupport.a
tests_unit_libsupport_a_CFLAGS = $(unit_cflags)
tests_unit_libsupport_a_SOURCES = tests/unit/support.c tests/unit/support.h

tests_unit_base_arena_CFLAGS = $(unit_cflags)
tests_unit_base_arena_LDFLAGS = $(unit_ldflags)
tests_unit_base_arena_LDADD = $(unit_ldadd)

tests_unit_base_err_CFLAGS = $(unit_cflags)
tests_unit_base_err_LDFLAGS = $(unit_ldflags)
tests_unit_base_err_LDADD = $(unit_ldadd)

tests_unit_base_json_CFLAGS = $(unit_cflags)
tests_unit_base_json_LDFLAGS = $(unit_ldflags)
tests_unit_base_json_LDADD = $(unit_ldadd)

tests_unit_base_parse_CFLAGS = $(unit_cflags)
tests_unit_base_parse_LDFLAGS = $(unit_ldflags)
tests_unit_base_parse_LDADD = $(unit_ldadd)

tests_unit_cli_template_SOURCES = tests/unit/cli_template.c $(template_sources)
tests_unit_cli_template_CFLAGS = $(unit_cflags)
tests_unit_cli_template_LDFLAGS = $(unit_ldflags)
tests_unit_cli_template_LDADD = $(unit_ldadd)

tests_unit_engine_inside_SOURCES = tests/unit/engine_inside.c src/engine/inside.c src/engine/inside.h
tests_unit_engine_inside_CFLAGS = $(unit_cflags)
tests_unit_engine_inside_LDFLAGS = $(unit_ldflags)
tests_unit_engine_inside_LDADD = $(unit_ldadd)

tests_unit_helper_seccomp_program_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/helpers
tests_unit_helper_seccomp_program_CFLAGS = $(unit_cflags) $(SECCOMP_CFLAGS)
tests_unit_helper_seccomp_program_LDFLAGS = $(unit_ldflags)
tests_unit_helper_seccomp_program_LDADD = $(unit_ldadd) $(SECCOMP_LIBS)
tests_unit_helper_seccomp_program_SOURCES = \
	tests/unit/helper_seccomp_program.c \
	helpers/seccomp_program.c helpers/seccomp_program.h
tests/unit/helper_seccomp_program-helper_seccomp_program.$(OBJEXT): \
	policy/seccomp_default.h policy/seccomp_owners.h

tests_unit_image_archive_SOURCES = tests/unit/image_archive.c \
	tests/unit/image_made.c tests/unit/image_made.h \
	$(image_files_sources) helpers/image/archive_write.c helpers/image/inflate.c
tests_unit_image_archive_CPPFLAGS = $(image_cppflags)
tests_unit_image_archive_CFLAGS = $(unit_cflags) $(image_cflags)
tests_unit_image_archive_LDFLAGS = $(unit_ldflags)
tests_unit_image_archive_LDADD = tests/unit/libsupport.a $(image_libs) $(CMOCKA_LIBS)

tests_unit_image_digest_CFLAGS = $(unit_cflags)
tests_unit_image_digest_LDFLAGS = $(unit_ldflags)
tests_unit_image_digest_LDADD = $(unit_ldadd)

tests_unit_image_manifest_CFLAGS = $(unit_cflags)
tests_unit_image_manifest_LDFLAGS = $(unit_ldflags)
tests_unit_image_manifest_LDADD = $(unit_ldadd)

tests_unit_image_ref_CFLAGS = $(unit_cflags)
tests_unit_image_ref_LDFLAGS = $(unit_ldflags)
tests_unit_image_ref_LDADD = $(unit_ldadd)

image_registry_sources = \
	helpers/image/hash.c \
	helpers/image/http.c \
	helpers/image/http_certs.c \
	helpers/image/http_url.c \
	helpers/image/registry.c \
	helpers/image/registry_auth.c \
	helpers/image/registry_blob.c \
	helpers/image/registry_list.c \
	helpers/image/registry_push.c \
	helpers/image/registry_request.c
image_registry_bench = $(image_registry_sources) helpers/image/source_registry.c \
	tests/unit/http_server.c tests/unit/http_server.h \
	tests/unit/registry_bench.c tests/unit/registry_bench.h
image_registry_ldadd = tests/unit/libsupport.a $(image_libs) $(CMOCKA_LIBS)

tests_unit_image_registry_SOURCES = tests/unit/image_registry.c $(image_registry_bench)
tests_unit_image_registry_CPPFLAGS = $(image_cppflags)
tests_unit_image_registry_CFLAGS = $(unit_cflags) $(image_cflags)
tests_unit_image_registry_LDFLAGS = $(unit_ldflags)
tests_unit_image_registry_LDADD = $(image_registry_ldadd)

tests_unit_image_registry_auth_SOURCES = tests/unit/image_registry_auth.c $(image_registry_bench)
tests_unit_image_registry_auth_CPPFLAGS = $(image_cppflags)
tests_unit_image_registry_auth_CFLAGS = $(unit_cflags) $(image_cflags)
tests_unit_image_registry_auth_LDFLAGS = $(unit_ldflags)
tests_unit_image_registry_auth_LDADD = $(image_registry_ldadd)

tests_unit_image_registry_real_SOURCES = tests/unit/image_registry_real.c \
	$(image_registry_sources)
tests_unit_image_registry_real_CPPFLAGS = $(image_cppflags) \
	-DFIXTURES=\"$(abs_top_srcdir)/tests/fixtures\"
tests_unit_image_registry_real_CFLAGS = $(unit_cflags) $(image_cflags)
tests_unit_image_registry_real_LDFLAGS = $(unit_ldflags)
tests_unit_image_registry_real_LDADD = $(image_registry_ldadd)

tests_unit_image_source_SOURCES = tests/unit/image_source.c \
	tests/unit/image_made.c tests/unit/image_made.h $(image_files_sources)
tests_unit_image_source_CPPFLAGS = $(image_cppflags)
tests_unit_image_source_CFLAGS = $(unit_cflags) $(image_cflags)
tests_unit_image_source_LDFLAGS = $(unit_ldflags)
tests_unit_image_source_LDADD = tests/unit/libsupport.a $(image_libs) $(CMOCKA_LIBS)

tests_unit_image_inflate_SOURCES = tests/unit/image_inflate.c \
	helpers/image/inflate.c helpers/image/deflate.c
tests_unit_image_inflate_CPPFLAGS = $(image_cppflags)
tests_unit_image_inflate_CFLAGS = $(unit_cflags) $(image_cflags)
tests_unit_image_inflate_LDFLAGS = $(unit_ldflags)
tests_unit_image_inflate_LDADD = tests/unit/libsupport.a $(image_libs) $(CMOCKA_LIBS)

image_unpack_sources = \
	helpers/image/hash.c \
	helpers/image/inflate.c \
	helpers/image/unpack.c \
	helpers/image/unpack_confine.c \
	helpers/image/unpack_entry.c helpers/image/unpack_entry.h
tests_unit_image_unpack_SOURCES = tests/unit/image_unpack.c $(image_unpack_sources)
tests_unit_image_unpack_CPPFLAGS = $(image_cppflags)
tests_unit_image_unpack_CFLAGS = $(unit_cflags) $(image_cflags)
tests_unit_image_unpack_LDFLAGS = $(unit_ldflags) -pthread
tests_unit_image_unpack_LDADD = tests/unit/libsupport.a $(image_libs) $(CMOCKA_LIBS)

tests_unit_image_pack_SOURCES = tests/unit/image_pack.c helpers/image/pack.c \
	$(image_unpack_sources)
tests_unit_image_pack_CPPFLAGS = $(image_cppflags)
tests_unit_image_pack_CFLAGS = $(unit_cflags) $(image_cflags)
tests_unit_image_pack_LDFLAGS = $(unit_ldflags) -pthread
tests_unit_image_pack_LDADD = tests/unit/libsupport.a $(image_libs) $(CMOCKA_LIBS)

# What is the system's is below the test's own folder.
tests_unit_image_auth_SOURCES = tests/unit/image_auth.c \
	helpers/image/auth.c helpers/image/auth_helper.c helpers/image/auth_write.c \
	helpers/image/base64.c helpers/image/conf_path.c
tests_unit_image_auth_CPPFLAGS = $(image_cppflags)
tests_unit_image_auth_CFLAGS = $(unit_cflags) $(image_cflags)
tests_unit_image_auth_LDFLAGS = $(unit_ldflags)
tests_unit_image_auth_LDADD = tests/unit/libsupport.a $(image_libs) $(CMOCKA_LIBS)

tests_unit_image_policy_SOURCES = tests/unit/image_policy.c \
	helpers/image/policy.c helpers/image/conf_path.c
tests_unit_image_policy_CPPFLAGS = $(image_cppflags) \
	-DCONF_SYSTEM_FOLDER=\"etc\"
tests_unit_image_policy_CFLAGS = $(unit_cflags) $(image_cflags)
tests_unit_image_policy_LDFLAGS = $(unit_ldflags)
tests_unit_image_policy_LDADD = tests/unit/libsupport.a $(image_libs) $(CMOCKA_LIBS)

tests_unit_image_registries_SOURCES = tests/unit/image_registries.c \
	helpers/image/registries.c helpers/image/conf_path.c \
	helpers/image/toml.c helpers/image/toml_text.c
tests_unit_image_registries_CPPFLAGS = $(image_cppflags) \
	-DCONF_SYSTEM_FOLDER=\"etc\"
tests_unit_image_registries_CFLAGS = $(unit_cflags) $(image_cflags)
tests_unit_image_registries_LDFLAGS = $(unit_ldflags)
tests_unit_image_registries_LDADD = tests/unit/libsupport.a $(image_libs) $(CMOCKA_LIBS)

tests_unit_image_toml_SOURCES = tests/unit/image_toml.c \
	helpers/image/toml.c helpers/image/toml_text.c
tests_unit_image_toml_CPPFLAGS = $(image_cppflags)
tests_unit_image_toml_CFLAGS = $(unit_cflags) $(image_cflags)
tests_unit_image_toml_LDFLAGS = $(unit_ldflags)
tests_unit_image_toml_LDADD = tests/unit/libsupport.a $(image_libs) $(CMOCKA_LIBS)

tests_unit_sys_cgroup_CFLAGS = $(unit_cflags)
tests_unit_sys_cgroup_LDFLAGS = $(unit_ldflags)
tests_unit_sys_cgroup_LDADD = $(unit_ldadd)

tests_unit_sys_channel_CFLAGS = $(unit_cflags)
tests_unit_sys_channel_LDFLAGS = $(unit_ldflags)
tests_unit_sys_channel_LDADD = $(unit_ldadd)

tests_unit_sys_copy_CFLAGS = $(unit_cflags)
tests_unit_sys_copy_LDFLAGS = $(unit_ldflags)
tests_unit_sys_copy_LDADD = $(unit_ldadd)

tests_unit_sys_cred_CFLAGS = $(unit_cflags)
tests_unit_sys_cred_LDFLAGS = $(unit_ldflags)
tests_unit_sys_cred_LDADD = $(unit_ldadd)

tests_unit_sys_device_filter_CFLAGS = $(unit_cflags)
tests_unit_sys_device_filter_LDFLAGS = $(unit_ldflags)
tests_unit_sys_device_filter_LDADD = $(unit_ldadd)

tests_unit_sys_dir_CFLAGS = $(unit_cflags)
tests_unit_sys_dir_LDFLAGS = $(unit_ldflags)
tests_unit_sys_dir_LDADD = $(unit_ldadd)

tests_unit_sys_fd_CFLAGS = $(unit_cflags)
tests_unit_sys_fd_LDFLAGS = $(unit_ldflags)
tests_unit_sys_fd_LDADD = $(unit_ldadd)

tests_unit_sys_helper_CFLAGS = $(unit_cflags)
tests_unit_sys_helper_LDFLAGS = $(unit_ldflags)
tests_unit_sys_helper_LDADD = $(unit_ldadd)

tests_unit_sys_host_CFLAGS = $(unit_cflags)
tests_unit_sys_host_LDFLAGS = $(unit_ldflags)
tests_unit_sys_host_LDADD = $(unit_ldadd)

tests_unit_sys_lines_CFLAGS = $(unit_cflags)
tests_unit_sys_lines_LDFLAGS = $(unit_ldflags)
tests_unit_sys_lines_LDADD = $(unit_ldadd)

tests_unit_sys_lock_CFLAGS = $(unit_cflags)
tests_unit_sys_lock_LDFLAGS = $(unit_ldflags)
tests_unit_sys_lock_LDADD = $(unit_ldadd)

tests_unit_sys_mnt_CFLAGS = $(unit_cflags)
tests_unit_sys_mnt_LDFLAGS = $(unit_ldflags)
tests_unit_sys_mnt_LDADD = $(unit_ldadd)

tests_unit_sys_net_CFLAGS = $(unit_cflags)
tests_unit_sys_net_LDFLAGS = $(unit_ldflags)
tests_unit_sys_net_LDADD = $(unit_ldadd)

tests_unit_sys_newid_CFLAGS = $(unit_cflags)
tests_unit_sys_newid_LDFLAGS = $(unit_ldflags)
tests_unit_sys_newid_LDADD = $(unit_ldadd)

tests_unit_sys_outfile_CFLAGS = $(unit_cflags)
tests_unit_sys_outfile_LDFLAGS = $(unit_ldflags)
tests_unit_sys_outfile_LDADD = $(unit_ldadd)

tests_unit_sys_follow_CFLAGS = $(unit_cflags)
tests_unit_sys_follow_LDFLAGS = $(unit_ldflags)
tests_unit_sys_follow_LDADD = $(unit_ldadd)

tests_unit_sys_path_CFLAGS = $(unit_cflags)
tests_unit_sys_path_LDFLAGS = $(unit_ldflags)
tests_unit_sys_path_LDADD = $(unit_ldadd)

tests_unit_sys_proc_list_CFLAGS = $(unit_cflags)
tests_unit_sys_proc_list_LDFLAGS = $(unit_ldflags)
tests_unit_sys_proc_list_LDADD = $(unit_ldadd)

tests_unit_sys_process_CFLAGS = $(unit_cflags)
tests_unit_sys_process_LDFLAGS = $(unit_ldflags)
tests_unit_sys_process_LDADD = $(unit_ldadd)

tests_unit_sys_rlimit_CFLAGS = $(unit_cflags)
tests_unit_sys_rlimit_LDFLAGS = $(unit_ldflags)
tests_unit_sys_rlimit_LDADD = $(unit_ldadd)

tests_unit_sys_sched_CFLAGS = $(unit_cflags)
tests_unit_sys_sched_LDFLAGS = $(unit_ldflags)
tests_unit_sys_sched_LDADD = $(unit_ldadd)

tests_unit_sys_seccomp_CFLAGS = $(unit_cflags)
tests_unit_sys_seccomp_LDFLAGS = $(unit_ldflags)
tests_unit_sys_seccomp_LDADD = $(unit_ldadd)

tests_unit_sys_signals_CFLAGS = $(unit_cflags)
tests_unit_sys_signals_LDFLAGS = $(unit_ldflags)
tests_unit_sys_signals_LDADD = $(unit_ldadd)

tests_unit_sys_tty_CFLAGS = $(unit_cflags)
tests_unit_sys_tty_LDFLAGS = $(unit_ldflags)
tests_unit_sys_tty_LDADD = $(unit_ldadd)

tests_unit_sys_upper_CFLAGS = $(unit_cflags)
tests_unit_sys_upper_LDFLAGS = $(unit_ldflags)
tests_unit_sys_upper_LDADD = $(unit_ldadd)


tests_unit_sys_usage_CFLAGS = $(unit_cflags)
tests_unit_sys_usage_LDFLAGS = $(unit_ldflags)
tests_unit_sys_usage_LDADD = $(unit_ldadd)

tests_unit_sys_userdb_CFLAGS = $(unit_cflags)
tests_unit_sys_userdb_LDFLAGS = $(unit_ldflags)
tests_unit_sys_userdb_LDADD = $(unit_ldadd)

tests_unit_sys_uts_CFLAGS = $(unit_cflags)
tests_unit_sys_uts_LDFLAGS = $(unit_ldflags)
tests_unit_sys_uts_LDADD = $(unit_ldadd)
endif
