// SPDX-License-Identifier: Apache-2.0
/*
 * image_ref.c - tests of what a user may call an image
 */
#include "image/ref.h"

#include <stdio.h>
#include <string.h>

#include "support.h"

#define HEX    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST "sha256:" HEX

/* What is not given must be NULL or false. */
struct name {
	const char *text, *registry, *repository, *tag, *digest;
	bool has_tag, is_remote_only;
	const char *whole; /* ref_text() */
};

static const struct name names[] = {
	{"debian", NULL, "debian", "latest", NULL, false, false, "debian:latest"},
	{"debian:12", NULL, "debian", "12", NULL, true, false, "debian:12"},
	{"debian:latest", NULL, "debian", "latest", NULL, true, false, "debian:latest"},
	{"user/debian", NULL, "user/debian", "latest", NULL, false, false,
	 "user/debian:latest"},
	{"library/debian", NULL, "library/debian", "latest", NULL, false, false,
	 "library/debian:latest"},
	{"docker.io/debian", "docker.io", "library/debian", "latest", NULL, false, false,
	 "docker.io/library/debian:latest"},
	{"docker.io/library/debian:12", "docker.io", "library/debian", "12", NULL, true,
	 false, "docker.io/library/debian:12"},
	{"docker.io/user/debian", "docker.io", "user/debian", "latest", NULL, false,
	 false, "docker.io/user/debian:latest"},
	{"index.docker.io/debian", "docker.io", "library/debian", "latest", NULL, false,
	 false, "docker.io/library/debian:latest"},
	{"Docker.IO/debian", "docker.io", "library/debian", "latest", NULL, false, false,
	 "docker.io/library/debian:latest"},
	{"registry-1.docker.io/debian", "registry-1.docker.io", "debian", "latest", NULL,
	 false, false, "registry-1.docker.io/debian:latest"},
	{"quay.io/a/b/c/d:x", "quay.io", "a/b/c/d", "x", NULL, true, false,
	 "quay.io/a/b/c/d:x"},
	{"quay.io/debian", "quay.io", "debian", "latest", NULL, false, false,
	 "quay.io/debian:latest"},
	{"localhost/x", "localhost", "x", "latest", NULL, false, false,
	 "localhost/x:latest"},
	/* a name and a tag: there is no path */
	{"localhost:5000", NULL, "localhost", "5000", NULL, true, false,
	 "localhost:5000"},
	{"localhost", NULL, "localhost", "latest", NULL, false, false,
	 "localhost:latest"},
	{"localhost:5000/x", "localhost:5000", "x", "latest", NULL, false, false,
	 "localhost:5000/x:latest"},
	{"host:5000/x/y:t", "host:5000", "x/y", "t", NULL, true, false,
	 "host:5000/x/y:t"},
	{"host:5000/x@" DIGEST, "host:5000", "x", NULL, DIGEST, false, false,
	 "host:5000/x@" DIGEST},
	{"debian:12@" DIGEST, NULL, "debian", "12", DIGEST, true, false,
	 "debian:12@" DIGEST},
	{"host/x", NULL, "host/x", "latest", NULL, false, false, "host/x:latest"},
	{"[::1]:5000/x", "[::1]:5000", "x", "latest", NULL, false, false,
	 "[::1]:5000/x:latest"},
	{"[2001:DB8::1]/x/y:1", "[2001:db8::1]", "x/y", "1", NULL, true, false,
	 "[2001:db8::1]/x/y:1"},
	{"127.0.0.1:65535/x", "127.0.0.1:65535", "x", "latest", NULL, false, false,
	 "127.0.0.1:65535/x:latest"},
	{"docker://debian", "docker.io", "library/debian", "latest", NULL, false, true,
	 "docker.io/library/debian:latest"},
	{"docker://user/debian:12", "docker.io", "user/debian", "12", NULL, true, true,
	 "docker.io/user/debian:12"},
	{"docker://quay.io/x", "quay.io", "x", "latest", NULL, false, true,
	 "quay.io/x:latest"},
	/* words of transports as names */
	{"docker:dind", NULL, "docker", "dind", NULL, true, false, "docker:dind"},
	{"host", NULL, "host", "latest", NULL, false, false, "host:latest"},
	{"host:1", NULL, "host", "1", NULL, true, false, "host:1"},
	{"oci", NULL, "oci", "latest", NULL, false, false, "oci:latest"},
	{"rootfs/x", NULL, "rootfs/x", "latest", NULL, false, false, "rootfs/x:latest"},
	/* separators */
	{"a.b/x_y", "a.b", "x_y", "latest", NULL, false, false, "a.b/x_y:latest"},
	{"x/a.b_c__d-e---f0", NULL, "x/a.b_c__d-e---f0", "latest", NULL, false, false,
	 "x/a.b_c__d-e---f0:latest"},
	{"0", NULL, "0", "latest", NULL, false, false, "0:latest"},
	{"x:_a.-Z", NULL, "x", "_a.-Z", NULL, true, false, "x:_a.-Z"},
	{"x:" HEX HEX, NULL, "x", HEX HEX, NULL, true, false, "x:" HEX HEX},
	{"a" HEX, NULL, "a" HEX, "latest", NULL, false, false, "a" HEX ":latest"},
	{HEX ":1", NULL, HEX, "1", NULL, true, false, HEX ":1"},
};

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_arena_ struct arena a = {0};
		const struct name *n = &names[i];
		struct image_ref ref;
		struct err err = {0};

		check_context("%s", n->text);
		CHECK_INT(ref_parse(n->text, &a, &ref, &err), 0);
		CHECK_STR(err.message, "");
		CHECK_INT(ref.transport, REF_REGISTRY);
		CHECK_STR(ref.path, NULL);
		CHECK_STR(ref.name, NULL);
		CHECK_STR(ref.registry, n->registry);
		CHECK_STR(ref.repository, n->repository);
		CHECK_STR(ref.tag, n->tag);
		CHECK_INT(ref.has_tag, n->has_tag);
		CHECK_INT(ref.has_digest, n->digest != NULL);
		CHECK_STR(ref.digest.text, n->digest ? n->digest : "");
		CHECK_INT(ref.is_remote_only, n->is_remote_only);
		CHECK_STR(ref_text(&ref, &a), n->whole);
	}
	check_no_context();
}

