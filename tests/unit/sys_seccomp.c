// SPDX-License-Identifier: Apache-2.0
/*
 * sys_seccomp.c - tests of loading filters, and of the cache of compiled ones
 *
 * urun-seccomp is a script here, that says what it was asked and gives what it is told to.
 */
#include "sys/seccomp.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"
#include "sys/cred.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/host.h"

/* --- loading --- */

static const struct sock_filter refuse_getppid[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 123),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static void child_load(void *data)
{
	const struct seccomp_program p = {refuse_getppid, ARRAY_SIZE(refuse_getppid), 0};
	struct err err = {0};
	long refusal = *(long *)data;

	if (refusal)
		refuse_call(SYS_seccomp, (int)refusal);
	CHECK_INT(cred_no_new_privs(), 0);
	CHECK(syscall(SYS_getppid) > 0);
	CHECK_INT(seccomp_load(&p, &err), 0);
	CHECK_INT(err.code, 0);
	CHECK_INT(syscall(SYS_getppid), -1);
	CHECK_INT(errno, 123);
	CHECK_INT(prctl(PR_GET_SECCOMP), 2);
}

static void test_load(void **state)
{
	/* seccomp(2), and prctl(2) where that is missing or refused */
	static long refusals[] = {0, ENOSYS, EPERM};

	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
		in_child(child_load, &refusals[i]);
}

/* What the kernel does not know is not left out. */
static void child_load_flags(void *data)
{
	struct seccomp_program p = {refuse_getppid, ARRAY_SIZE(refuse_getppid), 1u << 1};
	struct err err = {0};

	CHECK_INT(cred_no_new_privs(), 0);
	CHECK_INT(seccomp_load(&p, &err), 0);
	CHECK_INT(syscall(SYS_getppid), -1);
	p.flags = 1u << 31;
	CHECK_INT(seccomp_load(&p, &err), -EINVAL);
	CHECK_STR(err.message, "load the seccomp filter: Invalid argument");
}

static void test_load_flags(void **state)
{
	in_child(child_load_flags, NULL);
}

static void receive(int socket, char *text, size_t size, int *ret_fd)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = {text, size - 1};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	_cleanup_fd_ int got = accept(socket, NULL, NULL);
	ssize_t n = recvmsg(got, &m, MSG_CMSG_CLOEXEC);
	size_t len;

	CHECK(n > 0 && CMSG_FIRSTHDR(&m));
	memcpy(ret_fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(*ret_fd));
	for (len = (size_t)n; n > 0; len += n > 0 ? (size_t)n : 0)
		n = read(got, text + len, size - 1 - len);
	CHECK_INT(n, 0); /* its end */
	text[len] = '\0';
}

struct listening {
	struct folder *folder;
	char path[400];
};

