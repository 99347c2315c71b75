// SPDX-License-Identifier: Apache-2.0
/*
 * fsck.c - see fsck.h
 */
#include "image/fsck.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "image/document.h"
#include "sys/dir.h"
#include "sys/fd.h"
#include "sys/lock.h"

#define LAYOUT_TEXT  "{\"imageLayoutVersion\":\"1.0.0\"}"
#define MAX_LAYOUT   4096
#define MAX_PART_AGE (7 * 86400) /* seconds: who has not gone on by then will not */
#define MAX_ASIDE    100	 /* names for what is moved aside */

static void tell(struct fsck *f, const char *where, const char *what, const char *mend)
{
	f->n_findings++;
	f->say(f->data, where, what, mend);
}

static const char *join(struct fsck *f, const char *folder, const char *name)
{
	return arena_printf(f->arena, "%s/%s", folder, name);
}

static bool is_hex(const char *name)
{
	return strlen(name) == DIGEST_HEX_LEN &&
	       strspn(name, "0123456789abcdef") == DIGEST_HEX_LEN;
}

static struct digest digest_of(const char *hex)
{
	struct digest d;

	snprintf(d.text, sizeof(d.text), "sha256:%s", hex);
	return d;
}

static int list(struct fsck *f, const char *folder, struct strv *ret)
{
	_cleanup_fd_ int fd =
		fd_open(f->store->dir, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);

	return fd < 0 ? fd : dir_list(fd, f->arena, ret);
}

/* Moved to tmp, where the next sweep removes it. */
static const char *discard(struct fsck *f, const char *path)
{
	const char *name;

	if (!f->want_repair)
		return "--repair removes it";
	return container_discard(f->store, path, f->arena, &name, NULL) < 0
		       ? "it could not be removed"
		       : "removed";
}

static const char *unlink_it(struct fsck *f, const char *path)
{
	if (!f->want_repair)
		return "--repair removes it";
	return dir_unlink(f->store->dir, path, 0) < 0 ? "it could not be removed"
						      : "removed";
}

/* Somewhere in the store where nothing looks. */
static const char *move_aside(struct fsck *f, const char *path, const char *to)
{
	if (!f->want_repair)
		return arena_printf(f->arena, "--repair moves it to '%s'", to);
	for (int i = 0; i < MAX_ASIDE; i++) {
		const char *name = i ? arena_printf(f->arena, "%s.%d", to, i) : to;
		int r = dir_rename_new(f->store->dir, path, f->store->dir, name);

		if (r == 0)
			return arena_printf(f->arena, "moved to '%s'", name);
		if (r != -EEXIST && r != -ENOTEMPTY)
			break;
	}
	return "it could not be moved";
}

/* --- folders, layout --- */

static const char *mend_mode(struct fsck *f, int fd)
{
	if (!f->want_repair)
		return "--repair makes it 700";
	return fd_chmod(fd, 0700) < 0 ? "it could not be changed" : "made 700";
}

static int check_folder(struct fsck *f, const char *path, struct err *err)
{
	_cleanup_fd_ int fd = fd_open(f->store->dir, path, O_PATH | O_NOFOLLOW);
	struct stat st;
	int r;

	if (fd == -ENOENT) {
		_cleanup_fd_ int made = f->want_repair
						? dir_make_all(f->store->dir, path, 0700)
						: -ENOENT;

		tell(f, path, "the folder is missing",
		     made >= 0 ? "made" : "--repair makes it");
		return f->want_repair && made < 0
			       ? err_set(err, made, "make '%s/%s'", f->store->path, path)
			       : 0;
	}
	r = fd < 0 ? fd : fd_stat(fd, &st);
	if (r < 0)
		return err_set(err, r, "look at '%s/%s'", f->store->path, path);
	if (!S_ISDIR(st.st_mode))
		return err_say(err, -ENOTDIR, "'%s/%s' is no folder: move it away",
			       f->store->path, path);
	if (st.st_uid != geteuid())
		tell(f, path, "it belongs to somebody else", "chown it");
	else if ((st.st_mode & 07777) != 0700)
		tell(f, path,
		     arena_printf(f->arena, "its mode is %o", st.st_mode & 07777u),
		     mend_mode(f, fd));
	return 0;
}

