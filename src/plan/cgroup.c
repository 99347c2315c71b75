// SPDX-License-Identifier: Apache-2.0
/*
 * cgroup.c - see cgroup.h
 */
#include "plan/cgroup.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static bool is_digits(const char *text)
{
	return text[0] && strspn(text, "0123456789") == strlen(text);
}

/* systemd.resource-control(5); a weight of 0 is "idle". */
static void add_property(struct cgroup_setting *s, struct arena *a)
{
	static const struct {
		const char *file, *property;
	} known[] = {
		{"cpu.weight", "CPUWeight"},
		{"memory.low", "MemoryLow"},
		{"memory.min", "MemoryMin"},
	};

	if (strcmp(s->file, "cpu.idle") == 0 && strcmp(s->value, "1") == 0)
		s->property = "CPUWeight=0";
	for (size_t i = 0; i < ARRAY_SIZE(known) && is_digits(s->value); i++)
		if (strcmp(s->file, known[i].file) == 0)
			s->property =
				arena_printf(a, "%s=%s", known[i].property, s->value);
}

static struct cgroup_setting *add(struct plan_cgroup *c, struct arena *a,
				  const char *file, const char *value)
{
	c->settings = arena_grow(a, c->settings, c->n_settings, sizeof(*c->settings));
	c->settings[c->n_settings] =
		(struct cgroup_setting){.file = file, .value = value};
	c->needed |= cgroup_controller_of(file);
	add_property(&c->settings[c->n_settings], a);
	return &c->settings[c->n_settings++];
}

static const char *number(int64_t v, struct arena *a)
{
	return v == SPEC_NO_LIMIT ? "max" : arena_printf(a, "%" PRId64, v);
}

/* No limit is what a new folder has. */
static void add_number(struct plan_cgroup *c, struct arena *a, const char *file,
		       int64_t v)
{
	if (v > 0 || (v && c->is_update))
		add(c, a, file, number(v, a));
}

static void add_memory(struct plan_cgroup *c, const struct spec_resources *r,
		       struct arena *a)
{
	int64_t swap = r->memory_swap;

	/* Both are written in one go, and there is always an order in which that works: a new
	 * folder has no limit. */
	add_number(c, a, "memory.max", r->memory);
	if (r->memory_reservation > 0)
		add_number(c, a, "memory.low", r->memory_reservation);
	else if (r->memory_reservation && c->is_update)
		add(c, a, "memory.low", "0");
	if (swap > 0)
		add(c, a, "memory.swap.max",
		    arena_printf(a, "%" PRId64, swap - r->memory));
	else
		add_number(c, a, "memory.swap.max", swap);
	if (swap > 0)
		c->settings[c->n_settings - 1].is_optional = r->is_swap_implied;
}

/* 2 is the least of 1, 262144 the most of 10000, and 1024 the usual 100: the parabola through the
 * three, in logarithms. */
static int64_t weight_of_shares(int64_t shares)
{
	double l;

	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	l = log2((double)shares);
	return (int64_t)ceil(pow(10, (l * l + 125 * l) / 612.0 - 7.0 / 34.0));
}

/* Of a pair whose second half is not given, the kernel leaves that as it is. */
static const char *cpu_max(const struct plan_cgroup *c, const struct spec_resources *r,
			   struct arena *a)
{
	const char *quota = r->cpu_quota_us > 0 ? number(r->cpu_quota_us, a) : "max";

	if (!r->cpu_period_us && c->is_update)
		return quota;
	return arena_printf(a, "%s %" PRId64, quota,
			    r->cpu_period_us ? r->cpu_period_us : SPEC_DEFAULT_PERIOD_US);
}

static void add_cpu(struct plan_cgroup *c, const struct spec_resources *r,
		    struct arena *a)
{
	/* As long as it is idle it takes no weight; the usual one is what the kernel gives it then. */
	if (c->is_update && r->has_cpu_idle && !r->is_cpu_idle)
		add(c, a, "cpu.idle", "0")->property = "CPUWeight=100";
	if (r->cpu_shares)
		add_number(c, a, "cpu.weight", weight_of_shares(r->cpu_shares));
	if (r->is_cpu_idle)
		add(c, a, "cpu.idle", "1");
	if (r->cpu_quota_us > 0 ||
	    (c->is_update && (r->cpu_quota_us || r->cpu_period_us)))
		add(c, a, "cpu.max", cpu_max(c, r, a));
	/* Behind the quota: it is never more. */
	add_number(c, a, "cpu.max.burst", r->cpu_burst_us);
	if (r->cpus)
		add(c, a, "cpuset.cpus", r->cpus);
	if (r->mems)
		add(c, a, "cpuset.mems", r->mems);
}

