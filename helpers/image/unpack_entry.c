// SPDX-License-Identifier: Apache-2.0
/*
 * unpack_entry.c - see unpack_entry.h; all that keeps a hostile name inside the folder is here
 *
 * How names are walked. The folders from the tree down to the one that is being filled are open:
 * they are the levels. An entry's parent is reached from the deepest level that is on its way,
 * one component at a time, each opened with O_NOFOLLOW | O_DIRECTORY relative to the one above
 * it. A tar stream comes folder by folder, so most entries need no step at all.
 *
 * When folders get their attributes. A level that is left gets its mode and times; until then it
 * is writable, and has no set-group-id bit that its files would inherit from. One that is
 * entered again later is looked at before it is changed, and gets back what it had. So no list
 * of folders is kept: memory is bounded by the depth, however many there are.
 *
 * What replaces what. The folder was empty, so whatever is in a place was put there by this
 * layer, and the later entry wins. A folder that comes where the layer had anything else, a
 * whiteout too, hides what lower layers have there: it is opaque. A whiteout is about lower
 * layers only: where the layer has the name itself it does nothing, but makes a folder opaque.
 */
#include "unpack_entry.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/upper.h"

#define MAX_PARTS	 (ENTRY_MAX_PATH / 2 + 1)
#define OVERRIDE	 "user.containers.override_stat"
#define WH_META		 ".wh..wh." /* of aufs: of no use without it */
#define FOLDER_FLAGS	 (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK)
#define IMPLIED_MODE	 0755
#define FILLING_MODE	 0700
#define REMOVE_BUF_BYTES 2048

/* A path, taken apart. */
struct name {
	char text[ENTRY_MAX_PATH + 1]; /* components, each terminated */
	const char *parts[MAX_PARTS];
	size_t n;
};

/* A folder that is being filled. */
struct level {
	int fd;
	char name[ENTRY_MAX_NAME + 1];
	bool is_ready;	/* may be changed: what is below is known */
	bool is_made;	/* by this stream, a moment ago */
	bool has_mode;	/* to be set when it is left */
	bool has_times; /* the same */
	mode_t mode;
	struct timespec times[2];
};

struct entry_writer {
	const struct unpack_options *o;
	struct level *levels; /* [0] is the tree */
	size_t n_levels;
	dev_t dev;
	/* What the kernel gives a new file: no call is made to set the same again. */
	uid_t uid;
	gid_t gid;
	bool is_exact_mode; /* what open(2) was told, and nothing else */
	uint64_t n_entries, n_bytes;
	/* The entry that is being added. */
	struct archive *archive;
	struct archive_entry *entry;
	struct name name, target;
};

/* --- errors --- */

struct shown {
	char text[512];
};

static struct shown show(const char *text)
{
	struct shown s;

	text_escape(s.text, sizeof(s.text), text ? text : "");
	return s;
}

static struct shown show_entry(const struct entry_writer *w)
{
	return show(archive_entry_pathname(w->entry));
}

static int refuse(const struct entry_writer *w, struct err *err, const char *why)
{
	return err_say(err, -EPERM, "entry '%s' is refused: %s", show_entry(w).text, why);
}

static int failed(const struct entry_writer *w, struct err *err, int r, const char *what)
{
	return err_set(err, r, "entry '%s': %s", show_entry(w).text, what);
}

static int too_much(const struct entry_writer *w, struct err *err, const char *what,
		    uint64_t limit)
{
	return err_say(err, -EFBIG, "entry '%s': the layer has more than %llu %s",
		       show_entry(w).text, (unsigned long long)limit, what);
}

int entry_damaged(struct archive *a, struct archive_entry *e, struct err *err)
{
	const char *name = e ? archive_entry_pathname(e) : NULL;
	struct shown why = show(archive_error_string(a));

	if (archive_errno(a) == ENOMEM)
		return err_set(err, -ENOMEM, "read the layer's tar stream");
	if (!name)
		return err_say(err, -EBADMSG, "the layer's tar stream is damaged: %s",
			       why.text);
	return err_say(err, -EBADMSG, "entry '%s': the layer's tar stream is damaged: %s",
		       show(name).text, why.text);
}

/* --- names --- */

