// SPDX-License-Identifier: Apache-2.0
/*
 * config.c - reads an image's config: see image_config_parse() in manifest.h
 *
 * What it says is data, and means nothing yet: whoever runs the image looks at it again. Source:
 * image-spec 1.1, config.md; health checks, shells and ONBUILD are Docker's.
 */
#include <string.h>

#include "base/json.h"
#include "image/document.h"
#include "image/manifest.h"

/* The keys of an object, whatever stands behind them. */
static int read_keys(const struct json_at *up, const char *key, struct arena *a,
		     struct strv *ret, struct err *err)
{
	struct json_at at = json_key(up, key), value;
	size_t n = json_count(&at);
	int r = json_expect(&at, JSON_KIND_OBJECT, err);

	if (r < 0)
		return r;
	if (n > MANIFEST_MAX_KEYS)
		return json_invalid(&at, err, "%zu entries, at most %d", n,
				    MANIFEST_MAX_KEYS);
	for (size_t i = 0; i < n; i++)
		strv_push(a, ret, arena_strdup(a, json_member(&at, i, &value)));
	return 0;
}

static int read_labels(const struct json_at *up, struct arena *a, struct strv *ret,
		       struct err *err)
{
	struct json_at at = json_key(up, "Labels"), value;
	size_t n = json_count(&at);
	int r = json_expect(&at, JSON_KIND_OBJECT, err);

	if (r < 0)
		return r;
	if (n > MANIFEST_MAX_KEYS)
		return json_invalid(&at, err, "%zu entries, at most %d", n,
				    MANIFEST_MAX_KEYS);
	for (size_t i = 0; i < n; i++) {
		const char *key = json_member(&at, i, &value), *text = "";

		if (!key[0] || strchr(key, '='))
			return json_invalid(&value, err, "no name of a label");
		r = json_read_str(&value, a, &text, err);
		if (r < 0)
			return r;
		strv_pushf(a, ret, "%s=%s", key, text);
	}
	return 0;
}

static int read_words(const struct json_at *up, const char *key, struct arena *a,
		      struct strv *ret, struct err *err)
{
	struct json_at at = json_key(up, key);

	return json_read_strv(&at, a, ret, err);
}

/* A bare NAME would be taken from the environment of whoever starts it (CVE-2026-57231). */
static int read_env(const struct json_at *up, struct arena *a, struct strv *ret,
		    struct err *err)
{
	struct json_at at = json_key(up, "Env");
	int r = json_read_strv(&at, a, ret, err);

	for (size_t i = 0; r == 0 && i < ret->n; i++) {
		struct json_at item = json_index(&at, i);

		if (ret->v[i][0] == '=' || !strchr(ret->v[i], '='))
			r = json_invalid(&item, err, "'%s' is not NAME=VALUE",
					 document_show(ret->v[i]).text);
	}
	return r;
}

static int read_duration(const struct json_at *up, const char *key, int64_t *ret,
			 struct err *err)
{
	struct json_at at = json_key(up, key);

	return json_read_i64(&at, 0, INT64_MAX, ret, err);
}

static int read_health(const struct json_at *up, struct arena *a,
		       struct image_health *ret, struct err *err)
{
	struct json_at at = json_key(up, "Healthcheck"),
		       retries = json_key(&at, "Retries");
	int r = json_expect(&at, JSON_KIND_OBJECT, err);

	if (r == 0)
		r = read_words(&at, "Test", a, &ret->test, err);
	if (r == 0)
		r = read_duration(&at, "Interval", &ret->interval_ns, err);
	if (r == 0)
		r = read_duration(&at, "Timeout", &ret->timeout_ns, err);
	if (r == 0)
		r = read_duration(&at, "StartPeriod", &ret->start_period_ns, err);
	return r < 0 ? r : json_read_u32(&retries, INT32_MAX, &ret->retries, err);
}

static int read_process(const struct json_at *at, struct arena *a, struct image_config *c,
			struct err *err)
{
	const struct {
		const char *key;
		struct strv *ret;
	} lists[] = {
		{"Entrypoint", &c->entrypoint},
		{"Cmd", &c->cmd},
		{"Shell", &c->shell},
		{"OnBuild", &c->on_build},
	};
	const struct {
		const char *key;
		const char **ret;
	} texts[] = {
		{"User", &c->user},
		{"WorkingDir", &c->working_dir},
		{"StopSignal", &c->stop_signal},
	};
	int r = read_env(at, a, &c->env, err);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(lists); i++)
		r = read_words(at, lists[i].key, a, lists[i].ret, err);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(texts); i++)
		r = document_read_text(at, texts[i].key, a, texts[i].ret, err);
	return r;
}

