// SPDX-License-Identifier: Apache-2.0
/*
 * sys_path.c - tests of paths inside trees that somebody hostile owns
 *
 * Each case runs three times: with openat2(2), and where a filter answers ENOSYS or EPERM to
 * it, so that the walk serves. What is wanted is written down once: the ways cannot differ.
 */
#include "sys/path.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "sys/dir.h"

#include "support.h"

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

static const struct way {
	const char *name;
	int refusal;
} ways[] = {{"openat2", 0}, {"ENOSYS", ENOSYS}, {"EPERM", EPERM}};
#define N_WAYS ARRAY_SIZE(ways)

static void take_way(const struct way *way)
{
	if (way->refusal == 0)
		return;
	refuse_call(SYS_openat2, way->refusal);
	CHECK(syscall(SYS_openat2, AT_FDCWD, "/", NULL, 0) == -1 &&
	      errno == way->refusal);
}

struct look {
	const char *path;
	int flags;
	const char *want; /* what it leads to, as a plain path of the root; NULL: error */
	int error;
};

/* What a child gets. */
struct job {
	const struct way *way;
	struct folder *folder;
	int root;
	const struct look *looks;
	size_t n_looks;
	/* shared with the parent and the other ways */
	struct outcome *outcomes;
};

static void in_each_way(struct job *job, void (*body)(void *))
{
	for (size_t i = 0; i < N_WAYS; i++) {
		job->way = &ways[i];
		in_child(body, job);
	}
}

/* --- one tree for all that only looks --- */

static void make_chain(int root, const char *prefix, int n, const char *target)
{
	char name[32], to[32];

	for (int i = 1; i <= n; i++) {
		snprintf(name, sizeof(name), "%s%d", prefix, i);
		snprintf(to, sizeof(to), "%s%d", prefix, i - 1);
		make_link(root, name, i == 1 ? target : to);
	}
}

static int make_tree(struct folder *f)
{
	static char target[4096];
	int root;

	make_dir(f->fd, "outside", 0755);
	make_file(f->fd, "outside/secret", "secret");
	make_dir(f->fd, "root", 0755);
	root = fd_open(f->fd, "root", O_RDONLY | O_DIRECTORY);
	CHECK(root >= 0);
	make_file(root, "file", "a file");
	make_dir(root, "dir", 0755);
	make_file(root, "dir/file", "another");
	make_dir(root, "dir/sub", 0755);
	make_file(root, "dir/sub/deep", "deep");
	make_dir(root, "etc", 0755);
	make_file(root, "etc/passwd", "mine");
	make_fifo(root, "fifo");
	make_dir(root, "sealed", 0755);
	make_file(root, "sealed/file", "");
	make_file(root, "unreadable", "");
	make_link(root, "to-file", "file");
	make_link(root, "to-dir", "dir");
	make_link(root, "to-dir-slash", "dir/");
	make_link(root, "to-file-slash", "file/");
	make_link(root, "to-slashes", "///dir///sub//deep");
	make_link(root, "to-fifo", "fifo");
	make_link(root, "abs-file", "/dir/file");
	make_link(root, "abs-dir", "/dir/sub");
	make_link(root, "abs-passwd", "/etc/passwd");
	make_link(root, "abs-host", f->path);
	make_link(root, "up-passwd", "../../../../../../../../etc/passwd");
	make_link(root, "up-out", "../outside/secret");
	make_link(root, "up-out-dir", "../outside");
	make_link(root, "abs-up", "/../../dir/../file");
	make_link(root, "to-root", "/");
	make_link(root, "to-dot", ".");
	make_link(root, "to-dots", "..");
	make_link(root, "loop-a", "loop-b");
	make_link(root, "loop-b", "dir/../loop-a");
	make_link(root, "self", "self");
	make_link(root, "self-in", "self-in/x");
	make_link(root, "grow", "grow/../grow/../grow");
	make_link(root, "dangling", "nowhere");
	make_link(root, "dangling-deep", "nowhere/deeper/x");
	make_link(root, "dangling-abs", "/nowhere");
	make_link(root, "through", "to-dir/file");
	make_link(root, "through-file", "file/x");
	make_link(root, "dir/up", "../file");
	make_link(root, "dir/up-up", "../../../file");
	make_link(root, "dir/sub/abs", "/dir/up");
	make_link(root, "to-proc", "/proc/self/root");
	make_chain(root, "chain", 41, "file");
	make_chain(root, "dchain", 41, "dir");
	for (size_t i = 0; i < 4090; i += 2)
		memcpy(target + i, "./", 2);
	memcpy(target + 4090, "file", 5);
	make_link(root, "long", target);
	return root;
}

/* A plain path: no links, nothing to be resolved. */
static void stat_plain(int root, const char *path, struct stat *st)
{
	CHECK_INT(fstatat(root, path, st, AT_SYMLINK_NOFOLLOW), 0);
}

static void child_looks(void *data)
{
	const struct job *job = data;
	int before = count_fds();

	take_way(job->way);
	for (size_t i = 0; i < job->n_looks; i++) {
		const struct look *l = &job->looks[i];
		int fd = path_open_in(job->root, l->path, l->flags);
		struct stat is, want;

		check_context("%s: '%s' with flags 0%o", job->way->name, l->path,
			      (unsigned int)l->flags);
		if (!l->want) {
			CHECK_INT(fd, -l->error);
			continue;
		}
		CHECK_INT(fd < 0 ? fd : 0, 0);
		CHECK_INT(fstat(fd, &is), 0);
		stat_plain(job->root, l->want, &want);
		CHECK_INT(is.st_ino, want.st_ino);
		CHECK_INT(is.st_dev, want.st_dev);
		CHECK_INT(fcntl(fd, F_GETFD), FD_CLOEXEC);
		CHECK_INT(fcntl(fd, F_GETFL) & O_PATH, l->flags & O_PATH);
		close(fd);
	}
	check_context("%s", job->way->name);
	CHECK_INT(count_fds(), before);
}

#define P   O_PATH
#define PN  (O_PATH | O_NOFOLLOW)
#define PD  (O_PATH | O_DIRECTORY)
#define PDN (O_PATH | O_DIRECTORY | O_NOFOLLOW)
#define R   (O_RDONLY | O_NONBLOCK)
#define RN  (O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
#define RD  (O_RDONLY | O_DIRECTORY)
#define W   O_WRONLY

