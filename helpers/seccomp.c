// SPDX-License-Identifier: Apache-2.0
/*
 * seccomp.c - urun-seccomp: compiles seccomp profiles, so that a start does not have to
 *
 *	urun-seccomp compile PROFILE CAPS	writes a struct seccomp_header and the program to
 *						standard output
 *	urun-seccomp header PROFILE OWNERS TERMINAL
 *						writes the built-in programs as a C header
 *	urun-seccomp check PROFILE		only says what is wrong with it
 *
 * PROFILE is a file, "-" for standard input, or "default". CAPS is a hexadecimal mask of the
 * capabilities that the container gets.
 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/json.h"
#include "plan/plan.h"
#include "seccomp_default.h"
#include "seccomp_program.h"
#include "sys/fd.h"
#include "sys/seccomp.h"

static int read_profile(const char *path, struct arena *a, struct seccomp_profile *ret,
			struct err *err)
{
	char *text = NULL;
	size_t len = 0;
	int r;

	if (strcmp(path, "default") == 0)
		return seccomp_profile_read((const char *)seccomp_default_json,
					    sizeof(seccomp_default_json), a, ret, err);
	r = strcmp(path, "-") == 0
		    ? fd_read_all(STDIN_FILENO, a, JSON_MAX_BYTES, &text, &len)
		    : fd_read_file(path, a, JSON_MAX_BYTES, &text, &len);
	if (r == -EINVAL)
		return err_say(err, r, "seccomp profile '%s': it is no regular file",
			       path);
	if (r < 0)
		return err_set(err, r, "seccomp profile '%s'", path);
	r = seccomp_profile_read(text, len, a, ret, err);
	if (r < 0)
		err_prefix(err, "seccomp profile '%s'", path);
	/* Only an engine's container has what the listener is to be told. */
	else if (ret->has_notify && strcmp(path, "-") != 0)
		r = err_say(err, -ENOTSUP,
			    "seccomp profile '%s': SCMP_ACT_NOTIFY is for an engine's "
			    "config.json",
			    path);
	return r;
}

static int make(const struct seccomp_profile *p, struct seccomp_target t, struct arena *a,
		struct seccomp_code *ret, struct err *err)
{
	struct utsname uts;

	t.kernel = uname(&uts) < 0 ? "0" : uts.release;
	return seccomp_program_make(p, &t, a, ret, err);
}

static int do_compile(const struct seccomp_profile *p, const char *caps, struct arena *a,
		      struct err *err)
{
	const struct seccomp_header header = {.flags = p->flags};
	struct seccomp_code code;
	char *end;
	uint64_t mask = strtoull(caps, &end, 16);
	int r;

	if (!*caps || *end)
		return err_say(err, -EINVAL, "capabilities '%s': a hexadecimal mask",
			       caps);
	r = make(p, (struct seccomp_target){.caps = mask}, a, &code, err);
	if (r < 0)
		return r;
	r = fd_write_all(STDOUT_FILENO, &header, sizeof(header));
	if (r == 0)
		r = fd_write_all(STDOUT_FILENO, code.insns,
				 code.n_insns * sizeof(*code.insns));
	return r < 0 ? err_set(err, r, "write the program") : 0;
}

static int print_array(const char *name, const struct seccomp_profile *p,
		       struct seccomp_target t, struct arena *a, struct err *err)
{
	struct seccomp_code code;
	int r = make(p, t, a, &code, err);

	if (r < 0)
		return r;
	printf("static const struct sock_filter %s[] = {\n", name);
	for (size_t i = 0; i < code.n_insns; i++)
		printf("\t{0x%02x, %u, %u, 0x%08x},\n", code.insns[i].code,
		       code.insns[i].jt, code.insns[i].jf, code.insns[i].k);
	printf("};\n");
	return 0;
}

static int do_header(const struct seccomp_profile *p,
		     const struct seccomp_profile *owners,
		     const struct seccomp_profile *terminal, struct arena *a,
		     struct err *err)
{
	static const struct seccomp_target with_caps = {.caps = PLAN_DEFAULT_CAPS},
					   without = {.caps = 0},
					   beside = {.is_beside = true};
	int r;

	printf("/* Made from policy/ by urun-seccomp when urun was built. */\n"
	       "#pragma once\n\n#include <linux/filter.h>\n\n");
	r = print_array("seccomp_builtin_default", p, with_caps, a, err);
	if (r == 0)
		r = print_array("seccomp_builtin_none", p, without, a, err);
	if (r == 0)
		r = print_array("seccomp_builtin_owners", owners, beside, a, err);
	if (r == 0)
		r = print_array("seccomp_builtin_terminal", terminal, without, a, err);
	return r == 0 && fflush(stdout) != 0 ? err_say(err, -EIO, "write the header") : r;
}

int main(int argc, char **argv)
{
	_cleanup_arena_ struct arena a = {0};
	struct seccomp_profile p, owners, terminal;
	struct err err = {0};
	int r;

	if (argc == 4 && strcmp(argv[1], "compile") == 0) {
		r = read_profile(argv[2], &a, &p, &err);
		r = r < 0 ? r : do_compile(&p, argv[3], &a, &err);
	} else if (argc == 5 && strcmp(argv[1], "header") == 0) {
		r = read_profile(argv[2], &a, &p, &err);
		r = r < 0 ? r : read_profile(argv[3], &a, &owners, &err);
		r = r < 0 ? r : read_profile(argv[4], &a, &terminal, &err);
		r = r < 0 ? r : do_header(&p, &owners, &terminal, &a, &err);
	} else if (argc == 3 && strcmp(argv[1], "check") == 0) {
		r = read_profile(argv[2], &a, &p, &err);
	} else {
		fprintf(stderr, "usage: urun-seccomp compile PROFILE CAPS | header "
				"PROFILE OWNERS TERMINAL "
				"| check PROFILE\n");
		return 2;
	}
	if (r < 0)
		fprintf(stderr, "urun-seccomp: %s\n", err.message);
	return r < 0 ? 1 : 0;
}
