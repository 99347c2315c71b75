// SPDX-License-Identifier: Apache-2.0
/*
 * spec_oci.c - tests of spec_from_oci() and spec_to_oci()
 *
 * Documents stand here with ' for ", so that they can be read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after those that it needs */
#include <cmocka.h>

#include "base/json.h"
#include "base/mountattr.h"
#include "base/parse.h"
#include "spec/mountopt.h"
#include "spec/oci.h"
#include "spec/words.h"

#define CAP(n) (1ULL << (n))

struct fixture {
	struct arena arena;
	struct spec spec;
	struct err err;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	spec_init(&f->spec, &f->arena);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	arena_free(&f->arena);
	free(f);
	return 0;
}

static char *quote(struct fixture *f, const char *text)
{
	char *copy = arena_strdup(&f->arena, text);

	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	return copy;
}

static int read_doc(struct fixture *f, const char *text)
{
	const char *doc = quote(f, text);

	spec_init(&f->spec, &f->arena);
	f->err = (struct err){0};
	return spec_from_oci(&f->spec, doc, strlen(doc), "/bundle", &f->err);
}

static void read_good(struct fixture *f, const char *text)
{
	int r = read_doc(f, text);

	if (r < 0)
		print_error("%s\n", f->err.message);
	assert_int_equal(r, 0);
}

/* A document that differs from a good one by its members: later parts replace nothing. */
static const char *doc_with(struct fixture *f, const char *process, const char *linux_,
			    const char *rest)
{
	return arena_printf(&f->arena,
			    "{'ociVersion': '1.2.0', 'root': {'path': 'rootfs'},"
			    " 'process': {'args': ['sh'], 'cwd': '/'%s%s},"
			    " 'linux': {'namespaces': [{'type': 'mount'}, {'type': "
			    "'user'}]%s%s}%s%s}",
			    *process ? ", " : "", process, *linux_ ? ", " : "", linux_,
			    *rest ? ", " : "", rest);
}

static void add_attrs(struct fixture *f, char **line, const char *sign, uint64_t attrs)
{
	_cleanup_json_ struct json *doc = json_new_object();
	struct json_at root = json_root(doc), list;
	struct strv words = {0};

	words_put_attrs(doc, "words", attrs);
	list = json_key(&root, "words");
	json_read_strv(&list, &f->arena, &words, NULL);
	for (size_t i = 0; i < words.n; i++)
		*line = arena_printf(&f->arena, "%s %s%s", *line, sign, words.v[i]);
}

/* One operation as a line of text. */
static char *op_line(struct fixture *f, const struct fsop *op)
{
	const char *how = words_propagation(op->propagation);
	char *line =
		arena_printf(&f->arena, "%s %s%s%s%s%s%s%s", fsop_kind_name(op->kind),
			     op->dest, op->source ? " from " : "",
			     op->source ? op->source : "", op->fstype ? " type " : "",
			     op->fstype ? op->fstype : "", op->data ? " data " : "",
			     op->data ? op->data : "");

	add_attrs(f, &line, "+", op->attr_set);
	add_attrs(f, &line, "-", op->attr_clear);
	return arena_printf(
		&f->arena, "%s%s%s%s%s%s%s%s%s%s", line, how ? " " : "", how ? how : "",
		op->has_mode ? arena_printf(&f->arena, " mode %o", op->mode) : "",
		op->size_bytes ? arena_printf(&f->arena, " size %llu",
					      (unsigned long long)op->size_bytes)
			       : "",
		op->is_recursive ? " recursive" : "",
		op->is_attr_recursive ? " recursive-attributes" : "",
		op->is_copyup ? " copy-up" : "", op->is_optional ? " optional" : "",
		op->is_default ? " default" : "");
}

static void expect_ops(struct fixture *f, const char *const *lines)
{
	size_t n = 0;

	while (lines[n])
		n++;
	for (size_t i = 0; i < f->spec.n_fsops && i < n; i++)
		assert_string_equal(op_line(f, &f->spec.fsops[i]), lines[i]);
	assert_int_equal(f->spec.n_fsops, n);
}

static void expect_strv(const struct strv *is, const char *const *should)
{
	size_t n = 0;

	for (; should[n]; n++) {
		assert_true(n < is->n);
		assert_string_equal(is->v[n], should[n]);
	}
	assert_int_equal(is->n, n);
}

/* --- whole documents --- */

/* As runc's own "spec --rootless" makes them. */
static const char runc_style[] =
	"{'ociVersion': '1.0.2-dev',"
	" 'process': {"
	"  'terminal': true, 'user': {'uid': 0, 'gid': 0}, 'args': ['sh'],"
	"  'env': ['PATH=/usr/bin:/bin', 'TERM=xterm'], 'cwd': '/',"
	"  'capabilities': {"
	"   'bounding': ['CAP_AUDIT_WRITE', 'CAP_KILL', 'CAP_NET_BIND_SERVICE'],"
	"   'effective': ['CAP_AUDIT_WRITE', 'CAP_KILL'], 'permitted': ['CAP_KILL'],"
	"   'ambient': ['CAP_NET_BIND_SERVICE']},"
	"  'rlimits': [{'type': 'RLIMIT_NOFILE', 'hard': 1024, 'soft': 512}],"
	"  'noNewPrivileges': true},"
	" 'root': {'path': 'rootfs', 'readonly': true}, 'hostname': 'runc',"
	" 'mounts': ["
	"  {'destination': '/proc', 'type': 'proc', 'source': 'proc'},"
	"  {'destination': '/dev', 'type': 'tmpfs', 'source': 'tmpfs',"
	"   'options': ['nosuid', 'strictatime', 'mode=755', 'size=65536k']},"
	"  {'destination': '/dev/pts', 'type': 'devpts', 'source': 'devpts', 'options':"
	"   ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620']},"
	"  {'destination': '/dev/shm', 'type': 'tmpfs', 'source': 'shm', 'options':"
	"   ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k']},"
	"  {'destination': '/dev/mqueue', 'type': 'mqueue', 'source': 'mqueue',"
	"   'options': ['nosuid', 'noexec', 'nodev']},"
	"  {'destination': '/sys', 'type': 'none', 'source': '/sys',"
	"   'options': ['rbind', 'nosuid', 'noexec', 'nodev', 'ro']},"
	"  {'destination': '/sys/fs/cgroup', 'type': 'cgroup', 'source': 'cgroup',"
	"   'options': ['nosuid', 'noexec', 'nodev', 'relatime', 'ro']}],"
	" 'linux': {"
	"  'uidMappings': [{'containerID': 0, 'hostID': 1000, 'size': 1}],"
	"  'gidMappings': [{'containerID': 0, 'hostID': 100, 'size': 1}],"
	"  'namespaces': [{'type': 'pid'}, {'type': 'ipc'}, {'type': 'uts'},"
	"   {'type': 'mount'}, {'type': 'user'}, {'type': 'cgroup'}],"
	"  'resources': {'devices': [{'allow': false, 'access': 'rwm'}]},"
	"  'maskedPaths': ['/proc/acpi', '/sys/firmware'],"
	"  'readonlyPaths': ['/proc/bus', '/proc/sys']}}";

static void test_runc_process(void **state)
{
	static const char *const args[] = {"sh", NULL};
	static const char *const env[] = {"PATH=/usr/bin:/bin", "TERM=xterm", NULL};
	struct fixture *f = *state;
	const struct spec_process *p = &f->spec.process;
	const struct spec_caps *c = &f->spec.security.caps;

	read_good(f, runc_style);
	assert_true(p->want_terminal && p->want_stdin && !p->want_init);
	assert_true(p->user.has_ids);
	assert_int_equal(p->user.uid + p->user.gid, 0);
	assert_null(p->user.name);
	expect_strv(&p->args, args);
	expect_strv(&p->env, env);
	assert_string_equal(p->cwd, "/");
	assert_true(c->has_sets);
	assert_int_equal(c->bounding, CAP(29) | CAP(5) | CAP(10));
	assert_int_equal(c->effective, CAP(29) | CAP(5));
	assert_int_equal(c->permitted, CAP(5));
	assert_int_equal(c->inheritable, 0);
	assert_int_equal(c->ambient, CAP(10));
	assert_int_equal(p->n_rlimits, 1);
	assert_int_equal(p->rlimits[0].resource, RLIMIT_NOFILE);
	assert_int_equal(p->rlimits[0].soft, 512);
	assert_int_equal(p->rlimits[0].hard, 1024);
	assert_false(f->spec.security.has_new_privs);
	assert_false(p->has_oom_score_adj || p->has_umask);
}

static void test_runc_rest(void **state)
{
	struct fixture *f = *state;
	const struct spec *s = &f->spec;

	read_good(f, runc_style);
	assert_int_equal(s->root.kind, ROOT_DIR);
	assert_string_equal(s->root.path, "/bundle/rootfs");
	assert_true(s->root.is_readonly);
	assert_false(s->root.want_overlay);
	assert_string_equal(s->hostname, "runc");
	for (int i = 0; i < NS_COUNT; i++)
		assert_int_equal(s->ns[i].mode, i == NS_NET || i == NS_TIME
							? NS_MODE_HOST
							: NS_MODE_PRIVATE);
	assert_int_equal(s->userns.mode, USERNS_EXPLICIT);
	assert_true(s->userns.maps_are_absolute);
	assert_int_equal(s->userns.n_uids, 1);
	assert_int_equal(s->userns.uids[0].host, 1000);
	assert_int_equal(s->userns.uids[0].count, 1);
	assert_int_equal(s->userns.gids[0].host, 100);
	assert_int_equal(s->security.seccomp, SECCOMP_OFF);
	assert_int_equal(spec_validate(s, &f->err), 0);
}

static void test_runc_filesystem(void **state)
{
	static const char *const ops[] = {
		"fs /proc type proc",
		"devtree /dev +nosuid +strictatime mode 755 size 67108864",
		"fs /dev/pts type devpts data newinstance,ptmxmode=0666,mode=0620 "
		"+nosuid +noexec",
		"tmpfs /dev/shm +nosuid +nodev +noexec mode 1777 size 67108864",
		"fs /dev/mqueue type mqueue +nosuid +nodev +noexec",
		"bind /sys from /sys +ro +nosuid +nodev +noexec recursive",
		"fs /sys/fs/cgroup type cgroup2 +ro +nosuid +nodev +noexec -relatime "
		"optional",
		"mask /proc/acpi",
		"mask /sys/firmware",
		"readonly /proc/bus",
		"readonly /proc/sys",
		NULL,
	};
	struct fixture *f = *state;

	read_good(f, runc_style);
	expect_ops(f, ops);
}

