// SPDX-License-Identifier: Apache-2.0
/*
 * mount_options.c - -v, --mount, --tmpfs and --device, as podman spells them
 */
#include <string.h>

#include "base/mountattr.h"
#include "base/parse.h"
#include "cli/urun/request.h"
#include "spec/mountopt.h"

/* Cuts the next comma-separated word off a copied list. */
static char *next_word(char **list)
{
	char *word = *list;
	size_t len;

	if (!word || !*word)
		return NULL;
	len = strcspn(word, ",");
	*list = word + len + (word[len] == ',');
	word[len] = '\0';
	return word;
}

static int say_word(const char *word, struct err *err)
{
	return err_say(err, -EINVAL, "unknown mount option '%s'", word);
}

static int need_absolute(const char *path, struct err *err)
{
	return path[0] == '/'
		       ? 0
		       : err_say(err, -EINVAL,
				 "'%s': the place in the container is an absolute path",
				 path);
}

/* A bind as podman makes it: with the mounts below, no devices, nothing set-uid. Of a volume,
 * @source is its name; the folder is known when the store is. */
static struct fsop *add_bind(struct request *q, const char *source, const char *dest)
{
	struct fsop *op = spec_add_fsop(&q->spec, FSOP_BIND, dest);

	op->source = arena_strdup(q->arena, source);
	op->is_recursive = true;
	op->is_attr_recursive = true;
	op->attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
	op->propagation = MS_PRIVATE | MS_REC;
	return op;
}

struct fsop *request_add_volume(struct request *q, const char *name, const char *dest)
{
	struct fsop *op = add_bind(q, "", dest);

	op->volume = arena_strdup(q->arena, name);
	op->source = arena_printf(q->arena, "volumes/%s/_data", name);
	op->is_copyup = true;
	q->has_volumes = true;
	return op;
}

static int volume_word(struct fsop *op, const char *word, struct err *err)
{
	/* SELinux labels: nothing to do where it is off. */
	static const char *const accepted[] = {"z", "Z", "copy", "nocopy"};

	if (strcmp(word, "nocopy") == 0)
		op->is_copyup = false;
	for (size_t i = 0; i < ARRAY_SIZE(accepted); i++)
		if (strcmp(word, accepted[i]) == 0)
			return 0;
	if (strcmp(word, "O") == 0) {
		op->is_copyup = false;
		op->kind = FSOP_OVERLAY;
		return 0;
	}
	op->is_owned |= op->volume && strcmp(word, "U") == 0;
	if (strcmp(word, "U") == 0 && !op->volume)
		return err_say(err, -ENOTSUP,
			       "option 'U' (change the owner) is not supported: chown "
			       "the folder");
	if (strcmp(word, "U") == 0)
		return 0;
	if (strncmp(word, "upperdir=", 9) == 0 || strncmp(word, "workdir=", 8) == 0)
		return err_say(err, -ENOTSUP,
			       "option '%s' is not supported: 'O' is throw-away", word);
	return mountopt_apply(word, op) ? 0 : say_word(word, err);
}

/* A name that is no folder of the host. */
static bool is_volume_name(const char *source)
{
	return source[0] && source[0] != '/' && source[0] != '.';
}

/* Whoever makes the volume checks the whole name; what cannot be one is told here. */
static int check_volume_name(const char *name, struct err *err)
{
	if (!strpbrk(name, "/:") && strlen(name) <= REQUEST_MAX_VOLUME_NAME)
		return 0;
	err_say(err, -EINVAL, "'%s' is no name of a volume", name);
	return err_hint(err, -EINVAL, "A folder of the host begins with '/' or '.': ./%s",
			name);
}

