// SPDX-License-Identifier: Apache-2.0
/*
 * devices.c - see devices.h
 */
#include "plan/devices.h"

#include <linux/capability.h>
#include <string.h>

#include "base/mountattr.h"

#define ALL (DEVICE_READ | DEVICE_WRITE | DEVICE_MAKE)

/* What every container has, whatever its document allows: as other OCI runtimes have it. A node that was
 * made can still not be opened. */
static const struct device_rule always[] = {
	{true, 'c', -1, -1, DEVICE_MAKE}, {true, 'b', -1, -1, DEVICE_MAKE},
	{true, 'c', 1, 3, ALL},		  {true, 'c', 1, 5, ALL},
	{true, 'c', 1, 7, ALL},		  {true, 'c', 1, 8, ALL},
	{true, 'c', 1, 9, ALL},		  {true, 'c', 5, 0, ALL},
	{true, 'c', 5, 1, ALL},		  {true, 'c', 5, 2, ALL},
	{true, 'c', 136, -1, ALL},
};

/* Does the last rule that speaks of every device allow it all, and is nothing denied after? Where there
 * is no rule nobody has allowed anything. */
static bool is_all_allowed(const struct spec_resources *r)
{
	for (size_t i = r->n_devices; i-- > 0;) {
		const struct device_rule *d = &r->devices[i];

		if (!d->is_allowed)
			return false;
		if (d->type == 'a' && d->major < 0 && d->minor < 0 && d->access == ALL)
			return true;
	}
	return false;
}

static bool is_devpts(const struct fsop *op)
{
	return op->fstype && strcmp(op->fstype, "devpts") == 0;
}

static void do_without(struct plan *p, struct arena *a)
{
	const uint64_t others = ~(1ULL << CAP_MKNOD);
	bool had = p->caps.bounding & ~others;

	p->caps.bounding &= others;
	p->caps.permitted &= others;
	p->caps.effective &= others;
	p->caps.inheritable &= others;
	p->caps.ambient &= others;
	p->want_nodev = true;
	/* In filesystems that the payload's root can write, too: what is bound there is none. */
	for (size_t i = 0; i < p->n_ops; i++)
		if (p->ops[i].kind == FSOP_TMPFS ||
		    (p->ops[i].kind == FSOP_FS && !is_devpts(&p->ops[i])))
			p->ops[i].attr_set |= MOUNT_ATTR_NODEV;
	if (had)
		strv_push(a, &p->notes,
			  "no cgroup filters devices here: CAP_MKNOD is left out, and "
			  "device nodes of the rootfs do not work");
}

/* What is allowed of a device in two rules is allowed at once, as cgroup v1 had it. */
static struct device_rule added_up(const struct plan *p, struct device_rule d)
{
	for (size_t i = p->n_devices; d.is_allowed && i-- > 0;) {
		const struct device_rule *before = &p->devices[i];

		if (!before->is_allowed)
			break;
		if (before->type == d.type && before->major == d.major &&
		    before->minor == d.minor)
			d.access |= before->access;
	}
	return d;
}

void devices_build(struct plan *p, struct arena *a)
{
	const struct spec_resources *r = &p->spec->resources;

	if (!p->spec->bundle || !p->host->is_root || !p->host->is_identity_userns ||
	    p->spec->is_exec || is_all_allowed(r))
		return;
	if (p->cgroup.place == CGROUP_PLACE_NONE) {
		do_without(p, a);
		return;
	}
	p->cgroup.is_optional = false;
	for (size_t i = 0; i < r->n_devices; i++) {
		struct device_rule d = added_up(p, r->devices[i]);

		*ARR_PUSH(a, p, devices) = d;
	}
	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		*ARR_PUSH(a, p, devices) = always[i];
}
