// SPDX-License-Identifier: Apache-2.0
/*
 * auth.c - fuzz target: files of credentials and of policies
 *
 * An input is a line with the host and the repository that are asked for, and the file. What is
 * stored in it must be found again, and what was removed must not.
 */
#include "auth.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "registries.h"
#include "sys/fd.h"

static const char secret[] = "pass:word";
static char folder[64];

static void remove_folder(void)
{
	static const char *const names[] = {"f", "f.lock"};
	int dir = fd_open(AT_FDCWD, folder, O_PATH | O_DIRECTORY);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unlinkat(dir, names[i], 0);
	close(dir);
	rmdir(folder);
}

/* One folder for all inputs. No helper is ever found: none is run. */
static const char *make_file(struct arena *a, const char *text, size_t len)
{
	const char *tmp = getenv("TMPDIR"), *path;
	int fd;

	if (!folder[0]) {
		snprintf(folder, sizeof(folder), "%.40s/urun-fuzz-XXXXXX",
			 tmp && tmp[0] ? tmp : "/tmp");
		fuzz_check(mkdtemp(folder), "%s", folder);
		setenv("PATH", folder, 1);
		atexit(remove_folder);
	}
	path = arena_printf(a, "%s/f", folder);
	fd = fd_create(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	fuzz_check(fd >= 0 && fd_write_all(fd, text, len) == 0, "%s", path);
	close(fd);
	return path;
}

/* Cuts a word off the input, made of what hosts and repositories are made of. */
static char *take_word(struct arena *a, const char **at, size_t *left, char separator)
{
	const char *end = memchr(*at, separator, *left);
	size_t len = end ? (size_t)(end - *at) : *left;
	char *word = arena_alloc(a, len + 2);

	for (size_t i = 0; i < len; i++)
		word[i] = (*at)[i] > ' ' && (*at)[i] < 0x7f ? (*at)[i] : 'x';
	*at += len + (end != NULL);
	*left -= len + (end != NULL);
	return word;
}

static void check_found(const struct auth *auth)
{
	fuzz_check(!auth->found_in == (!auth->user && !auth->identity_token),
		   "found nothing in '%s'", auth->found_in ? auth->found_in : "");
	fuzz_check(!auth->password || auth->user, "a password without a user");
	fuzz_check(!auth->password || !auth->identity_token, "a password and a token");
}

/* Stores, finds, removes: in the file that is there, whatever else is in it. @is_known: the
 * input has the password itself. */
static void check_round(const char *path, const char *host, bool is_known,
			struct arena *a)
{
	struct auth auth = {0};
	struct err err = {0};
	const char *where = NULL;
	int r = auth_store(path, host, "user", secret, a, &where, &err);

	if (r < 0) {
		fuzz_check_err(r, &err);
		fuzz_check(is_known || !strstr(err.message, secret), "%s", err.message);
		return;
	}
	fuzz_check(strcmp(where, path) == 0, "stored in '%s'", where);
	r = auth_find(path, host, NULL, a, &auth, &err);
	fuzz_check(r == 0, "%s", err.message);
	fuzz_check(auth.user && strcmp(auth.user, "user") == 0 &&
			   strcmp(auth.password, secret) == 0,
		   "found '%s'", auth.user ? auth.user : "nothing");
	r = auth_remove(path, host, a, &err);
	fuzz_check(r == 0, "%s", err.message);
	auth = (struct auth){0};
	r = auth_find(path, host, NULL, a, &auth, &err);
	/* A name with slashes is also looked for without its last parts. */
	fuzz_check(r < 0 || strchr(host, '/') || !auth.found_in, "'%s' is still there",
		   auth.user ? auth.user : "a token");
}

static void check_policy(const char *path, struct arena *a)
{
	static const char *const images[] = {"a.io/b/c:1", "x.a.io:5000/b", "oci:/",
					     "docker-archive:x"};

	for (size_t i = 0; i < ARRAY_SIZE(images); i++) {
		struct image_ref ref;
		struct err err = {0};
		int r;

		fuzz_check(ref_parse(images[i], a, &ref, NULL) == 0, "%s", images[i]);
		r = policy_check(path, &ref, &err);
		if (r < 0)
			fuzz_check_err(r, &err);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_arena_ struct arena a = {0};
	const char *at = (const char *)data, *host, *repository, *path;
	size_t left = size;
	struct auth auth = {0};
	struct err err = {0};
	int r;

	host = take_word(&a, &at, &left, ' ');
	repository = take_word(&a, &at, &left, '\n');
	path = make_file(&a, at, left);
	r = auth_find(path, host, repository, &a, &auth, &err);
	if (r < 0)
		fuzz_check_err(r, &err);
	else
		check_found(&auth);
	check_policy(path, &a);
	/* A message may hold what the file calls a helper. */
	check_round(path, host, memmem(data, size, secret, strlen(secret)), &a);
	return 0;
}
