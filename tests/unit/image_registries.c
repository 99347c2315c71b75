// SPDX-License-Identifier: Apache-2.0
/*
 * image_registries.c - tests of registries.conf: short names, mirrors, and which file counts
 */
#include "registries.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support.h"

#define DIGEST                                                    \
	"sha256:0123456789abcdef0123456789abcdef0123456789abcdef" \
	"0123456789abcdef"

static struct arena arena;

static struct registries *must_parse(const char *text)
{
	struct registries *c = NULL;
	struct err err = {0};
	int r = registries_parse(text, strlen(text), &arena, &c, &err);

	CHECK_STR(err.message, "");
	CHECK_INT(r, 0);
	return c;
}

static struct image_ref must_ref(const char *text)
{
	struct image_ref ref = {0};

	CHECK_INT(ref_parse(text, &arena, &ref, NULL), 0);
	return ref;
}

/* What an image is fetched from, "a, b!": "!" marks what is insecure. Or the message. */
static const char *endpoints(const struct registries *c, const char *image)
{
	struct image_ref ref = must_ref(image);
	struct endpoint *e = NULL;
	struct err err = {0};
	const char *text = "";
	size_t n = 0;
	int r = registries_endpoints(c, &ref, &arena, &e, &n, &err);

	CHECK_INT(r, err.code);
	if (r < 0)
		return arena_strdup(&arena, err.message);
	for (size_t i = 0; i < n; i++) {
		text = arena_printf(&arena, "%s%s%s%s", text, i ? ", " : "",
				    ref_text(&e[i].ref, &arena),
				    e[i].is_plain ? "!" : "");
		CHECK_INT(e[i].ref.has_tag, ref.has_tag);
		CHECK_INT(e[i].ref.has_digest, ref.has_digest);
	}
	return text;
}

/* What a short name may be, or the message. */
static const char *candidates(const struct registries *c, const char *image)
{
	struct image_ref ref = must_ref(image), *found = NULL;
	struct err err = {0};
	const char *text = "";
	size_t n = 0;
	int r = registries_candidates(c, &ref, &arena, &found, &n, &err);

	CHECK_INT(r, err.code);
	if (r < 0)
		return arena_printf(&arena, "%s; %s", err.message, err.hint);
	for (size_t i = 0; i < n; i++) {
		text = arena_printf(&arena, "%s%s%s", text, i ? ", " : "",
				    ref_text(&found[i], &arena));
		CHECK_INT(found[i].has_tag, ref.has_tag);
	}
	return text;
}

