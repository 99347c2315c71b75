// SPDX-License-Identifier: Apache-2.0
/*
 * checkpoint.c - urun-oci checkpoint, restore: through criu
 *
 * Engines ask by `checkpoint --help` which options there are. Those that criu's library has no call
 * for are refused.
 */
#include <string.h>

#include "cli/oci/oci.h"
#include "engine/bundle.h"
#include "engine/criu.h"

#define IMAGES "checkpoint" /* as runc has it: in the working folder */

struct asked {
	struct bundle bundle; /* first: the options of create take it */
	struct criu_asked criu;
	struct arena *arena;
};

static int set_path(const char **to, const char *value, struct err *err)
{
	if (!value[0])
		return err_say(err, -EINVAL, "an empty path");
	*to = value;
	return 0;
}

static int set_images(void *target, const char *value, struct err *err)
{
	return set_path(&((struct asked *)target)->criu.images, value, err);
}

static int set_work(void *target, const char *value, struct err *err)
{
	return set_path(&((struct asked *)target)->criu.work, value, err);
}

/* --- what goes to criu as it is --- */

static int push_flag(void *target, const char *word, const char *value, struct err *err)
{
	struct asked *a = target;
	bool is_on = false;
	int r = options_bool(value, &is_on, err);

	if (r == 0 && is_on)
		strv_push(a->arena, &a->criu.words, word);
	return r;
}

static int push_value(void *target, const char *word, const char *value)
{
	struct asked *a = target;

	strv_pushf(a->arena, &a->criu.words, "%s=%s", word, value);
	return 0;
}

#define FLAG_SETTER(name, word)                                           \
	static int name(void *target, const char *value, struct err *err) \
	{                                                                 \
		return push_flag(target, word, value, err);               \
	}
FLAG_SETTER(set_auto_dedup, "auto-dedup")
FLAG_SETTER(set_ext_unix_sk, "ext-unix-sk")
FLAG_SETTER(set_file_locks, "file-locks")
FLAG_SETTER(set_link_remap, "link-remap")
FLAG_SETTER(set_shell_job, "shell-job")
FLAG_SETTER(set_tcp_close, "tcp-close")
FLAG_SETTER(set_tcp_established, "tcp-established")
FLAG_SETTER(set_tcp_skip, "tcp-skip-in-flight")

#define TEXT_SETTER(name, word)                                           \
	static int name(void *target, const char *value, struct err *err) \
	{                                                                 \
		if (!value[0])                                            \
			return err_say(err, -EINVAL, "an empty word");    \
		return push_value(target, word, value);                   \
	}
TEXT_SETTER(set_lsm_context, "lsm-mount-context")
TEXT_SETTER(set_lsm_profile, "lsm-profile")
TEXT_SETTER(set_page_server, "page-server")
TEXT_SETTER(set_parent, "parent-images")

static int set_choice(void *target, const char *word, const char *const *choices,
		      const char *value, struct err *err)
{
	for (size_t i = 0; choices[i]; i++)
		if (strcmp(value, choices[i]) == 0)
			return push_value(target, word, value);
	return err_say(err, -EINVAL, "'%s' is none of what criu(8) has for it", value);
}

static int set_cgroups_mode(void *target, const char *value, struct err *err)
{
	static const char *const modes[] = {"soft",  "full", "strict", "ignore",
					    "props", "none", NULL};

	return set_choice(target, "manage-cgroups-mode", modes, value, err);
}

static int set_network_lock(void *target, const char *value, struct err *err)
{
	static const char *const methods[] = {"iptables", "nftables", NULL};

	return set_choice(target, "network-lock", methods, value, err);
}

static int set_leave_running(void *target, const char *value, struct err *err)
{
	struct asked *a = target;
	bool is_on = false;
	int r = options_bool(value, &is_on, err);

	a->criu.goes_on |= is_on;
	return r < 0 ? r : push_flag(target, "leave-running", value, err);
}

/* The pages that change until the next one are told by the kernel. */
static int set_pre_dump(void *target, const char *value, struct err *err)
{
	struct asked *a = target;
	int r = options_bool(value, &a->criu.is_pre_dump, err);

	a->criu.goes_on |= a->criu.is_pre_dump;
	return r < 0 ? r : push_flag(target, "track-mem", value, err);
}

/* --- refused --- */

static int refuse(const char *what, struct err *err)
{
	return err_say(err, -ENOTSUP, "criu's library has no call for %s", what);
}

static int set_lazy_pages(void *target, const char *value, struct err *err)
{
	bool is_on = false;
	int r = options_bool(value, &is_on, err);

	(void)target;
	return r == 0 && is_on ? refuse("pages that come later", err) : r;
}

static int set_status_fd(void *target, const char *value, struct err *err)
{
	(void)target, (void)value;
	return refuse("a descriptor that tells when pages can be fetched", err);
}