/* BFQ, the scheduler, has 1 to 1000; the cost model 1 to 10000, as systemd has. One file is enough:
 * a kernel that has both weighs by BFQ. @device: NULL for all */
static void add_io_weight(struct plan_cgroup *c, struct arena *a, const char *device,
			  int64_t weight)
{
	const char *who = device ? device : "default";
	int64_t cost = 1 + (weight - 10) * 9999 / 990;
	struct cgroup_setting *s =
		add(c, a, "io.bfq.weight", arena_printf(a, "%s %" PRId64, who, weight));

	s->alt_file = "io.weight";
	s->alt_value = arena_printf(a, "%s %" PRId64, who, cost);
	s->property = device ? arena_printf(a, "IODeviceWeight=/dev/block/%s %" PRId64,
					    device, cost)
			     : arena_printf(a, "IOWeight=%" PRId64, cost);
}

static void no_io_weight(struct plan_cgroup *c, struct arena *a, const char *device)
{
	struct cgroup_setting *s =
		add(c, a, "io.bfq.weight", arena_printf(a, "%s default", device));

	s->alt_file = "io.weight";
	s->alt_value = s->value;
}

static void add_io(struct plan_cgroup *c, const struct spec_resources *r, struct arena *a)
{
	static const char *const keys[] = {
		[IO_READ_BPS] = "rbps",
		[IO_WRITE_BPS] = "wbps",
		[IO_READ_IOPS] = "riops",
		[IO_WRITE_IOPS] = "wiops",
	};

	if (r->io_weight)
		add_io_weight(c, a, NULL, r->io_weight);
	for (size_t i = 0; i < r->n_ios; i++) {
		const struct spec_io *io = &r->ios[i];
		const char *device = arena_printf(a, "%u:%u", io->major, io->minor);

		if (io->kind == IO_WEIGHT && io->value > 0)
			add_io_weight(c, a, device, io->value);
		else if (io->kind == IO_WEIGHT && c->is_update)
			no_io_weight(c, a, device);
		else if (io->kind == IO_WEIGHT)
			continue;
		else if (io->value > 0 || c->is_update)
			add(c, a, "io.max",
			    arena_printf(a, "%s %s=%s", device, keys[io->kind],
					 number(io->value, a)));
	}
}

static void add_others(struct plan_cgroup *c, const struct spec_resources *r,
		       struct arena *a)
{
	for (size_t i = 0; i < r->n_hugepages; i++)
		add(c, a, arena_printf(a, "hugetlb.%s.max", r->hugepages[i].page_size),
		    arena_printf(a, "%" PRId64, r->hugepages[i].limit));
	for (size_t i = 0; i < r->n_rdma; i++)
		add(c, a, "rdma.max",
		    arena_printf(a, "%s hca_handle=%s hca_object=%s", r->rdma[i].device,
				 number(r->rdma[i].handles, a),
				 number(r->rdma[i].objects, a)));
	for (size_t i = 0; i < r->unified.n; i++) {
		const char *pair = r->unified.v[i];
		size_t len = strcspn(pair, "=");

		add(c, a, arena_strndup(a, pair, len), pair + len + 1);
	}
}

void cgroup_settings(const struct spec_resources *r, struct arena *a,
		     struct plan_cgroup *ret)
{
	add_memory(ret, r, a);
	add_cpu(ret, r, a);
	add_number(ret, a, "pids.max", r->pids);
	add_io(ret, r, a);
	add_others(ret, r, a);
}

/* --- a place --- */

static const char *names(uint32_t mask, struct arena *a)
{
	return mask ? arena_printf(a, "controller%s %s", mask & (mask - 1) ? "s" : "",
				   cgroup_controller_names(mask, a))
		    : "a cgroup";
}

/* What Delegate= can name, systemd.resource-control(5). */
#define SYSTEMDS                                                    \
	(1u << CGROUP_CPU | 1u << CGROUP_CPUSET | 1u << CGROUP_IO | \
	 1u << CGROUP_MEMORY | 1u << CGROUP_PIDS)

