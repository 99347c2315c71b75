// SPDX-License-Identifier: Apache-2.0
/*
 * sandbox.c - see sandbox.h
 */
#include "cli/urun/sandbox.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mountattr.h"
#include "cli/urun/cmd.h"
#include "cli/urun/grants.h"
#include "cli/urun/limit_options.h"
#include "cli/urun/policy.h"
#include "cli/urun/run_options.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/uts.h"

/* What a request of this verb has besides. */
struct sandbox {
	struct grants grants;
	struct strv policies; /* --policy, in order */
	bool want_here;	      /* --here */
	bool is_shell;	      /* no command was given */
	const char *origin;   /* the line of a policy that is being read, or NULL */
};

static struct request *of(void *target)
{
	return target;
}

/* --- options --- */

static int add_grant(void *t, enum grant_kind kind, const char *option, bool is_optional,
		     const char *path, struct err *err)
{
	struct sandbox *s = of(t)->sandbox;
	struct grant *g;

	if (s->origin && path[0] != '/')
		return err_say(err, -EINVAL,
			       "'%s': in a policy, a path is absolute, or begins with ~/",
			       path);
	g = ARR_PUSH(s->grants.arena, &s->grants, grants);
	*g = (struct grant){
		.kind = kind,
		.path = arena_strdup(s->grants.arena, path),
		.origin = s->origin ? s->origin : option,
		.is_optional = is_optional,
		.fd = -1,
	};
	return 0;
}

#define SET_GRANT(name, kind, option, is_optional)                      \
	static int name(void *t, const char *v, struct err *err)        \
	{                                                               \
		return add_grant(t, kind, option, is_optional, v, err); \
	}

SET_GRANT(set_read, GRANT_READ, "--read", false)
SET_GRANT(set_read_try, GRANT_READ, "--read-try", true)
SET_GRANT(set_write, GRANT_WRITE, "--write", false)
SET_GRANT(set_write_try, GRANT_WRITE, "--write-try", true)
SET_GRANT(set_deny, GRANT_DENY, "--deny", false)
SET_GRANT(set_deny_try, GRANT_DENY, "--deny-try", true)
SET_GRANT(set_device_grant, GRANT_DEVICE, "--device", false)
SET_GRANT(set_device_try, GRANT_DEVICE, "--device-try", true)

static int set_here(void *t, const char *v, struct err *err)
{
	return options_bool(v, &of(t)->sandbox->want_here, err);
}

static int set_policy(void *t, const char *v, struct err *err)
{
	(void)err;
	strv_push(of(t)->arena, &of(t)->sandbox->policies, arena_strdup(of(t)->arena, v));
	return 0;
}

/* A boolean for who grants it; "--network=MODE" for who knows. */
static int set_network(void *t, const char *v, struct err *err)
{
	static const char *const modes[] = {"auto", "host", "none", "pasta",
					    "slirp4netns"};
	size_t len = strcspn(v, ":");

	if (strcmp(v, "true") == 0)
		return network_set(t, "auto", err);
	if (strcmp(v, "false") == 0)
		return network_set(t, "none", err);
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (strlen(modes[i]) == len && strncmp(modes[i], v, len) == 0)
			return network_set(t, v, err);
	err_say(err, -EINVAL, "'%s': no such network for a sandbox", v);
	return err_hint(err, -EINVAL,
			"--network alone, or =slirp4netns, =pasta, =host or =none; 'urun "
			"run host:' joins networks of others");
}

