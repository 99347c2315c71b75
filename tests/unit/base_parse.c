// SPDX-License-Identifier: Apache-2.0
/*
 * base_parse.c - tests of text that becomes a number
 */
#include "base/parse.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "support.h"

/* Texts that are no number for any of the parsers of numbers. */
static const char *const no_numbers[] = {
	NULL,	"",    " ",   "+1",  " 1",	 "1 ",	  "1\n",  "\t1",
	"0x10", "1e3", "1.0", "1,0", "1_000",	 "abc",	  "1a",	  "a1",
	"--1",	"- 1", "-",   "+",   "\xd9\xa1", "1\xff", "\xb2", "'1'",
	"1:2",	"(1)", "NaN", "inf", "0b1",	 "0o7",	  "#1",	  "/",
};

/* Positive as well as negative numbers that no 64 bits hold. */
static const char *const too_big[] = {
	"18446744073709551616",
	"18446744073709551617",
	"18446744073709551625",
	"36893488147419103232",
	"99999999999999999999",
	"340282366920938463463374607431768211456",
	"10000000000000000000000000000000000000000000000000000000000000000000000000000",
};

static void test_u64(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
	} good[] = {
		{"0", 0},
		{"00", 0},
		{"7", 7},
		{"0012", 12},
		{"4294967295", 4294967295},
		{"4294967296", 4294967296},
		{"9223372036854775808", 9223372036854775808u},
		{"18446744073709551614", UINT64_MAX - 1},
		{"18446744073709551615", UINT64_MAX},
		{"00000000000000000000018446744073709551615", UINT64_MAX},
	};
	uint64_t v;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		check_context("%s", good[i].text);
		v = 42;
		CHECK_INT(parse_u64(good[i].text, &v), 0);
		CHECK(v == good[i].value);
	}
	v = 42;
	for (size_t i = 0; i < ARRAY_SIZE(no_numbers); i++) {
		check_context("%s", no_numbers[i]);
		CHECK_INT(parse_u64(no_numbers[i], &v), -EINVAL);
	}
	for (size_t i = 0; i < ARRAY_SIZE(too_big); i++) {
		check_context("%s", too_big[i]);
		CHECK_INT(parse_u64(too_big[i], &v), -ERANGE);
	}
	check_no_context();
	CHECK_INT(parse_u64("-1", &v), -EINVAL);
	CHECK_INT(parse_u64("-0", &v), -EINVAL);
	/* Text that is no number stays so when its digits would not fit either. */
	CHECK_INT(parse_u64("1844674407370955161x", &v), -EINVAL);
	CHECK_INT(v, 42);
}

static void test_u32(void **state)
{
	uint32_t v = 42;

	for (size_t i = 0; i < ARRAY_SIZE(no_numbers); i++)
		CHECK_INT(parse_u32(no_numbers[i], &v), -EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(too_big); i++)
		CHECK_INT(parse_u32(too_big[i], &v), -ERANGE);
	CHECK_INT(parse_u32("4294967296", &v), -ERANGE);
	CHECK_INT(parse_u32("4294967338", &v), -ERANGE); /* 42 in 32 bits */
	CHECK_INT(parse_u32("-1", &v), -EINVAL);
	CHECK_INT(v, 42);
	CHECK_INT(parse_u32("4294967295", &v), 0);
	CHECK_INT(v, 4294967295);
	CHECK_INT(parse_u32("0", &v), 0);
	CHECK_INT(v, 0);
}

