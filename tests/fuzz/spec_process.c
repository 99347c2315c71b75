// SPDX-License-Identifier: Apache-2.0
/*
 * spec_process.c - tests of spec_read_process()
 *
 * Objects stand here with ' for ", so that they can be read. What every value may be is tested
 * with whole documents, in spec_oci.c: the readers are the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after those that it needs */
#include <cmocka.h>

#include "spec/oci.h"

#define CAP(n) (1ULL << (n))

/* A container whose process has something of everything. */
static const char container[] =
	"{'ociVersion': '1.2.0', 'root': {'path': 'rootfs'}, 'hostname': 'box',"
	" 'annotations': {'a': 'b'},"
	" 'linux': {'namespaces': [{'type': 'mount'}, {'type': 'user'}, {'type': 'pid'}],"
	"  'seccomp': {'defaultAction': 'SCMP_ACT_ALLOW'}},"
	" 'org.urun': {'keepKeyring': true, 'preserveFds': 3},"
	" 'process': {'args': ['sleep', '9'], 'env': ['OLD=1'], 'cwd': '/old',"
	"  'terminal': true, 'consoleSize': {'height': 1, 'width': 2},"
	"  'user': {'uid': 7, 'gid': 8, 'umask': 9, 'additionalGids': [10]},"
	"  'capabilities': {'bounding': ['CAP_KILL'], 'ambient': ['CAP_CHOWN']},"
	"  'noNewPrivileges': true, 'oomScoreAdj': 11,"
	"  'rlimits': [{'type': 'RLIMIT_NOFILE', 'soft': 1, 'hard': 2}],"
	"  'apparmorProfile': 'old', 'selinuxLabel': 'old',"
	"  'scheduler': {'policy': 'SCHED_BATCH'},"
	"  'ioPriority': {'class': 'IOPRIO_CLASS_IDLE'},"
	"  'execCPUAffinity': {'initial': '0', 'final': '0'}}}";

struct fixture {
	struct arena arena;
	struct spec spec;
	struct err err;
};

static char *quote(struct fixture *f, const char *text)
{
	char *copy = arena_strdup(&f->arena, text);

	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	return copy;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const char *doc;

	if (!f)
		return -1;
	spec_init(&f->spec, &f->arena);
	doc = quote(f, container);
	*state = f;
	return spec_from_oci(&f->spec, doc, strlen(doc), "/bundle", &f->err);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	arena_free(&f->arena);
	free(f);
	return 0;
}

static int read_object(struct fixture *f, const char *text)
{
	const char *object = quote(f, text);

	f->err = (struct err){0};
	return spec_read_process(&f->spec, object, strlen(object), &f->err);
}

static void test_nothing_is_left(void **state)
{
	struct fixture *f = *state;
	const struct spec_process *p = &f->spec.process;
	struct spec_security *s = &f->spec.security;

	assert_string_equal(s->apparmor_profile, "old");
	assert_int_equal(read_object(f, "{'args': ['true']}"), 0);
	assert_int_equal(p->args.n, 1);
	assert_string_equal(p->args.v[0], "true");
	assert_int_equal(p->env.n + p->user.n_gids + p->n_rlimits, 0);
	assert_null(p->cwd);
	assert_true(p->want_stdin && p->user.has_ids);
	assert_false(p->want_terminal || p->has_umask || p->has_oom_score_adj);
	assert_int_equal(p->user.uid | p->user.gid | p->umask | p->preserve_fds, 0);
	assert_int_equal(p->console_rows | p->console_columns, 0);
	assert_false(p->scheduler.is_set);
	assert_int_equal(p->io_priority.class, 0);
	assert_null(p->cpus_at_first);
	assert_null(p->cpus);
	assert_true(s->caps.has_sets && s->has_new_privs);
	assert_int_equal(s->caps.bounding | s->caps.effective | s->caps.permitted |
				 s->caps.inheritable | s->caps.ambient,
			 0);
	assert_null(s->apparmor_profile);
	assert_null(s->selinux_label);
}

static void test_rest_stays(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(read_object(f, "{'args': ['true']}"), 0);
	assert_string_equal(f->spec.root.path, "/bundle/rootfs");
	assert_string_equal(f->spec.hostname, "box");
	assert_int_equal(f->spec.annotations.n, 1);
	assert_int_equal(f->spec.ns[NS_PID].mode, NS_MODE_PRIVATE);
	assert_int_equal(f->spec.ns[NS_NET].mode, NS_MODE_HOST);
	assert_int_equal(f->spec.security.seccomp, SECCOMP_PROFILE);
	assert_non_null(f->spec.security.seccomp_json);
	assert_true(f->spec.security.keep_keyring);
}

