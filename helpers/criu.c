// SPDX-License-Identifier: Apache-2.0
/*
 * criu.c - urun-criu: has criu write a container's processes to files, or make them of those again
 *
 *	urun-criu dump|pre-dump|restore CHANNEL IMAGES WORK WORD...
 *
 * CHANNEL is a descriptor, see sys/channel.h; IMAGES and WORK are the folders of criu's files and of its
 * log. WORD is of the tables below, NAME or NAME=VALUE. A restore says HOOKS with the number of
 * the first process when its namespaces are there, CONSOLE with the master of its terminal, and READY
 * when all is there but does not run yet; it waits for GO behind the first and the last. All end with
 * EXEC, or with ERROR and what criu's log says.
 * Its standard streams are those that the restored processes get in the place of pipes. Runs as root;
 * criu itself, found by PATH, does the rest with all of root's capabilities.
 * Source: criu(8), libcriu.
 */
#include <criu/criu.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>

#include "base/macros.h"
#include "base/parse.h"
#include "sys/channel.h"
#include "sys/dir.h"
#include "sys/fd.h"

#define MAX_LOG_BYTES (64 << 20)
#define FIRST_WORD    5
#define LOG_LEVEL     CRIU_LOG_DEBUG /* as other runtimes have it: who reads it needs all */

/* criu's library calls back without telling for whom. */
static struct channel channel = {-EBADF};
static struct err failure;

/* --- words --- */

/* criu does not know of it: what it makes inherits it. */
static void set_no_new_privs(bool value)
{
	prctl(PR_SET_NO_NEW_PRIVS, value, 0, 0, 0);
}

static const struct {
	const char *name;
	void (*set)(bool value);
} flags[] = {
	{"auto-dedup", criu_set_auto_dedup},
	{"ext-unix-sk", criu_set_ext_unix_sk},
	{"file-locks", criu_set_file_locks},
	{"leave-running", criu_set_leave_running},
	{"link-remap", criu_set_link_remap},
	{"no-new-privs", set_no_new_privs},
	{"shell-job", criu_set_shell_job},
	{"tcp-close", criu_set_tcp_close},
	{"tcp-established", criu_set_tcp_established},
	{"tcp-skip-in-flight", criu_set_tcp_skip_in_flight},
	{"track-mem", criu_set_track_mem},
};

/* Of all controllers. */
static int set_cgroup_root(const char *path)
{
	return criu_add_cg_root(NULL, path);
}

static const struct {
	const char *name;
	int (*set)(const char *value);
} texts[] = {
	{"cgroup-root", set_cgroup_root},
	{"external", criu_add_external},
	{"freeze-cgroup", criu_set_freeze_cgroup},
	{"lsm-mount-context", criu_set_lsm_mount_context},
	{"lsm-profile", criu_set_lsm_profile},
	{"parent-images", criu_set_parent_images},
	{"root", criu_set_root},
};

static const struct {
	const char *name;
	enum criu_cg_mode mode;
} modes[] = {
	{"full", CRIU_CG_MODE_FULL}, {"ignore", CRIU_CG_MODE_IGNORE},
	{"none", CRIU_CG_MODE_NONE}, {"props", CRIU_CG_MODE_PROPS},
	{"soft", CRIU_CG_MODE_SOFT}, {"strict", CRIU_CG_MODE_STRICT},
};

static const struct {
	const char *name;
	enum criu_network_lock_method method;
} locks[] = {
	{"iptables", CRIU_NETWORK_LOCK_IPTABLES},
	{"nftables", CRIU_NETWORK_LOCK_NFTABLES},
};

/* Two parts of VALUE: what stands before @mark, which goes, and behind. */
static char *split(char *value, char mark)
{
	char *at = strrchr(value, mark);

	if (at)
		*at++ = '\0';
	return at;
}