/* As podman hands them to its runtime, for a container in a joined network. */
static const char podman_style[] =
	"{'ociVersion': '1.1.0+dev',"
	" 'process': {"
	"  'user': {'uid': 1000, 'gid': 1001, 'umask': 18, 'additionalGids': [5, 6]},"
	"  'args': ['/bin/sh', '-c', 'id'], 'env': ['container=podman', 'EMPTY='],"
	"  'cwd': '/srv', 'capabilities': {'bounding': ['CAP_CHOWN', 'CAP_OF_TOMORROW']},"
	"  'rlimits': ["
	"   {'type': 'RLIMIT_MEMLOCK', 'hard': 18446744073709551615, 'soft': 65536},"
	"   {'type': 'RLIMIT_CORE', 'hard': 9223372036854775807, 'soft': 0}],"
	"  'oomScoreAdj': -17, 'consoleSize': {'height': 24, 'width': 80}},"
	" 'root': {'path': '/srv/merged'}, 'hostname': 'box', 'domainname': '',"
	" 'hooks': {'prestart': []},"
	" 'annotations': {'org.opencontainers.image.stopSignal': '15', 'a': 'b=c'},"
	" 'mounts': ["
	"  {'destination': '/dev', 'type': 'tmpfs', 'options': ['mode=755']},"
	"  {'destination': '/run', 'type': 'tmpfs', 'source': 'tmpfs', 'options':"
	"   ['rw', 'rprivate', 'nosuid', 'tmpcopyup', 'size=50%', 'nr_inodes=5']},"
	"  {'destination': '/etc/hosts', 'type': 'bind', 'source': 'hosts',"
	"   'options': ['bind', 'rslave', 'rro', 'rnosuid']},"
	"  {'destination': '/dev/fuse', 'type': 'bind', 'source': '/dev/fuse',"
	"   'options': ['slave', 'nosuid', 'noexec', 'rw', 'rbind']}],"
	" 'linux': {"
	"  'sysctl': {'net.ipv4.ping_group_range': '0 0', 'kernel.shmmax': '1'},"
	"  'resources': {'pids': {'limit': 0}, 'memory': {'limit': -1}, 'cpu': {}},"
	"  'cgroupsPath': 'user.slice:libpod:x',"
	"  'namespaces': [{'type': 'mount'}, {'type': 'ipc'},"
	"   {'type': 'user', 'path': '/proc/7/ns/user'}, {'type': 'network'},"
	"   {'type': 'pid', 'path': '/proc/7/ns/pid'}],"
	"  'uidMappings': [{'containerID': 0, 'hostID': 0, 'size': 1}],"
	"  'gidMappings': [{'containerID': 0, 'hostID': 0, 'size': 1}],"
	"  'devices': ["
	"   {'path': '/dev/null', 'type': 'c', 'major': 1, 'minor': 3, 'fileMode': 438},"
	"   {'path': '/dev/kvm', 'type': 'c', 'major': 10, 'minor': 232}],"
	"  'rootfsPropagation': 'rslave',"
	"  'seccomp': {'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrnoRet': 38,"
	"   'syscalls': [{'names': ['read'], 'action': 'SCMP_ACT_ALLOW', 'args': [{"
	"    'index': 0, 'value': 18446744073709551615, 'op': 'SCMP_CMP_EQ'}]}],"
	"   'unknown': [[1], 2.5, true, 1]}}}";

static void test_podman_process(void **state)
{
	static const char *const args[] = {"/bin/sh", "-c", "id", NULL};
	static const char *const notes[] = {"org.opencontainers.image.stopSignal=15",
					    "a=b=c", NULL};
	struct fixture *f = *state;
	const struct spec_process *p = &f->spec.process;

	read_good(f, podman_style);
	assert_int_equal(p->user.uid, 1000);
	assert_int_equal(p->user.gid, 1001);
	assert_int_equal(p->user.n_gids, 2);
	assert_int_equal(p->user.gids[1], 6);
	assert_true(p->has_umask);
	assert_int_equal(p->umask, 022);
	expect_strv(&p->args, args);
	assert_string_equal(p->cwd, "/srv");
	assert_int_equal(f->spec.security.caps.bounding, CAP(0));
	assert_int_equal(p->rlimits[0].soft, 65536);
	assert_true(p->rlimits[0].hard == RLIM_INFINITY);
	assert_true(p->rlimits[1].hard == RLIM_INFINITY);
	assert_true(p->has_oom_score_adj);
	assert_int_equal(p->oom_score_adj, -17);
	/* OCI's own default: not set is false. */
	assert_true(f->spec.security.has_new_privs);
	expect_strv(&f->spec.annotations, notes);
}

static void test_podman_linux(void **state)
{
	struct fixture *f = *state;
	const struct spec *s = &f->spec;

	read_good(f, podman_style);
	assert_string_equal(s->root.path, "/srv/merged");
	assert_string_equal(s->hostname, "box");
	assert_null(s->domainname);
	assert_int_equal(s->ns[NS_USER].mode, NS_MODE_PATH);
	assert_string_equal(s->ns[NS_USER].path, "/proc/7/ns/user");
	assert_string_equal(s->ns[NS_PID].path, "/proc/7/ns/pid");
	assert_int_equal(s->ns[NS_NET].mode, NS_MODE_PRIVATE);
	assert_int_equal(s->ns[NS_CGROUP].mode, NS_MODE_HOST);
	/* The joined namespace has its own map; podman's is a dummy. */
	assert_int_equal(s->userns.mode, USERNS_DEFAULT);
	assert_int_equal(s->userns.n_uids + s->userns.n_gids, 0);
	assert_int_equal(s->n_sysctls, 2);
	assert_string_equal(s->sysctls[0].key, "net.ipv4.ping_group_range");
	assert_string_equal(s->sysctls[0].value, "0 0");
	assert_int_equal(s->root.propagation, MS_SLAVE | MS_REC);
	assert_int_equal(s->security.seccomp, SECCOMP_PROFILE);
	assert_null(s->security.seccomp_path);
	assert_string_equal(
		s->security.seccomp_json,
		quote(f, "{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':38,"
			 "'syscalls':[{'names':['read'],'action':'SCMP_ACT_ALLOW',"
			 "'args':[{'index':0,'value':-1,'op':'SCMP_CMP_EQ'}]}],"
			 "'unknown':[1]}"));
}

static void test_podman_filesystem(void **state)
{
	static const char *const ops[] = {
		"devtree /dev mode 755",
		"tmpfs /run data size=50%,nr_inodes=5 +nosuid rprivate copy-up",
		"bind /etc/hosts from /bundle/hosts +ro +nosuid rslave "
		"recursive-attributes",
		"bind /dev/fuse from /dev/fuse +nosuid +noexec slave recursive",
		"device /dev/kvm from /dev/kvm +nosuid +noexec",
		NULL,
	};
	struct fixture *f = *state;

	read_good(f, podman_style);
	expect_ops(f, ops);
}

static void test_minimal(void **state)
{
	static const char *const ops[] = {
		"device /dev/null from /dev/null +nosuid +noexec default",
		"device /dev/zero from /dev/zero +nosuid +noexec default",
		"device /dev/full from /dev/full +nosuid +noexec default",
		"device /dev/random from /dev/random +nosuid +noexec default",
		"device /dev/urandom from /dev/urandom +nosuid +noexec default",
		"device /dev/tty from /dev/tty +nosuid +noexec default",
		"symlink /dev/fd from /proc/self/fd default",
		"symlink /dev/stdin from /proc/self/fd/0 default",
		"symlink /dev/stdout from /proc/self/fd/1 default",
		"symlink /dev/stderr from /proc/self/fd/2 default",
		NULL,
	};
	struct fixture *f = *state;

	read_good(f, "{'ociVersion': '1.0.0', 'root': {'path': '/r'},"
		     " 'process': {'args': ['a']},"
		     " 'linux': {'namespaces': [{'type': 'mount'}]}}");
	expect_ops(f, ops);
	/* What is not said: nobody's capabilities, the caller's namespaces, uid 0. */
	assert_true(f->spec.security.caps.has_sets && f->spec.process.user.has_ids);
	assert_int_equal(f->spec.security.caps.bounding, 0);
	assert_int_equal(f->spec.ns[NS_USER].mode, NS_MODE_HOST);
	assert_null(f->spec.process.cwd);
}

static void test_bound_dev(void **state)
{
	static const char *const ops[] = {
		"bind /dev from /dev recursive",
		"fs /proc type proc",
		"fs /cg type cgroup2 optional",
		"bind /x from /bundle/y +noatime",
		NULL,
	};
	struct fixture *f = *state;

	read_good(f, doc_with(f, "", "",
			      "'mounts': ["
			      "{'destination': '/dev/', 'source': '/dev',"
			      " 'options': ['rbind']},"
			      "{'destination': 'proc', 'type': 'proc'},"
			      "{'destination': '/cg', 'type': 'cgroup2'},"
			      "{'destination': '/a/../x', 'type': 'bind', 'source': 'y',"
			      " 'options': ['relatime', 'noatime']}]"));
	expect_ops(f, ops);
}

