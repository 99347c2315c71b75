// SPDX-License-Identifier: Apache-2.0
/*
 * parse.c - see parse.h
 */
#include "base/parse.h"

#include <arpa/inet.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>

static int parse_base(const char *s, unsigned int base, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (!s || !*s)
		return -EINVAL;
	for (const char *c = s; *c; c++) {
		unsigned int digit = (unsigned int)(*c - '0');

		if (*c < '0' || digit >= base)
			return -EINVAL;
		if (v > (UINT64_MAX - digit) / base)
			return -ERANGE;
		v = v * base + digit;
	}
	if (v > max)
		return -ERANGE;
	*ret = v;
	return 0;
}

int parse_u64(const char *s, uint64_t *ret)
{
	return parse_base(s, 10, UINT64_MAX, ret);
}

int parse_u32(const char *s, uint32_t *ret)
{
	uint64_t v;
	int r = parse_base(s, 10, UINT32_MAX, &v);

	if (r == 0)
		*ret = (uint32_t)v;
	return r;
}

int parse_i64(const char *s, int64_t *ret)
{
	bool is_negative = s && s[0] == '-';
	uint64_t v;
	int r = parse_base(is_negative ? s + 1 : s, 10, (uint64_t)INT64_MAX + is_negative,
			   &v);

	if (r == 0)
		*ret = is_negative ? (int64_t)(0 - v) : (int64_t)v;
	return r;
}

int parse_int(const char *s, int *ret)
{
	uint64_t v;
	int r = parse_base(s, 10, INT32_MAX, &v);

	if (r == 0)
		*ret = (int)v;
	return r;
}

int parse_octal(const char *s, uint32_t max, uint32_t *ret)
{
	uint64_t v;
	int r = parse_base(s, 8, max, &v);

	if (r == 0)
		*ret = (uint32_t)v;
	return r;
}

int parse_id(const char *s, uint32_t *ret)
{
	uint64_t v;
	int r = parse_base(s, 10, UINT32_MAX - 1, &v);

	if (r == 0)
		*ret = (uint32_t)v;
	return r;
}

/* The power of 1024 that a unit stands for, or -EINVAL. */
static int unit_power(const char *unit)
{
	static const char letters[] = "bkmgt";
	const char *at;
	char first = (char)(*unit >= 'A' && *unit <= 'Z' ? *unit + 32 : *unit);

	if (!first)
		return 0;
	at = strchr(letters, first);
	if (!at)
		return -EINVAL;
	unit++;
	if (at != letters && (strcasecmp(unit, "b") == 0 || strcasecmp(unit, "ib") == 0))
		unit += strlen(unit);
	return *unit ? -EINVAL : (int)(at - letters);
}

int parse_size(const char *s, uint64_t *ret)
{
	size_t len = s ? strspn(s, "0123456789") : 0;
	uint64_t whole = 0, fraction = 0, scale = 1, factor;
	const char *unit;
	int power;

	if (len == 0)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		if (whole > (UINT64_MAX - 9) / 10)
			return -ERANGE;
		whole = whole * 10 + (uint64_t)(s[i] - '0');
	}
	unit = s + len;
	if (*unit == '.') {
		for (unit++; *unit >= '0' && *unit <= '9'; unit++) {
			if (scale >= 1000000)
				continue; /* finer than a byte of anything sensible */
			fraction = fraction * 10 + (uint64_t)(*unit - '0');
			scale *= 10;
		}
		if (unit[-1] == '.')
			return -EINVAL;
	}
	power = unit_power(unit);
	if (power < 0)
		return power;
	factor = 1ULL << (10 * power);
	if (whole > (UINT64_MAX - factor) / factor)
		return -ERANGE;
	*ret = whole * factor + fraction * factor / scale;
	return 0;
}

static const struct {
	const char *name;
	int64_t ns;
} time_units[] = {
	{"ns", 1},	   {"us", 1000},       {"ms", 1000000},
	{"s", 1000000000}, {"m", 60000000000}, {"h", 3600000000000},
};

static int64_t time_unit(const char *s, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(time_units); i++)
		if (strlen(time_units[i].name) == len &&
		    strncmp(s, time_units[i].name, len) == 0)
			return time_units[i].ns;
	return -EINVAL;
}