static void test_i64(void **state)
{
	static const struct {
		const char *text;
		int64_t value;
	} good[] = {
		{"0", 0},
		{"-0", 0},
		{"-1", -1},
		{"-00012", -12},
		{"9223372036854775807", INT64_MAX},
		{"-9223372036854775807", -INT64_MAX},
		{"-9223372036854775808", INT64_MIN},
	};
	int64_t v;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		check_context("%s", good[i].text);
		v = 42;
		CHECK_INT(parse_i64(good[i].text, &v), 0);
		CHECK_INT(v, good[i].value);
	}
	v = 42;
	for (size_t i = 0; i < ARRAY_SIZE(no_numbers); i++)
		CHECK_INT(parse_i64(no_numbers[i], &v), -EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(too_big); i++)
		CHECK_INT(parse_i64(too_big[i], &v), -ERANGE);
	check_no_context();
	CHECK_INT(parse_i64("9223372036854775808", &v), -ERANGE);
	CHECK_INT(parse_i64("-9223372036854775809", &v), -ERANGE);
	CHECK_INT(parse_i64("-18446744073709551615", &v), -ERANGE);
	CHECK_INT(parse_i64("-18446744073709551616", &v), -ERANGE);
	CHECK_INT(v, 42);
}

static void test_int(void **state)
{
	int v = 42;

	for (size_t i = 0; i < ARRAY_SIZE(no_numbers); i++)
		CHECK_INT(parse_int(no_numbers[i], &v), -EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(too_big); i++)
		CHECK_INT(parse_int(too_big[i], &v), -ERANGE);
	CHECK_INT(parse_int("2147483648", &v), -ERANGE);
	CHECK_INT(parse_int("4294967338", &v), -ERANGE);
	CHECK_INT(parse_int("-1", &v), -EINVAL);
	CHECK_INT(v, 42);
	CHECK_INT(parse_int("2147483647", &v), 0);
	CHECK_INT(v, 2147483647);
	CHECK_INT(parse_int("0", &v), 0);
	CHECK_INT(v, 0);
}

static void test_octal(void **state)
{
	uint32_t v = 42;

	for (size_t i = 0; i < ARRAY_SIZE(no_numbers); i++)
		CHECK_INT(parse_octal(no_numbers[i], UINT32_MAX, &v), -EINVAL);
	CHECK_INT(parse_octal("8", 07777, &v), -EINVAL);
	CHECK_INT(parse_octal("0798", 07777, &v), -EINVAL);
	CHECK_INT(parse_octal("-1", 07777, &v), -EINVAL);
	CHECK_INT(parse_octal("10000", 07777, &v), -ERANGE);
	CHECK_INT(parse_octal("40000000000", UINT32_MAX, &v), -ERANGE);
	CHECK_INT(parse_octal("2000000000000000000000", UINT32_MAX, &v), -ERANGE);
	CHECK_INT(v, 42);
	CHECK_INT(parse_octal("22", 0777, &v), 0);
	CHECK_INT(v, 022);
	CHECK_INT(parse_octal("0755", 07777, &v), 0);
	CHECK_INT(v, 0755);
	CHECK_INT(parse_octal("7777", 07777, &v), 0);
	CHECK_INT(v, 07777);
	CHECK_INT(parse_octal("37777777777", UINT32_MAX, &v), 0);
	CHECK_INT(v, UINT32_MAX);
	CHECK_INT(parse_octal("0", 0, &v), 0);
	CHECK_INT(v, 0);
	CHECK_INT(parse_octal("1", 0, &v), -ERANGE);
}

static void test_id(void **state)
{
	uint32_t v = 42;

	for (size_t i = 0; i < ARRAY_SIZE(no_numbers); i++)
		CHECK_INT(parse_id(no_numbers[i], &v), -EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(too_big); i++)
		CHECK_INT(parse_id(too_big[i], &v), -ERANGE);
	/* "none" to the kernel; root once it is cut to 32 bits; "none" again */
	CHECK_INT(parse_id("4294967295", &v), -ERANGE);
	CHECK_INT(parse_id("4294967296", &v), -ERANGE);
	CHECK_INT(parse_id("8589934591", &v), -ERANGE);
	CHECK_INT(parse_id("-1", &v), -EINVAL);
	CHECK_INT(v, 42);
	CHECK_INT(parse_id("4294967294", &v), 0);
	CHECK_INT(v, 4294967294);
	CHECK_INT(parse_id("0", &v), 0);
	CHECK_INT(v, 0);
}

