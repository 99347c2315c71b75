// SPDX-License-Identifier: Apache-2.0
/*
 * image_policy.c - tests of policy.json: what is refused, and by which part of the policy
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf_path.h"
#include "registries.h"
#include "support.h"

#define DIGEST                                                    \
	"sha256:0123456789abcdef0123456789abcdef0123456789abcdef" \
	"0123456789abcdef"
#define ACCEPT "[{\"type\": \"insecureAcceptAnything\"}]"
#define REJECT "[{\"type\": \"reject\"}]"

/* Each test stands in its own folder, which is the user's and the system's. */
static void enter(const struct folder *f)
{
	CHECK_INT(chdir(f->path), 0);
	setenv("HOME", f->path, 1);
	unsetenv("XDG_CONFIG_HOME");
}

static int check(const char *path, const char *image, struct err *err)
{
	_cleanup_arena_ struct arena a = {0};
	struct image_ref ref;
	int r = ref_parse(image, &a, &ref, err);

	CHECK_INT(r, 0);
	*err = (struct err){0};
	r = policy_check(path, &ref, err);
	CHECK_INT(r, err->code);
	return r;
}

/* Does the policy "p" say @message about an image? "" when it takes it. */
static void check_says(const struct folder *f, const char *policy, const char *image,
		       const char *message)
{
	struct err err;

	check_context("%s: %s", image, policy);
	make_file(f->fd, "p", policy);
	CHECK_INT(check("p", image, &err), message[0] ? -EACCES : 0);
	CHECK_STR(err.message, message);
}

static void test_docker_scopes(void **state)
{
	static const char image[] = "reg.sub.example.com:5000/ns/sub/app";
	/* From the narrowest on: each is in front of all that follow. */
	static const char *const scopes[] = {
		"reg.sub.example.com:5000/ns/sub/app:1",
		"reg.sub.example.com:5000/ns/sub/app",
		"reg.sub.example.com:5000/ns/sub",
		"reg.sub.example.com:5000/ns",
		"reg.sub.example.com:5000",
		"*.sub.example.com",
		"*.example.com",
		"*.com",
		"",
	};
	/* None of these is a scope of it. */
	static const char others[] =
		"\"reg.sub.example.com:5000/ns/sub/app:2\": " REJECT
		", \"reg.sub.example.com:5000/ns/sub/ap\": " REJECT
		", \"reg.sub.example.com\": " REJECT
		", \"*.reg.sub.example.com\": " REJECT ", \"*.ub.example.com\": " REJECT
		", \"ns/sub/app\": " REJECT ", \"reg.sub.example.com:5000/\": " REJECT
		", \"*\": " REJECT ", \"reg.sub.example.com:5000/ns/sub/app@" DIGEST
		"\": " REJECT;
	const struct folder *f = *state;
	char policy[4096], want[512], name[128];

	enter(f);
	snprintf(name, sizeof(name), "%s:1", image);
	for (size_t i = 0; i < ARRAY_SIZE(scopes); i++) {
		size_t used =
			(size_t)snprintf(policy, sizeof(policy),
					 "{\"default\": " ACCEPT
					 ", \"transports\": {\"oci\": {\"\": " REJECT
					 "}, \"docker\": {%s",
					 others);

		for (size_t k = i; k < ARRAY_SIZE(scopes); k++)
			used += (size_t)snprintf(policy + used, sizeof(policy) - used,
						 ", \"%s\": %s", scopes[k],
						 k == i ? REJECT : ACCEPT);
		snprintf(policy + used, sizeof(policy) - used, "}}}");
		if (scopes[i][0])
			snprintf(want, sizeof(want),
				 "image '%s': scope '%s' of docker in policy 'p' rejects "
				 "it",
				 name, scopes[i]);
		else
			snprintf(want, sizeof(want),
				 "image '%s': scope \"\" of docker in policy 'p' rejects "
				 "it",
				 name);
		check_says(f, policy, name, want);
	}
	snprintf(policy, sizeof(policy),
		 "{\"default\": " REJECT ", \"transports\": {\"docker\": {%s}}}", others);
	snprintf(want, sizeof(want), "image '%s': the default in policy 'p' rejects it",
		 name);
	check_says(f, policy, name, want);
	snprintf(policy, sizeof(policy),
		 "{\"default\": " ACCEPT ", \"transports\": {\"docker\": {%s}}}", others);
	check_says(f, policy, name, "");
}