static const struct option sandbox_options[] = {
	{"deny", 0, "PATH", "hide a file or folder, whatever is granted around it",
	 set_deny},
	{"deny-try", 0, "PATH",
	 "as --deny, where there is one; else the command may make it", set_deny_try},
	{"device", 0, "PATH", "show a device of the host, or a folder of some",
	 set_device_grant},
	{"device-try", 0, "PATH", "as --device, where there is one", set_device_try},
	{"here", 0, NULL, "let it write the current folder, and start there", set_here},
	{"name", 0, "NAME",
	 "a name that others see it by: urun stats NAME, urun pause NAME", set_name},
	{"network", 0, NULL,
	 "connect it: =slirp4netns, =pasta or =host say how; without, there is the "
	 "loopback interface alone",
	 set_network},
	{"policy", 0, "NAME",
	 "options from a file, urun-policy(5): sandbox (the default), build, desktop",
	 set_policy},
	{"read", 0, "PATH", "show a file or folder that is hidden", set_read},
	{"read-try", 0, "PATH", "as --read, where there is one", set_read_try},
	{"shm-size", 0, "SIZE", "size of /dev/shm, no limit by default", set_shm_size},
	{"workdir", 'w', "DIR",
	 "working folder inside; by default the current one, or home where that is "
	 "hidden",
	 set_workdir},
	{"write", 0, "PATH", "let it write a file or folder", set_write},
	{"write-try", 0, "PATH", "as --write, where there is one", set_write_try},
	LIMIT_OPTIONS,
	LIMIT_PLACE_OPTIONS,
	NAME_OPTIONS,
	PROCESS_OPTIONS,
	{0},
};

const struct option_table sandbox_table = {
	.verb = "sandbox",
	.synopsis = "[OPTIONS] [--] [COMMAND [ARG...]]",
	.summary = "Run a command ($SHELL) in the host's own tree, read-only and without "
		   "what is the user's:\nhome, /tmp and /run are empty, there is no "
		   "network, and it is nobody but the caller.",
	.options = sandbox_options,
};

/* --- policies --- */

/* What concerns one run, or all of them. */
static const char *const not_in_policies[] = {
	"here", "name", "pidfile", "policy", "preserve-fds", "print-plan",
};

static int check_line(const char *name, const char *value, struct err *err)
{
	static const char seccomp[] = "seccomp=";

	for (size_t i = 0; i < ARRAY_SIZE(not_in_policies); i++)
		if (strcmp(name, not_in_policies[i]) == 0)
			return err_say(err, -EINVAL,
				       "it is for the command line, not for policies");
	if (!value || *value == '/')
		return 0;
	/* What the working folder has is not for policies to take. */
	if (strcmp(name, "env-file") == 0 ||
	    (strcmp(name, "security-opt") == 0 &&
	     strncmp(value, seccomp, strlen(seccomp)) == 0 &&
	     value[strlen(seccomp)] != '/' &&
	     strcmp(value + strlen(seccomp), "unconfined") != 0))
		return err_say(err, -EINVAL,
			       "'%s': in a policy, a path is absolute, or begins with ~/",
			       value);
	return 0;
}

static int apply_line(void *target, const char *name, const char *value,
		      const char *origin, struct err *err)
{
	struct sandbox *s = of(target)->sandbox;
	int r = check_line(name, value, err);

	s->origin = origin;
	if (r == 0)
		r = options_set(&sandbox_table, name, value, target, err);
	s->origin = NULL;
	if (r < 0)
		err_prefix(err, "%s", origin);
	return r;
}

static int read_policies(struct request *q, const struct strv *names, struct err *err)
{
	const struct policy_reader reader = {
		.arena = q->arena,
		.environ = q->environ,
		.apply = apply_line,
		.target = q,
	};
	int r = 0;

	if (names->n == 0)
		r = policy_read(&reader, POLICY_DEFAULT, err);
	for (size_t i = 0; r == 0 && i < names->n; i++)
		r = policy_read(&reader, names->v[i], err);
	/* Files of the command line go over them. */
	for (size_t i = 0; i < q->env.n; i++)
		strv_push(q->arena, &q->file_env, q->env.v[i]);
	q->env.n = 0;
	return r;
}