static bool take_number(const char *name, char *value)
{
	char *rest = strcmp(name, "page-server") == 0 ? split(value, ':')
		     : strcmp(name, "inherit") == 0   ? strchr(value, ':')
						      : NULL;
	uint32_t n;

	if (strcmp(name, "pid") == 0 && parse_u32(value, &n) == 0) {
		criu_set_pid((int)n);
		return true;
	}
	/* What is restored stays where criu is. */
	if (strcmp(name, "cgroup") == 0 && parse_u32(value, &n) == 0)
		return fd_write_file((int)n, "cgroup.procs", "0") == 0;
	if (strcmp(name, "page-server") == 0 && rest && parse_u32(rest, &n) == 0)
		return criu_set_page_server_address_port(value, (int)n) == 0;
	if (strcmp(name, "inherit") != 0 || !rest)
		return false;
	*rest++ = '\0';
	return parse_u32(value, &n) == 0 && criu_add_inherit_fd((int)n, rest) == 0;
}

static bool take_choice(const char *name, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (strcmp(name, "manage-cgroups-mode") == 0 &&
		    strcmp(value, modes[i].name) == 0) {
			criu_set_manage_cgroups(true);
			criu_set_manage_cgroups_mode(modes[i].mode);
			return true;
		}
	for (size_t i = 0; i < ARRAY_SIZE(locks); i++)
		if (strcmp(name, "network-lock") == 0 &&
		    strcmp(value, locks[i].name) == 0)
			return criu_set_network_lock(locks[i].method) == 0;
	return false;
}

static bool take_word(char *word)
{
	char *value = strchr(word, '=');

	if (value)
		*value++ = '\0';
	for (size_t i = 0; !value && i < ARRAY_SIZE(flags); i++)
		if (strcmp(word, flags[i].name) == 0) {
			flags[i].set(true);
			return true;
		}
	for (size_t i = 0; value && i < ARRAY_SIZE(texts); i++)
		if (strcmp(word, texts[i].name) == 0)
			return texts[i].set(value) == 0;
	return value && (take_number(word, value) || take_choice(word, value));
}

/* --- what criu tells of --- */

/* Says it and waits. Return: go on? */
static bool ask(enum msg msg, pid_t pid)
{
	struct frame f = {0};
	int r = channel_send_fds(&channel, msg, NULL, 0, pid);

	if (r == 0)
		r = channel_recv(&channel, &f);
	return r == 0 && f.msg == MSG_GO;
}

static bool send_console(void)
{
	int master = criu_get_orphan_pts_master_fd();

	return master >= 0 && channel_send_fds(&channel, MSG_CONSOLE, &master, 1, 0) == 0;
}

/* Return: 0, or what makes criu give up. */
static int on_action(char *action, criu_notify_arg_t arg)
{
	bool is_well = true;

	if (strcmp(action, "setup-namespaces") == 0)
		is_well = ask(MSG_HOOKS, criu_notify_pid(arg));
	else if (strcmp(action, "post-restore") == 0)
		is_well = ask(MSG_READY, criu_notify_pid(arg));
	else if (strcmp(action, "orphan-pts-master") == 0)
		is_well = send_console();
	return is_well ? 0 : -1;
}

/* --- the work --- */

/* For criu alone: a root that is mounted, and an empty folder to hide others with, over that of the images,
 * which is open already. Nobody else sees them. */
static int make_mounts(const char *root, const char *empty)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
	    mount(root, root, NULL, MS_BIND | MS_REC, NULL) < 0 ||
	    mount(NULL, root, NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_set(&failure, -errno, "mount '%s' for criu", root);
	if (mount("tmpfs", empty, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  "mode=755") < 0)
		return err_set(&failure, -errno, "mount an empty folder for criu on '%s'",
			       empty);
	return 0;
}

/* Takes what a word that begins like that has behind it. */
static const char *value_of(int argc, char **argv, const char *name)
{
	for (int i = FIRST_WORD; i < argc; i++)
		if (strncmp(argv[i], name, strlen(name)) == 0)
			return argv[i] + strlen(name);
	return "";
}

/* criu reads its files as the host's root in the container's user namespace, and as root of that, whose
 * group this is. */
static int give_images(int images, uint32_t gid)
{
	_cleanup_arena_ struct arena a = {0};
	_cleanup_fd_ int dir = fd_open(images, ".", O_RDONLY | O_DIRECTORY);
	struct strv names = {0};
	int r = dir < 0 ? dir : dir_list(dir, &a, &names);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		_cleanup_fd_ int fd =
			fd_open(dir, names.v[i], O_RDONLY | O_NOFOLLOW | O_NONBLOCK);

		/* A link leads to an earlier checkpoint. */
		if (fd != -ELOOP &&
		    (fd < 0 || fchown(fd, (uid_t)-1, gid) < 0 || fchmod(fd, 0640) < 0))
			r = fd < 0 ? fd : -errno;
	}
	if (r == 0 && (fchown(dir, (uid_t)-1, gid) < 0 || fchmod(dir, 0750) < 0))
		r = -errno;
	return r < 0 ? err_set(&failure, r, "give criu's files to group %u", gid) : 0;
}

