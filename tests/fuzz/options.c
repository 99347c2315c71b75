// SPDX-License-Identifier: Apache-2.0
/*
 * options.c - fuzz target: the command lines of `urun run` and `urun sandbox`, to a spec and a plan
 *
 * An input is words that end in NUL; when the first is "@sandbox", those behind it are that verb's. If a byte 1 is in it, what stands before is the
 * content of every file that the command line names, policies too. No file of the host is read; what is
 * granted to a sandbox is looked up.
 */
#include <string.h>
#include <unistd.h>

#include "cli/urun/request.h"
#include "cli/urun/sandbox.h"
#include "fuzz.h"

#define MAX_WORDS 512

/* Names that ld(1) gives them: --wrap=fd_read_file, --wrap=uts_hostname. */
int __wrap_fd_read_file(const char *path, struct arena *a, size_t max, char **ret,
			size_t *ret_len);
const char *__wrap_uts_hostname(struct arena *a);

static const char *file;
static size_t file_len;

int __wrap_fd_read_file(const char *path, struct arena *a, size_t max, char **ret,
			size_t *ret_len)
{
	(void)path;
	if (!file)
		return -ENOENT;
	if (file_len > max)
		return -EFBIG;
	*ret = arena_alloc(a, file_len + 1);
	memcpy(*ret, file, file_len);
	if (ret_len)
		*ret_len = file_len;
	return 0;
}

const char *__wrap_uts_hostname(struct arena *a)
{
	return arena_strdup(a, "host");
}

/* The words of the input, behind the verb. */
static int split(struct arena *a, const char *at, size_t left, char **argv)
{
	int argc = 0;

	argv[argc++] = arena_strdup(a, "run");
	while (left > 0 && argc < MAX_WORDS) {
		size_t len = strnlen(at, left);

		argv[argc++] = arena_strndup(a, at, len);
		len += len < left;
		at += len;
		left -= len;
	}
	argv[argc] = NULL;
	return argc;
}

/* A joined namespace's path may count from the folder that urun runs in: no document says
 * so. */
static bool is_portable(const struct spec *spec)
{
	for (int i = 0; i < NS_COUNT; i++)
		if (spec->ns[i].mode == NS_MODE_PATH && spec->ns[i].path[0] != '/')
			return false;
	return true;
}

static char **make_environ(struct arena *a)
{
	struct strv env = {0};

	strv_push(a, &env, "HOME=/home/dev");
	strv_push(a, &env, "TERM=xterm");
	strv_push(a, &env, "EMPTY=");
	return env.v;
}

static int read_words(struct request *q, int argc, char **argv, bool *ret_help,
		      struct err *err)
{
	if (argc < 2 || strcmp(argv[1], "@sandbox") != 0)
		return request_read(q, argc, argv, ret_help, err);
	return sandbox_read(q, argc - 1, argv + 1, ret_help, err);
}

/* What a sandbox keeps open goes with its process. */
static void close_from(int first)
{
	for (int fd = first; close(fd) == 0; fd++)
		;
}

static void try_words(struct request *q, int argc, char **argv)
{
	struct err err = {0};
	bool want_help = false;
	int r = read_words(q, argc, argv, &want_help, &err);

	if (r == 0 && !want_help)
		r = request_build(q, &err);
	if (r < 0)
		fuzz_check_err(r, &err);
	if (r < 0 || want_help)
		return;
	/* Nobody writes down what a sandbox is. */
	if (!q->sandbox && is_portable(&q->spec))
		fuzz_check_round_trip(&q->spec, NULL);
	fuzz_check_plans(&q->spec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_arena_ struct arena a = {0};
	struct request q = {.arena = &a};
	const char *words = memchr(data, 1, size);
	char *argv[MAX_WORDS + 1];
	int argc, first = dup(0);

	close(first);
	file = words ? (const char *)data : NULL;
	file_len = words ? (size_t)(words - file) : 0;
	words = words ? words + 1 : (const char *)data;
	argc = split(&a, words, size - (size_t)(words - (const char *)data), argv);
	q.environ = make_environ(&a);
	q.net = (struct net_facts){
		.has_slirp4netns = true, .has_pasta = true, .has_tun = true};
	q.spec.id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	try_words(&q, argc, argv);
	if (first >= 0)
		close_from(first);
	return 0;
}
