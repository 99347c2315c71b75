// SPDX-License-Identifier: Apache-2.0
/*
 * main.c - urun-bwrap: bubblewrap's command line on urun's engine
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/bwrap/bwrap.h"
#include "engine/run.h"
#include "plan/plan.h"
#include "sys/cred.h"
#include "sys/fd.h"
#include "sys/helper.h"
#include "sys/host.h"
#include "sys/process.h"
#include "sys/signals.h"

#define MEMORY_BYTES (128 * 1024)
#define EXIT_FAILED  1
/* The version of bubblewrap's command line: callers ask for it to know what they may say. */
#define SPOKEN "0.11.0"

static struct bwrap bwrap = {.userns = -1, .pidns = -1, .info_fd = -1, .status_fd = -1};

static void say(char level, const char *text)
{
	char line[2048];

	if (bwrap.want_level_prefix)
		fprintf(stderr, "<%c>", level);
	text_escape(line, sizeof(line), text);
	fprintf(stderr, "%s: %s\n", bwrap.program, line);
}

static void note(const char *text)
{
	say('4', text);
}

/* What callers look for is said in bubblewrap's words. */
static const char *words_of(const struct err *err)
{
	const char *why = strerror(err->code == -EISDIR ? EACCES : -err->code);

	switch ((enum err_about)err->about) {
	case ERR_ABOUT_WORKDIR:
		return arena_printf(bwrap.arena, "Can't chdir to %s: %s", bwrap.chdir,
				    why);
	case ERR_ABOUT_SOURCE:
		return arena_printf(bwrap.arena, "Can't find source path %s: %s",
				    err->object, why);
	case ERR_ABOUT_PROC:
		return arena_printf(bwrap.arena, "Can't mount proc on /newroot%s: %s",
				    err->object, why);
	case ERR_ABOUT_FOLDER_PLACE:
		return arena_printf(bwrap.arena, "Can't mkdir %s: %s", err->object, why);
	case ERR_ABOUT_FILE_PLACE:
		return arena_printf(bwrap.arena, "Can't create file at %s: %s",
				    err->object, why);
	case ERR_ABOUT_LINK:
		return arena_printf(bwrap.arena, "Can't make symlink at %s: %s",
				    err->object, why);
	case ERR_ABOUT_OTHER:
		break;
	}
	if (err->exit_class == ERR_EXIT_NOT_FOUND ||
	    err->exit_class == ERR_EXIT_NOT_INVOKED)
		return arena_printf(bwrap.arena, "execvp %s: %s",
				    bwrap.spec.process.args.v[0], why);
	return err->message;
}

/* What bubblewrap says has no mend behind it, and options of urun's are none here. */
static int fail(const struct err *err)
{
	const char *text = words_of(err);
	char line[sizeof(err->hint) * 4];

	say('3', text);
	if (text == err->message && err->hint[0] && !strstr(err->hint, "--") &&
	    !strstr(err->hint, "-w ")) {
		text_escape(line, sizeof(line), err->hint);
		fprintf(stderr, "  %s\n", line);
	}
	return EXIT_FAILED;
}

/* --- who listens --- */

/* In the order of their names. */
static const enum spec_ns ids[] = {NS_CGROUP, NS_IPC, NS_MOUNT, NS_NET, NS_PID, NS_UTS};

/* As bubblewrap writes it, to the space: some read it without a JSON reader. */
static const char *describe(const struct run *run, bool is_line)
{
	const char *between = is_line ? ", " : ",\n    ";
	const char *text = arena_printf(bwrap.arena, "{%s\"child-pid\": %d",
					is_line ? " " : "\n    ", (int)run->pid);

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		const char *name = spec_ns_name(ids[i]),
			   *at = run->spaces ? strstr(run->spaces, name) : NULL;

		if (bwrap.spec.ns[ids[i]].mode != NS_MODE_PRIVATE || !at)
			continue;
		at += strlen(name) + 1;
		text = arena_printf(bwrap.arena, "%s%s\"%s-namespace\": %.*s", text,
				    between, name, (int)strcspn(at, "\n"), at);
	}
	return arena_printf(bwrap.arena, "%s%s}\n", text, is_line ? " " : "\n");
}

static int tell(int fd, const char *text, const char *option, struct err *err)
{
	int r = fd_write_all(fd, text, strlen(text));

	return r < 0 ? err_set(err, r, "write to descriptor %d of --%s", fd, option) : 0;
}