/* The first error is the cause, what follows comes of it. */
static void say_log(int work, const char *file, const char *what, int r)
{
	static const char mark[] = "Error (";
	_cleanup_arena_ struct arena a = {0};
	_cleanup_fd_ int log = fd_open(work, file, O_RDONLY);
	char *text = NULL, *line;

	err_say(&failure, -EIO, "criu cannot %s: %s", what,
		r == -ECONNREFUSED || r == -ECOMM
			? "it did not answer, and may be missing"
			: "its log does not tell why");
	err_hint(&failure, -EIO,
		 "See '%s' in the folder of --work-path, or of the images", file);
	if (log < 0 || fd_read_all(log, &a, MAX_LOG_BYTES, &text, NULL) < 0)
		return;
	line = strstr(text, mark);
	if (!line)
		return;
	line[strcspn(line, "\n")] = '\0';
	err_say(&failure, -EIO, "criu cannot %s: %s", what, line);
	err_hint(&failure, -EIO,
		 "See '%s' in the folder of --work-path, or of the images", file);
}

static int set_up(int argc, char **argv, bool is_restore, int *ret_work)
{
	const char *gid;
	uint32_t group;
	int images, r;

	/* criu mounts in them, and cannot in those of another namespace. */
	if (is_restore && unshare(CLONE_NEWNS) < 0)
		return err_set(&failure, -errno, "make a mount namespace for criu");
	images = fd_open(AT_FDCWD, argv[3], O_RDONLY | O_DIRECTORY);
	*ret_work = fd_open(AT_FDCWD, argv[4], O_RDONLY | O_DIRECTORY);
	r = MIN(images, *ret_work);
	if (r < 0)
		return err_set(&failure, r, "folder '%s' for criu",
			       images < 0 ? argv[3] : argv[4]);
	if (criu_init_opts() < 0)
		return err_set(&failure, -ENOMEM, "set criu's options");
	criu_set_service_binary("criu");
	criu_set_images_dir_fd(images);
	criu_set_work_dir_fd(*ret_work);
	criu_set_log_level(LOG_LEVEL);
	criu_set_log_file(is_restore ? "restore.log" : "dump.log");
	criu_set_orphan_pts_master(true);
	criu_set_notify_cb(on_action);
	gid = value_of(argc, argv, "group=");
	if (gid[0])
		r = parse_u32(gid, &group) < 0 ? -EINVAL : give_images(images, group);
	if (r >= 0 && is_restore)
		r = make_mounts(value_of(argc, argv, "root="), argv[3]);
	for (int i = FIRST_WORD; r >= 0 && i < argc; i++)
		if (strncmp(argv[i], "group=", 6) != 0 && !take_word(argv[i]))
			return err_say(&failure, -EINVAL,
				       "criu's library does not take '%s'", argv[i]);
	return MIN(r, 0);
}

static int act(const char *verb, int work)
{
	int r;

	if (strcmp(verb, "dump") == 0)
		r = criu_dump();
	else if (strcmp(verb, "pre-dump") == 0)
		r = criu_pre_dump();
	else
		r = criu_restore_child();
	if (r < 0)
		say_log(work, strcmp(verb, "restore") == 0 ? "restore.log" : "dump.log",
			verb, r);
	return r < 0 ? -EIO : 0;
}

int main(int argc, char **argv)
{
	uint32_t fd;
	int work = -1, r;

	if (argc < FIRST_WORD || parse_u32(argv[2], &fd) < 0)
		return 2;
	channel.fd = (int)fd;
	r = set_up(argc, argv, strcmp(argv[1], "restore") == 0, &work);
	if (r == 0)
		r = act(argv[1], work);
	r = r < 0 ? channel_send_err(&channel, MSG_ERROR, &failure)
		  : channel_send(&channel, MSG_EXEC);
	return r < 0;
}