static void test_endpoints(void **state)
{
	static const char text[] = "[[registry]]\n"
				   "prefix = 'example.com/foo'\n"
				   "location = 'internal.net/bar/'\n"
				   "[[registry.mirror]]\n"
				   "location = 'm0.local/mirror-for-foo'\n"
				   "[[registry.mirror]]\n"
				   "location = 'm1.local:5000'\n"
				   "insecure = true\n"
				   "[[registry]]\n"
				   "prefix = 'example.com/foo/secret'\n"
				   "blocked = true\n"
				   "[[registry]]\n"
				   "prefix = 'example.com/foo/one:2'\n"
				   "location = 'other.net/one:3'\n"
				   "[[registry]]\n"
				   "location = 'registry.com'\n"
				   "insecure = true\n"
				   "[[registry]]\n"
				   "prefix = '*.wild.org'\n"
				   "[[registry.mirror]]\n"
				   "location = 'w.local'\n"
				   "[[registry]]\n"
				   "prefix = '*.a.wild.org'\n"
				   "location = 'a.local/x'\n"
				   "[[registry]]\n"
				   "prefix = 'docker.io/library'\n"
				   "location = 'docker.io/mirror'\n";
	static const struct {
		const char *image, *want;
	} cases[] = {
		{"example.com/foo/image", "m0.local/mirror-for-foo/image:latest, "
					  "m1.local:5000/image:latest!, "
					  "internal.net/bar/image:latest"},
		{"example.com/foo:1",
		 "image 'example.com/foo:1': the table of 'example.com/foo' in 'text' "
		 "makes 'm1.local:5000:1' of it, which is no name"},
		{"example.com/foo/image@" DIGEST,
		 "m0.local/mirror-for-foo/image@" DIGEST ", m1.local:5000/image@" DIGEST
		 "!, internal.net/bar/image@" DIGEST},
		{"example.com/foobar", "example.com/foobar:latest"},
		{"example.com/fo/o", "example.com/fo/o:latest"},
		{"example.com/foo/secret",
		 "image 'example.com/foo/secret:latest': 'example.com/foo/secret' is "
		 "blocked in 'text'"},
		{"example.com/foo/secret/x:1", "image 'example.com/foo/secret/x:1': "
					       "'example.com/foo/secret' is blocked "
					       "in 'text'"},
		{"example.com/foo/secrets",
		 "m0.local/mirror-for-foo/secrets:latest, "
		 "m1.local:5000/secrets:latest!, internal.net/bar/secrets:latest"},
		{"example.com/foo/one:2", "other.net/one:3"},
		{"registry.com/a/b", "registry.com/a/b:latest!"},
		{"registry.com:5000/a/b", "registry.com:5000/a/b:latest!"},
		{"registry.com.evil.org/a", "registry.com.evil.org/a:latest"},
		{"x.y.wild.org/a", "w.local/a:latest, x.y.wild.org/a:latest"},
		{"x.y.wild.org:80/a", "w.local:80/a:latest, x.y.wild.org:80/a:latest"},
		{"wild.org/a", "wild.org/a:latest"},
		{"xwild.org/a", "xwild.org/a:latest"},
		{"x.wild.org.evil.com/a", "x.wild.org.evil.com/a:latest"},
		{"evil.com/x.wild.org/a", "evil.com/x.wild.org/a:latest"},
		{"x.a.wild.org/b", "a.local/x/b:latest"},
		{"x.wild.org.a.wild.org/b", "a.local/x/b:latest"},
		{"docker.io/debian", "docker.io/mirror/debian:latest"},
		{"docker.io/other/debian", "docker.io/other/debian:latest"},
	};
	const struct registries *c = must_parse(text);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		check_context("%s", cases[i].image);
		CHECK_STR(endpoints(c, cases[i].image), cases[i].want);
	}
	check_no_context();
	CHECK_STR(endpoints(must_parse(""), "quay.io/a:1"), "quay.io/a:1");
}

/* "plain", "checked", or the message. */
static const char *host(const struct registries *c, const char *name,
			const char *repository)
{
	bool is_plain = false;
	struct err err = {0};
	int r = registries_host(c, name, repository, &is_plain, &err);

	CHECK_INT(r, err.code);
	return r < 0 ? arena_strdup(&arena, err.message) : is_plain ? "plain" : "checked";
}

/* Mirrors and other places have no say in what is spoken to a host itself. */
static void test_host(void **state)
{
	struct registries *c = must_parse("[[registry]]\n"
					  "location = \"a.org\"\n"
					  "[[registry.mirror]]\n"
					  "location = \"m.org\"\n"
					  "insecure = true\n"
					  "[[registry]]\n"
					  "location = \"b.org:5000\"\n"
					  "insecure = true\n"
					  "[[registry]]\n"
					  "prefix = \"b.org:5000/bad\"\n"
					  "blocked = true\n");

	(void)state;
	CHECK_STR(host(c, "a.org", NULL), "checked");
	CHECK_STR(host(c, "a.org", "x/y"), "checked");
	CHECK_STR(host(c, "m.org", NULL), "checked");
	CHECK_STR(host(c, "b.org:5000", NULL), "plain");
	CHECK_STR(host(c, "b.org:5000", "x/y"), "plain");
	CHECK_STR(host(c, "b.org:5001", "x/y"), "checked");
	CHECK_STR(host(c, "b.org:5000", "badly"), "plain");
	CHECK_STR(host(c, "b.org:5000", "bad/y"),
		  "registry 'b.org:5000': 'b.org:5000/bad' is blocked in 'text'");
}

static void test_searched(void **state)
{
	struct registries *c =
		must_parse("unqualified-search-registries = [\"a.org\", \"b.org/x\"]\n");
	struct strv found = {0};
	struct err err = {0};

	(void)state;
	CHECK_INT(registries_searched(c, &found, &err), 0);
	CHECK_INT(found.n, 2);
	CHECK_STR(found.v[0], "a.org");
	CHECK_STR(found.v[1], "b.org/x");
	CHECK_INT(registries_searched(must_parse(""), &found, &err), -ENOENT);
	CHECK_STR(err.message,
		  "no registry was given, and none is configured to be searched");
}