static void test_normal_names(void **state)
{
	const struct folder *f = *state;

	enter(f);
	/* Docker's short forms are spelled out; no tag is "latest". */
	check_says(f,
		   "{\"default\": " REJECT ", \"transports\": {\"docker\": "
		   "{\"docker.io/library/busybox:latest\": " ACCEPT "}}}",
		   "docker.io/busybox", "");
	/* With a digest, that is what counts, and not the tag. */
	check_says(f,
		   "{\"default\": " REJECT
		   ", \"transports\": {\"docker\": {\"quay.io/a/b@" DIGEST "\": " ACCEPT
		   ", \"quay.io/a/b:1\": " REJECT "}}}",
		   "quay.io/a/b:1@" DIGEST, "");
	check_says(f,
		   "{\"default\": " ACCEPT
		   ", \"transports\": {\"docker\": {\"quay.io/a/b:1\": " REJECT "}}}",
		   "quay.io/a/b@" DIGEST, "");
}

static void test_requirements(void **state)
{
	const struct folder *f = *state;

	enter(f);
	check_says(f, "{\"default\": " ACCEPT "}", "quay.io/a", "");
	check_says(f, "{\"default\": " ACCEPT ", \"transports\": {}}", "quay.io/a", "");
	check_says(f,
		   "{\"default\": [{\"type\": \"insecureAcceptAnything\"}, "
		   "{\"type\": \"reject\"}]}",
		   "quay.io/a",
		   "image 'quay.io/a:latest': the default in policy 'p' rejects it");
	check_says(f,
		   "{\"default\": [{\"type\": \"insecureAcceptAnything\"}, "
		   "{\"type\": \"signedBy\", \"keyType\": \"GPGKeys\", \"keyPath\": "
		   "\"/k\"}]}",
		   "quay.io/a",
		   "image 'quay.io/a:latest': the default in policy 'p' requires "
		   "signedBy, which cannot be checked yet");
	check_says(f,
		   "{\"default\": " ACCEPT ", \"transports\": {\"docker\": {\"quay.io\": "
		   "[{\"type\": \"sigstoreSigned\", \"fulcio\": {}}]}}}",
		   "quay.io/a/b",
		   "image 'quay.io/a/b:latest': scope 'quay.io' of docker in policy 'p' "
		   "requires sigstoreSigned, which cannot be checked yet");
	/* Where it does not concern the image, a signature is not asked for. */
	check_says(f,
		   "{\"default\": " ACCEPT ", \"transports\": {\"docker\": {\"quay.io\": "
		   "[{\"type\": \"signedBy\"}]}}}",
		   "docker.io/a", "");
}

static void test_files(void **state)
{
	const struct folder *f = *state;
	char policy[2048], image[512], want[1024];
	char *real = realpath(f->path, NULL);

	enter(f);
	make_dir(f->fd, "d", 0755);
	make_dir(f->fd, "d/image", 0755);
	make_link(f->fd, "link", "d/image");
	snprintf(policy, sizeof(policy),
		 "{\"default\": " ACCEPT ", \"transports\": {"
		 "\"oci\": {\"%s/d\": " REJECT ", \"%s/d/image:good\": " ACCEPT "},"
		 "\"dir\": {\"%s/d/image\": " ACCEPT ", \"\": " REJECT "},"
		 "\"docker-archive\": {\"\": " REJECT "}}}",
		 real, real, real);
	snprintf(want, sizeof(want),
		 "image 'oci:d/image:bad': scope '%s/d' of oci in policy 'p' rejects it",
		 real);
	check_says(f, policy, "oci:d/image:bad", want);
	check_says(f, policy, "oci:d/image:good", "");
	snprintf(want, sizeof(want),
		 "image 'oci:link': scope '%s/d' of oci in policy 'p' rejects it", real);
	check_says(f, policy, "oci:link", want);
	snprintf(image, sizeof(image), "oci:%s", real);
	check_says(f, policy, image, "");
	check_says(f, policy, "dir:link", "");
	check_says(f, policy, "dir:d",
		   "image 'dir:d': scope \"\" of dir in policy 'p' rejects it");
	check_says(f, policy, "docker-archive:x.tar",
		   "image 'docker-archive:x.tar': scope \"\" of docker-archive in policy "
		   "'p' rejects it");
	/* Nothing is fetched. */
	check_says(f, policy, "rootfs:d", "");
	check_says(f, policy, "host:", "");
	free(real);
}

