// SPDX-License-Identifier: Apache-2.0
/*
 * oci_read_resources.c - linux.resources, and "cgroup" below "org.urun"
 *
 * 0 and nothing are the same: nobody asked, as the engines that write such documents have it. Only
 * what is named one by one, huge pages of a size or a device, may be limited to 0.
 */
#include <stddef.h>
#include <string.h>

#include "base/parse.h"
#include "spec/oci_parts.h"
#include "spec/words.h"

struct number {
	const char *key;
	size_t offset; /* of an int64_t in struct spec_resources */
	bool can_be_none;
};

static int read_numbers(struct oci *o, const struct json_at *at, const struct number *v,
			size_t n)
{
	int r = json_expect(at, JSON_KIND_OBJECT, o->err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct json_at value = json_key(at, v[i].key);
		int64_t *target =
			(int64_t *)(void *)((char *)&o->spec->resources + v[i].offset);

		r = json_read_i64(&value, v[i].can_be_none ? INT64_MIN : 0, INT64_MAX,
				  target, o->err);
		if (r == 0 && *target < 0)
			*target = SPEC_NO_LIMIT;
	}
	return r;
}

#define NUMBER(key, field, can_be_none)                                  \
	{                                                                \
		key, offsetof(struct spec_resources, field), can_be_none \
	}

static int read_memory(struct oci *o, const struct json_at *at)
{
	static const struct number numbers[] = {
		NUMBER("limit", memory, true),
		NUMBER("reservation", memory_reservation, true),
		NUMBER("swap", memory_swap, true),
	};

	return read_numbers(o, at, numbers, ARRAY_SIZE(numbers));
}

static int read_cpu(struct oci *o, const struct json_at *at)
{
	static const struct number numbers[] = {
		NUMBER("shares", cpu_shares, false),
		NUMBER("quota", cpu_quota_us, true),
		NUMBER("period", cpu_period_us, false),
		NUMBER("burst", cpu_burst_us, false),
	};
	struct spec_resources *res = &o->spec->resources;
	struct json_at cpus = json_key(at, "cpus"), mems = json_key(at, "mems"),
		       idle = json_key(at, "idle");
	int64_t is_idle = 0;
	int r = read_numbers(o, at, numbers, ARRAY_SIZE(numbers));

	if (r == 0)
		r = json_read_i64(&idle, 0, 1, &is_idle, o->err);
	res->is_cpu_idle = is_idle == 1;
	res->has_cpu_idle = json_is_present(&idle);
	if (r == 0)
		r = oci_read_cpus(o, &cpus, &res->cpus);
	return r < 0 ? r : oci_read_cpus(o, &mems, &res->mems);
}

static int read_pids(struct oci *o, const struct json_at *at)
{
	static const struct number numbers[] = {NUMBER("limit", pids, true)};

	return read_numbers(o, at, numbers, ARRAY_SIZE(numbers));
}

static int read_io(struct oci *o, const struct json_at *at, enum spec_io_kind kind)
{
	const char *key = kind == IO_WEIGHT ? "weight" : "rate";
	struct json_at value = json_key(at, key), leaf = json_key(at, "leafWeight");
	struct device {
		uint32_t major, minor;
	} d = {0};
	static const struct oci_field fields[] = {
		{"major", OCI_NUMBER, offsetof(struct device, major), UINT32_MAX},
		{"minor", OCI_NUMBER, offsetof(struct device, minor), UINT32_MAX},
		{0},
	};
	int64_t number = 0, zero = 0;
	int r = oci_read_fields(o, at, fields, &d);

	if (r == 0)
		r = json_read_i64(&value, 0, kind == IO_WEIGHT ? 1000 : INT64_MAX,
				  &number, o->err);
	if (r == 0)
		r = json_read_i64(&leaf, 0, 0, &zero, o->err);
	if (r < 0 || number == 0)
		return r;
	if (kind == IO_WEIGHT && number < 10)
		return json_invalid(&value, o->err, "a weight is from 10 to 1000");
	*ARR_PUSH(o->spec->arena, &o->spec->resources, ios) = (struct spec_io){
		.kind = kind, .major = d.major, .minor = d.minor, .value = number};
	return 0;
}

static int read_block_io(struct oci *o, const struct json_at *at)
{
	static const struct number numbers[] = {NUMBER("weight", io_weight, false)};
	struct json_at weight = json_key(at, "weight"), leaf = json_key(at, "leafWeight");
	int64_t zero = 0;
	int r = read_numbers(o, at, numbers, ARRAY_SIZE(numbers));

	if (r == 0)
		r = json_read_i64(&leaf, 0, 0, &zero, o->err);
	if (r == 0 && o->spec->resources.io_weight &&
	    (o->spec->resources.io_weight < 10 || o->spec->resources.io_weight > 1000))
		return json_invalid(&weight, o->err, "a weight is from 10 to 1000");
	for (int kind = 0; r == 0 && kind < IO_KIND_COUNT; kind++) {
		struct json_at list = json_key(at, words_oci_io[kind]);
		size_t n = 0;

		r = oci_read_list(o, &list, SPEC_MAX_RESOURCES, &n);
		for (size_t i = 0; r == 0 && i < n; i++) {
			struct json_at item = json_index(&list, i);

			r = read_io(o, &item, (enum spec_io_kind)kind);
		}
	}
	return r;
}