static const struct look looks_plain[] = {
	{"file", P, "file"},
	{"/file", P, "file"},
	{"///file", P, "file"},
	{"./file", P, "file"},
	{"/./././file", P, "file"},
	{"dir", P, "dir"},
	{"dir/", P, "dir"},
	{"dir//", P, "dir"},
	{"dir/.", P, "dir"},
	{"dir/file", P, "dir/file"},
	{"dir//file", P, "dir/file"},
	{"dir/sub/deep", R, "dir/sub/deep"},
	{"dir/sub", RD, "dir/sub"},
	{"dir", R, "dir"},
	{"fifo", P, "fifo"},
	{"fifo", R, "fifo"},
	{"/", P, "."},
	{"//", PD, "."},
	{".", P, "."},
	{"./", R, "."},
	{"", P, NULL, ENOENT},
	{"", R, NULL, ENOENT},
	{"none", P, NULL, ENOENT},
	{"none/", P, NULL, ENOENT},
	{"none/x", P, NULL, ENOENT},
	{"dir/none", R, NULL, ENOENT},
	{"dir/none/../file", R, NULL, ENOENT},
	{"file/", P, NULL, ENOTDIR},
	{"file/.", P, NULL, ENOTDIR},
	{"file/..", P, NULL, ENOTDIR},
	{"file/x", P, NULL, ENOTDIR},
	{"file/../dir", P, NULL, ENOTDIR},
	{"fifo/x", R, NULL, ENOTDIR},
	{"file", PD, NULL, ENOTDIR},
	{"file", RD, NULL, ENOTDIR},
	{"dir", W, NULL, EISDIR},
	{"/", W, NULL, EISDIR},
};

static const struct look looks_dots[] = {
	{"..", P, "."},
	{"../", P, "."},
	{"/..", P, "."},
	{"../../../../../..", P, "."},
	{"../file", P, "file"},
	{"/../../../file", P, "file"},
	{"dir/..", P, "."},
	{"dir/../..", P, "."},
	{"dir/../../../dir/file", P, "dir/file"},
	{"dir/sub/..", P, "dir"},
	{"dir/sub/../file", P, "dir/file"},
	{"dir/sub/../../dir/sub/deep", P, "dir/sub/deep"},
	{"../outside/secret", P, NULL, ENOENT},
	{"../outside", P, NULL, ENOENT},
	{"dir/../../outside", P, NULL, ENOENT},
	{"../root", P, NULL, ENOENT},
	{"...", P, NULL, ENOENT},
};

static const struct look looks_links[] = {
	{"to-file", P, "file"},
	{"to-file", R, "file"},
	{"to-file", W, "file"},
	{"to-dir", P, "dir"},
	{"to-dir", PD, "dir"},
	{"to-dir", RD, "dir"},
	{"to-dir/", P, "dir"},
	{"to-dir/file", P, "dir/file"},
	{"to-dir/sub/deep", R, "dir/sub/deep"},
	{"to-dir/..", P, "."},
	{"to-dir-slash", P, "dir"},
	{"to-dir-slash/file", P, "dir/file"},
	{"to-slashes", P, "dir/sub/deep"},
	{"to-fifo", P, "fifo"},
	{"to-fifo", R, "fifo"},
	{"abs-file", P, "dir/file"},
	{"abs-dir", P, "dir/sub"},
	{"abs-dir/deep", P, "dir/sub/deep"},
	{"abs-dir/..", P, "dir"},
	{"abs-dir/../file", P, "dir/file"},
	{"abs-up", P, "file"},
	{"to-root", P, "."},
	{"to-root/to-root/file", P, "file"},
	{"to-root/../../file", P, "file"},
	{"to-dot", P, "."},
	{"to-dot/to-dot/dir", P, "dir"},
	{"to-dots", P, "."},
	{"to-dots/file", P, "file"},
	{"through", P, "dir/file"},
	{"dir/up", P, "file"},
	{"dir/up", R, "file"},
	{"dir/up-up", P, "file"},
	{"dir/sub/abs", P, "file"},
	{"to-dir/up", P, "file"},
	{"long", P, "file"},
	{"to-file/", P, NULL, ENOTDIR},
	{"to-file/x", P, NULL, ENOTDIR},
	{"to-file-slash", P, NULL, ENOTDIR},
	{"to-file", PD, NULL, ENOTDIR},
	{"to-file", RD, NULL, ENOTDIR},
	{"through-file", P, NULL, ENOTDIR},
	{"through/x", P, NULL, ENOTDIR},
};

/* The last component only, and only without a slash behind it. */
static const struct look looks_no_follow[] = {
	{"to-file", PN, "to-file"},
	{"to-dir", PN, "to-dir"},
	{"to-dir/", PN, "dir"},
	{"to-dir/.", PN, "dir"},
	{"to-dir/file", PN, "dir/file"},
	{"to-dir/up", PN, "dir/up"},
	{"abs-dir/abs", PN, "dir/sub/abs"},
	{"dangling", PN, "dangling"},
	{"self", PN, "self"},
	{"file", PN, "file"},
	{"file", RN, "file"},
	{"dir", PDN, "dir"},
	{"dangling/", PN, NULL, ENOENT},
	{"to-file/", PN, NULL, ENOTDIR},
	{"to-file", RN, NULL, ELOOP},
	{"to-dir", RN, NULL, ELOOP},
	{"dangling", RN, NULL, ELOOP},
	{"self", RN, NULL, ELOOP},
	{"to-dir", PDN, NULL, ENOTDIR},
	{"to-dir", RD | O_NOFOLLOW, NULL, ENOTDIR},
	{"self/x", PN, NULL, ELOOP},
};

static const struct look looks_hostile[] = {
	/* absolute links and too many "..": of the root */
	{"abs-passwd", P, "etc/passwd"},
	{"abs-passwd", R, "etc/passwd"},
	{"up-passwd", P, "etc/passwd"},
	{"dir/../up-passwd", R, "etc/passwd"},
	/* out of it: not there */
	{"abs-host", P, NULL, ENOENT},
	{"abs-host/outside/secret", R, NULL, ENOENT},
	{"up-out", P, NULL, ENOENT},
	{"up-out-dir", P, NULL, ENOENT},
	{"up-out-dir/secret", R, NULL, ENOENT},
	{"to-dots/outside/secret", R, NULL, ENOENT},
	{"to-root/../outside/secret", R, NULL, ENOENT},
	{"to-proc", P, NULL, ENOENT},
	{"to-proc/etc/passwd", R, NULL, ENOENT},
	/* without end */
	{"loop-a", P, NULL, ELOOP},
	{"loop-b", R, NULL, ELOOP},
	{"loop-a/x", P, NULL, ELOOP},
	{"self", P, NULL, ELOOP},
	{"self/..", P, NULL, ELOOP},
	{"self-in", P, NULL, ELOOP},
	{"grow", P, NULL, ELOOP},
	{"chain20", P, "file"},
	{"chain20", R, "file"},
	{"chain41", P, NULL, ELOOP},
	{"chain41", R, NULL, ELOOP},
	{"chain41", PN, "chain41"},
	{"dchain20/file", P, "dir/file"},
	{"dchain41/file", P, NULL, ELOOP},
	{"dchain40/up", P, NULL, ELOOP}, /* counted over the whole path */
	{"dchain10/../chain10", P, "file"},
	{"dchain20/../chain21", P, NULL, ELOOP},
	/* to nothing */
	{"dangling", P, NULL, ENOENT},
	{"dangling", R, NULL, ENOENT},
	{"dangling", PD, NULL, ENOENT},
	{"dangling/", P, NULL, ENOENT},
	{"dangling/..", P, NULL, ENOENT},
	{"dangling-deep", P, NULL, ENOENT},
	{"dangling-abs", P, NULL, ENOENT},
};