static void test_missing_image(void **state)
{
	const struct folder *f = *state;
	struct err err;

	enter(f);
	make_file(f->fd, "p", "{\"default\": " ACCEPT "}");
	CHECK_INT(check("p", "oci:none", &err), -ENOENT);
	CHECK_STR(err.message, "image 'none': there is no such file");
	CHECK_INT(check("p", "debian", &err), -EINVAL);
	CHECK_STR(err.message, "image 'debian': it has no registry");
}

/* What is wrong anywhere is an error everywhere. */
static void test_strict(void **state)
{
	static const struct {
		const char *policy, *message;
	} cases[] = {
		{"", "JSON line 1, column 0: '[' or '{' expected near end of file"},
		{"[]", "document: expected an object"},
		{"{}", "document: 'default' is missing"},
		{"{\"default\": null}", "default: expected a list of requirements"},
		{"{\"default\": {}}", "default: expected a list of requirements"},
		{"{\"default\": []}", "default: the list of requirements is empty"},
		{"{\"default\": [{}]}", "default[0]: the type is missing"},
		{"{\"default\": [null]}", "default[0]: expected an object with a type"},
		{"{\"default\": [\"reject\"]}",
		 "default[0]: expected an object with a type"},
		{"{\"default\": [{\"type\": 1}]}",
		 "default[0].type: expected a string, got an integer"},
		{"{\"default\": [{\"type\": \"Reject\"}]}",
		 "default[0].type: there is no requirement 'Reject'"},
		{"{\"default\": [{\"type\": \"\\u001b[m\"}]}",
		 "default[0].type: there is no requirement '\\x1b[m'"},
		{"{\"default\": [{\"type\": \"insecureAcceptAnything\", \"x\": 1}]}",
		 "default[0]: insecureAcceptAnything has no members but the type"},
		{"{\"default\": " ACCEPT ", \"Default\": " REJECT "}",
		 "Default: there is no such member"},
		{"{\"default\": " ACCEPT ", \"default\": " REJECT "}",
		 "JSON line 1, column 59: duplicate object key near '\"default\"'"},
		{"{\"default\": " ACCEPT ", \"transports\": []}",
		 "transports: expected an object of transports"},
		{"{\"default\": " ACCEPT ", \"transports\": null}",
		 "transports: expected an object of transports"},
		{"{\"default\": " ACCEPT ", \"transports\": {\"docker\": []}}",
		 "transports.docker: expected an object of scopes"},
		{"{\"default\": " ACCEPT ", \"transports\": {\"docker\": {\"x\": []}}}",
		 "transports.docker.x: the list of requirements is empty"},
		{"{\"default\": " ACCEPT
		 ", \"transports\": {\"new\": {\"x\": [{\"type\": \"n\"}]}}}",
		 "transports.new.x[0].type: there is no requirement 'n'"},
		{"{\"default\": " ACCEPT ", \"transports\": {\"dir\": {\"/\": " REJECT
		 "}}}",
		 "transports.dir./: the scope is no absolute path without '.', '..' and "
		 "a "
		 "'/' at the end"},
		{"{\"default\": " ACCEPT
		 ", \"transports\": {\"oci\": {\"/a/../b\": " REJECT "}}}",
		 "transports.oci./a/../b: the scope is no absolute path without '.', "
		 "'..' "
		 "and a '/' at the end"},
		{"{\"default\": " ACCEPT ", \"transports\": {\"oci\": {\"a\": " REJECT
		 "}}}",
		 "transports.oci.a: the scope is no absolute path without '.', '..' and "
		 "a "
		 "'/' at the end"},
		{"{\"default\": " ACCEPT
		 ", \"transports\": {\"docker-archive\": {\"/a\": " REJECT "}}}",
		 "transports.docker-archive./a: docker-archive has no scope but \"\""},
	};
	const struct folder *f = *state;

	enter(f);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char want[512];
		struct err err;

		check_context("%s", cases[i].policy);
		make_file(f->fd, "p", cases[i].policy);
		CHECK(check("p", "quay.io/a", &err) < 0);
		snprintf(want, sizeof(want), "policy 'p': %s", cases[i].message);
		CHECK_STR(err.message, want);
	}
	/* Transports that are not known have no rules for their scopes. */
	check_says(f,
		   "{\"default\": " ACCEPT
		   ", \"transports\": {\"new\": {\"x/..\": " REJECT
		   "}, \"docker-daemon\": {\"\": " REJECT "}}}",
		   "quay.io/a", "");
}