static void test_own(void **state)
{
	static const char *const ops[] = {
		"bind /a from /bundle/x recursive",
		"file /etc/hosts mode 644",
		"symlink /l from rel/target",
		"tmpfs /t +ro -relatime -nodev rshared mode 1777 size 5 "
		"recursive-attributes copy-up optional default",
		"readonly /",
		NULL,
	};
	struct fixture *f = *state;
	const struct spec *s = &f->spec;

	read_good(f,
		  "{'ociVersion': '1.2.0', 'root': {'path': '/'}, "
		  " 'process': {'args': ['a']},"
		  " 'mounts': [{'destination': '/ignored', 'type': 'tmpfs'}],"
		  " 'linux': {'namespaces': [{'type': 'mount'}, {'type': 'user'}]},"
		  " 'org.urun': {'root': 'host', 'overlay': true, 'user': 'www:web',"
		  "  'storageDriver': 'fuse-overlayfs', 'name': 'n-1', 'stdin': false,"
		  "  'hostNamespaces': ['pid'], 'preserveFds': 2, 'timeout': 7,"
		  "  'userNamespace': {'mode': 'keep-id', 'uid': 5},"
		  "  'capabilities': {'base': 'none', 'add': ['CAP_CHOWN']},"
		  "  'seccomp': 'profile', 'seccompProfile': '/p.json',"
		  "  'filesystem': ["
		  "   {'kind': 'bind', 'destination': '/a', 'source': 'x',"
		  "    'recursive': true},"
		  "   {'kind': 'file', 'destination': '/etc/hosts', 'content': 'a b\\n',"
		  "    'mode': 420},"
		  "   {'kind': 'symlink', 'destination': '/l', 'source': 'rel/target'},"
		  "   {'kind': 'tmpfs', 'destination': '/t', 'mode': 1023, 'size': 5,"
		  "    'set': ['ro'], 'clear': ['relatime', 'nodev'],"
		  "    'propagation': 'rshared', 'attributesRecursive': true,"
		  "    'copyUp': true, 'optional': true, 'default': true},"
		  "   {'kind': 'readonly', 'destination': '/'}]}}");
	expect_ops(f, ops);
	assert_string_equal(s->fsops[1].content, "a b\n");
	assert_int_equal(s->fsops[1].content_len, 4);
	assert_int_equal(s->fsops[3].attr_clear, MOUNT_ATTR__ATIME | MOUNT_ATTR_NODEV);
	assert_int_equal(s->root.kind, ROOT_HOST);
	assert_null(s->root.path);
	assert_true(s->root.want_overlay);
	assert_int_equal(s->root.driver, STORAGE_FUSE);
	assert_string_equal(s->process.user.name, "www:web");
	assert_false(s->process.user.has_ids);
	assert_false(s->process.want_stdin);
	assert_int_equal(s->process.preserve_fds, 2);
	assert_int_equal(s->process.timeout_s, 7);
	assert_int_equal(s->userns.mode, USERNS_KEEP_ID);
	assert_true(s->userns.has_keep_uid && !s->userns.has_keep_gid);
	assert_int_equal(s->userns.keep_uid, 5);
	assert_true(s->security.caps.want_none && !s->security.caps.has_sets);
	assert_int_equal(s->security.caps.add, CAP(0));
	assert_string_equal(s->security.seccomp_path, "/p.json");
}

/* --- errors --- */

struct bad {
	int code;
	const char *process, *linux_, *rest; /* members for doc_with() */
	const char *message;
};

static const struct bad bad_process[] = {
	{-EINVAL, "'env': ['A=b', 'X']", "", "", "process.env[1]: expected NAME=VALUE"},
	{-EINVAL, "'env': ['=b']", "", "", "process.env[0]: expected NAME=VALUE"},
	{-EINVAL, "'env': [null]", "", "", "process.env[0]: expected a string, got null"},
	{-EINVAL, "'terminal': 1", "", "",
	 "process.terminal: expected true or false, got an integer"},
	{-EINVAL, "'user': {'uid': 4294967295}", "", "",
	 "process.user.uid: 4294967295 is not between 0 and 4294967294"},
	{-EINVAL, "'user': {'gid': 18446744073709551615}", "", "",
	 "process.user.gid: -1 is not between 0 and 4294967294"},
	{-EINVAL, "'user': {'umask': 512}", "", "",
	 "process.user.umask: 512 is not between 0 and 511"},
	{-EINVAL, "'user': {'additionalGids': [1, -1]}", "", "",
	 "process.user.additionalGids[1]: -1 is not between 0 and 4294967294"},
	{-EINVAL, "'capabilities': []", "", "",
	 "process.capabilities: expected an object, got an array"},
	{-EINVAL, "'capabilities': {'bounding': [1]}", "", "",
	 "process.capabilities.bounding[0]: expected a string, got an integer"},
	{-EINVAL, "'rlimits': [{'type': 'RLIMIT_NONE', 'soft': 0, 'hard': 0}]", "", "",
	 "process.rlimits[0].type: no such limit"},
	{-EINVAL, "'rlimits': [{'type': 'RLIMIT_CPU', 'soft': 2, 'hard': 1}]", "", "",
	 "process.rlimits[0].soft: above the hard limit"},
	{-EINVAL, "'rlimits': [{'type': 'RLIMIT_CPU', 'soft': 2}]", "", "",
	 "process.rlimits[0].hard: a limit is needed"},
	{-EINVAL, "'rlimits': [{'type': 'RLIMIT_CPU', 'soft': -2, 'hard': 1}]", "", "",
	 "process.rlimits[0].soft: -2 is not between -1 and 9223372036854775807"},
	{-EINVAL,
	 "'rlimits': [{'type': 'RLIMIT_CPU', 'soft': 1, 'hard': 1},"
	 " {'type': 'RLIMIT_CPU', 'soft': 1, 'hard': 1}]",
	 "", "", "process.rlimits[1].type: given twice"},
	{-EINVAL, "'oomScoreAdj': 1001", "", "",
	 "process.oomScoreAdj: 1001 is not between -1000 and 1000"},
	{-EINVAL, "'noNewPrivileges': 'yes'", "", "",
	 "process.noNewPrivileges: expected true or false, got a string"},
	{-EINVAL, "'apparmorProfile': true", "", "",
	 "process.apparmorProfile: expected a string, got true or false"},
	{-EINVAL, "'apparmorProfile': 'a\\nb'", "", "",
	 "process.apparmorProfile: no control characters"},
	{-EINVAL, "'selinuxLabel': 1", "", "",
	 "process.selinuxLabel: expected a string, got an integer"},
	{-EINVAL, "'selinuxLabel': 'a:b:c\\u007f'", "", "",
	 "process.selinuxLabel: no control characters"},
	{-EINVAL, "'consoleSize': [24, 80]", "", "",
	 "process.consoleSize: expected an object, got an array"},
	{-EINVAL, "'consoleSize': {'height': 65536}", "", "",
	 "process.consoleSize.height: 65536 is not between 0 and 65535"},
	{-EINVAL, "'consoleSize': {'height': 1, 'width': '80'}", "", "",
	 "process.consoleSize.width: expected an integer, got a string"},
	{-EINVAL, "'scheduler': 'SCHED_IDLE'", "", "",
	 "process.scheduler: expected an object, got a string"},
	{-EINVAL, "'scheduler': {'nice': 1}", "", "",
	 "process.scheduler.policy: a policy is needed"},
	{-EINVAL, "'scheduler': {'policy': 'SCHED_BEST'}", "", "",
	 "process.scheduler.policy: unknown word 'SCHED_BEST'"},
	{-ENOTSUP, "'scheduler': {'policy': 'SCHED_ISO'}", "", "",
	 "process.scheduler.policy: no Linux has SCHED_ISO"},
	{-EINVAL, "'scheduler': {'policy': 'SCHED_OTHER', 'nice': 20}", "", "",
	 "process.scheduler.nice: 20 is not between -20 and 19"},
	{-EINVAL, "'scheduler': {'policy': 'SCHED_IDLE', 'nice': 1}", "", "",
	 "process.scheduler.nice: goes with SCHED_OTHER or SCHED_BATCH"},
	{-EINVAL, "'scheduler': {'policy': 'SCHED_RR'}", "", "",
	 "process.scheduler.priority: 1 to 99 for SCHED_FIFO and SCHED_RR"},
	{-EINVAL, "'scheduler': {'policy': 'SCHED_FIFO', 'priority': 100}", "", "",
	 "process.scheduler.priority: 100 is not between 0 and 99"},
	{-EINVAL, "'scheduler': {'policy': 'SCHED_BATCH', 'priority': 1}", "", "",
	 "process.scheduler.priority: goes with SCHED_FIFO or SCHED_RR"},
	{-EINVAL, "'scheduler': {'policy': 'SCHED_BATCH', 'runtime': 1}", "", "",
	 "process.scheduler.runtime: goes with SCHED_DEADLINE"},
	{-EINVAL, "'scheduler': {'policy': 'SCHED_DEADLINE', 'period': -1}", "", "",
	 "process.scheduler.period: -1 is not between 0 and 9223372036854775807"},
	{-EINVAL, "'scheduler': {'policy': 'SCHED_BATCH', 'flags': 'x'}", "", "",
	 "process.scheduler.flags: expected an array, got a string"},
	{-EINVAL,
	 "'scheduler': {'policy': 'SCHED_BATCH', 'flags': ['SCHED_FLAG_RECLAIM', 'x']}",
	 "", "", "process.scheduler.flags[1]: unknown word 'x'"},
	{-ENOTSUP,
	 "'scheduler': {'policy': 'SCHED_BATCH', 'flags': ['SCHED_FLAG_UTIL_CLAMP_MIN']}",
	 "", "", "process.scheduler.flags[0]: a document has no value for it"},
	{-EINVAL, "'ioPriority': 1", "", "",
	 "process.ioPriority: expected an object, got an integer"},
	{-EINVAL, "'ioPriority': {}", "", "",
	 "process.ioPriority.class: a class is needed"},
	{-EINVAL, "'ioPriority': {'class': 'IOPRIO_CLASS_NONE'}", "", "",
	 "process.ioPriority.class: unknown word 'IOPRIO_CLASS_NONE'"},
	{-EINVAL, "'ioPriority': {'class': 'IOPRIO_CLASS_BE', 'priority': 8}", "", "",
	 "process.ioPriority.priority: 8 is not between 0 and 7"},
	{-EINVAL, "'execCPUAffinity': '0'", "", "",
	 "process.execCPUAffinity: expected an object, got a string"},
	{-EINVAL, "'execCPUAffinity': {'initial': 0}", "", "",
	 "process.execCPUAffinity.initial: expected a string, got an integer"},
	{-EINVAL, "'execCPUAffinity': {'final': '3-1'}", "", "",
	 "process.execCPUAffinity.final: no list such as 0-3,5"},
};

