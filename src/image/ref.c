// SPDX-License-Identifier: Apache-2.0
/*
 * ref.c - see ref.h
 *
 * A text is taken apart from both ends: the transport in front, "@digest" behind, ":tag" before
 * that. What is left is a name, and its first part may be a registry. Source: reference.go's
 * grammar in the distribution project, containers-transports(5).
 */
#include "image/ref.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"

#define MAX_NAME 255 /* registry and repository together */
#define MAX_TAG	 128

static const char docker_hub[] = "docker.io";

/* A part of the text; not terminated. */
struct span {
	const char *at;
	size_t len;
};

struct reader {
	const char *text; /* as it was typed, for messages */
	struct arena *a;
	struct err *err;
};

/* A part as it is shown in a message. */
struct shown {
	char text[160];
};

static struct span span_of(const char *s)
{
	return (struct span){s, strlen(s)};
}

static bool span_is(struct span s, const char *word)
{
	return s.len == strlen(word) && memcmp(s.at, word, s.len) == 0;
}

static struct span span_from(struct span s, size_t skip)
{
	return (struct span){s.at + skip, s.len - skip};
}

/* Cuts at the first @c: what is before it is returned, @rest is what is behind it. */
static bool span_cut(struct span s, char c, struct span *before, struct span *rest)
{
	const char *at = memchr(s.at, c, s.len);

	if (!at)
		return false;
	*before = (struct span){s.at, (size_t)(at - s.at)};
	*rest = span_from(s, before->len + 1);
	return true;
}

static struct shown show(struct span s)
{
	char copy[sizeof(struct shown)];
	struct shown ret;
	size_t len = MIN(s.len, sizeof(copy) - 1);

	memcpy(copy, s.at, len);
	copy[len] = '\0';
	text_escape(ret.text, sizeof(ret.text), copy);
	if (s.len > len)
		memcpy(ret.text + sizeof(ret.text) - 4, "...", 4);
	return ret;
}

_printf_(2, 3) static int refuse(const struct reader *in, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_say(in->err, -EINVAL, "image reference '%s': %s",
		       show(span_of(in->text)).text, text);
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	return is_lower(c) || is_upper(c) || is_digit(c);
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* --- digest and tag --- */

static int read_digest(const struct reader *in, struct span s, struct image_ref *ret)
{
	struct span algorithm, hex;

	if (digest_parse(s.at, s.len, &ret->digest) == 0) {
		ret->has_digest = true;
		return 0;
	}
	if (span_cut(s, ':', &algorithm, &hex) && algorithm.len > 0 &&
	    !span_is(algorithm, "sha256"))
		return refuse(in, "digest algorithm '%s' is not supported, only sha256",
			      show(algorithm).text);
	return refuse(
		in,
		"digest '%s' is not 'sha256:' and %d hexadecimal digits in lower case",
		show(s).text, DIGEST_HEX_LEN);
}

static int read_tag(const struct reader *in, struct span s, struct image_ref *ret)
{
	if (s.len == 0)
		return refuse(in, "the tag behind ':' is empty");
	if (s.len > MAX_TAG)
		return refuse(in, "tag '%s' is longer than %d characters", show(s).text,
			      MAX_TAG);
	for (size_t i = 0; i < s.len; i++)
		if (!is_alnum(s.at[i]) && s.at[i] != '_' &&
		    (i == 0 || (s.at[i] != '.' && s.at[i] != '-')))
			return refuse(
				in,
				"tag '%s' may have letters, digits and '_', and '.' and "
				"'-' behind the first character",
				show(s).text);
	ret->tag = arena_strndup(in->a, s.at, s.len);
	ret->has_tag = true;
	return 0;
}

/* --- registry --- */

static bool is_port(const char *s)
{
	uint32_t port;

	return parse_u32(s, &port) == 0 && port > 0 && port <= 65535;
}

/* One label of a host name: letters and digits, and '-' between them. */
static bool is_host_label(struct span s)
{
	if (s.len == 0 || !is_alnum(s.at[0]) || !is_alnum(s.at[s.len - 1]))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!is_alnum(s.at[i]) && s.at[i] != '-')
			return false;
	return true;
}

