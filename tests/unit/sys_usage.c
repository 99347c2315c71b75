// SPDX-License-Identifier: Apache-2.0
/*
 * sys_usage.c - tests of what is read of the kernel's counters
 */
#include "sys/usage.h"

#include <stdio.h>

#include "support.h"
#include "sys/fd.h"

static void test_cgroup(void **state)
{
	struct folder *f = *state;
	struct usage u = usage_none();

	make_file(f->fd, "cpu.stat",
		  "usage_usec 9000000001\nuser_usec 6000000000\nsystem_usec 3000000001\n"
		  "nr_periods 0\n");
	make_file(f->fd, "memory.current", "12345678\n");
	make_file(f->fd, "memory.max", "67108864\n");
	make_file(f->fd, "pids.current", "17\n");
	make_file(f->fd, "io.stat",
		  "253:0 \n8:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=7 dios=1\n"
		  "252:16 rbytes=1 wbytes=2 rios=1 wios=2 dbytes=0 dios=0\n"
		  "7:0 7:1 rbytes=100 wbytes=200\n");
	make_file(f->fd, "cpu.pressure",
		  "some avg10=12.34 avg60=1.00 avg300=0.10 total=123456\n"
		  "full avg10=0.56 avg60=0.00 avg300=0.00 total=654\n");
	make_file(f->fd, "memory.pressure",
		  "some avg10=100.00 avg60=0.00 avg300=0.00 total=9\n");
	CHECK_INT(usage_read_cgroup(f->fd, &u), 0);
	CHECK_INT(u.cpu_us, 9000000001);
	CHECK_INT(u.cpu_system_us, 3000000001);
	CHECK_INT(u.memory_bytes, 12345678);
	CHECK_INT(u.memory_max_bytes, 67108864);
	CHECK_INT(u.pids, 17);
	CHECK_INT(u.read_bytes, 4197);
	CHECK_INT(u.write_bytes, 8394);
	CHECK_INT(u.rx_bytes, USAGE_UNKNOWN);
	CHECK(u.pressure[USAGE_CPU].some.is_known);
	CHECK_INT(u.pressure[USAGE_CPU].some.avg10 * 100 + 0.5, 12.34 * 100 + 0.5);
	CHECK_INT(u.pressure[USAGE_CPU].some.total_us, 123456);
	CHECK_INT(u.pressure[USAGE_CPU].full.avg10 * 100 + 0.5, 0.56 * 100 + 0.5);
	CHECK_INT(u.pressure[USAGE_CPU].full.total_us, 654);
	CHECK_INT(u.pressure[USAGE_MEMORY].some.avg10 * 100 + 0.5, 100 * 100 + 0.5);
	CHECK(!u.pressure[USAGE_MEMORY].full.is_known);
	CHECK(!u.pressure[USAGE_IO].some.is_known);
}

/* Without controllers it has no more than the time; a limit of none; an empty io.stat is a zero. */
static void test_less(void **state)
{
	struct folder *f = *state;
	struct usage u = usage_none();

	CHECK_INT(usage_read_cgroup(f->fd, &u), -ENOENT);
	CHECK_INT(u.cpu_us, USAGE_UNKNOWN);
	make_file(f->fd, "cpu.stat", "user_usec 1\n");
	CHECK_INT(usage_read_cgroup(f->fd, &u), -ENOENT);
	make_file(f->fd, "cpu.stat", "usage_usec 1\n");
	CHECK_INT(usage_read_cgroup(f->fd, &u), 0);
	CHECK_INT(u.cpu_us, 1);
	CHECK_INT(u.cpu_system_us, USAGE_UNKNOWN);
	CHECK_INT(u.memory_bytes, USAGE_UNKNOWN);
	CHECK_INT(u.memory_max_bytes, USAGE_UNKNOWN);
	CHECK_INT(u.pids, USAGE_UNKNOWN);
	CHECK_INT(u.read_bytes, USAGE_UNKNOWN);
	make_file(f->fd, "memory.max", "max\n");
	make_file(f->fd, "io.stat", "");
	CHECK_INT(usage_read_cgroup(f->fd, &u), 0);
	CHECK(u.memory_max_bytes == USAGE_NO_MAX);
	CHECK_INT(u.read_bytes, 0);
	CHECK_INT(u.write_bytes, 0);
}

