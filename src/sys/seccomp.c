// SPDX-License-Identifier: Apache-2.0
/*
 * seccomp.c - see seccomp.h
 */
#include "sys/seccomp.h"
#include "sys/channel.h"

#include <inttypes.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "sys/fd.h"
#include "sys/helper.h"
#include "sys/host.h"
#include "sys/newid.h"
#include "sys/process.h"

#define NEW_LISTENER (1u << 3) /* SECCOMP_FILTER_FLAG_NEW_LISTENER */
#ifndef VERSION
#define VERSION "0"
#endif
#define MAX_BYTES \
	(sizeof(struct seccomp_header) + BPF_MAXINSNS * sizeof(struct sock_filter))

/* What seccomp(2) returns, or a negative errno with @err filled. */
static int load(const struct seccomp_program *p, uint32_t flags, struct err *err)
{
	struct sock_fprog prog = {.len = p->len,
				  .filter = (struct sock_filter *)p->filter};
	long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
	int r;

	if (fd >= 0)
		return (int)fd;
	if (flags == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0)
		return 0;
	r = err_set(err, -errno, "load the seccomp filter");
	return err_hint(err, r, "--security-opt seccomp=unconfined does without one");
}

int seccomp_load(const struct seccomp_program *p, struct err *err)
{
	return load(p, p->flags, err);
}

int seccomp_load_listening(const struct seccomp_program *p, int *ret_fd, struct err *err)
{
	int fd = load(p, p->flags | NEW_LISTENER, err);

	if (fd < 0)
		return fd;
	*ret_fd = fd;
	return 0;
}

int seccomp_tell_listener(const char *path, const char *text, int fd, struct err *err)
{
	static const char what[] = "tell who listens for the container at";

	return path[0] == '/' ? channel_hand_over(path, fd, text, what, err)
			      : err_set(err, -EINVAL, "%s '%s'", what, path);
}

/* @bytes is from an arena, so it is aligned for any type. */
static int use_program(const void *bytes, size_t len, struct seccomp_program *ret)
{
	const struct seccomp_header *header = bytes;

	if (len <= sizeof(*header) || len % sizeof(struct sock_filter) != 0 ||
	    len > MAX_BYTES || header->reserved != 0)
		return -EBADMSG;
	ret->flags = header->flags;
	ret->filter = (const void *)(header + 1);
	ret->len = (unsigned short)((len - sizeof(*header)) / sizeof(struct sock_filter));
	return 0;
}

/* FNV-1a: a program that was cut short or damaged must not be loaded. */
static uint64_t checksum_on(uint64_t sum, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum = (sum ^ (unsigned char)bytes[i]) * 0x100000001b3;
	return sum;
}

static uint64_t checksum(const char *bytes, size_t len)
{
	return checksum_on(0xcbf29ce484222325, bytes, len);
}

/* A kept program, the text that it was made of, and the checksum behind both. */
static int use_kept(const char *bytes, size_t len, const char *text,
		    struct seccomp_program *ret)
{
	size_t text_len = text ? strlen(text) : 0;
	uint64_t sum, is;

	if (len <= sizeof(sum) + text_len)
		return -EBADMSG;
	len -= sizeof(sum);
	memcpy(&sum, bytes + len, sizeof(sum));
	is = checksum(bytes, len);
	len -= text_len;
	/* Its name has a checksum of it, which another text may have, too. */
	if (sum != is || (text && memcmp(bytes + len, text, text_len) != 0))
		return -EBADMSG;
	return use_program(bytes, len, ret);
}

/* "<dev>-<inode>-<size>-<times>" of a file, "text-<size>-<checksum>" of a text. */
static int source_name(const char *profile, const char *text, struct arena *a,
		       const char **ret)
{
	struct stat st = {0};

	if (text) {
		*ret = arena_printf(a, "text-%zx-%" PRIx64, strlen(text),
				    checksum(text, strlen(text)));
		return 0;
	}
	if (profile && stat(profile, &st) < 0)
		return -errno;
	*ret = arena_printf(a,
			    "%" PRIx64 "-%" PRIx64 "-%" PRIx64 "-%" PRIx64
			    ".%09ld-%" PRIx64 ".%09ld",
			    (uint64_t)st.st_dev, (uint64_t)st.st_ino,
			    (uint64_t)st.st_size, (uint64_t)st.st_mtim.tv_sec,
			    st.st_mtim.tv_nsec, (uint64_t)st.st_ctim.tv_sec,
			    st.st_ctim.tv_nsec);
	return 0;
}

/* "<source>-<caps>-<compiler>-<version>.v3.bpf": another profile, another compiler (which has
 * the default profile in it), another form: another name. */
static int cache_name(const char *profile, const char *text, uint64_t caps,
		      struct arena *a, const char **ret)
{
	struct stat compiler = {0};
	const char *source = "";
	int r = source_name(profile, text, a, &source);

	if (r < 0)
		return r;
	(void)!stat(helper_path("urun-seccomp", a), &compiler);
	*ret = arena_printf(a, "%s-%" PRIx64 "-%" PRIx64 ".%" PRIx64 ".%09ld-%s.v3.bpf",
			    source, caps, (uint64_t)compiler.st_ino,
			    (uint64_t)compiler.st_ctim.tv_sec, compiler.st_ctim.tv_nsec,
			    VERSION);
	return 0;
}