static int check_folders(struct fsck *f, struct err *err)
{
	static const char *const folders[] = {"blobs",	  "blobs/sha256", "layers",
					      "squashed", "containers",	  "volumes",
					      "locks",	  "tmp"};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(folders); i++)
		r = check_folder(f, folders[i], err);
	return r;
}

static bool is_layout_right(struct fsck *f)
{
	_cleanup_fd_ int fd =
		fd_open(f->store->dir, "oci-layout", O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	_cleanup_json_ struct json *doc = NULL;
	struct json_at root, version;
	const char *text = NULL;
	char *all;
	size_t len;

	if (fd < 0 || fd_read_all(fd, f->arena, MAX_LAYOUT, &all, &len) < 0 ||
	    json_parse(all, len, &doc, NULL) < 0)
		return false;
	root = json_root(doc);
	version = json_key(&root, "imageLayoutVersion");
	return json_read_str(&version, f->arena, &text, NULL) == 0 && text &&
	       strncmp(text, "1.", 2) == 0;
}

static void check_layout(struct fsck *f)
{
	if (is_layout_right(f))
		return;
	tell(f, "oci-layout", "it is damaged",
	     !f->want_repair ? "--repair writes it anew"
	     : dir_replace_file(f->store->dir, "oci-layout", LAYOUT_TEXT, 0600) < 0
		     ? "it could not be written"
		     : "written anew");
}

/* --- tmp --- */

/* Nobody goes on with it, or it is there already. */
static bool is_stale_part(struct fsck *f, const char *name)
{
	_cleanup_fd_ int fd = fd_open(f->store->dir, join(f, "tmp", name), O_PATH);
	const char *hex = arena_strndup(f->arena, name, strlen(name) - strlen(".part"));
	_cleanup_fd_ int lock = -EBADF, blob = -EBADF;
	struct digest d;
	struct stat st;

	if (fd < 0 || fd_stat(fd, &st) < 0)
		return false;
	if (!is_hex(hex))
		return true;
	if (store_lock(f->store, arena_printf(f->arena, "blob-%s", hex), true, false,
		       &lock, NULL) < 0)
		return false;
	d = digest_of(hex);
	blob = store_blob(f->store, &d);
	return blob >= 0 || st.st_mtime < time(NULL) - MAX_PART_AGE;
}

static void check_tmp(struct fsck *f)
{
	_cleanup_(leftovers_close) struct leftovers l = {0};
	struct strv names = {0};

	if (leftovers_take(f->store, f->arena, &l) == 0)
		for (size_t i = 0; i < l.names.n; i++)
			tell(f, join(f, "tmp", l.names.v[i]), "somebody has left it",
			     f->want_repair ? "removed" : "--repair removes it");
	if (list(f, "tmp", &names) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		size_t len = strlen(names.v[i]);

		if (len > 5 && strcmp(names.v[i] + len - 5, ".part") == 0 &&
		    is_stale_part(f, names.v[i]))
			tell(f, join(f, "tmp", names.v[i]),
			     "a download that nobody goes on with",
			     unlink_it(f, join(f, "tmp", names.v[i])));
	}
}

/* --- blobs --- */

static void check_blob(struct fsck *f, const char *name)
{
	const char *path = join(f, "blobs/sha256", name);
	_cleanup_fd_ int fd = fd_open(f->store->dir, path, O_PATH | O_NOFOLLOW);
	struct stat st;

	if (fd < 0 || fd_stat(fd, &st) < 0)
		return;
	if (S_ISDIR(st.st_mode))
		tell(f, path, "it is no blob", discard(f, path));
	else if (!is_hex(name) || !S_ISREG(st.st_mode))
		tell(f, path, "it is no blob", unlink_it(f, path));
	else if (strv_has(f->damaged, name))
		tell(f, path, "its content is not what its name says",
		     unlink_it(f, path));
}

static void check_blobs(struct fsck *f)
{
	struct strv names = {0};

	if (list(f, "blobs/sha256", &names) < 0)
		return;
	for (size_t i = 0; i < names.n; i++)
		check_blob(f, names.v[i]);
}

/* Is it there, and what it should be? */
static bool has_blob(struct fsck *f, const struct digest *d)
{
	_cleanup_fd_ int fd = store_blob(f->store, d);

	return fd >= 0 && !strv_has(f->damaged, digest_hex(d));
}

/* --- index.json --- */

static int read_blob(struct fsck *f, const struct digest *d, char **ret, size_t *ret_len)
{
	_cleanup_fd_ int fd = store_blob(f->store, d);
	struct stat st;
	int r = fd < 0 ? fd : fd_stat(fd, &st);

	if (r < 0)
		return r;
	if (!S_ISREG(st.st_mode) || st.st_size > MANIFEST_MAX_BYTES)
		return -EFBIG;
	return fd_read_all(fd, f->arena, MANIFEST_MAX_BYTES, ret, ret_len);
}

/* Manifests say what they are, and their configs are there. */
static bool is_manifest(struct fsck *f, const struct digest *d, struct descriptor *ret)
{
	struct manifest m;
	char *text;
	size_t len;

	if (!has_blob(f, d) || read_blob(f, d, &text, &len) < 0 || len == 0 ||
	    text[0] != '{' || manifest_parse(text, len, NULL, f->arena, &m, NULL) < 0 ||
	    m.is_index || !has_blob(f, &m.config.digest))
		return false;
	*ret = (struct descriptor){.media_type =
					   m.media_type ? m.media_type : OCI_MANIFEST,
				   .digest = *d,
				   .size = len};
	return true;
}

/* Their names are lost; the images need not be. */
static int rebuild_index(struct fsck *f, struct err *err)
{
	struct strv names = {0};
	int r = list(f, "blobs/sha256", &names);

	if (r < 0)
		return err_set(err, r, "list '%s/blobs'", f->store->path);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		struct digest d = digest_of(names.v[i]);
		struct descriptor found;

		if (!is_hex(names.v[i]) || !is_manifest(f, &d, &found))
			continue;
		if (f->want_repair)
			r = store_name(f->store, &found, NULL, err);
		tell(f, d.text, "an image without an entry in index.json",
		     f->want_repair ? arena_printf(f->arena,
						   "entered without a name: urun tag %s "
						   "NAME",
						   d.text)
				    : "--repair enters it, without a name");
	}
	return r;
}