static void check_looks(struct folder *f, const struct look *looks, size_t n)
{
	struct job job = {.folder = f, .looks = looks, .n_looks = n};

	job.root = make_tree(f);
	in_each_way(&job, child_looks);
	close(job.root);
}

static void test_plain(void **state)
{
	check_looks(*state, looks_plain, ARRAY_SIZE(looks_plain));
}

static void test_dots(void **state)
{
	check_looks(*state, looks_dots, ARRAY_SIZE(looks_dots));
}

static void test_links(void **state)
{
	check_looks(*state, looks_links, ARRAY_SIZE(looks_links));
}

static void test_no_follow(void **state)
{
	check_looks(*state, looks_no_follow, ARRAY_SIZE(looks_no_follow));
}

static void test_hostile(void **state)
{
	check_looks(*state, looks_hostile, ARRAY_SIZE(looks_hostile));
}

/* Forty links, and not one more. The kernel's count goes on when it has to begin a walk once
 * more, so only that of the fallback is exact. */
static void test_most_links(void **state)
{
	static const struct look looks[] = {
		{"chain40", P, "file"},		  {"chain40", R, "file"},
		{"dchain40/file", P, "dir/file"}, {"dchain20/../chain20", P, "file"},
		{"chain41", P, NULL, ELOOP},	  {"dchain20/../chain21", P, NULL, ELOOP},
	};
	struct job job = {.looks = looks, .n_looks = ARRAY_SIZE(looks)};

	job.root = make_tree(*state);
	for (size_t i = 1; i < N_WAYS; i++) {
		job.way = &ways[i];
		in_child(child_looks, &job);
	}
	close(job.root);
}

/* As an ordinary user: what may not be searched or read. */
static void test_permissions(void **state)
{
	static const struct look looks[] = {
		{"sealed", P, "sealed"},	  {"sealed/", P, "sealed"},
		{"sealed", R, NULL, EACCES},	  {"sealed/file", P, NULL, EACCES},
		{"sealed/none", P, NULL, EACCES}, {"sealed/.", P, NULL, EACCES},
		{"sealed/..", P, NULL, EACCES},	  {"sealed/../file", P, NULL, EACCES},
		{"unreadable", P, "unreadable"},  {"unreadable", R, NULL, EACCES},
		{"unreadable", W, NULL, EACCES},
	};
	struct job job = {.looks = looks, .n_looks = ARRAY_SIZE(looks)};
	struct folder *f = *state;

	if (geteuid() == 0)
		skip_because("root may search and read everything");
	job.root = make_tree(f);
	CHECK_INT(fchmodat(job.root, "sealed", 0, 0), 0);
	CHECK_INT(fchmodat(job.root, "unreadable", 0, 0), 0);
	in_each_way(&job, child_looks);
	close(job.root);
}

#define N_REAL_EPERM 40

static void child_real_eperm(void *data)
{
	const struct job *job = data;
	_cleanup_fd_ int host = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct rlimit few = {N_REAL_EPERM, N_REAL_EPERM};
	_cleanup_fd_ int deep = -EBADF;
	char path[2 * N_REAL_EPERM + 1];

	for (size_t i = 0; i < N_REAL_EPERM; i++)
		memcpy(path + 2 * i, "d/", 3);
	deep = path_make_dir_in(job->folder->fd, path, 0700);
	CHECK_INT(MIN(deep, 0), 0);
	CHECK_INT(path_open_in(host, "etc/passwd", R | O_NOATIME), -EPERM);
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &few), 0);
	fd_close(&deep);
	deep = path_open_in(job->folder->fd, path, P);
	CHECK_INT(MIN(deep, 0), 0);
}

/* EPERM is also the kernel's own answer, to O_NOATIME on a file of somebody else's. It is no
 * reason to do without openat2(2) afterwards: the walk needs a descriptor for each folder. */
static void test_real_eperm(void **state)
{
	struct job job = {.folder = *state};

	if (geteuid() == 0)
		skip_because("root may read without a trace");
	if (syscall(SYS_openat2, AT_FDCWD, "/", NULL, 0) < 0 && errno != EINVAL)
		skip_because("no openat2(2) here");
	in_child(child_real_eperm, &job);
}

/* --- /proc --- */

static int open_host_root(void)
{
	int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	CHECK(root >= 0);
	return root;
}

/* Magic links lead past every root. */
static void test_magic_links(void **state)
{
	struct folder *f = *state;
	static char by_link[PATH_MAX], by_link_deep[PATH_MAX], pid_exe[64];
	const struct look looks[] = {
		{pid_exe, P, NULL, ELOOP},
		{pid_exe, R, NULL, ELOOP},
		{"/proc/self/exe", P, NULL, ELOOP},
		{"/proc/self/exe", R, NULL, ELOOP},
		{"/proc/self/cwd", P, NULL, ELOOP},
		{"/proc/self/cwd/.", P, NULL, ELOOP},
		{"/proc/self/root", P, NULL, ELOOP},
		{"/proc/self/root/", P, NULL, ELOOP},
		{"/proc/self/root/etc", P, NULL, ELOOP},
		{"/proc/self/fd/0", P, NULL, ELOOP},
		{"/proc/self/fd/0", R, NULL, ELOOP},
		{"/proc/self/ns/mnt", R, NULL, ELOOP},
		{"/proc/self/task/../root", P, NULL, ELOOP},
		{"/proc/thread-self/root/etc", P, NULL, ELOOP},
		{by_link, P, NULL, ELOOP},
		{by_link_deep, R, NULL, ELOOP},
	};
	struct job job = {.looks = looks, .n_looks = ARRAY_SIZE(looks)};

	close(make_tree(f));
	snprintf(by_link, sizeof(by_link), "%s/root/to-proc", f->path);
	snprintf(by_link_deep, sizeof(by_link_deep), "%s/root/to-proc/etc/passwd",
		 f->path);
	/* of the parent: it lives on in all children */
	snprintf(pid_exe, sizeof(pid_exe), "/proc/%d/exe", (int)getpid());
	job.root = open_host_root();
	in_each_way(&job, child_looks);
	close(job.root);
}