/* Of a process that can still be looked at. */
static const char *look_at(const struct run *run)
{
	const char *text = "";
	uint64_t number;

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		if (process_ns_number(run->pid, spec_ns_name(ids[i]), &number) == 0)
			text = arena_printf(bwrap.arena, "%s%s %llu\n", text,
					    spec_ns_name(ids[i]),
					    (unsigned long long)number);
	return text;
}

/* Whoever writes the id maps has to know for whom. */
static int on_born(void *data, const struct run *run, struct err *err)
{
	struct run born = *run;
	int r;

	(void)data;
	if (!bwrap.spec.userns.has_map_fd)
		return 0;
	born.spaces = look_at(run);
	r = tell(bwrap.info_fd, describe(&born, false), "info-fd", err);
	fd_let_go(fd_take(&bwrap.info_fd));
	return r;
}

static int on_ready(void *data, const struct run *run, struct err *err)
{
	int r = 0;

	(void)data;
	if (bwrap.info_fd >= 0) {
		r = tell(bwrap.info_fd, describe(run, false), "info-fd", err);
		/* Whoever reads it waits for the end. */
		fd_let_go(fd_take(&bwrap.info_fd));
	}
	if (r == 0 && bwrap.status_fd >= 0)
		r = tell(bwrap.status_fd, describe(run, true), "json-status-fd", err);
	return r;
}

/* --- from the command line to an exit code --- */

static int run(int *ret_code, struct err *err)
{
	static const struct engine_events events = {.on_born = on_born,
						    .on_ready = on_ready};
	struct host host;
	struct plan plan;
	struct engine_job job = ENGINE_JOB(&plan, bwrap.arena, note);
	int r = bwrap_to_spec(&bwrap, err);

	if (r == 0 && bwrap.dies_with_parent)
		process_die_with_parent(SIGKILL);
	if (r == 0)
		r = spec_validate(&bwrap.spec, err);
	if (r == 0)
		r = host_read(&host, bwrap.arena, false, err);
	if (r == 0)
		r = plan_build(&plan, &bwrap.spec, &host, bwrap.arena, err);
	if (r < 0)
		return r;
	/* The launcher lets go of the standard streams when the payload has them. */
	if (bwrap.status_fd >= 0)
		bwrap.status_fd = fd_dup(bwrap.status_fd);
	job.events = &events;
	r = engine_run(&job, ret_code, err);
	if (r == 0 && bwrap.status_fd >= 0)
		tell(bwrap.status_fd,
		     arena_printf(bwrap.arena, "{ \"exit-code\": %d }\n", *ret_code),
		     "json-status-fd", NULL);
	return r;
}

static int run_line(int argc, char **argv)
{
	struct err err = {0};
	int code = 0, r;

	/* Before anything is read of what options name. */
	r = helper_protect_self(argv, &err);
	if (r < 0)
		return fail(&err);
	/* Root has what root has; others have what they ask for. */
	for (int cap = 0; geteuid() == 0 && cap < 64; cap++)
		if (cred_has_cap(cap))
			bwrap.caps |= 1ULL << cap;
	for (char **e = environ; *e; e++)
		if (!helper_is_own_variable(*e))
			strv_push(bwrap.arena, &bwrap.spec.process.env, *e);
	bwrap.spec.process.keeps_session = true;
	if (argc == 2 && strcmp(argv[1], "__options") == 0) {
		bwrap_print_man();
		return fd_flush(stdout) < 0;
	}
	r = bwrap_read(&bwrap, argc - 1, argv + 1, &err);
	if (r == -ENODATA) {
		bwrap_print_usage(&bwrap, true);
		return EXIT_FAILED;
	}
	if (r < 0)
		return fail(&err);
	if (bwrap.want_help) {
		bwrap_print_usage(&bwrap, false);
		return fd_flush(stdout) < 0;
	}
	if (bwrap.want_version) {
		printf("bubblewrap %s (urun-bwrap %s)\n", SPOKEN, PACKAGE_VERSION);
		return fd_flush(stdout) < 0;
	}
	r = run(&code, &err);
	return r < 0 ? fail(&err) : code;
}

int main(int argc, char **argv)
{
	static char memory[MEMORY_BYTES];
	struct arena a;
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	int code;

	if (argc < 1 || fd_sanitize_stdio() < 0)
		return EXIT_FAILED;
	signals_ignore_file_limit();
	arena_init(&a, memory, sizeof(memory));
	spec_init(&bwrap.spec, &a);
	bwrap.arena = &a;
	bwrap.program = slash ? slash + 1 : argv[0];
	code = run_line(argc, argv);
	arena_free(&a);
	return code;
}