static void test_size(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
	} good[] = {
		{"0", 0},
		{"512", 512},
		{"1b", 1},
		{"1B", 1},
		{"1k", 1024},
		{"1K", 1024},
		{"1kb", 1024},
		{"1KB", 1024},
		{"1kib", 1024},
		{"1KiB", 1024},
		{"64m", 64u << 20},
		{"64Mb", 64u << 20},
		{"64MIB", 64u << 20},
		{"2g", 2147483648},
		{"3t", 3298534883328},
		{"1.5g", 1610612736},
		{"0.5k", 512},
		{"0.001k", 1},
		{"1.000000000000000000001k", 1024},
		{"1.9999999999999999999999b", 1},
		{"2.0", 2},
		{"0t", 0},
		{"16777214t", 18446741874686296064u},
		{"18446744073709551600", 18446744073709551600u},
		{"0000000000000000000000000000000000001k", 1024},
	};
	static const char *const bad[] = {
		"k",   "b",   ".5k", "1.", "1.k", "1..5k", "1.5.5k", "1 k",   " 1k",
		"1k ", "-1k", "+1k", "1x", "1kk", "1bb",   "1bib",   "1ib",   "1kbb",
		"1p",  "1e",  "1ki", "1i", "1k1", "0x1k",  "1,5g",   "1kibs", "1m\n",
	};
	static const char *const over[] = {
		"16777216t",
		"17179869184g",
		"18014398509481984k",
		"18446744073709551616",
		"99999999999999999999999",
		"18446744073709551616b",
		"4503599627370496t", /* 0 in 64 bits */
	};
	uint64_t v;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		check_context("%s", good[i].text);
		v = 42;
		CHECK_INT(parse_size(good[i].text, &v), 0);
		CHECK(v == good[i].value);
	}
	v = 42;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		check_context("%s", bad[i]);
		CHECK_INT(parse_size(bad[i], &v), -EINVAL);
	}
	for (size_t i = 0; i < ARRAY_SIZE(over); i++) {
		check_context("%s", over[i]);
		CHECK_INT(parse_size(over[i], &v), -ERANGE);
	}
	check_no_context();
	CHECK_INT(parse_size(NULL, &v), -EINVAL);
	CHECK_INT(parse_size("", &v), -EINVAL);
	CHECK_INT(v, 42);
}

static void test_bool(void **state)
{
	static const char *const yes[] = {"1",	  "t",	 "T",	"true", "TRUE", "True",
					  "tRuE", "yes", "Yes", "on",	"ON"};
	static const char *const no[] = {"0",	  "f",	"F",  "false", "FALSE", "False",
					 "fAlsE", "no", "NO", "off",   "Off"};
	static const char *const bad[] = {"",	"2",	"y",	"n",	 " 1",	 "1 ",
					  "01", "-1",	"tru",	"truee", "yess", "o",
					  "of", "null", "none", "true\n"};
	bool v;

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		v = false;
		CHECK_INT(parse_bool(yes[i], &v), 0);
		CHECK(v);
	}
	for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
		v = true;
		CHECK_INT(parse_bool(no[i], &v), 0);
		CHECK(!v);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		v = true;
		CHECK_INT(parse_bool(bad[i], &v), -EINVAL);
		CHECK(v);
	}
	CHECK_INT(parse_bool(NULL, &v), -EINVAL);
}