/* Policies come first, wherever the command line has them: it is read for them alone, at first. */
static int find_policies(const struct request *q, int argc, char **argv, struct strv *ret,
			 bool *ret_help, struct err *err)
{
	struct sandbox s = {.grants.arena = q->arena};
	struct request first = *q;
	int next, r;

	first.sandbox = &s;
	r = options_read(&sandbox_table, argc, argv, &first, &next, ret_help, err);
	*ret = s.policies;
	return r;
}

/* --- the spec --- */

static void init(struct request *q)
{
	struct spec *s = &q->spec;
	const char *id = s->id;

	spec_init(s, q->arena);
	s->id = id;
	s->root = (struct spec_root){.kind = ROOT_HOST, .is_readonly = true};
	s->userns.is_own = true;
	s->userns.own_uid = geteuid();
	s->userns.own_gid = getegid();
	s->hostname = uts_hostname(q->arena);
	s->process.want_stdin = s->process.want_caller_stdio = true;
	s->process.keeps_session = s->process.want_reaper = true;
	s->process.user.is_caller = s->process.user.keep_groups = true;
	s->process.has_umask = true;
	s->process.umask = umask(0);
	umask(s->process.umask);
	q->has_hosts = true;
	q->unset_all = true;
}

static const char *env_of(const struct request *q, const char *name)
{
	return environ_get(q->environ, name, strlen(name));
}

/* Programs make sockets there, and want to be alone in it. It is where the caller's is, so that what is
 * granted of that is found; but not where all of the host's tree is seen. */
static void add_runtime_dir(struct request *q)
{
	static const char *const hidden[] = {"/run/", "/tmp/", "/var/tmp/"};
	const char *path = env_of(q, "XDG_RUNTIME_DIR");
	bool is_hidden = false;
	struct fsop *op;

	path = path ? spec_clean_path(q->arena, path) : "/";
	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		is_hidden |= strncmp(path, hidden[i], strlen(hidden[i])) == 0;
	if (!is_hidden)
		path = arena_printf(q->arena, "/run/user/%u", geteuid());
	strv_env_set(q->arena, &q->file_env,
		     arena_printf(q->arena, "XDG_RUNTIME_DIR=%s", path));
	/* What is granted of the host has it, or not. */
	if (grants_is_writable(&q->sandbox->grants, path))
		return;
	op = spec_add_fsop(&q->spec, FSOP_DIR, path);
	op->has_mode = true;
	op->mode = 0700;
}

/* Where HOME is a link in a folder that is hidden, it is one inside. */
static void add_home_name(struct request *q)
{
	const char *home = env_of(q, "HOME"), *real;
	_cleanup_fd_ int fd = home && home[0] == '/'
				      ? fd_open(AT_FDCWD, home, O_PATH | O_DIRECTORY)
				      : -EBADF;
	struct fsop *op;

	if (fd < 0 || dir_read_link(AT_FDCWD, fd_path(fd).path, q->arena, &real) < 0 ||
	    real[0] != '/' || strcmp(real, spec_clean_path(q->arena, home)) == 0)
		return;
	op = spec_add_fsop(&q->spec, FSOP_SYMLINK, home);
	op->source = real;
	op->is_optional = true;
}

/* The terminal has a name inside, too, for whoever asks ttyname(3). */
static void add_terminal(struct request *q)
{
	const char *terminal = NULL;
	struct fsop *op;

	for (int fd = 0; !terminal && fd < 3; fd++)
		terminal = isatty(fd) ? ttyname(fd) : NULL;
	if (!terminal)
		return;
	op = spec_add_fsop(&q->spec, FSOP_BIND, "/dev/console");
	op->source = arena_strdup(q->arena, terminal);
	op->attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
	op->is_optional = true;
}

static void find_here(struct request *q)
{
	char here[PATH_MAX];

	/* Else it is outside of this process's root folder, or gone. */
	if (fd_getcwd(here, sizeof(here)) == 0 && here[0] == '/')
		q->sandbox->grants.here = arena_strdup(q->arena, here);
}

