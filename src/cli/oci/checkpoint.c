// SPDX-License-Identifier: Apache-2.0
/*
 * checkpoint.c - urun-oci checkpoint, restore: refused, with the reason
 *
 * Engines ask by `checkpoint --help` which options there are.
 */
#include "cli/oci/oci.h"

static int take(void *target, const char *value, struct err *err)
{
	(void)target, (void)value, (void)err;
	return 0;
}

static const struct option checkpoint_options[] = {
	{"auto-dedup", 0, NULL, "see criu(8)", take},
	{"empty-ns", 0, "NAMESPACE", "see criu(8)", take},
	{"ext-unix-sk", 0, NULL, "see criu(8)", take},
	{"file-locks", 0, NULL, "see criu(8)", take},
	{"image-path", 0, "DIR", "see criu(8)", take},
	{"lazy-pages", 0, NULL, "see criu(8)", take},
	{"leave-running", 0, NULL, "see criu(8)", take},
	{"link-remap", 0, NULL, "see criu(8)", take},
	{"manage-cgroups-mode", 0, "MODE", "see criu(8)", take},
	{"network-lock", 0, "METHOD", "see criu(8)", take},
	{"page-server", 0, "ADDRESS:PORT", "see criu(8)", take},
	{"parent-path", 0, "DIR", "see criu(8)", take},
	{"pre-dump", 0, NULL, "see criu(8)", take},
	{"shell-job", 0, NULL, "see criu(8)", take},
	{"status-fd", 0, "FD", "see criu(8)", take},
	{"tcp-established", 0, NULL, "see criu(8)", take},
	{"tcp-skip-in-flight", 0, NULL, "see criu(8)", take},
	{"work-path", 0, "DIR", "see criu(8)", take},
	{0},
};

static const struct option restore_options[] = {
	{"auto-dedup", 0, NULL, "see criu(8)", take},
	{"bundle", 'b', "DIR", "see criu(8)", take},
	{"console-socket", 0, "SOCKET", "see criu(8)", take},
	{"detach", 'd', NULL, "see criu(8)", take},
	{"empty-ns", 0, "NAMESPACE", "see criu(8)", take},
	{"ext-unix-sk", 0, NULL, "see criu(8)", take},
	{"file-locks", 0, NULL, "see criu(8)", take},
	{"image-path", 0, "DIR", "see criu(8)", take},
	{"lazy-pages", 0, NULL, "see criu(8)", take},
	{"lsm-mount-context", 0, "CONTEXT", "see criu(8)", take},
	{"lsm-profile", 0, "TYPE:NAME", "see criu(8)", take},
	{"manage-cgroups-mode", 0, "MODE", "see criu(8)", take},
	{"no-pivot", 0, NULL, "see criu(8)", take},
	{"no-subreaper", 0, NULL, "see criu(8)", take},
	{"pid-file", 0, "FILE", "see criu(8)", take},
	{"shell-job", 0, NULL, "see criu(8)", take},
	{"tcp-close", 0, NULL, "see criu(8)", take},
	{"tcp-established", 0, NULL, "see criu(8)", take},
	{"work-path", 0, "DIR", "see criu(8)", take},
	{0},
};

static int refuse(const struct oci_command *c, int argc, char **argv)
{
	struct err err = {0};
	const char *id;
	int code;

	if (!oci_read_id(c, argc, argv, NULL, &id, &code))
		return code;
	err_say(&err, -ENOTSUP,
		"cannot %s container '%s': urun-oci has no way to do it yet",
		c->table.verb, id);
	err_hint(&err, -ENOTSUP, "It goes on running; crun and runc do it through criu");
	return oci_fail(&err);
}

static int cmd_checkpoint(struct oci_run *run, int argc, char **argv)
{
	(void)run;
	return refuse(&oci_checkpoint, argc, argv);
}

static int cmd_restore(struct oci_run *run, int argc, char **argv)
{
	(void)run;
	return refuse(&oci_restore, argc, argv);
}

const struct oci_command oci_checkpoint = {
	{"checkpoint", "[OPTIONS] ID", "refused: there is no way to do it yet",
	 checkpoint_options, "urun-oci"},
	cmd_checkpoint,
	false,
};
const struct oci_command oci_restore = {
	{"restore", "[OPTIONS] ID", "refused: there is no way to do it yet",
	 restore_options, "urun-oci"},
	cmd_restore,
	false,
};
