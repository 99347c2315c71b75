// SPDX-License-Identifier: Apache-2.0
/*
 * replay.c - runs a fuzz target on every file of its corpus, as a test
 *
 *	replay-NAME [FILE|FOLDER]...
 *
 * Without arguments the corpus in the sources is taken. Prints TAP: one case a folder or
 * file named, and as comments the files on the way, so that a crash has a name.
 */
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "sys/dir.h"
#include "sys/fd.h"

#define MAX_BYTES (16u << 20)
#define TIMEOUT_S 60 /* an input that takes so long is a failure, under any sanitizer */

static int run_file(int dir, const char *name, struct arena *a)
{
	_cleanup_fd_ int fd = fd_open(dir, name, O_RDONLY);
	uint8_t *exact;
	char *bytes;
	size_t len;
	int r = fd < 0 ? fd : fd_read_all(fd, a, MAX_BYTES, &bytes, &len);

	printf("# %s\n", name);
	fflush(stdout);
	if (r < 0)
		return r;
	/* A copy that ends where the input does: a sanitizer sees one byte further. */
	exact = malloc(len ? len : 1);
	if (!exact)
		return -ENOMEM;
	memcpy(exact, bytes, len);
	alarm(TIMEOUT_S);
	LLVMFuzzerTestOneInput(exact, len);
	alarm(0);
	free(exact);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All files of a folder, by name. Return: how many, or a negative errno. */
static int run_folder(int dir)
{
	_cleanup_arena_ struct arena a = {0};
	struct strv names = {0};
	int n = 0, r = dir_list(dir, &a, &names);

	if (r < 0 || names.n == 0)
		return r;
	qsort(names.v, names.n, sizeof(*names.v), by_name);
	for (size_t i = 0; i < names.n; i++, n++) {
		_cleanup_arena_ struct arena one = {0};

		r = run_file(dir, names.v[i], &one);
		if (r < 0)
			return r;
	}
	return n;
}

static int run(const char *path)
{
	_cleanup_fd_ int dir = fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
	_cleanup_arena_ struct arena a = {0};
	int r;

	if (dir >= 0)
		return run_folder(dir);
	r = run_file(AT_FDCWD, path, &a);
	return r < 0 ? r : 1;
}

int main(int argc, char **argv)
{
	char corpus[] = FUZZ_CORPUS, *all[] = {argv[0], corpus, NULL};
	int n = argc > 1 ? argc - 1 : 1, failed = 0;

	if (argc < 2)
		argv = all;
	printf("1..%d\n", n);
	for (int i = 1; i <= n; i++) {
		const char *slash = strrchr(argv[i], '/');
		const char *name = slash && slash[1] ? slash + 1 : argv[i];
		int count = run(argv[i]);

		/* A corpus that is not there tests nothing. */
		failed += count <= 0;
		if (count > 0)
			printf("ok %d - %s: %d inputs\n", i, name, count);
		else
			printf("not ok %d - %s: %s\n", i, name,
			       count ? strerror(-count) : "no inputs");
	}
	return failed ? 1 : 0;
}