static bool is_host_name(struct span s)
{
	struct span label;

	while (span_cut(s, '.', &label, &s))
		if (!is_host_label(label))
			return false;
	return is_host_label(s);
}

/* What is between the brackets of an IPv6 address. Zones are not in the grammar. */
static bool is_ipv6(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_hex(s.at[i]) && s.at[i] != ':')
			return false;
	return s.len >= 2;
}

static bool is_registry(struct span s, struct arena *a)
{
	struct span host = s, port = {0};
	bool has_port, is_v6 = s.len > 0 && s.at[0] == '[', is_open;

	if (is_v6) {
		if (!span_cut(span_from(s, 1), ']', &host, &port) ||
		    (port.len > 0 && port.at[0] != ':'))
			return false;
		has_port = port.len > 0;
		port = span_from(port, has_port);
	} else {
		has_port = span_cut(s, ':', &host, &port);
	}
	is_open = is_v6 ? is_ipv6(host) : is_host_name(host);
	return is_open && (!has_port || is_port(arena_strndup(a, port.at, port.len)));
}

/* Host names do not tell cases apart, but files of credentials and policies do. */
static char *lower_copy(struct arena *a, struct span s)
{
	char *copy = arena_strndup(a, s.at, s.len);

	for (char *c = copy; *c; c++)
		if (is_upper(*c))
			*c = (char)(*c - 'A' + 'a');
	return copy;
}

/* Is the first part of a name a registry? */
static bool looks_like_registry(struct span s)
{
	return memchr(s.at, '.', s.len) || memchr(s.at, ':', s.len) ||
	       span_is(s, "localhost");
}

/* --- repository --- */

/* What stands between letters and digits: one dot, one or two '_', or any number of '-'. */
static size_t separator_len(struct span s)
{
	size_t n = 0;

	if (s.len > 0 && s.at[0] == '.')
		return 1;
	if (s.len > 0 && s.at[0] == '_')
		return s.len > 1 && s.at[1] == '_' ? 2 : 1;
	while (n < s.len && s.at[n] == '-')
		n++;
	return n;
}

static size_t word_len(struct span s)
{
	size_t n = 0;

	while (n < s.len && (is_lower(s.at[n]) || is_digit(s.at[n])))
		n++;
	return n;
}

static bool is_component(struct span s)
{
	size_t n = word_len(s);

	if (n == 0)
		return false;
	for (s = span_from(s, n); s.len > 0; s = span_from(s, n)) {
		n = separator_len(s);
		if (n == 0)
			return false;
		s = span_from(s, n);
		n = word_len(s);
		if (n == 0)
			return false;
	}
	return true;
}

static int check_component(const struct reader *in, struct span s)
{
	bool has_upper = false;

	if (is_component(s))
		return 0;
	if (s.len == 0)
		return refuse(in, "a part of the name is empty");
	for (size_t i = 0; i < s.len; i++)
		has_upper |= is_upper(s.at[i]);
	if (has_upper && is_component(span_of(lower_copy(in->a, s))))
		return err_hint(in->err,
				refuse(in, "'%s': repository names are in lower case",
				       show(s).text),
				"type '%s'", lower_copy(in->a, s));
	return refuse(
		in,
		"'%s' is no part of a repository name: lower-case letters and digits, "
		"with '.', '_', '__' or '-' between them",
		show(s).text);
}

static int check_path(const struct reader *in, struct span s)
{
	struct span part;
	int r;

	while (span_cut(s, '/', &part, &s)) {
		r = check_component(in, part);
		if (r < 0)
			return r;
	}
	return check_component(in, s);
}

/* "debian" is "library/debian" where Docker's official images are. */
static const char *repository_in(struct arena *a, const char *registry,
				 const char *repository)
{
	if (strcmp(registry, docker_hub) == 0 && !strchr(repository, '/'))
		return arena_printf(a, "library/%s", repository);
	return repository;
}

static const char *registry_name(struct arena *a, struct span s)
{
	const char *name = lower_copy(a, s);

	return strcmp(name, "index.docker.io") == 0 ? docker_hub : name;
}

