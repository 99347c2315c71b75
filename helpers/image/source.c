// SPDX-License-Identifier: Apache-2.0
/*
 * source.c - see source.h
 */
#include "source.h"

int source_open(const struct image_ref *ref, const struct source_options *o,
		struct arena *a, struct source **ret, struct err *err)
{
	switch (ref->transport) {
	case REF_REGISTRY:
		return source_open_registry(ref, o, a, ret, err);
	case REF_OCI:
		return source_open_layout(ref, o, a, ret, err);
	case REF_OCI_ARCHIVE:
	case REF_DOCKER_ARCHIVE:
		return source_open_archive(ref, o, a, ret, err);
	case REF_DIR:
		return source_open_dir(ref, o, a, ret, err);
	case REF_ROOTFS:
	case REF_HOST:
		break;
	}
	return err_say(err, -EINVAL, "'rootfs:' and 'host:' are no images to be copied");
}