static void test_signal(void **state)
{
	const struct {
		const char *text;
		int signo;
	} good[] = {
		{"1", 1},
		{"9", SIGKILL},
		{"015", 15},
		{"64", 64},
		{"TERM", SIGTERM},
		{"term", SIGTERM},
		{"SIGTERM", SIGTERM},
		{"sigterm", SIGTERM},
		{"SigKill", SIGKILL},
		{"WINCH", SIGWINCH},
		{"POLL", SIGIO},
		{"IO", SIGIO},
		{"CLD", SIGCHLD},
		{"IOT", SIGABRT},
		{"SYS", SIGSYS},
		{"RTMIN", SIGRTMIN},
		{"SIGRTMIN", SIGRTMIN},
		{"RTMIN+0", SIGRTMIN},
		{"SIGRTMIN+3", SIGRTMIN + 3},
		{"rtmin+15", SIGRTMIN + 15},
		{"RTMAX", SIGRTMAX},
		{"RTMAX-0", SIGRTMAX},
		{"SIGRTMAX-14", SIGRTMAX - 14},
	};
	static const char *const bad[] = {
		NULL,	  "",	     "SIG",	 "SIGSIGTERM", "TERMX",	   "TER",
		" TERM",  "TERM ",   "SIG TERM", "-9",	       "+9",	   "9x",
		"0x9",	  "RTMIN-1", "RTMAX+1",	 "RTMIN+",     "RTMAX-",   "RTMIN+x",
		"RTMIN3", "RTMI",    "SIG9",	 "RTMIN+-1",   "RTMIN++1", "RT",
	};
	int v;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		check_context("%s", good[i].text);
		v = 42;
		CHECK_INT(parse_signal(good[i].text, &v), 0);
		CHECK_INT(v, good[i].signo);
	}
	v = 42;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		check_context("%s", bad[i]);
		CHECK_INT(parse_signal(bad[i], &v), -EINVAL);
	}
	check_no_context();
	CHECK_INT(v, 42);
}

static void test_signal_out_of_range(void **state)
{
	static const char *const over[] = {
		"0",
		"65",
		"1000",
		"2147483647",
		"RTMIN+31",
		"RTMAX-31",
		"RTMIN+64",
		"2147483648",
		"4294967305", /* 9 in 32 bits */
		"RTMAX-63",
		"RTMAX-64",
		"RTMAX-65",
		"RTMIN+2147483647",
		"RTMAX-2147483647",
		"RTMIN+2147483648",
	};
	int v = 42;

	for (size_t i = 0; i < ARRAY_SIZE(over); i++) {
		check_context("%s", over[i]);
		CHECK_INT(parse_signal(over[i], &v), -ERANGE);
		CHECK_INT(v, 42);
	}
}

static void test_signal_name(void **state)
{
	int v;

	CHECK_STR(signal_name(SIGTERM), "TERM");
	CHECK_STR(signal_name(SIGCHLD), "CHLD");
	CHECK_STR(signal_name(SIGABRT), "ABRT");
	CHECK_STR(signal_name(SIGIO), "IO");
	CHECK_STR(signal_name(0), NULL);
	CHECK_STR(signal_name(-1), NULL);
	CHECK_STR(signal_name(SIGRTMIN), NULL);
	CHECK_STR(signal_name(65), NULL);
	/* All that have a name: there and back. */
	for (int s = 1; s < 32; s++) {
		check_context("signal %d", s);
		CHECK(signal_name(s) != NULL);
		v = 0;
		CHECK_INT(parse_signal(signal_name(s), &v), 0);
		CHECK_INT(v, s);
	}
}

static void test_cap(void **state)
{
	static const struct {
		const char *text;
		unsigned int cap;
	} good[] = {
		{"CAP_CHOWN", 0},	    {"chown", 0},      {"CHOWN", 0},
		{"cap_net_admin", 12},	    {"NET_ADMIN", 12}, {"Cap_Sys_Admin", 21},
		{"CAP_SETFCAP", 31},	    {"CAP_BPF", 39},   {"CAP_PERFMON", 38},
		{"checkpoint_restore", 40},
	};
	static const char *const bad[] = {
		NULL,	    "",	      "CAP_",	   "CAP_CAP_CHOWN", "ALL",
		"all",	    "0",      "CAP_0",	   "CHOWN ",	    "CAPCHOWN",
		"CAP_CHOW", "CHOWNS", "NET ADMIN", "NET-ADMIN"};
	unsigned int v = 42;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		check_context("%s", good[i].text);
		CHECK_INT(parse_cap(good[i].text, &v), 0);
		CHECK_INT(v, good[i].cap);
	}
	v = 42;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		check_context("%s", bad[i]);
		CHECK_INT(parse_cap(bad[i], &v), -EINVAL);
	}
	check_no_context();
	CHECK_INT(v, 42);
	CHECK_INT(cap_last(), 40);
	CHECK_STR(cap_name(0), "CAP_CHOWN");
	CHECK_STR(cap_name(40), "CAP_CHECKPOINT_RESTORE");
	CHECK_STR(cap_name(41), NULL);
	CHECK_STR(cap_name(UINT32_MAX), NULL);
	for (unsigned int c = 0; c <= cap_last(); c++) {
		CHECK_INT(parse_cap(cap_name(c), &v), 0);
		CHECK_INT(v, c);
	}
}