/* The listener gets the descriptor of the very filter, and answers a call. */
static void child_listener(void *data)
{
	static const struct sock_filter notify_getppid[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0x7fc00000),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct seccomp_program p = {notify_getppid, ARRAY_SIZE(notify_getppid), 0};
	struct listening *l = data;
	_cleanup_fd_ int server = socket(AF_UNIX, SOCK_STREAM, 0), fd = -EBADF,
			 got = -EBADF;
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	static char text[300000], back[300001];
	struct stat st[2];
	struct err err = {0};

	strcpy(at.sun_path, "sock");
	CHECK_INT(fchdir(l->folder->fd), 0);
	CHECK_INT(bind(server, (struct sockaddr *)&at, sizeof(at)), 0);
	CHECK_INT(listen(server, 1), 0);
	CHECK_INT(cred_no_new_privs(), 0);
	CHECK_INT(seccomp_load_listening(&p, &fd, &err), 0);
	CHECK_INT(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_INT(seccomp_tell_listener(l->path, "{}", fd, &err), 0);
	receive(server, back, sizeof(back), &got);
	CHECK_STR(back, "{}");
	CHECK_INT(fstat(fd, &st[0]), 0);
	CHECK_INT(fstat(got, &st[1]), 0);
	CHECK(st[0].st_ino == st[1].st_ino && st[0].st_dev == st[1].st_dev);
	/* more than a socket takes at once: somebody has to read meanwhile */
	memset(text, 'x', sizeof(text) - 1);
	if (fork() == 0) {
		int r = seccomp_tell_listener(l->path, text, fd, NULL);

		_exit(r == 0 ? 0 : 1);
	}
	fd_close(&got);
	receive(server, back, sizeof(back), &got);
	CHECK(strcmp(text, back) == 0);
	/* It has the server's socket as well. */
	CHECK(wait(NULL) > 0);
	/* A second one beside it there is not. */
	CHECK_INT(seccomp_load_listening(&p, &fd, &err), -EBUSY);
	fd_close(&server);
	CHECK_INT(seccomp_tell_listener(l->path, "{}", fd, &err), -ECONNREFUSED);
	CHECK_INT(seccomp_tell_listener("sock", "{}", fd, &err), -EINVAL);
	CHECK_STR(err.message,
		  "tell who listens for the container at 'sock': Invalid argument");
}

static void test_listener(void **state)
{
	struct listening l = {.folder = *state};

	snprintf(l.path, sizeof(l.path), "%s/sock", l.folder->path);
	in_child(child_listener, &l);
}

static void child_load_fails(void *data)
{
	static const struct sock_filter endless[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	};
	static const struct sock_filter outside[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, sizeof(struct seccomp_data)),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct seccomp_program none = {endless, 0, 0};
	const struct seccomp_program no_ret = {endless, ARRAY_SIZE(endless), 0};
	const struct seccomp_program no_load = {outside, ARRAY_SIZE(outside), 0};
	struct err err = {0};

	CHECK_INT(cred_no_new_privs(), 0);
	CHECK_INT(seccomp_load(&none, &err), -EINVAL);
	CHECK_INT(seccomp_load(&no_ret, &err), -EINVAL);
	CHECK_INT(seccomp_load(&no_load, &err), -EINVAL);
	CHECK_STR(err.message, "load the seccomp filter: Invalid argument");
	CHECK(err.hint[0]);
	CHECK_INT(seccomp_load(&no_load, NULL), -EINVAL);
	CHECK(syscall(SYS_getppid) > 0);
}

static void test_load_fails(void **state)
{
	in_child(child_load_fails, NULL);
}

static void child_load_denied(void *data)
{
	const struct seccomp_program p = {refuse_getppid, ARRAY_SIZE(refuse_getppid), 0};
	struct err err = {0};

	/* neither no_new_privs nor CAP_SYS_ADMIN */
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		skip_because("no_new_privs is set here already");
	CHECK_INT(cred_set_caps(0, 0, 0, 0), 0);
	CHECK_INT(seccomp_load(&p, &err), -EACCES);
	CHECK_INT(err.code, -EACCES);
	CHECK_INT(seccomp_load(&p, NULL), -EACCES);
}

static void test_load_denied(void **state)
{
	in_child(child_load_denied, NULL);
}

/* --- the cache --- */

/* What the script gives: flags, and two instructions, as bytes. */
#define PROGRAM_LEN 2
#define FLAGS	    0x04

struct cache {
	struct folder *folder;
	struct arena arena;
	char dir[320], profile[320], self[320];
	struct host host;
};

static void write_helper(struct cache *c, const char *script)
{
	make_file(c->folder->fd, "urun-seccomp", script);
	CHECK_INT(fchmodat(c->folder->fd, "urun-seccomp", 0755, 0), 0);
}

/* A folder with a profile, a helper that counts its calls, and a cache two levels down. */
static void cache_start(struct cache *c, struct folder *f)
{
	static char script[8192];

	*c = (struct cache){.folder = f};
	snprintf(c->dir, sizeof(c->dir), "%s/home/cache", f->path);
	snprintf(c->profile, sizeof(c->profile), "%s/profile.json", f->path);
	snprintf(c->self, sizeof(c->self), "%s/urun", f->path);
	c->host.cache_dir = c->dir;
	make_file(f->fd, "profile.json", "{}");
	snprintf(script, sizeof(script),
		 "#!/bin/sh\n"
		 "echo \"$1 $2 $3\" >> %s/calls\n"
		 "printf '\\004\\000\\000\\000\\000\\000\\000\\000'\n"
		 "printf '\\006\\000\\000\\000\\000\\000\\377\\177'\n"
		 "printf '\\006\\000\\000\\000\\001\\000\\005\\000'\n",
		 f->path);
	write_helper(c, script);
	setenv("_URUN_SELF", c->self, 1);
}

static void cache_end(struct cache *c)
{
	arena_free(&c->arena);
	unsetenv("_URUN_SELF");
}
#define _cleanup_cache_ _cleanup_(cache_end)

static size_t count_calls(const struct cache *c)
{
	const char *text = read_text(c->folder->fd, "calls");
	size_t n = 0;

	for (; text && *text; text++)
		n += *text == '\n';
	return n;
}

static void check_source(struct cache *c, const char *profile, const char *text,
			 uint64_t caps)
{
	struct seccomp_program p = {0};
	struct err err = {0};
	int r = seccomp_compiled(&c->host, profile, text, caps, &c->arena, &p, &err);

	check_context("%s", err.message);
	CHECK_INT(r, 0);
	CHECK_INT(p.len, PROGRAM_LEN);
	CHECK_INT(p.flags, FLAGS);
	CHECK(p.filter[0].code == (BPF_RET | BPF_K) && p.filter[0].k == 0x7fff0000);
	CHECK(p.filter[1].code == (BPF_RET | BPF_K) && p.filter[1].k == 0x00050001);
	CHECK((uintptr_t)p.filter % _Alignof(struct sock_filter) == 0);
	check_no_context();
}

static void check_compiled(struct cache *c, const char *profile, uint64_t caps)
{
	check_source(c, profile, NULL, caps);
}

/* The only file of the cache, opened. */
static int open_entry(struct cache *c, int flags)
{
	_cleanup_fd_ int dir = fd_open(c->folder->fd, "home/cache/seccomp", O_RDONLY);
	struct strv names = {0};

	CHECK_INT(dir_list(dir, &c->arena, &names), 0);
	CHECK_INT(names.n, 1);
	return fd_open(dir, names.v[0], flags);
}

static void test_cache_hit(void **state)
{
	_cleanup_cache_ struct cache c;
	_cleanup_fd_ int entry = -EBADF;
	struct stat st;
	char want[512];

	cache_start(&c, *state);
	check_compiled(&c, c.profile, 0xa80425fb);
	snprintf(want, sizeof(want), "compile %s a80425fb\n", c.profile);
	CHECK_STR(read_text(c.folder->fd, "calls"), want);
	/* The cache is the caller's alone. */
	CHECK_INT(fstatat(c.folder->fd, "home/cache/seccomp", &st, 0), 0);
	CHECK_INT(st.st_mode, S_IFDIR | 0700);
	entry = open_entry(&c, O_RDONLY);
	CHECK_INT(fd_stat(entry, &st), 0);
	CHECK_INT(st.st_mode, S_IFREG | 0600);
	/* with flags before and a checksum behind */
	CHECK_INT(st.st_size, 8 + PROGRAM_LEN * sizeof(struct sock_filter) + 8);
	for (int i = 0; i < 3; i++)
		check_compiled(&c, c.profile, 0xa80425fb);
	CHECK_INT(count_calls(&c), 1);
}

/* Whatever can make another program of it is another entry. */
static void test_cache_miss(void **state)
{
	_cleanup_cache_ struct cache c;
	struct timespec times[2] = {{1, 0}, {1, 0}};
	char other[320];

	cache_start(&c, *state);
	check_compiled(&c, c.profile, 1);
	check_compiled(&c, c.profile, 2);
	CHECK_INT(count_calls(&c), 2);
	check_compiled(&c, c.profile, 1ull << 40);
	CHECK_INT(count_calls(&c), 3);
	/* urun's own */
	check_compiled(&c, NULL, 1);
	CHECK_STR(strstr(read_text(c.folder->fd, "calls"), "default"), "default 1\n");
	check_compiled(&c, NULL, 1);
	CHECK_INT(count_calls(&c), 4);
	/* another file of the same content and times */
	make_file(c.folder->fd, "other.json", "{}");
	CHECK_INT(utimensat(c.folder->fd, "other.json", times, 0), 0);
	CHECK_INT(utimensat(c.folder->fd, "profile.json", times, 0), 0);
	snprintf(other, sizeof(other), "%s/other.json", c.folder->path);
	check_compiled(&c, c.profile, 1);
	check_compiled(&c, other, 1);
	CHECK_INT(count_calls(&c), 6);
	/* the same file, written again: not even a set time hides it */
	make_file(c.folder->fd, "profile.json", "[]");
	CHECK_INT(utimensat(c.folder->fd, "profile.json", times, 0), 0);
	check_compiled(&c, c.profile, 1);
	CHECK_INT(count_calls(&c), 7);
	check_compiled(&c, c.profile, 1);
	CHECK_INT(count_calls(&c), 7);
}

/* An entry that is no program is compiled again, and mended. */
static void test_cache_broken(void **state)
{
	_cleanup_cache_ struct cache c;
	static const size_t sizes[] = {0, 1, 7, 9, 15, 16, 23, 24};
	size_t calls = 1;

	cache_start(&c, *state);
	check_compiled(&c, c.profile, 1);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		_cleanup_fd_ int entry = open_entry(&c, O_RDWR);

		CHECK_INT(ftruncate(entry, (off_t)sizes[i]), 0);
		check_compiled(&c, c.profile, 1);
		CHECK_INT(count_calls(&c), ++calls);
		check_compiled(&c, c.profile, 1);
		CHECK_INT(count_calls(&c), calls);
	}
	for (int i = 0; i < 2; i++) {
		_cleanup_fd_ int entry = open_entry(&c, O_RDWR);

		/* more than a program can have */
		CHECK_INT(ftruncate(entry, (off_t)(BPF_MAXINSNS + 2 + i) * 8), 0);
		check_compiled(&c, c.profile, 1);
		CHECK_INT(count_calls(&c), ++calls);
	}
}