/* The other links of /proc are text, as anywhere; O_NOFOLLOW stands on any. */
static void child_plain_links_of_proc(void *data)
{
	const struct job *job = data;
	static const char *const links[] = {"self/status", "thread-self/status",
					    "self/task/../comm"};
	char path[64];

	take_way(job->way);
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		_cleanup_fd_ int fd = -EBADF, plain = -EBADF;
		const char *rest = strchr(links[i], '/') + 1;

		snprintf(path, sizeof(path), "/proc/%s", links[i]);
		check_context("%s: %s", job->way->name, path);
		fd = path_open_in(job->root, path, R);
		CHECK_INT(MIN(fd, 0), 0);
		if (links[i][0] == 't')
			snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", (int)getpid(),
				 (int)getpid(), rest);
		else
			snprintf(path, sizeof(path), "/proc/%d/%s", (int)getpid(),
				 strrchr(rest, '/') ? strrchr(rest, '/') + 1 : rest);
		plain = open(path, O_RDONLY | O_CLOEXEC);
		CHECK_INT(fd_is_same(fd, plain), 1);
	}
}

static void test_plain_links_of_proc(void **state)
{
	struct job job = {.root = open_host_root()};

	in_each_way(&job, child_plain_links_of_proc);
	close(job.root);
}

static void child_stand_on_magic_link(void *data)
{
	const struct job *job = data;
	_cleanup_fd_ int fd = -EBADF;
	char path[64];
	struct stat st;

	take_way(job->way);
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)getpid());
	check_context("%s", job->way->name);
	fd = path_open_in(job->root, path, PN);
	CHECK_INT(MIN(fd, 0), 0);
	CHECK_INT(fd_stat(fd, &st), 0);
	CHECK(S_ISLNK(st.st_mode));
	CHECK_INT(path_open_in(job->root, path, RN), -ELOOP);
}

static void test_stand_on_magic_link(void **state)
{
	struct job job = {.root = open_host_root()};

	in_each_way(&job, child_stand_on_magic_link);
	close(job.root);
}

/* --- lengths --- */

static void child_lengths(void *data)
{
	const struct job *job = data;
	char path[8192];
	int fd;

	take_way(job->way);
	check_context("%s", job->way->name);
	memset(path, 'x', sizeof(path));
	path[NAME_MAX] = '\0';
	CHECK_INT(path_open_in(job->root, path, P), -ENOENT);
	path[NAME_MAX] = 'x';
	path[NAME_MAX + 1] = '\0';
	CHECK_INT(path_open_in(job->root, path, P), -ENAMETOOLONG);
	memcpy(path, "none/", 5);
	CHECK_INT(path_open_in(job->root, path, P), -ENOENT);
	memcpy(path, "file/", 5);
	CHECK_INT(path_open_in(job->root, path, P), -ENOTDIR);
	memset(path, 'x', NAME_MAX + 1);
	memcpy(path + NAME_MAX + 1, "/..", 4);
	CHECK_INT(path_open_in(job->root, path, P), -ENAMETOOLONG);

	/* 4095 characters are a path, 4096 are none */
	memset(path, '/', sizeof(path));
	memcpy(path + PATH_MAX - 5, "file", 5);
	fd = path_open_in(job->root, path, P);
	CHECK_INT(MIN(fd, 0), 0);
	fd_close(&fd);
	path[PATH_MAX - 5] = '/';
	memcpy(path + PATH_MAX - 4, "file", 5);
	CHECK_INT(path_open_in(job->root, path, P), -ENAMETOOLONG);
	path[PATH_MAX - 4] = '/';
	memcpy(path + 8000, "file", 5);
	CHECK_INT(path_open_in(job->root, path, P), -ENAMETOOLONG);
	CHECK_INT(path_make_dir_in(job->root, path, 0700), -ENAMETOOLONG);
	CHECK_INT(path_make_file_in(job->root, path, 0700), -ENAMETOOLONG);
}

static void test_lengths(void **state)
{
	struct job job = {.root = make_tree(*state)};

	in_each_way(&job, child_lengths);
	close(job.root);
}

#define N_DEEP 500

static void child_deep(void *data)
{
	const struct job *job = data;
	char path[8 * N_DEEP];
	_cleanup_fd_ int deep = -EBADF, again = -EBADF, up = -EBADF;

	take_way(job->way);
	check_context("%s", job->way->name);
	for (size_t i = 0; i < N_DEEP; i++)
		memcpy(path + 2 * i, "d/", 3);
	deep = path_make_dir_in(job->root, path, 0700);
	CHECK_INT(MIN(deep, 0), 0);
	again = path_open_in(job->root, path, P);
	CHECK_INT(fd_is_same(deep, again), 1);
	for (size_t i = 0; i < N_DEEP; i++)
		memcpy(path + 2 * N_DEEP + 3 * i, "../", 4);
	up = path_open_in(job->root, path, P);
	CHECK_INT(fd_is_same(up, job->root), 1);
}

static void test_deep(void **state)
{
	struct job job = {.root = make_tree(*state)};
	struct rlimit limit;

	CHECK_INT(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_cur < N_DEEP + 50) {
		close(job.root);
		skip_because("only %llu descriptors", (unsigned long long)limit.rlim_cur);
	}
	in_each_way(&job, child_deep);
	close(job.root);
}

/* --- trees that change --- */

/* Writes what is below a folder, in the order of the names: "path kind mode [target]". */
static void list_tree(int dir, const char *prefix, char *out, size_t size)
{
	_cleanup_arena_ struct arena a = {0};
	struct strv names = {0};
	_cleanup_fd_ int copy = fd_open(dir, ".", O_RDONLY | O_DIRECTORY);

	CHECK_INT(dir_list(copy, &a, &names), 0);
	for (size_t i = 0; i < names.n; i++)
		for (size_t k = i + 1; k < names.n; k++)
			if (strcmp(names.v[k], names.v[i]) < 0) {
				char *swap = names.v[i];

				names.v[i] = names.v[k];
				names.v[k] = swap;
			}
	for (size_t i = 0; i < names.n; i++) {
		char *path = arena_printf(&a, "%s%s", prefix, names.v[i]), target[4096];
		size_t len = strlen(out);
		struct stat st;
		ssize_t n;

		stat_plain(dir, names.v[i], &st);
		n = readlinkat(dir, names.v[i], target, sizeof(target) - 1);
		target[n < 0 ? 0 : n] = '\0';
		CHECK(snprintf(out + len, size - len, "%s %o %s\n", path, st.st_mode,
			       target) < (int)(size - len));
		if (S_ISDIR(st.st_mode)) {
			_cleanup_fd_ int sub = fd_open(dir, names.v[i], O_RDONLY);

			CHECK(sub >= 0);
			list_tree(sub, arena_printf(&a, "%s/", path), out, size);
		}
	}
}

#define N_OUTCOMES 4096

struct outcome {
	int64_t results[N_OUTCOMES];
	size_t n;
	char tree[1 << 20];
};

