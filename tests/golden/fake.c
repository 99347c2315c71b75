// SPDX-License-Identifier: Apache-2.0
/*
 * fake.c - see fake.h
 */
#include "fake.h"

#include <string.h>

#include "base/parse.h"
#include "sys/fd.h"
#include "words.h"

/* Names that ld(1) gives them: --wrap=fd_read_file and so on. */
int __real_fd_read_file(const char *path, struct arena *a, size_t max, char **ret,
			size_t *ret_len);
int __wrap_fd_read_file(const char *path, struct arena *a, size_t max, char **ret,
			size_t *ret_len);
const char *__wrap_uts_hostname(struct arena *a);
void __wrap_net_read_addresses(const char *interface, struct arena *a, struct strv *ret);
int __wrap_cgroup_disk_of(const char *path, uint32_t *ret_major, uint32_t *ret_minor);

int __wrap_fd_read_file(const char *path, struct arena *a, size_t max, char **ret,
			size_t *ret_len)
{
	if (strcmp(path, "/etc/hosts") == 0)
		path = "etc-hosts";
	else if (strcmp(path, "/etc/resolv.conf") == 0)
		path = "etc-resolv.conf";
	else if (path[0] == '/')
		return -ENOENT;
	return __real_fd_read_file(path, a, max, ret, ret_len);
}

int __wrap_cgroup_disk_of(const char *path, uint32_t *ret_major, uint32_t *ret_minor)
{
	if (strcmp(path, "/dev/null") == 0)
		return -ENOTBLK;
	if (strcmp(path, "/dev/vda") != 0 && strcmp(path, "/dev/vdb") != 0)
		return -ENOENT;
	*ret_major = 254;
	*ret_minor = path[7] == 'a' ? 0 : 16;
	return 0;
}

const char *__wrap_uts_hostname(struct arena *a)
{
	return arena_strdup(a, "fakehost");
}

void __wrap_net_read_addresses(const char *interface, struct arena *a, struct strv *ret)
{
	(void)interface;
	strv_push(a, ret, "198.51.100.5");
	strv_push(a, ret, "2001:db8:5::5");
}

#define USERS_CONTROLLERS (1u << CGROUP_CPU | 1u << CGROUP_MEMORY | 1u << CGROUP_PIDS)

void fake_init(struct fake *f, struct arena *a)
{
	*f = (struct fake){.host =
				   {
					   .uid = 1000,
					   .gid = 1000,
					   .user = "dev",
					   .home = "/home/dev",
					   .cwd = "/home/dev",
					   .runtime_dir = "/run/user/1000",
					   .cache_dir = "/home/dev/.cache/urun",
					   .is_identity_userns = true,
					   .has_newuidmap = true,
					   .has_newgidmap = true,
				   },
			   .net = {.has_slirp4netns = true, .has_tun = true}};
	f->host.cgroup = (struct host_cgroup){
		.own = "/user.slice/user-1000.slice/session-1.scope",
		.has_manager = true,
		.manager_controllers = USERS_CONTROLLERS,
		.kernel_controllers = ~0u,
		.is_systemd = true,
		.has_rlimits_of_userns = true,
	};
	*ARR_PUSH(a, &f->host, subuids) = (struct subid_range){100000, 65536};
	*ARR_PUSH(a, &f->host, subgids) = (struct subid_range){100000, 65536};
	strv_push(a, &f->host.homes, "/home/dev");
	strv_push(a, &f->env, "HOME=/home/dev");
	strv_push(a, &f->env, "PATH=/usr/bin:/bin");
	strv_push(a, &f->env, "TERM=xterm-256color");
}

static int read_range(struct fake *f, const struct strv *w, bool is_user, struct arena *a)
{
	struct subid_range range;

	if (w->n == 2 && strcmp(w->v[1], "none") == 0) {
		*(is_user ? &f->host.n_subuids : &f->host.n_subgids) = 0;
		return 0;
	}
	if (w->n != 3 || parse_u32(w->v[1], &range.start) < 0 ||
	    parse_u32(w->v[2], &range.count) < 0)
		return -EINVAL;
	if (is_user)
		*ARR_PUSH(a, &f->host, subuids) = range;
	else
		*ARR_PUSH(a, &f->host, subgids) = range;
	return 0;
}

/* "folder MODE PATH [below] [closed] [private] [fs=TYPE]", "file PATH", "link PATH
 * TARGET" */
static int read_entry(struct fake *f, const struct strv *w, struct arena *a)
{
	bool is_folder = strcmp(w->v[0], "folder") == 0;
	bool is_link = strcmp(w->v[0], "link") == 0;
	struct host_entry e = {.kind = is_folder ? HOST_ENTRY_FOLDER
				       : is_link ? HOST_ENTRY_LINK
						 : HOST_ENTRY_FILE};

	if (w->n < 2 || (is_link && w->n != 3) || (is_folder && w->n < 3))
		return -EINVAL;
	e.path = w->v[is_folder ? 2 : 1];
	e.target = is_link ? w->v[2] : NULL;
	if (is_folder && parse_octal(w->v[1], 07777, &e.mode) < 0)
		return -EINVAL;
	for (size_t i = 3; i < w->n; i++) {
		if (strcmp(w->v[i], "below") == 0)
			e.has_mounts_below = true;
		else if (strcmp(w->v[i], "closed") == 0)
			e.is_closed = true;
		else if (strcmp(w->v[i], "private") == 0)
			e.is_private = true;
		else if (strncmp(w->v[i], "fs=", 3) == 0)
			e.fstype = w->v[i] + 3;
		else
			return -EINVAL;
	}
	*ARR_PUSH(a, &f->host, entries) = e;
	return 0;
}