static void test_limits(void **state)
{
	const struct folder *f = *state;
	char *text = malloc(1u << 21);
	struct err err;
	size_t used;

	enter(f);
	used = (size_t)snprintf(text, 1024,
				"{\"default\": " ACCEPT
				", \"transports\": {\"docker\": {\"\": " REJECT);
	for (int i = 0; i < 4096; i++)
		used += (size_t)snprintf(text + used, 1024, ",\"s%d\":" ACCEPT, i);
	memcpy(text + used, "}}}", 4);
	make_file(f->fd, "p", text);
	CHECK_INT(check("p", "quay.io/a", &err), -EINVAL);
	CHECK_STR(err.message, "policy 'p': transports.docker: more than 4096 members");
	memset(text, ' ', CONF_MAX_BYTES + 1);
	text[CONF_MAX_BYTES + 1] = '\0';
	make_file(f->fd, "p", text);
	CHECK_INT(check("p", "quay.io/a", &err), -EFBIG);
	CHECK_STR(err.message, "policy 'p': it is larger than 1048576 bytes");
	memset(text, '[', 1000);
	text[1000] = '\0';
	make_file(f->fd, "p", text);
	CHECK_INT(check("p", "quay.io/a", &err), -ELOOP);
	CHECK_STR(err.message, "policy 'p': JSON nests deeper than 64");
	free(text);
}

/* The one that is named, the user's, the system's, none. */
static void test_which_file(void **state)
{
	const struct folder *f = *state;
	char want[512];
	struct err err;

	enter(f);
	CHECK_INT(check(NULL, "quay.io/a", &err), 0);
	CHECK_INT(check("none", "quay.io/a", &err), -ENOENT);
	CHECK_STR(err.message, "policy 'none': No such file or directory");

	make_dir(f->fd, "etc", 0755);
	make_file(f->fd, "etc/policy.json", "{\"default\": " REJECT "}");
	CHECK_INT(check(NULL, "quay.io/a", &err), -EACCES);
	CHECK_STR(err.message,
		  "image 'quay.io/a:latest': the default in policy 'etc/policy.json' "
		  "rejects it");

	make_dir(f->fd, ".config", 0755);
	make_dir(f->fd, ".config/containers", 0755);
	make_file(f->fd, ".config/containers/policy.json", "{\"default\": " ACCEPT "}");
	CHECK_INT(check(NULL, "quay.io/a", &err), 0);

	/* A relative folder does not count. */
	setenv("XDG_CONFIG_HOME", ".", 1);
	CHECK_INT(check(NULL, "quay.io/a", &err), 0);
	make_dir(f->fd, "x", 0755);
	make_dir(f->fd, "x/containers", 0755);
	make_file(f->fd, "x/containers/policy.json", "{\"default\": " REJECT "}");
	snprintf(want, sizeof(want), "%s/x", f->path);
	setenv("XDG_CONFIG_HOME", want, 1);
	CHECK_INT(check(NULL, "quay.io/a", &err), -EACCES);
	snprintf(want, sizeof(want),
		 "image 'quay.io/a:latest': the default in policy "
		 "'%s/x/containers/policy.json' rejects it",
		 f->path);
	CHECK_STR(err.message, want);

	make_file(f->fd, "p", "{\"default\": " ACCEPT "}");
	CHECK_INT(check("p", "quay.io/a", &err), 0);
	make_fifo(f->fd, "fifo");
	CHECK_INT(check("fifo", "quay.io/a", &err), -EINVAL);
	CHECK_STR(err.message, "policy 'fifo': it is no regular file");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(test_docker_scopes), TEST_IN_FOLDER(test_normal_names),
		TEST_IN_FOLDER(test_requirements),  TEST_IN_FOLDER(test_files),
		TEST_IN_FOLDER(test_missing_image), TEST_IN_FOLDER(test_strict),
		TEST_IN_FOLDER(test_limits),	    TEST_IN_FOLDER(test_which_file),
	};

	return UNIT_RUN(tests);
}