static struct outcome *share_outcomes(void)
{
	struct outcome *o = mmap(NULL, N_WAYS * sizeof(*o), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(o != MAP_FAILED);
	return o;
}

static void check_outcomes_equal(const struct outcome *o)
{
	for (size_t w = 1; w < N_WAYS; w++) {
		check_context("%s against %s", ways[w].name, ways[0].name);
		CHECK_INT(o[w].n, o[0].n);
		for (size_t i = 0; i < o[0].n; i++) {
			check_context("%s against %s, result %zu", ways[w].name,
				      ways[0].name, i);
			CHECK_INT(o[w].results[i], o[0].results[i]);
		}
		CHECK_STR(o[w].tree, o[0].tree);
	}
}

/* A step that makes something. */
struct step {
	const char *path;
	mode_t mode;
	const char *want; /* plain path of what is returned; NULL: error */
	mode_t want_mode;
	int error;
};
#define FAILS(e) NULL, 0, e

struct make_job {
	const struct way *way;
	struct folder *folder;
	int (*make)(int root, const char *path, mode_t mode);
	void (*add_links)(int root); /* or NULL */
	const struct step *steps;
	size_t n_steps;
	struct outcome *outcome;
};

static void child_make(void *data)
{
	const struct make_job *job = data;
	struct folder own = *job->folder;
	int root, before;

	/* a tree of its own for each way */
	make_dir(job->folder->fd, job->way->name, 0755);
	own.fd = fd_open(job->folder->fd, job->way->name, O_RDONLY | O_DIRECTORY);
	root = make_tree(&own);
	if (job->add_links)
		job->add_links(root);
	take_way(job->way);
	umask(0);
	before = count_fds();
	for (size_t i = 0; i < job->n_steps; i++) {
		const struct step *s = &job->steps[i];
		int fd = job->make(root, s->path, s->mode);
		struct stat is, want;

		check_context("%s: '%s'", job->way->name, s->path);
		if (!s->want) {
			CHECK_INT(fd, -s->error);
			continue;
		}
		CHECK_INT(MIN(fd, 0), 0);
		CHECK_INT(fstat(fd, &is), 0);
		stat_plain(root, s->want, &want);
		CHECK_INT(is.st_ino, want.st_ino);
		CHECK_INT(is.st_mode, s->want_mode);
		CHECK_INT(fcntl(fd, F_GETFD), FD_CLOEXEC);
		CHECK(fcntl(fd, F_GETFL) & O_PATH);
		close(fd);
	}
	check_context("%s", job->way->name);
	CHECK_INT(count_fds(), before);
	CHECK_STR(read_text(root, "file"), "a file");
	CHECK_STR(read_text(own.fd, "outside/secret"), "secret");
	list_tree(own.fd, "", job->outcome->tree, sizeof(job->outcome->tree));
}

/* Runs the steps in each way. @added: the lines of the tree that are new, of all ways. */
static void check_make(struct folder *f, struct make_job *job, const char *const *added,
		       size_t n_added)
{
	struct outcome *o = share_outcomes();
	_cleanup_arena_ struct arena a = {0};
	struct folder plain = *f;
	static char before[1 << 20];
	size_t n = 0;
	int root;

	make_dir(f->fd, "untouched", 0755);
	plain.fd = fd_open(f->fd, "untouched", O_RDONLY | O_DIRECTORY);
	root = make_tree(&plain);
	if (job->add_links)
		job->add_links(root);
	close(root);
	before[0] = '\0';
	list_tree(plain.fd, "", before, sizeof(before));
	close(plain.fd);
	job->folder = f;
	for (size_t i = 0; i < N_WAYS; i++) {
		job->way = &ways[i];
		job->outcome = &o[i];
		in_child(child_make, job);
	}
	check_outcomes_equal(o);
	/* All that was there is there, and only what was wanted was added. */
	for (char *next = o[0].tree, *line; (line = strsep(&next, "\n"));) {
		char *there = strstr(before, arena_printf(&a, "%s\n", line));

		if (!line[0] || (there && (there == before || there[-1] == '\n')))
			continue;
		check_context("line %zu that is new", n);
		CHECK(n < n_added);
		CHECK_STR(line, added[n++]);
	}
	check_no_context();
	CHECK_INT(n, n_added);
	munmap(o, N_WAYS * sizeof(*o));
}

#define DIR_0755 (S_IFDIR | 0755)

static void test_make_dir(void **state)
{
	static const struct step steps[] = {
		/* what is there stays as it is */
		{"/", 0700, ".", DIR_0755},
		{"dir", 0700, "dir", DIR_0755},
		{"dir/sub/", 0700, "dir/sub", DIR_0755},
		{"to-dir", 0700, "dir", DIR_0755},
		{"new", 0750, "new", S_IFDIR | 0750},
		{"new", 0700, "new", S_IFDIR | 0750},
		{"n1/n2/n3", 0711, "n1/n2/n3", S_IFDIR | 0711},
		{"/n1//n2/./n4/", 0701, "n1/n2/n4", S_IFDIR | 0701},
		{"to-dir/a", 0755, "dir/a", DIR_0755},
		{"abs-dir/b/c", 0755, "dir/sub/b/c", DIR_0755},
		{"to-dots/d", 0755, "d", DIR_0755},
		{"../../e", 0755, "e", DIR_0755},
		{"f/../g", 0755, "g", DIR_0755},
		{"to-root/dir/../h/i", 0755, "h/i", DIR_0755},
		{"dir/sub/../../../../j", 0755, "j", DIR_0755},
		/* what is no folder */
		{"file", 0755, FAILS(ENOTDIR)},
		{"file/x", 0755, FAILS(ENOTDIR)},
		{"fifo/x", 0755, FAILS(ENOTDIR)},
		{"to-file/x", 0755, FAILS(ENOTDIR)},
		{"to-file", 0755, FAILS(ENOTDIR)},
		{"n1/../file/x", 0755, FAILS(ENOTDIR)},
		/* nothing is made through a link to nothing */
		{"dangling", 0755, FAILS(ENOENT)},
		{"dangling/x", 0755, FAILS(ENOENT)},
		{"dangling-deep/x", 0755, FAILS(ENOENT)},
		{"dangling-abs/x", 0755, FAILS(ENOENT)},
		{"up-out-dir/x", 0755, FAILS(ENOENT)},
		{"abs-host/x", 0755, FAILS(ENOENT)},
		{"to-proc/x", 0755, FAILS(ENOENT)},
		{"loop-a/x", 0755, FAILS(ELOOP)},
		{"self", 0755, FAILS(ELOOP)},
		{"k/self/x", 0755, "k/self/x", DIR_0755},
		{"dchain20/l", 0755, "dir/l", DIR_0755},
		{"dchain41/m", 0755, FAILS(ELOOP)},
	};
	static const char *const added[] = {
		"root/d 40755 ",	   "root/dir/a 40755 ",
		"root/dir/l 40755 ",	   "root/dir/sub/b 40755 ",
		"root/dir/sub/b/c 40755 ", "root/e 40755 ",
		"root/f 40755 ",	   "root/g 40755 ",
		"root/h 40755 ",	   "root/h/i 40755 ",
		"root/j 40755 ",	   "root/k 40755 ",
		"root/k/self 40755 ",	   "root/k/self/x 40755 ",
		"root/n1 40711 ",	   "root/n1/n2 40711 ",
		"root/n1/n2/n3 40711 ",	   "root/n1/n2/n4 40701 ",
		"root/new 40750 ",
	};
	struct make_job job = {
		.make = path_make_dir_in,
		.steps = steps,
		.n_steps = ARRAY_SIZE(steps),
	};

	check_make(*state, &job, added, ARRAY_SIZE(added));
}

/* Links that a rootfs may have where a file is to be bound. */
static void add_file_links(int root)
{
	make_link(root, "to-new", "made-1");
	make_link(root, "to-to-new", "to-new-2");
	make_link(root, "to-new-2", "dir/made-2");
	make_link(root, "dir/to-new-3", "../made-3");
	make_link(root, "to-new-4", "/dir/sub/made-4");
	make_link(root, "to-new-out", "../../outside/made-5");
	make_link(root, "to-new-deep", "deep/er/made-6");
	make_link(root, "to-new-slash", "made-no/");
	make_link(root, "dir/sub/to-new-7", "../../to-dir/made-7");
	make_chain(root, "fchain", 45, "made-no");
}

#define FILE_0644 (S_IFREG | 0644)

static void test_make_file(void **state)
{
	static const struct step steps[] = {
		{"up-out-dir/x", 0644, FAILS(ENOENT)},
		/* what is there stays as it is */
		{"file", 0600, "file", FILE_0644},
		{"/dir//file", 0600, "dir/file", FILE_0644},
		{"fifo", 0600, "fifo", S_IFIFO | 0644},
		{"to-file", 0600, "file", FILE_0644},
		{"to-fifo", 0600, "fifo", S_IFIFO | 0644},
		{"through", 0600, "dir/file", FILE_0644},
		{"up-passwd", 0600, "etc/passwd", FILE_0644},
		/* new ones */
		{"new", 0640, "new", S_IFREG | 0640},
		{"new", 0600, "new", S_IFREG | 0640},
		{"n1/n2/new", 0604, "n1/n2/new", S_IFREG | 0604},
		{"to-dir/a", 0644, "dir/a", FILE_0644},
		{"abs-dir/b/c", 0644, "dir/sub/b/c", FILE_0644},
		{"../../d", 0644, "d", FILE_0644},
		{"dir/../../e", 0644, "e", FILE_0644},
		/* the target of a link to nothing, in the root */
		{"to-new", 0644, "made-1", FILE_0644},
		{"to-new", 0600, "made-1", FILE_0644},
		{"to-to-new", 0644, "dir/made-2", FILE_0644},
		{"dir/to-new-3", 0644, "made-3", FILE_0644},
		{"to-new-4", 0644, "dir/sub/made-4", FILE_0644},
		{"to-new-out", 0644, "outside/made-5", FILE_0644},
		{"to-new-deep", 0644, "deep/er/made-6", FILE_0644},
		{"abs-dir/to-new-7", 0644, "dir/made-7", FILE_0644},
		/* folders */
		{"dir", 0644, FAILS(EISDIR)},
		{"dir/", 0644, FAILS(EISDIR)},
		{"to-dir", 0644, FAILS(EISDIR)},
		{"/", 0644, FAILS(EISDIR)},
		{"..", 0644, FAILS(EISDIR)},
		{"dir/..", 0644, FAILS(EISDIR)},
		/* no name */
		{"no/", 0644, FAILS(EINVAL)},
		{"no/.", 0644, FAILS(EINVAL)},
		{"no/..", 0644, FAILS(EINVAL)},
		{"to-new-slash", 0644, FAILS(EINVAL)},
		/* parents that are none */
		{"file/x", 0644, FAILS(ENOTDIR)},
		{"to-file/x", 0644, FAILS(ENOTDIR)},
		{"file/", 0644, FAILS(ENOTDIR)},
		{"dangling/x", 0644, FAILS(ENOENT)},
		{"loop-a", 0644, FAILS(ELOOP)},
		{"self", 0644, FAILS(ELOOP)},
		{"self/x", 0644, FAILS(ELOOP)},
		{"fchain41", 0644, FAILS(ELOOP)},
		{"fchain45", 0644, FAILS(ELOOP)},
	};
	static const char *const added[] = {
		"root/d 100644 ",
		"root/deep 40755 ",
		"root/deep/er 40755 ",
		"root/deep/er/made-6 100644 ",
		"root/dir/a 100644 ",
		"root/dir/made-2 100644 ",
		"root/dir/made-7 100644 ",
		"root/dir/sub/b 40755 ",
		"root/dir/sub/b/c 100644 ",
		"root/dir/sub/made-4 100644 ",
		"root/e 100644 ",
		"root/made-1 100644 ",
		"root/made-3 100644 ",
		"root/n1 40755 ",
		"root/n1/n2 40755 ",
		"root/n1/n2/new 100604 ",
		"root/new 100640 ",
		"root/outside 40755 ",
		"root/outside/made-5 100644 ",
	};
	struct make_job job = {
		.make = path_make_file_in,
		.add_links = add_file_links,
		.steps = steps,
		.n_steps = ARRAY_SIZE(steps),
	};

	check_make(*state, &job, added, ARRAY_SIZE(added));
}

static void child_umask(void *data)
{
	const struct job *job = data;
	_cleanup_fd_ int dir = -EBADF, file = -EBADF, parent = -EBADF;
	char path[64];
	struct stat st;

	take_way(job->way);
	umask(077);
	check_context("%s", job->way->name);
	snprintf(path, sizeof(path), "%s/a/b", job->way->name);
	dir = path_make_dir_in(job->root, path, 0777);
	CHECK_INT(fd_stat(dir, &st), 0);
	CHECK_INT(st.st_mode, S_IFDIR | 0700);
	snprintf(path, sizeof(path), "%s/c/d", job->way->name);
	file = path_make_file_in(job->root, path, 0666);
	CHECK_INT(fd_stat(file, &st), 0);
	CHECK_INT(st.st_mode, S_IFREG | 0600);
	snprintf(path, sizeof(path), "%s/c", job->way->name);
	parent = path_open_in(job->root, path, P);
	CHECK_INT(fd_stat(parent, &st), 0);
	CHECK_INT(st.st_mode, S_IFDIR | 0700);
}

static void test_umask(void **state)
{
	struct job job = {.root = make_tree(*state)};

	in_each_way(&job, child_umask);
	close(job.root);
}

static void child_make_denied(void *data)
{
	const struct job *job = data;

	take_way(job->way);
	check_context("%s", job->way->name);
	CHECK_INT(path_make_dir_in(job->root, "sealed/x", 0700), -EACCES);
	CHECK_INT(path_make_file_in(job->root, "sealed/x", 0600), -EACCES);
	CHECK_INT(path_make_dir_in(job->root, "dir/x", 0700), -EACCES);
	CHECK_INT(path_make_file_in(job->root, "dir/x", 0600), -EACCES);
	CHECK_INT(path_make_file_in(job->root, "dir/y/x", 0600), -EACCES);
}

static void test_make_denied(void **state)
{
	struct job job = {.root = make_tree(*state)};

	if (geteuid() == 0) {
		close(job.root);
		skip_because("root may write everywhere");
	}
	CHECK_INT(fchmodat(job.root, "sealed", 0, 0), 0);
	CHECK_INT(fchmodat(job.root, "dir", 0555, 0), 0);
	in_each_way(&job, child_make_denied);
	close(job.root);
}

/* --- parents --- */

static void child_open_parent(void *data)
{
	static const struct {
		const char *path;
		mode_t mode;
		const char *parent, *name;
		int error;
	} cases[] = {
		{"file", 0, ".", "file"},
		{"/file", 0, ".", "file"},
		{"none", 0, ".", "none"},
		{"dir/file", 0, "dir", "file"},
		{"dir//file", 0, "dir", "file"},
		{"/dir/sub/none", 0, "dir/sub", "none"},
		{"to-dir/x", 0, "dir", "x"},
		{"abs-dir/x", 0, "dir/sub", "x"},
		{"dangling", 0, ".", "dangling"},
		{"../../x", 0, ".", "x"},
		{"dir/...", 0, "dir", "..."},
		{"dir/x", 0700, "dir", "x"},
		{"x", 0700, ".", "x"},
		{"none/x", 0, NULL, "", ENOENT},
		{"file/x", 0, NULL, "", ENOTDIR},
		{"file/x", 0700, NULL, "", ENOTDIR},
		{"dangling/x", 0, NULL, "", ENOENT},
		{"dangling/x", 0700, NULL, "", ENOENT},
		{"self/x", 0, NULL, "", ELOOP},
		{"up-out-dir/x", 0, NULL, "", ENOENT},
		{"", 0, NULL, "", EINVAL},
		{"/", 0, NULL, "", EINVAL},
		{"///", 0, NULL, "", EINVAL},
		{".", 0, NULL, "", EINVAL},
		{"..", 0, NULL, "", EINVAL},
		{"/..", 0, NULL, "", EINVAL},
		{"dir/.", 0, NULL, "", EINVAL},
		{"dir/..", 0, NULL, "", EINVAL},
		{"dir/", 0, NULL, "", EINVAL},
		{"dir/sub//", 0700, NULL, "", EINVAL},
	};
	const struct job *job = data;
	int before = count_fds();

	take_way(job->way);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *name = "";
		int fd = path_open_parent_in(job->root, cases[i].path, cases[i].mode,
					     &name);
		struct stat is, want;

		check_context("%s: '%s'", job->way->name, cases[i].path);
		CHECK_STR(name, cases[i].name);
		if (!cases[i].parent) {
			CHECK_INT(fd, -cases[i].error);
			continue;
		}
		CHECK_INT(fd_stat(fd, &is), 0);
		stat_plain(job->root, cases[i].parent, &want);
		CHECK_INT(is.st_ino, want.st_ino);
		CHECK(name > cases[i].path || *cases[i].path != '/');
		CHECK(fcntl(fd, F_GETFL) & O_PATH);
		close(fd);
	}
	check_context("%s", job->way->name);
	CHECK_INT(count_fds(), before);
}