static void test_whole(void **state)
{
	struct fixture *f = *state;
	const struct spec_process *p = &f->spec.process;
	const struct spec_security *s = &f->spec.security;
	int r = read_object(
		f,
		"{'terminal': false, 'consoleSize': {'height': 24, 'width': 80},"
		" 'user': {'uid': 1000, 'gid': 100, 'umask': 63, 'additionalGids': [5]},"
		" 'args': ['sh', '-c', ''], 'env': ['A=1', 'B='], 'cwd': '/tmp',"
		" 'capabilities': {'bounding': ['CAP_CHOWN'], 'effective': ['CAP_KILL']},"
		" 'noNewPrivileges': true, 'oomScoreAdj': -1,"
		" 'rlimits': [{'type': 'RLIMIT_CORE', 'soft': 0, 'hard': 4}],"
		" 'apparmorProfile': 'new', 'selinuxLabel': 'u:r:t',"
		" 'scheduler': {'policy': 'SCHED_OTHER', 'nice': 5},"
		" 'ioPriority': {'class': 'IOPRIO_CLASS_BE', 'priority': 3},"
		" 'execCPUAffinity': {'initial': '0-1', 'final': '1'}, 'unknown': {}}");

	assert_string_equal(f->err.message, "");
	assert_int_equal(r, 0);
	assert_false(p->want_terminal);
	assert_int_equal(p->console_rows, 24);
	assert_int_equal(p->console_columns, 80);
	assert_true(p->user.has_ids && p->has_umask && p->has_oom_score_adj);
	assert_int_equal(p->user.uid, 1000);
	assert_int_equal(p->user.gid, 100);
	assert_int_equal(p->umask, 63);
	assert_int_equal(p->user.n_gids, 1);
	assert_int_equal(p->user.gids[0], 5);
	assert_int_equal(p->args.n, 3);
	assert_int_equal(p->env.n, 2);
	assert_string_equal(p->env.v[1], "B=");
	assert_string_equal(p->cwd, "/tmp");
	assert_int_equal(s->caps.bounding, CAP(0));
	assert_int_equal(s->caps.effective, CAP(5));
	assert_int_equal(s->caps.ambient, 0);
	assert_false(s->has_new_privs);
	assert_int_equal(p->oom_score_adj, -1);
	assert_int_equal(p->n_rlimits, 1);
	assert_int_equal(p->rlimits[0].hard, 4);
	assert_string_equal(s->apparmor_profile, "new");
	assert_string_equal(s->selinux_label, "u:r:t");
	assert_int_equal(p->scheduler.nice, 5);
	assert_int_equal(p->io_priority.class, 2);
	assert_int_equal(p->io_priority.level, 3);
	assert_string_equal(p->cpus_at_first, "0-1");
	assert_string_equal(p->cpus, "1");
	assert_int_equal(p->preserve_fds, 0);
}

static void test_bad(void **state)
{
	static const struct {
		int code;
		const char *text, *message;
	} list[] = {
		{-EINVAL, "[]", "process: expected an object, got an array"},
		{-EINVAL, "{}", "process.args: a command is needed"},
		{-EINVAL, "{'process': {'args': ['a']}}",
		 "process.args: a command is needed"},
		{-EINVAL, "{'args': ['a', 1]}",
		 "process.args[1]: expected a string, got an integer"},
		{-EINVAL, "{'args': ['a'], 'user': {'uid': '0'}}",
		 "process.user.uid: expected an integer, got a string"},
		{-EINVAL, "{'args': ['a'], 'user': {'gid': 4294967295}}",
		 "process.user.gid: 4294967295 is not between 0 and 4294967294"},
		{-EINVAL, "{'args': ['a'], 'cwd': 'x'}",
		 "process.cwd: expected an absolute path"},
		{-EINVAL, "{'args': ['a'], 'env': ['A']}",
		 "process.env[0]: expected NAME=VALUE"},
		{-EINVAL, "{'args': ['a'], 'scheduler': {'policy': 'x'}}",
		 "process.scheduler.policy: unknown word 'x'"},
		{-EBADMSG, "{'args': ['a'],}",
		 "JSON line 1, column 16: string or '}' expected near '}'"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(list); i++) {
		int r = read_object(f, list[i].text);

		assert_string_equal(f->err.message, list[i].message);
		assert_int_equal(r, list[i].code);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_is_left),
		TEST(test_rest_stays),
		TEST(test_whole),
		TEST(test_bad),
	};

	return cmocka_run_group_tests_name("spec_process", tests, NULL, NULL);
}