static void test_rlimit(void **state)
{
	static const char *const bad[] = {NULL,	   "",	"RLIMIT_",	    "nofiles",
					  "NOFIL", "7", "RLIMIT_RLIMIT_AS", " as",
					  "as "};
	int v = 42;

	CHECK_INT(parse_rlimit("nofile", &v), 0);
	CHECK_INT(v, RLIMIT_NOFILE);
	CHECK_INT(parse_rlimit("RLIMIT_NOFILE", &v), 0);
	CHECK_INT(v, RLIMIT_NOFILE);
	CHECK_INT(parse_rlimit("rlimit_core", &v), 0);
	CHECK_INT(v, RLIMIT_CORE);
	v = 42;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_INT(parse_rlimit(bad[i], &v), -EINVAL);
	CHECK_INT(v, 42);
	CHECK_STR(rlimit_name(RLIMIT_NOFILE), "RLIMIT_NOFILE");
	CHECK_STR(rlimit_name(-1), NULL);
	CHECK_STR(rlimit_name(RLIM_NLIMITS), NULL);
	for (int i = 0; i < (int)RLIM_NLIMITS; i++) {
		check_context("limit %d", i);
		CHECK(rlimit_name(i) != NULL);
		CHECK_INT(parse_rlimit(rlimit_name(i), &v), 0);
		CHECK_INT(v, i);
	}
}

static void test_duration(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} good[] = {
		{"0", 0},
		{"0s", 0},
		{"7ns", 7},
		{"7us", 7000},
		{"7ms", 7000000},
		{"30s", 30000000000},
		{"1m30s", 90000000000},
		{"1.5h", 5400000000000},
		{".5s", 500000000},
		{"2.s", 2000000000},
		{"1h2m3s4ms5us6ns", 3723004005006},
		{"9223372036854775807ns", INT64_MAX},
	};
	static const struct {
		const char *text;
		int error;
	} bad[] = {
		{NULL, EINVAL},
		{"", EINVAL},
		{"1", EINVAL},
		{"s", EINVAL},
		{".s", EINVAL},
		{"-1s", EINVAL},
		{"+1s", EINVAL},
		{" 1s", EINVAL},
		{"1s ", EINVAL},
		{"1S", EINVAL},
		{"1d", EINVAL},
		{"1..5s", EINVAL},
		{"1s1", EINVAL},
		{"9223372036854775808ns", ERANGE},
		{"9223372036854775807ns1ns", ERANGE},
		{"2562048h", ERANGE},
		{"99999999999999999999999s", ERANGE},
	};
	int64_t ns;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		check_context("%s", good[i].text);
		ns = -42;
		CHECK_INT(parse_duration(good[i].text, &ns), 0);
		CHECK_INT(ns, good[i].ns);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		check_context("%s", bad[i].text ? bad[i].text : "NULL");
		ns = -42;
		CHECK_INT(parse_duration(bad[i].text, &ns), -bad[i].error);
		CHECK_INT(ns, -42);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_u64),
		TEST(test_u32),
		TEST(test_i64),
		TEST(test_int),
		TEST(test_octal),
		TEST(test_id),
		TEST(test_size),
		TEST(test_bool),
		TEST(test_duration),
		TEST(test_signal),
		TEST(test_signal_out_of_range),
		TEST(test_signal_name),
		TEST(test_cap),
		TEST(test_rlimit),
	};

	return UNIT_RUN(tests);
}
