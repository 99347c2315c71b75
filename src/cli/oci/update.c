// SPDX-License-Identifier: Apache-2.0
/*
 * update.c - urun-oci update: other limits for a container that runs
 */
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/parse.h"
#include "cli/oci/oci.h"
#include "engine/limits.h"
#include "engine/state.h"
#include "spec/oci.h"
#include "sys/cgroup.h"
#include "sys/fd.h"
#include "sys/host.h"

struct asked {
	struct spec spec; /* its resources */
	const char *file;
};

static int set_file(void *target, const char *value, struct err *err)
{
	if (!value[0])
		return err_say(err, -EINVAL, "an empty path");
	((struct asked *)target)->file = value;
	return 0;
}

/* -1 is no limit; bytes may have a unit. */
static int set_number(int64_t *to, const char *value, struct err *err)
{
	uint64_t bytes;

	if (parse_i64(value, to) == 0 && *to >= SPEC_NO_LIMIT)
		return 0;
	if (parse_size(value, &bytes) < 0 || bytes > INT64_MAX)
		return err_say(err, -EINVAL, "'%s' is no number", value);
	*to = (int64_t)bytes;
	return 0;
}

#define NUMBER_SETTER(name, member)                                                 \
	static int name(void *target, const char *value, struct err *err)           \
	{                                                                           \
		return set_number(&((struct asked *)target)->spec.resources.member, \
				  value, err);                                      \
	}
NUMBER_SETTER(set_blkio_weight, io_weight)
NUMBER_SETTER(set_cpu_burst, cpu_burst_us)
NUMBER_SETTER(set_cpu_period, cpu_period_us)
NUMBER_SETTER(set_cpu_quota, cpu_quota_us)
NUMBER_SETTER(set_cpu_share, cpu_shares)
NUMBER_SETTER(set_memory, memory)
NUMBER_SETTER(set_memory_reservation, memory_reservation)
NUMBER_SETTER(set_memory_swap, memory_swap)
NUMBER_SETTER(set_pids_limit, pids)

static int set_list(const char **to, const char *value, struct err *err)
{
	if (!spec_is_cpu_list(value))
		return err_say(err, -EINVAL, "'%s' is no list such as 0-3,5", value);
	*to = value;
	return 0;
}

static int set_cpus(void *target, const char *value, struct err *err)
{
	return set_list(&((struct asked *)target)->spec.resources.cpus, value, err);
}

static int set_mems(void *target, const char *value, struct err *err)
{
	return set_list(&((struct asked *)target)->spec.resources.mems, value, err);
}

/* Engines pass what they were not told as 0. */
static int refuse(void *target, const char *value, struct err *err)
{
	(void)target;
	if (!value[0] || strcmp(value, "0") == 0)
		return 0;
	return err_say(err, -ENOTSUP, "cgroup v2 has no such limit; nothing was changed");
}

static const struct option update_options[] = {
	{"blkio-weight", 0, "WEIGHT", "share of a disk's time: 10 to 1000",
	 set_blkio_weight},
	{"cpu-burst", 0, "US", "time saved up that a period may use as well",
	 set_cpu_burst},
	{"cpu-period", 0, "US", "what --cpu-quota counts in: microseconds",
	 set_cpu_period},
	{"cpu-quota", 0, "US", "CPU time in each period; -1: no limit", set_cpu_quota},
	{"cpu-rt-period", 0, "US", "refused: cgroup v2 has none", refuse},
	{"cpu-rt-runtime", 0, "US", "refused: cgroup v2 has none", refuse},
	{"cpu-share", 0, "N", "weight against others that want CPUs: 2 to 262144",
	 set_cpu_share},
	{"cpuset-cpus", 0, "LIST", "CPUs that it may run on: 0-3,5", set_cpus},
	{"cpuset-mems", 0, "LIST", "memory nodes that it may use", set_mems},
	{"kernel-memory", 0, "SIZE", "refused: cgroup v2 has none", refuse},
	{"l3-cache-schema", 0, "SCHEMA", "refused: resctrl is not supported", refuse},
	{"mem-bw-schema", 0, "SCHEMA", "refused: resctrl is not supported", refuse},
	{"memory", 0, "SIZE", "memory that it may use; -1: no limit", set_memory},
	{"memory-reservation", 0, "SIZE", "memory that is not taken from it",
	 set_memory_reservation},
	{"memory-swap", 0, "SIZE", "memory and swap together; -1: no limit",
	 set_memory_swap},
	{"pids-limit", 0, "N", "processes and threads at a time; -1: no limit",
	 set_pids_limit},
	{"resources", 'r', "FILE",
	 "all limits as linux.resources has them; -: from stdin", set_file},
	{0},
};