/* systemd gives what its own unit has. The list is whole: a drop-in stands in place of another. */
static int say_undelegated(const struct plan *p, uint32_t missing, struct arena *a,
			   struct err *err)
{
	const struct host_cgroup *h = &p->host->cgroup;
	uint32_t all = missing | h->manager_controllers, never = missing & ~SYSTEMDS;

	if (never) {
		err_say(err, -ENOTSUP, "limits need %s, which systemd gives to nobody",
			names(never, a));
		return err_hint(err, -ENOTSUP,
				"Root can give you a folder below %s that has it, for "
				"--cgroup-parent, and put your shell there; --limits "
				"best-effort goes on without",
				CGROUP_ROOT);
	}
	err_say(err, -ENOTSUP, "limits need %s, and systemd gives your user only: %s",
		names(missing, a),
		h->manager_controllers
			? cgroup_controller_names(h->manager_controllers, a)
			: "none");
	return err_hint(
		err, -ENOTSUP,
		"sudo mkdir -p /etc/systemd/system/user@.service.d\n"
		"printf '[Service]\\nDelegate=%s\\n' | sudo tee "
		"/etc/systemd/system/user@.service.d/delegate.conf\n"
		"sudo systemctl daemon-reload, and log in again; --limits best-effort "
		"goes on without",
		cgroup_controller_names(all, a));
}

/* What the lines that mend it give, besides what is needed now. */
#define USUAL (1u << CGROUP_CPU | 1u << CGROUP_MEMORY | 1u << CGROUP_PIDS)

/* "+cpu +memory" */
static const char *enabled(uint32_t mask, struct arena *a)
{
	const char *text = "";

	for (int i = 0; i < CGROUP_CONTROLLERS; i++)
		if (mask & (1u << i))
			text = arena_printf(a, "%s%s+%s", text, text[0] ? " " : "",
					    cgroup_controller_names(1u << i, a));
	return text;
}

static int say_base_lacks(const struct plan *p, struct arena *a, struct err *err)
{
	const struct host_cgroup *h = &p->host->cgroup;

	err_say(err, -ENOTSUP, "limits need %s, and cgroup '%s/' has only: %s",
		names(p->cgroup.needed & ~h->base_controllers, a), h->base,
		cgroup_controller_names(h->base_controllers, a));
	return err_hint(err, -ENOTSUP,
			"Whoever made that folder gives it more by "
			"cgroup.subtree_control of the one above; --limits best-effort "
			"goes on without");
}

static int say_no_place(const struct plan *p, struct arena *a, struct err *err)
{
	const struct host_cgroup *h = &p->host->cgroup;
	uint32_t needed = p->cgroup.needed;

	if (h->layout == CGROUP_NOWHERE) {
		err_say(err, -ENOTSUP, "limits need cgroup v2 at %s, and there is none",
			CGROUP_ROOT);
		return err_hint(err, -ENOTSUP,
				"sudo mount -t cgroup2 none %s; --limits best-effort "
				"goes on without",
				CGROUP_ROOT);
	}
	if (h->layout != CGROUP_UNIFIED) {
		err_say(err, -ENOTSUP, "limits need cgroup v2, and this host has %s",
			h->layout == CGROUP_HYBRID ? "v1 with an empty v2 beside it"
						   : "v1");
		return err_hint(err, -ENOTSUP, "%s; --limits best-effort goes on without",
				h->is_systemd
					? "Boot with systemd.unified_cgroup_hierarchy=1"
					: "Mount cgroup2 alone at /sys/fs/cgroup "
					  "(OpenRC: rc_cgroup_mode=unified in "
					  "/etc/rc.conf)");
	}
	if (needed & ~h->kernel_controllers) {
		err_say(err, -ENOTSUP,
			"limits need %s, which this kernel does not have, or does not "
			"give",
			names(needed & ~h->kernel_controllers, a));
		return err_hint(err, -ENOTSUP, "--limits best-effort goes on without");
	}
	if (h->base && p->spec->cgroup.mode == CGROUPS_SPLIT)
		return say_base_lacks(p, a, err);
	if (h->has_manager)
		return say_undelegated(p, needed & ~h->manager_controllers, a, err);
	if (h->is_systemd) {
		err_say(err, -ENOTSUP,
			"limits need %s of your user's systemd, and that does not run",
			names(needed, a));
		return err_hint(err, -ENOTSUP,
				"Log in by ssh or at a console, or: sudo loginctl "
				"enable-linger %s; --limits best-effort goes on without",
				p->host->user);
	}
	if (h->base)
		return say_base_lacks(p, a, err);
	err_say(err, -ENOTSUP, "limits need a cgroup, and '%s' is not yours",
		h->own ? h->own : "/");
	if (h->is_readonly)
		return err_hint(err, -ENOTSUP,
				"%s is mounted read-only here, as in a container: "
				"--limits best-effort goes on without",
				CGROUP_ROOT);
	/* The shell stands below: the folder itself gives controllers on. */
	return err_hint(
		err, -ENOTSUP,
		"sudo sh -c 'cd %s && echo %s >cgroup.subtree_control; mkdir -p "
		"%s/%s && cd %s && chown %s . cgroup.procs cgroup.subtree_control "
		"%s %s/cgroup.procs'\n"
		"echo $$ | sudo tee %s/%s/%s/cgroup.procs gives your shell one; "
		"--limits best-effort goes on without",
		CGROUP_ROOT, enabled(needed | USUAL, a), p->host->user, CGROUP_CALLER,
		p->host->user, p->host->user, CGROUP_CALLER, CGROUP_CALLER, CGROUP_ROOT,
		p->host->user, CGROUP_CALLER);
}