/* A text has no file: it is the key, all of it. */
static void test_cache_text(void **state)
{
	_cleanup_cache_ struct cache c;
	_cleanup_fd_ int entry = -EBADF;
	char script[1024], byte;

	cache_start(&c, *state);
	snprintf(script, sizeof(script),
		 "#!/bin/sh\n"
		 "echo \"$1 $2 $3 $(cat)\" >> %s/calls\n"
		 "printf '\\004\\000\\000\\000\\000\\000\\000\\000'\n"
		 "printf '\\006\\000\\000\\000\\000\\000\\377\\177'\n"
		 "printf '\\006\\000\\000\\000\\001\\000\\005\\000'\n",
		 c.folder->path);
	write_helper(&c, script);
	check_source(&c, NULL, "{ \"a\": 1 }", 0xff);
	check_source(&c, NULL, "{ \"a\": 1 }", 0xff);
	CHECK_STR(read_text(c.folder->fd, "calls"), "compile - ff { \"a\": 1 }\n");
	/* the text of an entry, as another one with its checksum would have it */
	entry = open_entry(&c, O_RDWR);
	CHECK_INT(pread(entry, &byte, 1, 8 + PROGRAM_LEN * 8), 1);
	CHECK_INT(byte, '{');
	CHECK_INT(pwrite(entry, "[", 1, 8 + PROGRAM_LEN * 8), 1);
	check_source(&c, NULL, "{ \"a\": 1 }", 0xff);
	CHECK_INT(count_calls(&c), 2);
	check_source(&c, NULL, "{ \"a\": 2 }", 0xff);
	check_source(&c, NULL, "{ \"a\": 1 }", 0xfe);
	CHECK_INT(count_calls(&c), 4);
	check_source(&c, NULL, "{ \"a\": 1 }", 0xff);
	CHECK_INT(count_calls(&c), 4);
}