static void child_make_parent(void *data)
{
	const struct job *job = data;
	_cleanup_fd_ int fd = -EBADF;
	const char *name = NULL;
	char path[64], parent[64];
	struct stat is, want;

	take_way(job->way);
	umask(0);
	snprintf(path, sizeof(path), "made/%s/x", job->way->name);
	snprintf(parent, sizeof(parent), "made/%s", job->way->name);
	check_context("%s", job->way->name);
	fd = path_open_parent_in(job->root, path, 0751, &name);
	CHECK_INT(MIN(fd, 0), 0);
	CHECK_STR(name, "x");
	CHECK_INT(fd_stat(fd, &is), 0);
	stat_plain(job->root, parent, &want);
	CHECK_INT(is.st_ino, want.st_ino);
	CHECK_INT(is.st_mode, S_IFDIR | 0751);
	CHECK_INT(faccessat(fd, "x", F_OK, AT_SYMLINK_NOFOLLOW), -1);
}

static void test_open_parent(void **state)
{
	struct job job = {.root = make_tree(*state)};

	in_each_way(&job, child_open_parent);
	in_each_way(&job, child_make_parent);
	close(job.root);
}

/* --- the ways against each other --- */

static const char *const fuzz_names[] = {"a", "b", "c", "d"};

/* "/a/../b/": up to @max parts. */
static void random_path(struct dice *d, uint32_t max, char *out, size_t size)
{
	uint32_t n = 1 + dice_roll(d, max);
	size_t len = (size_t)snprintf(out, size, "%s", dice_roll(d, 3) ? "" : "/");

	for (uint32_t i = 0; i < n; i++) {
		uint32_t what = dice_roll(d, 10);
		const char *name = what == 0   ? "."
				   : what <= 2 ? ".."
					       : fuzz_names[dice_roll(d, 4)];
		const char *slash = i == 0 ? "" : dice_roll(d, 10) ? "/" : "//";

		len += (size_t)snprintf(out + len, size - len, "%s%s", slash, name);
	}
	snprintf(out + len, size - len, "%s", dice_roll(d, 6) ? "" : "/");
}