int set_volume(void *target, const char *value, struct err *err)
{
	struct request *q = target;
	char *copy = arena_strdup(q->arena, value), *words = NULL, *word, *dest;
	bool is_volume;
	struct fsop *op;
	size_t n;
	int r;

	/* "/dst" alone: a volume without a name */
	dest = strchr(copy, ':');
	if (!dest) {
		dest = copy;
		copy = arena_strdup(q->arena, "");
	} else {
		*dest++ = '\0';
		if (!*copy)
			return err_say(err, -EINVAL, "'%s': an empty source", value);
	}
	words = strchr(dest, ':');
	if (words)
		*words++ = '\0';
	is_volume = !*copy || is_volume_name(copy);
	r = is_volume ? check_volume_name(copy, err) : 0;
	if (r == 0)
		r = need_absolute(dest, err);
	if (r < 0)
		return r;
	op = is_volume ? request_add_volume(q, copy, dest) : add_bind(q, copy, dest);
	for (n = 0; r == 0 && (word = next_word(&words)); n++)
		r = volume_word(op, word, err);
	if (r == 0 && op->kind == FSOP_OVERLAY && n > 1)
		return err_say(err, -EINVAL, "option 'O' goes with no other");
	/* "rw" is the default's name: a source that is read-only on the host stays so. */
	op->attr_clear &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	return r;
}

/* What --mount's key=value words say; a NULL value is a key without one. */
struct mount_words {
	const char *type, *source, *dest;
	struct fsop op; /* attributes gathered before the kind is known */
	uint64_t size_bytes;
	uint32_t mode;
	bool has_mode, no_copyup, no_volume_copy, is_nonrecursive;
	/* the last key that only such a mount has */
	const char *bind_key, *tmpfs_key, *volume_key;
};

static int mount_flag(struct mount_words *m, const char *key, const char *value,
		      struct err *err)
{
	static const char *const known[] = {"ro",	    "readonly",
					    "rw",	    "tmpcopyup",
					    "notmpcopyup",  "bind-nonrecursive",
					    "volume-nocopy"};
	bool is_on = true, is_known = false;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		is_known |= strcmp(key, known[i]) == 0;
	if (value && is_known && parse_bool(value, &is_on) < 0)
		return err_say(err, -EINVAL, "%s='%s': neither true nor false", key,
			       value);
	if (strcmp(key, "ro") == 0 || strcmp(key, "readonly") == 0)
		return mountopt_apply(is_on ? "ro" : "rw", &m->op) ? 0 : -EINVAL;
	if (strcmp(key, "rw") == 0)
		return mountopt_apply(is_on ? "rw" : "ro", &m->op) ? 0 : -EINVAL;
	if (strcmp(key, "tmpcopyup") == 0 || strcmp(key, "notmpcopyup") == 0) {
		m->no_copyup = (key[0] == 'n') == is_on;
		m->tmpfs_key = key;
	} else if (strcmp(key, "bind-nonrecursive") == 0) {
		m->is_nonrecursive = is_on;
		m->bind_key = key;
	} else if (strcmp(key, "volume-nocopy") == 0) {
		m->no_volume_copy = is_on;
		m->volume_key = key;
	} else if (!value && mountopt_apply(key, &m->op))
		return 0;
	else
		return err_say(err, -ENOTSUP, "key '%s' is not supported", key);
	return 0;
}

static int set_propagation(struct mount_words *m, const char *value, struct err *err)
{
	struct fsop op = {0};

	if (!mountopt_apply(value, &op) || !op.propagation)
		return say_word(value, err);
	m->op.propagation = op.propagation;
	return 0;
}

