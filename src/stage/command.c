// SPDX-License-Identifier: Apache-2.0
/*
 * command.c - working folder, environment, and where the command is
 *
 * All with the payload's own ids and capabilities: what it may not see is not found for
 * it.
 */
#include <limits.h>
#include <string.h>

#include "stage/stage.h"
#include "sys/path.h"
#include "sys/uts.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static int enter_cwd(const char *cwd, struct err *err)
{
	char real[PATH_MAX];
	int r = fd_chdir(cwd);

	if (r == 0 && fd_getcwd(real, sizeof(real)) == 0 && real[0] == '/')
		return 0;
	/* "(unreachable)": a folder that is not below the container's root
	 * (CVE-2024-21626). */
	if (r == 0)
		return err_about(err,
				 err_say(err, -EXDEV,
					 "working folder '%s' lies outside of the "
					 "container",
					 cwd),
				 ERR_ABOUT_WORKDIR, cwd);
	if (!err)
		return r;
	err_set(err, r, "working folder '%s'", cwd);
	err_about(err, r, ERR_ABOUT_WORKDIR, cwd);
	if (r == -ENOENT)
		err_hint(err, r, "Make it in the rootfs, or give another one with -w");
	err->exit_class = ERR_EXIT_NOT_INVOKED;
	return r;
}

/* The first of several that can be entered, or the root folder; and PWD tells which. */
static int enter_some(struct run *run, struct err *err)
{
	const struct strv *cwds = &run->plan->spec->process.cwds;
	char real[PATH_MAX];

	for (size_t i = 0; i < cwds->n; i++)
		if (enter_cwd(cwds->v[i], NULL) == 0 &&
		    fd_getcwd(real, sizeof(real)) == 0) {
			strv_env_set(run->arena, &run->env,
				     arena_printf(run->arena, "PWD=%s", real));
			return 0;
		}
	if (cwds->n)
		strv_env_set(run->arena, &run->env, "PWD=/");
	return enter_cwd("/", err);
}

static void complete_env(struct run *run)
{
	const struct spec *s = run->plan->spec;
	struct arena *a = run->arena;
	struct strv *env = &run->env;

	/* Engines pass on an empty HOME where they know none: runc finds one then. */
	for (size_t i = 0; i < s->process.env.n; i++)
		if (!s->bundle || strcmp(s->process.env.v[i], "HOME=") != 0)
			strv_push(a, env, s->process.env.v[i]);
	if (!s->is_container_env && !s->bundle)
		return;
	if (!strv_env_get(env, "HOME"))
		strv_pushf(a, env, "HOME=%s", run->user.home ? run->user.home : "/");
	if (s->is_container_env && !strv_env_get(env, "HOSTNAME"))
		strv_pushf(a, env, "HOSTNAME=%s",
			   run->plan->hostname ? run->plan->hostname : uts_hostname(a));
}

/* Can it be executed? The kernel has the last word; this gives the error its words. */
static int check_command(const char *path, struct err *err)
{
	_cleanup_fd_ int root = fd_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
	_cleanup_fd_ int cwd = -EBADF, fd = -EBADF;
	struct stat st;
	int r;

	if (path[0] != '/')
		cwd = fd_open(AT_FDCWD, ".", O_PATH | O_DIRECTORY);
	/* A relative path may climb out of the working folder, but magic links stay
	 * closed: /proc/self/exe is this very program (CVE-2019-5736). */
	fd = path_open_in(path[0] == '/' ? root : cwd, path, O_PATH);
	if (fd == -ENOENT && path[0] != '/')
		fd = fd_open(AT_FDCWD, path, O_PATH);
	if (fd < 0) {
		err_set(err, fd, "command '%s'", path);
		err->exit_class = fd == -ENOENT || fd == -ENOTDIR ? ERR_EXIT_NOT_FOUND
								  : ERR_EXIT_NOT_INVOKED;
		return fd;
	}
	r = fd_stat(fd, &st);
	if (r == 0 && S_ISDIR(st.st_mode))
		r = -EISDIR;
	else if (r == 0 && !S_ISREG(st.st_mode))
		r = -EACCES;
	else if (r == 0)
		r = fd_is_executable(fd);
	if (r < 0) {
		err_set(err, r, "command '%s'", path);
		err->exit_class = ERR_EXIT_NOT_INVOKED;
	}
	return r;
}

/* A name without a slash is looked for in the container's PATH, as execvp(3) does. */
static int find_in_path(struct run *run, const char *name, struct err *err)
{
	const char *dirs = strv_env_get(&run->env, "PATH");
	struct err not_allowed = {0};

	if (!dirs)
		dirs = DEFAULT_PATH;
	for (;;) {
		size_t len = strcspn(dirs, ":");
		const char *dir = len ? arena_strndup(run->arena, dirs, len) : ".";
		char *path = arena_printf(run->arena, "%s/%s", dir, name);
		int r = check_command(path, err);

		if (r == 0) {
			run->command = path;
			return 0;
		}
		if (err->exit_class == ERR_EXIT_NOT_INVOKED && r != -EISDIR)
			not_allowed = *err;
		if (!dirs[len])
			break;
		dirs += len + 1;
	}
	if (not_allowed.code) {
		*err = not_allowed;
		return err->code;
	}
	err_say(err, -ENOENT, "command '%s': not found in the container's PATH", name);
	if (strchr(name, ' '))
		err_hint(err, -ENOENT,
			 "It is one word with spaces in it: several words are a command "
			 "and what it is told,\nsh -c '...' runs a line");
	err->exit_class = ERR_EXIT_NOT_FOUND;
	return -ENOENT;
}

static int apply(struct run *run, struct err *err)
{
	const struct spec_process *p = &run->plan->spec->process;
	const char *name = p->args.v[0];
	int r = p->cwd ? enter_cwd(p->cwd, err) : 0;

	complete_env(run);
	if (r == 0 && !p->cwd)
		r = enter_some(run, err);
	if (r < 0)
		return r;
	if (name[0] == '\0') {
		err_say(err, -ENOENT, "command '': an empty name");
		err->exit_class = ERR_EXIT_NOT_FOUND;
		return -ENOENT;
	}
	if (!strchr(name, '/'))
		return find_in_path(run, name, err);
	run->command = name;
	return check_command(name, err);
}

const struct stage stage_command = {"command", PHASE_LOCK, NULL, apply, true};
