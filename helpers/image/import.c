// SPDX-License-Identifier: Apache-2.0
/*
 * import.c - a tar archive of files becomes an image with one layer
 */
#include <string.h>
#include <unistd.h>

#include "archive.h"
#include "base/json.h"
#include "changes.h"
#include "command.h"
#include "files.h"
#include "new_image.h"
#include "new_layer.h"
#include "sys/clock.h"
#include "sys/fd.h"

/* Whatever it was compressed by, the layer is gzip. */
static int pack_file(const struct command *c, int file, struct new_image *image,
		     struct err *err)
{
	_cleanup_(new_layer_freep) struct new_layer *l = new_layer_begin(&c->store, err);
	_cleanup_free_ char *buffer = malloc(FILES_BUFFER_BYTES);
	int n, r = l ? 0 : err->code;

	if (l && !buffer)
		r = err_set(err, -ENOMEM, "read an archive");
	if (r == 0 && lseek(file, 0, SEEK_SET) < 0)
		r = err_set(err, -errno, "read an archive");
	while (r == 0 && (n = fd_read_now(file, buffer, FILES_BUFFER_BYTES)) != 0) {
		if (n == -EAGAIN)
			continue;
		r = n < 0 ? err_set(err, n, "read an archive")
			  : sink_write(new_layer_sink(l), buffer, (size_t)n, err);
	}
	return r < 0 ? r : new_layer_finish(l, &image->layer, &image->diff_id, err);
}

static int import_file(struct command *c, int file, struct new_image *image,
		       const char *from, struct err *err)
{
	int r = changes_apply(new_image_config(image->doc), &c->changes, c->arena, err);

	if (r < 0)
		return r;
	image->step = (struct image_history){
		.created = clock_now_text(c->arena),
		.created_by = arena_printf(c->arena, "/bin/sh -c #(nop) ADD file:%s in /",
					   from),
		.comment = c->message ? c->message
				      : arena_printf(c->arena, "Imported from %s", from),
	};
	r = pack_file(c, file, image, err);
	return r < 0 ? r : new_image_put(c, image, err);
}

#define TAR_BLOCK    512 /* tar(5) */
#define TAR_SUM	     148 /* where its checksum is, in octal */
#define TAR_SUM_SIZE 8

/* Is it the header of a member, or the zeros that an archive ends with? */
static bool is_tar_block(const unsigned char *block)
{
	char text[TAR_SUM_SIZE + 1] = "", *digits = text, *end;
	unsigned long sum = 0;

	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += block[i];
	if (sum == 0)
		return true;
	memcpy(text, block + TAR_SUM, TAR_SUM_SIZE);
	for (size_t i = 0; i < TAR_SUM_SIZE; i++)
		sum += ' ' - (unsigned long)block[TAR_SUM + i];
	digits += strspn(digits, " ");
	return strtoul(digits, &end, 8) == sum && end > digits;
}

/* Known before anything is unpacked, so that it can be said. */
static int check_tar(int file, const char *from, struct err *err)
{
	const char *shown = strcmp(from, "-") == 0 ? "standard input" : from;
	unsigned char block[TAR_BLOCK];
	ssize_t n = pread(file, block, sizeof(block), 0);

	if (n < 0)
		return err_set(err, -errno, "read '%s'", shown);
	if (n == sizeof(block) && is_tar_block(block))
		return 0;
	err_say(err, -EBADMSG, "import '%s': it is %s", shown,
		n == 0 ? "empty" : "no tar archive");
	return err_hint(err, -EBADMSG,
			"It takes a tar archive of files, as urun export and tar write "
			"them, compressed or not");
}

static int open_tar(const char *typed, const char *from, int *ret, struct err *err)
{
	_cleanup_fd_ int file = -EBADF;
	int r = archive_open_plain(typed, &file, err);

	if (r == -EISDIR)
		return err_hint(err, r, "tar -C %s -c . | urun import - NAME", from);
	if (r == 0)
		r = check_tar(file, from, err);
	if (r == 0)
		*ret = fd_take(&file);
	return r;
}

int import_tar(struct command *c, struct err *err)
{
	_cleanup_json_ struct json *doc = json_new_object();
	_cleanup_fd_ int lock = -EBADF, file = -EBADF;
	struct new_image image = {.doc = doc};
	const char *from;
	int r;

	if (c->n_words < 1 || c->n_words > 2)
		return err_say(err, -EINVAL, "import: a file, and perhaps a name");
	from = strcmp(c->words[0], "-") == 0 ? "-" : shown(c->words[0]).text;
	from = arena_strdup(c->arena, from);
	r = c->n_words == 2 ? new_image_name(c->words[1], c->arena, &image.name, err) : 0;
	/* Whoever writes into a pipe may take his time: the store is not locked for that. */
	if (r == 0)
		r = open_tar(c->words[0], from, &file, err);
	if (r == 0)
		r = store_lock(&c->store, "store", false, true, &lock, err);
	if (r < 0)
		return r;
	r = import_file(c, file, &image, from, err);
	if (r < 0)
		err_prefix(err, "import '%s'", from);
	return r;
}