static int read_name(const struct reader *in, struct span s, struct image_ref *ret)
{
	struct span first, rest;
	int r;

	if (span_cut(s, '/', &first, &rest) && looks_like_registry(first)) {
		if (!is_registry(first, in->a))
			return refuse(in, "'%s' is no registry: HOST[:PORT] is wanted",
				      show(first).text);
		ret->registry = registry_name(in->a, first);
		s = rest;
	} else if (ret->is_remote_only) {
		ret->registry = docker_hub;
	}
	r = check_path(in, s);
	if (r < 0)
		return r;
	ret->repository = arena_strndup(in->a, s.at, s.len);
	if (ret->registry)
		ret->repository = repository_in(in->a, ret->registry, ret->repository);
	if (strlen(ret->repository) + (ret->registry ? strlen(ret->registry) + 1 : 0) >
	    MAX_NAME)
		return refuse(in, "the name is longer than %d characters", MAX_NAME);
	return 0;
}

/* An id has the shape of a name, and is never one. */
static bool is_image_id(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_hex(s.at[i]) || is_upper(s.at[i]))
			return false;
	return s.len == DIGEST_HEX_LEN;
}

/* The ':' of a tag is in the last part; one before it is a port's. */
static bool cut_tag(struct span s, struct span *name, struct span *tag)
{
	const char *slash = memrchr(s.at, '/', s.len);
	size_t skip = slash ? (size_t)(slash - s.at) + 1 : 0;
	struct span before;

	if (!span_cut(span_from(s, skip), ':', &before, tag))
		return false;
	*name = (struct span){s.at, skip + before.len};
	return true;
}

static int read_registry(const struct reader *in, struct span s, struct image_ref *ret)
{
	struct span name = s, digest, tag;
	int r = 0;

	if (is_image_id(s))
		return refuse(in, "%d hexadecimal digits are an image id, no name",
			      DIGEST_HEX_LEN);
	if (span_cut(s, '@', &name, &digest))
		r = read_digest(in, digest, ret);
	if (r == 0 && cut_tag(name, &name, &tag))
		r = read_tag(in, tag, ret);
	if (r == 0)
		r = read_name(in, name, ret);
	if (r == 0 && !ret->has_tag && !ret->has_digest)
		ret->tag = "latest";
	return r;
}

/* --- transports --- */

static int read_remote(const struct reader *in, struct span s, struct image_ref *ret)
{
	ret->transport = REF_REGISTRY;
	ret->is_remote_only = true;
	return read_registry(in, s, ret);
}

static int read_host(const struct reader *in, struct span s, struct image_ref *ret)
{
	(void)in;
	(void)s;
	ret->transport = REF_HOST;
	return 0;
}

/* A path to the end of the text. */
static int read_path(const struct reader *in, struct span s, struct image_ref *ret)
{
	if (s.len == 0)
		return refuse(in, "the path is empty");
	ret->path = arena_strndup(in->a, s.at, s.len);
	return 0;
}

/* Names are compared with what is in the archive, and printed. */
static int read_inner_name(const struct reader *in, struct span s, struct image_ref *ret)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] <= ' ' || s.at[i] >= 0x7f)
			return refuse(in,
				      "name '%s' has a blank or a byte that is no ASCII",
				      show(s).text);
	if (s.len > 0)
		ret->name = arena_strndup(in->a, s.at, s.len);
	return 0;
}

/* PATH[:NAME]: the path ends at the first colon, which is how skopeo reads it. */
static int read_path_name(const struct reader *in, struct span s, struct image_ref *ret)
{
	struct span path = s, name;
	int r = 0;

	if (span_cut(s, ':', &path, &name))
		r = read_inner_name(in, name, ret);
	return r < 0 ? r : read_path(in, path, ret);
}

static int refuse_scheme(const struct reader *in, struct span s, struct image_ref *ret)
{
	(void)ret;
	return err_hint(in->err, refuse(in, "a reference is a name, no URL"), "type '%s'",
			show(s).text);
}

static int refuse_daemon(const struct reader *in, struct span s, struct image_ref *ret)
{
	(void)ret;
	return err_hint(in->err, refuse(in, "images of a Docker daemon cannot be read"),
			"docker save -o FILE %s, then docker-archive:FILE", show(s).text);
}

static int refuse_storage(const struct reader *in, struct span s, struct image_ref *ret)
{
	(void)ret;
	return err_hint(
		in->err, refuse(in, "podman's and buildah's storage cannot be read"),
		"podman save --format=oci-archive -o FILE %s, then oci-archive:FILE",
		show(s).text);
}