static int split_part(const struct entry_writer *w, struct name *n, char *part,
		      size_t len, struct err *err)
{
	if (len == 0 || (len == 1 && part[0] == '.'))
		return 0;
	if (len == 2 && part[0] == '.' && part[1] == '.')
		return refuse(w, err, "it has '..' in a name");
	if (len > ENTRY_MAX_NAME)
		return refuse(w, err, "a component of its name is too long");
	part[len] = '\0';
	n->parts[n->n++] = part;
	return 0;
}

/* Takes a path apart. "/", "." and "./" are no component at all: the tree itself. */
static int split(const struct entry_writer *w, const char *path, struct name *n,
		 struct err *err)
{
	size_t len = path ? strnlen(path, ENTRY_MAX_PATH + 1) : 0;
	char *at = n->text;

	n->n = 0;
	if (len == 0)
		return refuse(w, err, "it has no name");
	if (len > ENTRY_MAX_PATH)
		return refuse(w, err, "its name is too long");
	memcpy(n->text, path, len + 1);
	while (at < n->text + len) {
		size_t part = strcspn(at, "/");
		int r = split_part(w, n, at, part, err);

		if (r < 0)
			return r;
		at += part + 1;
	}
	if (n->n > w->o->limits.max_depth)
		return too_much(w, err, "folders in folders", w->o->limits.max_depth);
	return 0;
}

