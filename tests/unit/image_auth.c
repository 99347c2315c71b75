// SPDX-License-Identifier: Apache-2.0
/*
 * image_auth.c - tests of credentials: whose they are, how they are kept, and the helpers
 *
 * The helper of the tests is a script that keeps each registry in a file of the test's folder.
 */
#include "auth.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "auth_helper.h"
#include "support.h"

static struct arena arena;

static void set_path(const char *name, const char *fmt, ...) _printf_(2, 3);
static void set_path(const char *name, const char *fmt, ...)
{
	char value[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	setenv(name, value, 1);
}

/* All that is looked at is below the test's folder. */
static void enter(const struct folder *f)
{
	CHECK_INT(chdir(f->path), 0);
	set_path("HOME", "%s/home", f->path);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("XDG_RUNTIME_DIR");
	unsetenv("REGISTRY_AUTH_FILE");
	unsetenv("DOCKER_CONFIG");
	set_path("PATH", "%s/bin:/usr/bin:/bin", f->path);
	make_dir(f->fd, "home", 0755);
	make_dir(f->fd, "home/.docker", 0755);
	make_dir(f->fd, "bin", 0755);
	make_dir(f->fd, "run", 0755);
}

static void make_helper(const struct folder *f, const char *name, const char *script)
{
	char path[128];

	snprintf(path, sizeof(path), "bin/docker-credential-%s", name);
	make_file(f->fd, path, script);
	CHECK_INT(fchmodat(f->fd, path, 0755, 0), 0);
}

/* Keeps "user secret" of a registry in a file of its name, '/' and ':' being '_'. */
static const char keeper[] =
	"#!/bin/sh\n"
	"in=$(cat)\n"
	"echo \"$1\" >> calls\n"
	"missing() { echo 'credentials not found in native keychain'; exit 1; }\n"
	"file() { printf 'kept-%s' \"$1\" | tr '/:' '__'; }\n"
	"case $1 in\n"
	"get)\n"
	"	f=$(file \"$in\")\n"
	"	[ -f \"$f\" ] || missing\n"
	"	read -r user secret < \"$f\"\n"
	"	printf '{\"ServerURL\":\"%s\",\"Username\":\"%s\",\"Secret\":\"%s\"}' "
	"\"$in\" \"$user\" \"$secret\"\n"
	"	;;\n"
	"store)\n"
	"	printf '%s' \"$in\" > stored\n"
	"	;;\n"
	"erase)\n"
	"	f=$(file \"$in\")\n"
	"	[ -f \"$f\" ] || missing\n"
	"	rm \"$f\"\n"
	"	;;\n"
	"esac\n";

/* "user:password", "user<token>" or "<token>" and "@" and where it is from; "" for none; or the
 * message. */
static const char *find(const char *authfile, const char *host, const char *repository)
{
	struct auth auth = {.user = "untouched"};
	struct err err = {0};
	int r = auth_find(authfile, host, repository, &arena, &auth, &err);

	CHECK_INT(r, err.code);
	if (r < 0) {
		CHECK_STR(auth.user, "untouched");
		return arena_strdup(&arena, err.message);
	}
	if (!auth.found_in) {
		CHECK(!auth.user && !auth.password && !auth.identity_token);
		return "";
	}
	CHECK(!auth.identity_token || !auth.password);
	return arena_printf(&arena, "%s%s%s%s%s%s@%s", auth.user ? auth.user : "",
			    auth.password ? ":" : "", auth.password ? auth.password : "",
			    auth.identity_token ? "<" : "",
			    auth.identity_token ? auth.identity_token : "",
			    auth.identity_token ? ">" : "", auth.found_in);
}

static void test_lookup(void **state)
{
	static const char text[] =
		"{\"auths\": {"
		"\"quay.io/ns/app/image\": {\"auth\": \"YTox\"},"
		"\"quay.io/ns\": {\"auth\": \"Yjoy\"},"
		"\"quay.io\": {\"auth\": \"YzozOjQ6NQ==\"},"
		"\"https://old.io/v1/\": {\"auth\": \"ZDo0\"},"
		"\"http://old2.io\": {\"auth\": \"ZTo1\"},"
		"\"https://index.docker.io/v1/\": {\"auth\": \"Zjo2\"},"
		"\"two.io/a\": {},"
		"\"two.io\": {\"username\": \"g\", \"password\": \"7\"},"
		"\"https://two.io/v2/\": {\"username\": \"no\", \"password\": \"no\"},"
		"\"token.io\": {\"auth\": \"aDo=\", \"identitytoken\": \"t1\"},"
		"\"token2.io\": {\"identitytoken\": \"t2\", \"auth\": \"\"},"
		"\"half.io\": {\"username\": \"i\"},"
		"\"padded.io\": {\"auth\": \"ajo4AAA=\"},"
		"\"host:5000\": {\"auth\": \"azo5\"},"
		"\"null.io\": null,"
		"\"empty.io\": {\"auth\": \"\", \"username\": \"\", \"password\": \"x\"}"
		"}, \"unknown\": [1, {}]}";
	static const struct {
		const char *host, *repository, *want;
	} cases[] = {
		{"quay.io", "ns/app/image", "a:1@f"},
		{"quay.io", "ns/app/image/x", "a:1@f"},
		{"quay.io", "ns/app/imag", "b:2@f"},
		{"quay.io", "ns/app", "b:2@f"},
		{"quay.io", "nsx/app", "c:3:4:5@f"},
		{"quay.io", NULL, "c:3:4:5@f"},
		{"xquay.io", "ns/app", ""},
		{"quay.io:443", "ns/app", ""},
		{"old.io", "a", "d:4@f"},
		{"old2.io", "a", "e:5@f"},
		{"docker.io", "library/debian", "f:6@f"},
		{"index.docker.io", NULL, "f:6@f"},
		{"two.io", "a", "g:7@f"},
		{"token.io", "a", "h<t1>@f"},
		{"token2.io", "a", "<t2>@f"},
		{"half.io", "a", "i:@f"},
		{"padded.io", "a", "j:8@f"},
		{"host:5000", "a", "k:9@f"},
		{"host", "a", ""},
		{"null.io", "a", ""},
		{"empty.io", "a", ""},
		{"unknown", "a", ""},
	};
	const struct folder *f = *state;

	enter(f);
	make_file(f->fd, "f", text);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		check_context("%s/%s", cases[i].host,
			      cases[i].repository ? cases[i].repository : "");
		CHECK_STR(find("f", cases[i].host, cases[i].repository), cases[i].want);
	}
	check_no_context();
	make_file(f->fd, "f", " \n");
	CHECK_STR(find("f", "quay.io", NULL), "");
	/* Under its own name first. */
	make_file(f->fd, "f",
		  "{\"auths\": {\"https://index.docker.io/v1/\": {\"auth\": \"Zjo2\"}, "
		  "\"docker.io\": {\"auth\": \"YTox\"}}}");
	CHECK_STR(find("f", "docker.io", NULL), "a:1@f");
}