/* Folders, files and links of four names, two to four levels deep. */
static void random_tree(struct dice *d, int dir, int depth)
{
	char target[64];

	for (size_t i = 0; i < ARRAY_SIZE(fuzz_names); i++) {
		uint32_t what = dice_roll(d, 10);
		const char *name = fuzz_names[i];

		if (what < 4 && depth > 0) {
			_cleanup_fd_ int sub = -EBADF;

			make_dir(dir, name, 0755);
			sub = fd_open(dir, name, O_RDONLY);
			random_tree(d, sub, depth - 1);
		} else if (what < 6) {
			make_file(dir, name, "");
		} else if (what < 9) {
			random_path(d, 4, target, sizeof(target));
			make_link(dir, name, target);
		}
	}
}

#define N_TREES 12
#define N_PATHS 300

static void child_fuzz_open(void *data)
{
	static const int flags[] = {P, P, PN, PD, PDN, R, RN, RD, RD | O_NOFOLLOW, W};
	const struct job *job = data;
	struct dice dice = {.state = 12345};
	struct outcome *o = job->outcomes + (job->way - ways);
	char name[16], path[256];

	take_way(job->way);
	for (int t = 0; t < N_TREES; t++) {
		_cleanup_fd_ int root = -EBADF;

		snprintf(name, sizeof(name), "%d", t);
		root = fd_open(job->folder->fd, name, O_PATH);
		for (int i = 0; i < N_PATHS; i++) {
			_cleanup_fd_ int fd = -EBADF;
			int how = flags[dice_roll(&dice, ARRAY_SIZE(flags))];
			struct stat st;

			random_path(&dice, 7, path, sizeof(path));
			fd = path_open_in(root, path, how);
			/* Once more: see test_most_links. */
			for (int k = 0; k < 3 && fd == -ELOOP; k++)
				fd = path_open_in(root, path, how);
			if (fd >= 0)
				CHECK_INT(fd_stat(fd, &st), 0);
			o->results[o->n++] = fd < 0 ? fd : (int64_t)st.st_ino;
		}
	}
}