static int read_hugepages(struct oci *o, const struct json_at *at)
{
	struct json_at size = json_key(at, "pageSize"), limit = json_key(at, "limit");
	struct spec_hugepages h = {0};
	int r = oci_read_name(o, &size, "a size of pages", &h.page_size);

	if (r == 0)
		r = json_read_i64(&limit, 0, INT64_MAX, &h.limit, o->err);
	if (r < 0)
		return r;
	if (strspn(h.page_size, "0123456789KMGB") != strlen(h.page_size))
		return json_invalid(&size, o->err, "no size such as 2MB");
	*ARR_PUSH(o->spec->arena, &o->spec->resources, hugepages) = h;
	return 0;
}

static int read_rdma(struct oci *o, const struct json_at *at)
{
	int r = json_expect(at, JSON_KIND_OBJECT, o->err);

	if (r == 0 && json_count(at) > SPEC_MAX_RESOURCES)
		return json_invalid(at, o->err, "more than %d devices",
				    SPEC_MAX_RESOURCES);
	for (size_t i = 0; r == 0 && i < json_count(at); i++) {
		struct spec_rdma rdma = {.handles = SPEC_NO_LIMIT,
					 .objects = SPEC_NO_LIMIT};
		struct json_at item, handles, objects;
		const char *name = json_member(at, i, &item);

		handles = json_key(&item, "hcaHandles");
		objects = json_key(&item, "hcaObjects");
		rdma.device = arena_strdup(o->spec->arena, name);
		r = json_expect(&item, JSON_KIND_OBJECT, o->err);
		if (r == 0)
			r = json_read_i64(&handles, 0, UINT32_MAX, &rdma.handles, o->err);
		if (r == 0)
			r = json_read_i64(&objects, 0, UINT32_MAX, &rdma.objects, o->err);
		if (r == 0 && (!name[0] || strpbrk(name, " \n")))
			return json_invalid(&item, o->err, "no name of a device");
		*ARR_PUSH(o->spec->arena, &o->spec->resources, rdma) = rdma;
	}
	return r;
}

/* One write for each line. */
static void push_lines(struct oci *o, const char *file, const char *lines)
{
	char *copy = arena_strdup(o->spec->arena, lines), *line;

	while ((line = strsep(&copy, "\n")))
		if (*line)
			strv_pushf(o->spec->arena, &o->spec->resources.unified, "%s=%s",
				   file, line);
}

static int read_unified(struct oci *o, const struct json_at *at)
{
	int r = json_expect(at, JSON_KIND_OBJECT, o->err);

	if (r == 0 && json_count(at) > SPEC_MAX_RESOURCES)
		return json_invalid(at, o->err, "more than %d files", SPEC_MAX_RESOURCES);
	for (size_t i = 0; r == 0 && i < json_count(at); i++) {
		struct json_at item;
		const char *file = json_member(at, i, &item), *value = NULL,
			   *why = spec_refuse_unified(file);

		r = json_read_str(&item, o->spec->arena, &value, o->err);
		if (r == 0 && why)
			return json_invalid(&item, o->err, "%s", why);
		if (r == 0 && (!value || !value[0]))
			return json_invalid(&item, o->err, "no value");
		if (r == 0)
			push_lines(o, file, value);
	}
	return r;
}

static int read_own(struct oci *o)
{
	static const struct oci_field fields[] = {
		{"parent", OCI_STRING, offsetof(struct spec_cgroup, parent), 0},
		{"bestEffort", OCI_BOOL, offsetof(struct spec_cgroup, is_best_effort), 0},
		{0},
	};
	static const struct oci_field implied[] = {
		{"swapImplied", OCI_BOOL,
		 offsetof(struct spec_resources, is_swap_implied), 0},
		{0},
	};
	struct json_at at = json_key(&o->own, "cgroup"), mode = json_key(&at, "mode");
	int place = CGROUPS_AUTO, r = oci_read_fields(o, &at, fields, &o->spec->cgroup);

	if (r == 0)
		r = oci_read_fields(o, &at, implied, &o->spec->resources);
	if (r == 0)
		r = oci_read_word(o, &mode, words_cgroups, &place);
	o->spec->cgroup.mode = (enum spec_cgroups)place;
	return r;
}

int oci_read_resources(struct oci *o)
{
	struct json_at at = json_key(&o->linux_, "resources"),
		       memory = json_key(&at, "memory"), cpu = json_key(&at, "cpu"),
		       pids = json_key(&at, "pids"), block = json_key(&at, "blockIO"),
		       pages = json_key(&at, "hugepageLimits"),
		       rdma = json_key(&at, "rdma"), unified = json_key(&at, "unified"),
		       devices = json_key(&at, "devices");
	int r = json_expect(&at, JSON_KIND_OBJECT, o->err);

	if (r == 0)
		r = read_memory(o, &memory);
	if (r == 0)
		r = read_cpu(o, &cpu);
	if (r == 0)
		r = read_pids(o, &pids);
	if (r == 0)
		r = read_block_io(o, &block);
	if (r == 0)
		r = oci_read_each(o, &pages, SPEC_MAX_RESOURCES, read_hugepages);
	if (r == 0)
		r = read_rdma(o, &rdma);
	if (r == 0)
		r = read_unified(o, &unified);
	if (r == 0)
		r = oci_read_device_rules(o, &devices);
	return r < 0 ? r : read_own(o);
}
