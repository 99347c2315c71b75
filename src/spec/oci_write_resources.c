// SPDX-License-Identifier: Apache-2.0
/*
 * oci_write_resources.c - linux.resources, and "cgroup" below "org.urun"
 */
#include <string.h>

#include "base/json.h"
#include "spec/oci_parts.h"
#include "spec/words.h"

static struct json *object(struct json **at, struct json *up, const char *key)
{
	if (!*at)
		*at = json_put_object(up, key);
	return *at;
}

static void put(struct json **at, struct json *up, const char *name, const char *key,
		int64_t value)
{
	if (value)
		json_put_int(object(at, up, name), key, value);
}

static void put_cpu(struct json *resources, const struct spec_resources *r)
{
	struct json *cpu = NULL;

	put(&cpu, resources, "cpu", "shares", r->cpu_shares);
	put(&cpu, resources, "cpu", "quota", r->cpu_quota_us);
	put(&cpu, resources, "cpu", "period", r->cpu_period_us);
	put(&cpu, resources, "cpu", "burst", r->cpu_burst_us);
	put(&cpu, resources, "cpu", "idle", r->is_cpu_idle);
	if (r->cpus)
		json_put_str(object(&cpu, resources, "cpu"), "cpus", r->cpus);
	if (r->mems)
		json_put_str(object(&cpu, resources, "cpu"), "mems", r->mems);
}

static void put_block_io(struct json *resources, const struct spec_resources *r)
{
	struct json *block = NULL, *lists[IO_KIND_COUNT] = {NULL};

	put(&block, resources, "blockIO", "weight", r->io_weight);
	for (size_t i = 0; i < r->n_ios; i++) {
		const struct spec_io *io = &r->ios[i];
		struct json *e;

		/* What is lifted is not there. */
		if (io->value <= 0)
			continue;
		if (!lists[io->kind])
			lists[io->kind] =
				json_put_array(object(&block, resources, "blockIO"),
					       words_oci_io[io->kind]);
		e = json_add_object(lists[io->kind]);
		json_put_int(e, "major", io->major);
		json_put_int(e, "minor", io->minor);
		json_put_int(e, io->kind == IO_WEIGHT ? "weight" : "rate", io->value);
	}
}

static void put_rdma(struct json *resources, const struct spec_resources *r)
{
	struct json *rdma = r->n_rdma > 0 ? json_put_object(resources, "rdma") : NULL;

	for (size_t i = 0; i < r->n_rdma; i++) {
		struct json *e = json_put_object(rdma, r->rdma[i].device);

		if (r->rdma[i].handles >= 0)
			json_put_int(e, "hcaHandles", r->rdma[i].handles);
		if (r->rdma[i].objects >= 0)
			json_put_int(e, "hcaObjects", r->rdma[i].objects);
	}
}

static bool is_same_file(const char *a, const char *b)
{
	size_t len = strcspn(a, "=");

	return strncmp(a, b, len + 1) == 0;
}

/* A file that is written several times, io.max for two disks, has all lines in one member. */
static void put_unified(struct json *resources, const struct spec *s)
{
	const struct strv *v = &s->resources.unified;
	struct json *unified = v->n > 0 ? json_put_object(resources, "unified") : NULL;

	for (size_t i = 0; i < v->n; i++) {
		size_t len = strcspn(v->v[i], "="), first = 0;
		const char *lines = v->v[i] + len + 1;

		while (!is_same_file(v->v[first], v->v[i]))
			first++;
		for (size_t k = i + 1; first == i && k < v->n; k++)
			if (is_same_file(v->v[i], v->v[k]))
				lines = arena_printf(s->arena, "%s\n%s", lines,
						     v->v[k] + len + 1);
		if (first == i)
			json_put_str(unified, arena_strndup(s->arena, v->v[i], len),
				     lines);
	}
}

static void put_own(struct json *own, const struct spec *s)
{
	const struct spec_cgroup *c = &s->cgroup;
	struct json *obj;

	if (c->mode == CGROUPS_AUTO && !c->parent && !c->is_best_effort &&
	    !s->resources.is_swap_implied)
		return;
	obj = json_put_object(own, "cgroup");
	json_put_str(obj, "mode", words_cgroups[c->mode]);
	json_put_str(obj, "parent", c->parent);
	if (c->is_best_effort)
		json_put_bool(obj, "bestEffort", true);
	if (s->resources.is_swap_implied)
		json_put_bool(obj, "swapImplied", true);
}

void oci_put_resources(struct json *linux_, struct json *own, const struct spec *s)
{
	const struct spec_resources *r = &s->resources;
	struct json *resources, *memory = NULL, *pids = NULL, *pages = NULL;

	put_own(own, s);
	json_put_str(linux_, "cgroupsPath", s->cgroup.path);
	if (!spec_has_limits(r) && !r->n_devices)
		return;
	resources = json_put_object(linux_, "resources");
	put(&memory, resources, "memory", "limit", r->memory);
	put(&memory, resources, "memory", "reservation", r->memory_reservation);
	put(&memory, resources, "memory", "swap", r->memory_swap);
	put_cpu(resources, r);
	put(&pids, resources, "pids", "limit", r->pids);
	put_block_io(resources, r);
	for (size_t i = 0; i < r->n_hugepages; i++) {
		struct json *e;

		if (!pages)
			pages = json_put_array(resources, "hugepageLimits");
		e = json_add_object(pages);
		json_put_str(e, "pageSize", r->hugepages[i].page_size);
		json_put_int(e, "limit", r->hugepages[i].limit);
	}
	put_rdma(resources, r);
	put_unified(resources, s);
	oci_put_device_rules(resources, r);
}