/* What ref_text() says is read as the same, but for a short name that is a transport. */
static void test_text_is_a_reference(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_arena_ struct arena a = {0};
		struct image_ref ref;

		if (strcmp(names[i].whole, "oci:latest") == 0)
			continue;
		check_context("%s", names[i].text);
		CHECK_INT(ref_parse(names[i].whole, &a, &ref, NULL), 0);
		CHECK_STR(ref.registry, names[i].registry);
		CHECK_STR(ref.repository, names[i].repository);
		CHECK_STR(ref.tag, names[i].tag);
		CHECK_STR(ref_text(&ref, &a), names[i].whole);
	}
	check_no_context();
}

static const struct {
	const char *text;
	enum ref_transport transport;
	const char *path, *name, *whole;
} places[] = {
	{"oci:dir", REF_OCI, "dir", NULL, "oci:dir"},
	{"oci:/a b/c:x:y/z:1", REF_OCI, "/a b/c", "x:y/z:1", "oci:/a b/c:x:y/z:1"},
	{"oci:.:latest", REF_OCI, ".", "latest", "oci:.:latest"},
	{"oci:dir:", REF_OCI, "dir", NULL, "oci:dir"},
	{"oci-archive:f.tar", REF_OCI_ARCHIVE, "f.tar", NULL, "oci-archive:f.tar"},
	{"oci-archive:f.tar:n", REF_OCI_ARCHIVE, "f.tar", "n", "oci-archive:f.tar:n"},
	{"docker-archive:f.tar:docker.io/x:1", REF_DOCKER_ARCHIVE, "f.tar",
	 "docker.io/x:1", "docker-archive:f.tar:docker.io/x:1"},
	{"dir:a:b", REF_DIR, "a:b", NULL, "dir:a:b"},
	{"rootfs:/x/\xff y:z", REF_ROOTFS, "/x/\xff y:z", NULL, "rootfs:/x/\xff y:z"},
	{"host:", REF_HOST, NULL, NULL, "host:"},
};