static bool has_prefix(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* --- levels --- */

static struct level *top(const struct entry_writer *w)
{
	return &w->levels[w->n_levels - 1];
}

static struct level *push(struct entry_writer *w, int fd, const char *name)
{
	struct level *l = &w->levels[w->n_levels++];

	/* Somebody's own folder is changed as its mode allows, and nothing is put back. */
	*l = (struct level){.fd = fd, .is_ready = w->o->is_plain};
	snprintf(l->name, sizeof(l->name), "%s", name);
	return l;
}

/* Leaves the deepest folder. */
static int pop(struct entry_writer *w, struct err *err)
{
	struct level *l = top(w);
	int r = 0;

	if (l->has_mode && fchmod(l->fd, l->mode) < 0)
		r = err_set(err, -errno, "set the mode of folder '%s'",
			    show(l->name).text);
	if (r == 0 && l->has_times && futimens(l->fd, l->times) < 0)
		r = err_set(err, -errno, "set the times of folder '%s'",
			    show(l->name).text);
	fd_close(&l->fd);
	w->n_levels--;
	return r;
}

/* Before something in a folder is changed that was there before this visit. */
static int make_ready(struct level *l)
{
	struct stat st;
	mode_t mode;
	int r;

	if (l->is_ready)
		return 0;
	r = fd_stat(l->fd, &st);
	if (r < 0)
		return r;
	mode = ((st.st_mode & 07777) | 0300) & ~(mode_t)S_ISGID;
	if (mode != (st.st_mode & 07777)) {
		if (fchmod(l->fd, mode) < 0)
			return -errno;
		l->has_mode = true;
		l->mode = st.st_mode & 07777;
	}
	l->has_times = true;
	l->times[0] = st.st_atim;
	l->times[1] = st.st_mtim;
	l->is_ready = true;
	return 0;
}

static int mark_opaque(const struct entry_writer *w, int fd, struct err *err)
{
	static const char *const names[] = {"user.overlay.opaque",
					    "user.fuseoverlayfs.opaque"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int r = fsetxattr(fd, names[i], "y", 1, 0) < 0 ? -errno : 0;

		if (r < 0)
			return err_hint(
				err,
				failed(w, err, r, "set attribute 'user.overlay.opaque'"),
				"images have to be stored where files can have "
				"user.* attributes: ext4, xfs, btrfs, or tmpfs of "
				"Linux 6.6");
	}
	return 0;
}

/* --- removing --- */

static int remove_folder(const struct entry_writer *w, int dir, const char *name);

static int remove_any(const struct entry_writer *w, int dir, const char *name)
{
	if (unlinkat(dir, name, 0) == 0)
		return 0;
	return errno == EISDIR ? remove_folder(w, dir, name) : -errno;
}

/* One pass over a folder. Return: how much was removed. */
static int remove_content(const struct entry_writer *w, int fd)
{
	_Alignas(struct dirent64) char buf[REMOVE_BUF_BYTES];
	ssize_t len;
	int n = 0;

	while ((len = getdents64(fd, buf, sizeof(buf))) > 0) {
		ssize_t at = 0;

		while (at < len) {
			struct dirent64 *d = (void *)(buf + at);
			int r;

			at += d->d_reclen;
			if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
				continue;
			r = remove_any(w, fd, d->d_name);
			if (r < 0)
				return r;
			n = 1;
		}
	}
	return len < 0 ? -errno : n;
}

/* As deep as the layer made it: split() has a limit. Never into another filesystem. */
static int remove_folder(const struct entry_writer *w, int dir, const char *name)
{
	_cleanup_fd_ int fd = fd_open(dir, name, FOLDER_FLAGS);
	struct stat st;
	int r = fd < 0 ? fd : fd_stat(fd, &st);

	if (r < 0)
		return r;
	if (st.st_dev != w->dev)
		return -EXDEV;
	if ((st.st_mode & 0700) != 0700 && fchmod(fd, 0700) < 0)
		return -errno;
	/* A folder that changes while it is listed may show less than all. */
	while ((r = remove_content(w, fd)) > 0)
		if (lseek(fd, 0, SEEK_SET) < 0)
			return -errno;
	if (r == 0 && unlinkat(dir, name, AT_REMOVEDIR) < 0)
		r = -errno;
	return r;
}

/* --- folders --- */

/* Makes a folder in the top level, or enters the one that is there. @is_implied: it is not in
 * the stream itself, but something in it is: then it may not replace a file or a link. */
static int enter_new(struct entry_writer *w, const char *name, bool is_implied,
		     struct err *err)
{
	mode_t mode = is_implied ? IMPLIED_MODE : FILLING_MODE;
	int dir = top(w)->fd, fd, r = make_ready(top(w));
	bool is_opaque = false;
	struct level *l;
	struct stat st;

	if (r == 0 && mkdirat(dir, name, mode) < 0)
		r = -errno;
	if (r == -EEXIST && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !S_ISDIR(st.st_mode)) {
		if (is_implied && (w->o->is_plain || !upper_is_whiteout(&st)))
			return refuse(w, err, "its way leads over what is no folder");
		if (w->o->is_plain)
			return refuse(w, err, "there is something else in its place");
		is_opaque = true;
		r = unlinkat(dir, name, 0) < 0 || mkdirat(dir, name, mode) < 0 ? -errno
									       : 0;
	}
	if (r < 0 && r != -EEXIST)
		return failed(w, err, r, "make a folder");
	fd = fd_open(dir, name, FOLDER_FLAGS);
	if (fd < 0)
		return failed(w, err, fd, "open a folder");
	l = push(w, fd, name);
	l->is_made = r == 0;
	l->is_ready |= r == 0;
	l->has_mode = is_implied && r == 0 && !w->is_exact_mode;
	l->mode = mode;
	return is_opaque ? mark_opaque(w, fd, err) : 0;
}

static int enter(struct entry_writer *w, const char *name, bool is_implied,
		 struct err *err)
{
	int fd;

	/* A folder that has an entry is most likely new. */
	if (!is_implied)
		return enter_new(w, name, false, err);
	fd = fd_open(top(w)->fd, name, FOLDER_FLAGS);
	if (fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP)
		return enter_new(w, name, true, err);
	if (fd < 0)
		return failed(w, err, fd, "open a folder on its way");
	push(w, fd, name);
	return 0;
}

/* How many levels below the tree are on the way of a name's first @n components. */
static size_t common_levels(const struct entry_writer *w, const struct name *name,
			    size_t n)
{
	size_t i = 0;

	while (i < n && i + 1 < w->n_levels &&
	       strcmp(w->levels[i + 1].name, name->parts[i]) == 0)
		i++;
	return i;
}

/* Makes the folder that the entry is in the top level. */
static int walk_to_parent(struct entry_writer *w, struct err *err)
{
	size_t n = w->name.n - 1, common = common_levels(w, &w->name, n);
	int r = 0;

	while (r == 0 && w->n_levels > common + 1)
		r = pop(w, err);
	for (size_t i = common; r == 0 && i < n; i++)
		r = enter(w, w->name.parts[i], true, err);
	return r;
}

/* --- attributes --- */

static bool is_in_range(int64_t id)
{
	return id >= 0 && id < UINT32_MAX;
}

static int no_place(const struct entry_writer *w, struct err *err, const char *what,
		    int64_t id, const char *option)
{
	err_say(err, -EINVAL, "entry '%s': %s id %lld has no place among the mapped ids",
		show_entry(w).text, what, (long long)id);
	return err_hint(err, -EINVAL,
			"give your user more subordinate ids: sudo usermod %s FIRST-LAST "
			"$USER",
			option);
}

static int no_user(const struct entry_writer *w, struct err *err)
{
	return no_place(w, err, "user", archive_entry_uid(w->entry), "--add-subuids");
}

static int no_group(const struct entry_writer *w, struct err *err)
{
	return no_place(w, err, "group", archive_entry_gid(w->entry), "--add-subgids");
}

/* The owner of a file behind @fd, or, with a name, in that folder. @is_new: it has the owner
 * that the kernel gives. */
static int set_owner(const struct entry_writer *w, int fd, const char *name, bool is_new,
		     struct err *err)
{
	int64_t uid = archive_entry_uid(w->entry), gid = archive_entry_gid(w->entry);
	int flags = AT_SYMLINK_NOFOLLOW | (name[0] ? 0 : AT_EMPTY_PATH);

	if (w->o->is_plain && !w->o->keeps_owners)
		return 0;
	if (!is_in_range(uid))
		return no_user(w, err);
	if (!is_in_range(gid))
		return no_group(w, err);
	if (w->o->want_squash || (is_new && uid == w->uid && gid == w->gid))
		return 0;
	if (fchownat(fd, name, (uid_t)uid, (gid_t)gid, flags) == 0)
		return 0;
	if (errno != EINVAL)
		return failed(w, err, -errno, "set its owner");
	if (fchownat(fd, name, (uid_t)uid, (gid_t)-1, flags) < 0)
		return no_user(w, err);
	return no_group(w, err);
}

/* Attributes of overlay drivers would make this layer say something about lower ones
 * (user.overlay.redirect), or lie about owners. */
static bool is_wanted_xattr(const struct entry_writer *w, const char *name)
{
	return (strcmp(name, "security.capability") == 0 && !w->o->is_outside) ||
	       (has_prefix(name, "user.") && !has_prefix(name, "user.overlay.") &&
		!has_prefix(name, "user.fuseoverlayfs.") &&
		!has_prefix(name, "user.containers."));
}

/* Without privileges there are no file capabilities; not every filesystem has user.* ones. */
static bool may_lack_xattr(const struct entry_writer *w, const char *name, int r)
{
	return r == -EOPNOTSUPP ||
	       (r == -EPERM && w->o->want_squash && !has_prefix(name, "user."));
}

static int set_xattrs(const struct entry_writer *w, int fd, struct err *err)
{
	const char *name;
	const void *value;
	size_t size;

	archive_entry_xattr_reset(w->entry);
	while (archive_entry_xattr_next(w->entry, &name, &value, &size) == ARCHIVE_OK) {
		int r;

		if (!name || !is_wanted_xattr(w, name))
			continue;
		r = fsetxattr(fd, name, value, size, 0) < 0 ? -errno : 0;
		if (r < 0 && !may_lack_xattr(w, name, r))
			return err_set(err, r, "entry '%s': set attribute '%s'",
				       show_entry(w).text, show(name).text);
	}
	return 0;
}

/* What the image says about a file whose owner cannot be set. @device: empty, or ":char-1-3",
 * which newer fuse-overlayfs reads. Source: containers-storage.conf(5), force_mask. */
static int set_override(const struct entry_writer *w, int fd, const char *device,
			struct err *err)
{
	char text[80];
	int len;

	if (!w->o->want_squash)
		return 0;
	len = snprintf(text, sizeof(text), "%lld:%lld:0%o%s",
		       (long long)archive_entry_uid(w->entry),
		       (long long)archive_entry_gid(w->entry),
		       (unsigned)archive_entry_perm(w->entry), device);
	if (fsetxattr(fd, OVERRIDE, text, (size_t)len, 0) < 0)
		return failed(w, err, -errno, "set attribute '" OVERRIDE "'");
	return 0;
}

static void get_times(const struct entry_writer *w, struct timespec times[2])
{
	struct archive_entry *e = w->entry;

	times[1].tv_sec = archive_entry_mtime(e);
	times[1].tv_nsec = archive_entry_mtime_nsec(e);
	times[0] = times[1];
	if (archive_entry_atime_is_set(e)) {
		times[0].tv_sec = archive_entry_atime(e);
		times[0].tv_nsec = archive_entry_atime_nsec(e);
	}
}

static int set_times(const struct entry_writer *w, int fd, const char *name,
		     struct err *err)
{
	struct timespec times[2];

	get_times(w, times);
	if ((name ? utimensat(fd, name, times, AT_SYMLINK_NOFOLLOW)
		  : futimens(fd, times)) < 0)
		return failed(w, err, -errno, "set its times");
	return 0;
}

/* The mode on disk: the owner can read what is there when all files are his. */
static mode_t disk_mode(const struct entry_writer *w, mode_t always)
{
	mode_t mode =
		archive_entry_perm(w->entry) & (mode_t)(w->o->is_outside ? 0777 : 07777);

	return w->o->want_squash ? mode | always : mode;
}

/* --- entries --- */

static int add_folder(struct entry_writer *w, struct err *err)
{
	struct level *l = top(w);
	bool is_new = l->is_ready && !l->has_times && !l->has_mode;
	int r = make_ready(l);

	if (r < 0)
		return failed(w, err, r, "change the folder");
	if (w->o->is_plain && !l->is_made)
		return 0;
	r = set_owner(w, l->fd, "", is_new, err);
	if (r == 0)
		r = set_xattrs(w, l->fd, err);
	if (r == 0)
		r = set_override(w, l->fd, "", err);
	l->has_mode = l->has_times = true;
	l->mode = disk_mode(w, 0700);
	get_times(w, l->times);
	return r;
}

/* Makes something under a name of the top level. Return: 0, a descriptor or a negative errno. */
typedef int (*make_fn)(const struct entry_writer *w, int dir, const char *name);

/* What the layer put in the place before goes, of whatever kind it is. */
static int make(struct entry_writer *w, make_fn fn, struct err *err)
{
	const char *name = w->name.parts[w->name.n - 1];
	int dir = top(w)->fd, r = make_ready(top(w));

	if (r == 0)
		r = fn(w, dir, name);
	if (r == -EEXIST) {
		r = w->o->is_plain ? dir_unlink(dir, name, 0) : remove_any(w, dir, name);
		if (r == -EISDIR && w->o->is_plain)
			return refuse(w, err, "there is a folder in its place");
		if (r == 0)
			r = fn(w, dir, name);
	}
	return r < 0 ? failed(w, err, r, "make it") : r;
}

/* user.* attributes can only be set by who may write the file. */
static mode_t new_file_mode(const struct entry_writer *w)
{
	mode_t mode = disk_mode(w, 0600) & 0777;

	return archive_entry_xattr_count(w->entry) > 0 ? mode | 0600 : mode;
}

static int make_file(const struct entry_writer *w, int dir, const char *name)
{
	return fd_create(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
			 new_file_mode(w));
}

static int write_at(int fd, const char *buf, size_t len, int64_t offset)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, buf, len, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		buf += n;
		len -= (size_t)n;
		offset += n;
	}
	return 0;
}

