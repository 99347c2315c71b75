// SPDX-License-Identifier: Apache-2.0
/*
 * platform.c - which machine an image is for, and which of several fits: see manifest.h
 *
 * Names are Go's, as the image specification has them (image-index.md).
 */
#include <string.h>

#include "image/document.h"
#include "image/manifest.h"

struct platform platform_native(void)
{
	struct platform p = {.os = "linux"};

#if defined(__x86_64__)
	p.architecture = "amd64";
#elif defined(__i386__)
	p.architecture = "386";
#elif defined(__aarch64__)
	p.architecture = "arm64";
	p.variant = "v8";
#elif defined(__arm__)
	p.architecture = "arm";
#if defined(__ARM_ARCH) && __ARM_ARCH == 5
	p.variant = "v5";
#elif defined(__ARM_ARCH) && __ARM_ARCH == 6
	p.variant = "v6";
#else
	p.variant = "v7";
#endif
#elif defined(__riscv) && __riscv_xlen == 64
	p.architecture = "riscv64";
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
	p.architecture = "ppc64le";
#elif defined(__s390x__)
	p.architecture = "s390x";
#else
#error "which GOARCH is this?"
#endif
	return p;
}

/* Names that people type for what Go calls otherwise. */
static const struct {
	const char *typed, *architecture, *variant;
} architecture_aliases[] = {
	{"x86_64", "amd64", NULL}, {"x86-64", "amd64", NULL},  {"i386", "386", NULL},
	{"i686", "386", NULL},	   {"aarch64", "arm64", NULL}, {"armhf", "arm", "v7"},
	{"armel", "arm", "v6"},
};

static bool is_platform_word(const char *s)
{
	return s[0] && s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789._-")] == '\0';
}

int platform_parse(const char *text, struct arena *a, struct platform *ret)
{
	char *words[3] = {0}, *rest = arena_strdup(a, text);
	struct platform p;

	for (size_t i = 0; i < ARRAY_SIZE(words) && rest; i++)
		words[i] = strsep(&rest, "/");
	if (rest || !words[1])
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i] && !is_platform_word(words[i]))
			return -EINVAL;
	p = (struct platform){
		.os = words[0], .architecture = words[1], .variant = words[2]};
	for (size_t i = 0; i < ARRAY_SIZE(architecture_aliases); i++)
		if (strcmp(words[1], architecture_aliases[i].typed) == 0) {
			p.architecture = architecture_aliases[i].architecture;
			if (!p.variant)
				p.variant = architecture_aliases[i].variant;
		}
	*ret = p;
	return 0;
}

bool platform_fits(const struct platform *p, const struct image_config *config)
{
	const char *os = config->os, *architecture = config->architecture;

	return (!os || !*os || strcmp(os, p->os) == 0) &&
	       (!architecture || !*architecture ||
		strcmp(architecture, p->architecture) == 0);
}

/* "v8.2" is 802; what is not given is what all machines of the architecture can run; -EINVAL
 * for a variant that is no number, such as "power9". */
static int variant_level(const char *architecture, const char *variant)
{
	static const struct {
		const char *architecture;
		int level;
	} plain[] = {{"amd64", 100}, {"arm", 700}, {"arm64", 800}};
	unsigned int level = 0, minor = 0;
	const char *s = variant;

	if (!variant) {
		for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
			if (strcmp(architecture, plain[i].architecture) == 0)
				return plain[i].level;
		return 0;
	}
	s += *s == 'v';
	if (!(*s >= '0' && *s <= '9'))
		return -EINVAL;
	for (; *s >= '0' && *s <= '9' && level < 100; s++)
		level = level * 10 + (unsigned int)(*s - '0');
	if (*s == '.' && s[1] >= '0' && s[1] <= '9')
		for (s++; *s >= '0' && *s <= '9' && minor < 10; s++)
			minor = minor * 10 + (unsigned int)(*s - '0');
	return *s ? -EINVAL : (int)(level * 100 + minor);
}

/* How well an entry's variant fits: the higher the better, negative when it does not. */
static int variant_fit(const struct descriptor *d, const struct platform *p)
{
	int can, needs;

	if (d->variant && p->variant && strcmp(d->variant, p->variant) == 0)
		return INT32_MAX;
	can = variant_level(p->architecture, p->variant);
	needs = variant_level(p->architecture, d->variant);
	if (can < 0) /* only plain images are known to run on it */
		return d->variant ? -EINVAL : 0;
	return needs <= can ? needs : -EINVAL;
}

/* Could it be an image at all? Attestations say that their platform is "unknown". */
static bool is_candidate(const struct descriptor *d)
{
	const char *type = NULL;
	enum document_kind kind = document_kind(d->media_type, &type);

	return (kind == DOCUMENT_MANIFEST || kind == DOCUMENT_INDEX) &&
	       !d->artifact_type && !(d->os && strcmp(d->os, "unknown") == 0) &&
	       !(d->architecture && strcmp(d->architecture, "unknown") == 0);
}

static bool has_platform(const struct descriptor *d)
{
	return d->os || d->architecture;
}

static bool is_same(const char *a, const char *b)
{
	return a && strcmp(a, b) == 0;
}

const struct descriptor *manifest_choose(const struct manifest *index,
					 const struct platform *p)
{
	const struct descriptor *best = NULL, *only = NULL;
	int best_fit = -1, fit;
	size_t n = 0;

	for (size_t i = 0; i < index->n_images; i++) {
		const struct descriptor *d = &index->images[i];

		if (!is_candidate(d))
			continue;
		only = d;
		n++;
		if (!is_same(d->os, p->os) || !is_same(d->architecture, p->architecture))
			continue;
		fit = variant_fit(d, p);
		if (fit > best_fit) {
			best = d;
			best_fit = fit;
		}
	}
	return !best && n == 1 && !has_platform(only) ? only : best;
}