static int set_empty_ns(void *target, const char *value, struct err *err)
{
	(void)target, (void)value;
	return refuse("a namespace that is restored empty", err);
}

#define COMMON_OPTIONS                                                                  \
	{"auto-dedup", 0, NULL, "parts of images that are not needed any more go",      \
	 set_auto_dedup},                                                               \
		{"empty-ns", 0, "NAMESPACE", "refused, with the reason", set_empty_ns}, \
		{"ext-unix-sk", 0, NULL, "take connections of outside's sockets",       \
		 set_ext_unix_sk},                                                      \
		{"file-locks", 0, NULL, "take locks of files", set_file_locks},         \
		{"image-path", 0, "DIR", "the folder of the images (checkpoint)",       \
		 set_images},                                                           \
		{"lazy-pages", 0, NULL, "refused, with the reason", set_lazy_pages},    \
		{"manage-cgroups-mode", 0, "MODE", "what criu does about cgroups",      \
		 set_cgroups_mode},                                                     \
		{"shell-job", 0, NULL, "take a terminal that is not the container's",   \
		 set_shell_job},                                                        \
		{"tcp-established", 0, NULL, "take TCP connections",                    \
		 set_tcp_established},                                                  \
	{                                                                               \
		"work-path", 0, "DIR", "the folder of criu's log (--image-path)",       \
			set_work                                                        \
	}

static const struct option checkpoint_options[] = {
	COMMON_OPTIONS,
	{"leave-running", 0, NULL, "the container goes on", set_leave_running},
	{"link-remap", 0, NULL, "take files that were deleted and have other names",
	 set_link_remap},
	{"network-lock", 0, "METHOD", "who stops packets: iptables or nftables",
	 set_network_lock},
	{"page-server", 0, "ADDRESS:PORT", "a criu that takes the memory",
	 set_page_server},
	{"parent-path", 0, "DIR", "an earlier checkpoint's, below the images' folder",
	 set_parent},
	{"pre-dump", 0, NULL, "memory only, and the container goes on", set_pre_dump},
	{"status-fd", 0, "FD", "refused, with the reason", set_status_fd},
	{"tcp-skip-in-flight", 0, NULL, "leave out connections that are being made",
	 set_tcp_skip},
	{0},
};

static const struct option restore_options[] = {
	COMMON_OPTIONS,
	{"bundle", 'b', "DIR", "the folder of the container, with config.json (.)",
	 oci_set_bundle},
	{"console-socket", 0, "SOCKET", "who gets the terminal's master",
	 oci_set_console_socket},
	{"detach", 'd', NULL, "do not wait for the end of the container", oci_set_detach},
	{"lsm-mount-context", 0, "CONTEXT", "another label of files", set_lsm_context},
	{"lsm-profile", 0, "TYPE:NAME", "another profile or label", set_lsm_profile},
	{"no-pivot", 0, NULL, "refused, with the reason", oci_set_no_pivot},
	{"no-subreaper", 0, NULL,
	 "taken and not needed: urun-oci adopts nobody's "
	 "processes",
	 oci_set_no_subreaper},
	{"pid-file", 0, "FILE", "write the number of the first process there",
	 oci_set_pid_file},
	{"tcp-close", 0, NULL, "close TCP connections that there were", set_tcp_close},
	{0},
};

static int cmd_checkpoint(struct oci_run *run, int argc, char **argv)
{
	struct asked asked = {.arena = run->arena, .criu = {.images = IMAGES}};
	struct err err = {0};
	const char *id;
	int code, r;

	if (!oci_read_id(&oci_checkpoint, argc, argv, &asked, &id, &code))
		return code;
	r = oci_open_root(run, false, &err);
	if (r == 0)
		r = criu_checkpoint(&(struct lifecycle){run->root, id, run->arena,
							oci_note},
				    &asked.criu, &err);
	return r < 0 ? oci_fail(&err) : 0;
}

static int cmd_restore(struct oci_run *run, int argc, char **argv)
{
	struct asked asked = {.arena = run->arena,
			      .bundle = {.folder = ".", .note = oci_note},
			      .criu = {.images = IMAGES}};
	int code;

	if (!oci_read_id(&oci_restore, argc, argv, &asked, &asked.bundle.id, &code))
		return code;
	asked.bundle.restored = &asked.criu;
	return oci_run_bundle(run, &asked.bundle);
}

const struct oci_command oci_checkpoint = {
	{"checkpoint", "[OPTIONS] ID", "write a running container's processes to files",
	 checkpoint_options, "urun-oci"},
	cmd_checkpoint,
	false,
};
const struct oci_command oci_restore = {
	{"restore", "[OPTIONS] ID", "make a container of such files", restore_options,
	 "urun-oci"},
	cmd_restore,
	true,
};