/* The word that must not come out is "geheim" everywhere. */
static void test_bad_files(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"[]", "credentials in 'f': it is no JSON object"},
		{"{\"auths\": \"geheim\"}",
		 "credentials in 'f': auths: expected an object, got a string"},
		{"{\"auths\": {\"a.io\": \"geheim\"}}",
		 "credentials in 'f': auths.a.io: expected an object, got a string"},
		{"{\"auths\": {\"a.io\": {\"auth\": 1}}}",
		 "credentials in 'f': auths.a.io.auth: expected a string, got an "
		 "integer"},
		{"{\"auths\": {\"a.io\": {\"password\": [\"geheim\"]}}}",
		 "credentials in 'f': auths.a.io.password: expected a string, got an "
		 "array"},
		{"{\"auths\": {\"a.io\": {\"auth\": \"geheim\"}}}",
		 "credentials in 'f': auths.a.io.auth: it is no base64"},
		{"{\"auths\": {\"a.io\": {\"auth\": \"YTo\"}}}",
		 "credentials in 'f': auths.a.io.auth: it is no base64"},
		{"{\"auths\": {\"a.io\": {\"auth\": \"YTp=\"}}}",
		 "credentials in 'f': auths.a.io.auth: it is no base64"},
		{"{\"auths\": {\"a.io\": {\"auth\": \"YT=o\"}}}",
		 "credentials in 'f': auths.a.io.auth: it is no base64"},
		{"{\"auths\": {\"a.io\": {\"auth\": \"YTo=YTo=\"}}}",
		 "credentials in 'f': auths.a.io.auth: it is no base64"},
		{"{\"auths\": {\"a.io\": {\"auth\": \"====\"}}}",
		 "credentials in 'f': auths.a.io.auth: it is no base64"},
		{"{\"auths\": {\"a.io\": {\"auth\": \"YTo-\"}}}",
		 "credentials in 'f': auths.a.io.auth: it is no base64"},
		{"{\"auths\": {\"a.io\": {\"auth\": \"YTpi\\nYTpi\"}}}",
		 "credentials in 'f': auths.a.io.auth: it is no base64"},
		{"{\"auths\": {\"a.io\": {\"auth\": \"Z2VoZWlt\"}}}",
		 "credentials in 'f': auths.a.io.auth: it is not USER:PASSWORD in "
		 "base64"},
		{"{\"auths\": {\"a.io\": {\"auth\": \"YQA6Yg==\"}}}",
		 "credentials in 'f': auths.a.io.auth: it is not USER:PASSWORD in "
		 "base64"},
		{"{\"auths\": {\"a.io\": {\"auth\": \"geheim\" \"geheim\"",
		 "credentials in 'f': JSON line 1, column 48: '}' expected"},
		{"{\"auths\": {\"a.io\": {\"auth\": geheim",
		 "credentials in 'f': JSON line 1, column 35: invalid token"},
		{"{\"geheim\": 1, \"geheim\": 2}",
		 "credentials in 'f': JSON line 1, column 22: duplicate object key"},
		{"{\"a\": \"\\uD8ge\"}",
		 "credentials in 'f': JSON line 1, column 11: invalid escape"},
		{"{\"credHelpers\": [\"geheim\"]}",
		 "credentials in 'f': credHelpers: expected an object, got an array"},
		{"{\"credHelpers\": {\"a.io\": {}}}",
		 "credentials in 'f': credHelpers.a.io: expected a string, got an "
		 "object"},
		{"{\"credsStore\": 1}",
		 "credentials in 'f': credsStore: expected a string, got an integer"},
		{"{\"credHelpers\": {\"a.io\": \"../x\"}}",
		 "credentials in 'f': 'docker-credential-../x' is no name of a "
		 "credential "
		 "helper"},
		{"{\"credHelpers\": {\"a.io\": \"x y;z\"}}",
		 "credentials in 'f': 'docker-credential-x y;z' is no name of a "
		 "credential "
		 "helper"},
		{"{\"credHelpers\": {\"a.io\": \"none\"}}",
		 "credentials in 'f': credential helper 'docker-credential-none' is not "
		 "in "
		 "a folder of $PATH"},
	};
	const struct folder *f = *state;
	const char *is;

	enter(f);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		check_context("%s", cases[i].text);
		make_file(f->fd, "f", cases[i].text);
		is = find("f", "a.io", "x");
		CHECK(strstr(is, "geheim") == NULL);
		/* The library's words change: what counts is what is cut off. */
		if (strstr(cases[i].message, "JSON line"))
			CHECK(strncmp(is, cases[i].message, 34) == 0);
		else
			CHECK_STR(is, cases[i].message);
	}
	check_no_context();
	/* What the library expected is not cut off. */
	make_file(f->fd, "f", "{geheim");
	is = find("f", "a.io", "x");
	CHECK(strstr(is, "geheim") == NULL);
	CHECK(strstr(is, " or ") == NULL || strstr(is, "'}' expected") != NULL);
	make_file(f->fd, "f", "{\"auths\": {\"b.io\": \"x\"}, \"credsStore\": \"none\"}");
	CHECK_STR(find("f", "a.io", "x"), "");
	CHECK_STR(find("none", "a.io", "x"),
		  "credentials in 'none': No such file or directory");
	make_fifo(f->fd, "fifo");
	CHECK_STR(find("fifo", "a.io", "x"),
		  "credentials in 'fifo': it is no regular file");
}