static int read_env(struct fake *f, const char *value, struct arena *a)
{
	if (strcmp(value, "none") == 0)
		f->env = (struct strv){0};
	else
		strv_push(a, &f->env, value);
	return 0;
}

static void set_home(struct host *h, const char *home, struct arena *a)
{
	h->home = home;
	h->homes = (struct strv){0};
	if (home && home[0] == '/' && home[1])
		strv_push(a, &h->homes, home);
}

static int read_controllers(const struct strv *w, size_t first, uint32_t *ret)
{
	*ret = 0;
	for (size_t i = first; i < w->n; i++) {
		uint32_t bit = cgroup_controller_of(w->v[i]);

		if (!bit)
			return -EINVAL;
		*ret |= bit;
	}
	return 0;
}

/* "cgroup v1", "base PATH own|above CONTROLLER...", "manager none|CONTROLLER...", "kernel
 * CONTROLLER...", "systemd no", "sure no", "readonly yes" */
static int read_cgroup(struct fake *f, const struct strv *w)
{
	struct host_cgroup *c = &f->host.cgroup;
	const char *key = w->v[0], *value = w->n > 1 ? w->v[1] : "";

	if (strcmp(key, "kernel") == 0)
		return read_controllers(w, 1, &c->kernel_controllers);
	if (strcmp(key, "manager") == 0) {
		c->has_manager = strcmp(value, "none") != 0;
		return c->has_manager ? read_controllers(w, 1, &c->manager_controllers)
				      : 0;
	}
	if (strcmp(key, "base") == 0 && w->n > 2) {
		c->base = value;
		c->is_base_own = strcmp(w->v[2], "own") == 0;
		c->is_base_sure = true;
		return read_controllers(w, 3, &c->base_controllers);
	}
	if (strcmp(key, "readonly") == 0)
		return parse_bool(value, &c->is_readonly);
	if (strcmp(key, "sure") == 0)
		return parse_bool(value, &c->is_base_sure);
	if (strcmp(key, "systemd") == 0)
		return parse_bool(value, &c->is_systemd);
	if (strcmp(key, "rlimits") == 0)
		return parse_bool(value, &c->has_rlimits_of_userns);
	for (int i = CGROUP_UNIFIED; strcmp(key, "cgroup") == 0 && i <= CGROUP_NOWHERE;
	     i++) {
		if (strcmp(cgroup_layout_name((enum cgroup_layout)i), value) != 0)
			continue;
		c->layout = (enum cgroup_layout)i;
		return 0;
	}
	return -EINVAL;
}

static int read_line(struct fake *f, const struct strv *w, struct arena *a)
{
	struct host *h = &f->host;
	const char *key = w->v[0], *value = w->n > 1 ? w->v[1] : NULL;

	if (strcmp(key, "subuid") == 0 || strcmp(key, "subgid") == 0)
		return read_range(f, w, key[3] == 'u', a);
	if (strcmp(key, "folder") == 0 || strcmp(key, "link") == 0 ||
	    strcmp(key, "file") == 0)
		return read_entry(f, w, a);
	if (read_cgroup(f, w) == 0)
		return 0;
	if (w->n != 2)
		return -EINVAL;
	if (strcmp(key, "env") == 0)
		return read_env(f, value, a);
	if (strcmp(key, "uid") == 0)
		return parse_id(value, &h->uid);
	if (strcmp(key, "gid") == 0)
		return parse_id(value, &h->gid);
	if (strcmp(key, "root") == 0)
		return parse_bool(value, &h->is_root);
	if (strcmp(key, "newuidmap") == 0)
		return parse_bool(value, &h->has_newuidmap);
	if (strcmp(key, "newgidmap") == 0)
		return parse_bool(value, &h->has_newgidmap);
	if (strcmp(key, "slirp4netns") == 0)
		return parse_bool(value, &f->net.has_slirp4netns);
	if (strcmp(key, "pasta") == 0)
		return parse_bool(value, &f->net.has_pasta);
	if (strcmp(key, "tun") == 0)
		return parse_bool(value, &f->net.has_tun);
	if (strcmp(key, "ip") == 0)
		return snprintf(f->net.host_ip, sizeof(f->net.host_ip), "%s", value) < 0;
	if (strcmp(key, "user") == 0)
		h->user = value;
	else if (strcmp(key, "home") == 0)
		set_home(h, strcmp(value, "none") == 0 ? NULL : value, a);
	else
		return -EINVAL;
	return 0;
}

int fake_read(struct fake *f, const char *text, struct arena *a, struct err *err)
{
	char *copy = arena_strdup(a, text), *line;

	while ((line = strsep(&copy, "\n"))) {
		struct strv words = {0};
		int r = case_words(line, a, &words, err);

		if (r == 0 && words.n > 0 && read_line(f, &words, a) < 0)
			r = err_say(err, -EINVAL, "host: no such line: %s", line);
		if (r < 0)
			return r;
	}
	return 0;
}