/* The blocks of a file, where they are in it: between them are holes. */
static int write_content(struct entry_writer *w, int fd, struct err *err)
{
	int64_t size = archive_entry_size(w->entry), end = 0, offset;
	const void *buf;
	size_t len;
	int r;

	while ((r = archive_read_data_block(w->archive, &buf, &len, &offset)) ==
	       ARCHIVE_OK) {
		if (offset < 0 || offset > size || (int64_t)len > size - offset)
			return err_say(err, -EBADMSG,
				       "entry '%s': it has more content than it says",
				       show_entry(w).text);
		r = write_at(fd, buf, len, offset);
		if (r < 0)
			return failed(w, err, r, "write it");
		end = MAX(end, offset + (int64_t)len);
	}
	if (r != ARCHIVE_EOF)
		return entry_damaged(w->archive, w->entry, err);
	if (end < size && ftruncate(fd, size) < 0)
		return failed(w, err, -errno, "write it");
	return 0;
}

/* Content first: a write takes set-id bits and capabilities away, and so does a new owner. */
static int fill_file(struct entry_writer *w, int fd, struct err *err)
{
	mode_t mode = disk_mode(w, 0600);
	int r = write_content(w, fd, err);

	if (r == 0)
		r = set_owner(w, fd, "", true, err);
	if (r == 0)
		r = set_xattrs(w, fd, err);
	if (r == 0)
		r = set_override(w, fd, "", err);
	if (r == 0 && (!w->is_exact_mode || mode != new_file_mode(w)) &&
	    fchmod(fd, mode) < 0)
		r = failed(w, err, -errno, "set its mode");
	return r < 0 ? r : set_times(w, fd, NULL, err);
}