static void test_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		_cleanup_arena_ struct arena a = {0};
		struct image_ref ref;
		struct err err = {0};

		check_context("%s", places[i].text);
		CHECK_INT(ref_parse(places[i].text, &a, &ref, &err), 0);
		CHECK_INT(ref.transport, places[i].transport);
		CHECK_STR(ref.path, places[i].path);
		CHECK_STR(ref.name, places[i].name);
		CHECK_STR(ref.registry, NULL);
		CHECK_STR(ref.repository, NULL);
		CHECK_STR(ref.tag, NULL);
		CHECK_INT(ref.has_tag || ref.has_digest || ref.is_remote_only, false);
		CHECK_STR(ref_text(&ref, &a), places[i].whole);
	}
	check_no_context();
}

#define WORDS                                                                    \
	" is no part of a repository name: lower-case letters and digits, with " \
	"'.', '_', '__' or '-' between them"
#define TAG_WORDS                                                              \
	" may have letters, digits and '_', and '.' and '-' behind the first " \
	"character"
#define NO_REGISTRY " is no registry: HOST[:PORT] is wanted"
#define NO_DIGEST   " is not 'sha256:' and 64 hexadecimal digits in lower case"

/* The message is "image reference 'TEXT': REASON". */
static const struct {
	const char *text, *reason, *hint;
} refused[] = {
	{"Debian", "'Debian': repository names are in lower case", "type 'debian'"},
	{"docker.io/User/x", "'User': repository names are in lower case", "type 'user'"},
	{"User/x:1", "'User': repository names are in lower case", "type 'user'"},
	{"-x", "'-x'" WORDS, ""},
	{"x-", "'x-'" WORDS, ""},
	{"x..y", "'x..y'" WORDS, ""},
	{"x___y", "'x___y'" WORDS, ""},
	{"x._y", "'x._y'" WORDS, ""},
	{"x/../y", "'..'" WORDS, ""},
	{"x/y:1/z", "'y:1'" WORDS, ""},
	{"../x", "'..'" NO_REGISTRY, ""},
	{"./x", "'.'" NO_REGISTRY, ""},
	{"x y", "'x y'" WORDS, ""},
	{" x", "' x'" WORDS, ""},
	{"x\n", "'x\\x0a'" WORDS, ""},
	{"caf\xc3\xa9", "'caf\xc3\xa9'" WORDS, ""},
	{"\x1b[31mx", "'\\x1b[31mx'" WORDS, ""},
	{"/x", "a part of the name is empty", ""},
	{"x/", "a part of the name is empty", ""},
	{"x//y", "a part of the name is empty", ""},
	{":12", "a part of the name is empty", ""},
	{"@" DIGEST, "a part of the name is empty", ""},
	{"docker://", "a part of the name is empty", ""},
	{"localhost:5000/", "a part of the name is empty", ""},
	{"x:", "the tag behind ':' is empty", ""},
	{"x:@" DIGEST, "the tag behind ':' is empty", ""},
	{"x:.y", "tag '.y'" TAG_WORDS, ""},
	{"x:-y", "tag '-y'" TAG_WORDS, ""},
	{"x:y:z", "tag 'y:z'" TAG_WORDS, ""},
	{"x:a b", "tag 'a b'" TAG_WORDS, ""},
	{"x:" HEX HEX "0", "tag '" HEX HEX "0' is longer than 128 characters", ""},
	{"x@", "digest ''" NO_DIGEST, ""},
	{"x@sha256:", "digest 'sha256:'" NO_DIGEST, ""},
	{"x@" DIGEST "0", "digest '" DIGEST "0'" NO_DIGEST, ""},
	{"x@" HEX, "digest '" HEX "'" NO_DIGEST, ""},
	{"x@" DIGEST "@" DIGEST, "digest '" DIGEST "@" DIGEST "'" NO_DIGEST, ""},
	{"x@sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
	 "digest 'sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789"
	 "abcdef'" NO_DIGEST,
	 ""},
	{"x@sha256:../../etc/passwd", "digest 'sha256:../../etc/passwd'" NO_DIGEST, ""},
	{"x@sha512:" HEX HEX, "digest algorithm 'sha512' is not supported, only sha256",
	 ""},
	{"x@SHA256:" HEX, "digest algorithm 'SHA256' is not supported, only sha256", ""},
	{HEX, "64 hexadecimal digits are an image id, no name", ""},
	{"docker://" HEX, "64 hexadecimal digits are an image id, no name", ""},
	{"a_b.c/x", "'a_b.c'" NO_REGISTRY, ""},
	{"-a.b/x", "'-a.b'" NO_REGISTRY, ""},
	{"a-.b/x", "'a-.b'" NO_REGISTRY, ""},
	{"a./x", "'a.'" NO_REGISTRY, ""},
	{"a..b/x", "'a..b'" NO_REGISTRY, ""},
	{"a:/x", "'a:'" NO_REGISTRY, ""},
	{"a:0/x", "'a:0'" NO_REGISTRY, ""},
	{"a:65536/x", "'a:65536'" NO_REGISTRY, ""},
	{"a:+80/x", "'a:+80'" NO_REGISTRY, ""},
	{"a:b/x", "'a:b'" NO_REGISTRY, ""},
	{"a:1:2/x", "'a:1:2'" NO_REGISTRY, ""},
	{"user:secret@quay.io/x", "digest 'quay.io/x'" NO_DIGEST, ""},
	{"::1/x", "'::1'" NO_REGISTRY, ""},
	{"[::1/x", "'[::1'" NO_REGISTRY, ""},
	{"[:]/x", "'[:]'" NO_REGISTRY, ""},
	{"[::g]/x", "'[::g]'" NO_REGISTRY, ""},
	{"[::1]x:1/x", "'[::1]x:1'" NO_REGISTRY, ""},
	{"[::1]:/x", "'[::1]:'" NO_REGISTRY, ""},
	{"[::1]x1/x", "'[::1]x1'" NO_REGISTRY, ""},
	{"[::1%25lo]:1/x", "'[::1%25lo]:1'" NO_REGISTRY, ""},
	{"[::1]:5000", "tag ':1]:5000'" TAG_WORDS, ""},
	{"oci:", "the path is empty", ""},
	{"oci::x", "the path is empty", ""},
	{"oci-archive:", "the path is empty", ""},
	{"docker-archive::", "the path is empty", ""},
	{"dir:", "the path is empty", ""},
	{"rootfs:", "the path is empty", ""},
	{"oci:x:a b", "name 'a b' has a blank or a byte that is no ASCII", ""},
	{"oci:x:\x1b[m", "name '\\x1b[m' has a blank or a byte that is no ASCII", ""},
	{"https://quay.io/x", "a reference is a name, no URL", "type 'quay.io/x'"},
	{"http://localhost:5000/x", "a reference is a name, no URL",
	 "type 'localhost:5000/x'"},
	{"docker-daemon:x:1", "images of a Docker daemon cannot be read",
	 "docker save -o FILE x:1, then docker-archive:FILE"},
	{"containers-storage:x", "podman's and buildah's storage cannot be read",
	 "podman save --format=oci-archive -o FILE x, then oci-archive:FILE"},
	{"ostree:x@/y", "this transport is not supported",
	 "skopeo can copy the image to oci:DIR or oci-archive:FILE"},
	{"sif:x", "this transport is not supported",
	 "skopeo can copy the image to oci:DIR or oci-archive:FILE"},
	{"tarball:x", "this transport is not supported",
	 "skopeo can copy the image to oci:DIR or oci-archive:FILE"},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		_cleanup_arena_ struct arena a = {0};
		struct image_ref ref = {.tag = "before"};
		struct err err = {0};
		char shown[512], want[1024];

		check_context("%s", refused[i].text);
		CHECK_INT(ref_parse(refused[i].text, &a, &ref, &err), -EINVAL);
		CHECK_INT(err.code, -EINVAL);
		text_escape(shown, sizeof(shown), refused[i].text);
		if (strlen(shown) < 159) {
			snprintf(want, sizeof(want), "image reference '%s': %s", shown,
				 refused[i].reason);
			CHECK_STR(err.message, want);
		}
		CHECK_STR(err.hint, refused[i].hint);
		CHECK_STR(ref.tag, "before");
		CHECK_STR(ref.repository, NULL);
		/* nobody needs the message */
		CHECK_INT(ref_parse(refused[i].text, &a, &ref, NULL), -EINVAL);
	}
	check_no_context();
}