static void test_limits(void **state)
{
	const struct folder *f = *state;
	static char text[1u << 20];
	size_t used = (size_t)snprintf(text, sizeof(text), "{\"auths\": {\"a0\": {}");

	enter(f);
	for (int i = 1; i < 4096; i++)
		used += (size_t)snprintf(text + used, 64, ", \"a%d\": {}", i);
	memcpy(text + used, "}}", 3);
	make_file(f->fd, "f", text);
	CHECK_STR(find("f", "a.io", "x"), "");
	memcpy(text + used, ",\"b\":{}}}", 10);
	make_file(f->fd, "f", text);
	CHECK_STR(find("f", "a.io", "x"),
		  "credentials in 'f': auths: more than 4096 entries");
}

static void test_which_file(void **state)
{
	const struct folder *f = *state;
	const char *want;

	enter(f);
	CHECK_STR(find(NULL, "a.io", NULL), "");
	make_file(f->fd, "home/.dockercfg",
		  "{\"https://a.io/v1/\": {\"auth\": \"YTox\", \"email\": \"x\"}, "
		  "\"a.io/x\": {\"auth\": \"Yjoy\"}}");
	want = arena_printf(&arena, "a:1@%s/home/.dockercfg", f->path);
	CHECK_STR(find(NULL, "a.io", "x"), want);
	make_file(f->fd, "home/.docker/config.json",
		  "{\"auths\": {\"a.io\": {\"auth\": \"Yjoy\"}}}");
	want = arena_printf(&arena, "b:2@%s/home/.docker/config.json", f->path);
	CHECK_STR(find(NULL, "a.io", "x"), want);
	make_dir(f->fd, "docker", 0755);
	make_file(f->fd, "docker/config.json",
		  "{\"auths\": {\"a.io\": {\"auth\": \"ZDo0\"}}}");
	set_path("DOCKER_CONFIG", "%s/docker", f->path);
	want = arena_printf(&arena, "d:4@%s/docker/config.json", f->path);
	CHECK_STR(find(NULL, "a.io", "x"), want);
	make_dir(f->fd, "home/.config", 0755);
	make_dir(f->fd, "home/.config/containers", 0755);
	/* An entry for a repository further up counts before one for the registry below. */
	make_file(f->fd, "home/.config/containers/auth.json",
		  "{\"auths\": {\"a.io/x\": {\"auth\": \"ZTo1\"}}}");
	want = arena_printf(&arena, "e:5@%s/home/.config/containers/auth.json", f->path);
	CHECK_STR(find(NULL, "a.io", "x/y"), want);
	want = arena_printf(&arena, "d:4@%s/docker/config.json", f->path);
	CHECK_STR(find(NULL, "a.io", "y"), want);
	set_path("XDG_RUNTIME_DIR", "%s/run", f->path);
	make_dir(f->fd, "run/containers", 0755);
	make_file(f->fd, "run/containers/auth.json",
		  "{\"auths\": {\"a.io\": {\"auth\": \"Zjo2\"}}}");
	want = arena_printf(&arena, "f:6@%s/run/containers/auth.json", f->path);
	CHECK_STR(find(NULL, "a.io", "x"), want);
	/* One that is named stands for all. */
	make_file(f->fd, "named", "{}");
	setenv("REGISTRY_AUTH_FILE", "named", 1);
	CHECK_STR(find(NULL, "a.io", "x"), "");
	make_file(f->fd, "option", "{\"auths\": {\"a.io\": {\"auth\": \"Zzo3\"}}}");
	CHECK_STR(find("option", "a.io", "x"), "g:7@option");
}