static const struct bad bad_linux[] = {
	{-ENOTSUP, "", "'resources': {'memory': {'limit': 0, 'swappiness': 0}}", "",
	 "linux.resources.memory.swappiness: not supported by this version"},
	{-ENOTSUP, "", "'resources': {'cpu': {'realtimePeriod': 1000}}", "",
	 "linux.resources.cpu.realtimePeriod: not supported by this version"},
	{-EINVAL, "", "'resources': {'memory': {'limit': '1g'}}", "",
	 "linux.resources.memory.limit: expected an integer, got a string"},
	{-EINVAL, "", "'resources': {'cpu': {'shares': -1}}", "",
	 "linux.resources.cpu.shares: -1 is not between 0 and 9223372036854775807"},
	{-EINVAL, "", "'resources': {'cpu': {'cpus': 'all'}}", "",
	 "linux.resources.cpu.cpus: no list such as 0-3,5"},
	{-EINVAL, "", "'resources': {'cpu': {'idle': 2}}", "",
	 "linux.resources.cpu.idle: 2 is not between 0 and 1"},
	{-EINVAL, "", "'resources': {'blockIO': {'weight': 9}}", "",
	 "linux.resources.blockIO.weight: a weight is from 10 to 1000"},
	{-EINVAL, "", "'resources': {'blockIO': {'leafWeight': 10}}", "",
	 "linux.resources.blockIO.leafWeight: 10 is not between 0 and 0"},
	{-EINVAL, "",
	 "'resources': {'blockIO': {'throttleReadBpsDevice': [{'major': -1}]}}", "",
	 "linux.resources.blockIO.throttleReadBpsDevice[0].major: -1 is not between 0 "
	 "and "
	 "4294967295"},
	{-EINVAL, "", "'resources': {'hugepageLimits': [{'limit': 1}]}", "",
	 "linux.resources.hugepageLimits[0].pageSize: a size of pages is needed"},
	{-EINVAL, "",
	 "'resources': {'hugepageLimits': [{'pageSize': '../x', 'limit': 1}]}", "",
	 "linux.resources.hugepageLimits[0].pageSize: no size such as 2MB"},
	{-EINVAL, "", "'resources': {'rdma': {'a b': {}}}", "",
	 "linux.resources.rdma.a b: no name of a device"},
	{-EINVAL, "", "'resources': {'unified': {'cgroup.procs': '1'}}", "",
	 "linux.resources.unified.cgroup.procs: no limit"},
	{-EINVAL, "", "'resources': {'unified': {'../cgroup.procs': '1'}}", "",
	 "linux.resources.unified.../cgroup.procs: no file of a cgroup, such as "
	 "memory.high"},
	{-EINVAL, "", "'resources': []", "",
	 "linux.resources: expected an object, got an array"},
	{-ENOTSUP, "", "'intelRdt': {'closID': 'x'}", "",
	 "linux.intelRdt: not supported: groups of resctrl are root's to make"},
	{-EINVAL, "", "'mountLabel': 1", "",
	 "linux.mountLabel: expected a string, got an integer"},
	{-EINVAL, "", "'mountLabel': 'a:b:c\\u0022'", "", "linux.mountLabel: no quotes"},
	{-EINVAL, "", "'mountLabel': 'a:b:c\\n'", "",
	 "linux.mountLabel: no control characters"},
	{-EINVAL, "", "'personality': 'LINUX32'", "",
	 "linux.personality: expected an object, got a string"},
	{-EINVAL, "", "'personality': {}", "",
	 "linux.personality.domain: a domain is needed"},
	{-EINVAL, "", "'personality': {'domain': 8}", "",
	 "linux.personality.domain: expected a string, got an integer"},
	{-EINVAL, "", "'personality': {'domain': 'SVR4'}", "",
	 "linux.personality.domain: unknown word 'SVR4'"},
	{-EINVAL, "", "'personality': {'domain': 'LINUX', 'flags': ['X']}", "",
	 "linux.personality.flags: no flags are known"},
	{-EINVAL, "", "'personality': {'domain': 'LINUX', 'flags': 'X'}", "",
	 "linux.personality.flags: expected an array, got a string"},
	{-EINVAL, "", "'timeOffsets': {'boottime': {'secs': 1}}", "",
	 "linux.timeOffsets: goes with a new time namespace only"},
	{-EINVAL, "", "'timeOffsets': 1", "",
	 "linux.timeOffsets: expected an object, got an integer"},
	{-EINVAL, "", "'timeOffsets': {'monotonic': 1}", "",
	 "linux.timeOffsets.monotonic: expected an object, got an integer"},
	{-EINVAL, "", "'timeOffsets': {'monotonic': {'secs': '1'}}", "",
	 "linux.timeOffsets.monotonic.secs: expected an integer, got a string"},
	{-EINVAL, "", "'timeOffsets': {'boottime': {'nanosecs': 1000000000}}", "",
	 "linux.timeOffsets.boottime.nanosecs: 1000000000 is not between 0 and "
	 "999999999"},
	{-ENOTSUP, "", "'memoryPolicy': {'mode': 'MPOL_BIND'}", "",
	 "linux.memoryPolicy: not supported: linux.resources.cpu.mems chooses the nodes "
	 "of memory"},
	{-ENOTSUP, "", "'netDevices': {'eth0': {'name': 'x'}}", "",
	 "linux.netDevices: not supported: a device of the host is root's to move"},
	{-EINVAL, "", "'uidMappings': [{'containerID': 0, 'hostID': 0}]", "",
	 "linux.uidMappings[0].size: an empty range"},
	{-EINVAL, "", "'gidMappings': [{'containerID': 4294967296, 'size': 1}]", "",
	 "linux.gidMappings[0].containerID: 4294967296 is not between 0 and 4294967295"},
	{-EINVAL, "", "'sysctl': {'kernel.core_pattern': '|/x'}", "",
	 "linux.sysctl.kernel.core_pattern: no parameter of a namespace"},
	{-EINVAL, "", "'sysctl': {'net.ipv4/../kernel': 'x'}", "",
	 "linux.sysctl.net.ipv4/../kernel: no parameter of a namespace"},
	{-EINVAL, "", "'sysctl': {'net.core.somaxconn': '1'}", "",
	 "linux.sysctl.net.core.somaxconn: the network namespace is not the "
	 "container's"},
	{-EINVAL, "", "'sysctl': {'net.core.somaxconn': 1}", "",
	 "linux.sysctl.net.core.somaxconn: expected a string, got an integer"},
	{-EINVAL, "", "'rootfsPropagation': 'private ' ", "",
	 "linux.rootfsPropagation: unknown word"},
	{-EINVAL, "", "'seccomp': {}", "",
	 "linux.seccomp.defaultAction: an action is needed"},
	{-EINVAL, "", "'seccomp': {'defaultAction': 'SCMP_ACT_NOTIFY'}", "",
	 "linux.seccomp.listenerPath: needed for SCMP_ACT_NOTIFY: who is notified?"},
	{-EINVAL, "",
	 "'seccomp': {'defaultAction': 'SCMP_ACT_ALLOW', 'flags': ['SECCOMP_X']}", "",
	 "linux.seccomp.flags[0]: unknown flag"},
	{-EINVAL, "",
	 "'seccomp': {'defaultAction': 'SCMP_ACT_ALLOW',"
	 " 'syscalls': [{'action': 'SCMP_ACT_ALLOW', 'args': [{'index': 6}]}]}",
	 "", "linux.seccomp.syscalls[0].args[0].index: 6 is not between 0 and 5"},
	{-EINVAL, "", "'devices': [{'path': '/dev/null', 'type': 'c', 'major': 8}]", "",
	 "linux.devices[0]: /dev/null is character device 1:3"},
	{-EINVAL, "", "'devices': [{'path': '/dev/tty', 'type': 'b', 'major': 5}]", "",
	 "linux.devices[0]: /dev/tty is character device 5:0"},
	{-EINVAL, "", "'devices': [{'path': 'dev/x', 'type': 'c'}]", "",
	 "linux.devices[0].path: expected an absolute path"},
	{-EINVAL, "", "'devices': [{'path': '/..', 'type': 'c'}]", "",
	 "linux.devices[0].path: '/' is no device"},
	{-EINVAL, "", "'devices': [{'path': '/dev/x', 'type': 'd'}]", "",
	 "linux.devices[0].type: expected c, b, u or p"},
	{-ENOTSUP, "", "'devices': [{'path': '/dev/x', 'type': 'p'}]", "",
	 "linux.devices[0].type: a FIFO is not supported"},
	{-EINVAL, "", "'maskedPaths': ['proc']", "",
	 "linux.maskedPaths[0]: expected an absolute path"},
	{-EINVAL, "", "'maskedPaths': ['/.']", "",
	 "linux.maskedPaths[0]: nothing can be mounted on '/' itself"},
	{-EINVAL, "", "'readonlyPaths': [null]", "",
	 "linux.readonlyPaths[0]: a path is needed"},
	{-EINVAL, "", "'maskedPaths': {}", "",
	 "linux.maskedPaths: expected an array, got an object"},
};

