// SPDX-License-Identifier: Apache-2.0
/*
 * oci_read_fs.c - OCI's lists become operations: mounts (oci_read_mounts.c), devices, masked
 * and read-only paths, in this order
 */
#include <string.h>

#include "base/mountattr.h"
#include "spec/oci_parts.h"

/* The devices that every container has. */
static const struct {
	const char *path;
	uint32_t major, minor;
} default_nodes[] = {
	{"/dev/null", 1, 3},   {"/dev/zero", 1, 5},    {"/dev/full", 1, 7},
	{"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0},
};

static const struct {
	const char *path, *target;
} default_links[] = {
	{"/dev/fd", "/proc/self/fd"},
	{"/dev/stdin", "/proc/self/fd/0"},
	{"/dev/stdout", "/proc/self/fd/1"},
	{"/dev/stderr", "/proc/self/fd/2"},
};

static void add_device(struct oci *o, const char *path, bool is_default)
{
	struct fsop *op = spec_add_fsop(o->spec, FSOP_DEVICE, path);

	op->source = path;
	op->attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
	op->is_default = is_default;
}

/* Where the document says nothing of /dev, the rootfs's own gets what is in every
 * container. A bind is somebody's /dev, complete as it is. */
static void add_default_devices(struct oci *o)
{
	for (size_t i = 0; i < o->spec->n_fsops; i++)
		if (strcmp(o->spec->fsops[i].dest, "/dev") == 0)
			return;
	for (size_t i = 0; i < ARRAY_SIZE(default_nodes); i++)
		add_device(o, default_nodes[i].path, true);
	for (size_t i = 0; i < ARRAY_SIZE(default_links); i++) {
		struct fsop *op =
			spec_add_fsop(o->spec, FSOP_SYMLINK, default_links[i].path);

		op->source = default_links[i].target;
		op->is_default = true;
	}
}

struct device {
	const char *path;
	uint32_t major, minor;
};

/* 1 for a default device, 0 for another one, -EINVAL for a name that lies. */
static int is_default_device(struct oci *o, const struct json_at *at, const char *type,
			     const struct device *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(default_nodes); i++) {
		if (strcmp(d->path, default_nodes[i].path) != 0)
			continue;
		if (type[0] != 'b' && d->major == default_nodes[i].major &&
		    d->minor == default_nodes[i].minor)
			return 1;
		return json_invalid(at, o->err, "%s is character device %u:%u", d->path,
				    default_nodes[i].major, default_nodes[i].minor);
	}
	return 0;
}

/* The host's node of that name is bound: only root makes one, and so its mode and owner
 * stay those of the host. */
static int read_device(struct oci *o, const struct json_at *at)
{
	static const struct oci_field fields[] = {
		{"path", OCI_STRING, offsetof(struct device, path), 0},
		{"major", OCI_NUMBER, offsetof(struct device, major), UINT32_MAX},
		{"minor", OCI_NUMBER, offsetof(struct device, minor), UINT32_MAX},
		{0},
	};
	struct json_at type = json_key(at, "type"), path = json_key(at, "path");
	struct device d = {0};
	const char *word;
	int r = oci_read_fields(o, at, fields, &d);

	if (r == 0)
		r = oci_read_name(o, &type, "a type", &word);
	if (r < 0)
		return r;
	if (strcmp(word, "p") == 0)
		return oci_refuse(o, &type, "a FIFO is not supported");
	if (strcmp(word, "c") != 0 && strcmp(word, "u") != 0 && strcmp(word, "b") != 0)
		return json_invalid(&type, o->err, "expected c, b, u or p");
	if (!d.path || d.path[0] != '/')
		return json_invalid(&path, o->err, "expected an absolute path");
	d.path = spec_clean_path(o->spec->arena, d.path);
	if (strcmp(d.path, "/") == 0)
		return json_invalid(&path, o->err, "'/' is no device");
	r = is_default_device(o, at, word, &d);
	if (r == 0)
		add_device(o, d.path, false);
	return MIN(r, 0);
}

static int read_protected(struct oci *o, const struct json_at *at, enum fsop_kind kind)
{
	const char *path;
	int r = oci_read_name(o, at, "a path", &path);
	struct fsop *op;

	if (r == 0 && path[0] != '/')
		r = json_invalid(at, o->err, "expected an absolute path");
	return r < 0 ? r : oci_add_op(o, at, kind, &op);
}

static int read_masked(struct oci *o, const struct json_at *at)
{
	return read_protected(o, at, FSOP_MASK);
}

static int read_readonly(struct oci *o, const struct json_at *at)
{
	return read_protected(o, at, FSOP_READONLY);
}

static int read_ops(struct oci *o, const struct json_at *list,
		    int (*read)(struct oci *, const struct json_at *))
{
	size_t n = MIN(o->spec->n_fsops, (size_t)SPEC_MAX_FSOPS);

	return oci_read_each(o, list, SPEC_MAX_FSOPS - n, read);
}

int oci_read_fs(struct oci *o)
{
	struct json_at mounts = json_key(&o->doc, "mounts"),
		       devices = json_key(&o->linux_, "devices"),
		       masked = json_key(&o->linux_, "maskedPaths"),
		       readonly = json_key(&o->linux_, "readonlyPaths");
	int r = read_ops(o, &mounts, oci_read_mount);

	if (r < 0)
		return r;
	add_default_devices(o);
	r = read_ops(o, &devices, read_device);
	if (r == 0)
		r = read_ops(o, &masked, read_masked);
	if (r == 0)
		r = read_ops(o, &readonly, read_readonly);
	return r;
}