/* The name may have 255 characters, registry and "library/" included. */
static void test_length_of_name(void **state)
{
	static const struct {
		const char *before, *after;
		size_t fits; /* letters in between */
	} cases[] = {
		{"", "", 255},
		{"", ":12", 255},
		{"a.b/", "", 251},
		{"docker.io/", "", 237},
		{"docker.io/u/", "", 243},
		{"docker://", "", 237},
		{"", "@" DIGEST, 255},
		{"index.docker.io/", ":1", 237},
	};
	char letters[300], text[600];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_arena_ struct arena a = {0};
		struct image_ref ref;
		struct err err = {0};

		check_context("%sxxx%s", cases[i].before, cases[i].after);
		memset(letters, 'x', sizeof(letters));
		letters[cases[i].fits] = '\0';
		snprintf(text, sizeof(text), "%s%s%s", cases[i].before, letters,
			 cases[i].after);
		CHECK_INT(ref_parse(text, &a, &ref, &err), 0);
		snprintf(text, sizeof(text), "%sx%s%s", cases[i].before, letters,
			 cases[i].after);
		CHECK_INT(ref_parse(text, &a, &ref, &err), -EINVAL);
		CHECK(strstr(err.message,
			     "...': the name is longer than 255 characters"));
	}
	check_no_context();
}