static bool is_slice(const char *parent)
{
	const char *dot = strrchr(parent, '.');

	return dot && strcmp(dot, ".slice") == 0 && !strchr(parent, '/');
}

static int use_parent(struct plan *p, struct arena *a, struct err *err)
{
	const char *parent = p->spec->cgroup.parent;
	const struct host_cgroup *h = &p->host->cgroup;
	struct plan_cgroup *c = &p->cgroup;

	if (is_slice(parent)) {
		if (!h->has_manager) {
			err_say(err, -ENOTSUP,
				"--cgroup-parent '%s': a slice is systemd's, and your "
				"user's does not run",
				parent);
			return err_hint(err, -ENOTSUP,
					"Log in by ssh or at a console, or: sudo "
					"loginctl enable-linger %s; or give a folder "
					"below %s",
					p->host->user, CGROUP_ROOT);
		}
		if (c->needed & ~h->manager_controllers)
			return say_no_place(p, a, err);
		c->place = CGROUP_PLACE_SCOPE;
		c->slice = parent;
		return 0;
	}
	/* Only who has that folder knows what it has: see stage/cgroup.c. */
	c->place = CGROUP_PLACE_OWN;
	c->base = spec_clean_path(a, parent);
	if (strcmp(c->base, "/") == 0)
		c->base = "";
	c->is_base_own = h->own && strcmp(c->base, h->own) == 0;
	return 0;
}

static int use_own(struct plan *p, struct err *err)
{
	const struct host_cgroup *h = &p->host->cgroup;

	if (!h->base) {
		err_say(err, -ENOTSUP,
			"--cgroups split: the cgroup '%s' is not delegated to you",
			h->own ? h->own : "/");
		return err_hint(err, -ENOTSUP,
				"systemd-run --user --scope -p Delegate=yes urun run ... "
				"gives urun one");
	}
	if (p->cgroup.needed & ~h->base_controllers)
		return -ENOTSUP;
	p->cgroup.place = CGROUP_PLACE_OWN;
	p->cgroup.base = h->base;
	p->cgroup.is_base_own = h->is_base_own;
	return 0;
}

static int find_place(struct plan *p, struct arena *a, struct err *err)
{
	const struct host_cgroup *h = &p->host->cgroup;
	struct plan_cgroup *c = &p->cgroup;
	bool is_split = p->spec->cgroup.mode == CGROUPS_SPLIT;

	if (h->layout != CGROUP_UNIFIED)
		return say_no_place(p, a, err);
	if (p->spec->cgroup.parent)
		return use_parent(p, a, err);
	if (is_split || (h->base && (h->is_base_sure || !h->has_manager))) {
		int r = use_own(p, err);

		if (r == 0 || err->code)
			return r;
	}
	if (!is_split && h->has_manager && !(c->needed & ~h->manager_controllers)) {
		c->place = CGROUP_PLACE_SCOPE;
		if (h->base && !(c->needed & ~h->base_controllers)) {
			c->base = h->base;
			c->is_base_own = h->is_base_own;
		}
		return 0;
	}
	return say_no_place(p, a, err);
}

/* --- of an engine's container --- */