/* What is in another user's folder is not for us. */
static void test_foreign_runtime_dir(void **state)
{
	const struct folder *f = *state;
	const char *want;

	enter(f);
	if (geteuid() != 0)
		skip_because("only root can make another user's folder");
	set_path("XDG_RUNTIME_DIR", "%s/run", f->path);
	make_dir(f->fd, "run/containers", 0755);
	make_file(f->fd, "run/containers/auth.json",
		  "{\"auths\": {\"a.io\": {\"auth\": \"Zjo2\"}}}");
	want = arena_printf(&arena, "f:6@%s/run/containers/auth.json", f->path);
	CHECK_STR(find(NULL, "a.io", "x"), want);
	CHECK_INT(fchownat(f->fd, "run", 1, 1, 0), 0);
	CHECK_STR(find(NULL, "a.io", "x"), "");
}

static void test_helpers(void **state)
{
	const struct folder *f = *state;

	enter(f);
	make_helper(f, "x", keeper);
	make_file(f->fd, "kept-a.io", "ann geheim");
	make_file(f->fd, "kept-t.io", "<token> tok");
	make_file(f->fd, "kept-s.io", "sue geheim2");
	make_file(f->fd, "kept-https___index.docker.io_v1_", "hub geheim3");
	make_file(f->fd, "f",
		  "{\"credHelpers\": {\"a.io\": \"x\", \"t.io\": \"x\", \"n.io\": \"x\", "
		  "\"https://u.io/v1/\": \"x\", \"off.io\": \"\"}, "
		  "\"auths\": {\"n.io\": {\"auth\": \"YTox\"}, \"n.io/r\": {\"auth\": "
		  "\"YTox\"}, \"v.io\": {\"auth\": \"YTox\"}, \"s.io\": {}}, "
		  "\"credsStore\": \"x\"}");
	CHECK_STR(find("f", "a.io", "r"), "ann:geheim@docker-credential-x");
	CHECK_STR(find("f", "t.io", "r"), "<tok>@docker-credential-x");
	/* A helper of its own stands for the entries. */
	CHECK_STR(find("f", "n.io", "r"), "");
	/* Entries come before the store. */
	CHECK_STR(find("f", "v.io", "r"), "a:1@f");
	CHECK_STR(find("f", "s.io", "r"), "sue:geheim2@docker-credential-x");
	CHECK_STR(find("f", "none.io", "r"), "");
	CHECK_STR(find("f", "off.io", "r"), "");
	/* Docker's registry by Docker's name, then by its own. */
	CHECK_STR(find("f", "docker.io", "r"), "hub:geheim3@docker-credential-x");
	CHECK_INT(unlinkat(f->fd, "kept-https___index.docker.io_v1_", 0), 0);
	make_file(f->fd, "kept-docker.io", "pod geheim4");
	CHECK_STR(find("f", "docker.io", "r"), "pod:geheim4@docker-credential-x");
	/* The key as it stands is what the helper knows. */
	make_file(f->fd, "kept-https___u.io_v1_", "uwe geheim5");
	CHECK_STR(find("f", "u.io", "r"), "uwe:geheim5@docker-credential-x");
}

/* Folders of $PATH that are not absolute are left out, and so is what is no program. */
static void test_helper_path(void **state)
{
	const struct folder *f = *state;
	struct auth_helper h = {"y", 60000};
	struct auth auth;
	struct err err;
	bool is_found;

	enter(f);
	make_helper(f, "y",
		    "#!/bin/sh\necho '{\"Username\":\"good\",\"Secret\":\"s\"}'\n");
	make_file(f->fd, "docker-credential-y", "#!/bin/sh\necho bad\n");
	CHECK_INT(fchmodat(f->fd, "docker-credential-y", 0755, 0), 0);
	make_dir(f->fd, "a", 0755);
	make_file(f->fd, "a/docker-credential-y", "no program");
	make_dir(f->fd, "b", 0755);
	make_dir(f->fd, "b/docker-credential-y", 0755);
	set_path("PATH", "::.:bin:%s/a:%s/b:%s/bin", f->path, f->path, f->path);
	CHECK_INT(auth_helper_get(&h, "a.io", &arena, &auth, &is_found, &err), 0);
	CHECK(is_found);
	CHECK_STR(auth.user, "good");
	setenv("PATH", ":.:bin:", 1);
	CHECK_INT(auth_helper_get(&h, "a.io", &arena, &auth, &is_found, &err), -ESRCH);
	CHECK_STR(err.message,
		  "credential helper 'docker-credential-y' is not in a folder of $PATH");
}

