// SPDX-License-Identifier: Apache-2.0
/*
 * conf_path.c - see conf_path.h
 */
#include "conf_path.h"

#include "sys/fd.h"

const char *conf_user_path(struct arena *a, const char *variable, const char *below_home,
			   const char *name)
{
	const char *folder = getenv(variable), *home = getenv("HOME");

	if (folder && folder[0] == '/')
		return arena_printf(a, "%s/%s", folder, name);
	if (!below_home || !home || home[0] != '/')
		return NULL;
	return arena_printf(a, "%s/%s/%s", home, below_home, name);
}

int conf_read(const char *path, const char *what, struct arena *a, char **ret,
	      size_t *ret_len, struct err *err)
{
	int r = fd_read_file(path, a, CONF_MAX_BYTES, ret, ret_len);

	if (r == -ENOENT || r == -ENOTDIR)
		return -ENOENT;
	if (r == -EINVAL)
		return err_say(err, r, "%s '%s': it is no regular file", what,
			       conf_show(path).text);
	if (r == -EFBIG)
		return err_say(err, r, "%s '%s': it is larger than %u bytes", what,
			       conf_show(path).text, CONF_MAX_BYTES);
	return r < 0 ? err_set(err, r, "%s '%s'", what, conf_show(path).text) : 0;
}

struct conf_shown conf_show(const char *text)
{
	struct conf_shown ret;

	text_escape(ret.text, sizeof(ret.text), text);
	return ret;
}