/* A link in an entry's place is not followed, neither to be read nor to be written. */
static void test_cache_link(void **state)
{
	_cleanup_cache_ struct cache c;
	_cleanup_fd_ int dir = -EBADF;
	struct strv names = {0};
	struct stat st;

	cache_start(&c, *state);
	check_compiled(&c, c.profile, 1);
	dir = fd_open(c.folder->fd, "home/cache/seccomp", O_RDONLY);
	CHECK_INT(dir_list(dir, &c.arena, &names), 0);
	make_file(c.folder->fd, "victim", "12345678");
	CHECK_INT(unlinkat(dir, names.v[0], 0), 0);
	make_link(dir, names.v[0], "../../../victim");
	check_compiled(&c, c.profile, 1);
	CHECK_INT(count_calls(&c), 2);
	CHECK_STR(read_text(c.folder->fd, "victim"), "12345678");
	CHECK_INT(fstatat(dir, names.v[0], &st, AT_SYMLINK_NOFOLLOW), 0);
	CHECK(S_ISREG(st.st_mode));
}

/* Without a cache it only takes longer. */
static void test_no_cache(void **state)
{
	_cleanup_cache_ struct cache c;

	cache_start(&c, *state);
	c.host.cache_dir = NULL;
	check_compiled(&c, c.profile, 1);
	check_compiled(&c, c.profile, 1);
	CHECK_INT(count_calls(&c), 2);
	CHECK_INT(faccessat(c.folder->fd, "home", F_OK, 0), -1);
	/* a file in its way */
	c.host.cache_dir = c.profile;
	check_compiled(&c, c.profile, 1);
	CHECK_INT(count_calls(&c), 3);
}