/* Thousands of paths through random trees: the ways agree on each. */
static void test_random_opens(void **state)
{
	struct job job = {.folder = *state, .outcomes = share_outcomes()};
	struct dice dice = {.state = 54321};
	size_t n_good = 0;
	char name[16];

	_Static_assert(N_TREES * N_PATHS <= N_OUTCOMES, "room for all results");
	for (int t = 0; t < N_TREES; t++) {
		_cleanup_fd_ int root = -EBADF;

		snprintf(name, sizeof(name), "%d", t);
		make_dir(job.folder->fd, name, 0755);
		root = fd_open(job.folder->fd, name, O_RDONLY);
		random_tree(&dice, root, 3);
	}
	in_each_way(&job, child_fuzz_open);
	check_outcomes_equal(job.outcomes);
	/* A good share of both kinds, or this tested little. */
	for (size_t i = 0; i < job.outcomes->n; i++)
		n_good += job.outcomes->results[i] >= 0;
	check_no_context();
	CHECK_INT(job.outcomes->n, N_TREES * N_PATHS);
	CHECK(n_good > 500 && n_good < job.outcomes->n - 500);
	munmap(job.outcomes, N_WAYS * sizeof(*job.outcomes));
}

static void child_fuzz_make(void *data)
{
	const struct job *job = data;
	struct dice dice = {.state = 777};
	struct outcome *o = job->outcomes + (job->way - ways);
	_cleanup_fd_ int own = -EBADF;
	char name[16], path[256];

	make_dir(job->folder->fd, job->way->name, 0755);
	own = fd_open(job->folder->fd, job->way->name, O_RDONLY);
	take_way(job->way);
	for (int t = 0; t < N_TREES; t++) {
		_cleanup_fd_ int root = -EBADF;

		snprintf(name, sizeof(name), "%d", t);
		make_dir(own, name, 0755);
		root = fd_open(own, name, O_RDONLY);
		random_tree(&dice, root, 3);
		for (int i = 0; i < 40; i++) {
			_cleanup_fd_ int fd = -EBADF;

			random_path(&dice, 6, path, sizeof(path));
			fd = dice_roll(&dice, 2) ? path_make_dir_in(root, path, 0755)
						 : path_make_file_in(root, path, 0644);
			o->results[o->n++] = MIN(fd, 0);
		}
	}
	list_tree(own, "", o->tree, sizeof(o->tree));
}

/* The same for what is made: the same errors, and in the end the same trees. */
static void test_random_makes(void **state)
{
	struct job job = {.folder = *state, .outcomes = share_outcomes()};

	in_each_way(&job, child_fuzz_make);
	check_outcomes_equal(job.outcomes);
	check_no_context();
	CHECK(strlen(job.outcomes->tree) > 1000);
	munmap(job.outcomes, N_WAYS * sizeof(*job.outcomes));
}

/* --- somebody who changes the tree meanwhile --- */

#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE (1 << 1)
#endif
#define N_RACES 2000

/* Swaps a folder and a link that leads out, and moves a folder out and in, until it is killed. */
static _noreturn_ void keep_swapping(const struct job *job)
{
	for (;;) {
		syscall(SYS_renameat2, job->root, "flip", job->root, "flop",
			RENAME_EXCHANGE);
		renameat(job->root, "dir/sub", job->folder->fd, "outside/sub");
		renameat(job->folder->fd, "outside/sub", job->root, "dir/sub");
	}
}

static void child_race(void *data)
{
	static const char *const paths[] = {
		"flip/secret",
		"flip/../flip/secret",
		"dir/sub/../../outside/secret",
		"dir/sub/../../../outside/secret",
		"dir/sub/../secret",
	};
	const struct job *job = data;
	struct stat secret, st;
	pid_t pid;

	CHECK_INT(fstatat(job->folder->fd, "outside/secret", &secret, 0), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0)
		keep_swapping(job);
	take_way(job->way);
	for (int i = 0; i < N_RACES; i++) {
		const char *path = paths[(size_t)i % ARRAY_SIZE(paths)];
		_cleanup_fd_ int fd = path_open_in(job->root, path, i % 2 ? P : R);

		check_context("%s: '%s'", job->way->name, path);
		if (fd < 0) {
			CHECK(fd == -ENOENT || fd == -EAGAIN || fd == -EXDEV);
			continue;
		}
		CHECK_INT(fd_stat(fd, &st), 0);
		CHECK(st.st_ino != secret.st_ino);
	}
	CHECK_INT(kill(pid, SIGKILL), 0);
}

static void test_race(void **state)
{
	struct job job = {.folder = *state, .root = make_tree(*state)};
	char target[PATH_MAX];

	make_dir(job.root, "flip", 0755);
	make_file(job.root, "flip/secret", "of the root");
	snprintf(target, sizeof(target), "%s/outside", job.folder->path);
	make_link(job.root, "flop", target);
	in_each_way(&job, child_race);
	close(job.root);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(test_plain),	   TEST_IN_FOLDER(test_dots),
		TEST_IN_FOLDER(test_links),	   TEST_IN_FOLDER(test_no_follow),
		TEST_IN_FOLDER(test_hostile),	   TEST_IN_FOLDER(test_most_links),
		TEST_IN_FOLDER(test_permissions),  TEST_IN_FOLDER(test_real_eperm),
		TEST_IN_FOLDER(test_magic_links),  TEST(test_plain_links_of_proc),
		TEST(test_stand_on_magic_link),	   TEST_IN_FOLDER(test_lengths),
		TEST_IN_FOLDER(test_deep),	   TEST_IN_FOLDER(test_make_dir),
		TEST_IN_FOLDER(test_make_file),	   TEST_IN_FOLDER(test_umask),
		TEST_IN_FOLDER(test_make_denied),  TEST_IN_FOLDER(test_open_parent),
		TEST_IN_FOLDER(test_random_opens), TEST_IN_FOLDER(test_random_makes),
		TEST_IN_FOLDER(test_race),
	};

	return UNIT_RUN(tests);
}
