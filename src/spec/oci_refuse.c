// SPDX-License-Identifier: Apache-2.0
/*
 * oci_refuse.c - what a document may ask for and this version cannot give
 *
 * Silence would be a broken promise: a limit or a label that is asked for is there, or
 * there is no container.
 */
#include <stdio.h>
#include <string.h>

#include "spec/oci_parts.h"

/* Known, and not given: refused when it asks for something. The path is cut at its dots. */
static const struct {
	const char *path, *why; /* NULL: not yet */
} refused[] = {
	{"solaris", "for another system than Linux"},
	{"windows", "for another system than Linux"},
	{"zos", "for another system than Linux"},
	{"vm", "no virtual machine is made here"},
	{"linux.intelRdt", "not supported: groups of resctrl are root's to make"},
	{"linux.memoryPolicy",
	 "not supported: linux.resources.cpu.mems chooses the nodes of memory"},
	{"linux.netDevices", "not supported: a device of the host is root's to move"},
	/* Of resources, what cgroup v1 alone has, and what is to be compared first. */
	{"linux.resources.cpu.realtimePeriod", NULL},
	{"linux.resources.cpu.realtimeRuntime", NULL},
	{"linux.resources.memory.checkBeforeUpdate", NULL},
	{"linux.resources.memory.disableOOMKiller", NULL},
	{"linux.resources.memory.kernel", NULL},
	{"linux.resources.memory.kernelTCP", NULL},
	{"linux.resources.memory.swappiness", NULL},
	{"linux.resources.network", NULL},
};

/* Empty, or without a limit, as engines write what nobody asked for. */
static bool is_nothing(struct oci *o, const struct json_at *at)
{
	const char *text = "";
	bool is_true = false, is_all = true;
	int64_t number = 0;

	switch (json_kind(at)) {
	case JSON_KIND_ABSENT:
		return true;
	case JSON_KIND_STRING:
		return json_read_str(at, o->spec->arena, &text, NULL) == 0 && !text[0];
	case JSON_KIND_BOOL:
		return json_read_bool(at, &is_true, NULL) == 0 && !is_true;
	case JSON_KIND_INTEGER:
		/* But no swapping is something. */
		return json_read_i64(at, -1, 0, &number, NULL) == 0 &&
		       (!at->key || strcmp(at->key, "swappiness") != 0 || number < 0);
	case JSON_KIND_REAL:
		return false;
	case JSON_KIND_OBJECT:
	case JSON_KIND_ARRAY:
		break;
	}
	if (json_count(at) > OCI_MAX_MEMBERS)
		return false;
	for (size_t i = 0; is_all && i < json_count(at); i++) {
		struct json_at item = json_index(at, i);

		if (json_kind(at) == JSON_KIND_OBJECT)
			json_member(at, i, &item);
		is_all = is_nothing(o, &item);
	}
	return is_all;
}

static int refuse_path(struct oci *o, const struct json_at *at, const char *path,
		       const char *why)
{
	size_t len = strcspn(path, ".");
	char key[32];
	struct json_at next;

	snprintf(key, sizeof(key), "%.*s", (int)len, path);
	next = json_key(at, key);
	if (path[len] == '.') {
		int r = json_expect(&next, JSON_KIND_OBJECT, o->err);

		return r < 0 ? r : refuse_path(o, &next, path + len + 1, why);
	}
	if (is_nothing(o, &next))
		return 0;
	return oci_refuse(o, &next, why ? why : "not supported by this version");
}

int oci_refuse_known(struct oci *o)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(refused); i++)
		r = refuse_path(o, &o->doc, refused[i].path, refused[i].why);
	return r;
}
