/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resources.h - what a container may use, in OCI's terms and units
 *
 * Part of the spec. A number is 0 where nothing was asked for and SPEC_NO_LIMIT where no limit
 * was: what the kernel calls "max". What becomes of it is in plan/cgroup.h.
 */
#pragma once

#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "sys/device_filter.h"

#define SPEC_NO_LIMIT	       (-1)
#define SPEC_MAX_RESOURCES     1024 /* devices, page sizes, files: of one list */
#define SPEC_DEFAULT_PERIOD_US 100000

enum spec_io_kind {
	IO_WEIGHT, /* 10 to 1000 */
	IO_READ_BPS,
	IO_WRITE_BPS,
	IO_READ_IOPS,
	IO_WRITE_IOPS,
	IO_KIND_COUNT
};

/* Of one block device. */
struct spec_io {
	enum spec_io_kind kind;
	uint32_t major, minor;
	int64_t value;
};

struct spec_hugepages {
	const char *page_size; /* "2MB", as the kernel's file has it */
	int64_t limit;	       /* bytes; 0 is a limit */
};

struct spec_rdma {
	const char *device;
	int64_t handles, objects;
};

struct spec_resources {
	int64_t memory, memory_reservation; /* bytes */
	int64_t memory_swap;		    /* bytes, memory and swap together */
	/* Nobody asked for it: where the kernel does not count swap, it is left out. */
	bool is_swap_implied;
	int64_t cpu_shares, cpu_quota_us, cpu_period_us, cpu_burst_us;
	bool has_cpu_idle; /* it is said whether */
	bool is_cpu_idle;
	const char *cpus, *mems; /* "0-3,5"; NULL: all */
	int64_t pids;
	int64_t io_weight;
	struct spec_io *ios;
	size_t n_ios;
	struct spec_hugepages *hugepages;
	size_t n_hugepages;
	struct spec_rdma *rdma;
	size_t n_rdma;
	struct strv unified; /* FILE=VALUE, in order, behind all others */
	/* Of real root's containers alone: see plan/devices.c. */
	struct device_rule *devices;
	size_t n_devices;
};

enum spec_cgroups {
	CGROUPS_AUTO,	 /* one of its own when there is a limit */
	CGROUPS_ENABLED, /* one of its own */
	CGROUPS_DISABLED,
	CGROUPS_SPLIT, /* one below the caller's own */
};

struct spec_cgroup {
	enum spec_cgroups mode;
	const char *
		parent; /* NULL; "NAME.slice" of systemd, or a folder of /sys/fs/cgroup */
	bool is_best_effort; /* what cannot be enforced is left out, and said */
	/* Of an engine's container: linux.cgroupsPath. A folder below the root of cgroups, or with
	 * is_systemd "SLICE:PREFIX:NAME", of which PREFIX-NAME.scope is made. NULL: urun chooses */
	const char *path;
	bool is_systemd;
};

struct spec;

/* Is anything limited? */
bool spec_has_limits(const struct spec_resources *r);
/* Is a cgroup of its own wanted? */
bool spec_wants_cgroup(const struct spec *s);

/**
 * spec_resources_validate() - look them over for what contradicts itself
 *
 * Return: 0; -EINVAL with a message that names podman's option.
 */
int spec_resources_validate(const struct spec *s, struct err *err);

/* The total with swap when nobody says one, as podman has it: as much swap as memory. */
int64_t spec_implied_swap(int64_t memory);
/* Why a file of a cgroup is not one to write a limit to; NULL: it may be. */
const char *spec_refuse_unified(const char *file);
/* Is it a list of numbers and ranges, "0-3,5"? */
bool spec_is_cpu_list(const char *list);