static void test_length_of_text(void **state)
{
	_cleanup_arena_ struct arena a = {0};
	char text[REF_MAX_LEN + 2] = "oci:";
	struct image_ref ref;
	struct err err = {0};

	(void)state;
	memset(text + 4, 'x', REF_MAX_LEN - 4);
	CHECK_INT(ref_parse(text, &a, &ref, &err), 0);
	CHECK_INT(strlen(ref.path), REF_MAX_LEN - 4);
	text[REF_MAX_LEN] = 'x';
	CHECK_INT(ref_parse(text, &a, &ref, &err), -EINVAL);
	CHECK(strstr(err.message, "...': it is longer than 4096 bytes"));
	CHECK_INT(ref_parse("", &a, &ref, &err), -EINVAL);
	CHECK_STR(err.message, "image reference: it is empty");
}

static void test_qualify(void **state)
{
	static const struct {
		const char *text, *prefix, *want;
	} cases[] = {
		{"debian", "docker.io", "docker.io/library/debian:latest"},
		{"debian:12", "docker.io/", "docker.io/library/debian:12"},
		{"debian@" DIGEST, "quay.io", "quay.io/debian@" DIGEST},
		{"u/debian", "docker.io", "docker.io/u/debian:latest"},
		{"debian", "index.docker.io", "docker.io/library/debian:latest"},
		{"debian", "quay.io/mine", "quay.io/mine/debian:latest"},
		{"debian", "quay.io/a/b//", "quay.io/a/b/debian:latest"},
		{"debian", "docker.io/u", "docker.io/u/debian:latest"},
		{"debian", "localhost:5000", "localhost:5000/debian:latest"},
		/* it has a registry, or none can be put in front */
		{"quay.io/debian", "docker.io", "quay.io/debian:latest"},
		{"docker://debian", "quay.io", "docker.io/library/debian:latest"},
		{"oci:x:y", "docker.io", "oci:x:y"},
		{"host:", "docker.io", "host:"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_arena_ struct arena a = {0};
		struct image_ref ref, full;

		check_context("%s %s", cases[i].text, cases[i].prefix);
		CHECK_INT(ref_parse(cases[i].text, &a, &ref, NULL), 0);
		full = ref_qualify(&ref, cases[i].prefix, &a);
		CHECK_STR(ref_text(&full, &a), cases[i].want);
		CHECK_INT(full.has_tag, ref.has_tag);
		CHECK_INT(full.has_digest, ref.has_digest);
		CHECK_INT(full.is_remote_only, ref.is_remote_only);
	}
	check_no_context();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_names),	   TEST(test_text_is_a_reference),
		TEST(test_places),	   TEST(test_refused),
		TEST(test_length_of_name), TEST(test_length_of_text),
		TEST(test_qualify),
	};

	return UNIT_RUN(tests);
}
