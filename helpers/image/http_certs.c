// SPDX-License-Identifier: Apache-2.0
/*
 * http_certs.c - see http_certs.h
 *
 * libcurl takes one file of authorities instead of its own, so the system's and those of
 * certs.d are put together in memory. That works with every TLS library that libcurl may have.
 */
#include "http_certs.h"

#include <curl/curl.h>
#include <string.h>
#include <sys/mman.h>

#include "sys/dir.h"
#include "sys/fd.h"

#define MAX_CERT_BYTES	(1u << 20)
#define MAX_SYSTEM_CERT (16u << 20)

static bool ends_in(const char *name, const char *end)
{
	size_t len = strlen(name), n = strlen(end);

	return len > n && strcmp(name + len - n, end) == 0;
}

static int append(int to, const char *path, size_t max, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	char *text;
	size_t len;
	int r = fd_read_file(path, &a, max, &text, &len);

	if (r == 0)
		r = fd_write_all(to, text, len);
	if (r == 0)
		r = fd_write_all(to, "\n", 1);
	return r < 0 ? err_set(err, r, "certificate '%s'", path) : 0;
}

static int add_authority(struct http_certs *c, const char *path, struct err *err)
{
	const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
	int r = 0;

	if (c->fd < 0) {
		c->fd = memfd_create("certificates", MFD_CLOEXEC);
		if (c->fd < 0)
			return err_set(err, -errno, "file for certificates");
		/* Without one: a folder, which stays in use. */
		if (info->cainfo && access(info->cainfo, R_OK) == 0)
			r = append(c->fd, info->cainfo, MAX_SYSTEM_CERT, err);
	}
	return r < 0 ? r : append(c->fd, path, MAX_CERT_BYTES, err);
}

static int add_client(struct http_certs *c, const char *dir, const char *name,
		      const struct strv *names, struct err *err)
{
	size_t stem = strlen(name) - strlen(".cert");
	const char *key = arena_printf(&c->arena, "%.*s.key", (int)stem, name);

	if (!strv_has(names, key))
		return err_say(err, -EINVAL,
			       "certificate '%s/%s': its key '%s' is missing", dir, name,
			       key);
	if (c->cert)
		return 0;
	c->cert = arena_printf(&c->arena, "%s/%s", dir, name);
	c->key = arena_printf(&c->arena, "%s/%s", dir, key);
	return 0;
}

static int check_key(const char *dir, const char *name, const struct strv *names,
		     struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	size_t stem = strlen(name) - strlen(".key");

	if (strv_has(names, arena_printf(&a, "%.*s.cert", (int)stem, name)))
		return 0;
	return err_say(err, -EINVAL, "key '%s/%s': its certificate is missing", dir,
		       name);
}

static int read_dir(struct http_certs *c, const char *dir, bool is_asked, struct err *err)
{
	_cleanup_fd_ int fd = fd_open(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY);
	struct strv names = {0};
	int r = fd < 0 ? fd : dir_list(fd, &c->arena, &names);

	if (r < 0 && is_asked)
		return err_set(err, r, "folder of certificates '%s'", dir);
	/* One of the system's that is not to be read is for somebody else. */
	if (r == -ENOENT || r == -ENOTDIR || r == -EACCES)
		return 0;
	if (r < 0)
		return err_set(err, r, "folder of certificates '%s'", dir);
	strv_sort(&names);
	for (size_t i = 0; i < names.n && r == 0; i++) {
		const char *name = names.v[i];

		if (ends_in(name, ".crt"))
			r = add_authority(c, arena_printf(&c->arena, "%s/%s", dir, name),
					  err);
		else if (ends_in(name, ".cert"))
			r = add_client(c, dir, name, &names, err);
		else if (ends_in(name, ".key"))
			r = check_key(dir, name, &names, err);
	}
	return r;
}

int http_certs_read(const char *host, const char *cert_dir, struct http_certs *ret,
		    struct err *err)
{
	const char *home = getenv("HOME"), *dir;
	int r = 0;

	*ret = (struct http_certs){.fd = -EBADF};
	if (cert_dir)
		return read_dir(ret, cert_dir, true, err);
	if (home && home[0] == '/') {
		dir = arena_printf(&ret->arena, "%s/.config/containers/certs.d/%s", home,
				   host);
		r = read_dir(ret, dir, false, err);
	}
	dir = arena_printf(&ret->arena, "/etc/containers/certs.d/%s", host);
	r = r < 0 ? r : read_dir(ret, dir, false, err);
	dir = arena_printf(&ret->arena, "/etc/docker/certs.d/%s", host);
	return r < 0 ? r : read_dir(ret, dir, false, err);
}

void http_certs_free(struct http_certs *c)
{
	fd_close(&c->fd);
	arena_free(&c->arena);
}
