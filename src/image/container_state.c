// SPDX-License-Identifier: Apache-2.0
/*
 * container_state.c - what is known of a container's last run
 *
 * While it runs, "process" has its first process, and is as old as the run. When it has ended,
 * "exit" has three lines: the code, the start and the end; "usage", where there was a cgroup, how many
 * processes the kernel has killed for want of memory, and the most bytes that were used.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "image/container.h"
#include "sys/cgroup.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/process.h"

#define MAX_EXIT 256
#define MAX_TEXT (1u << 20)
#define KILLED	 137 /* 128 + SIGKILL: a container is killed when its launcher ends */

int container_set_text(int dir, const char *name, const void *text, size_t len)
{
	char temp[NAME_MAX];
	_cleanup_fd_ int fd = -EBADF;
	int r;

	snprintf(temp, sizeof(temp), "%s.new", name);
	fd = fd_create(dir, temp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK,
		       0600);
	r = fd < 0 ? fd : fd_write_all(fd, text, len);
	return r < 0 ? r : dir_rename(dir, temp, dir, name);
}

int container_read_text(int dir, const char *name, struct arena *a, char **ret)
{
	_cleanup_fd_ int fd = fd_open(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);

	return fd < 0 ? fd : fd_read_all(fd, a, MAX_TEXT, ret, NULL);
}

static int set_or_remove(int dir, const char *name, const char *text)
{
	int r = text ? container_set_text(dir, name, text, strlen(text))
		     : dir_unlink(dir, name, 0);

	return r == -ENOENT && !text ? 0 : r;
}

int container_set_cgroup(int dir, const char *path)
{
	return set_or_remove(dir, CONTAINER_CGROUP, path);
}

int container_read_cgroup(int dir, struct arena *a, char **ret)
{
	return container_read_text(dir, CONTAINER_CGROUP, a, ret);
}

int container_set_usage(int dir, const struct container_usage *u)
{
	char text[64];

	if (u)
		snprintf(text, sizeof(text), "%" PRId64 "\n%" PRId64 "\n", u->oom_kills,
			 u->memory_peak);
	return set_or_remove(dir, CONTAINER_USAGE, u ? text : NULL);
}

static void read_usage(int dir, struct arena *a, struct container_usage *ret)
{
	char *text, *line;

	if (container_read_text(dir, CONTAINER_USAGE, a, &text) < 0)
		return;
	line = strsep(&text, "\n");
	if (parse_i64(line, &ret->oom_kills) < 0 || !text)
		return;
	line = strsep(&text, "\n");
	ret->is_known = parse_i64(line, &ret->memory_peak) == 0;
}

/* NULL when nobody has noted a process. */
static const char *read_start(int dir, struct arena *a)
{
	_cleanup_fd_ int fd = fd_open(dir, CONTAINER_PROCESS, O_PATH | O_NOFOLLOW);
	struct stat st;

	return fd < 0 || fd_stat(fd, &st) < 0 ? NULL : clock_text(&st.st_mtim, a);
}

static pid_t read_pid(int dir, struct arena *a)
{
	_cleanup_fd_ int pidfd = -EBADF;
	const char *stamp;
	pid_t pid;

	if (container_read_process(dir, a, &stamp) < 0)
		return 0;
	pidfd = process_open_stamped(stamp, &pid);
	return pidfd < 0 ? 0 : pid;
}

static void read_end(int dir, struct arena *a, struct container_state *ret)
{
	_cleanup_fd_ int fd =
		fd_open(dir, CONTAINER_EXIT, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	char *text, *code;

	if (fd < 0 || fd_read_all(fd, a, MAX_EXIT, &text, NULL) < 0)
		return;
	code = strsep(&text, "\n");
	if (parse_int(code, &ret->code) < 0)
		return;
	ret->has_run = true;
	/* Earlier versions wrote no times. */
	if (!text || !*text)
		return;
	ret->started = strsep(&text, "\n");
	ret->started = *ret->started ? ret->started : NULL;
	ret->finished = text && *text ? strsep(&text, "\n") : NULL;
}

void container_read_state(const struct store *s, const struct container *c,
			  struct arena *a, struct container_state *ret)
{
	_cleanup_fd_ int dir = fd_open(AT_FDCWD, container_path(s, c, a),
				       O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	const char *started;
	char *cgroup;

	*ret = (struct container_state){.is_running = container_is_held(s, c, a)};
	if (dir < 0)
		return;
	started = read_start(dir, a);
	if (ret->is_running) {
		ret->pid = read_pid(dir, a);
		ret->started = ret->pid ? started : NULL;
		if (container_read_cgroup(dir, a, &cgroup) == 0) {
			_cleanup_fd_ int fd = cgroup_open(cgroup);

			ret->cgroup = cgroup;
			ret->is_paused = fd >= 0 && cgroup_is_frozen(fd);
		}
		return;
	}
	read_end(dir, a, ret);
	read_usage(dir, a, &ret->usage);
	/* What was noted last is of a later run: a note that is left after the end was written has
	 * the same start. */
	if (!started || (ret->started && strcmp(ret->started, started) == 0))
		return;
	*ret = (struct container_state){
		.has_run = true, .code = KILLED, .started = started};
}

int container_set_ended(int dir, int code, struct arena *a)
{
	const char *started = read_start(dir, a);
	const char *text = arena_printf(a, "%d\n%s\n%s\n", code, started ? started : "",
					clock_now_exact(a));
	int r = dir_replace_file(dir, CONTAINER_EXIT, text, 0600);

	return r < 0 ? r : container_set_process(dir, NULL);
}
