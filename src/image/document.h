/* SPDX-License-Identifier: Apache-2.0 */
/*
 * document.h - what the readers of an image's documents share
 */
#pragma once

#include "base/json.h"
#include "image/digest.h"

#define OCI_INDEX	"application/vnd.oci.image.index.v1+json"
#define OCI_MANIFEST	"application/vnd.oci.image.manifest.v1+json"
#define OCI_CONFIG	"application/vnd.oci.image.config.v1+json"
#define DOCKER_LIST	"application/vnd.docker.distribution.manifest.list.v2+json"
#define DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define DOCKER_CONFIG	"application/vnd.docker.container.image.v1+json"

enum document_kind {
	DOCUMENT_UNKNOWN, /* the type says nothing: application/json */
	DOCUMENT_INDEX,
	DOCUMENT_MANIFEST,
	DOCUMENT_SCHEMA_1,
	DOCUMENT_ARTIFACT,
};

/**
 * document_kind() - what a media type says
 * @media_type: in any case, and with parameters behind it ("; charset=utf-8"); may be NULL
 * @ret:        the same as it should be written, static; untouched when it is unknown
 */
enum document_kind document_kind(const char *media_type, const char **ret);

/* Text from a document as it is shown in a message. */
struct document_text {
	char text[160];
};
struct document_text document_show(const char *s);

/* "<path>: <text>" for what is well-formed and not for us. Return: -ENOTSUP. */
int document_unsupported(const struct json_at *at, struct err *err, const char *fmt, ...)
	_printf_(3, 4);

/* Reads a member that is a string. An empty one, which is how Go writes nothing, leaves @ret as it
 * is. Return: 0 or -EINVAL. */
int document_read_text(const struct json_at *up, const char *key, struct arena *a,
		       const char **ret, struct err *err);

/* Reads a digest, which must be there. Return: 0 or -EINVAL. */
int document_read_digest(const struct json_at *at, struct arena *a, struct digest *ret,
			 struct err *err);