/* A folder that others can write holds what they put there: it is no cache. */
static void test_cache_of_others(void **state)
{
	_cleanup_cache_ struct cache c;
	size_t calls = 1;

	cache_start(&c, *state);
	check_compiled(&c, c.profile, 1);
	for (mode_t bit = 002; bit <= 020; bit <<= 3) {
		CHECK_INT(fchmodat(c.folder->fd, "home/cache/seccomp", 0700 | bit, 0), 0);
		for (int i = 0; i < 2; i++) {
			check_compiled(&c, c.profile, 1);
			CHECK_INT(count_calls(&c), ++calls);
		}
	}
	CHECK_INT(fchmodat(c.folder->fd, "home/cache/seccomp", 0755, 0), 0);
	check_compiled(&c, c.profile, 1);
	CHECK_INT(count_calls(&c), calls);
	/* root, with somebody else's HOME */
	if (fchownat(c.folder->fd, "home/cache/seccomp", 4711, 4711, 0) < 0)
		return;
	check_compiled(&c, c.profile, 1);
	CHECK_INT(count_calls(&c), calls + 1);
}

static void test_cache_unwritable(void **state)
{
	_cleanup_cache_ struct cache c;

	if (geteuid() == 0)
		skip_because("root may write everywhere");
	cache_start(&c, *state);
	check_compiled(&c, c.profile, 1);
	CHECK_INT(fchmodat(c.folder->fd, "home/cache/seccomp", 0500, 0), 0);
	check_compiled(&c, c.profile, 2);
	check_compiled(&c, c.profile, 2);
	CHECK_INT(count_calls(&c), 3);
	/* what is in it serves on */
	check_compiled(&c, c.profile, 1);
	CHECK_INT(count_calls(&c), 3);
}

/* --- what goes wrong --- */

static void check_fails(struct cache *c, const char *profile, int error,
			const char *message)
{
	struct seccomp_program p = {0};
	struct err err = {0};

	CHECK_INT(seccomp_compiled(&c->host, profile, NULL, 1, &c->arena, &p, &err),
		  -error);
	CHECK_INT(err.code, -error);
	CHECK_STR(err.message, message);
	CHECK_INT(seccomp_compiled(&c->host, profile, NULL, 1, &c->arena, &p, NULL),
		  -error);
}