/* "SLICE:PREFIX:NAME", as engines write it. */
static int use_scope(struct plan *p, struct arena *a, struct err *err)
{
	const struct host_cgroup *h = &p->host->cgroup;
	struct plan_cgroup *c = &p->cgroup;
	const char *path = p->spec->cgroup.path ? p->spec->cgroup.path : "";
	char *part = arena_strdup(a, path), *slice = strsep(&part, ":"),
	     *prefix = part ? strsep(&part, ":") : NULL;

	if (!h->has_manager) {
		err_say(err, -ENOTSUP,
			"--systemd-cgroup: there is no systemd that could be asked for a "
			"scope");
		return err_hint(err, -ENOTSUP,
				"It is the user's own that is asked: sudo loginctl "
				"enable-linger USER starts it; --cgroup-manager cgroupfs "
				"does without");
	}
	if (c->needed & ~h->manager_controllers)
		return say_no_place(p, a, err);
	if (path[0] && !part)
		return err_say(err, -EINVAL,
			       "linux.cgroupsPath: expected SLICE:PREFIX:NAME, got '%s'",
			       path);
	if (path[0] && (strchr(path, '/') || strlen(path) > 200))
		return err_say(err, -EINVAL,
			       "linux.cgroupsPath: '%s' cannot be the name of a scope",
			       path);
	c->place = CGROUP_PLACE_SCOPE;
	c->slice = slice && slice[0] ? slice : NULL;
	if (part)
		c->name = prefix[0] ? arena_printf(a, "%s-%s.scope", prefix, part)
				    : arena_printf(a, "%s.scope", part);
	return 0;
}

/* A relative path counts from the root of cgroups as well: crun's and runc's way. */
static int use_folder(struct plan *p, struct arena *a, struct err *err)
{
	struct plan_cgroup *c = &p->cgroup;
	char *path = arena_strdup(a, spec_clean_path(a, p->spec->cgroup.path)),
	     *slash = strrchr(path, '/');

	if (!slash || !slash[1])
		return err_say(err, -EINVAL,
			       "linux.cgroupsPath: '%s' is the root of all cgroups",
			       p->spec->cgroup.path);
	*slash = '\0';
	c->place = CGROUP_PLACE_OWN;
	c->base = path;
	c->name = slash + 1;
	c->want_parents = true;
	return 0;
}

/* Of an id, in the letters that systemd.unit(5) has. */
static const char *scope_name(const char *id, struct arena *a)
{
	char *name = arena_printf(a, "urun-oci-%.200s.scope", id);

	for (char *c = name; *c; c++)
		if (*c == '+')
			*c = '_';
	return name;
}

/* An engine's document has no word for "as far as it goes". */
static int say_to_engine(int r, struct err *err)
{
	char *ours = err ? strstr(err->hint, "--limits best-effort") : NULL;

	if (ours && ours - err->hint >= 2)
		ours[-2] = '\0'; /* "; " */
	else if (ours)
		err_hint(err, r, "Leave linux.resources out to go on without");
	return r;
}

/* Without limits a cgroup is for pause and stats, and it is had where it costs nothing. */
static int use_engines(struct plan *p, struct arena *a, struct err *err)
{
	const struct spec_cgroup *asked = &p->spec->cgroup;
	const struct host_cgroup *h = &p->host->cgroup;
	struct plan_cgroup *c = &p->cgroup;
	bool has_limits = spec_has_limits(&p->spec->resources);

	if (h->layout != CGROUP_UNIFIED)
		return has_limits ? say_no_place(p, a, err) : 0;
	c->is_optional = !has_limits;
	if (asked->is_systemd)
		return use_scope(p, a, err);
	if (asked->path)
		return use_folder(p, a, err);
	c->name = arena_printf(a, "urun-oci-%s", p->spec->id);
	/* All of them are root's: as other OCI runtimes have it. */
	if (p->host->is_root && p->host->is_identity_userns) {
		c->place = CGROUP_PLACE_OWN;
		c->base = "";
		c->want_parents = true;
		return 0;
	}
	if (has_limits) {
		int r = find_place(p, a, err);

		if (c->place == CGROUP_PLACE_SCOPE)
			c->name = scope_name(p->spec->id, a);
		return r;
	}
	return h->base && (h->is_base_sure || !h->has_manager) ? use_own(p, err) : 0;
}

/* --- without one --- */

/* One user id in a user namespace of its own: RLIMIT_NPROC counts just this container's, and root has
 * no way around it. user_namespaces(7), since Linux 5.14. */