static int read_run(const struct json_at *doc, struct arena *a, struct image_config *c,
		    struct err *err)
{
	struct json_at at = json_key(doc, "config");
	int r = json_expect(&at, JSON_KIND_OBJECT, err);

	if (r == 0)
		r = read_process(&at, a, c, err);
	if (r == 0)
		r = read_keys(&at, "Volumes", a, &c->volumes, err);
	if (r == 0)
		r = read_keys(&at, "ExposedPorts", a, &c->exposed_ports, err);
	if (r == 0)
		r = read_labels(&at, a, &c->labels, err);
	return r < 0 ? r : read_health(&at, a, &c->health, err);
}

static int read_diff_ids(const struct json_at *rootfs, struct arena *a,
			 struct image_config *c, struct err *err)
{
	struct json_at at = json_key(rootfs, "diff_ids");
	size_t n = json_count(&at);
	int r = json_expect(&at, JSON_KIND_ARRAY, err);

	if (r < 0)
		return r;
	if (n > MANIFEST_MAX_LAYERS)
		return json_invalid(&at, err, "%zu layers, at most %d", n,
				    MANIFEST_MAX_LAYERS);
	c->diff_ids = arena_alloc(a, MAX(n, 1u) * sizeof(*c->diff_ids));
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct json_at item = json_index(&at, i);

		r = document_read_digest(&item, a, &c->diff_ids[i], err);
	}
	c->n_diff_ids = n;
	return r;
}

static int read_rootfs(const struct json_at *doc, struct arena *a, struct image_config *c,
		       struct err *err)
{
	struct json_at at = json_key(doc, "rootfs"), type_at = json_key(&at, "type");
	const char *type = NULL;
	int r = json_expect(&at, JSON_KIND_OBJECT, err);

	if (r < 0)
		return r;
	if (!json_is_present(&at))
		return json_invalid(&at, err, "is missing");
	r = document_read_text(&at, "type", a, &type, err);
	if (r < 0)
		return r;
	if (type && strcmp(type, "layers") != 0)
		return document_unsupported(&type_at, err, "'%s' is not 'layers'",
					    document_show(type).text);
	return read_diff_ids(&at, a, c, err);
}

static int read_history_entry(const struct json_at *at, struct arena *a,
			      struct image_history *h, struct err *err)
{
	struct json_at empty = json_key(at, "empty_layer");
	int r = json_expect(at, JSON_KIND_OBJECT, err);

	if (r == 0)
		r = document_read_text(at, "created", a, &h->created, err);
	if (r == 0)
		r = document_read_text(at, "created_by", a, &h->created_by, err);
	if (r == 0)
		r = document_read_text(at, "comment", a, &h->comment, err);
	return r < 0 ? r : json_read_bool(&empty, &h->is_empty_layer, err);
}

static int read_history(const struct json_at *doc, struct arena *a,
			struct image_config *c, struct err *err)
{
	struct json_at at = json_key(doc, "history");
	size_t n = json_count(&at);
	int r = json_expect(&at, JSON_KIND_ARRAY, err);

	if (r < 0)
		return r;
	if (n > MANIFEST_MAX_KEYS)
		return json_invalid(&at, err, "%zu entries, at most %d", n,
				    MANIFEST_MAX_KEYS);
	c->history = arena_alloc(a, MAX(n, 1u) * sizeof(*c->history));
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct json_at item = json_index(&at, i);

		r = read_history_entry(&item, a, &c->history[i], err);
	}
	c->n_history = n;
	return r;
}

static int read_image_config(const struct json_at *doc, struct arena *a,
			     struct image_config *c, struct err *err)
{
	const struct {
		const char *key;
		const char **ret;
	} texts[] = {
		{"os", &c->os},		  {"architecture", &c->architecture},
		{"variant", &c->variant}, {"created", &c->created},
		{"author", &c->author},
	};
	int r = json_expect(doc, JSON_KIND_OBJECT, err);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(texts); i++)
		r = document_read_text(doc, texts[i].key, a, texts[i].ret, err);
	if (r == 0)
		r = read_run(doc, a, c, err);
	if (r == 0)
		r = read_rootfs(doc, a, c, err);
	return r < 0 ? r : read_history(doc, a, c, err);
}

int image_config_parse(const char *text, size_t len, struct arena *a,
		       struct image_config *ret, struct err *err)
{
	_cleanup_json_ struct json *doc = NULL;
	struct image_config c = {0};
	struct json_at root;
	int r = json_parse(text, len, &doc, err);

	if (r < 0)
		return r;
	root = json_root(doc);
	r = read_image_config(&root, a, &c, err);
	if (r < 0)
		return r;
	*ret = c;
	return 0;
}