static void test_pull_from_mirror(void **state)
{
	static const char text[] = "[[registry]]\n"
				   "location = 'r.io'\n"
				   "[[registry.mirror]]\n"
				   "location = 'all.io'\n"
				   "pull-from-mirror = 'all'\n"
				   "[[registry.mirror]]\n"
				   "location = 'digest.io'\n"
				   "pull-from-mirror = 'digest-only'\n"
				   "[[registry.mirror]]\n"
				   "location = 'tag.io'\n"
				   "pull-from-mirror = 'tag-only'\n"
				   "[[registry.mirror]]\n"
				   "location = 'default.io'\n"
				   "pull-from-mirror = ''\n"
				   "[[registry]]\n"
				   "location = 's.io'\n"
				   "mirror-by-digest-only = true\n"
				   "[[registry.mirror]]\n"
				   "location = 'm.io'\n";
	const struct registries *c = must_parse(text);

	CHECK_STR(endpoints(c, "r.io/a:1"),
		  "all.io/a:1, tag.io/a:1, default.io/a:1, r.io/a:1");
	CHECK_STR(endpoints(c, "r.io/a@" DIGEST),
		  "all.io/a@" DIGEST ", digest.io/a@" DIGEST ", default.io/a@" DIGEST
		  ", r.io/a@" DIGEST);
	CHECK_STR(endpoints(c, "r.io/a:1@" DIGEST),
		  "all.io/a:1@" DIGEST ", digest.io/a:1@" DIGEST
		  ", default.io/a:1@" DIGEST ", r.io/a:1@" DIGEST);
	CHECK_STR(endpoints(c, "s.io/a"), "s.io/a:latest");
	CHECK_STR(endpoints(c, "s.io/a@" DIGEST), "m.io/a@" DIGEST ", s.io/a@" DIGEST);
}

static void test_candidates(void **state)
{
	static const char text[] =
		"unqualified-search-registries = ['docker.io', 'quay.io/mine', "
		"'localhost:5000']\n"
		"short-name-mode = 'enforcing'\n"
		"[aliases]\n"
		"alpine = 'docker.io/library/alpine'\n"
		"'suse/sle15' = 'registry.suse.com/suse/sle15'\n"
		"gone = ''\n";
	static const struct {
		const char *image, *want;
	} cases[] = {
		{"debian:12", "docker.io/library/debian:12, quay.io/mine/debian:12, "
			      "localhost:5000/debian:12"},
		{"a/b", "docker.io/a/b:latest, quay.io/mine/a/b:latest, "
			"localhost:5000/a/b:latest"},
		{"alpine", "docker.io/library/alpine:latest"},
		{"alpine:3@" DIGEST, "docker.io/library/alpine:3@" DIGEST},
		{"suse/sle15@" DIGEST, "registry.suse.com/suse/sle15@" DIGEST},
		{"gone", "docker.io/library/gone:latest, quay.io/mine/gone:latest, "
			 "localhost:5000/gone:latest"},
		{"quay.io/a:1", "quay.io/a:1"},
		{"docker://alpine:3", "docker.io/library/alpine:3"},
	};
	const struct registries *c = must_parse(text);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		check_context("%s", cases[i].image);
		CHECK_STR(candidates(c, cases[i].image), cases[i].want);
	}
	check_no_context();
	CHECK(strstr(candidates(c, arena_printf(&arena, "%0250d", 0)),
		     "the name is longer than 255 characters") != NULL);
	CHECK_STR(
		candidates(must_parse("unqualified-search-registries = []"), "debian"),
		"image 'debian': the name has no registry, and none is configured to be "
		"searched; type docker.io/library/debian, or write this line to "
		"etc/registries.conf:\n"
		"unqualified-search-registries = [\"docker.io\"]");
	CHECK_STR(candidates(must_parse(""), "a/b:1"),
		  "image 'a/b:1': the name has no registry, and none is configured to be "
		  "searched; type docker.io/a/b:1, or write this line to "
		  "etc/registries.conf:\n"
		  "unqualified-search-registries = [\"docker.io\"]");
}