/* One number and its unit, which are added to @sum. Moves @s behind them. */
static int add_time(const char **s, int64_t *sum)
{
	static const char digits[] = "0123456789";
	const char *at = *s;
	size_t len = strspn(at, digits),
	       n_more = at[len] == '.' ? strspn(at + len + 1, digits) : 0;
	const char *unit = at + len + (at[len] == '.' ? 1 + n_more : 0);
	size_t n_unit = strcspn(unit, "0123456789.");
	int64_t ns = time_unit(unit, n_unit), whole = 0;

	if (ns < 0 || len + n_more == 0)
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, at[i] - '0', &whole))
			return -ERANGE;
	if (__builtin_mul_overflow(whole, ns, &whole) ||
	    __builtin_add_overflow(*sum, whole, sum))
		return -ERANGE;
	for (size_t i = 0; i < n_more; i++) {
		int64_t part = ns * (at[len + 1 + i] - '0') / 10;

		ns /= 10;
		if (__builtin_add_overflow(*sum, part, sum))
			return -ERANGE;
	}
	*s = unit + n_unit;
	return 0;
}

int parse_duration(const char *s, int64_t *ret_ns)
{
	int64_t sum = 0;
	int r = s && *s ? 0 : -EINVAL;

	if (s && strcmp(s, "0") == 0) {
		*ret_ns = 0;
		return 0;
	}
	while (r == 0 && *s)
		r = add_time(&s, &sum);
	if (r == 0)
		*ret_ns = sum;
	return r;
}

int parse_bool(const char *s, bool *ret)
{
	static const char *const yes[] = {"1", "t", "true", "yes", "on"};
	static const char *const no[] = {"0", "f", "false", "no", "off"};

	for (size_t i = 0; s && i < ARRAY_SIZE(yes); i++) {
		if (strcasecmp(s, yes[i]) == 0 || strcasecmp(s, no[i]) == 0) {
			*ret = strcasecmp(s, yes[i]) == 0;
			return 0;
		}
	}
	return -EINVAL;
}

static const struct {
	const char *name;
	int signo;
} signal_names[] = {
	{"HUP", SIGHUP},       {"INT", SIGINT},	  {"QUIT", SIGQUIT},   {"ILL", SIGILL},
	{"TRAP", SIGTRAP},     {"ABRT", SIGABRT}, {"BUS", SIGBUS},     {"FPE", SIGFPE},
	{"KILL", SIGKILL},     {"USR1", SIGUSR1}, {"SEGV", SIGSEGV},   {"USR2", SIGUSR2},
	{"PIPE", SIGPIPE},     {"ALRM", SIGALRM}, {"TERM", SIGTERM},   {"CHLD", SIGCHLD},
	{"CONT", SIGCONT},     {"STOP", SIGSTOP}, {"TSTP", SIGTSTP},   {"TTIN", SIGTTIN},
	{"TTOU", SIGTTOU},     {"URG", SIGURG},	  {"XCPU", SIGXCPU},   {"XFSZ", SIGXFSZ},
	{"VTALRM", SIGVTALRM}, {"PROF", SIGPROF}, {"WINCH", SIGWINCH}, {"IO", SIGIO},
	{"PWR", SIGPWR},       {"SYS", SIGSYS},	  {"POLL", SIGIO},     {"IOT", SIGABRT},
	{"CLD", SIGCHLD},
#ifdef SIGSTKFLT
	{"STKFLT", SIGSTKFLT},
#endif
};

int parse_signal(const char *s, int *ret)
{
	bool is_min;
	int n = 0, r;

	if (!s)
		return -EINVAL;
	r = parse_int(s, &n);
	if (r != -EINVAL) {
		if (r < 0 || n < 1 || n > SIGRTMAX)
			return -ERANGE;
		*ret = n;
		return 0;
	}
	if (strncasecmp(s, "SIG", 3) == 0)
		s += 3;
	for (size_t i = 0; i < ARRAY_SIZE(signal_names); i++) {
		if (strcasecmp(s, signal_names[i].name) == 0) {
			*ret = signal_names[i].signo;
			return 0;
		}
	}
	is_min = strncasecmp(s, "RTMIN", 5) == 0;
	if (!is_min && strncasecmp(s, "RTMAX", 5) != 0)
		return -EINVAL;
	s += 5;
	n = 0;
	if (*s) {
		r = *s == (is_min ? '+' : '-') ? parse_int(s + 1, &n) : -EINVAL;
		if (r < 0)
			return r;
	}
	if (n > SIGRTMAX - SIGRTMIN)
		return -ERANGE;
	*ret = is_min ? SIGRTMIN + n : SIGRTMAX - n;
	return 0;
}