static bool can_count_processes(const struct plan *p)
{
	return p->map.rung == MAP_SINGLE && !p->map.is_there &&
	       p->host->cgroup.has_rlimits_of_userns && !p->host->is_root;
}

static bool is_pids_alone(const struct plan_cgroup *c)
{
	return c->n_settings == 1 && strcmp(c->settings[0].file, "pids.max") == 0;
}

/* What is left when nobody can enforce it, as far as the caller wants that. @files: those that cannot
 * be written. */
static void do_what_can_be(struct plan *p, const struct strv *files, struct arena *a)
{
	const struct spec_resources *r = &p->spec->resources;
	bool no_pids = strv_has(files, "pids.max"),
	     no_memory = strv_has(files, "memory.max");
	const char *left = "", *text;

	p->most_processes = no_pids ? (uint64_t)r->pids : 0;
	p->most_data_bytes = no_memory ? (uint64_t)r->memory : 0;
	for (size_t i = 0; i < files->n; i++)
		if (strcmp(files->v[i], "pids.max") != 0 &&
		    strcmp(files->v[i], "memory.max") != 0)
			left = arena_printf(a, "%s%s%s", left, left[0] ? ", " : "",
					    files->v[i]);
	text = p->cgroup.place == CGROUP_PLACE_NONE
		       ? "there is no cgroup for limits here (--limits best-effort)"
		       : "not all limits can be enforced here (--limits best-effort)";
	strv_pushf(a, &p->notes, "%s%s%s%s%s", text,
		   no_memory ? "; memory is limited for each process alone" : "",
		   no_pids && !can_count_processes(p)
			   ? "; processes are counted for each user alone"
			   : "",
		   left[0] ? "; not limited: " : "", left);
}

/* Takes out what the best place that there is cannot do. */
static void drop_settings(struct plan *p, struct strv *ret_files, struct arena *a)
{
	const struct host_cgroup *h = &p->host->cgroup;
	struct plan_cgroup *c = &p->cgroup;
	uint32_t there = h->base && (h->is_base_sure || !h->has_manager)
				 ? h->base_controllers
			 : h->has_manager ? h->manager_controllers
					  : 0;
	size_t n = 0;

	c->needed = 0;
	for (size_t i = 0; i < c->n_settings; i++) {
		uint32_t bit = cgroup_controller_of(c->settings[i].file);

		if (there && !(bit & ~there)) {
			c->needed |= bit;
			c->settings[n++] = c->settings[i];
		} else if (!c->settings[i].is_optional) {
			strv_push(a, ret_files, c->settings[i].file);
		}
	}
	c->n_settings = n;
}

static int go_without(struct plan *p, struct arena *a)
{
	struct plan_cgroup *c = &p->cgroup;
	struct strv files = {0};
	struct err ignored = {0};

	drop_settings(p, &files, a);
	if ((c->n_settings == 0 && p->spec->cgroup.mode != CGROUPS_ENABLED) ||
	    find_place(p, a, &ignored) < 0) {
		for (size_t i = 0; i < c->n_settings; i++)
			if (!c->settings[i].is_optional)
				strv_push(a, &files, c->settings[i].file);
		*c = (struct plan_cgroup){0};
	}
	do_what_can_be(p, &files, a);
	return 0;
}

int cgroup_build(struct plan *p, struct arena *a, struct err *err)
{
	struct plan_cgroup *c = &p->cgroup;
	struct err why = {0};
	int r;

	if (p->spec->bundle && p->spec->cgroup.mode != CGROUPS_DISABLED) {
		cgroup_settings(&p->spec->resources, a, c);
		return say_to_engine(use_engines(p, a, err), err);
	}
	if (!spec_wants_cgroup(p->spec))
		return 0;
	cgroup_settings(&p->spec->resources, a, c);
	r = find_place(p, a, &why);
	if (r == 0)
		return 0;
	if (is_pids_alone(c) && p->spec->cgroup.mode == CGROUPS_AUTO &&
	    !p->spec->cgroup.parent && p->spec->resources.pids > 0 &&
	    can_count_processes(p)) {
		p->most_processes = (uint64_t)p->spec->resources.pids;
		*c = (struct plan_cgroup){0};
		return 0;
	}
	if (p->spec->cgroup.is_best_effort)
		return go_without(p, a);
	*err = why;
	return r;
}