static void test_bad(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"[[registry]", "line 1: the header of 'registry' has no closing ]]"},
		{"unqualified-search-registries = 'a.io'",
		 "unqualified-search-registries: expected an array, got a string"},
		{"unqualified-search-registries = [1]",
		 "unqualified-search-registries[0]: expected a string, got an integer"},
		{"unqualified-search-registries = ['']",
		 "unqualified-search-registries[0]: it is empty"},
		{"unqualified-search-registries = ['https://a.io']",
		 "unqualified-search-registries[0]: 'https://a.io' is a URL: write "
		 "HOST[:PORT][/PATH], and insecure = true for HTTP"},
		{"unqualified-search-registries = ['docker']",
		 "unqualified-search-registries[0]: 'docker' is no HOST[:PORT][/PATH] of "
		 "a "
		 "registry"},
		{"unqualified-search-registries = ['a.io/\\u001bX']",
		 "unqualified-search-registries[0]: 'a.io/\\u001bX' is no "
		 "HOST[:PORT][/PATH] of a registry"},
		{"unqualified-search-registries = [\"a.io/\\u001bX\"]",
		 "unqualified-search-registries[0]: 'a.io/\\x1bX' is no "
		 "HOST[:PORT][/PATH] of a registry"},
		{"unqualified-search-registries = ['a.io/b:1']",
		 "unqualified-search-registries[0]: 'a.io/b:1' has a tag or a digest"},
		{"short-name-mode = 'x'",
		 "short-name-mode: 'x' is not enforcing, permissive or disabled"},
		{"registry = {}", "registry: expected an array, got an object"},
		{"registry = [1]", "registry[0]: expected an object, got an integer"},
		{"[[registry]]", "registry[0]: it has neither a prefix nor a location"},
		{"[[registry]]\nlocation = 'oci:x.io/y'",
		 "registry[0].location: 'oci:x.io/y' is no HOST[:PORT][/PATH] of a "
		 "registry"},
		{"[[registry]]\nprefix = '*.a.io/x'",
		 "registry[0].prefix: '*.a.io/x': a wildcard stands before a host, as in "
		 "*.example.com, and nothing behind it"},
		{"[[registry]]\nprefix = '*.a.io:5'",
		 "registry[0].prefix: '*.a.io:5': a wildcard stands before a host, as in "
		 "*.example.com, and nothing behind it"},
		{"[[registry]]\nprefix = 'a.*.io'",
		 "registry[0].prefix: 'a.*.io' is no HOST[:PORT][/PATH] of a registry"},
		{"[[registry]]\nlocation = '*.io'",
		 "registry[0].location: '*.io' is no HOST[:PORT][/PATH] of a registry"},
		{"[[registry]]\nlocation = 'a.io'\ninsecure = 'true'",
		 "registry[0].insecure: expected true or false, got a string"},
		{"[[registry]]\nlocation = 'a.io'\nblocked = 1",
		 "registry[0].blocked: expected true or false, got an integer"},
		{"[[registry]]\nlocation = 'a.io'\npull-from-mirror = 'all'",
		 "registry[0].pull-from-mirror: only a mirror can have it"},
		{"[[registry]]\nlocation = 'a.io'\n[[registry]]\nprefix = 'a.io'",
		 "registry[1]: the prefix 'a.io' is there twice"},
		{"[[registry]]\nlocation = 'a.io'\n[[registry.mirror]]",
		 "registry[0].mirror[0]: a mirror has a location"},
		{"[[registry]]\nlocation = 'a.io'\n[[registry.mirror]]\n"
		 "location = 'b.io'\npull-from-mirror = 'x'",
		 "registry[0].mirror[0].pull-from-mirror: 'x' is not all, digest-only or "
		 "tag-only"},
		{"[[registry]]\nlocation = 'a.io'\nmirror-by-digest-only = true\n"
		 "[[registry.mirror]]\nlocation = 'b.io'\npull-from-mirror = 'all'",
		 "registry[0].mirror[0].pull-from-mirror: it cannot be told of a mirror "
		 "beside mirror-by-digest-only of the registry"},
		{"[aliases]\n'a:1' = 'b.io/a'",
		 "aliases.a:1: the alias is no short name without a tag"},
		{"[aliases]\n'x.io/a' = 'b.io/a'",
		 "aliases.x.io/a: the alias is no short name without a tag"},
		{"[aliases]\n'docker://a' = 'b.io/a'",
		 "aliases.docker://a: the alias is no short name without a tag"},
		{"[aliases]\na = 'b'", "aliases.a: 'b' is no full name, as in "
				       "docker.io/library/debian, without "
				       "a tag"},
		{"[aliases]\na = 'b.io/a:1'",
		 "aliases.a: 'b.io/a:1' is no full name, as in docker.io/library/debian, "
		 "without a tag"},
		{"[aliases]\na = 1", "aliases.a: expected a string, got an integer"},
		{"aliases = 1", "aliases: expected an object, got an integer"},
		{"[registries.search]\nregistries = ['a.io']",
		 "registries.search: this is version 1 of the format"},
		{"[registries.block]\nregistries = ['a.io']",
		 "registries.block: this is version 1 of the format"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct registries *c = NULL;
		struct err err = {0};
		int r = registries_parse(cases[i].text, strlen(cases[i].text), &arena, &c,
					 &err);

		check_context("%s", cases[i].text);
		CHECK_STR(err.message, cases[i].message);
		CHECK(r < 0 && r == err.code);
		CHECK(c == NULL);
		/* Only the old version needs to be told what to write. */
		CHECK_INT(err.hint[0] != '\0', strstr(err.message, "version 1") != NULL);
	}
	check_no_context();
	/* The lists of version 1, empty, say nothing; nor do words that are not known. */
	must_parse("[registries.search]\nregistries = []\n[registries.block]\n"
		   "registries = []\n[new]\nx = 1\n");
}

