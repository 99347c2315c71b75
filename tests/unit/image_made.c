// SPDX-License-Identifier: Apache-2.0
/*
 * image_made.c - see image_made.h
 */
#include "image_made.h"

#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "hash.h"

/* --- bytes --- */

void bytes_add(struct bytes *b, const void *more, size_t len)
{
	if (b->size < b->len + len + 1) {
		b->size = (b->len + len + 1) * 2;
		b->at = realloc(b->at, b->size);
		CHECK(b->at);
	}
	if (len > 0)
		memcpy(b->at + b->len, more, len);
	b->len += len;
	b->at[b->len] = '\0';
}

void bytes_printf(struct bytes *b, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	CHECK(len >= 0);
	bytes_add(b, text, (size_t)len);
	free(text);
}

void bytes_free(struct bytes *b)
{
	free(b->at);
	*b = (struct bytes){0};
}

struct digest bytes_digest(const struct bytes *b)
{
	struct hash *h = hash_new();
	struct digest d = {0};

	CHECK(h);
	hash_add(h, b->at, b->len);
	hash_end(h, &d);
	return d;
}

/* --- tar archives --- */

void tar_header(struct bytes *tar, const char *name, char type, const char *link,
		const char *size)
{
	char block[512] = {0}, sum[9];
	unsigned int total = 0;

	memcpy(block, name, strnlen(name, 100));
	memcpy(block + 100, "0000644", 7);
	memcpy(block + 108, "0000000", 7);
	memcpy(block + 116, "0000000", 7);
	/* Base-256 has zeros in it. */
	memcpy(block + 124, size, (unsigned char)size[0] & 0x80 ? 12 : strlen(size));
	memcpy(block + 136, "00000000000", 11);
	memset(block + 148, ' ', 8);
	block[156] = type;
	if (link)
		memcpy(block + 157, link, strnlen(link, 100));
	memcpy(block + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof(block); i++)
		total += (unsigned char)block[i];
	snprintf(sum, sizeof(sum), "%06o", total);
	memcpy(block + 148, sum, 7);
	bytes_add(tar, block, sizeof(block));
}

void tar_add(struct bytes *tar, const char *name, char type, const char *link,
	     const void *content, size_t len)
{
	static const char zeros[512];
	char size[16];

	snprintf(size, sizeof(size), "%011zo", len);
	tar_header(tar, name, type, link, size);
	if (len > 0)
		bytes_add(tar, content, len);
	bytes_add(tar, zeros, (512 - len % 512) % 512);
}

void tar_add_text(struct bytes *tar, const char *name, const char *text)
{
	tar_add(tar, name, '0', NULL, text, strlen(text));
}

void tar_add_pax(struct bytes *tar, const char *key, const char *value)
{
	size_t len = strlen(key) + strlen(value) + 3, digits = 1;
	_cleanup_bytes_ struct bytes text = {0};

	/* The number counts its own digits. */
	for (size_t n = len + digits; n >= 10; n /= 10)
		digits++;
	for (size_t n = len + digits, d = 0; d != digits; n = len + digits) {
		digits = d ? d : digits;
		for (d = 0; n > 0; n /= 10)
			d++;
	}
	bytes_printf(&text, "%zu %s=%s\n", len + digits, key, value);
	CHECK_INT(text.len, len + digits);
	tar_add(tar, "PaxHeaders/x", 'x', NULL, text.at, text.len);
}

void tar_end(struct bytes *tar)
{
	static const char zeros[1024];

	bytes_add(tar, zeros, sizeof(zeros));
}

/* --- images --- */

static void make_config(struct made *m, const char *what)
{
	struct bytes *c = &m->config;

	bytes_printf(c,
		     "{\"architecture\":\"amd64\",\"os\":\"linux\",\"author\":\"%s\","
		     "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[",
		     what);
	for (size_t i = 0; i < m->n_layers; i++)
		bytes_printf(c, "%s\"%s\"", i ? "," : "", m->layer_digests[i].text);
	bytes_printf(c, "]}}");
	m->config_digest = bytes_digest(c);
}

