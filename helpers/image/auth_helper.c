// SPDX-License-Identifier: Apache-2.0
/*
 * auth_helper.c - see auth_helper.h
 *
 * A helper is the user's own program and gets the user's environment, which it needs to find a
 * keyring; no shell is between. The request is a file in memory, so that nobody has to write to
 * it while it answers. Source: docker-credential-helpers.
 */
#include "auth_helper.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "conf_path.h"
#include "sys/fd.h"
#include "sys/process.h"

#define MAX_ANSWER (1u << 20)
#define MAX_NAME   64u

/* One run. */
struct run {
	const char *program; /* for messages */
	int pidfd, answer;   /* the end of a pipe that is read without waiting */
	char *text;	     /* MAX_ANSWER + 1 bytes */
	size_t len;
	int code;
	struct err *err;
};

static const char not_found[] = "credentials not found in native keychain";

const char *auth_helper_name(const struct auth_helper *h, struct arena *a)
{
	return arena_printf(a, "docker-credential-%s", conf_show(h->name).text);
}

/* --- the program --- */

static bool is_name(const char *s)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789._-";
	size_t len = strlen(s);

	return len > 0 && len <= MAX_NAME && strspn(s, allowed) == len;
}

/* A folder of $PATH that is not absolute depends on where one stands: left out. */
static const char *find_program(const char *program, struct arena *a)
{
	const char *set = getenv("PATH"), *folder;
	char *left = arena_strdup(a, set ? set : "/usr/local/bin:/usr/bin:/bin");

	while ((folder = strsep(&left, ":"))) {
		const char *file = arena_printf(a, "%s/%s", folder, program);
		struct stat st;

		if (folder[0] == '/' && stat(file, &st) == 0 && S_ISREG(st.st_mode) &&
		    access(file, X_OK) == 0)
			return file;
	}
	return NULL;
}

static int make_input(const char *text)
{
	_cleanup_fd_ int fd = memfd_create("request", MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, text, strlen(text));
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	return r < 0 ? r : fd_take(&fd);
}

static int start(struct run *run, const char *file, const char *action, const char *input,
		 struct arena *a)
{
	char *const argv[] = {arena_strdup(a, file), arena_strdup(a, action), NULL};
	_cleanup_fd_ int in = make_input(input), theirs = -EBADF;
	struct spawn s = {.path = file,
			  .argv = argv,
			  .env = environ,
			  .stdio = {in, -1, STDERR_FILENO},
			  .userns = -1,
			  .mntns = -1};
	int ends[2], r = in < 0 ? in : fd_pipe(ends);
	pid_t pid;

	if (r < 0)
		return err_set(run->err, r, "run '%s'", run->program);
	run->answer = ends[0];
	theirs = s.stdio[1] = ends[1];
	if (fcntl(run->answer, F_SETFL, O_NONBLOCK) < 0)
		return err_set(run->err, -errno, "run '%s'", run->program);
	pid = process_spawn(&s, &run->pidfd);
	return pid < 0 ? err_set(run->err, pid, "run '%s'", conf_show(file).text) : 0;
}

/* --- its answer --- */

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Takes what is there. Return: 1 at the end of it, 0 when more may come, or negative. */
static int take_answer(struct run *run)
{
	for (;;) {
		/* One byte more than is allowed, to see whether there is one. */
		int n = fd_read_now(run->answer, run->text + run->len,
				    MAX_ANSWER + 1 - run->len);

		if (n == -EAGAIN)
			return 0;
		if (n < 0)
			return err_set(run->err, n, "read the answer of '%s'",
				       run->program);
		if (n == 0)
			return 1;
		run->len += (size_t)n;
		if (run->len > MAX_ANSWER)
			return err_say(run->err, -EFBIG,
				       "'%s' answers more than %u bytes", run->program,
				       MAX_ANSWER);
	}
}

/* Until it has ended. What it left behind may keep the pipe open: that is not waited for. */
static int wait_for_end(struct run *run, int timeout_ms)
{
	int64_t deadline = now_ms() + timeout_ms;
	bool is_closed = false;

	for (;;) {
		struct pollfd p[] = {{.fd = run->pidfd, .events = POLLIN},
				     {.fd = is_closed ? -1 : run->answer,
				      .events = POLLIN}};
		int64_t left = deadline - now_ms();
		int n = left > 0 ? poll(p, 2, (int)left) : 0, r = 0;

		if (n < 0 && errno != EINTR)
			return err_set(run->err, -errno, "wait for '%s'", run->program);
		if (n == 0)
			return err_say(run->err, -ETIMEDOUT,
				       "'%s' did not answer within %d seconds",
				       run->program, (timeout_ms + 999) / 1000);
		if (n < 0)
			continue;
		if (!is_closed)
			r = take_answer(run);
		if (r < 0)
			return r;
		is_closed |= r == 1;
		if (p[0].revents)
			return process_wait(run->pidfd, &run->code);
	}
}

/* Helpers say what is wrong on stdout. Text that may hold what was asked for is not shown. */
static int failed(const struct run *run, const char *password)
{
	char *line = run->text;

	line[strcspn(line, "\r\n")] = '\0';
	if (!line[0] || strpbrk(line, "{}") || (password && strstr(line, password)))
		return err_say(run->err, -EIO, "'%s' failed with exit code %d",
			       run->program, run->code);
	return err_say(run->err, -EIO, "'%s' failed with exit code %d: %s", run->program,
		       run->code, conf_show(line).text);
}