/* A folder for what is the user's, one for what is the system's. */
static void enter(const struct folder *f)
{
	char home[512];

	CHECK_INT(chdir(f->path), 0);
	snprintf(home, sizeof(home), "%s/home", f->path);
	setenv("HOME", home, 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("XDG_CACHE_HOME");
	unsetenv("CONTAINERS_REGISTRIES_CONF");
	make_dir(f->fd, "home", 0755);
	make_dir(f->fd, "home/.config", 0755);
	make_dir(f->fd, "home/.config/containers", 0755);
	make_dir(f->fd, "home/.config/containers/registries.conf.d", 0755);
	make_dir(f->fd, "home/.cache", 0755);
	make_dir(f->fd, "home/.cache/containers", 0755);
	make_dir(f->fd, "etc", 0755);
	make_dir(f->fd, "etc/registries.conf.d", 0755);
}

static const struct registries *must_read(void)
{
	struct registries *c = NULL;
	struct err err = {0};
	int r = registries_read(&arena, &c, &err);

	CHECK_STR(err.message, "");
	CHECK_INT(r, 0);
	return c;
}

static void test_nothing(void **state)
{
	const struct folder *f = *state;
	char want[1024];

	CHECK_INT(chdir(f->path), 0);
	setenv("HOME", f->path, 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("XDG_CACHE_HOME");
	unsetenv("CONTAINERS_REGISTRIES_CONF");
	snprintf(want, sizeof(want),
		 "image 'debian': the name has no registry, and none is configured to be "
		 "searched; type docker.io/library/debian, or write this line to "
		 "%s/.config/containers/registries.conf.d/search.conf:\n"
		 "unqualified-search-registries = [\"docker.io\"]",
		 f->path);
	CHECK_STR(candidates(must_read(), "debian"), want);
	CHECK_STR(endpoints(must_read(), "quay.io/a"), "quay.io/a:latest");
	unsetenv("HOME");
	CHECK_STR(
		candidates(must_read(), "debian"),
		"image 'debian': the name has no registry, and none is configured to be "
		"searched; type docker.io/library/debian, or write this line to "
		"etc/registries.conf:\n"
		"unqualified-search-registries = [\"docker.io\"]");
}

static void test_drop_ins(void **state)
{
	const struct folder *f = *state;

	enter(f);
	make_file(f->fd, "etc/registries.conf",
		  "unqualified-search-registries = ['main.io']\n"
		  "[[registry]]\nlocation = 'a.io'\nblocked = true\n"
		  "[[registry]]\nlocation = 'b.io'\nblocked = true\n"
		  "[aliases]\nx = 'main.io/x'\ny = 'main.io/y'\n");
	CHECK_STR(candidates(must_read(), "z"), "main.io/z:latest");
	make_file(f->fd, "etc/registries.conf.d/50-b.conf",
		  "unqualified-search-registries = ['b50.io']\n"
		  "[[registry]]\nprefix = 'b.io'\nlocation = 'b50.io'\n");
	make_file(f->fd, "etc/registries.conf.d/05-a.conf",
		  "unqualified-search-registries = ['a05.io']\n"
		  "[aliases]\nx = 'a05.io/x'\ny = ''\n");
	/* None of these is read. */
	make_file(f->fd, "etc/registries.conf.d/99.config", "rubbish");
	make_file(f->fd, "etc/registries.conf.d/.conf", "rubbish");
	make_dir(f->fd, "etc/registries.conf.d/99-folder.conf", 0755);
	CHECK_STR(candidates(must_read(), "z"), "b50.io/z:latest");
	CHECK_STR(candidates(must_read(), "x"), "a05.io/x:latest");
	CHECK_STR(candidates(must_read(), "y"), "b50.io/y:latest");
	CHECK_STR(endpoints(must_read(), "b.io/q"), "b50.io/q:latest");
	CHECK_STR(endpoints(must_read(), "a.io/q"),
		  "image 'a.io/q:latest': 'a.io' is blocked in 'etc/registries.conf'");
	/* The user's behind the system's. */
	make_file(f->fd, "home/.config/containers/registries.conf.d/01.conf",
		  "[aliases]\nx = 'user.io/x'\n"
		  "[[registry]]\nlocation = 'a.io'\n");
	CHECK_STR(candidates(must_read(), "x"), "user.io/x:latest");
	CHECK_STR(endpoints(must_read(), "a.io/q"), "a.io/q:latest");
	CHECK_STR(candidates(must_read(), "z"), "b50.io/z:latest");
}

static void test_user_file(void **state)
{
	const struct folder *f = *state;
	char path[512], want[1024];

	enter(f);
	make_file(f->fd, "etc/registries.conf",
		  "unqualified-search-registries = ['main.io']\n");
	make_file(f->fd, "etc/registries.conf.d/a.conf", "[aliases]\nx = 'sys.io/x'\n");
	make_file(f->fd, "home/.config/containers/registries.conf.d/a.conf",
		  "[aliases]\ny = 'user.io/y'\n");
	CHECK_STR(candidates(must_read(), "x"), "sys.io/x:latest");
	/* Instead of all that is the system's. */
	make_file(f->fd, "home/.config/containers/registries.conf", "");
	CHECK_STR(candidates(must_read(), "y"), "user.io/y:latest");
	snprintf(want, sizeof(want),
		 "image 'x': the name has no registry, and none is configured to be "
		 "searched; type docker.io/library/x, or write this line to "
		 "%s/home/.config/containers/registries.conf:\n"
		 "unqualified-search-registries = [\"docker.io\"]",
		 f->path);
	CHECK_STR(candidates(must_read(), "x"), want);
	/* The file that is named stands for all, with a folder of its own. */
	make_file(f->fd, "named", "unqualified-search-registries = ['named.io']\n");
	make_dir(f->fd, "named.d", 0755);
	make_file(f->fd, "named.d/a.conf", "[aliases]\nx = 'dropin.io/x'\n");
	snprintf(path, sizeof(path), "%s/named", f->path);
	setenv("CONTAINERS_REGISTRIES_CONF", path, 1);
	CHECK_STR(candidates(must_read(), "x"), "dropin.io/x:latest");
	CHECK_STR(candidates(must_read(), "y"), "named.io/y:latest");
}

static void test_cache(void **state)
{
	const struct folder *f = *state;
	char path[512];

	enter(f);
	make_file(f->fd, "etc/registries.conf", "[aliases]\nx = 'main.io/x'\n");
	make_file(f->fd, "home/.cache/containers/short-name-aliases.conf",
		  "unqualified-search-registries = ['no.io']\n"
		  "[aliases]\nx = 'cache.io/x'\n");
	CHECK_STR(candidates(must_read(), "x"), "cache.io/x:latest");
	/* Of the cache, aliases are all that counts. */
	CHECK(strstr(candidates(must_read(), "y"), "none is configured") != NULL);
	make_dir(f->fd, "c", 0755);
	make_dir(f->fd, "c/containers", 0755);
	make_file(f->fd, "c/containers/short-name-aliases.conf",
		  "[aliases]\nx = 'xdg.io/x'\n");
	snprintf(path, sizeof(path), "%s/c", f->path);
	setenv("XDG_CACHE_HOME", path, 1);
	CHECK_STR(candidates(must_read(), "x"), "xdg.io/x:latest");
}

static void test_bad_files(void **state)
{
	const struct folder *f = *state;
	struct registries *c = NULL;
	struct err err;

	enter(f);
	make_file(f->fd, "etc/registries.conf.d/a.conf", "\n[aliases\n");
	CHECK_INT(registries_read(&arena, &c, &err), -EBADMSG);
	CHECK_STR(err.message, "configuration of registries "
			       "'etc/registries.conf.d/a.conf': line 2: the "
			       "header of 'aliases' has no closing ]");
	make_file(f->fd, "etc/registries.conf.d/a.conf",
		  "[registries.search]\nregistries = ['a.io']\n");
	CHECK_INT(registries_read(&arena, &c, &err), -EINVAL);
	CHECK_STR(err.message,
		  "configuration of registries 'etc/registries.conf.d/a.conf': "
		  "registries.search: this is version 1 of the format");
	CHECK_STR(err.hint,
		  "write unqualified-search-registries = [\"HOST\"], and [[registry]] "
		  "tables "
		  "with location, insecure, blocked: see containers-registries.conf(5)");
	make_file(f->fd, "etc/registries.conf.d/a.conf", "");
	make_fifo(f->fd, "etc/registries.conf");
	CHECK_INT(registries_read(&arena, &c, &err), -EINVAL);
	CHECK_STR(err.message,
		  "configuration of registries 'etc/registries.conf': it is no "
		  "regular file");
	setenv("CONTAINERS_REGISTRIES_CONF", "none", 1);
	CHECK_INT(registries_read(&arena, &c, &err), -ENOENT);
	CHECK_STR(err.message, "configuration of registries 'none' of "
			       "$CONTAINERS_REGISTRIES_CONF: No such file or directory");
	CHECK(c == NULL);
}

static void test_limits(void **state)
{
	static const struct {
		const char *before, *unit, *after, *message;
		unsigned int n;
	} cases[] = {
		{"unqualified-search-registries = [", "'a%u.io',", "]", "", 64},
		{"unqualified-search-registries = [", "'a%u.io',", "]",
		 "unqualified-search-registries: more than 64", 65},
		{"", "[[registry]]\nlocation='a%u.io'\n", "", "", 1024},
		{"", "[[registry]]\nlocation='a%u.io'\n", "", "registry: more than 1024",
		 1025},
		{"[[registry]]\nlocation='a.io'\n",
		 "[[registry.mirror]]\nlocation='a%u.io'\n", "", "", 64},
		{"[[registry]]\nlocation='a.io'\n",
		 "[[registry.mirror]]\nlocation='a%u.io'\n", "",
		 "registry[0].mirror: more than 64", 65},
		{"[aliases]\n", "a%u='b.io/a'\n", "", "", 4096},
		{"[aliases]\n", "a%u='b.io/a'\n", "", "aliases: more than 4096", 4097},
	};
	static char text[1u << 20];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct registries *c = NULL;
		struct err err = {0};
		size_t used = (size_t)snprintf(text, sizeof(text), "%s", cases[i].before);

		check_context("case %zu", i);
		for (unsigned int k = 0; k < cases[i].n; k++) {
			const char *digits = strstr(cases[i].unit, "%u");

			used += (size_t)snprintf(text + used, sizeof(text) - used,
						 "%.*s%u%s",
						 (int)(digits - cases[i].unit),
						 cases[i].unit, k, digits + 2);
		}
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s",
					 cases[i].after);
		registries_parse(text, used, &arena, &c, &err);
		CHECK_STR(err.message, cases[i].message);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_endpoints),
		TEST(test_pull_from_mirror),
		TEST(test_host),
		TEST(test_searched),
		TEST(test_candidates),
		TEST(test_bad),
		TEST_IN_FOLDER(test_nothing),
		TEST_IN_FOLDER(test_drop_ins),
		TEST_IN_FOLDER(test_user_file),
		TEST_IN_FOLDER(test_cache),
		TEST_IN_FOLDER(test_bad_files),
		TEST(test_limits),
	};
	int r = UNIT_RUN(tests);

	arena_free(&arena);
	return r;
}