/* The cache's folder, made when missing; a negative errno when there can be none. */
static int open_cache(const struct host *host, struct arena *a)
{
	_cleanup_fd_ int fd = -EBADF;
	struct stat st;
	char *path;
	int r;

	if (!host->cache_dir)
		return -ENOENT;
	path = arena_printf(a, "%s/seccomp", host->cache_dir);
	for (char *c = strchr(path + 1, '/'); c; c = strchr(c + 1, '/')) {
		*c = '\0';
		mkdir(path, 0700);
		*c = '/';
	}
	mkdir(path, 0700);
	fd = fd_open(AT_FDCWD, path, O_PATH | O_DIRECTORY);
	r = fd < 0 ? fd : fd_stat(fd, &st);
	/* Root may come here with somebody else's HOME: a program from that folder could
	 * be anything. */
	if (r == 0 && (st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH))))
		r = -EPERM;
	return r < 0 ? r : fd_take(&fd);
}

/* "default", "-" for standard input, or a file, whatever its name is. */
static const char *profile_word(const char *profile, const char *text, struct arena *a)
{
	if (text)
		return "-";
	if (!profile || profile[0] == '/')
		return profile ? profile : "default";
	return arena_printf(a, "./%s", profile);
}

static int compile(const char *profile, const char *text, uint64_t caps, struct arena *a,
		   char **ret, size_t *ret_len, struct err *err)
{
	_cleanup_fd_ int in = text ? fd_memory("profile", text, strlen(text)) : -EBADF;
	_cleanup_fd_ int out_read = -EBADF, out = -EBADF, said_read = -EBADF,
			 said = -EBADF;
	_cleanup_fd_ int pidfd = -EBADF;
	const char *path = helper_path("urun-seccomp", a);
	struct spawn spawn = {
		.path = path, .stdio = {-1, -1, -1}, .userns = -1, .mntns = -1};
	struct strv argv = {0};
	int ends[2], code, r;
	char *says;

	if (text && in < 0)
		return err_set(err, in, "keep the seccomp profile in memory");
	if (fd_pipe(ends) < 0)
		return err_say(err, -EMFILE, "no pipe for urun-seccomp");
	out_read = ends[0];
	out = ends[1];
	if (fd_pipe(ends) < 0)
		return err_say(err, -EMFILE, "no pipe for urun-seccomp");
	said_read = ends[0];
	said = ends[1];
	strv_push(a, &argv, "urun-seccomp");
	strv_push(a, &argv, "compile");
	strv_push(a, &argv, profile_word(profile, text, a));
	strv_pushf(a, &argv, "%" PRIx64, caps);
	spawn.argv = argv.v;
	spawn.stdio[0] = text ? in : -1;
	spawn.stdio[1] = out;
	spawn.stdio[2] = said;
	r = process_spawn(&spawn, &pidfd);
	if (r < 0) {
		err_set(err, r, "run '%s'", path);
		return err_hint(err, r, "It is installed with urun: make install");
	}
	fd_close(&out);
	fd_close(&said);
	r = fd_read_all(out_read, a, MAX_BYTES, ret, ret_len);
	if (r == 0)
		r = fd_read_all(said_read, a, 65536, &says, NULL);
	if (r == 0)
		r = process_wait(pidfd, &code);
	if (r < 0)
		return err_set(err, r, "wait for urun-seccomp");
	if (code == 0)
		return 0;
	says[strcspn(says, "\n")] = '\0';
	if (strncmp(says, "urun-seccomp: ", 14) == 0)
		says += 14;
	return err_say(err, -EINVAL, "%s", says[0] ? says : "urun-seccomp failed");
}

static void store(int cache, const char *name, const char *bytes, size_t len,
		  const char *text, struct arena *a)
{
	size_t text_len = text ? strlen(text) : 0;
	uint64_t sum = checksum_on(checksum(bytes, len), text, text_len);
	const char *temp;
	_cleanup_fd_ int fd = -EBADF;

	if (cache < 0 || newid_beside(name, a, &temp) < 0)
		return;
	fd = fd_create(cache, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	if (fd_write_all(fd, bytes, len) < 0 || fd_write_all(fd, text, text_len) < 0 ||
	    fd_write_all(fd, &sum, sizeof(sum)) < 0 ||
	    renameat(cache, temp, cache, name) < 0)
		unlinkat(cache, temp, 0);
}

int seccomp_compiled(const struct host *host, const char *profile, const char *text,
		     uint64_t caps, struct arena *a, struct seccomp_program *ret,
		     struct err *err)
{
	_cleanup_fd_ int cache = open_cache(host, a);
	_cleanup_fd_ int file = -EBADF;
	const char *name = "";
	size_t len, max = MAX_BYTES + (text ? strlen(text) : 0) + sizeof(uint64_t);
	char *bytes;
	int r = cache_name(profile, text, caps, a, &name);

	if (r < 0)
		return err_set(err, r, "seccomp profile '%s'", profile);
	if (cache >= 0)
		file = fd_open(cache, name, O_RDONLY | O_NOFOLLOW);
	if (file >= 0 && fd_read_all(file, a, max, &bytes, &len) == 0 &&
	    use_kept(bytes, len, text, ret) == 0)
		return 0;
	r = compile(profile, text, caps, a, &bytes, &len, err);
	if (r < 0)
		return r;
	r = use_program(bytes, len, ret);
	if (r < 0)
		return err_say(err, r, "urun-seccomp made no program of '%s'",
			       text ? "linux.seccomp" : profile);
	store(cache, name, bytes, len, text, a);
	return 0;
}
