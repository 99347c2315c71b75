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

static void put_state(struct json *doc, const struct spec *spec, const char *status,
		      pid_t pid, struct arena *a)
{
	json_put_str(doc, "ociVersion", OCI_VERSION);
	json_put_str(doc, "id", spec->id);
	json_put_str(doc, "status", status);
	if (pid > 0)
		json_put_int(doc, "pid", pid);
	json_put_str(doc, "bundle", spec->bundle);
	oci_put_annotations(doc, &spec->annotations, a);
}

static char *text_of(const struct json *doc, struct arena *a)
{
	_cleanup_free_ char *text = json_text(doc, false);

	return arena_strdup(a, text ? text : "{}");
}

char *spec_state_text(const struct spec *spec, const char *status, pid_t pid,
		      struct arena *a)
{
	_cleanup_json_ struct json *doc = json_new_object();

	put_state(doc, spec, status, pid, a);
	return text_of(doc, a);
}

char *spec_listener_text(const struct spec *spec, const char *status, pid_t pid,
			 pid_t first_pid, struct arena *a)
{
	_cleanup_json_ struct json *doc = json_new_object();

	json_put_str(doc, "ociVersion", OCI_VERSION);
	json_add_str(json_put_array(doc, "fds"), "seccompFd");
	json_put_int(doc, "pid", pid);
	json_put_str(doc, "metadata", spec->security.listener_metadata);
	put_state(json_put_object(doc, "state"), spec, status, first_pid, a);
	return text_of(doc, a);
}