static void make_manifest(struct made *m)
{
	struct bytes *b = &m->manifest;

	bytes_printf(b,
		     "{\"schemaVersion\":2,\"mediaType\":\"" MANIFEST_TYPE
		     "\",\"config\":{\"mediaType\":\"" CONFIG_TYPE
		     "\",\"digest\":\"%s\",\"size\":%zu},\"layers\":[",
		     m->config_digest.text, m->config.len);
	for (size_t i = 0; i < m->n_layers; i++)
		bytes_printf(b,
			     "%s{\"mediaType\":\"" LAYER_TYPE
			     "\",\"digest\":\"%s\",\"size\":%zu}",
			     i ? "," : "", m->layer_digests[i].text, m->layers[i].len);
	bytes_printf(b, "]}");
	m->manifest_digest = bytes_digest(b);
}

void image_make(struct made *m, const char *what, size_t n_layers)
{
	CHECK(n_layers <= ARRAY_SIZE(m->layers));
	*m = (struct made){.n_layers = n_layers};
	for (size_t i = 0; i < n_layers; i++) {
		tar_add_text(&m->layers[i], "file", i ? what : "in all images");
		tar_end(&m->layers[i]);
		m->layer_digests[i] = bytes_digest(&m->layers[i]);
	}
	make_config(m, what);
	make_manifest(m);
}

void image_free(struct made *m)
{
	for (size_t i = 0; i < ARRAY_SIZE(m->layers); i++)
		bytes_free(&m->layers[i]);
	bytes_free(&m->config);
	bytes_free(&m->manifest);
}

void index_make(struct bytes *index, const struct made *images, const char *const *names,
		size_t n)
{
	bytes_printf(index, "{\"schemaVersion\":2,\"manifests\":[");
	for (size_t i = 0; i < n; i++) {
		bytes_printf(index,
			     "%s{\"mediaType\":\"" MANIFEST_TYPE
			     "\",\"digest\":\"%s\",\"size\":%zu",
			     i ? "," : "", images[i].manifest_digest.text,
			     images[i].manifest.len);
		if (names[i])
			bytes_printf(index,
				     ",\"annotations\":{"
				     "\"org.opencontainers.image.ref.name\":\"%s\"}",
				     names[i]);
		bytes_printf(index, "}");
	}
	bytes_printf(index, "]}");
}

void put_file(int dir, const char *path, const struct bytes *b)
{
	_cleanup_fd_ int fd =
		fd_create(dir, path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0644);

	CHECK(fd >= 0);
	CHECK_INT(fd_write_all(fd, b->at, b->len), 0);
}

static void put_blob(int dir, const struct digest *d, const struct bytes *b)
{
	char path[128];

	snprintf(path, sizeof(path), "blobs/sha256/%s", digest_hex(d));
	put_file(dir, path, b);
}

void layout_make(int dir, const char *name, const struct made *images,
		 const char *const *names, size_t n)
{
	_cleanup_fd_ int root = -EBADF;
	_cleanup_bytes_ struct bytes index = {0};

	make_dir(dir, name, 0755);
	root = fd_open(dir, name, O_RDONLY | O_DIRECTORY);
	make_dir(root, "blobs", 0755);
	make_dir(root, "blobs/sha256", 0755);
	make_file(root, "oci-layout", "{\"imageLayoutVersion\": \"1.0.0\"}");
	index_make(&index, images, names, n);
	put_file(root, "index.json", &index);
	for (size_t i = 0; i < n; i++) {
		put_blob(root, &images[i].manifest_digest, &images[i].manifest);
		put_blob(root, &images[i].config_digest, &images[i].config);
		for (size_t k = 0; k < images[i].n_layers; k++)
			put_blob(root, &images[i].layer_digests[k], &images[i].layers[k]);
	}
}

/* --- sources --- */

static int got_write(struct sink *s, const void *bytes, size_t len, struct err *err)
{
	(void)err;
	bytes_add(&((struct got *)s)->bytes, bytes, len);
	return 0;
}

