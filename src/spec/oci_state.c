// SPDX-License-Identifier: Apache-2.0
/*
 * oci_state.c - the state of a container, as hooks and listeners are told it
 *
 * Source: OCI runtime specification 1.2, runtime.md.
 */
#include <string.h>

#include "base/json.h"
#include "spec/oci.h"

void oci_put_annotations(struct json *doc, const struct strv *pairs, struct arena *a)
{
	struct json *to = pairs->n ? json_put_object(doc, "annotations") : NULL;

	for (size_t i = 0; i < pairs->n; i++) {
		size_t len = strcspn(pairs->v[i], "=");

		json_put_str(to, arena_strndup(a, pairs->v[i], len),
			     pairs->v[i] + len + (pairs->v[i][len] == '='));
	}
}

char *spec_state_text(const struct spec *spec, const char *status, pid_t pid,
		      struct arena *a)
{
	_cleanup_json_ struct json *doc = json_new_object();
	_cleanup_free_ char *text = NULL;

	json_put_str(doc, "ociVersion", OCI_VERSION);
	json_put_str(doc, "id", spec->id);
	json_put_str(doc, "status", status);
	if (pid > 0)
		json_put_int(doc, "pid", pid);
	json_put_str(doc, "bundle", spec->bundle);
	oci_put_annotations(doc, &spec->annotations, a);
	text = json_text(doc, false);
	return arena_strdup(a, text ? text : "{}");
}