static void test_odd_pressure(void **state)
{
	static const char *const texts[] = {
		"",
		"\n\n",
		"some\n",
		"some avg10= total=1\n",
		"some avg10=1.0 avg60=2\n",
		"some avg10=1.0 total=-1\n",
		"some avg10=1.0 total=1x\n",
		"somewhat avg10=1.0 total=1\n",
		"none avg10=1.0 total=1\n",
	};
	struct folder *f = *state;

	make_file(f->fd, "cpu.stat", "usage_usec 1\n");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct usage u = usage_none();

		check_context("'%s'", texts[i]);
		make_file(f->fd, "io.pressure", texts[i]);
		CHECK_INT(usage_read_cgroup(f->fd, &u), 0);
		CHECK(!u.pressure[USAGE_IO].some.is_known);
		CHECK(!u.pressure[USAGE_IO].full.is_known);
	}
}

static void test_huge_io(void **state)
{
	struct folder *f = *state;
	struct usage u = usage_none();

	make_file(f->fd, "cpu.stat", "usage_usec 1\n");
	make_file(f->fd, "io.stat",
		  "8:0 rbytes=18446744073709551615 wbytes=18446744073709551616\n"
		  "8:1 rbytes=5 wbytes=-5 wbytes=x wbytes= wbytes=7\n");
	CHECK_INT(usage_read_cgroup(f->fd, &u), 0);
	CHECK(u.read_bytes == INT64_MAX);
	CHECK_INT(u.write_bytes, 7);
}

static void test_network(void **state)
{
	struct folder *f = *state;
	struct usage u = usage_none();

	CHECK_INT(usage_read_network(f->fd, &u), -ENOENT);
	CHECK_INT(u.rx_bytes, USAGE_UNKNOWN);
	make_dir(f->fd, "net", 0755);
	make_file(f->fd, "net/dev",
		  "Inter-|   Receive                                                |  "
		  "Transmit\n"
		  " face |bytes    packets errs drop fifo frame compressed "
		  "multicast|bytes    packets\n"
		  "    lo:    1000      10    0    0    0     0          0         0     "
		  "1000      10"
		  "    0    0    0     0       0          0\n"
		  "  tap0: 5000000000      20    1    2    3     4          5         6  "
		  "    700      "
		  "30    0    0    0     0       0          0\n"
		  "lo2:8 7 6 5 4 3 2 1 9 0 0 0 0 0 0 0\n"
		  "short: 1 2 3\n");
	CHECK_INT(usage_read_network(f->fd, &u), 0);
	CHECK_INT(u.rx_bytes, 5000000008);
	CHECK_INT(u.tx_bytes, 709);
	CHECK_INT(u.cpu_us, USAGE_UNKNOWN);
}

static void test_memory(void **state)
{
	struct folder *f = *state;

	CHECK_INT(usage_host_memory(f->fd), USAGE_UNKNOWN);
	make_file(f->fd, "meminfo", "MemFree:  1 kB\nMemTotal:       16318480 kB\n");
	CHECK_INT(usage_host_memory(f->fd), INT64_C(16318480) * 1024);
	make_file(f->fd, "meminfo", "MemTotal: x kB\n");
	CHECK_INT(usage_host_memory(f->fd), USAGE_UNKNOWN);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(test_cgroup),	   TEST_IN_FOLDER(test_less),
		TEST_IN_FOLDER(test_odd_pressure), TEST_IN_FOLDER(test_huge_io),
		TEST_IN_FOLDER(test_network),	   TEST_IN_FOLDER(test_memory),
	};

	return UNIT_RUN(tests);
}