const char *signal_name(int signo)
{
	for (size_t i = 0; i < ARRAY_SIZE(signal_names); i++)
		if (signal_names[i].signo == signo)
			return signal_names[i].name;
	return NULL;
}

/* In the order of their numbers, capabilities(7). */
static const char *const cap_names[] = {
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_KILL",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETPCAP",
	"CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST",
	"CAP_NET_ADMIN",
	"CAP_NET_RAW",
	"CAP_IPC_LOCK",
	"CAP_IPC_OWNER",
	"CAP_SYS_MODULE",
	"CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE",
	"CAP_SYS_PACCT",
	"CAP_SYS_ADMIN",
	"CAP_SYS_BOOT",
	"CAP_SYS_NICE",
	"CAP_SYS_RESOURCE",
	"CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG",
	"CAP_MKNOD",
	"CAP_LEASE",
	"CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL",
	"CAP_SETFCAP",
	"CAP_MAC_OVERRIDE",
	"CAP_MAC_ADMIN",
	"CAP_SYSLOG",
	"CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ",
	"CAP_PERFMON",
	"CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
};

int parse_cap(const char *s, unsigned int *ret)
{
	if (!s)
		return -EINVAL;
	if (strncasecmp(s, "CAP_", 4) == 0)
		s += 4;
	for (unsigned int i = 0; i < ARRAY_SIZE(cap_names); i++) {
		if (strcasecmp(s, cap_names[i] + 4) == 0) {
			*ret = i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *cap_name(unsigned int cap)
{
	return cap < ARRAY_SIZE(cap_names) ? cap_names[cap] : NULL;
}

unsigned int cap_last(void)
{
	return ARRAY_SIZE(cap_names) - 1;
}

static const struct {
	const char *name;
	int resource;
} rlimits[] = {
	{"RLIMIT_AS", RLIMIT_AS},
	{"RLIMIT_CORE", RLIMIT_CORE},
	{"RLIMIT_CPU", RLIMIT_CPU},
	{"RLIMIT_DATA", RLIMIT_DATA},
	{"RLIMIT_FSIZE", RLIMIT_FSIZE},
	{"RLIMIT_LOCKS", RLIMIT_LOCKS},
	{"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
	{"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
	{"RLIMIT_NICE", RLIMIT_NICE},
	{"RLIMIT_NOFILE", RLIMIT_NOFILE},
	{"RLIMIT_NPROC", RLIMIT_NPROC},
	{"RLIMIT_RSS", RLIMIT_RSS},
	{"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
	{"RLIMIT_RTTIME", RLIMIT_RTTIME},
	{"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
	{"RLIMIT_STACK", RLIMIT_STACK},
};

int parse_rlimit(const char *s, int *ret)
{
	if (!s)
		return -EINVAL;
	if (strncasecmp(s, "RLIMIT_", 7) == 0)
		s += 7;
	for (size_t i = 0; i < ARRAY_SIZE(rlimits); i++) {
		if (strcasecmp(s, rlimits[i].name + 7) == 0) {
			*ret = rlimits[i].resource;
			return 0;
		}
	}
	return -EINVAL;
}

const char *rlimit_name(int resource)
{
	for (size_t i = 0; i < ARRAY_SIZE(rlimits); i++)
		if (rlimits[i].resource == resource)
			return rlimits[i].name;
	return NULL;
}

bool parse_is_ip4(const char *s)
{
	struct in_addr address;

	return inet_pton(AF_INET, s, &address) == 1;
}

bool parse_is_ip6(const char *s)
{
	struct in6_addr address;

	return inet_pton(AF_INET6, s, &address) == 1;
}
