/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ref.h - what a user calls an image
 *
 *	debian				short: which registry is a matter of registries.conf
 *	docker.io/library/debian:12	full
 *	host:5000/x/y@sha256:...	full, by digest
 *	docker://debian:12		the same, from the registry for sure
 *	oci:DIR[:NAME]			an OCI image layout
 *	oci-archive:FILE[:NAME]		the same as a tar archive
 *	docker-archive:FILE[:REF]	what `docker save` writes
 *	dir:DIR				manifest and blobs as plain files
 *	rootfs:DIR, host:		no image: see `urun run`
 *
 * The grammar of names, tags and digests is that of the distribution project; the first part of
 * a name is a registry when it has a dot or a colon, or is "localhost". "docker.io/debian" is
 * "docker.io/library/debian", and a name with neither tag nor digest means the tag "latest".
 * So is "docker://debian". Hosts become lower case. 64 hexadecimal digits are an image's id and
 * no name: whoever knows ids looks there first.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "image/digest.h"

enum ref_transport {
	REF_REGISTRY, /* a name, with docker:// or without */
	REF_OCI,
	REF_OCI_ARCHIVE,
	REF_DOCKER_ARCHIVE,
	REF_DIR,
	REF_ROOTFS,
	REF_HOST,
};

struct image_ref {
	enum ref_transport transport;
	const char *path;	/* of a layout, an archive or a folder; else NULL */
	const char *shown;	/* for messages, where another path opens it; or NULL */
	const char *name;	/* within it, as it was typed; or NULL */
	const char *registry;	/* "docker.io"; NULL for a short name */
	const char *repository; /* "library/debian"; of a short name "debian" */
	const char *tag;	/* NULL: none was given and a digest was */
	bool has_tag;		/* @tag was given: it is not "latest" for want of one */
	bool has_digest;
	bool is_remote_only; /* docker:// */
	struct digest digest;
};

#define REF_MAX_LEN 4096

/**
 * ref_parse() - read a reference
 * @text: at most REF_MAX_LEN bytes
 * @a:    owns the parts
 * @ret:  untouched on failure
 * @err:  says which part is wrong, and how it should look
 *
 * Pure. Return: 0 or -EINVAL.
 */
int ref_parse(const char *text, struct arena *a, struct image_ref *ret, struct err *err);

/* The whole name of an image in a registry: "docker.io/library/debian:12", with "@sha256:..."
 * behind it when it has a digest. Without "docker://"; another transport's with its prefix. Read
 * again it means the same, but for a short name that is called as a transport is: "oci". */
const char *ref_text(const struct image_ref *ref, struct arena *a);

/* A short name with a registry in front: "debian" and "docker.io" make
 * "docker.io/library/debian". @prefix may have a path: "quay.io/mine". */
struct image_ref ref_qualify(const struct image_ref *ref, const char *prefix,
			     struct arena *a);
