// SPDX-License-Identifier: Apache-2.0
/*
 * oci_read.c - spec_from_oci(): see oci.h
 *
 * What OCI leaves open counts as OCI has it: a namespace that is not listed is the
 * caller's, no capabilities object is no capability, no seccomp object is no filter.
 * Below "org.urun" stands what says otherwise.
 * Source: OCI runtime specification 1.2, config.md and config-linux.md.
 */
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "spec/oci.h"
#include "spec/oci_parts.h"
#include "spec/words.h"

#define MAX_NAME      128
#define MAX_LAYERS    1000 /* of an image */
#define LAYER_HEX_LEN 64

static int read_version(struct oci *o)
{
	struct json_at at = json_key(&o->doc, "ociVersion");
	const char *version;
	int r = oci_read_name(o, &at, "a version", &version);

	if (r < 0)
		return r;
	return strncmp(version, "1.", 2) == 0 ? 0
					      : oci_refuse(o, &at, "only 1.x is known");
}

/* "HEX/tree", as the store of images has it. */
static bool is_layer(const char *name)
{
	return strlen(name) == LAYER_HEX_LEN + strlen("/tree") &&
	       strspn(name, "0123456789abcdef") == LAYER_HEX_LEN &&
	       strcmp(name + LAYER_HEX_LEN, "/tree") == 0;
}

static int read_layers(struct oci *o)
{
	struct spec_root *root = &o->spec->root;
	struct json_at list = json_key(&o->own, "layers"),
		       changes = json_key(&o->own, "changes");
	int r = json_read_strv(&list, o->spec->arena, &root->layers, o->err);

	if (r == 0 && (root->layers.n == 0 || root->layers.n > MAX_LAYERS))
		r = json_invalid(&list, o->err, "1 to %d layers", MAX_LAYERS);
	for (size_t i = 0; r == 0 && i < root->layers.n; i++)
		if (!is_layer(root->layers.v[i]))
			r = json_invalid(&list, o->err, "'%s' is no layer",
					 root->layers.v[i]);
	return r < 0 ? r : oci_read_name(o, &changes, "a folder", &root->changes);
}

static int read_root(struct oci *o)
{
	static const char *const kinds[] = {"folder", "host", "layers", NULL};
	static const struct oci_field fields[] = {
		{"readonly", OCI_BOOL, offsetof(struct spec_root, is_readonly), 0}, {0}};
	struct spec_root *root = &o->spec->root;
	struct json_at at = json_key(&o->doc, "root"), path = json_key(&at, "path");
	struct json_at kind = json_key(&o->own, "root"),
		       driver = json_key(&o->own, "storageDriver");
	int kind_at = 0, place = (int)root->driver;
	int r = oci_read_fields(o, &at, fields, root);

	if (r == 0)
		r = oci_read_word(o, &kind, kinds, &kind_at);
	if (r == 0)
		r = oci_read_word(o, &driver, words_driver, &place);
	if (r < 0)
		return r;
	root->driver = (enum storage_driver)place;
	root->kind = kind_at == 1 ? ROOT_HOST : kind_at == 2 ? ROOT_LAYERS : ROOT_DIR;
	if (root->kind == ROOT_HOST)
		return json_expect(&path, JSON_KIND_STRING, o->err);
	r = oci_read_name(o, &path, "a folder", &root->path);
	if (r == 0)
		root->path = oci_from_bundle(o, root->path);
	return r == 0 && root->kind == ROOT_LAYERS ? read_layers(o) : r;
}

static int read_annotations(struct oci *o)
{
	struct json_at list = json_key(&o->doc, "annotations");
	int r = json_expect(&list, JSON_KIND_OBJECT, o->err);

	if (r == 0 && json_count(&list) > OCI_MAX_MEMBERS)
		return json_invalid(&list, o->err, "more than %d annotations",
				    OCI_MAX_MEMBERS);
	for (size_t i = 0; r == 0 && i < json_count(&list); i++) {
		struct json_at item;
		const char *key = json_member(&list, i, &item), *value = "";

		/* A spec keeps them as KEY=VALUE. */
		if (!key[0] || strchr(key, '='))
			return json_invalid(&item, o->err,
					    "a key is not empty and has no '='");
		r = json_read_str(&item, o->spec->arena, &value, o->err);
		if (r == 0)
			strv_pushf(o->spec->arena, &o->spec->annotations, "%s=%s", key,
				   value);
	}
	return r;
}

