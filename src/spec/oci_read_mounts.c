// SPDX-License-Identifier: Apache-2.0
/*
 * oci_read_mounts.c - one entry of mounts becomes an operation
 *
 * Source: OCI runtime specification 1.2, config.md, "Linux mount options"; crun(1) for
 * copy-symlink, src-nofollow and dest-nofollow.
 */
#include <string.h>

#include "base/mountattr.h"
#include "base/parse.h"
#include "spec/mountopt.h"
#include "spec/oci_parts.h"

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
	struct oci_ranges uids, gids;
	struct strv rest; /* those for the filesystem itself */
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
	if (r == 0)
		r = oci_read_ranges(o, &uids, &m->uids);
	if (r == 0)
		r = oci_read_ranges(o, &gids, &m->gids);
	if (r == 0 && (m->uids.n_v > 0) != (m->gids.n_v > 0))
		return json_invalid(m->uids.n_v ? &gids : &uids, o->err,
				    "uidMappings and gidMappings go together");
	return r;
}

/* A name of /proc/filesystems. */
static bool is_fstype(const char *type)
{
	return type && type[0] && strcmp(type, "none") != 0 &&
	       strspn(type, "abcdefghijklmnopqrstuvwxyz0123456789_.") == strlen(type);
}

/* What else the kernel knows, and what it lets this caller have of it. */
static int add_other(struct oci *o, const struct mount *m, const char *type,
		     struct fsop **ret)
{
	int r;

	if (!is_fstype(type))
		return json_invalid(&m->type, o->err,
				    "a type is needed, or the option bind");
	r = oci_add_op(o, &m->dest, FSOP_FS, ret);
	if (r < 0)
		return r;
	(*ret)->fstype = type;
	return json_read_str(&m->source, o->spec->arena, &(*ret)->source, o->err);
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
	return add_other(o, m, type, ret);
}

/* Words that are in effect anyway, or concern the kernel's log alone. */
static bool asks_for_nothing(const char *word)
{
	static const char *const words[] = {"async",	  "nolazytime", "nomand",
					    "noiversion", "loud",	"silent"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

/* Words of a filesystem, and not of a mount of it. */
static bool is_of_filesystem(const char *word)
{
	static const char *const words[] = {"sync", "dirsync", "lazytime", "mand"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

/* crun's words for links. */
static int bind_word(struct oci *o, const struct json_at *at, const char *word,
		     struct fsop *op)
{
	const struct {
		const char *word;
		bool *flag;
	} links[] = {
		{"copy-symlink", &op->is_link_copied},
		{"src-nofollow", &op->is_source_link},
		{"dest-nofollow", &op->is_dest_link},
	};

	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		if (strcmp(word, links[i].word) != 0)
			continue;
		*links[i].flag = true;
		return 0;
	}
	return oci_refuse(o, at,
			  is_of_filesystem(word)
				  ? "a bind has what its filesystem was mounted with"
				  : "not supported for a bind");
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
	if (asks_for_nothing(word))
		return 0;
	if (strcmp(word, "remount") == 0)
		return oci_refuse(o, at, "what is mounted already is not changed");
	if (strcmp(word, "iversion") == 0)
		return oci_refuse(o, at, "no filesystem takes it from a mount any more");
	if (strcmp(word, "idmap") == 0 || strcmp(word, "ridmap") == 0) {
		op->is_idmapped = true;
		op->is_idmap_recursive = word[0] == 'r';
		return op->kind == FSOP_BIND
			       ? 0
			       : json_invalid(at, o->err, "goes with a bind");
	}
	switch (op->kind) {
	case FSOP_TMPFS:
	case FSOP_DEVTREE:
		return tmpfs_word(o, at, word, m, op);
	case FSOP_BIND:
		return bind_word(o, at, word, op);
	case FSOP_FS:
	case FSOP_DEVICE:
	case FSOP_DIR:
	case FSOP_FILE:
	case FSOP_SYMLINK:
	case FSOP_OVERLAY:
	case FSOP_MASK:
	case FSOP_READONLY:
	case FSOP_REMOUNT:
	case FSOP_COPY:
	case FSOP_CHMOD:
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
	if (op->kind != FSOP_BIND && m->uids.n_v > 0)
		return oci_refuse(o, &m->at, "only a bind takes an id map");
	if (op->kind != FSOP_BIND)
		return join_data(o, m, &op->data);
	op->is_idmapped |= m->uids.n_v > 0;
	op->uids = m->uids.v;
	op->n_uids = m->uids.n_v;
	op->gids = m->gids.v;
	op->n_gids = m->gids.n_v;
	if (op->is_idmapped && (op->is_source_link || op->is_link_copied))
		return oci_refuse(o, &m->options, "a link has no id map");
	r = oci_read_name(o, &m->source, "a source", &op->source);
	if (r == 0)
		op->source = oci_from_bundle(o, op->source);
	return r;
}

int oci_read_mount(struct oci *o, const struct json_at *at)
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
