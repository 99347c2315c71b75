// SPDX-License-Identifier: Apache-2.0
/*
 * document.c - see document.h
 */
#include "image/document.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *media_type;
	enum document_kind kind;
} kinds[] = {
	{OCI_INDEX, DOCUMENT_INDEX},
	{OCI_MANIFEST, DOCUMENT_MANIFEST},
	{DOCKER_LIST, DOCUMENT_INDEX},
	{DOCKER_MANIFEST, DOCUMENT_MANIFEST},
	{"application/vnd.docker.distribution.manifest.v1+json", DOCUMENT_SCHEMA_1},
	{"application/vnd.docker.distribution.manifest.v1+prettyjws", DOCUMENT_SCHEMA_1},
	{"application/vnd.oci.artifact.manifest.v1+json", DOCUMENT_ARTIFACT},
};

enum document_kind document_kind(const char *media_type, const char **ret)
{
	size_t len;

	if (!media_type)
		return DOCUMENT_UNKNOWN;
	len = strcspn(media_type, "; \t");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strlen(kinds[i].media_type) == len &&
		    strncasecmp(media_type, kinds[i].media_type, len) == 0) {
			*ret = kinds[i].media_type;
			return kinds[i].kind;
		}
	return DOCUMENT_UNKNOWN;
}

struct document_text document_show(const char *s)
{
	struct document_text ret;

	text_escape(ret.text, sizeof(ret.text), s);
	return ret;
}

int document_unsupported(const struct json_at *at, struct err *err, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	json_invalid(at, err, "%s", text);
	if (err)
		err->code = -ENOTSUP;
	return -ENOTSUP;
}

int document_read_text(const struct json_at *up, const char *key, struct arena *a,
		       const char **ret, struct err *err)
{
	struct json_at at = json_key(up, key);
	const char *s = NULL;
	int r = json_read_str(&at, a, &s, err);

	if (r == 0 && s && s[0])
		*ret = s;
	return r;
}

int document_read_digest(const struct json_at *at, struct arena *a, struct digest *ret,
			 struct err *err)
{
	const char *s = NULL;
	int r = json_read_str(at, a, &s, err);

	if (r < 0)
		return r;
	if (!s)
		return json_invalid(at, err, "is missing");
	if (digest_parse(s, strlen(s), ret) < 0)
		return json_invalid(at, err,
				    "'%s' is not 'sha256:' and %d hexadecimal digits",
				    document_show(s).text, DIGEST_HEX_LEN);
	return 0;
}