/* The name becomes a file's: it is held by a lock. */
static int check_name(struct oci *o)
{
	struct json_at at = json_key(&o->own, "name");
	const char *name = o->spec->name;
	size_t len = name ? strlen(name) : 0;

	if (!name)
		return 0;
	if (len == 0 || len > MAX_NAME || strchr("_.-", name[0]) ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789_.-") != len)
		return json_invalid(&at, o->err,
				    "letters, digits, '_', '.' and '-', at most %d",
				    MAX_NAME);
	return 0;
}

static int read_names(struct oci *o)
{
	static const struct oci_field fields[] = {
		{"hostname", OCI_STRING, offsetof(struct spec, hostname), 0},
		{"domainname", OCI_STRING, offsetof(struct spec, domainname), 0},
		{0},
	};
	static const struct oci_field own[] = {
		{"name", OCI_STRING, offsetof(struct spec, name), 0},
		{"pidfile", OCI_STRING, offsetof(struct spec, pidfile), 0},
		{"overlay", OCI_BOOL, offsetof(struct spec, root.want_overlay), 0},
		{"volatile", OCI_BOOL, offsetof(struct spec, root.is_volatile), 0},
		{"containerEnv", OCI_BOOL, offsetof(struct spec, is_container_env), 0},
		{0},
	};
	int r = oci_read_fields(o, &o->doc, fields, o->spec);

	if (r == 0)
		r = oci_read_fields(o, &o->own, own, o->spec);
	if (r < 0)
		return r;
	/* Go writes what is not set as an empty string. */
	if (o->spec->hostname && !o->spec->hostname[0])
		o->spec->hostname = NULL;
	if (o->spec->domainname && !o->spec->domainname[0])
		o->spec->domainname = NULL;
	return check_name(o);
}

/* Digits of the number at @text, when it is one that the JSON library has no type for:
 * 2^63 to 2^64 - 1. Else 0. */
static size_t large_number(const char *text, size_t len, uint64_t *ret)
{
	char digits[24];
	size_t n = 0;

	while (n < len && n < sizeof(digits) - 1 && text[n] >= '0' && text[n] <= '9') {
		digits[n] = text[n];
		n++;
	}
	digits[n] = '\0';
	if (n < 19 || n > 20 || (n < len && strchr(".eE0123456789", text[n])))
		return 0;
	return parse_u64(digits, ret) == 0 && *ret > INT64_MAX ? n : 0;
}

/**
 * fold_numbers() - write numbers above INT64_MAX as the negative ones of the same bits
 * @text, @len: borrowed
 * @ret_len: bytes of the result
 *
 * Go writes "no limit" as 18446744073709551615, which the JSON library refuses. Readers
 * of such a value take the bits; all others find a negative number out of range.
 * Return: malloc'ed text, or NULL when out of memory.
 */
static char *fold_numbers(const char *text, size_t len, size_t *ret_len)
{
	/* 19 digits may become 19 digits and a sign. */
	char *out = malloc(len + len / 19 + 1);
	bool is_string = false;
	size_t used = 0;

	for (size_t i = 0; out && i < len; i++) {
		bool is_first = i == 0 || !strchr("+-.eE0123456789", text[i - 1]);
		uint64_t v;
		size_t n =
			is_string || !is_first ? 0 : large_number(text + i, len - i, &v);

		if (n > 0) {
			char number[24];
			int width = snprintf(number, sizeof(number), "-%llu",
					     (unsigned long long)(0 - v));

			memcpy(out + used, number, (size_t)width);
			used += (size_t)width;
			i += n - 1;
			continue;
		}
		out[used++] = text[i];
		if (is_string && text[i] == '\\' && i + 1 < len)
			out[used++] = text[++i];
		else if (text[i] == '"')
			is_string = !is_string;
	}
	*ret_len = used;
	return out;
}

static int parse(const char *text, size_t len, struct json **ret, struct err *err)
{
	_cleanup_free_ char *folded = NULL;

	if (len > JSON_MAX_BYTES)
		return json_parse(text, len, ret, err);
	folded = fold_numbers(text, len, &len);
	if (!folded)
		return err_set(err, -ENOMEM, "read a document of %zu bytes", len);
	return json_parse(folded, len, ret, err);
}

/* The whole ordered filesystem, or what OCI's lists make of it. */
static int read_filesystem(struct oci *o)
{
	struct json_at ops = json_key(&o->own, "filesystem");

	return json_is_present(&ops) ? oci_read_ops(o) : oci_read_fs(o);
}

int spec_read_process(struct spec *spec, const char *text, size_t len, struct err *err)
{
	_cleanup_json_ struct json *doc = NULL;
	struct oci o = {.spec = spec, .err = err};
	int r = parse(text, len, &doc, err);

	if (r < 0)
		return r;
	o.process = json_root(doc);
	o.process.key = "process";
	r = json_expect(&o.process, JSON_KIND_OBJECT, err);
	if (r < 0)
		return r;
	spec->process = (struct spec_process){0};
	spec->security.caps = (struct spec_caps){0};
	spec->security.apparmor_profile = spec->security.selinux_label = NULL;
	return oci_read_process(&o);
}

int spec_from_oci(struct spec *spec, const char *text, size_t len, const char *bundle,
		  struct err *err)
{
	static int (*const parts[])(struct oci *) = {
		read_version,	   oci_refuse_known,   read_root,	read_names,
		read_annotations,  oci_read_process,   oci_read_linux,	oci_read_network,
		oci_read_resolver, oci_read_resources, read_filesystem, oci_read_hooks,
		oci_find_unknown,
	};
	_cleanup_json_ struct json *doc = NULL;
	struct oci o = {.spec = spec, .bundle = bundle, .err = err};
	int r = parse(text, len, &doc, err);

	if (r < 0)
		return r;
	o.doc = json_root(doc);
	if (json_kind(&o.doc) != JSON_KIND_OBJECT)
		return err_say(err, -EINVAL, "document: it is no JSON object");
	o.process = json_key(&o.doc, "process");
	o.linux_ = json_key(&o.doc, "linux");
	o.own = json_key(&o.doc, "org.urun");
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(parts); i++)
		r = parts[i](&o);
	return r;
}

int spec_read_resources(struct spec *spec, const char *text, size_t len, struct err *err)
{
	static const char before[] = "{\"linux\":{\"resources\":", after[] = "}}";
	_cleanup_json_ struct json *alone = NULL, *doc = NULL;
	struct oci o = {.spec = spec, .err = err};
	char *whole;
	int r = parse(text, len, &alone, err);

	/* It is one document: what is put around it closes nothing of it. */
	if (r < 0)
		return r;
	whole = arena_printf(spec->arena, "%s%.*s%s", before, (int)len, text, after);
	r = parse(whole, strlen(whole), &doc, err);
	if (r < 0)
		return r;
	o.doc = json_root(doc);
	o.linux_ = json_key(&o.doc, "linux");
	o.own = json_key(&o.doc, "org.urun");
	r = oci_refuse_known(&o);
	return r < 0 ? r : oci_read_resources(&o);
}