static void test_fails(void **state)
{
	_cleanup_cache_ struct cache c;
	char want[512], none[320];
	_cleanup_fd_ int dir = -EBADF;
	struct strv names = {0};
	int before;

	cache_start(&c, *state);
	before = count_fds();
	snprintf(none, sizeof(none), "%s/none", c.folder->path);
	snprintf(want, sizeof(want), "seccomp profile '%s': No such file or directory",
		 none);
	check_fails(&c, none, ENOENT, want);
	/* The first line of what it says is what is said. */
	write_helper(&c, "#!/bin/sh\necho 'line one' >&2\necho two >&2\nexit 1\n");
	check_fails(&c, c.profile, EINVAL, "line one");
	write_helper(&c, "#!/bin/sh\nexit 3\n");
	check_fails(&c, c.profile, EINVAL, "urun-seccomp failed");
	write_helper(&c, "#!/bin/sh\nkill -9 $$\n");
	check_fails(&c, c.profile, EINVAL, "urun-seccomp failed");
	/* half a program that ends well is none */
	snprintf(want, sizeof(want), "urun-seccomp made no program of '%s'", c.profile);
	write_helper(&c, "#!/bin/sh\nprintf 1234567\n");
	check_fails(&c, c.profile, EBADMSG, want);
	write_helper(&c, "#!/bin/sh\nexit 0\n");
	check_fails(&c, c.profile, EBADMSG, want);
	/* flags alone; and what this version has no use for */
	write_helper(&c, "#!/bin/sh\nprintf '\\0\\0\\0\\0\\0\\0\\0\\0'\n");
	check_fails(&c, c.profile, EBADMSG, want);
	write_helper(&c, "#!/bin/sh\nprintf "
			 "'\\0\\0\\0\\0\\1\\0\\0\\0\\6\\0\\0\\0\\0\\0\\0\\0'\n");
	check_fails(&c, c.profile, EBADMSG, want);
	/* more than a program can have */
	write_helper(&c, "#!/bin/sh\nexec cat /dev/zero\n");
	check_fails(&c, c.profile, EFBIG, "wait for urun-seccomp: File too large");
	CHECK_INT(count_fds(), before);
	/* Nothing of that was kept. */
	dir = fd_open(c.folder->fd, "home/cache/seccomp", O_RDONLY);
	CHECK_INT(dir_list(dir, &c.arena, &names), 0);
	CHECK_INT(names.n, 0);
}

static void test_helper_missing(void **state)
{
	_cleanup_cache_ struct cache c;
	struct seccomp_program p;
	struct err err = {0};

	cache_start(&c, *state);
	CHECK_INT(unlinkat(c.folder->fd, "urun-seccomp", 0), 0);
	if (access(URUN_LIBEXECDIR "/urun-seccomp", F_OK) == 0)
		skip_because("urun-seccomp is installed");
	CHECK_INT(seccomp_compiled(&c.host, c.profile, NULL, 1, &c.arena, &p, &err),
		  -ENOENT);
	CHECK_STR(err.message,
		  "run '" URUN_LIBEXECDIR "/urun-seccomp': No such file or directory");
	CHECK(err.hint[0]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_load),
		TEST(test_load_flags),
		TEST_IN_FOLDER(test_listener),
		TEST(test_load_fails),
		TEST(test_load_denied),
		TEST_IN_FOLDER(test_cache_hit),
		TEST_IN_FOLDER(test_cache_miss),
		TEST_IN_FOLDER(test_cache_broken),
		TEST_IN_FOLDER(test_cache_text),
		TEST_IN_FOLDER(test_cache_link),
		TEST_IN_FOLDER(test_no_cache),
		TEST_IN_FOLDER(test_cache_of_others),
		TEST_IN_FOLDER(test_cache_unwritable),
		TEST_IN_FOLDER(test_fails),
		TEST_IN_FOLDER(test_helper_missing),
	};

	return UNIT_RUN(tests);
}