static void test_bad_helpers(void **state)
{
	static const struct {
		const char *script, *message;
	} cases[] = {
		{"exit 3", "'docker-credential-x' failed with exit code 3"},
		{"echo 'no keyring \033[1m'; echo more; exit 1",
		 "'docker-credential-x' failed with exit code 1: no keyring \\x1b[1m"},
		{"echo '{\"Secret\":\"geheim\"}'; exit 1",
		 "'docker-credential-x' failed with exit code 1"},
		{"kill -9 $$", "'docker-credential-x' failed with exit code 137"},
		{"echo geheim",
		 "the answer of 'docker-credential-x' is no JSON object with "
		 "Username and Secret"},
		{"echo '[\"geheim\"]'",
		 "the answer of 'docker-credential-x' is no JSON object "
		 "with Username and Secret"},
		{"echo '{\"Username\":\"a\",\"Secret\":[\"geheim\"]}'",
		 "the answer of 'docker-credential-x' is no JSON object with Username "
		 "and "
		 "Secret"},
		{"echo '{\"Username\":\"a\",\"Secret\":\"geheim\"'",
		 "the answer of 'docker-credential-x' is no JSON object with Username "
		 "and "
		 "Secret"},
		{"printf '{\"Username\":\"a\",\"Secret\":\"geheim\\\\u0000\"}'",
		 "the answer of 'docker-credential-x' is no JSON object with Username "
		 "and "
		 "Secret"},
		{"exec yes geheim",
		 "'docker-credential-x' answers more than 1048576 bytes"},
	};
	const struct folder *f = *state;
	struct auth_helper h = {"x", 60000};
	int n_fds;

	enter(f);
	n_fds = count_fds();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct auth auth = {0};
		struct err err = {0};
		char script[256];
		bool is_found;

		check_context("%s", cases[i].script);
		snprintf(script, sizeof(script), "#!/bin/sh\n%s\n", cases[i].script);
		make_helper(f, "x", script);
		CHECK(auth_helper_get(&h, "a.io", &arena, &auth, &is_found, &err) < 0);
		CHECK_STR(err.message, cases[i].message);
		CHECK(!is_found && !auth.user && !auth.password);
		CHECK_INT(count_fds(), n_fds);
		/* Nothing is left to be waited for. */
		CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
	}
	check_no_context();
	make_helper(f, "x", "#!/none/such\n");
	CHECK_STR(find("none", "a.io", NULL),
		  "credentials in 'none': No such file or directory");
	make_file(f->fd, "f", "{\"credHelpers\": {\"a.io\": \"x\"}}");
	CHECK(strstr(find("f", "a.io", NULL), "docker-credential-x': No such file") !=
	      NULL);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void test_slow_helpers(void **state)
{
	const struct folder *f = *state;
	struct auth_helper h = {"x", 300};
	int64_t before = now_ms();
	struct auth auth = {0};
	struct err err = {0};
	bool is_found;

	enter(f);
	make_helper(f, "x",
		    "#!/bin/sh\necho '{\"Username\":\"geheim\"'\nexec sleep 100\n");
	CHECK_INT(auth_helper_get(&h, "a.io", &arena, &auth, &is_found, &err),
		  -ETIMEDOUT);
	CHECK_STR(err.message, "'docker-credential-x' did not answer within 1 seconds");
	CHECK(now_ms() - before >= 300 && now_ms() - before < 20000);
	/* Its answer is closed, and it still does not end. */
	make_helper(f, "x", "#!/bin/sh\nexec >&-\nexec sleep 100\n");
	CHECK_INT(auth_helper_get(&h, "a.io", &arena, &auth, &is_found, &err),
		  -ETIMEDOUT);
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
	/* It has ended, and left somebody behind who keeps the pipe open. */
	h.timeout_ms = 60000;
	before = now_ms();
	make_helper(f, "x",
		    "#!/bin/sh\nsleep 100 & echo $! > left\n"
		    "echo '{\"Username\":\"u\",\"Secret\":\"s\"}'\n");
	CHECK_INT(auth_helper_get(&h, "a.io", &arena, &auth, &is_found, &err), 0);
	CHECK_STR(auth.password, "s");
	CHECK(now_ms() - before < 30000);
	CHECK_INT(kill((pid_t)strtol(read_text(f->fd, "left"), NULL, 10), SIGKILL), 0);
}

/* The helper gets the caller's environment, and no descriptor but its three. */
static void test_helper_surroundings(void **state)
{
	const struct folder *f = *state;
	struct auth_helper h = {"x", 60000};
	struct auth auth = {0};
	struct err err = {0};
	int leak = dup(STDIN_FILENO);
	bool is_found;

	enter(f);
	make_helper(f, "x",
		    "#!/bin/sh\n"
		    "n=$(ls /proc/$$/fd | wc -l)\n"
		    "[ ! -e /proc/$$/fd/$LEAK ] || n=leak\n"
		    "printf '{\"Username\":\"%s\",\"Secret\":\"%s\"}' \"$KEYRING\" "
		    "\"$n-$#-$1\"\n");
	setenv("KEYRING", "mine", 1);
	set_path("LEAK", "%d", leak);
	CHECK_INT(auth_helper_get(&h, "a.io", &arena, &auth, &is_found, &err), 0);
	CHECK_STR(auth.user, "mine");
	CHECK(strncmp(auth.password, "leak", 4) != 0);
	CHECK(strstr(auth.password, "-1-get") != NULL);
	close(leak);
}