static int mount_word(struct mount_words *m, char *word, struct err *err)
{
	char *value = strchr(word, '=');

	if (value)
		*value++ = '\0';
	if (strcmp(word, "bind-propagation") == 0 || strcmp(word, "relabel") == 0)
		m->bind_key = word;
	else if (strncmp(word, "tmpfs-", 6) == 0)
		m->tmpfs_key = word;
	if (strcmp(word, "type") == 0 && value)
		m->type = value;
	else if ((strcmp(word, "src") == 0 || strcmp(word, "source") == 0) && value)
		m->source = value;
	else if ((strcmp(word, "dst") == 0 || strcmp(word, "dest") == 0 ||
		  strcmp(word, "destination") == 0 || strcmp(word, "target") == 0) &&
		 value)
		m->dest = value;
	else if (strcmp(word, "bind-propagation") == 0 && value)
		return set_propagation(m, value, err);
	else if (strcmp(word, "relabel") == 0 && value)
		return 0; /* SELinux: see volume_word() */
	else if (strcmp(word, "tmpfs-size") == 0 && value)
		return parse_size(value, &m->size_bytes) < 0
			       ? err_say(err, -EINVAL, "tmpfs-size='%s': no size", value)
			       : 0;
	else if (strcmp(word, "tmpfs-mode") == 0 && value) {
		m->has_mode = true;
		return parse_octal(value, 07777, &m->mode) < 0
			       ? err_say(err, -EINVAL, "tmpfs-mode='%s': no octal mode",
					 value)
			       : 0;
	} else
		return mount_flag(m, word, value, err);
	return 0;
}

/* What was asked for and has no meaning is not passed over. */
static int check_keys(const struct mount_words *m, struct err *err)
{
	bool is_bind = strcmp(m->type, "bind") == 0;
	bool is_volume = strcmp(m->type, "volume") == 0;
	bool is_tmpfs = strcmp(m->type, "tmpfs") == 0 || strcmp(m->type, "ramfs") == 0;
	const char *key = !is_bind && m->bind_key		? m->bind_key
			  : !is_tmpfs && m->tmpfs_key		? m->tmpfs_key
			  : !is_volume && m->volume_key		? m->volume_key
			  : !is_bind && !is_volume && m->source ? "source"
								: NULL;

	return key ? err_say(err, -EINVAL, "key '%s' does not go with type=%s", key,
			     m->type)
		   : 0;
}

static int add_mount(struct request *q, const struct mount_words *m, struct err *err)
{
	struct fsop *op;
	int r;

	if (!m->dest)
		return err_say(err, -EINVAL, "no destination: dst=PATH");
	r = need_absolute(m->dest, err);
	if (r < 0)
		return r;
	if (strcmp(m->type, "bind") == 0) {
		if (!m->source)
			return err_say(err, -EINVAL, "type=bind needs src=PATH");
		op = add_bind(q, m->source, m->dest);
		op->is_recursive = !m->is_nonrecursive;
		if (m->op.propagation)
			op->propagation = m->op.propagation;
	} else if (strcmp(m->type, "volume") == 0) {
		if (m->source && (!is_volume_name(m->source) ||
				  check_volume_name(m->source, NULL) < 0))
			return err_say(err, -EINVAL, "'%s' is no name of a volume",
				       m->source);
		op = request_add_volume(q, m->source ? m->source : "", m->dest);
		op->is_copyup = !m->no_volume_copy;
	} else if (strcmp(m->type, "tmpfs") == 0 || strcmp(m->type, "ramfs") == 0) {
		op = spec_add_fsop(&q->spec, FSOP_TMPFS, m->dest);
		op->attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
		op->size_bytes = m->size_bytes;
		op->mode = m->mode;
		op->has_mode = m->has_mode;
		op->is_copyup = !m->no_copyup;
	} else if (strcmp(m->type, "devpts") == 0) {
		op = spec_add_fsop(&q->spec, FSOP_FS, m->dest);
		op->fstype = "devpts";
		op->data = "newinstance,ptmxmode=0666,mode=0600";
		op->attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
	} else {
		return err_say(err, -ENOTSUP,
			       "type=%s is not supported; bind, volume, tmpfs and devpts "
			       "are",
			       m->type);
	}
	r = check_keys(m, err);
	if (r < 0)
		return r;
	op->attr_set = (op->attr_set & ~m->op.attr_clear) | m->op.attr_set;
	op->attr_clear = m->op.attr_clear & ~(uint64_t)MOUNT_ATTR_RDONLY;
	return 0;
}