static bool is_not_found(const struct run *run)
{
	const char *s = run->text + strspn(run->text, " \t\r\n");
	size_t len = strlen(s);

	while (len > 0 && strchr(" \t\r\n", s[len - 1]))
		len--;
	return len == sizeof(not_found) - 1 && memcmp(s, not_found, len) == 0;
}

static int find_and_start(const struct auth_helper *h, struct run *run,
			  const char *action, const char *input, struct arena *a)
{
	const char *file;

	run->program = auth_helper_name(h, a);
	run->text = arena_alloc(a, MAX_ANSWER + 2);
	if (!is_name(h->name))
		return err_say(run->err, -EINVAL,
			       "'%s' is no name of a credential helper", run->program);
	file = find_program(run->program, a);
	if (!file)
		return err_say(run->err, -ESRCH,
			       "credential helper '%s' is not in a folder of $PATH",
			       run->program);
	return start(run, file, action, input, a);
}

/* Return: 0 with its answer, 1 when it has nothing, or a negative errno. */
static int run_helper(const struct auth_helper *h, const char *action, const char *input,
		      const char *password, struct arena *a, char **ret, size_t *ret_len,
		      struct err *err)
{
	struct run run = {.pidfd = -EBADF, .answer = -EBADF, .err = err};
	int r = find_and_start(h, &run, action, input, a);

	if (r == 0) {
		r = wait_for_end(&run, h->timeout_ms);
		if (r < 0) {
			process_kill(run.pidfd, SIGKILL);
			process_wait(run.pidfd, &run.code);
		}
	}
	fd_close(&run.pidfd);
	fd_close(&run.answer);
	if (r < 0)
		return r;
	run.text[run.len] = '\0';
	if (run.code != 0)
		return is_not_found(&run) ? 1 : failed(&run, password);
	*ret = run.text;
	*ret_len = run.len;
	return 0;
}

/* --- the three requests --- */

/* The parser's own words may hold a piece of the secret: they are left out. */
static int read_answer(const struct auth_helper *h, const char *text, size_t len,
		       struct arena *a, const char **ret_user, const char **ret_secret,
		       struct err *err)
{
	_cleanup_json_ struct json *doc = NULL;
	struct json_at root, user, secret;
	int r = json_parse(text, len, &doc, NULL);

	root = json_root(doc);
	user = json_key(&root, "Username");
	secret = json_key(&root, "Secret");
	if (r == 0)
		r = json_read_str(&user, a, ret_user, NULL);
	if (r == 0)
		r = json_read_str(&secret, a, ret_secret, NULL);
	if (r < 0 || json_kind(&root) != JSON_KIND_OBJECT)
		return err_say(err, -EBADMSG,
			       "the answer of '%s' is no JSON object with Username and "
			       "Secret",
			       auth_helper_name(h, a));
	return 0;
}

int auth_helper_get(const struct auth_helper *h, const char *server, struct arena *a,
		    struct auth *ret, bool *ret_found, struct err *err)
{
	_cleanup_arena_ struct arena own = {0};
	const char *user = "", *secret = "";
	char *text;
	size_t len;
	int r = run_helper(h, "get", server, NULL, &own, &text, &len, err);

	*ret_found = false;
	if (r != 0)
		return MIN(r, 0);
	r = read_answer(h, text, len, a, &user, &secret, err);
	if (r < 0 || (!user[0] && !secret[0]))
		return r;
	*ret_found = true;
	*ret = (struct auth){.found_in = auth_helper_name(h, a)};
	if (strcmp(user, "<token>") == 0) {
		ret->identity_token = secret;
	} else {
		ret->user = user;
		ret->password = secret;
	}
	return 0;
}

/* JSON is UTF-8: what is none would come back as something else. */
static bool is_kept(const struct json *doc, const char *key, const char *value,
		    struct arena *a)
{
	struct json_at root = json_root(doc), at = json_key(&root, key);
	const char *is = "";

	return json_read_str(&at, a, &is, NULL) == 0 && strcmp(is, value) == 0;
}

int auth_helper_store(const struct auth_helper *h, const char *server, const char *user,
		      const char *password, struct arena *a, struct err *err)
{
	_cleanup_json_ struct json *doc = json_new_object();
	_cleanup_free_ char *input = NULL;
	_cleanup_arena_ struct arena own = {0};
	char *text;
	size_t len;
	int r;

	json_put_str(doc, "ServerURL", server);
	json_put_str(doc, "Username", user);
	json_put_str(doc, "Secret", password);
	if (!is_kept(doc, "Username", user, a) || !is_kept(doc, "Secret", password, a))
		return err_say(err, -EILSEQ,
			       "'%s' takes user names and passwords in UTF-8 only",
			       auth_helper_name(h, a));
	input = json_text(doc, false);
	if (!input)
		return err_set(err, -ENOMEM, "run '%s'", auth_helper_name(h, a));
	r = run_helper(h, "store", input, password, &own, &text, &len, err);
	if (r > 0)
		return err_say(err, -EIO, "'%s' failed: %s", auth_helper_name(h, a),
			       not_found);
	return r;
}

int auth_helper_erase(const struct auth_helper *h, const char *server, bool *ret_found,
		      struct err *err)
{
	_cleanup_arena_ struct arena own = {0};
	char *text;
	size_t len;
	int r = run_helper(h, "erase", server, NULL, &own, &text, &len, err);

	*ret_found = r == 0;
	return MIN(r, 0);
}
