// SPDX-License-Identifier: Apache-2.0
/*
 * create.c - urun-oci create, urun-oci run
 */
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "cli/oci/oci.h"
#include "engine/bundle.h"
#include "spec/spec.h"

static int set_text(const char **to, const char *value, struct err *err)
{
	if (!value[0])
		return err_say(err, -EINVAL, "an empty path");
	*to = value;
	return 0;
}

#define PATH_SETTER(scope, name, member)                                         \
	scope int name(void *target, const char *value, struct err *err)         \
	{                                                                        \
		return set_text(&((struct bundle *)target)->member, value, err); \
	}
PATH_SETTER(extern, oci_set_bundle, folder)
PATH_SETTER(extern, oci_set_console_socket, sockets.console)
PATH_SETTER(extern, oci_set_pid_file, pid_file)
PATH_SETTER(static, set_config, config)
PATH_SETTER(static, set_pidfd_socket, sockets.pidfd)

static int set_preserve_fds(void *target, const char *value, struct err *err)
{
	struct bundle *b = target;

	if (parse_u32(value, &b->preserve_fds) == 0 &&
	    b->preserve_fds <= SPEC_MAX_PRESERVE_FDS)
		return 0;
	return err_say(err, -EINVAL, "'%s' is no number from 0 to %d", value,
		       SPEC_MAX_PRESERVE_FDS);
}

static int set_no_new_keyring(void *target, const char *value, struct err *err)
{
	struct bundle *b = target;

	return options_bool(value, &b->keep_keyring, err);
}

int oci_set_detach(void *target, const char *value, struct err *err)
{
	struct bundle *b = target;

	return options_bool(value, &b->is_detached, err);
}

static int set_keep(void *target, const char *value, struct err *err)
{
	struct bundle *b = target;

	return options_bool(value, &b->is_kept, err);
}

/* A pivot is what a ramdisk as the host's root refuses: without it there would be a way out. */
int oci_set_no_pivot(void *target, const char *value, struct err *err)
{
	bool is_asked = false;
	int r = options_bool(value, &is_asked, err);

	(void)target;
	if (r < 0 || !is_asked)
		return r;
	err_say(err, -ENOTSUP,
		"a container without pivot_root(2) could get out of its "
		"rootfs");
	return err_hint(
		err, -ENOTSUP,
		"It is not needed on a ramdisk either: urun mounts the rootfs over "
		"a tmpfs of its own");
}

/* Who adopts the container's processes is for the engine to say, and always was. */
int oci_set_no_subreaper(void *target, const char *value, struct err *err)
{
	bool ignored;

	(void)target;
	return options_bool(value, &ignored, err);
}

#define BUNDLE_OPTIONS                                                               \
	{"bundle", 'b', "DIR", "the folder of the container, with config.json (.)",  \
	 oci_set_bundle},                                                            \
		{"config", 'f', "FILE", "instead of config.json in it", set_config}, \
	{                                                                            \
		"console-socket", 0, "SOCKET", "who gets the terminal's master",     \
			oci_set_console_socket                                       \
	}

#define PROCESS_OPTIONS                                                                \
	{"no-new-keyring", 0, NULL, "stay in the caller's session keyring",            \
	 set_no_new_keyring},                                                          \
		{"no-pivot", 0, NULL, "refused, with the reason", oci_set_no_pivot},   \
		{"no-subreaper", 0, NULL,                                              \
		 "taken and not needed: urun-oci adopts nobody's processes",           \
		 oci_set_no_subreaper},                                                \
		{"pid-file", 0, "FILE", "write the number of the first process there", \
		 oci_set_pid_file},                                                    \
		{"pidfd-socket", 0, "SOCKET", "who gets a pidfd of the first process", \
		 set_pidfd_socket},                                                    \
	{                                                                              \
		"preserve-fds", 0, "N", "so many descriptors from 3 on are passed on", \
			set_preserve_fds                                               \
	}

static const struct option create_options[] = {BUNDLE_OPTIONS, PROCESS_OPTIONS, {0}};

static const struct option run_options[] = {
	BUNDLE_OPTIONS,
	{"detach", 'd', NULL, "do not wait for the end of the container", oci_set_detach},
	{"keep", 0, NULL, "keep the state when the container has ended", set_keep},
	PROCESS_OPTIONS,
	{0},
};

/* systemd's way to hand sockets to a service: sd_listen_fds(3). Podman counts them in --preserve-fds,
 * too. */
static void add_listen_fds(const struct oci_run *run, struct bundle *b)
{
	const char *n = getenv("LISTEN_FDS");

	/* A number that was left in the environment of who has passed none on. */
	if (!n || parse_u32(n, &b->listen_fds) < 0 || b->listen_fds > run->n_inherited)
		b->listen_fds = 0;
	b->preserve_fds = MAX(b->preserve_fds, b->listen_fds);
}

int oci_run_bundle(struct oci_run *run, struct bundle *b)
{
	struct err err = {0};
	int code = 0, r;

	b->debug = run->options.want_debug ? oci_debug : NULL;
	b->cgroups = run->options.is_cgroup_disabled ? BUNDLE_NO_CGROUP
		     : run->options.want_systemd     ? BUNDLE_SYSTEMD
						     : BUNDLE_CGROUPFS;
	r = oci_check_preserved(run, b->preserve_fds, &err);
	if (r == 0)
		r = oci_open_root(run, true, &err);
	b->root = run->root;
	if (r == 0)
		r = bundle_run(b, run->arena, &code, &err);
	return r < 0 ? oci_fail(&err) : code;
}

static int run_bundle(const struct oci_command *c, struct oci_run *run, int argc,
		      char **argv, bool is_held)
{
	struct bundle b = {.folder = ".", .note = oci_note};
	int code;

	if (!oci_read_id(c, argc, argv, &b, &b.id, &code))
		return code;
	add_listen_fds(run, &b);
	b.is_held = is_held;
	b.is_detached |= is_held;
	return oci_run_bundle(run, &b);
}

static int cmd_create(struct oci_run *run, int argc, char **argv)
{
	return run_bundle(&oci_create, run, argc, argv, true);
}

static int cmd_run(struct oci_run *run, int argc, char **argv)
{
	return run_bundle(&oci_run_, run, argc, argv, false);
}

const struct oci_command oci_create = {
	{"create", "[OPTIONS] ID", "make a container, up to its command", create_options,
	 "urun-oci"},
	cmd_create,
	true,
};

const struct oci_command oci_run_ = {
	{"run", "[OPTIONS] ID", "make a container and run its command", run_options,
	 "urun-oci"},
	cmd_run,
	true,
};