struct got got_new(void)
{
	struct got g = {.sink = {got_write}};

	bytes_add(&g.bytes, "", 0);
	return g;
}

int open_in(const struct folder *f, enum ref_transport transport, const char *path,
	    const char *name, struct source **ret, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	struct image_ref ref = {.transport = transport, .name = name};

	ref.path = path[0] == '/' || path[0] == '-'
			   ? path
			   : arena_printf(&a, "%s/%s", f->path, path);
	return source_open(&ref, NULL, &a, ret, err);
}

static void check_blob(struct source *s, const struct digest *d, const struct bytes *want)
{
	struct descriptor blob = {.digest = *d, .size = want->len};
	uint64_t half = want->len / 2;
	struct got g = got_new();
	struct err err = {0};

	CHECK_INT(s->ops->blob(s, &blob, 0, &g.sink, &err), 0);
	CHECK_INT(g.bytes.len, want->len);
	CHECK(memcmp(g.bytes.at, want->at, want->len) == 0);
	bytes_free(&g.bytes);
	g = got_new();
	CHECK_INT(s->ops->blob(s, &blob, half, &g.sink, &err), 0);
	CHECK_INT(g.bytes.len, want->len - half);
	CHECK(memcmp(g.bytes.at, want->at + half, g.bytes.len) == 0);
	bytes_free(&g.bytes);
	g = got_new();
	CHECK_INT(s->ops->blob(s, &blob, want->len, &g.sink, &err), 0);
	CHECK_INT(g.bytes.len, 0);
	CHECK_INT(s->ops->blob(s, &blob, want->len + 1, &g.sink, &err), -EINVAL);
	blob.size++;
	CHECK_SAYS(&err, s->ops->blob(s, &blob, 0, &g.sink, &err), -EBADMSG,
		   " bytes instead of ");
	CHECK_INT(g.bytes.len, 0);
	bytes_free(&g.bytes);
}

void check_blobs(struct source *s, const struct made *m)
{
	struct descriptor none = {.size = 1};
	struct got g = got_new();
	struct err err = {0};

	check_blob(s, &m->config_digest, &m->config);
	for (size_t i = 0; i < m->n_layers; i++)
		check_blob(s, &m->layer_digests[i], &m->layers[i]);
	digest_from_raw((const uint8_t[DIGEST_RAW_BYTES]){1}, &none.digest);
	CHECK_SAYS(&err, s->ops->blob(s, &none, 0, &g.sink, &err), -ENOENT,
		   digest_hex(&none.digest));
	bytes_free(&g.bytes);
}

void check_source(struct source *s, const struct made *m)
{
	_cleanup_arena_ struct arena a = {0};
	struct document doc = {0};
	struct err err = {0};
	struct digest none;

	CHECK_INT(s->ops->manifest(s, NULL, &a, &doc, &err), 0);
	CHECK_STR(doc.text, m->manifest.at);
	CHECK_INT(doc.len, m->manifest.len);
	CHECK_STR(doc.digest.text, m->manifest_digest.text);
	doc = (struct document){0};
	CHECK_INT(s->ops->manifest(s, &m->manifest_digest, &a, &doc, &err), 0);
	CHECK_STR(doc.text, m->manifest.at);
	digest_from_raw((const uint8_t[DIGEST_RAW_BYTES]){1}, &none);
	CHECK(s->ops->manifest(s, &none, &a, &doc, &err) < 0);
	check_blobs(s, m);
}

void check_says(const struct err *err, int r, int code, const char *part,
		const char *file, int line)
{
	check_int(r, code, err->message, file, line);
	check_int(err->code, code, err->message, file, line);
	if (!strstr(err->message, part))
		check_str(err->message, part, "message", file, line);
}

int run_program(const char *const *argv)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int r, status = 0;

	posix_spawn_file_actions_init(&actions);
	for (int fd = 0; fd < 3; fd++)
		posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
	r = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv,
			 environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r == ENOENT)
		skip_because("%s is not installed", argv[0]);
	CHECK_INT(r, 0);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