int set_mount(void *target, const char *value, struct err *err)
{
	struct request *q = target;
	struct mount_words m = {.type = "bind"};
	char *words = arena_strdup(q->arena, value), *word;
	int r = 0;

	while (r == 0 && (word = next_word(&words)))
		r = mount_word(&m, word, err);
	return r < 0 ? r : add_mount(q, &m, err);
}

static int tmpfs_word(struct request *q, struct fsop *op, const char *word,
		      struct err *err)
{
	if (strncmp(word, "size=", 5) == 0) {
		/* A percentage is the kernel's own notation. */
		if (parse_size(word + 5, &op->size_bytes) < 0) {
			size_t digits = strspn(word + 5, "0123456789");

			if (digits == 0 || strcmp(word + 5 + digits, "%") != 0)
				return err_say(err, -EINVAL, "'%s': no size", word);
			op->data =
				op->data ? arena_printf(q->arena, "%s,%s", op->data, word)
					 : arena_strdup(q->arena, word);
		}
		return 0;
	}
	if (strncmp(word, "mode=", 5) == 0) {
		op->has_mode = true;
		return parse_octal(word + 5, 07777, &op->mode) < 0
			       ? err_say(err, -EINVAL, "'%s': no octal mode", word)
			       : 0;
	}
	if (strcmp(word, "tmpcopyup") == 0 || strcmp(word, "notmpcopyup") == 0) {
		op->is_copyup = word[0] == 't';
		return 0;
	}
	if (strncmp(word, "nr_inodes=", 10) == 0 ||
	    strncmp(word, "nr_blocks=", 10) == 0 || strncmp(word, "uid=", 4) == 0 ||
	    strncmp(word, "gid=", 4) == 0) {
		op->data = op->data ? arena_printf(q->arena, "%s,%s", op->data, word)
				    : arena_strdup(q->arena, word);
		return 0;
	}
	return mountopt_apply(word, op) ? 0 : say_word(word, err);
}

int set_tmpfs(void *target, const char *value, struct err *err)
{
	struct request *q = target;
	char *dest = arena_strdup(q->arena, value), *words = strchr(dest, ':'), *word;
	struct fsop *op;
	int r;

	if (words)
		*words++ = '\0';
	r = need_absolute(dest, err);
	if (r < 0)
		return r;
	op = spec_add_fsop(&q->spec, FSOP_TMPFS, dest);
	op->attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	op->is_copyup = true;
	while (r == 0 && (word = next_word(&words)))
		r = tmpfs_word(q, op, word, err);
	return r;
}

int set_device(void *target, const char *value, struct err *err)
{
	struct request *q = target;
	char *source = arena_strdup(q->arena, value), *dest = strchr(source, ':'),
	     *access = NULL;
	struct fsop *op;
	int r;

	if (source[0] != '/')
		return err_say(
			err, -ENOTSUP,
			"'%s': a device is an absolute path; CDI names are not supported",
			value);
	if (dest) {
		*dest++ = '\0';
		access = strchr(dest, ':');
		if (access)
			*access++ = '\0';
		else if (dest[0] != '/' && dest[strspn(dest, "rwm")] == '\0') {
			access = dest;
			dest = NULL;
		}
	}
	if (!dest)
		dest = source;
	if (access && (!*access || access[strspn(access, "rwm")] != '\0'))
		return err_say(err, -EINVAL, "'%s': access is made of r, w and m", value);
	r = need_absolute(dest, err);
	if (r < 0)
		return r;
	op = spec_add_fsop(&q->spec, FSOP_DEVICE, dest);
	op->source = source;
	op->attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
	/* Who may open a node is the host's decision: an ordinary user has no device cgroup,
	 * and a read-only mount does not keep a device from being written. */
	if (access && !strchr(access, 'w'))
		return err_say(err, -ENOTSUP,
			       "'%s': access without w cannot be enforced without root",
			       value);
	return 0;
}