static const char *store(const char *authfile, const char *host, const char *user,
			 const char *password)
{
	const char *where = NULL;
	struct err err = {0};
	int r = auth_store(authfile, host, user, password, &arena, &where, &err);

	CHECK_INT(r, err.code);
	CHECK(!strstr(err.message, "geheim"));
	return r < 0 ? arena_strdup(&arena, err.message) : where;
}

static const char *remove_auth(const char *authfile, const char *host)
{
	struct err err = {0};
	int r = auth_remove(authfile, host, &arena, &err);

	CHECK_INT(r, err.code);
	return r < 0 ? arena_strdup(&arena, err.message) : "";
}

static unsigned int mode_of(int dir, const char *path)
{
	struct stat st;

	return fstatat(dir, path, &st, 0) < 0 ? 0 : st.st_mode & 07777;
}

static void test_store(void **state)
{
	const struct folder *f = *state;
	const char *path =
		arena_printf(&arena, "%s/home/.config/containers/auth.json", f->path);

	enter(f);
	umask(022);
	CHECK_STR(store(NULL, "a.io", "ann", "geheim"), path);
	CHECK_STR(read_text(f->fd, "home/.config/containers/auth.json"),
		  "{\n  \"auths\": {\n    \"a.io\": {\n      \"auth\": "
		  "\"YW5uOmdlaGVpbQ==\"\n    }\n  }\n}\n");
	CHECK_INT(mode_of(f->fd, "home/.config"), 0700);
	CHECK_INT(mode_of(f->fd, "home/.config/containers"), 0700);
	CHECK_INT(mode_of(f->fd, "home/.config/containers/auth.json"), 0600);
	CHECK_STR(find(NULL, "a.io", "x"), arena_printf(&arena, "ann:geheim@%s", path));
	/* A namespace, another length of the base64, a new password. */
	CHECK_STR(store(NULL, "a.io/ns", "ann", "geheim1"), path);
	CHECK_STR(store(NULL, "a.io", "ann", "geheim22:\xff"), path);
	CHECK_STR(find(NULL, "a.io", "x"),
		  arena_printf(&arena, "ann:geheim22:\xff@%s", path));
	CHECK_STR(find(NULL, "a.io", "ns/x"),
		  arena_printf(&arena, "ann:geheim1@%s", path));
	/* The run-time folder comes first when there is one. */
	set_path("XDG_RUNTIME_DIR", "%s/run", f->path);
	path = arena_printf(&arena, "%s/run/containers/auth.json", f->path);
	CHECK_STR(store(NULL, "a.io", "bob", "geheim"), path);
	CHECK_STR(find(NULL, "a.io", "x"), arena_printf(&arena, "bob:geheim@%s", path));
	CHECK_STR(store("deep/er/file", "a.io", "eve", "geheim"), "deep/er/file");
	CHECK_INT(mode_of(f->fd, "deep/er"), 0700);
	CHECK_STR(find("deep/er/file", "a.io", "x"), "eve:geheim@deep/er/file");
	setenv("REGISTRY_AUTH_FILE", "env", 1);
	CHECK_STR(store(NULL, "a.io", "eve", ""), "env");
	CHECK_STR(find("env", "a.io", "x"), "eve:@env");
	CHECK_STR(store("env", "a.io", "a:b", "geheim"), "user name 'a:b' has a colon");
	CHECK_STR(store("env", "a.io", "", "geheim"), "the user name is empty");
	CHECK_STR(store("env", "", "a", "geheim"), "'' is no registry");
}

/* What else a file has stays, through links, and one that is broken is not written over. */
static void test_store_keeps(void **state)
{
	const struct folder *f = *state;
	struct stat st;

	enter(f);
	make_file(f->fd, "real",
		  "{\"x\":[1,2.5,null,{\"\\u00e4\":true}],\"auths\":{\"b.io\":{\"auth\":"
		  "\"YTox\",\"email\":\"e\"},\"a.io\":{\"identitytoken\":\"t\"}},\"z\":"
		  "\"\"}");
	make_link(f->fd, "link", "real");
	CHECK_STR(store("link", "a.io", "a", "1"), arena_printf(&arena, "%s", "link"));
	CHECK_STR(
		read_text(f->fd, "real"),
		"{\n  \"x\": [\n    1,\n    2.5,\n    null,\n    {\n      \"\xc3\xa4\": "
		"true\n    }\n  ],\n  \"auths\": {\n    \"b.io\": {\n      \"auth\": "
		"\"YTox\",\n      \"email\": \"e\"\n    },\n    \"a.io\": {\n      "
		"\"auth\": \"YTox\"\n    }\n  },\n  \"z\": \"\"\n}\n");
	CHECK_INT(fstatat(f->fd, "link", &st, AT_SYMLINK_NOFOLLOW), 0);
	CHECK(S_ISLNK(st.st_mode));
	CHECK_INT(mode_of(f->fd, "real"), 0600);
	make_file(f->fd, "broken", "{\"auths\": {\"geheim\": \"geheim");
	CHECK(strncmp(store("broken", "a.io", "a", "1"),
		      "credentials in 'broken': JSON line 1,", 37) == 0);
	CHECK_STR(read_text(f->fd, "broken"), "{\"auths\": {\"geheim\": \"geheim");
	make_file(f->fd, "broken", "{\"auths\": []}");
	CHECK(strstr(store("broken", "a.io", "a", "1"),
		     "broken': auths: expected an object, got an array") != NULL);
	CHECK_STR(read_text(f->fd, "broken"), "{\"auths\": []}");
}