static int add_file(struct entry_writer *w, struct err *err)
{
	_cleanup_fd_ int fd = -EBADF;
	int64_t size = archive_entry_size(w->entry);

	if (size < 0)
		return refuse(w, err, "its size is negative");
	if ((uint64_t)size > w->o->limits.max_bytes - w->n_bytes)
		return too_much(w, err, "bytes of files", w->o->limits.max_bytes);
	w->n_bytes += (uint64_t)size;
	fd = make(w, make_file, err);
	return fd < 0 ? fd : fill_file(w, fd, err);
}

static int make_symlink(const struct entry_writer *w, int dir, const char *name)
{
	return dir_symlink(archive_entry_symlink(w->entry), dir, name);
}

static int add_symlink(struct entry_writer *w, struct err *err)
{
	const char *target = archive_entry_symlink(w->entry), *name;
	int r;

	if (!target || !target[0])
		return refuse(w, err, "it is a link to nothing");
	r = make(w, make_symlink, err);
	name = w->name.parts[w->name.n - 1];
	if (r == 0)
		r = set_owner(w, top(w)->fd, name, true, err);
	return r < 0 ? r : set_times(w, top(w)->fd, name, err);
}

/* The folder that the target of a hard link is in, by the same kind of walk.
 * Return: an O_PATH descriptor. */