static int refuse_transport(const struct reader *in, struct span s, struct image_ref *ret)
{
	(void)s;
	(void)ret;
	return err_hint(in->err, refuse(in, "this transport is not supported"),
			"skopeo can copy the image to oci:DIR or oci-archive:FILE");
}

static const struct transport {
	const char *prefix;
	enum ref_transport kind;
	int (*read)(const struct reader *in, struct span rest, struct image_ref *ret);
} transports[] = {
	{"docker://", REF_REGISTRY, read_remote},
	{"oci:", REF_OCI, read_path_name},
	{"oci-archive:", REF_OCI_ARCHIVE, read_path_name},
	{"docker-archive:", REF_DOCKER_ARCHIVE, read_path_name},
	{"dir:", REF_DIR, read_path},
	{"rootfs:", REF_ROOTFS, read_path},
	{"http://", REF_REGISTRY, refuse_scheme},
	{"https://", REF_REGISTRY, refuse_scheme},
	{"docker-daemon:", REF_REGISTRY, refuse_daemon},
	{"containers-storage:", REF_REGISTRY, refuse_storage},
	{"ostree:", REF_REGISTRY, refuse_transport},
	{"sif:", REF_REGISTRY, refuse_transport},
	{"tarball:", REF_REGISTRY, refuse_transport},
};

static const char *transport_prefix(enum ref_transport kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(transports); i++)
		if (transports[i].kind == kind)
			return transports[i].prefix;
	return "host:";
}

static int read_reference(const struct reader *in, struct image_ref *ret)
{
	struct span s = span_of(in->text);

	/* Nothing is behind it: "host:5000/x" is a registry. */
	if (span_is(s, "host:"))
		return read_host(in, s, ret);
	for (size_t i = 0; i < ARRAY_SIZE(transports); i++) {
		const struct transport *t = &transports[i];

		if (strncmp(s.at, t->prefix, strlen(t->prefix)) != 0)
			continue;
		ret->transport = t->kind;
		return t->read(in, span_from(s, strlen(t->prefix)), ret);
	}
	ret->transport = REF_REGISTRY;
	return read_registry(in, s, ret);
}

int ref_parse(const char *text, struct arena *a, struct image_ref *ret, struct err *err)
{
	const struct reader in = {.text = text, .a = a, .err = err};
	struct image_ref ref = {0};
	int r;

	if (!text[0])
		return err_say(err, -EINVAL, "image reference: it is empty");
	if (strnlen(text, REF_MAX_LEN + 1) > REF_MAX_LEN)
		return refuse(&in, "it is longer than %d bytes", REF_MAX_LEN);
	r = read_reference(&in, &ref);
	if (r < 0)
		return r;
	*ret = ref;
	return 0;
}

const char *ref_text(const struct image_ref *ref, struct arena *a)
{
	if (ref->transport != REF_REGISTRY)
		return arena_printf(a, "%s%s%s%s", transport_prefix(ref->transport),
				    ref->path ? ref->path : "", ref->name ? ":" : "",
				    ref->name ? ref->name : "");
	return arena_printf(a, "%s%s%s%s%s%s%s", ref->registry ? ref->registry : "",
			    ref->registry ? "/" : "", ref->repository,
			    ref->tag ? ":" : "", ref->tag ? ref->tag : "",
			    ref->has_digest ? "@" : "",
			    ref->has_digest ? ref->digest.text : "");
}

struct image_ref ref_qualify(const struct image_ref *ref, const char *prefix,
			     struct arena *a)
{
	struct image_ref ret = *ref;
	struct span registry = span_of(prefix), path = {0};

	if (ref->transport != REF_REGISTRY || ref->registry)
		return ret;
	while (registry.len > 0 && registry.at[registry.len - 1] == '/')
		registry.len--;
	span_cut(registry, '/', &registry, &path);
	ret.registry = registry_name(a, registry);
	if (path.len > 0)
		ret.repository = arena_printf(a, "%.*s/%s", (int)path.len, path.at,
					      ref->repository);
	ret.repository = repository_in(a, ret.registry, ret.repository);
	return ret;
}