static int set_cwd(struct request *q, struct err *err)
{
	struct spec_process *p = &q->spec.process;
	const char *home = env_of(q, "HOME"), *here = q->sandbox->grants.here;

	if (q->sandbox->want_here && !here) {
		err_say(err, -ENOENT, "--here: the current folder is gone");
		return err_hint(err, -ENOENT, "Change to one that is there");
	}
	if (q->sandbox->want_here)
		add_grant(q, GRANT_WRITE, "--here", false, here, err);
	if (p->cwd)
		return 0;
	if (q->sandbox->want_here) {
		p->cwd = here;
		return 0;
	}
	if (here)
		strv_push(q->arena, &p->cwds, here);
	if (home && home[0] == '/')
		strv_push(q->arena, &p->cwds, home);
	return 0;
}

/* From a folder that is open, ".." leads to all of the host's tree. */
static int check_streams(struct err *err)
{
	static const char *const names[] = {"input", "output", "error"};

	for (int fd = 0; fd < 3; fd++) {
		if (!fd_is_folder(fd))
			continue;
		err_say(err, -EISDIR,
			"standard %s is a folder: the host's tree would be open by it",
			names[fd]);
		return err_hint(err, -EISDIR, "--read grants a folder");
	}
	return 0;
}

static void set_words(struct request *q, int argc, char **argv, int next)
{
	const char *shell = env_of(q, "SHELL");

	for (; next < argc; next++)
		strv_push(q->arena, &q->words, argv[next]);
	q->sandbox->is_shell = q->words.n == 0;
	if (q->sandbox->is_shell)
		strv_push(q->arena, &q->words,
			  shell && shell[0] == '/' ? shell : "/bin/sh");
}

int sandbox_read(struct request *q, int argc, char **argv, bool *ret_help,
		 struct err *err)
{
	struct sandbox *s = arena_new(q->arena, struct sandbox);
	struct strv policies = {0};
	int next, r;

	q->sandbox = s;
	s->grants.arena = q->arena;
	init(q);
	r = find_policies(q, argc, argv, &policies, ret_help, err);
	if (r < 0 || *ret_help)
		return r;
	find_here(q);
	r = read_policies(q, &policies, err);
	if (r == 0)
		r = options_read(&sandbox_table, argc, argv, q, &next, ret_help, err);
	if (r == 0)
		r = set_cwd(q, err);
	if (r == 0)
		r = check_streams(err);
	if (r == 0)
		r = grants_apply(&s->grants, &q->spec, &q->defaults, err);
	if (r < 0)
		return r;
	add_runtime_dir(q);
	add_home_name(q);
	add_terminal(q);
	set_words(q, argc, argv, next);
	return 0;
}

/* --- a command that is not there --- */

/* Where execvp(3) would find it outside; or NULL. */
static const char *find_outside(const struct request *q, const char *name)
{
	const char *path = strv_env_get(&q->spec.process.env, "PATH");
	char *rest = arena_strdup(q->arena, path ? path : ""), *folder;

	if (strchr(name, '/'))
		return access(name, F_OK) == 0 ? name : NULL;
	while ((folder = strsep(&rest, ":"))) {
		const char *file = arena_printf(q->arena, "%s/%s", folder, name);

		if (folder[0] == '/' && access(file, X_OK) == 0)
			return file;
	}
	return NULL;
}

void sandbox_explain(const struct request *q, struct err *err)
{
	const char *name = q->spec.process.args.v[0], *outside;

	if (err->exit_class != ERR_EXIT_NOT_FOUND)
		return;
	outside = find_outside(q, name);
	if (outside)
		err_hint(err, err->code,
			 "'%s' is hidden in the sandbox: --read shows it, --here the "
			 "current folder",
			 outside);
	else if (q->sandbox->is_shell)
		err_hint(err, err->code, "SHELL names it: give a command, or set SHELL");
}