/* Without it nothing would be known to be needed. */
static int check_index(struct fsck *f, struct store_entry **ret, size_t *ret_n,
		       struct err *err)
{
	_cleanup_fd_ int fd = fd_open(f->store->dir, "index.json", O_PATH | O_NOFOLLOW);
	struct err why = {0};
	int r = store_list(f->store, f->arena, ret, ret_n, &why);

	f->has_index = r == 0 && fd >= 0;
	if (f->has_index)
		return 0;
	*ret_n = 0;
	if (r < 0)
		tell(f, "index.json", arena_strdup(f->arena, why.message),
		     move_aside(f, "index.json", "index.json.damaged"));
	r = rebuild_index(f, err);
	if (r < 0 || !f->want_repair)
		return r;
	f->has_index = true;
	return store_list(f->store, f->arena, ret, ret_n, err);
}

static const char *name_of(const struct store_entry *e)
{
	return e->name ? e->name : e->manifest.digest.text;
}

static void drop_entry(struct fsck *f, const struct store_entry *e, const char *why)
{
	const char *mend = "--repair drops its entry";

	if (f->want_repair)
		mend = store_forget(f->store, &e->manifest.digest, NULL) < 0
			       ? "its entry could not be dropped"
			       : "its entry is dropped; urun pull brings it back";
	tell(f, arena_printf(f->arena, "image '%s'", name_of(e)), why, mend);
}

/* What is not there is brought by a pull, and unpacked by a run: without its blob and its folder
 * a layer is lost. */
static void check_layers_of(struct fsck *f, const struct store_entry *e,
			    const struct store_image *image)
{
	size_t n = 0;

	for (size_t i = 0; i < image->manifest.n_layers; i++)
		n += !has_blob(f, &image->manifest.layers[i].digest);
	if (n > 0)
		tell(f, arena_printf(f->arena, "image '%s'", name_of(e)),
		     arena_printf(f->arena,
				  "%zu of its %zu layers are missing or damaged", n,
				  image->manifest.n_layers),
		     "urun pull brings them");
}

static void check_image(struct fsck *f, const struct store_entry *e,
			const struct descriptor *d, int depth);

static void check_children(struct fsck *f, const struct store_entry *e,
			   const struct manifest *m, int depth)
{
	for (size_t i = 0; i < m->n_images; i++)
		if (depth < 2 && has_blob(f, &m->images[i].digest))
			check_image(f, e, &m->images[i], depth + 1);
}