static void test_store_helpers(void **state)
{
	const struct folder *f = *state;

	enter(f);
	make_helper(f, "x", keeper);
	make_file(f->fd, "f", "{\"credHelpers\":{\"a.io\":\"x\"}}");
	CHECK_STR(store("f", "a.io", "ann", "ge\"heim"), "docker-credential-x");
	CHECK_STR(read_text(f->fd, "stored"),
		  "{\"ServerURL\":\"a.io\",\"Username\":\"ann\","
		  "\"Secret\":\"ge\\\"heim\"}");
	CHECK_STR(read_text(f->fd, "f"), "{\"credHelpers\":{\"a.io\":\"x\"}}");
	CHECK_STR(store("f", "a.io", "ann", "\xff"),
		  "'docker-credential-x' takes user names and passwords in UTF-8 only");
	CHECK_STR(store("f", "b.io", "ann", "x"), "f");
	make_file(f->fd, "f", "{\"credsStore\":\"x\"}");
	CHECK_STR(store("f", "docker.io", "ann", "y"), "docker-credential-x");
	CHECK_STR(read_text(f->fd, "stored"),
		  "{\"ServerURL\":\"https://index.docker.io/v1/\",\"Username\":\"ann\","
		  "\"Secret\":\"y\"}");
	/* They are asked for registries: for a part of one they would never be. */
	CHECK_STR(store("f", "b.io/ns", "ann", "z"),
		  "'docker-credential-x' keeps credentials of whole registries only");
	make_file(f->fd, "f", "{\"credHelpers\":{\"a.io\":\"x\"}}");
	CHECK_STR(store("f", "a.io/ns/app", "ann", "z"),
		  "'docker-credential-x' keeps credentials of whole registries only");
	CHECK(strstr(read_text(f->fd, "stored"), "z") == NULL);
	CHECK_STR(read_text(f->fd, "f"), "{\"credHelpers\":{\"a.io\":\"x\"}}");
	CHECK_STR(store("f", "b.io/ns", "ann", "z"), "f");
	make_file(f->fd, "f", "{\"credsStore\":\"x\"}");
	make_helper(f, "x", "#!/bin/sh\necho \"cannot store $(cat)\"\nexit 1\n");
	CHECK_STR(store("f", "a.io", "ann", "geheim"),
		  "'docker-credential-x' failed with exit code 1");
	make_helper(f, "x", "#!/bin/sh\necho 'cannot store geheim'\nexit 1\n");
	CHECK_STR(store("f", "a.io", "ann", "geheim"),
		  "'docker-credential-x' failed with exit code 1");
	make_helper(f, "x", "#!/bin/sh\necho 'locked'\nexit 1\n");
	CHECK_STR(store("f", "a.io", "ann", "geheim"),
		  "'docker-credential-x' failed with exit code 1: locked");
	/* More than a pipe holds, to a helper that reads nothing. */
	make_helper(f, "x", "#!/bin/sh\nexit 0\n");
	{
		char *large = arena_alloc(&arena, 300001);

		memset(large, 'x', 300000);
		CHECK_STR(store("f", "a.io", "ann", large), "docker-credential-x");
	}
	make_file(f->fd, "f", "{\"credsStore\":\"none\"}");
	CHECK_STR(
		store("f", "a.io", "ann", "geheim"),
		"credential helper 'docker-credential-none' is not in a folder of $PATH");
}

static void test_remove(void **state)
{
	const struct folder *f = *state;

	enter(f);
	CHECK_STR(remove_auth("f", "a.io"), "there are no credentials for a.io in 'f'");
	CHECK(access("f.lock", F_OK) != 0);
	make_file(f->fd, "f",
		  "{\"auths\":{\"a.io\":{},\"https://a.io/v1/\":{},\"a.io/ns\":{},"
		  "\"https://index.docker.io/v1/\":{},\"b.io\":{}},\"x\":1}");
	CHECK_STR(remove_auth("f", "c.io"), "there are no credentials for c.io in 'f'");
	CHECK_STR(remove_auth("f", "a.io"), "");
	CHECK_STR(remove_auth("f", "a.io"), "there are no credentials for a.io in 'f'");
	CHECK_STR(remove_auth("f", "docker.io"), "");
	CHECK_STR(read_text(f->fd, "f"), "{\n  \"auths\": {\n    \"a.io/ns\": {},\n    "
					 "\"b.io\": {}\n  },\n  \"x\": 1\n}\n");
	CHECK_STR(remove_auth("f", NULL), "");
	CHECK_STR(read_text(f->fd, "f"), "{\n  \"auths\": {},\n  \"x\": 1\n}\n");
	CHECK_STR(remove_auth("f", NULL),
		  "there are no credentials for any registry in 'f'");
}