static const struct bad bad_rest[] = {
	{-EINVAL, "", "", "'hooks': []", "hooks: expected an object, got an array"},
	{-EINVAL, "", "", "'hooks': {'prestart': {}}",
	 "hooks.prestart: expected an array, got an object"},
	{-EINVAL, "", "", "'hooks': {'createRuntime': ['/x']}",
	 "hooks.createRuntime[0]: expected an object, got a string"},
	{-EINVAL, "", "", "'hooks': {'createContainer': [{'args': ['x']}]}",
	 "hooks.createContainer[0].path: a path is needed"},
	{-EINVAL, "", "", "'hooks': {'createContainer': [{'path': 1}]}",
	 "hooks.createContainer[0].path: expected a string, got an integer"},
	{-EINVAL, "", "", "'hooks': {'startContainer': [{'path': '/x'}, {'path': 'x'}]}",
	 "hooks.startContainer[1].path: expected an absolute path"},
	{-EINVAL, "", "", "'hooks': {'poststart': [{'path': '/x', 'args': 'x'}]}",
	 "hooks.poststart[0].args: expected an array, got a string"},
	{-EINVAL, "", "", "'hooks': {'poststop': [{'path': '/x', 'env': ['A=', 'B']}]}",
	 "hooks.poststop[0].env[1]: expected NAME=VALUE"},
	{-EINVAL, "", "", "'hooks': {'poststop': [{'path': '/x', 'timeout': 0}]}",
	 "hooks.poststop[0].timeout: 0 seconds: at least one"},
	{-EINVAL, "", "", "'hooks': {'poststop': [{'path': '/x', 'timeout': -1}]}",
	 "hooks.poststop[0].timeout: -1 is not between 0 and 2147483647"},
	{-EINVAL, "", "", "'hooks': {'poststop': [{'path': '/x', 'timeout': '1'}]}",
	 "hooks.poststop[0].timeout: expected an integer, got a string"},
	{-ENOTSUP, "", "", "'vm': {'kernel': {'path': '/x'}}",
	 "vm: no virtual machine is made here"},
	{-ENOTSUP, "", "", "'windows': {'layerFolders': ['x']}",
	 "windows: for another system than Linux"},
	{-ENOTSUP, "", "", "'solaris': {'milestone': 'x'}",
	 "solaris: for another system than Linux"},
	{-ENOTSUP, "", "", "'zos': {'namespaces': [{'type': 'pid'}]}",
	 "zos: for another system than Linux"},
	{-EINVAL, "", "", "'annotations': {'a=b': 'c'}",
	 "annotations.a=b: a key is not empty and has no '='"},
	{-EINVAL, "", "", "'annotations': {'a': 1}",
	 "annotations.a: expected a string, got an integer"},
	{-EINVAL, "", "", "'hostname': []", "hostname: expected a string, got an array"},
	{-EINVAL, "", "", "'mounts': [{'type': 'tmpfs'}]",
	 "mounts[0].destination: a path is needed"},
	{-EINVAL, "", "", "'mounts': [{'destination': '/x/..', 'type': 'tmpfs'}]",
	 "mounts[0].destination: nothing can be mounted on '/' itself"},
	{-EINVAL, "", "", "'mounts': [{'destination': '/x', 'type': '../x'}]",
	 "mounts[0].type: a type is needed, or the option bind"},
	{-EINVAL, "", "", "'mounts': [{'destination': '/x', 'type': 'none'}]",
	 "mounts[0].type: a type is needed, or the option bind"},
	{-EINVAL, "", "", "'mounts': [{'destination': '/x'}]",
	 "mounts[0].type: a type is needed, or the option bind"},
	{-EINVAL, "", "",
	 "'mounts': [{'destination': '/x', 'type': 'ext4', 'source': 1}]",
	 "mounts[0].source: expected a string, got an integer"},
	{-ENOTSUP, "", "",
	 "'mounts': [{'destination': '/x', 'type': 'bind', 'source': '/',"
	 " 'options': ['remount']}]",
	 "mounts[0].options[0]: what is mounted already is not changed"},
	{-ENOTSUP, "", "",
	 "'mounts': [{'destination': '/x', 'type': 'tmpfs', 'options': ['iversion']}]",
	 "mounts[0].options[0]: no filesystem takes it from a mount any more"},
	{-ENOTSUP, "", "",
	 "'mounts': [{'destination': '/x', 'type': 'bind', 'source': '/',"
	 " 'options': ['async', 'sync']}]",
	 "mounts[0].options[1]: a bind has what its filesystem was mounted with"},
	{-EINVAL, "", "", "'mounts': [{'destination': '/x', 'type': 'bind'}]",
	 "mounts[0].source: a source is needed"},
	{-ENOTSUP, "", "",
	 "'mounts': [{'destination': '/x', 'type': 'bind', 'source': '/',"
	 " 'options': ['ro', 'size=1']}]",
	 "mounts[0].options[1]: not supported for a bind"},
	{-EINVAL, "", "",
	 "'mounts': [{'destination': '/x', 'type': 'tmpfs', 'options': ['ridmap']}]",
	 "mounts[0].options[0]: goes with a bind"},
	{-ENOTSUP, "", "",
	 "'mounts': [{'destination': '/x', 'type': 'tmpfs', 'uidMappings':"
	 " [{'size': 1}], 'gidMappings': [{'size': 1}]}]",
	 "mounts[0]: only a bind takes an id map"},
	{-EINVAL, "", "",
	 "'mounts': [{'destination': '/x', 'type': 'bind', 'source': '/',"
	 " 'uidMappings': [{'containerID': 0, 'hostID': 0, 'size': 1}]}]",
	 "mounts[0].gidMappings: uidMappings and gidMappings go together"},
	{-EINVAL, "", "",
	 "'mounts': [{'destination': '/x', 'type': 'bind', 'source': '/',"
	 " 'gidMappings': [{'containerID': 0, 'hostID': 0}]}]",
	 "mounts[0].gidMappings[0].size: an empty range"},
	{-ENOTSUP, "", "",
	 "'mounts': [{'destination': '/x', 'type': 'bind', 'source': '/',"
	 " 'options': ['idmap', 'copy-symlink']}]",
	 "mounts[0].options: a link has no id map"},
	{-EINVAL, "", "",
	 "'mounts': [{'destination': '/x', 'type': 'tmpfs', 'options': ['mode=8']}]",
	 "mounts[0].options[0]: no octal mode"},
	{-ENOTSUP, "", "",
	 "'mounts': [{'destination': '/dev', 'type': 'tmpfs', 'options': ['ro']}]",
	 "mounts[0].options: a read-only /dev is not supported"},
	{-ENOTSUP, "", "",
	 "'mounts': [{'destination': '/dev', 'type': 'tmpfs', 'options': ['uid=1']}]",
	 "mounts[0].options[0]: not supported for /dev"},
};

static const struct bad bad_own[] = {
	{-EINVAL, "", "", "'org.urun': []", "org.urun: expected an object, got an array"},
	{-EINVAL, "", "", "'org.urun': {'name': '../x'}",
	 "org.urun.name: letters, digits, '_', '.' and '-', at most 128"},
	{-EINVAL, "", "", "'org.urun': {'root': 'image'}",
	 "org.urun.root: unknown word 'image'"},
	{-EINVAL, "", "",
	 "'org.urun': {'network': {'backend': 'pasta', 'prefixLength': 24, 'options': "
	 "['--log-file=/x']}}",
	 "org.urun.network.options: '--log-file=/x': that is urun's to say to pasta"},
	{-EINVAL, "", "",
	 "'org.urun': {'network': {'backend': 'pasta', 'prefixLength': 24, 'options': "
	 "['--lo=/x']}}",
	 "org.urun.network.options: '--lo=/x': that is urun's to say to pasta"},
	{-EINVAL, "", "",
	 "'org.urun': {'network': {'backend': 'slirp4netns', 'prefixLength': 24, 'mtu': "
	 "999}}",
	 "org.urun.network.mtu: below 1000"},
	{-EINVAL, "", "",
	 "'org.urun': {'network': {'backend': 'slirp4netns', 'prefixLength': 24, "
	 "'outboundAddress': '../x'}}",
	 "org.urun.network.outboundAddress: no address and no interface"},
	{-EINVAL, "", "", "'org.urun': {'resolver': {'servers': ['a.example']}}",
	 "org.urun.resolver.servers: 'a.example': no IP address"},
	{-EINVAL, "", "",
	 "'org.urun': {'resolver': {'searches': ['a\\nnameserver 1.1.1.1']}}",
	 "org.urun.resolver.searches: 'a\nnameserver 1.1.1.1': one word each"},
	{-EINVAL, "", "", "'org.urun': {'cgroup': {'mode': 'some'}}",
	 "org.urun.cgroup.mode: unknown word 'some'"},
	{-EINVAL, "", "", "'org.urun': {'preserveFds': 1025}",
	 "org.urun.preserveFds: 1025 is not between 0 and 1024"},
	{-EINVAL, "", "", "'org.urun': {'hostNamespaces': ['mount']}",
	 "org.urun.hostNamespaces[0]: also in linux.namespaces"},
	{-EINVAL, "", "", "'org.urun': {'hostNamespaces': ['net']}",
	 "org.urun.hostNamespaces[0]: no such namespace"},
	{-EINVAL, "", "", "'org.urun': {'userNamespace': {'mode': 'explicit'}}",
	 "org.urun.userNamespace.mode: no map is given"},
	{-EINVAL, "", "'uidMappings': [{'size': 1}]",
	 "'org.urun': {'userNamespace': {'mode': 'auto'}}",
	 "org.urun.userNamespace.mode: goes with no map"},
	{-EINVAL, "", "'uidMappings': [{'size': 1}]",
	 "'org.urun': {'gidMappings': [{'size': 1}]}",
	 "org.urun.uidMappings: goes with no map in linux"},
	{-EINVAL, "'capabilities': {}", "", "'org.urun': {'capabilities': {}}",
	 "org.urun.capabilities: goes with no process.capabilities"},
	{-EINVAL, "", "", "'org.urun': {'capabilities': {'add': ['CAP_NONE']}}",
	 "org.urun.capabilities.add[0]: no such capability"},
	{-EINVAL, "", "'seccomp': {'defaultAction': 'SCMP_ACT_LOG'}",
	 "'org.urun': {'seccomp': 'unconfined'}",
	 "org.urun.seccomp: goes with no linux.seccomp"},
	{-EINVAL, "", "", "'org.urun': {'seccomp': 'profile'}",
	 "org.urun.seccompProfile: goes with the word 'profile' and no linux.seccomp"},
	{-EINVAL, "", "", "'org.urun': {'filesystem': [{'destination': '/x'}]}",
	 "org.urun.filesystem[0].kind: a kind is needed"},
	{-EINVAL, "", "",
	 "'org.urun': {'filesystem': [{'kind': 'link', 'destination': '/x'}]}",
	 "org.urun.filesystem[0].kind: unknown word 'link'"},
	{-EINVAL, "", "",
	 "'org.urun': {'filesystem': [{'kind': 'dir', 'destination': '/'}]}",
	 "org.urun.filesystem[0].destination: nothing can be mounted on '/' itself"},
	{-EINVAL, "", "",
	 "'org.urun': {'filesystem': [{'kind': 'bind', 'destination': '/x'}]}",
	 "org.urun.filesystem[0].source: a source is needed"},
	{-EINVAL, "", "",
	 "'org.urun': {'filesystem': [{'kind': 'fs', 'destination': '/x'}]}",
	 "org.urun.filesystem[0].type: a type is needed"},
	{-EINVAL, "", "",
	 "'org.urun': {'filesystem': [{'kind': 'dir', 'destination': '/x',"
	 " 'set': ['exec']}]}",
	 "org.urun.filesystem[0].set[0]: no such attribute"},
	{-EINVAL, "", "",
	 "'org.urun': {'filesystem': [{'kind': 'dir', 'destination': '/x',"
	 " 'propagation': 'x'}]}",
	 "org.urun.filesystem[0].propagation: unknown word"},
	{-EINVAL, "", "",
	 "'org.urun': {'filesystem': [{'kind': 'dir', 'destination': '/x',"
	 " 'mode': 4096}]}",
	 "org.urun.filesystem[0].mode: 4096 is not between 0 and 4095"},
};

static void expect_bad(struct fixture *f, const struct bad *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *doc =
			doc_with(f, list[i].process, list[i].linux_, list[i].rest);
		int r = read_doc(f, doc);

		assert_string_equal(f->err.message, list[i].message);
		assert_int_equal(r, list[i].code);
		assert_int_equal(f->err.code, r);
	}
}

static void test_bad_process(void **state)
{
	expect_bad(*state, bad_process, ARRAY_SIZE(bad_process));
}

static void test_bad_linux(void **state)
{
	expect_bad(*state, bad_linux, ARRAY_SIZE(bad_linux));
}

static void test_bad_rest(void **state)
{
	expect_bad(*state, bad_rest, ARRAY_SIZE(bad_rest));
}

static void test_bad_own(void **state)
{
	expect_bad(*state, bad_own, ARRAY_SIZE(bad_own));
}