static void check_image(struct fsck *f, const struct store_entry *e,
			const struct descriptor *d, int depth)
{
	struct store_entry one = {.name = e->name, .manifest = *d};
	struct store_image image;
	struct err why = {0};
	struct manifest m;
	char *text;
	size_t len;

	if (!has_blob(f, &d->digest)) {
		drop_entry(f, e, "its manifest is missing or damaged");
		return;
	}
	if (read_blob(f, &d->digest, &text, &len) < 0 ||
	    manifest_parse(text, len, d->media_type, f->arena, &m, &why) < 0) {
		drop_entry(f, e, arena_printf(f->arena, "its manifest: %s", why.message));
		return;
	}
	if (m.is_index) {
		check_children(f, e, &m, depth);
		return;
	}
	if (!has_blob(f, &m.config.digest)) {
		drop_entry(f, e, "its config is missing or damaged");
		return;
	}
	if (store_read(f->store, &one, NULL, f->arena, &image, &why) < 0)
		drop_entry(f, e, arena_strdup(f->arena, why.message));
	else
		check_layers_of(f, e, &image);
}

/* --- layers --- */

/* After a crash, what was not written to the disk may be cut short, and looks whole. */
static bool is_cut_short(struct fsck *f, int dir)
{
	_cleanup_fd_ int mark = fd_open(dir, "unsynced", O_RDONLY | O_NOFOLLOW);
	char *made, *now;

	if (mark == -ENOENT)
		return false;
	return mark < 0 || fd_read_all(mark, f->arena, 256, &made, NULL) < 0 ||
	       fd_read_file("/proc/sys/kernel/random/boot_id", f->arena, 256, &now,
			    NULL) < 0 ||
	       strcmp(made, now) != 0;
}

static void check_layer(struct fsck *f, const char *folder, const char *name)
{
	const char *path = join(f, folder, name);
	_cleanup_fd_ int dir = fd_open(f->store->dir, path,
				       O_PATH | O_DIRECTORY | O_NOFOLLOW),
			 tree = -EBADF;

	if (!is_hex(name) || dir < 0) {
		tell(f, path, "it is no layer", discard(f, path));
		return;
	}
	tree = fd_open(dir, "tree", O_PATH | O_DIRECTORY | O_NOFOLLOW);
	if (tree < 0)
		tell(f, path, "a layer without its tree", discard(f, path));
	else if (is_cut_short(f, dir))
		tell(f, path, "a crash may have cut it short", discard(f, path));
}

static void check_layers(struct fsck *f)
{
	static const char *const folders[] = {"layers", "squashed"};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		struct strv names = {0};

		if (list(f, folders[i], &names) < 0)
			continue;
		for (size_t k = 0; k < names.n; k++)
			check_layer(f, folders[i], names.v[k]);
	}
}

/* --- containers --- */

/* Has it changes that somebody may want? */
static bool has_changes(struct fsck *f, const char *path)
{
	_cleanup_fd_ int dir =
		fd_open(f->store->dir, join(f, path, "upper"), O_RDONLY | O_DIRECTORY);
	struct strv names = {0};

	if (dir == -ENOENT || dir == -ENOTDIR)
		return false;
	return dir < 0 || dir_list(dir, f->arena, &names) < 0 || names.n > 0;
}