/* What options say stands over what the file says. */
static int read_file(struct asked *asked, struct arena *a, struct err *err)
{
	struct spec_resources options = asked->spec.resources;
	char *text;
	size_t len;
	int r;

	if (!asked->file)
		return 0;
	r = strcmp(asked->file, "-") == 0
		    ? fd_read_all(STDIN_FILENO, a, JSON_MAX_BYTES, &text, &len)
		    : fd_read_file(asked->file, a, JSON_MAX_BYTES, &text, &len);
	if (r < 0)
		return err_set(err, r, "--resources '%s'", asked->file);
	asked->spec.resources = (struct spec_resources){0};
	r = spec_read_resources(&asked->spec, text, len, err);
	if (r < 0)
		return r;
	/* Engines hand on the whole of what there was; other runtimes leave these as they are, too. */
	if (asked->spec.resources.n_devices > 0)
		oci_debug(
			"linux.resources.devices: an update leaves devices as they are");
	limits_merge(&asked->spec.resources, &options, a);
	return 0;
}

static int update(struct oci_run *run, const char *id, struct asked *asked,
		  struct err *err)
{
	_cleanup_fd_ int folder = -EBADF, cgroup = -EBADF;
	struct spec_resources *r_asked = &asked->spec.resources;
	struct spec whole;
	struct state s;
	struct host host;
	int r = state_hold(run->root, id, &folder, err);

	if (r == 0)
		r = state_read(folder, id, run->arena, &s, err);
	if (r < 0)
		return r;
	if (state_status(folder, &s, NULL, NULL) == STATE_STOPPED)
		return err_say(err, -ESRCH,
			       "container not running: '%s': no such process", id);
	if (!s.cgroup)
		return err_say(err, -ENOTSUP,
			       "container '%s' has no cgroup of its own to limit it by",
			       id);
	cgroup = cgroup_open(s.cgroup);
	r = cgroup < 0 ? err_set(err, cgroup, "cgroup '%s'", s.cgroup)
		       : host_read(&host, run->arena, false, err);
	if (r < 0)
		return r;
	spec_init(&whole, run->arena);
	limits_read(cgroup, run->arena, &whole.resources);
	limits_merge(&whole.resources, r_asked, run->arena);
	r = spec_resources_validate(&whole, err);
	limits_complete(r_asked, &whole.resources);
	return r < 0 ? r
		     : limits_apply(cgroup, s.cgroup, r_asked, &host, run->arena, err);
}

static int cmd_update(struct oci_run *run, int argc, char **argv)
{
	struct asked asked = {0};
	struct err err = {0};
	const char *id;
	int code, r;

	spec_init(&asked.spec, run->arena);
	if (!oci_read_id(&oci_update, argc, argv, &asked, &id, &code))
		return code;
	r = oci_open_root(run, false, &err);
	if (r == 0)
		r = read_file(&asked, run->arena, &err);
	if (r == 0)
		r = update(run, id, &asked, &err);
	return r < 0 ? oci_fail(&err) : 0;
}

const struct oci_command oci_update = {
	{"update", "[OPTIONS] ID", "change the limits of a container", update_options,
	 "urun-oci"},
	cmd_update,
	false,
};