/* What doc_with() has to get right. */
static void test_bad_whole(void **state)
{
	static const struct {
		int code;
		const char *text, *message;
	} list[] = {
		{-EINVAL, "[]", "document: it is no JSON object"},
		{-EINVAL, "{}", "ociVersion: a version is needed"},
		{-ENOTSUP, "{'ociVersion': '2.0.0'}", "ociVersion: only 1.x is known"},
		{-EINVAL, "{'ociVersion': '1.0'}", "root.path: a folder is needed"},
		{-EINVAL, "{'ociVersion': '1.0', 'root': {'path': ''}}",
		 "root.path: a folder is needed"},
		{-EINVAL, "{'ociVersion': '1.0', 'root': 'x'}",
		 "root: expected an object, got a string"},
		{-EINVAL, "{'ociVersion': '1.0', 'root': {'path': 'x'}}",
		 "process.args: a command is needed"},
		{-EINVAL,
		 "{'ociVersion': '1.0', 'root': {'path': 'x'},"
		 " 'process': {'args': []}}",
		 "process.args: a command is needed"},
		{-EINVAL,
		 "{'ociVersion': '1.0', 'root': {'path': 'x'},"
		 " 'process': {'args': ['a'], 'cwd': 'b'}}",
		 "process.cwd: expected an absolute path"},
		{-ENOTSUP,
		 "{'ociVersion': '1.0', 'root': {'path': 'x'},"
		 " 'process': {'args': ['a']}}",
		 "linux.namespaces: a new mount namespace is always needed"},
		{-EINVAL,
		 "{'ociVersion': '1.0', 'root': {'path': 'x'},"
		 " 'process': {'args': ['a']}, 'linux': []}",
		 "linux: expected an object, got an array"},
		{-EINVAL,
		 "{'ociVersion': '1.0', 'root': {'path': 'x'}, 'process': {'args': "
		 "['a']}, 'linux': {'namespaces': [{'type': 'mnt'}]}}",
		 "linux.namespaces[0].type: no such namespace"},
		{-EINVAL,
		 "{'ociVersion': '1.0', 'root': {'path': 'x'}, 'process': {'args': "
		 "['a']}, 'linux': {'namespaces': [{'type': 'pid'}, {'type': 'pid'}]}}",
		 "linux.namespaces[1].type: given twice"},
		{-EINVAL,
		 "{'ociVersion': '1.0', 'root': {'path': 'x'}, 'process': {'args': "
		 "['a']}, 'linux': {'namespaces': [{'type': 'pid', 'path': 'x'}]}}",
		 "linux.namespaces[0].path: expected an absolute path"},
		{-ENOTSUP,
		 "{'ociVersion': '1.0', 'root': {'path': 'x'}, 'process': {'args': "
		 "['a']}, 'linux': {'namespaces': [{'type': 'mount', 'path': '/x'}]}}",
		 "linux.namespaces[0].path: the mount namespace is always a new one"},
		{-EINVAL,
		 "{'ociVersion': '1.0', 'root': {'path': 'x'}, 'process': {'args': "
		 "['a']}, 'linux': {'namespaces': [{'type': 'mount'}],"
		 " 'gidMappings': [{'size': 1}]}}",
		 "linux.gidMappings: goes with a user namespace only"},
		{-EBADMSG, "{'a': 1, 'a': 2}",
		 "JSON line 1, column 12: duplicate object key near '\"a\"'"},
		{-EBADMSG, "{'a': 18446744073709551616}",
		 "JSON line 1, column 26: too big integer near '18446744073709551616'"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(list); i++) {
		assert_int_equal(read_doc(f, list[i].text), list[i].code);
		assert_string_equal(f->err.message, list[i].message);
	}
}

/* What asks for nothing is no reason to refuse a container. */
static void test_harmless(void **state)
{
	struct fixture *f = *state;

	read_good(f, doc_with(f, "'apparmorProfile': 'unconfined', 'selinuxLabel': ''",
			      "'resources': {'cpu': {'quota': -1, 'idle': 0},"
			      " 'memory': {'disableOOMKiller': false, 'swappiness': -1},"
			      " 'blockIO': {'weight': 0, 'throttleReadBpsDevice': []},"
			      " 'unknown': {'x': 1}},"
			      " 'intelRdt': {}, 'timeOffsets': {}, 'mountLabel': ''",
			      "'hooks': {'prestart': [], 'poststop': null},"
			      " 'windows': null, 'unknown': {'a': [1.5, [], {}]}"));
	assert_true(f->spec.userns.mode == USERNS_DEFAULT);
	assert_null(f->spec.security.apparmor_profile);
	assert_null(f->spec.security.selinux_label);
}

static void test_many_sibling_objects(void **state)
{
	struct fixture *f = *state;
	char *mounts = arena_strdup(&f->arena, "");

	/* Many objects side by side are not deep. */
	for (int i = 0; i < 300; i++)
		mounts = arena_printf(&f->arena,
				      "%s%s{'destination': '/m%d', 'type': 'tmpfs'}",
				      mounts, i ? ", " : "", i);
	read_good(f,
		  doc_with(f, "", "", arena_printf(&f->arena, "'mounts': [%s]", mounts)));
	assert_int_equal(f->spec.n_fsops, 300 + 10);
}

/* "ITEM,ITEM,...", each made of its number. */
static char *many(struct fixture *f, const char *item, int n)
{
	size_t size = strlen(item) + 12, used = 0;
	char *list = arena_alloc(&f->arena, size * (size_t)n);

	for (int i = 0; i < n; i++) {
		list[used] = ',';
		used += i > 0;
		for (const char *c = item; *c; c++) {
			if (*c == '#')
				used += (size_t)snprintf(list + used, 12, "%d", i);
			else
				list[used++] = *c;
		}
	}
	return list;
}

static void test_too_many(void **state)
{
	static const struct {
		const char *process, *linux_, *rest; /* with %s for the list */
		const char *item;
		int n, code;
		const char *message;
	} list[] = {
		{"", "'maskedPaths': [%s]", "", "'/x'", 4097, -EINVAL,
		 "linux.maskedPaths: 4097 elements: at most 4086"},
		{"", "", "'annotations': {%s}", "'k#': ''", 1025, -EINVAL,
		 "annotations: more than 1024 annotations"},
		{"", "'sysctl': {%s}", "", "'net.k#': ''", 1025, -EINVAL,
		 "linux.sysctl: more than 1024 parameters"},
		{"", "'seccomp': {%s}", "", "'k#': 1", 1025, -EINVAL,
		 "linux.seccomp: more than 1024 members"},
		{"", "", "'hooks': {'poststop': [%s]}", "{'path': '/x'}", 1025, -EINVAL,
		 "hooks.poststop: 1025 elements: at most 1024"},
		{"'user': {'additionalGids': [%s]}", "", "", "#", 65537, -EINVAL,
		 "process.user.additionalGids: 65537 elements: at most 65536"},
		{"'env': [%s]", "", "", "'A='", 65537, -EINVAL,
		 "process.env: 65537 elements: at most 65536"},
		{"'capabilities': {'ambient': [%s]}", "", "", "'C#'", 257, -EINVAL,
		 "process.capabilities.ambient: 257 elements: at most 256"},
		{"", "'uidMappings': [%s]", "", "{'size': 1}", 341, -EINVAL,
		 "linux.uidMappings: 341 elements: at most 340"},
		{"", "", "'mounts': [{'destination': '/x', 'options': [%s]}]", "'x'", 257,
		 -EINVAL, "mounts[0].options: 257 elements: at most 256"},
		{"", "",
		 "'mounts': [{'destination': '/x', 'type': 'tmpfs', 'options': [%s]}]",
		 "'0123456789abcdef0123456789abcdef'", 125, -EINVAL,
		 "mounts[0].options: longer than 4095 bytes"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(list); i++) {
		const char *doc =
			doc_with(f, list[i].process, list[i].linux_, list[i].rest);
		const char *hole = strstr(doc, "%s");

		doc = arena_printf(&f->arena, "%.*s%s%s", (int)(hole - doc), doc,
				   many(f, list[i].item, list[i].n), hole + 2);
		assert_int_equal(read_doc(f, doc), list[i].code);
		assert_string_equal(f->err.message, list[i].message);
	}
}

/* As long as may be, byte by byte. */
static void test_longest_data(void **state)
{
	struct fixture *f = *state;
	const char *word = "'0123456789abcdef0123456789abcde'";

	/* 128 words of 31 bytes, and the commas between. */
	read_good(f, doc_with(f, "", "",
			      arena_printf(&f->arena,
					   "'mounts': [{'destination': '/x',"
					   " 'type': 'tmpfs', 'options': [%s]}]",
					   many(f, word, 128))));
	assert_int_equal(strlen(f->spec.fsops[0].data), 4095);
}

/* --- round trips --- */

static char *write_doc(struct fixture *f, const struct spec *spec)
{
	_cleanup_json_ struct json *doc = spec_to_oci(spec);
	_cleanup_free_ char *text = json_text(doc, true);

	assert_non_null(text);
	return arena_strdup(&f->arena, text);
}

/* Written, read and written again: the same text. */
static void expect_round_trip(struct fixture *f)
{
	char *first = write_doc(f, &f->spec);
	int r;

	spec_init(&f->spec, &f->arena);
	r = spec_from_oci(&f->spec, first, strlen(first), "/bundle", &f->err);
	if (r < 0)
		print_error("%s\n%s", f->err.message, first);
	assert_int_equal(r, 0);
	assert_string_equal(write_doc(f, &f->spec), first);
}

static void test_round_trip_runc(void **state)
{
	struct fixture *f = *state;

	read_good(f, runc_style);
	expect_round_trip(f);
	assert_int_equal(f->spec.n_fsops, 11);
}

static void test_round_trip_podman(void **state)
{
	struct fixture *f = *state;

	read_good(f, podman_style);
	expect_round_trip(f);
	assert_true(f->spec.process.rlimits[0].hard == RLIM_INFINITY);
	assert_non_null(strstr(f->spec.security.seccomp_json, "\"value\":-1"));
}

static void fill_small(struct spec *s)
{
	s->root.path = "/srv/rootfs";
	strv_push(s->arena, &s->process.args, "sh");
}

static void test_round_trip_defaults(void **state)
{
	struct fixture *f = *state;

	fill_small(&f->spec);
	expect_round_trip(f);
	assert_int_equal(f->spec.security.seccomp, SECCOMP_DEFAULT);
	assert_int_equal(f->spec.ns[NS_TIME].mode, NS_MODE_HOST);
	assert_int_equal(f->spec.n_fsops, 0);
	assert_false(f->spec.process.user.has_ids || f->spec.process.want_stdin);
}

static void test_round_trip_process(void **state)
{
	struct fixture *f = *state;
	struct spec_process *p = &f->spec.process;
	struct arena *a = &f->arena;

	fill_small(&f->spec);
	f->spec.name = "name";
	f->spec.hostname = "box";
	f->spec.domainname = "example";
	f->spec.pidfile = "/run/pid";
	f->spec.is_container_env = true;
	strv_push(a, &f->spec.annotations, "a=b=c");
	strv_push(a, &f->spec.annotations, "empty=");
	strv_push(a, &p->env, "A=\xff");
	p->cwd = "/tmp";
	p->argv0 = "-sh";
	p->user = (struct spec_user){.name = "www:web", .keep_groups = true};
	strv_push(a, &p->user.groups, "audio");
	p->has_umask = p->want_terminal = p->want_stdin = p->want_init = true;
	p->umask = 077;
	p->preserve_fds = 3;
	p->timeout_s = 10;
	p->has_oom_score_adj = true;
	p->oom_score_adj = -1000;
	*ARR_PUSH(a, p, rlimits) = (struct spec_rlimit){RLIMIT_CORE, 0, UINT64_MAX};
	expect_round_trip(f);
	assert_true(p->rlimits[0].hard == UINT64_MAX);
	assert_string_equal(p->user.name, "www:web");
	assert_true(p->user.keep_groups && p->want_init && p->has_umask);
	assert_int_equal(p->oom_score_adj, -1000);
}

static void test_round_trip_scheduling(void **state)
{
	struct fixture *f = *state;
	const struct spec_process *p = &f->spec.process;

	read_good(f,
		  doc_with(f,
			   "'scheduler': {'policy': 'SCHED_DEADLINE', 'runtime': 10,"
			   "  'deadline': 20, 'period': 30, 'flags':"
			   "  ['SCHED_FLAG_RESET_ON_FORK', 'SCHED_FLAG_RECLAIM']},"
			   " 'ioPriority': {'class': 'IOPRIO_CLASS_RT', 'priority': 7},"
			   " 'execCPUAffinity': {'initial': '0-3,7', 'final': '1'},"
			   " 'consoleSize': {'height': 24, 'width': 65535},"
			   " 'apparmorProfile': 'a b', 'selinuxLabel': 'u:r:t:s0'",
			   "", ""));
	expect_round_trip(f);
	assert_true(p->scheduler.is_set);
	assert_int_equal(p->scheduler.policy, 6);
	assert_int_equal(p->scheduler.flags, 3);
	assert_int_equal(p->scheduler.runtime_ns, 10);
	assert_int_equal(p->scheduler.deadline_ns, 20);
	assert_int_equal(p->scheduler.period_ns, 30);
	assert_int_equal(p->io_priority.class, 1);
	assert_int_equal(p->io_priority.level, 7);
	assert_string_equal(p->cpus_at_first, "0-3,7");
	assert_string_equal(p->cpus, "1");
	assert_int_equal(p->console_rows, 24);
	assert_int_equal(p->console_columns, 65535);
	assert_string_equal(f->spec.security.apparmor_profile, "a b");
	assert_string_equal(f->spec.security.selinux_label, "u:r:t:s0");

	read_good(f, doc_with(f,
			      "'scheduler': {'policy': 'SCHED_BATCH', 'nice': -20},"
			      " 'ioPriority': {'class': 'IOPRIO_CLASS_IDLE'}",
			      "", ""));
	expect_round_trip(f);
	assert_int_equal(p->scheduler.policy, 3);
	assert_int_equal(p->scheduler.nice, -20);
	assert_int_equal(p->io_priority.class, 3);
	assert_null(p->cpus);
	assert_null(f->spec.security.apparmor_profile);

	read_good(f, doc_with(f, "'scheduler': {'policy': 'SCHED_RR', 'priority': 99}",
			      "", ""));
	expect_round_trip(f);
	assert_int_equal(p->scheduler.policy, 2);
	assert_int_equal(p->scheduler.priority, 99);
	assert_int_equal(p->io_priority.class, 0);
}

static void test_mount_words(void **state)
{
	static const char *const ops[] = {
		"bind /a from /s recursive",
		"bind /b from /s",
		"tmpfs /c data sync,lazytime",
		"fs /d from none type ramfs",
		"fs /e type overlay data lowerdir=/l",
		"fs /f from /dev/loop0 type ext4 data sync +ro",
		NULL,
	};
	struct fixture *f = *state;
	const struct fsop *op;

	read_good(f, doc_with(f, "", "",
			      "'mounts': ["
			      "{'destination': '/a', 'source': '/s', 'options': ['rbind',"
			      " 'async', 'loud', 'silent', 'nomand', 'noiversion',"
			      " 'nolazytime', 'src-nofollow', 'dest-nofollow']},"
			      "{'destination': '/b', 'type': 'none', 'source': '/s',"
			      " 'options': ['bind', 'copy-symlink']},"
			      "{'destination': '/c', 'type': 'tmpfs', 'options': ['sync',"
			      " 'lazytime', 'loud']},"
			      "{'destination': '/d', 'type': 'ramfs', 'source': 'none'},"
			      "{'destination': '/e', 'type': 'overlay', 'options':"
			      " ['lowerdir=/l']},"
			      "{'destination': '/f', 'type': 'ext4', 'source':"
			      " '/dev/loop0', 'options': ['ro', 'sync']}]"));
	expect_round_trip(f);
	f->spec.n_fsops = 6; /* what every container has in /dev comes behind */
	expect_ops(f, ops);
	op = f->spec.fsops;
	assert_true(op[0].is_source_link && op[0].is_dest_link && !op[0].is_link_copied);
	assert_true(!op[1].is_source_link && !op[1].is_dest_link && op[1].is_link_copied);
}

static void test_round_trip_idmapped(void **state)
{
	struct fixture *f = *state;
	const struct fsop *op;

	read_good(f,
		  doc_with(f, "", "",
			   "'mounts': [{'destination': '/a', 'source': '/s', 'options':"
			   " ['rbind', 'ridmap'], 'uidMappings': [{'containerID': 1,"
			   " 'hostID': 2, 'size': 3}], 'gidMappings': [{'containerID':"
			   " 4, 'hostID': 5, 'size': 6}]},"
			   " {'destination': '/b', 'source': '/s', 'options': ['bind',"
			   " 'idmap']},"
			   " {'destination': '/c', 'source': '/s', 'options': ['bind'],"
			   " 'uidMappings': [{'size': 1}], 'gidMappings':"
			   " [{'size': 2}]},"
			   " {'destination': '/d', 'source': '/s', 'options':"
			   " ['bind']}]"));
	expect_round_trip(f);
	op = f->spec.fsops;
	assert_true(op[0].is_idmapped && op[0].is_idmap_recursive);
	assert_int_equal(op[0].n_uids, 1);
	assert_int_equal(op[0].uids[0].inside, 1);
	assert_int_equal(op[0].uids[0].host, 2);
	assert_int_equal(op[0].gids[0].count, 6);
	assert_true(op[1].is_idmapped && !op[1].is_idmap_recursive);
	assert_int_equal(op[1].n_uids + op[1].n_gids, 0);
	assert_true(op[2].is_idmapped && !op[2].is_idmap_recursive);
	assert_int_equal(op[2].gids[0].count, 2);
	assert_false(op[3].is_idmapped);
}

static void test_round_trip_mount_label(void **state)
{
	struct fixture *f = *state;

	read_good(f,
		  doc_with(f, "", "'mountLabel': 'system_u:object_r:x_t:s0:c1,c2'", ""));
	expect_round_trip(f);
	assert_string_equal(f->spec.security.mount_label,
			    "system_u:object_r:x_t:s0:c1,c2");
	read_good(f, doc_with(f, "", "'mountLabel': ''", ""));
	assert_null(f->spec.security.mount_label);
}

/* What `features` promises is taken, for one kind of mount or another. */
static void test_promised_mount_words(void **state)
{
	static const char *const types[] = {"'source': '/s', 'options': ['bind', '%s']",
					    "'type': 'tmpfs', 'options': ['%s']"};
	struct fixture *f = *state;
	struct strv words = {0};

	mountopt_names(&f->arena, &words);
	assert_true(strv_has(&words, "rro") && strv_has(&words, "copy-symlink"));
	for (size_t i = 0; i < words.n; i++) {
		int n = 0;

		for (size_t k = 0; k < ARRAY_SIZE(types); k++) {
			const char *hole = strstr(types[k], "%s");
			const char *doc =
				doc_with(f, "", "",
					 arena_printf(&f->arena,
						      "'mounts': [{'destination': '/d', "
						      "%.*s%s%s}]",
						      (int)(hole - types[k]), types[k],
						      words.v[i], hole + 2));

			n += read_doc(f, doc) == 0;
		}
		if (n == 0)
			print_error("%s\n", words.v[i]);
		assert_true(n > 0);
	}
}

static void test_round_trip_time(void **state)
{
	struct fixture *f = *state;
	const struct spec_time_offset *v = f->spec.time_offsets;

	read_good(f, "{'ociVersion': '1.2.0', 'root': {'path': 'rootfs'},"
		     " 'process': {'args': ['sh']}, 'linux': {'namespaces':"
		     " [{'type': 'mount'}, {'type': 'time'}], 'timeOffsets':"
		     " {'boottime': {'secs': -5, 'nanosecs': 999999999},"
		     " 'monotonic': {'secs': 9223372036854775807}}}}");
	expect_round_trip(f);
	assert_true(f->spec.has_time_offsets);
	assert_int_equal(v[TIME_BOOTTIME].secs, -5);
	assert_int_equal(v[TIME_BOOTTIME].nanosecs, 999999999);
	assert_int_equal(v[TIME_MONOTONIC].secs, INT64_MAX);
	assert_int_equal(v[TIME_MONOTONIC].nanosecs, 0);
	/* Nothing is shifted. */
	read_good(f, doc_with(f, "", "'timeOffsets': {'boottime': {'secs': 0}}", ""));
	assert_false(f->spec.has_time_offsets);
}

static void test_round_trip_personality(void **state)
{
	struct fixture *f = *state;

	read_good(f, doc_with(f, "", "'personality': {'domain': 'LINUX32', 'flags': []}",
			      ""));
	expect_round_trip(f);
	assert_true(f->spec.has_personality);
	assert_int_equal(f->spec.personality, 8);
	read_good(f, doc_with(f, "", "'personality': {'domain': 'LINUX'}", ""));
	expect_round_trip(f);
	assert_true(f->spec.has_personality);
	assert_int_equal(f->spec.personality, 0);
	read_good(f, doc_with(f, "", "", ""));
	assert_false(f->spec.has_personality);
}

static void test_round_trip_filter(void **state)
{
	struct fixture *f = *state;
	const struct spec_security *s = &f->spec.security;

	read_good(f,
		  doc_with(f, "",
			   "'seccomp': {'defaultAction': 'SCMP_ACT_ALLOW', 'flags':"
			   " ['SECCOMP_FILTER_FLAG_LOG'], 'listenerPath': '/run/sock',"
			   " 'listenerMetadata': 'm', 'syscalls': [{'names': ['mkdir'],"
			   " 'action': 'SCMP_ACT_NOTIFY'}]}",
			   ""));
	expect_round_trip(f);
	assert_int_equal(s->seccomp, SECCOMP_PROFILE);
	assert_non_null(strstr(s->seccomp_json, "SECCOMP_FILTER_FLAG_LOG"));
	assert_string_equal(s->listener_path, "/run/sock");
	assert_string_equal(s->listener_metadata, "m");

	/* A listener whom nobody asks. */
	read_good(f, doc_with(f, "",
			      "'seccomp': {'defaultAction': 'SCMP_ACT_ALLOW',"
			      " 'listenerPath': '/run/sock'}",
			      ""));
	expect_round_trip(f);
	assert_null(s->listener_path);
}

static void test_round_trip_hooks(void **state)
{
	struct fixture *f = *state;
	const struct spec_hook *hook;

	read_good(f, doc_with(f, "", "",
			      "'hooks': {'prestart': [{'path': '/p'}],"
			      " 'createRuntime': [{'path': '/r', 'args': ['r', '-x'],"
			      "  'env': ['A=1', 'B=']}, {'path': '/r2'}],"
			      " 'createContainer': [{'path': '/c', 'timeout': 1}],"
			      " 'startContainer': [{'path': '/s'}],"
			      " 'poststart': [{'path': '/t'}],"
			      " 'poststop': [{'path': '/e', 'timeout': 2147483647}]}"));
	expect_round_trip(f);
	for (int i = 0; i < HOOK_COUNT; i++)
		assert_int_equal(f->spec.hooks[i].n_hooks,
				 i == HOOK_CREATE_RUNTIME ? 2 : 1);
	assert_string_equal(f->spec.hooks[HOOK_PRESTART].hooks[0].path, "/p");
	hook = f->spec.hooks[HOOK_CREATE_RUNTIME].hooks;
	assert_string_equal(hook[0].path, "/r");
	expect_strv(&hook[0].args, (const char *const[]){"r", "-x", NULL});
	expect_strv(&hook[0].env, (const char *const[]){"A=1", "B=", NULL});
	assert_int_equal(hook[0].timeout_s, 0);
	assert_string_equal(hook[1].path, "/r2");
	assert_int_equal(hook[1].args.n + hook[1].env.n, 0);
	assert_int_equal(f->spec.hooks[HOOK_CREATE_CONTAINER].hooks[0].timeout_s, 1);
	assert_string_equal(f->spec.hooks[HOOK_START_CONTAINER].hooks[0].path, "/s");
	assert_string_equal(f->spec.hooks[HOOK_POSTSTART].hooks[0].path, "/t");
	assert_int_equal(f->spec.hooks[HOOK_POSTSTOP].hooks[0].timeout_s, INT32_MAX);
}

static void test_round_trip_security(void **state)
{
	struct fixture *f = *state;
	struct spec_security *s = &f->spec.security;

	fill_small(&f->spec);
	s->caps = (struct spec_caps){.add = ~0ULL, .drop = CAP(0), .want_none = true};
	s->has_new_privs = s->is_privileged = s->keep_keyring = true;
	s->seccomp = SECCOMP_PROFILE;
	s->seccomp_path = "/p.json";
	f->spec.root.kind = ROOT_HOST;
	f->spec.root.path = NULL;
	f->spec.root.propagation = MS_SHARED;
	expect_round_trip(f);
	assert_true(s->caps.want_none && s->caps.drop == CAP(0));
	assert_int_equal(s->caps.add, (CAP(cap_last()) << 1) - 1);
	assert_true(s->has_new_privs && s->is_privileged && s->keep_keyring);
	assert_int_equal(f->spec.root.propagation, MS_SHARED);
}

static void test_round_trip_resources(void **state)
{
	struct fixture *f = *state;
	struct spec_resources *r = &f->spec.resources;

	fill_small(&f->spec);
	*r = (struct spec_resources){
		.memory = 1LL << 40,
		.memory_reservation = 1,
		.memory_swap = SPEC_NO_LIMIT,
		.cpu_shares = 2,
		.cpu_quota_us = 1000,
		.cpu_period_us = 2000,
		.cpu_burst_us = 500,
		.cpus = "0-1",
		.mems = "0",
		.pids = 5,
		.io_weight = 10,
	};
	for (int i = 0; i < IO_KIND_COUNT; i++)
		*ARR_PUSH(f->spec.arena, r, ios) =
			(struct spec_io){(enum spec_io_kind)i, 8, 16, 100 + i};
	*ARR_PUSH(f->spec.arena, r, hugepages) = (struct spec_hugepages){"2MB", 0};
	*ARR_PUSH(f->spec.arena, r, rdma) =
		(struct spec_rdma){"mlx4_0", 3, SPEC_NO_LIMIT};
	strv_push(f->spec.arena, &r->unified, "memory.high=1=2");
	f->spec.cgroup = (struct spec_cgroup){CGROUPS_ENABLED, "app.slice", true};
	r->is_swap_implied = true;
	expect_round_trip(f);
	assert_int_equal(r->memory, 1LL << 40);
	assert_int_equal(r->memory_swap, SPEC_NO_LIMIT);
	assert_int_equal(r->cpu_burst_us, 500);
	assert_string_equal(r->mems, "0");
	assert_int_equal(r->n_ios, IO_KIND_COUNT);
	assert_int_equal(r->ios[IO_WRITE_IOPS].value, 100 + IO_WRITE_IOPS);
	assert_int_equal(r->hugepages[0].limit, 0);
	assert_int_equal(r->rdma[0].handles, 3);
	assert_int_equal(r->rdma[0].objects, SPEC_NO_LIMIT);
	assert_string_equal(r->unified.v[0], "memory.high=1=2");
	assert_true(r->is_swap_implied && f->spec.cgroup.is_best_effort);

	spec_init(&f->spec, &f->arena);
	fill_small(&f->spec);
	r->is_cpu_idle = true;
	expect_round_trip(f);
	assert_true(r->is_cpu_idle && r->has_cpu_idle);
}

static void test_round_trip_namespaces(void **state)
{
	struct fixture *f = *state;
	struct spec *s = &f->spec;

	fill_small(s);
	s->ns[NS_NET] = (struct spec_namespace){NS_MODE_PATH, "/run/netns/x"};
	s->ns[NS_PID].mode = NS_MODE_HOST;
	s->ns[NS_TIME].mode = NS_MODE_PRIVATE;
	s->userns.mode = USERNS_EXPLICIT;
	*ARR_PUSH(s->arena, &s->userns, uids) = (struct idrange){0, 1, 65536};
	*ARR_PUSH(s->arena, s, sysctls) = (struct spec_sysctl){"kernel.sem", "1 2"};
	expect_round_trip(f);
	assert_false(s->userns.maps_are_absolute);
	assert_int_equal(s->userns.uids[0].count, 65536);
	assert_int_equal(s->ns[NS_PID].mode, NS_MODE_HOST);
	assert_string_equal(s->ns[NS_NET].path, "/run/netns/x");

	spec_init(s, &f->arena);
	fill_small(s);
	s->userns = (struct spec_userns){.mode = USERNS_AUTO, .auto_size = 1000};
	expect_round_trip(f);
	assert_int_equal(s->userns.auto_size, 1000);
}

static void test_round_trip_ops(void **state)
{
	struct fixture *f = *state;
	struct fsop *op;

	fill_small(&f->spec);
	for (int i = 0; i < FSOP_COUNT; i++) {
		op = spec_add_fsop(&f->spec, (enum fsop_kind)i, "/a");
		op->source = "/s";
		op->fstype = "proc";
		op->data = "a=b";
		op->content = "text\n";
		op->attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSYMFOLLOW;
		op->attr_clear = MOUNT_ATTR__ATIME;
		op->propagation = MS_UNBINDABLE | MS_REC;
		op->mode = 0;
		op->has_mode = true;
		op->size_bytes = 1ULL << 40;
		op->is_recursive = i % 2;
		op->is_attr_recursive = op->is_copyup = !op->is_recursive;
		op->is_optional = op->is_default = i % 3 == 0;
	}
	expect_round_trip(f);
	op = &f->spec.fsops[FSOP_READONLY];
	assert_int_equal(op->kind, FSOP_READONLY);
	assert_int_equal(op->attr_clear, MOUNT_ATTR__ATIME);
	assert_true(op->has_mode);
	assert_int_equal(op->content_len, 5);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_runc_process),
		TEST(test_runc_rest),
		TEST(test_runc_filesystem),
		TEST(test_podman_process),
		TEST(test_podman_linux),
		TEST(test_podman_filesystem),
		TEST(test_minimal),
		TEST(test_bound_dev),
		TEST(test_own),
		TEST(test_bad_process),
		TEST(test_bad_linux),
		TEST(test_bad_rest),
		TEST(test_bad_own),
		TEST(test_bad_whole),
		TEST(test_harmless),
		TEST(test_many_sibling_objects),
		TEST(test_too_many),
		TEST(test_longest_data),
		TEST(test_round_trip_runc),
		TEST(test_round_trip_podman),
		TEST(test_round_trip_defaults),
		TEST(test_round_trip_resources),
		TEST(test_round_trip_process),
		TEST(test_round_trip_scheduling),
		TEST(test_mount_words),
		TEST(test_round_trip_idmapped),
		TEST(test_round_trip_mount_label),
		TEST(test_promised_mount_words),
		TEST(test_round_trip_time),
		TEST(test_round_trip_personality),
		TEST(test_round_trip_filter),
		TEST(test_round_trip_hooks),
		TEST(test_round_trip_security),
		TEST(test_round_trip_namespaces),
		TEST(test_round_trip_ops),
	};

	return cmocka_run_group_tests_name("spec_oci", tests, NULL, NULL);
}
