// SPDX-License-Identifier: Apache-2.0
/*
 * plan_cgroup.c - cgroup_settings(): from limits to the kernel's files, for a new cgroup and for one that has
 * limits already
 */
#include "plan/cgroup.h"
#include "test.h"

/* "file=value" in one line, properties in brackets. */
static const char *settings_of(const struct spec_resources *r, bool is_update,
			       struct arena *a)
{
	struct plan_cgroup c = {.is_update = is_update};
	const char *text = "";

	cgroup_settings(r, a, &c);
	for (size_t i = 0; i < c.n_settings; i++) {
		const struct cgroup_setting *s = &c.settings[i];

		text = arena_printf(a, "%s%s%s=%s", text, i ? "; " : "", s->file,
				    s->value);
		if (s->alt_file)
			text = arena_printf(a, "%s or %s=%s", text, s->alt_file,
					    s->alt_value);
		if (s->property)
			text = arena_printf(a, "%s [%s]", text, s->property);
	}
	return text;
}

static const struct {
	struct spec_resources r;
	const char *fresh, *update;
} cases[] = {
	{{.memory = 5}, "memory.max=5", "memory.max=5"},
	{{.memory = SPEC_NO_LIMIT}, "", "memory.max=max"},
	{{.memory = 5, .memory_swap = 7},
	 "memory.max=5; memory.swap.max=2",
	 "memory.max=5; memory.swap.max=2"},
	{{.memory = 5, .memory_swap = SPEC_NO_LIMIT},
	 "memory.max=5",
	 "memory.max=5; memory.swap.max=max"},
	{{.memory_reservation = 5},
	 "memory.low=5 [MemoryLow=5]",
	 "memory.low=5 [MemoryLow=5]"},
	{{.memory_reservation = SPEC_NO_LIMIT}, "", "memory.low=0 [MemoryLow=0]"},
	{{.cpu_shares = 2}, "cpu.weight=1 [CPUWeight=1]", "cpu.weight=1 [CPUWeight=1]"},
	{{.cpu_shares = 1024},
	 "cpu.weight=100 [CPUWeight=100]",
	 "cpu.weight=100 [CPUWeight=100]"},
	{{.cpu_shares = 262144},
	 "cpu.weight=10000 [CPUWeight=10000]",
	 "cpu.weight=10000 [CPUWeight=10000]"},
	{{.is_cpu_idle = true}, "cpu.idle=1 [CPUWeight=0]", "cpu.idle=1 [CPUWeight=0]"},
	{{.has_cpu_idle = true}, "", "cpu.idle=0 [CPUWeight=100]"},
	{{.has_cpu_idle = true, .cpu_shares = 2},
	 "cpu.weight=1 [CPUWeight=1]",
	 "cpu.idle=0 [CPUWeight=100]; cpu.weight=1 [CPUWeight=1]"},
	{{.cpu_quota_us = 2000}, "cpu.max=2000 100000", "cpu.max=2000"},
	{{.cpu_quota_us = 2000, .cpu_period_us = 3000},
	 "cpu.max=2000 3000",
	 "cpu.max=2000 3000"},
	{{.cpu_quota_us = SPEC_NO_LIMIT, .cpu_period_us = 3000}, "", "cpu.max=max 3000"},
	{{.cpu_quota_us = 2000, .cpu_burst_us = 1000},
	 "cpu.max=2000 100000; cpu.max.burst=1000",
	 "cpu.max=2000; cpu.max.burst=1000"},
	{{.cpus = "0-1", .mems = "0"},
	 "cpuset.cpus=0-1; cpuset.mems=0",
	 "cpuset.cpus=0-1; cpuset.mems=0"},
	{{.pids = 9}, "pids.max=9", "pids.max=9"},
	{{.pids = SPEC_NO_LIMIT}, "", "pids.max=max"},
	{{.io_weight = 10},
	 "io.bfq.weight=default 10 or io.weight=default 1 [IOWeight=1]",
	 "io.bfq.weight=default 10 or io.weight=default 1 [IOWeight=1]"},
	{{.io_weight = 1000},
	 "io.bfq.weight=default 1000 or io.weight=default 10000 [IOWeight=10000]",
	 "io.bfq.weight=default 1000 or io.weight=default 10000 [IOWeight=10000]"},
	{{.ios = &(struct spec_io){IO_WEIGHT, 8, 16, 500}, .n_ios = 1},
	 "io.bfq.weight=8:16 500 or io.weight=8:16 4950 [IODeviceWeight=/dev/block/8:16 "
	 "4950]",
	 "io.bfq.weight=8:16 500 or io.weight=8:16 4950 [IODeviceWeight=/dev/block/8:16 "
	 "4950]"},
	{{.ios = &(struct spec_io){IO_WEIGHT, 8, 16, 0}, .n_ios = 1},
	 "",
	 "io.bfq.weight=8:16 default or io.weight=8:16 default"},
	{{.ios = &(struct spec_io){IO_WRITE_BPS, 8, 16, 7}, .n_ios = 1},
	 "io.max=8:16 wbps=7",
	 "io.max=8:16 wbps=7"},
	{{.ios = &(struct spec_io){IO_READ_IOPS, 8, 16, SPEC_NO_LIMIT}, .n_ios = 1},
	 "",
	 "io.max=8:16 riops=max"},
	{{.hugepages = &(struct spec_hugepages){"2MB", 0}, .n_hugepages = 1},
	 "hugetlb.2MB.max=0",
	 "hugetlb.2MB.max=0"},
	{{.rdma = &(struct spec_rdma){"mlx4_0", 3, SPEC_NO_LIMIT}, .n_rdma = 1},
	 "rdma.max=mlx4_0 hca_handle=3 hca_object=max",
	 "rdma.max=mlx4_0 hca_handle=3 hca_object=max"},
};

static void test_settings(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, NULL, 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_string_equal(settings_of(&cases[i].r, false, &a), cases[i].fresh);
		assert_string_equal(settings_of(&cases[i].r, true, &a), cases[i].update);
	}
	arena_free(&a);
}

static void test_controllers(void **state)
{
	struct spec_resources r = {.memory = 1,
				   .pids = 1,
				   .hugepages = &(struct spec_hugepages){"2MB", 0},
				   .n_hugepages = 1};
	struct plan_cgroup c = {0};
	struct arena a;

	(void)state;
	arena_init(&a, NULL, 0);
	strv_push(&a, &r.unified, "cgroup.max.depth=1");
	cgroup_settings(&r, &a, &c);
	assert_string_equal(cgroup_controller_names(c.needed, &a), "hugetlb memory pids");
	arena_free(&a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_controllers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
