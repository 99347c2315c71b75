// SPDX-License-Identifier: Apache-2.0
/*
 * oci_read_fs.c - OCI's lists become operations: mounts, devices, masked and read-only
 * paths, in this order
 */
#include <string.h>

#include "base/mountattr.h"
#include "base/parse.h"
#include "spec/mountopt.h"
#include "spec/oci_parts.h"
#include "spec/words.h"

#define MAX_DATA    4095 /* what mount(2) takes, but for its NUL */
#define MAX_OPTIONS 256

static const struct {
	const char *type;
	enum fsop_kind kind;
	const char *fstype;
} mount_types[] = {
	{"bind", FSOP_BIND, NULL},
	{"tmpfs", FSOP_TMPFS, NULL},
	{"proc", FSOP_FS, "proc"},
	{"sysfs", FSOP_FS, "sysfs"},
	{"devpts", FSOP_FS, "devpts"},
	{"mqueue", FSOP_FS, "mqueue"},
	{"cgroup2", FSOP_FS, "cgroup2"},
	/* Whatever the kernel calls the hierarchy that there is. */
	{"cgroup", FSOP_FS, "cgroup2"},
};

/* One entry of mounts, while it is read. */
struct mount {
	struct json_at at, type, source, dest, options;
	const char *type_word;
	struct strv words; /* options */
	struct strv rest;  /* those for the filesystem itself */
};

static int read_mount_words(struct oci *o, struct mount *m)
{
	struct json_at uids = json_key(&m->at, "uidMappings"),
		       gids = json_key(&m->at, "gidMappings");
	size_t n;
	int r = json_expect(&m->at, JSON_KIND_OBJECT, o->err);

	if (r == 0)
		r = json_read_str(&m->type, o->spec->arena, &m->type_word, o->err);
	if (r == 0)
		r = oci_read_list(o, &m->options, MAX_OPTIONS, &n);
	if (r == 0)
		r = json_read_strv(&m->options, o->spec->arena, &m->words, o->err);
	if (r == 0 && json_count(&uids) > 0)
		r = oci_refuse(o, &uids, "mounts with an id map are not supported");
	if (r == 0 && json_count(&gids) > 0)
		r = oci_refuse(o, &gids, "mounts with an id map are not supported");
	return r;
}

/* The operation for a mount. "bind" is a type or an option, and wins over other types. */
static int add_mount(struct oci *o, const struct mount *m, struct fsop **ret)
{
	bool is_bind = strv_has(&m->words, "bind") || strv_has(&m->words, "rbind");
	const char *type = is_bind ? "bind" : m->type_word;

	for (size_t i = 0; type && i < ARRAY_SIZE(mount_types); i++) {
		int r;

		if (strcmp(type, mount_types[i].type) != 0)
			continue;
		r = oci_add_op(o, &m->dest, mount_types[i].kind, ret);
		if (r < 0)
			return r;
		(*ret)->fstype = mount_types[i].fstype;
		/* A kernel without cgroup v2, or one that shows it to nobody: there is
		 * nothing to see. */
		(*ret)->is_optional = strncmp(type, "cgroup", 6) == 0;
		/* A fresh /dev is filled by the runtime, not by the document. */
		if ((*ret)->kind == FSOP_TMPFS && strcmp((*ret)->dest, "/dev") == 0)
			(*ret)->kind = FSOP_DEVTREE;
		return 0;
	}
	return oci_refuse(o, &m->type,
			  "not supported; bind, tmpfs, proc, sysfs, devpts, mqueue and "
			  "cgroup are");
}

static int tmpfs_word(struct oci *o, const struct json_at *at, const char *word,
		      struct mount *m, struct fsop *op)
{
	if (strncmp(word, "size=", 5) == 0 && parse_size(word + 5, &op->size_bytes) == 0)
		return 0;
	if (strncmp(word, "mode=", 5) == 0) {
		op->has_mode = true;
		return parse_octal(word + 5, OCI_MAX_MODE, &op->mode) < 0
			       ? json_invalid(at, o->err, "no octal mode")
			       : 0;
	}
	if (op->kind == FSOP_DEVTREE)
		return oci_refuse(o, at, "not supported for /dev");
	if (strcmp(word, "tmpcopyup") == 0)
		op->is_copyup = true;
	else
		strv_push(o->spec->arena, &m->rest, word);
	return 0;
}

static int mount_word(struct oci *o, const struct json_at *at, const char *word,
		      struct mount *m, struct fsop *op)
{
	if (mountopt_apply(word, op))
		return 0;
	if (strcmp(word, "idmap") == 0 || strcmp(word, "ridmap") == 0)
		return oci_refuse(o, at, "mounts with an id map are not supported");
	switch (op->kind) {
	case FSOP_TMPFS:
	case FSOP_DEVTREE:
		return tmpfs_word(o, at, word, m, op);
	case FSOP_BIND:
		return oci_refuse(o, at, "not supported for a bind");
	case FSOP_FS:
	case FSOP_DEVICE:
	case FSOP_DIR:
	case FSOP_FILE:
	case FSOP_SYMLINK:
	case FSOP_OVERLAY:
	case FSOP_MASK:
	case FSOP_READONLY:
	case FSOP_COUNT:
		break;
	}
	strv_push(o->spec->arena, &m->rest, word);
	return 0;
}

/* "a,b,c", made at once: word by word, a long list would be copied as often as it has
 * words. */
static int join_data(struct oci *o, const struct mount *m, const char **ret)
{
	size_t len = 0, used = 0;
	char *data;

	for (size_t i = 0; i < m->rest.n; i++)
		len += strlen(m->rest.v[i]) + 1;
	if (len == 0)
		return 0;
	if (len - 1 > MAX_DATA)
		return json_invalid(&m->options, o->err, "longer than %d bytes",
				    MAX_DATA);
	data = arena_alloc(o->spec->arena, len);
	for (size_t i = 0; i < m->rest.n; i++) {
		size_t n = strlen(m->rest.v[i]);

		memcpy(data + used, m->rest.v[i], n);
		used += n;
		data[used++] = ',';
	}
	data[len - 1] = '\0';
	*ret = data;
	return 0;
}

static int finish_mount(struct oci *o, const struct mount *m, struct fsop *op)
{
	int r;

	/* "rw" is the default's name: a source that is read-only on the host stays so. */
	op->attr_clear &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	if (op->kind == FSOP_DEVTREE && (op->attr_set & MOUNT_ATTR_RDONLY))
		return oci_refuse(o, &m->options, "a read-only /dev is not supported");
	if (op->kind != FSOP_BIND)
		return join_data(o, m, &op->data);
	r = oci_read_name(o, &m->source, "a source", &op->source);
	if (r == 0)
		op->source = oci_from_bundle(o, op->source);
	return r;
}

static int read_mount(struct oci *o, const struct json_at *at)
{
	struct mount m = {.at = *at};
	struct fsop *op;
	int r;

	m.type = json_key(at, "type");
	m.source = json_key(at, "source");
	m.dest = json_key(at, "destination");
	m.options = json_key(at, "options");
	r = read_mount_words(o, &m);
	if (r == 0)
		r = add_mount(o, &m, &op);
	for (size_t i = 0; r == 0 && i < m.words.n; i++) {
		struct json_at item = json_index(&m.options, i);

		r = mount_word(o, &item, m.words.v[i], &m, op);
	}
	return r < 0 ? r : finish_mount(o, &m, op);
}

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
	int r = read_ops(o, &mounts, read_mount);

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