static int open_target_parent(const struct entry_writer *w)
{
	const struct name *t = &w->target;
	size_t i = common_levels(w, t, t->n - 1);
	int fd = fd_open(w->levels[i].fd, ".", O_PATH | O_DIRECTORY);

	for (; fd >= 0 && i < t->n - 1; i++) {
		int next = fd_open(fd, t->parts[i], O_PATH | O_DIRECTORY | O_NOFOLLOW);

		fd_close(&fd);
		fd = next;
	}
	return fd;
}

static int make_hardlink(const struct entry_writer *w, int dir, const char *name)
{
	const char *target = w->target.parts[w->target.n - 1];
	_cleanup_fd_ int from = open_target_parent(w);
	struct stat st, old;

	if (from < 0)
		return from;
	if (fstatat(from, target, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (upper_is_whiteout(&st))
		return -ENOENT;
	if (linkat(from, target, dir, name, 0) == 0)
		return 0;
	/* A second time, or a link to itself: there is nothing to do, and nothing to lose. */
	if (errno == EEXIST && fstatat(dir, name, &old, AT_SYMLINK_NOFOLLOW) == 0)
		return old.st_dev == st.st_dev && old.st_ino == st.st_ino ? 0 : -EEXIST;
	return -errno;
}

static int add_hardlink(struct entry_writer *w, struct err *err)
{
	const char *target = archive_entry_hardlink(w->entry);
	struct err cause = {0};
	int r = split(w, target, &w->target, err);

	if (r < 0)
		return r;
	if (w->target.n == 0)
		return refuse(w, err, "it is a hard link to the root folder");
	r = make(w, make_hardlink, &cause);
	if (r == -ENOENT || r == -ENOTDIR || r == -ELOOP)
		return err_say(err, -EPERM,
			       "entry '%s' is refused: what it is a hard link to, '%s', "
			       "is not in this layer",
			       show_entry(w).text, show(target).text);
	if (r == -EISDIR)
		return refuse(w, err, "it is a hard link to a folder");
	if (r < 0 && err)
		*err = cause;
	return r;
}

static int make_node(const struct entry_writer *w, int dir, const char *name)
{
	mode_t mode = archive_entry_filetype(w->entry) | disk_mode(w, 0600);

	return mknodat(dir, name, mode, archive_entry_rdev(w->entry)) < 0 ? -errno : 0;
}

/* FIFOs and devices. */
static int set_node(struct entry_writer *w, struct err *err)
{
	const char *name = w->name.parts[w->name.n - 1];
	mode_t mode = disk_mode(w, 0600);
	int dir = top(w)->fd, r = set_owner(w, dir, name, true, err);

	/* It was made a moment ago and is no link, so that none is followed. */
	if (r == 0 && (!w->is_exact_mode || (mode & (S_ISUID | S_ISGID))) &&
	    fchmodat(dir, name, mode, 0) < 0)
		r = failed(w, err, -errno, "set its mode");
	return r < 0 ? r : set_times(w, dir, name, err);
}

static int add_fifo(struct entry_writer *w, struct err *err)
{
	int r = make(w, make_node, err);

	return r < 0 ? r : set_node(w, err);
}

/* What stands for a device that cannot be made: nobody can take it for an empty file. */
static int add_stand_in(struct entry_writer *w, struct err *err)
{
	_cleanup_fd_ int fd = -EBADF;
	char device[64];
	int r;

	snprintf(device, sizeof(device), ":%s-%llu-%llu",
		 archive_entry_filetype(w->entry) == AE_IFCHR ? "char" : "block",
		 (unsigned long long)archive_entry_rdevmajor(w->entry),
		 (unsigned long long)archive_entry_rdevminor(w->entry));
	fd = make(w, make_file, err);
	if (fd < 0)
		return fd;
	r = set_owner(w, fd, "", true, err);
	if (r == 0)
		r = set_override(w, fd, device, err);
	if (r == 0 && fchmod(fd, 0) < 0)
		r = failed(w, err, -errno, "set its mode");
	return r < 0 ? r : set_times(w, fd, NULL, err);
}

/* In a user namespace no device can be made. A container has a /dev of its own, so nothing is
 * lost when it is left out. */
static int add_device(struct entry_writer *w, struct err *err)
{
	struct err cause = {0};
	int r;

	if (archive_entry_filetype(w->entry) == AE_IFCHR &&
	    archive_entry_rdevmajor(w->entry) == 0 &&
	    archive_entry_rdevminor(w->entry) == 0)
		return refuse(w, err, "it is a whiteout of overlayfs, not of an image");
	r = make(w, make_node, &cause);
	if (r == 0)
		return set_node(w, err);
	if (r == -EPERM)
		return w->o->want_squash ? add_stand_in(w, err) : 0;
	if (err)
		*err = cause;
	return r;
}

/* --- whiteouts --- */

static int add_opaque(struct entry_writer *w, struct err *err)
{
	int r = make_ready(top(w));

	return r < 0 ? failed(w, err, r, "change the folder")
		     : mark_opaque(w, top(w)->fd, err);
}

/* The name that a whiteout hides is in the top level. Where this layer has it itself it is not
 * hidden; a folder hides what lower layers have in theirs. */
static int add_whiteout(struct entry_writer *w, const char *name, struct err *err)
{
	int dir = top(w)->fd, r = make_ready(top(w));
	struct stat st;

	if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return refuse(w, err, "it is a whiteout of no name");
	if (r == 0 && mknodat(dir, name, S_IFCHR, makedev(0, 0)) < 0)
		r = -errno;
	if (r == -EEXIST) {
		if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return failed(w, err, -errno, "look at what it hides");
		if (!S_ISDIR(st.st_mode))
			return 0;
		r = enter_new(w, name, false, err);
		return r < 0 ? r : add_opaque(w, err);
	}
	if (r == -EPERM)
		return err_hint(err, failed(w, err, r, "make a whiteout"),
				"a user can make them since Linux 5.8");
	return r < 0 ? failed(w, err, r, "make a whiteout") : 0;
}

/* Is it one of the names that aufs kept for itself, or in one of those folders? */
static bool is_aufs(const struct name *n)
{
	for (size_t i = 0; i < n->n; i++)
		if (has_prefix(n->parts[i], WH_META) &&
		    (i + 1 < n->n || strcmp(n->parts[i], WH_OPAQUE) != 0))
			return true;
	return false;
}

static bool is_below_whiteout(const struct name *n)
{
	for (size_t i = 0; i + 1 < n->n; i++)
		if (has_prefix(n->parts[i], WH))
			return true;
	return false;
}

/* --- all of them --- */

/* What has a name of its own in its parent folder, which is the top level. */
static int add_by_kind(struct entry_writer *w, struct err *err)
{
	const char *name = w->name.parts[w->name.n - 1];
	int r;

	if (!w->o->is_plain && strcmp(name, WH_OPAQUE) == 0)
		return add_opaque(w, err);
	if (!w->o->is_plain && has_prefix(name, WH))
		return add_whiteout(w, name + strlen(WH), err);
	if (archive_entry_hardlink(w->entry))
		return add_hardlink(w, err);
	switch (archive_entry_filetype(w->entry)) {
	case AE_IFDIR:
		r = enter(w, name, false, err);
		return r < 0 ? r : add_folder(w, err);
	case AE_IFREG:
		return add_file(w, err);
	case AE_IFLNK:
		return add_symlink(w, err);
	case AE_IFIFO:
		return w->o->is_outside ? 0 : add_fifo(w, err);
	case AE_IFCHR:
	case AE_IFBLK:
		return w->o->is_outside ? 0 : add_device(w, err);
	case AE_IFSOCK:
		return 0; /* as tar(1) does: only its server can make one */
	default:
		return refuse(w, err, "it is of a kind that is not known");
	}
}

/* The root folder: nothing else may take its place. */
static int add_root(struct entry_writer *w, struct err *err)
{
	int r = 0;

	if (archive_entry_hardlink(w->entry) ||
	    archive_entry_filetype(w->entry) != AE_IFDIR)
		return refuse(w, err, "the root is a folder");
	while (r == 0 && w->n_levels > 1)
		r = pop(w, err);
	return r < 0 ? r : add_folder(w, err);
}

int entry_writer_add(struct entry_writer *w, struct archive *a, struct archive_entry *e,
		     struct err *err)
{
	int r;

	w->archive = a;
	w->entry = e;
	if (w->n_entries >= w->o->limits.max_entries)
		return too_much(w, err, "entries", w->o->limits.max_entries);
	w->n_entries++;
	r = split(w, archive_entry_pathname(e), &w->name, err);
	if (r < 0)
		return r;
	if (w->name.n == 0)
		return add_root(w, err);
	if (!w->o->is_plain && is_aufs(&w->name))
		return 0;
	if (!w->o->is_plain && is_below_whiteout(&w->name))
		return refuse(w, err, "it is in a whiteout");
	r = walk_to_parent(w, err);
	return r < 0 ? r : add_by_kind(w, err);
}

/* What does the kernel give a new file here? A set-group-id bit of the folder, a mount with
 * "grpid" and default ACLs change it. */
static void learn_defaults(struct entry_writer *w)
{
	_cleanup_fd_ int fd = fd_create(w->levels[0].fd, ".", O_TMPFILE | O_WRONLY, 0666);
	struct stat st;

	w->uid = (uid_t)-1;
	w->gid = (gid_t)-1;
	if (fd < 0 || fd_stat(fd, &st) < 0)
		return; /* then everything is set */
	w->uid = st.st_uid;
	w->gid = st.st_gid;
	w->is_exact_mode = (st.st_mode & 07777) == 0666;
}

static int start(struct entry_writer *w, int tree, struct err *err)
{
	int fd = fd_open(tree, ".", O_RDONLY | O_DIRECTORY), r;
	struct stat st;

	r = fd < 0 ? fd : fd_stat(fd, &st);
	if (r < 0) {
		fd_close(&fd);
		return err_set(err, r, "open the layer's folder");
	}
	w->dev = st.st_dev;
	push(w, fd, "/");
	r = make_ready(top(w));
	if (r == 0 && w->o->want_squash &&
	    fsetxattr(fd, OVERRIDE, "0:0:0755", strlen("0:0:0755"), 0) < 0)
		r = -errno;
	if (r < 0)
		return err_set(err, r, "change the layer's folder");
	learn_defaults(w);
	return 0;
}

int entry_writer_open(int tree, const struct unpack_options *o, struct entry_writer **ret,
		      struct err *err)
{
	struct entry_writer *w = calloc(1, sizeof(*w));
	int r = -ENOMEM;

	if (!w)
		return err_set(err, r, "unpack the layer");
	w->o = o;
	/* The tree, a folder for each component. */
	w->levels = calloc((size_t)MIN(o->limits.max_depth, MAX_PARTS) + 1,
			   sizeof(*w->levels));
	r = w->levels ? start(w, tree, err) : err_set(err, r, "unpack the layer");
	if (r < 0)
		entry_writer_free(w);
	else
		*ret = w;
	return r;
}

int entry_writer_finish(struct entry_writer *w, struct err *err)
{
	int r = 0;

	while (r == 0 && w->n_levels > 0)
		r = pop(w, err);
	return r;
}

uint64_t entry_writer_count(const struct entry_writer *w)
{
	return w->n_entries;
}

void entry_writer_free(struct entry_writer *w)
{
	if (!w)
		return;
	while (w->n_levels > 0)
		fd_close(&w->levels[--w->n_levels].fd);
	free(w->levels);
	free(w);
}