static void test_remove_helpers(void **state)
{
	const struct folder *f = *state;

	enter(f);
	make_helper(f, "x", keeper);
	make_file(f->fd, "f", "{\"credHelpers\":{\"a.io\":\"x\"},\"credsStore\":\"x\"}");
	CHECK_STR(remove_auth("f", "a.io"), "there are no credentials for a.io in 'f'");
	make_file(f->fd, "kept-a.io", "a 1");
	CHECK_STR(remove_auth("f", "a.io"), "");
	CHECK(access("kept-a.io", F_OK) != 0);
	make_file(f->fd, "kept-docker.io", "a 1");
	CHECK_STR(remove_auth("f", "docker.io"), "");
	CHECK(access("kept-docker.io", F_OK) != 0);
	make_file(f->fd, "kept-https___index.docker.io_v1_", "a 1");
	CHECK_STR(remove_auth("f", "docker.io"), "");
	/* All: what the helper of a registry has, and what the store has of the entries. */
	make_file(f->fd, "f",
		  "{\"credHelpers\":{\"a.io\":\"x\"},\"credsStore\":\"x\",\"auths\":{"
		  "\"b.io\":{}}}");
	make_file(f->fd, "kept-a.io", "a 1");
	make_file(f->fd, "kept-b.io", "a 1");
	make_file(f->fd, "kept-c.io", "a 1");
	CHECK_STR(remove_auth("f", NULL), "");
	CHECK(access("kept-a.io", F_OK) != 0);
	CHECK(access("kept-b.io", F_OK) != 0);
	CHECK_INT(access("kept-c.io", F_OK), 0);
	CHECK_STR(remove_auth("f", NULL),
		  "there are no credentials for any registry in 'f'");
	/* A helper that has none of it is no reason to keep what the file has. */
	make_file(f->fd, "f",
		  "{\"credHelpers\":{\"a.io\":\"x\"},\"auths\":{\"a.io\":{\"auth\":"
		  "\"YTox\"}}}");
	CHECK_STR(remove_auth("f", "a.io"), "");
	CHECK(strstr(read_text(f->fd, "f"), "YTox") == NULL);
}

#define N_WRITERS 6
#define N_WRITES  10

/* None of several writers loses what another wrote; a reader never sees a half. */
static void test_race(void **state)
{
	const struct folder *f = *state;
	pid_t pids[N_WRITERS];

	enter(f);
	for (int i = 0; i < N_WRITERS; i++) {
		pids[i] = fork();
		CHECK(pids[i] >= 0);
		for (int k = 0; pids[i] == 0 && k < N_WRITES; k++) {
			_cleanup_arena_ struct arena a = {0};
			const char *host = arena_printf(&a, "h%d-%d.io", i, k), *where;
			struct auth auth;

			if (auth_store("f", host, "u", "p", &a, &where, NULL) < 0 ||
			    auth_find("f", host, NULL, &a, &auth, NULL) < 0 || !auth.user)
				_exit(1);
		}
		if (pids[i] == 0)
			_exit(0);
	}
	for (int i = 0; i < N_WRITERS; i++) {
		int status = -1;

		CHECK_INT(waitpid(pids[i], &status, 0), pids[i]);
		CHECK_INT(status, 0);
	}
	for (int i = 0; i < N_WRITERS; i++)
		for (int k = 0; k < N_WRITES; k++)
			CHECK_STR(find("f", arena_printf(&arena, "h%d-%d.io", i, k),
				       NULL),
				  "u:p@f");
}

/* A folder that cannot be written to is told of, and nothing is left there. */
static void test_read_only(void **state)
{
	const struct folder *f = *state;

	enter(f);
	if (geteuid() == 0)
		skip_because("root writes everywhere");
	make_dir(f->fd, "ro", 0500);
	CHECK_STR(store("ro/f", "a.io", "a", "geheim"),
		  "write credentials to 'ro/f': Permission denied");
	CHECK_STR(store("ro/new/f", "a.io", "a", "geheim"),
		  "write credentials to 'ro/new/f': Permission denied");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST_IN_FOLDER(test_lookup),
		TEST_IN_FOLDER(test_bad_files),
		TEST_IN_FOLDER(test_limits),
		TEST_IN_FOLDER(test_which_file),
		TEST_IN_FOLDER(test_foreign_runtime_dir),
		TEST_IN_FOLDER(test_helpers),
		TEST_IN_FOLDER(test_helper_path),
		TEST_IN_FOLDER(test_bad_helpers),
		TEST_IN_FOLDER(test_slow_helpers),
		TEST_IN_FOLDER(test_helper_surroundings),
		TEST_IN_FOLDER(test_store),
		TEST_IN_FOLDER(test_store_keeps),
		TEST_IN_FOLDER(test_store_helpers),
		TEST_IN_FOLDER(test_remove),
		TEST_IN_FOLDER(test_remove_helpers),
		TEST_IN_FOLDER(test_race),
		TEST_IN_FOLDER(test_read_only),
	};
	int r = UNIT_RUN(tests);

	arena_free(&arena);
	return r;
}
