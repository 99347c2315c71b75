// SPDX-License-Identifier: Apache-2.0
/*
 * manifest.c - fuzz target: the JSON documents of an image
 *
 * The first byte says what an input is: 'c' a config, a digit a manifest or an index and what it
 * was served as.
 */
#include "image/manifest.h"

#include <string.h>

#include "fuzz.h"

static const char *const served[] = {
	NULL,
	"application/vnd.oci.image.manifest.v1+json",
	"application/vnd.oci.image.index.v1+json",
	"application/vnd.docker.distribution.manifest.list.v2+json; charset=utf-8",
	"application/vnd.docker.distribution.manifest.v2+json",
	"application/vnd.docker.distribution.manifest.v1+prettyjws",
	"application/json",
};

static void check_digest(const struct digest *d)
{
	struct digest again;

	fuzz_check(digest_parse(d->text, strlen(d->text), &again) == 0, "%s", d->text);
}

static void check_descriptor(const struct descriptor *d)
{
	fuzz_check(d->media_type && d->media_type[0], "no media type");
	fuzz_check(d->size <= UINT64_C(1) << 53, "%llu bytes",
		   (unsigned long long)d->size);
	check_digest(&d->digest);
}

static void check_choice(const struct manifest *m, const char *platform, struct arena *a)
{
	const struct descriptor *d;
	struct platform p;

	fuzz_check(platform_parse(platform, a, &p) == 0, "%s", platform);
	d = manifest_choose(m, &p);
	if (!d)
		return;
	fuzz_check(d >= m->images && d < m->images + m->n_images, "from elsewhere");
	fuzz_check(!d->artifact_type, "an artifact");
	fuzz_check(!d->os || strcmp(d->os, p.os) == 0, "%s is not %s", d->os, p.os);
	fuzz_check(!d->architecture || strcmp(d->architecture, p.architecture) == 0,
		   "%s is not %s", d->architecture, p.architecture);
}

static void check_manifest(const struct manifest *m, struct arena *a)
{
	fuzz_check(m->media_type, "no media type");
	fuzz_check(m->n_images <= MANIFEST_MAX_IMAGES, "%zu images", m->n_images);
	fuzz_check(m->n_layers <= MANIFEST_MAX_LAYERS, "%zu layers", m->n_layers);
	fuzz_check(m->is_index ? m->n_layers == 0 : m->n_images == 0, "both kinds");
	for (size_t i = 0; i < m->n_images; i++)
		check_descriptor(&m->images[i]);
	for (size_t i = 0; i < m->n_layers; i++) {
		check_descriptor(&m->layers[i]);
		manifest_compression(m->layers[i].media_type);
	}
	if (!m->is_index) {
		check_descriptor(&m->config);
		return;
	}
	check_choice(m, "linux/amd64", a);
	check_choice(m, "linux/arm/v7", a);
	check_choice(m, "linux/arm64/v8.2", a);
}

static void check_pairs(const struct strv *s)
{
	for (size_t i = 0; i < s->n; i++)
		fuzz_check(s->v[i][0] != '=' && strchr(s->v[i], '='), "%s", s->v[i]);
}

static void check_config(const struct image_config *c)
{
	check_pairs(&c->env);
	check_pairs(&c->labels);
	fuzz_check(c->n_diff_ids <= MANIFEST_MAX_LAYERS, "%zu layers", c->n_diff_ids);
	fuzz_check(c->n_history <= MANIFEST_MAX_KEYS, "%zu steps", c->n_history);
	fuzz_check(c->volumes.n <= MANIFEST_MAX_KEYS, "%zu volumes", c->volumes.n);
	for (size_t i = 0; i < c->n_diff_ids; i++)
		check_digest(&c->diff_ids[i]);
	fuzz_check(!c->user || c->user[0], "an empty user");
	fuzz_check(c->health.interval_ns >= 0 && c->health.timeout_ns >= 0 &&
			   c->health.start_period_ns >= 0,
		   "a negative time");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_arena_ struct arena a = {0};
	const char *text = (const char *)data + 1;
	struct image_config config = {.n_history = 7};
	struct manifest m = {.n_layers = 7};
	struct err err = {0};
	int r;

	if (size == 0)
		return 0;
	if (data[0] == 'c') {
		r = image_config_parse(text, size - 1, &a, &config, &err);
		if (r == 0)
			check_config(&config);
		else
			fuzz_check(config.n_history == 7, "a failure left something");
	} else {
		r = manifest_parse(text, size - 1,
				   served[(uint8_t)(data[0] - '0') % ARRAY_SIZE(served)],
				   &a, &m, &err);
		if (r == 0)
			check_manifest(&m, &a);
		else
			fuzz_check(m.n_layers == 7, "a failure left something");
	}
	if (r < 0)
		fuzz_check_err(r, &err);
	return 0;
}
