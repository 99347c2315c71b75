// SPDX-License-Identifier: Apache-2.0
/*
 * oci_devices.c - linux.resources.devices, read and written
 *
 * Source: OCI runtime specification 1.2, config-linux.md; devices.rst of the kernel's cgroup v1.
 */
#include <stddef.h>
#include <string.h>

#include "spec/oci_parts.h"

#define MAX_NUMBER 0xfffff /* of a device, minor: 20 bits */

static const struct {
	char letter;
	unsigned int access;
} accesses[] = {{'r', DEVICE_READ}, {'w', DEVICE_WRITE}, {'m', DEVICE_MAKE}};

static int read_access(struct oci *o, const struct json_at *at, unsigned int *ret)
{
	const char *text = "rwm";
	int r = json_read_str(at, o->spec->arena, &text, o->err);

	for (const char *c = text; r == 0 && *c; c++) {
		size_t i = 0;

		while (i < ARRAY_SIZE(accesses) && accesses[i].letter != *c)
			i++;
		if (i == ARRAY_SIZE(accesses))
			return json_invalid(at, o->err, "expected letters of rwm");
		*ret |= accesses[i].access;
	}
	return r;
}

/* Engines write "any" as -1 or leave it out; Go's zero is a number like others. */
static int read_number(struct oci *o, const struct json_at *at, int64_t *ret)
{
	*ret = -1;
	return json_read_i64(at, -1, MAX_NUMBER, ret, o->err);
}

static int read_rule(struct oci *o, const struct json_at *at)
{
	struct json_at allow = json_key(at, "allow"), type = json_key(at, "type"),
		       major = json_key(at, "major"), minor = json_key(at, "minor"),
		       access = json_key(at, "access");
	struct device_rule rule = {.type = 'a'};
	const char *word = "a";
	int r = json_expect(at, JSON_KIND_OBJECT, o->err);

	if (r == 0)
		r = json_read_bool(&allow, &rule.is_allowed, o->err);
	if (r == 0)
		r = json_read_str(&type, o->spec->arena, &word, o->err);
	if (r == 0 && word[0] && (word[1] || !strchr("abcup", word[0])))
		return json_invalid(&type, o->err, "expected a, b, c, u or p");
	if (r == 0)
		r = read_number(o, &major, &rule.major);
	if (r == 0)
		r = read_number(o, &minor, &rule.minor);
	if (r == 0)
		r = read_access(o, &access, &rule.access);
	if (r < 0)
		return r;
	/* A pipe is no device. */
	if (word[0] == 'p')
		return 0;
	rule.type = word[0] == 'u' ? 'c' : word[0] ? word[0] : 'a';
	*ARR_PUSH(o->spec->arena, &o->spec->resources, devices) = rule;
	return 0;
}

int oci_read_device_rules(struct oci *o, const struct json_at *list)
{
	return oci_read_each(o, list, DEVICE_MAX_RULES / 2, read_rule);
}

void oci_put_device_rules(struct json *resources, const struct spec_resources *r)
{
	struct json *list = r->n_devices ? json_put_array(resources, "devices") : NULL;

	for (size_t i = 0; i < r->n_devices; i++) {
		const struct device_rule *d = &r->devices[i];
		struct json *e = json_add_object(list);
		char text[4] = "", type[2] = {d->type, '\0'};

		for (size_t k = 0; k < ARRAY_SIZE(accesses); k++)
			if (d->access & accesses[k].access)
				text[strlen(text)] = accesses[k].letter;
		json_put_bool(e, "allow", d->is_allowed);
		json_put_str(e, "type", type);
		if (d->major >= 0)
			json_put_int(e, "major", d->major);
		if (d->minor >= 0)
			json_put_int(e, "minor", d->minor);
		json_put_str(e, "access", text);
	}
}