static void check_container(struct fsck *f, const char *name)
{
	const char *path = join(f, "containers", name);
	_cleanup_fd_ int dir = fd_open(f->store->dir, path,
				       O_RDONLY | O_DIRECTORY | O_NOFOLLOW),
			 config = -EBADF;
	struct container c = {0};
	struct err why = {0};
	size_t n_missing = 0;
	int r;

	/* Whoever runs it now can read it. */
	if (dir >= 0 && lock_file(dir, true, false) < 0)
		return;
	r = dir < 0 ? err_set(&why, dir, "open it")
		    : container_read(dir, f->arena, &c, &why);
	if (r == 0 && strcmp(c.id, name) != 0)
		r = err_say(&why, -EBADMSG, "it is of container '%s'", c.id);
	if (r < 0) {
		_cleanup_fd_ int lost = -EBADF;

		if (!has_changes(f, path)) {
			tell(f, path,
			     r == -ENOENT ? "a container without a record"
					  : arena_printf(f->arena, "its record: %s",
							 why.message),
			     discard(f, path));
			return;
		}
		if (f->want_repair)
			lost = dir_make_all(f->store->dir, "lost", 0700);
		tell(f, path,
		     arena_printf(f->arena, "its record: %s; it has changes in it",
				  why.message),
		     move_aside(f, path, join(f, "lost", name)));
		return;
	}
	config = fd_open(dir, "config.json", O_RDONLY | O_NOFOLLOW);
	if (config < 0)
		tell(f, path, "its config.json is missing",
		     "it cannot be started: urun rm removes it");
	for (size_t i = 0; i < c.n_layers; i++) {
		_cleanup_fd_ int tree =
			store_layer(f->store, &c.layers[i], c.is_squashed);

		n_missing += tree < 0;
	}
	if (n_missing > 0)
		tell(f, path,
		     arena_printf(f->arena, "%zu of its %zu layers are missing",
				  n_missing, c.n_layers),
		     arena_printf(f->arena, "urun pull %s, and a run of it, bring them",
				  c.image ? c.image : c.image_id.text));
}

static void check_containers(struct fsck *f)
{
	struct strv names = {0};

	if (list(f, "containers", &names) < 0)
		return;
	for (size_t i = 0; i < names.n; i++)
		check_container(f, names.v[i]);
}

/* --- volumes --- */

static void check_volume(struct fsck *f, const char *name)
{
	const char *path = join(f, "volumes", name);
	_cleanup_fd_ int dir = fd_open(f->store->dir, path,
				       O_RDONLY | O_DIRECTORY | O_NOFOLLOW),
			 data = -EBADF;
	struct err why = {0};
	struct volume v;
	int r;

	if (dir < 0 || volume_check_name(name, NULL) < 0) {
		tell(f, path, "it is no volume",
		     move_aside(f, path, join(f, "lost", name)));
		return;
	}
	data = fd_open(dir, "_data", O_PATH | O_DIRECTORY | O_NOFOLLOW);
	if (data == -ENOENT) {
		_cleanup_fd_ int made =
			f->want_repair ? dir_make(dir, "_data", 0755) : -ENOENT;

		tell(f, path, "its folder _data is missing",
		     made >= 0 ? "made, empty" : "--repair makes it, empty");
	}
	if (volume_read(f->store, name, f->arena, &v, &why) == 0)
		return;
	r = f->want_repair ? volume_write_record(dir, &(struct volume){.name = name}) : 0;
	tell(f, path, arena_strdup(f->arena, why.message),
	     !f->want_repair ? "--repair writes it anew, without labels"
	     : r < 0	     ? "it could not be written"
			     : "written anew, without labels; the data stays");
}

static void check_volumes(struct fsck *f)
{
	_cleanup_fd_ int lost = -EBADF;
	struct strv names = {0};

	if (list(f, "volumes", &names) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		if (f->want_repair && lost < 0 && volume_check_name(names.v[i], NULL) < 0)
			lost = dir_make_all(f->store->dir, "lost", 0700);
		check_volume(f, names.v[i]);
	}
}

/* --- what nothing needs --- */

/* Where that is not known, because something is damaged, that has been told. */
static void check_garbage(struct fsck *f)
{
	struct store_garbage g;

	if (store_find_garbage(f->store, f->arena, &g, NULL) < 0)
		return;
	for (size_t i = 0; i < g.blobs.n; i++)
		if (is_hex(g.blobs.v[i] + strlen("blobs/sha256/")))
			tell(f, g.blobs.v[i], "nothing needs it",
			     unlink_it(f, g.blobs.v[i]));
	for (size_t i = 0; i < g.layers.n; i++)
		if (is_hex(strrchr(g.layers.v[i], '/') + 1))
			tell(f, g.layers.v[i], "nothing needs it",
			     discard(f, g.layers.v[i]));
}

int fsck_store(struct fsck *f, struct err *err)
{
	struct store_entry *entries = NULL;
	size_t n = 0;
	int r = check_folders(f, err);

	if (r < 0)
		return r;
	check_layout(f);
	check_tmp(f);
	check_blobs(f);
	r = check_index(f, &entries, &n, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		check_image(f, &entries[i], &entries[i].manifest, 0);
	check_layers(f);
	check_containers(f);
	check_volumes(f);
	if (f->has_index)
		check_garbage(f);
	return 0;
}
